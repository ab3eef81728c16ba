/***
The driver index: what a scanner made of drivers, kept in a file.
@module poolsleuth.driver_index
*/
#include "bind/bind.h"
#include "bind/pack.h"

#include <string.h>

#define INDEX_CLASS "poolsleuth.DriverIndex"
#define PACK_CLASS "poolsleuth.driver_index.pack"

#ifndef PS_SCANNER
#define PS_SCANNER "of unknown sources" /* the Makefile names them */
#endif

typedef struct box {
    ps_driver_index *index; /* NULL once closed */
} box;

/* Two packs that a call fills, freed by the collector when an error ends the call. */
typedef struct packs {
    ps_pack summary, detail;
} packs;

static int index_close(lua_State *L)
{
    box *b = luaL_checkudata(L, 1, INDEX_CLASS);

    ps_driver_index_close(b->index);
    b->index = NULL;
    return 0;
}

static int packs_close(lua_State *L)
{
    packs *p = luaL_checkudata(L, 1, PACK_CLASS);

    ps_pack_free(&p->summary);
    ps_pack_free(&p->detail);
    return 0;
}

static ps_driver_index *check_index(lua_State *L)
{
    const box *b = luaL_checkudata(L, 1, INDEX_CLASS);

    luaL_argcheck(L, b->index != NULL, 1, "the index is closed");
    return b->index;
}

/***
Open or create an index.
@function open
@tparam string path
@treturn[1] Index
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    b->index = NULL;
    luaL_setmetatable(L, INDEX_CLASS);
    if (!ps_driver_index_open(&b->index, path, PS_VERSION " " PS_SCANNER, &err))
        return ps_push_error(L, &err);
    return 1;
}

static void push_stamp(lua_State *L, const ps_driver_index_stamp *stamp)
{
    char bytes[sizeof *stamp];

    memcpy(bytes, stamp, sizeof *stamp);
    lua_pushlstring(L, bytes, sizeof bytes);
}

/* { path=, sha256=, summary=, stale= }; nil where the summary is damaged. */
static void push_entry(lua_State *L, const ps_driver_index_entry *entry)
{
    lua_createtable(L, 0, 5);
    if (!ps_unpack_value(L, entry->summary, entry->summary_size)) {
        lua_pop(L, 1);
        lua_pushnil(L);
        return;
    }
    lua_setfield(L, -2, "summary");
    ps_set_text(L, "path", entry->path);
    ps_set_text(L, "sha256", entry->sha256);
    if (entry->stale)
        ps_set_bool(L, "stale", true);
}

/***
What the index has of a file as it lies on disk now.
@function Index:find
@tparam string path
@treturn[1] ?table `{path=, sha256=, summary=}`; nil where it has nothing of this file
@treturn[1] string a stamp of the file, for Index:add
@treturn[2] nil
@treturn[2] nil
@treturn[2] string message
*/
static int find(lua_State *L)
{
    ps_driver_index *index = check_index(L);
    ps_driver_index_entry entry;
    ps_driver_index_stamp stamp;
    ps_error err;

    if (!ps_driver_index_find(index, luaL_checkstring(L, 2), &stamp, &entry, &err)) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 3;
    }
    if (entry.summary != NULL)
        push_entry(L, &entry);
    else
        lua_pushnil(L);
    push_stamp(L, &stamp);
    return 2;
}

/* Find the file whose path is on top and add what is known of it to the tables at 3 and 4. */
static bool find_one(lua_State *L, ps_driver_index *index, ps_error *err)
{
    ps_driver_index_entry entry;
    ps_driver_index_stamp stamp;

    if (!ps_driver_index_find(index, luaL_checkstring(L, -1), &stamp, &entry, err))
        return false;
    if (entry.summary != NULL) {
        lua_pushvalue(L, -1);
        push_entry(L, &entry);
        lua_rawset(L, 3);
    }
    lua_pushvalue(L, -1);
    push_stamp(L, &stamp);
    lua_rawset(L, 4);
    return true;
}

