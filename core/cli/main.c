/* main.c - the program: hand the command line over to poolsleuth.cli. */
#include "cli/state.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_INTERNAL = 70 };

static int explain(lua_State *L)
{
    const char *debug = getenv("POOLSLEUTH_DEBUG");
    const char *message = luaL_tolstring(L, 1, NULL);

    if (debug != NULL && strcmp(debug, "1") == 0)
        luaL_traceback(L, L, message, 1);
    return 1;
}

/* Runs protected: stack 1 is argc, 2 is argv; gives the exit status. */
static int run(lua_State *L)
{
    const int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);

    ps_state_prepare(L, NULL);
    ps_state_push_cli(L, "main");
    lua_createtable(L, argc, 0);
    for (int i = 1; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_call(L, 1, 1);
    return 1;
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    int status = EXIT_INTERNAL;

    (void)signal(SIGPIPE, SIG_DFL); /* a reader that left ends the program without a word */
    (void)signal(SIGXFSZ, SIG_IGN); /* a write that is too much is an error like any other */
    if (L == NULL) {
        (void)fputs("poolsleuth: out of memory\n", stderr);
        return EXIT_INTERNAL;
    }
    lua_pushcfunction(L, explain);
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    if (lua_pcall(L, 2, 1, 1) == LUA_OK)
        status = (int)lua_tointeger(L, -1);
    else
        (void)fprintf(stderr, "poolsleuth: internal error: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return status;
}
