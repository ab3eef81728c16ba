/* host.c - run a script inside another program, in a Lua state of its own, with caps. */
#include "cli/state.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOOK_STEPS = 1000 };

/* What the script has used, and may use; 0 is no cap. */
typedef struct meter {
    uint64_t memory, peak, memory_cap;
    uint64_t steps, steps_cap;
    double end; /* by the monotonic clock; 0 if there is none */
    const char *exceeded;
} meter;

struct ps_run {
    meter used;
    lua_State *L; /* holds the answer and the complaint at 2 and 3 */
    int status;
};

/* Lua's allocator: growth over the cap is refused, shrinking never. */
static void *allocate(void *context, void *block, size_t old, size_t size)
{
    meter *used = context;
    void *grown;

    if (block == NULL)
        old = 0; /* a code for the kind of object */
    if (size == 0) {
        free(block);
        used->memory -= old;
        return NULL;
    }
    if (size > old && used->memory_cap > 0 && used->memory - old + size > used->memory_cap) {
        used->exceeded = "memory";
        return NULL;
    }
    grown = realloc(block, size);
    if (grown == NULL)
        return NULL;
    used->memory += size;
    used->memory -= old;
    if (used->memory > used->peak)
        used->peak = used->memory;
    return grown;
}

static meter *meter_of(lua_State *L)
{
    void *context;

    (void)lua_getallocf(L, &context);
    return context;
}

/* Once a cap is met, every single step raises: a script that catches errors gets no further. */
static void count_steps(lua_State *L, lua_Debug *where)
{
    meter *used = meter_of(L);

    (void)where;
    used->steps += HOOK_STEPS;
    if (used->steps_cap > 0 && used->steps > used->steps_cap)
        used->exceeded = "instructions";
    else if (used->end > 0 && ps_clock() > used->end)
        used->exceeded = "time";
    if (used->exceeded == NULL)
        return;
    lua_sethook(L, count_steps, LUA_MASKCOUNT, 1);
    (void)luaL_error(L, "the script is over its cap of %s", used->exceeded);
}

/* A script does not end the program around it, and a message handler, which Lua runs where nothing is
 * counted, is called when the function has ended. */
static const char guard[] =
    "local pcall = pcall\n"
    "local function handled(handler, ok, ...)\n"
    "  if ok then return true, ... end\n"
    "  return false, select(2, pcall(handler, ...))\n"
    "end\n"
    "function xpcall(work, handler, ...) return handled(handler, pcall(work, ...)) end\n"
    "function os.exit() error('a script does not end the program that runs it', 2) end\n";

static void set_guard(lua_State *L)
{
    if (luaL_loadbuffer(L, guard, sizeof guard - 1, "=guard") != LUA_OK)
        (void)lua_error(L);
    lua_call(L, 0, 0);
}

/* Runs protected: stack 1 is the request.  Leaves status, answer and complaint. */
static int answer(lua_State *L)
{
    const ps_run_request *request = *(const ps_run_request *const *)lua_touserdata(L, 1);

    ps_state_prepare(L, request->library);
    set_guard(L);
    ps_state_push_cli(L, "answer");
    lua_newtable(L);
    for (int i = 0; request->words[i] != NULL; i++) {
        lua_pushstring(L, request->words[i]);
        lua_rawseti(L, -2, i + 1);
    }
    if (request->instructions > 0 || request->seconds > 0 || request->memory_bytes > 0)
        lua_sethook(L, count_steps, LUA_MASKCOUNT, HOOK_STEPS);
    lua_call(L, 1, 3);
    return 3;
}

/* One line of text behind its beginning. */
static bool tell(ps_error *err, ps_status code, const char *beginning, const char *text)
{
    if (err != NULL) {
        *err = (ps_error){code, PS_NOWHERE, ""};
        (void)snprintf(err->text, sizeof err->text, "%s%.*s", beginning, (int)strcspn(text, "\n"),
                       text);
    }
    return false;
}

/* status: of Lua; without a state it is out of memory. */
static bool fail(ps_run *run, int status, ps_error *err)
{
    const char *text = run->L != NULL ? lua_tostring(run->L, -1) : NULL;

    if (run->used.exceeded != NULL)
        (void)tell(err, PS_ELIMIT, "the script is over its cap of ", run->used.exceeded);
    else if (status == LUA_ERRMEM)
        (void)tell(err, PS_ENOMEM, "", "out of memory");
    else
        (void)tell(err, PS_EFORMAT, "", text == NULL ? "no message" : text);
    ps_run_close(run);
    return false;
}

/* Lua modules from elsewhere (lfs, rex_pcre2) look for Lua among what the whole program sees, which is not so
 * where a program opened this library for itself alone. */
static void show_lua(void)
{
    lua_State *(*const function)(lua_Alloc, void *) = lua_newstate;
    void *address;
    void *lua;
    Dl_info where;

    memcpy(&address, &function, sizeof address);
    if (dladdr(address, &where) == 0 || where.dli_fname == NULL)
        return;
    lua = dlopen(where.dli_fname, RTLD_LAZY | RTLD_GLOBAL | RTLD_NOLOAD);
    if (lua != NULL)
        (void)dlclose(lua);
}

bool ps_run_open(ps_run **out, const ps_run_request *request, ps_error *err)
{
    ps_run *run = calloc(1, sizeof *run);
    int status;

    *out = NULL;
    if (run == NULL)
        return tell(err, PS_ENOMEM, "", "out of memory");
    show_lua();
    run->used.memory_cap = request->memory_bytes;
    run->used.steps_cap = request->instructions;
    run->used.end = request->seconds > 0 ? ps_clock() + request->seconds : 0;
    run->L = lua_newstate(allocate, &run->used);
    if (run->L == NULL)
        return fail(run, LUA_ERRMEM, err);
    lua_pushcfunction(run->L, answer);
    lua_pushlightuserdata(run->L, &request);
    status = lua_pcall(run->L, 1, 3, 0);
    if (status != LUA_OK || run->used.exceeded != NULL)
        return fail(run, status, err);
    lua_sethook(run->L, NULL, 0, 0);
    run->status = (int)lua_tointeger(run->L, 1);
    *out = run;
    return true;
}

int ps_run_status(const ps_run *run) { return run->status; }

const char *ps_run_answer(const ps_run *run, size_t *size)
{
    return lua_tolstring(run->L, 2, size);
}

const char *ps_run_complaint(const ps_run *run) { return lua_tostring(run->L, 3); }

uint64_t ps_run_memory(const ps_run *run) { return run->used.peak; }

uint64_t ps_run_instructions(const ps_run *run) { return run->used.steps; }

void ps_run_close(ps_run *run)
{
    if (run == NULL)
        return;
    if (run->L != NULL)
        lua_close(run->L);
    free(run);
}
