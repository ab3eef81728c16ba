/* state.c - give Lua its modules and its paths. */
#include "cli/state.h"

#include <limits.h>
#include <lualib.h>
#include <string.h>
#include <unistd.h>

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

static void set_search_path(lua_State *L, const char *field, const char *first)
{
    const char *standard;

    lua_getglobal(L, "package");
    lua_getfield(L, -1, field);
    standard = lua_tostring(L, -1);
    lua_pushstring(L, first);
    append_absolute(L, standard == NULL ? "" : standard);
    lua_setfield(L, -3, field);
    lua_pop(L, 2);
}

void ps_state_prepare(lua_State *L, const char *library)
{
    luaL_openlibs(L);
    preload(L);
    if (library != NULL)
        (void)lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;", library, library);
    else if (push_program_folder(L))
        push_library(L, lua_tostring(L, -1));
    else
        lua_pushliteral(L, "");
    set_search_path(L, "path", lua_tostring(L, -1));
    set_search_path(L, "cpath", "");
    lua_settop(L, 0);
}

void ps_state_push_cli(lua_State *L, const char *field)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "poolsleuth.cli");
    lua_call(L, 1, 1);
    (void)lua_getfield(L, -1, field);
    lua_remove(L, -2);
}
