/***
Folders as lists of files.
@module poolsleuth.folder
*/
#include "bind/bind.h"

#include "base/entries.h"

#define FOLDER_CLASS "poolsleuth.Folder"
#define ENTRIES_CLASS "poolsleuth.Entries"

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

typedef struct entries_box {
    ps_arena arena;
    ps_entries entries;
} entries_box;

static int entries_close(lua_State *L)
{
    entries_box *b = luaL_checkudata(L, 1, ENTRIES_CLASS);

    free(b->entries.items);
    b->entries.items = NULL;
    ps_arena_free(&b->arena);
    return 0;
}

/***
The names of what a folder holds, whatever it is, without what lies below.
@function names
@tparam string path
@treturn[1] {string,...} sorted
@treturn[2] nil
@treturn[2] string message; also where the system gave some names and then refused
@treturn[2] table `{code=}`
*/
static int names(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    entries_box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    *b = (entries_box){.entries = {.items = NULL}};
    luaL_setmetatable(L, ENTRIES_CLASS);
    lua_toclose(L, -1);
    if (!ps_entries_read(&b->entries, &b->arena, path, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, (int)b->entries.count, 0);
    for (size_t i = 0; i < b->entries.count; i++) {
        lua_pushstring(L, b->entries.items[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

int luaopen_poolsleuth_folder(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"files", files}, {"names", names}, {NULL, NULL}};

    ps_new_class(L, FOLDER_CLASS, none, folder_close);
    ps_new_class(L, ENTRIES_CLASS, none, entries_close);
    luaL_newlib(L, functions);
    return 1;
}
