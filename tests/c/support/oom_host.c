/* oom_host.c - runs Lua chunks with the n-th allocation refused, for every n, in Lua and in the
 * library alike, and prints the result as TAP.  Of a chunk whose name begins with command_ it is the
 * function that it gives which runs so, and not for every n: whole commands allocate very often. */
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
    const char *text = lua_tostring(L, -1);

    return status == LUA_ERRMEM || (text != NULL && strstr(text, "memory") != NULL);
}

static bool is_command(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strncmp(slash == NULL ? path : slash + 1, "command_", 8) == 0;
}

/* The first few, then fewer and fewer; more of them in a long run. */
static long after(const char *path, long n)
{
    if (!is_command(path) || n < 16)
        return n + 1;
    return n + 1 + (getenv("POOLSLEUTH_LONG") != NULL ? n / 16 : n / 3);
}

/* Leave the function to be tried on the stack. */
static bool prepare(lua_State *L, const char *path)
{
    if (!is_command(path) || lua_pcall(L, 0, 1, 0) == LUA_OK)
        return true;
    printf("# %s\n", lua_tostring(L, -1));
    lua_close(L);
    return false;
}

typedef enum outcome { SURVIVED, RAN_THROUGH, BROKEN } outcome;

static outcome run(const char *path, long n, failing_mode mode)
{
    lua_State *L = open_state(path);
    outcome result = SURVIVED;
    bool hit;
    int status;

    if (L == NULL || !prepare(L, path))
        return BROKEN;
    /* Lua forgets an object whose finalizer finds no memory for its own call. */
    (void)lua_gc(L, LUA_GCSTOP, 0);
    failing_arm(n, mode);
    status = lua_pcall(L, 0, 0, 0);
    hit = failing_disarm();
    if (status != LUA_OK && !(hit && is_memory_error(L, status))) {
        printf("# allocation %ld refused: %s\n", n, lua_tostring(L, -1));
        result = BROKEN;
    } else if (!hit) {
        result = RAN_THROUGH;
    }
    lua_close(L);
    if (failing_live() != 0) {
        printf("# allocation %ld refused: %ld blocks are left behind\n", n, failing_live());
        result = BROKEN;
    }
    return result;
}

static bool run_each(const char *path, failing_mode mode, long *survived)
{
    for (long n = 0;; n = after(path, n)) {
        switch (run(path, n, mode)) {
        case SURVIVED:
            ++*survived;
            break;
        case RAN_THROUGH:
            return true;
        case BROKEN:
            return false;
        }
    }
}

int main(int argc, char **argv)
{
    int failed = 0;

    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        long survived = 0;
        bool good =
            run_each(argv[i], FAIL_ONE, &survived) && run_each(argv[i], FAIL_ONWARDS, &survived);

        printf("%s %d - %s: %ld refused allocations survived\n", good ? "ok" : "not ok", i, argv[i],
               survived);
        failed += !good;
    }
    return failed == 0 ? 0 : 1;
}