/***
What the index has of files as they lie on disk now.
@function Index:find_all
@tparam {string,...} paths
@treturn[1] table from path to `{path=, sha256=, summary=}`, of the files that it knows
@treturn[1] table from path to stamp, of all
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int find_all(lua_State *L)
{
    ps_driver_index *index = check_index(L);
    bool done;
    ps_error err;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_newtable(L);
    lua_newtable(L);
    done = ps_driver_index_begin_finding(index, &err);
    for (lua_Integer i = 1; done && lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
        done = find_one(L, index, &err);
        lua_settop(L, 4);
    }
    lua_settop(L, 4);
    if (!done || !ps_driver_index_commit(index, &err)) {
        ps_driver_index_rollback(index);
        return ps_push_error(L, &err);
    }
    return 2;
}

/***
The detail of a content.
@function Index:detail
@tparam string sha256
@treturn[1] table
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int detail(lua_State *L)
{
    ps_driver_index *index = check_index(L);
    const void *data;
    size_t size;
    ps_error err;

    if (!ps_driver_index_detail(index, luaL_checkstring(L, 2), &data, &size, &err))
        return ps_push_error(L, &err);
    if (ps_unpack_value(L, data, size))
        return 1;
    err =
        (ps_error){.code = PS_EFORMAT, .offset = PS_NOWHERE, .text = "the driver index is damaged"};
    return ps_push_error(L, &err);
}

static bool append_entry(void *context, const ps_driver_index_entry *entry)
{
    lua_State *L = context;

    push_entry(L, entry);
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    else
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    return true;
}

/***
Every file whose content was added with a tag.
@function Index:with_tag
@tparam string|integer tag bit 31 is ignored
@treturn[1] {table,...} `{path=, sha256=, summary=, stale=}`; stale where the file has changed since
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int with_tag(lua_State *L)
{
    ps_driver_index *index = check_index(L);
    const ps_tag tag = ps_check_tag(L, 2);
    ps_error err;

    lua_newtable(L);
    if (!ps_driver_index_with_tag(index, tag, append_entry, L, &err))
        return ps_push_error(L, &err);
    return 1;
}

static packs *new_packs(lua_State *L)
{
    packs *p = lua_newuserdatauv(L, sizeof *p, 0);

    *p = (packs){0};
    luaL_setmetatable(L, PACK_CLASS);
    lua_toclose(L, -1);
    return p;
}

/* The tags of the list in field `tags` as an array that lives on the stack. */
static const ps_tag *check_tags(lua_State *L, int index, size_t *count)
{
    lua_Unsigned length;
    ps_tag *tags;

    luaL_argcheck(L, lua_getfield(L, index, "tags") == LUA_TTABLE, index, "no list of tags");
    length = lua_rawlen(L, -1);
    luaL_argcheck(L, length < (1U << 24), index, "too many tags");
    tags = lua_newuserdatauv(L, ((size_t)length + 1) * sizeof *tags, 0);
    for (lua_Unsigned i = 0; i < length; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        tags[i] = ps_check_tag(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    *count = (size_t)length;
    return tags;
}

/***
Add a file between Index:begin and Index:commit.
@function Index:add
@tparam string path
@tparam string stamp of Index:find, from before the file was read
@tparam table content `sha256`, `summary` and `detail` (tables of plain values), `tags`
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int index_add(lua_State *L)
{
    ps_driver_index *index = check_index(L);
    const char *path = luaL_checkstring(L, 2);
    size_t size;
    const char *bytes = luaL_checklstring(L, 3, &size);
    ps_driver_index_content content = {0};
    ps_driver_index_stamp stamp;
    ps_error err;
    packs *p;

    luaL_argcheck(L, size == sizeof stamp, 3, "not a stamp");
    memcpy(&stamp, bytes, sizeof stamp);
    luaL_checktype(L, 4, LUA_TTABLE);
    lua_settop(L, 4);
    lua_getfield(L, 4, "sha256");
    content.sha256 = luaL_checkstring(L, -1);
    content.tags = check_tags(L, 4, &content.tag_count);
    p = new_packs(L);
    lua_getfield(L, 4, "summary");
    ps_pack_value(L, -1, &p->summary);
    lua_getfield(L, 4, "detail");
    ps_pack_value(L, -1, &p->detail);
    content.summary = p->summary.data;
    content.summary_size = p->summary.size;
    content.detail = p->detail.data;
    content.detail_size = p->detail.size;
    if (!ps_driver_index_add(index, path, &stamp, &content, &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Begin to add: what is added is kept together, or not at all.
@function Index:begin
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int begin(lua_State *L)
{
    ps_error err;

    if (!ps_driver_index_begin(check_index(L), &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Keep what was added.
@function Index:commit
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int commit(lua_State *L)
{
    ps_error err;

    if (!ps_driver_index_commit(check_index(L), &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Drop what was added.
@function Index:rollback
*/
static int rollback(lua_State *L)
{
    ps_driver_index_rollback(check_index(L));
    return 0;
}

int luaopen_poolsleuth_driver_index(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"find", find},         {"find_all", find_all}, {"detail", detail},
        {"with_tag", with_tag}, {"add", index_add},     {"begin", begin},
        {"commit", commit},     {"rollback", rollback}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", open}, {NULL, NULL}};

    ps_new_class(L, INDEX_CLASS, methods, index_close);
    ps_new_class(L, PACK_CLASS, none, packs_close);
    luaL_newlib(L, functions);
    return 1;
}
