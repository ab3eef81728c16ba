/* main.c - the program: give Lua its modules and its paths, then hand over to poolsleuth.cli. */
#include "bind/bind.h"

#include <limits.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_INTERNAL = 70 };

/* Where the Lua library lies, seen from the folder of the program. */
static const char *const library_folders[] = {"../lua", "../share/lua/5.4", "../../lua", NULL};

static void preload(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const luaL_Reg *module = ps_lua_modules; module->name != NULL; module++) {
        lua_pushcfunction(L, module->func);
        lua_setfield(L, -2, module->name);
    }
    lua_pop(L, 1);
}

/* Push the folder of the running program, or leave the stack alone. */
static bool push_program_folder(lua_State *L)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    const char *slash;

    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    lua_pushlstring(L, path, (size_t)(slash - path));
    return true;
}

/* Push "DIR/?.lua;DIR/?/init.lua;" for the first folder that holds the library, else "". */
static void push_library(lua_State *L, const char *program_folder)
{
    for (size_t i = 0; library_folders[i] != NULL; i++) {
        const char *dir = lua_pushfstring(L, "%s/%s", program_folder, library_folders[i]);
        const char *entry = lua_pushfstring(L, "%s/poolsleuth/cli.lua", dir);
        const bool found = access(entry, R_OK) == 0;

        if (found) {
            (void)lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;", dir, dir);
            lua_replace(L, -3);
            lua_pop(L, 1);
            return;
        }
        lua_pop(L, 2);
    }
    lua_pushliteral(L, "");
}

/* Append to the string on top those entries of a search path that are not below the current
 * folder. */
static void append_absolute(lua_State *L, const char *path)
{
    while (*path != '\0') {
        const size_t length = strcspn(path, ";");

        if (*path == '/') {
            lua_pushlstring(L, path, length);
            lua_pushliteral(L, ";");
            lua_concat(L, 3);
        }
        path += length;
        path += *path == ';';
    }
}

static void set_search_path(lua_State *L, const char *field, const char *program_folder)
{
    const char *standard;

    lua_getglobal(L, "package");
    lua_getfield(L, -1, field);
    standard = lua_tostring(L, -1);
    if (program_folder != NULL)
        push_library(L, program_folder);
    else
        lua_pushliteral(L, "");
    append_absolute(L, standard == NULL ? "" : standard);
    lua_setfield(L, -3, field);
    lua_pop(L, 2);
}

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
    const char *folder = NULL;

    luaL_openlibs(L);
    preload(L);
    if (push_program_folder(L))
        folder = lua_tostring(L, -1);
    set_search_path(L, "path", folder);
    set_search_path(L, "cpath", NULL);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "poolsleuth.cli");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
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
