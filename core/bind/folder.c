/***
Folders as lists of files.
@module poolsleuth.folder
*/
#include "bind/bind.h"

#define FOLDER_CLASS "poolsleuth.Folder"

typedef struct box {
    ps_folder *folder;
} box;

static int folder_close(lua_State *L)
{
    box *b = luaL_checkudata(L, 1, FOLDER_CLASS);

    ps_folder_close(b->folder);
    b->folder = NULL;
    return 0;
}

static void push_problems(lua_State *L, const ps_folder *folder)
{
    const size_t count = ps_folder_problem_count(folder);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_folder_problem *problem = ps_folder_problem_at(folder, i);
        lua_createtable(L, 0, 2);
        ps_set_text(L, "path", problem->path);
        ps_set_text(L, "message", problem->text);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/***
Every regular file below a folder.  Links to files are followed, links to folders are not.
@function files
@tparam string path
@tparam[opt] table options `limits`: numbers by name, as of `ps_limits` in poolsleuth.h
@treturn[1] {string,...} sorted within each folder
@treturn[1] {table,...} what could not be reached: `{path=, message=}`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int files(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    ps_limits own;
    const ps_limits *limits = ps_check_limits(L, 2, &own);
    box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    b->folder = NULL;
    luaL_setmetatable(L, FOLDER_CLASS);
    lua_toclose(L, -1);
    if (!ps_folder_list_within(&b->folder, path, limits, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, (int)ps_folder_count(b->folder), 0);
    for (size_t i = 0; i < ps_folder_count(b->folder); i++) {
        lua_pushstring(L, ps_folder_at(b->folder, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    push_problems(L, b->folder);
    return 2;
}

int luaopen_poolsleuth_folder(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"files", files}, {NULL, NULL}};

    ps_new_class(L, FOLDER_CLASS, none, folder_close);
    luaL_newlib(L, functions);
    return 1;
}
