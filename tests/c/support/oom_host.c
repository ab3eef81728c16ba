/* oom_host.c - runs Lua chunks with the n-th allocation refused, for every n, in Lua and in the
 * library alike, and prints the result as TAP.  A chunk whose name begins with command_ is called with
 * 1, 2, 3 and so on, and gives each time what is to be tried: a function, its name where there are more
 * of them, and maybe a function that looks at what was left behind; nothing after the last.  These are
 * not tried for every n: whole commands allocate very often. */
#include "bind/bind.h"
#include "support/failing.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lua takes for granted that a block can shrink. */
static void *allocate(void *context, void *block, size_t old_size, size_t size)
{
    (void)context;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (block != NULL && size <= old_size)
        return failing_exempt_realloc(block, size);
    return realloc(block, size);
}

static lua_State *open_state(const char *path)
{
    lua_State *L = lua_newstate(allocate, NULL);

    if (L == NULL)
        return NULL;
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const luaL_Reg *module = ps_lua_modules; module->name != NULL; module++) {
        lua_pushcfunction(L, module->func);
        lua_setfield(L, -2, module->name);
    }
    lua_pop(L, 1);
    if (luaL_loadfilex(L, path, "t") != LUA_OK) {
        printf("# %s\n", lua_tostring(L, -1));
        lua_close(L);
        return NULL;
    }
    return L;
}

/* What a chunk may end with when memory is out: Lua's own error, or a reader's message that the
 * chunk raised. */
static bool is_memory_error(lua_State *L, int status)
{
    const char *text;

    if (lua_istable(L, -1)) { /* what ends a run on purpose */
        lua_getfield(L, -1, "message");
        lua_remove(L, -2);
    }
    text = lua_tostring(L, -1);
    return status == LUA_ERRMEM || (text != NULL && strstr(text, "memory") != NULL);
}

static bool is_command(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strncmp(slash == NULL ? path : slash + 1, "command_", 8) == 0;
}

typedef struct trial {
    const char *path;
    long part;     /* of a chunk that gives several, from 1 */
    char name[64]; /* "" where it gives one */
} trial;

/* The first few, then fewer and fewer; more of them in a long run.  Of several that are alike each is
 * tried at other places. */
static long after(const trial *tried, long n)
{
    if (!is_command(tried->path) || n < (tried->name[0] == '\0' ? 16 : 3))
        return n + 1;
    if (getenv("POOLSLEUTH_LONG") != NULL)
        return n + 1 + n / 16;
    return tried->name[0] == '\0' ? n + 1 + n / 3 : n + 1 + n / 2 + tried->part % 5 * n / 8;
}

typedef enum outcome { SURVIVED, RAN_THROUGH, BROKEN, NO_MORE } outcome;

static outcome complain(lua_State *L, const trial *tried, const char *when)
{
    printf("# %s %s: %s\n", tried->name, when, lua_tostring(L, -1));
    return BROKEN;
}

/* Leave on the stack what looks at what was left behind, or nil, and above it what is to be tried. */
static outcome prepare(lua_State *L, trial *tried)
{
    if (!is_command(tried->path)) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return SURVIVED;
    }
    lua_pushinteger(L, tried->part);
    if (lua_pcall(L, 1, 3, 0) != LUA_OK)
        return complain(L, tried, "with all memory there is");
    if (lua_isnil(L, -3))
        return NO_MORE;
    (void)snprintf(tried->name, sizeof tried->name, "%s",
                   lua_isstring(L, -2) ? lua_tostring(L, -2) : "");
    lua_remove(L, -2);
    lua_insert(L, -2);
    return SURVIVED;
}

/* What is prepared, with an allocation refused. */
static outcome attempt(lua_State *L, const trial *tried, long n, failing_mode mode)
{
    char when[64];
    bool hit;
    int status;

    (void)snprintf(when, sizeof when, "allocation %ld refused", n);
    /* Lua forgets an object whose finalizer finds no memory for its own call. */
    (void)lua_gc(L, LUA_GCSTOP, 0);
    failing_arm(n, mode);
    status = lua_pcall(L, 0, 0, 0);
    hit = failing_disarm();
    if (status != LUA_OK && !(hit && is_memory_error(L, status)))
        return complain(L, tried, when);
    lua_settop(L, 1);
    if (!lua_isnil(L, 1) && lua_pcall(L, 0, 0, 0) != LUA_OK)
        return complain(L, tried, when);
    return hit ? SURVIVED : RAN_THROUGH;
}

static outcome run(trial *tried, long n, failing_mode mode)
{
    lua_State *L = open_state(tried->path);
    outcome result;

    if (L == NULL)
        return BROKEN;
    result = prepare(L, tried);
    if (result == SURVIVED)
        result = attempt(L, tried, n, mode);
    lua_close(L);
    if (failing_live() != 0) {
        printf("# allocation %ld refused: %ld blocks are left behind\n", n, failing_live());
        return BROKEN;
    }
    return result;
}

/* Until it runs through. */
static outcome run_each(trial *tried, failing_mode mode, long *survived)
{
    for (long n = 0;; n = after(tried, n)) {
        const outcome result = run(tried, n, mode);
        if (result != SURVIVED)
            return result;
        ++*survived;
    }
}

typedef struct tally {
    int ran, failed;
} tally;

/* Everything that a chunk gives. */
static void run_chunk(const char *path, tally *counts)
{
    trial tried = {.path = path};
    long survived;
    outcome result;

    do {
        survived = 0;
        tried.part++;
        result = run_each(&tried, FAIL_ONE, &survived);
        if (result == NO_MORE)
            return;
        if (result == RAN_THROUGH)
            result = run_each(&tried, FAIL_ONWARDS, &survived);
        counts->ran++;
        counts->failed += result == BROKEN;
        printf("%s %d - %s%s%s: %ld refused allocations survived\n",
               result == BROKEN ? "not ok" : "ok", counts->ran, path,
               tried.name[0] == '\0' ? "" : " ", tried.name, survived);
    } while (tried.name[0] != '\0');
}

int main(int argc, char **argv)
{
    tally counts = {0, 0};

    for (int i = 1; i < argc; i++)
        run_chunk(argv[i], &counts);
    printf("1..%d\n", counts.ran);
    return counts.failed == 0 ? 0 : 1;
}
