/***
Run a function in a confined child process.
@module poolsleuth.isolate
*/
#include "bind/bind.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/syscall.h>
#endif

#define TERMS_CLASS "poolsleuth.IsolationTerms"

enum { CHUNK = 65536, HEARD_CHUNK = 4096, CHILD_FAILED = 70 };

/* What the child writes: its standard output and its standard error. */
enum { ANSWER, COMPLAINTS, STREAMS };

/* What the child may read, how much it may use, and what the parent knows of it. */
typedef struct terms {
    ps_confinement to;
    const char **read;
    size_t most[STREAMS]; /* bytes of each stream; 0 is no limit */
    double seconds;       /* by the wall's clock */
    pid_t child;
    int from[STREAMS]; /* the pipes that the child writes to */
} terms;

/* Whatever happens to the parent's Lua, no child is left behind. */
static int terms_close(lua_State *L)
{
    terms *t = luaL_checkudata(L, 1, TERMS_CLASS);

    for (int i = 0; i < STREAMS; i++) {
        if (t->from[i] >= 0)
            (void)close(t->from[i]);
        t->from[i] = -1;
    }
    if (t->child > 0) {
        (void)kill(t->child, SIGKILL);
        (void)waitpid(t->child, NULL, 0);
    }
    free(t->read);
    t->read = NULL;
    t->child = -1;
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
    t->child = t->from[ANSWER] = t->from[COMPLAINTS] = -1;
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
    t->most[ANSWER] = (size_t)number_field(L, index, "output_bytes");
    t->most[COMPLAINTS] = (size_t)number_field(L, index, "complaint_bytes");
    return t;
}

/* A terminal is open for writing where it is standard input: the child gets it to read only. */
static void only_read_terminal(void)
{
    const int terminal = isatty(STDIN_FILENO) ? open("/dev/stdin", O_RDONLY | O_NOCTTY) : -1;

    if (terminal >= 0)
        (void)dup2(terminal, STDIN_FILENO);
}

static void close_from(int first)
{
    const long most = sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
#endif
    for (int fd = first; fd < most; fd++)
        (void)close(fd);
}

/* Nothing stays open but the standard streams, of which two are now the pipes. */
static void settle(const int to[STREAMS])
{
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    (void)fflush(stdout);
    only_read_terminal();
    (void)dup2(to[ANSWER], STDOUT_FILENO);
    (void)dup2(to[COMPLAINTS], STDERR_FILENO);
    close_from(STDERR_FILENO + 1);
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
    if (layers == 0)
        say(L, options, "this kernel has no Landlock: files are not confined");
    else if ((layers & PS_CONFINED_FILES) == 0)
        say(L, options, "this kernel has no Landlock: every file that you may read can be read");
    if ((layers & PS_CONFINED_CALLS) == 0)
        say(L, options, "this kernel has no seccomp: calls are not confined");
    return true;
}

/* Runs in the child and never returns: what the function at 1 gives is the exit status; the options
 * are at 2. */
