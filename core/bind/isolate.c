/***
Run a function in a confined child process.
@module poolsleuth.isolate
*/
#include "bind/bind.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#define TERMS_CLASS "poolsleuth.IsolationTerms"

enum { CHUNK = 65536, CHILD_FAILED = 70, CLOSED_BELOW = 1024 };

/* What the child may read, how much it may use, and what the parent knows of it. */
typedef struct terms {
    ps_confinement to;
    const char **read;
    size_t output_limit;
    double seconds; /* by the wall's clock */
    pid_t child;
    int answer; /* the pipe that the child writes to */
} terms;

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Whatever happens to the parent's Lua, no child is left behind. */
static int terms_close(lua_State *L)
{
    terms *t = luaL_checkudata(L, 1, TERMS_CLASS);

    if (t->answer >= 0)
        (void)close(t->answer);
    if (t->child > 0) {
        (void)kill(t->child, SIGKILL);
        (void)waitpid(t->child, NULL, 0);
    }
    free(t->read);
    t->read = NULL;
    t->answer = t->child = -1;
    return 0;
}

static lua_Number number_field(lua_State *L, int index, const char *name)
{
    lua_Number value;

    (void)lua_getfield(L, index, name);
    value = luaL_optnumber(L, -1, 0);
    lua_pop(L, 1);
    return value > 0 ? value : 0;
}

/* Push the terms; their strings live in the table at index. */
static terms *push_terms(lua_State *L, int index)
{
    terms *t = lua_newuserdatauv(L, sizeof *t, 0);
    size_t count;

    memset(t, 0, sizeof *t);
    t->child = t->answer = -1;
    luaL_setmetatable(L, TERMS_CLASS);
    lua_toclose(L, -1);
    (void)lua_getfield(L, index, "read");
    count = (size_t)luaL_len(L, -1);
    t->read = calloc(count + 1, sizeof *t->read);
    if (t->read == NULL)
        (void)luaL_error(L, "not enough memory");
    for (size_t i = 0; t->read != NULL && i < count; i++) {
        (void)lua_geti(L, -1, (lua_Integer)i + 1);
        t->read[i] = luaL_checkstring(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    t->to = (ps_confinement){.read = t->read, .read_count = count};
    t->to.memory_bytes = (uint64_t)number_field(L, index, "memory_bytes");
    t->to.processor_s = (uint64_t)number_field(L, index, "processor_s");
    t->seconds = number_field(L, index, "seconds");
    t->output_limit = (size_t)number_field(L, index, "output_bytes");
    return t;
}

/* Nothing stays open but the standard streams, of which output is now the pipe. */
static void settle(int answer)
{
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    (void)fflush(stdout);
    (void)dup2(answer, STDOUT_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < CLOSED_BELOW; fd++)
        (void)close(fd);
}

/* Tell the function in field `say` of the options, which alone knows how to complain. */
static void say(lua_State *L, int options, const char *text)
{
    if (lua_getfield(L, options, "say") == LUA_TFUNCTION) {
        lua_pushstring(L, text);
        (void)lua_pcall(L, 1, 0, 0);
    } else {
        lua_pop(L, 1);
    }
}

static bool confine(lua_State *L, const terms *t, int options)
{
    unsigned layers;
    ps_error err = {PS_OK, PS_NOWHERE, ""};

    if (!ps_confine(&t->to, &layers, &err)) {
        say(L, options, err.text);
        return false;
    }
    if ((layers & PS_CONFINED_FILES) == 0)
        say(L, options, "this kernel has no Landlock: files are not confined");
    if ((layers & PS_CONFINED_CALLS) == 0)
        say(L, options, "this kernel has no seccomp: calls are not confined");
    return true;
}

/* Runs in the child and never returns: what the function at 1 gives is the exit status; the options
 * are at 2. */
static void be_child(lua_State *L, const terms *t, int answer)
{
    int status = CHILD_FAILED;

    settle(answer);
    if (!confine(L, t, 2))
        _exit(CHILD_FAILED);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 0, 1, 0) == LUA_OK)
        status = (int)luaL_optinteger(L, -1, 0);
    else
        say(L, 2, luaL_tolstring(L, -1, NULL));
    if (fflush(stdout) != 0)
        status = CHILD_FAILED;
    _exit(status);
}