static void be_child(lua_State *L, const terms *t, const int to[STREAMS])
{
    int status = CHILD_FAILED;

    settle(to);
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

/* Wait until the child writes something; false once its time is up. */
static bool wait_for_bytes(const terms *t, struct pollfd streams[STREAMS], double end)
{
    const double left = end - ps_clock();

    streams[ANSWER].revents = streams[COMPLAINTS].revents = 0;
    if (t->seconds > 0 && left <= 0)
        return false;
    (void)poll(streams, STREAMS, t->seconds > 0 && left < 1 ? (int)(left * 1000) + 1 : 1000);
    return true;
}

/* Read what there is to read, and look no more at a stream that has ended. */
static size_t take(struct pollfd *stream, char *bytes, size_t size)
{
    ssize_t got;

    if (stream->revents == 0)
        return 0;
    got = read(stream->fd, bytes, size);
    if (got == 0 || (got < 0 && errno != EINTR))
        stream->fd = -1;
    return got > 0 ? (size_t)got : 0;
}

/* Hand what the child complains of to field `hear` of the options. */
static void hear(lua_State *L, int options, const char *bytes, size_t size)
{
    if (size > 0 && lua_getfield(L, options, "hear") == LUA_TFUNCTION) {
        lua_pushlstring(L, bytes, size);
        lua_call(L, 1, 0);
    } else if (size > 0) {
        lua_pop(L, 1);
    }
}

/* Push what the child writes until it closes its output; says why that was cut short. */
static const char *take_answer(lua_State *L, const terms *t, int options, double end)
{
    static const char *const names[] = {"output", "complaints"};
    struct pollfd streams[STREAMS] = {{t->from[ANSWER], POLLIN, 0},
                                      {t->from[COMPLAINTS], POLLIN, 0}};
    const char *why = NULL;
    char heard[HEARD_CHUNK];
    size_t taken[STREAMS] = {0, 0};
    luaL_Buffer bytes;

    luaL_buffinit(L, &bytes);
    while (why == NULL && (streams[ANSWER].fd >= 0 || streams[COMPLAINTS].fd >= 0)) {
        size_t got[STREAMS];

        if (!wait_for_bytes(t, streams, end)) {
            why = "time";
            break;
        }
        got[ANSWER] = take(&streams[ANSWER], luaL_prepbuffsize(&bytes, CHUNK), CHUNK);
        luaL_addsize(&bytes, got[ANSWER]);
        got[COMPLAINTS] = take(&streams[COMPLAINTS], heard, sizeof heard);
        hear(L, options, heard, got[COMPLAINTS]);
        for (int i = 0; i < STREAMS; i++) {
            taken[i] += got[i];
            if (t->most[i] > 0 && taken[i] > t->most[i])
                why = names[i];
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

/* Wait for the child, which has closed its streams, until its time is up. */
static int wait_for(terms *t, double end, const char **why)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;
    pid_t ended = 0;

    while (*why == NULL && (ended = waitpid(t->child, &status, WNOHANG)) == 0) {
        if (t->seconds > 0 && ps_clock() > end)
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

/* The pipes, of which the child writes to `to`. */
static bool open_pipes(terms *t, int to[STREAMS])
{
    for (int i = 0; i < STREAMS; i++) {
        int ends[2];

        if (pipe(ends) != 0) {
            if (i > 0)
                (void)close(to[0]);
            return false;
        }
        t->from[i] = ends[0];
        to[i] = ends[1];
    }
    return true;
}

/***
Run a function in a child process that can read the files given, compute and write to its standard
output and standard error, and nothing else.  Call it before there are threads.
@function run
@tparam function work returns the exit status
@tparam table options `read` ({string,...}: files, and folders with all below), `memory_bytes`,
 `processor_s`, `seconds` by the clock, `output_bytes`, `complaint_bytes`: 0 or nil is no limit;
 `say`: function that is told, in the child, what went wrong or is not confined; `hear`: function
 that is given, here, what the child writes to its standard error, as it comes
@treturn[1] table `output` (string), `status` or `signal` (integers), and `exceeded` ("time",
 "output" or "complaints") where the child was stopped for that
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int run(lua_State *L)
{
    terms *t;
    int to[STREAMS] = {-1, -1};
    const char *why;
    double end;
    ps_error err = {PS_EIO, PS_NOWHERE, ""};

    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    t = push_terms(L, 2);
    if (!open_pipes(t, to)) {
        (void)snprintf(err.text, sizeof err.text, "no pipe: %s", strerror(errno));
        return ps_push_error(L, &err);
    }
    end = ps_clock() + t->seconds;
    t->child = fork();
    if (t->child == 0)
        be_child(L, t, to);
    (void)close(to[ANSWER]);
    (void)close(to[COMPLAINTS]);
    if (t->child < 0) {
        (void)snprintf(err.text, sizeof err.text, "no new process: %s", strerror(errno));
        return ps_push_error(L, &err);
    }
    lua_createtable(L, 0, 4);
    why = take_answer(L, t, 2, end);
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