/* Push what the child writes until it closes its output; says why that was cut short. */
static const char *take_answer(lua_State *L, const terms *t, double end)
{
    const char *why = NULL;
    luaL_Buffer bytes;
    size_t taken = 0;

    luaL_buffinit(L, &bytes);
    for (;;) {
        struct pollfd pipe = {.fd = t->answer, .events = POLLIN};
        const double left = end - now();
        ssize_t got;

        if (t->seconds > 0 && left <= 0) {
            why = "time";
            break;
        }
        if (poll(&pipe, 1, t->seconds > 0 && left < 1 ? (int)(left * 1000) + 1 : 1000) <= 0)
            continue;
        got = read(t->answer, luaL_prepbuffsize(&bytes, CHUNK), CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        luaL_addsize(&bytes, (size_t)got);
        taken += (size_t)got;
        if (t->output_limit > 0 && taken > t->output_limit) {
            why = "output";
            break;
        }
    }
    luaL_pushresult(&bytes);
    return why;
}

static void set_end(lua_State *L, int status)
{
    if (WIFEXITED(status))
        ps_set_int(L, "status", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        ps_set_int(L, "signal", WTERMSIG(status));
}

/* Wait for the child, which has closed its output, until its time is up. */
static int wait_for(terms *t, double end, const char **why)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;
    pid_t ended = 0;

    while (*why == NULL && (ended = waitpid(t->child, &status, WNOHANG)) == 0) {
        if (t->seconds > 0 && now() > end)
            *why = "time";
        (void)nanosleep(&pause, NULL);
    }
    if (ended == 0) {
        (void)kill(t->child, SIGKILL);
        while (waitpid(t->child, &status, 0) < 0 && errno == EINTR) {}
    }
    t->child = -1;
    return status;
}

/***
Run a function in a child process that can read the files given, compute and write to its standard
output, and nothing else.  Call it before there are threads.
@function run
@tparam function work returns the exit status
@tparam table options `read` ({string,...}: files, and folders with all below), `memory_bytes`,
 `processor_s`, `seconds` by the clock, `output_bytes`: 0 or nil is no limit; `say`: function that is
 told, in the child, what went wrong or is not confined
@treturn[1] table `output` (string), `status` or `signal` (integers), and `exceeded` ("time" or
 "output") where the child was stopped for that
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int run(lua_State *L)
{
    terms *t;
    int ends[2];
    const char *why;
    double end;
    ps_error err = {PS_EIO, PS_NOWHERE, ""};

    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    t = push_terms(L, 2);
    if (pipe(ends) != 0) {
        (void)snprintf(err.text, sizeof err.text, "no pipe: %s", strerror(errno));
        return ps_push_error(L, &err);
    }
    t->answer = ends[0];
    end = now() + t->seconds;
    t->child = fork();
    if (t->child == 0)
        be_child(L, t, ends[1]);
    (void)close(ends[1]);
    if (t->child < 0) {
        (void)snprintf(err.text, sizeof err.text, "no new process: %s", strerror(errno));
        return ps_push_error(L, &err);
    }
    lua_createtable(L, 0, 4);
    why = take_answer(L, t, end);
    lua_setfield(L, -2, "output");
    set_end(L, wait_for(t, end, &why));
    ps_set_text(L, "exceeded", why);
    return 1;
}

int luaopen_poolsleuth_isolate(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"run", run}, {NULL, NULL}};

    ps_new_class(L, TERMS_CLASS, none, terms_close);
    luaL_newlib(L, functions);
    return 1;
}
