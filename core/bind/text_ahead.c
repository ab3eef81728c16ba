/***
Texts that are read on all cores, before they are asked for.
@submodule poolsleuth.text
*/
#include "base/workers.h"
#include "bind/text.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_CLASS "poolsleuth.TextsAhead"

enum { LARGEST = 1 << 20, MOST = 256 };

typedef struct item {
    const char *path;
    ps_kind kind;
    uint64_t size;
    int64_t mtime;
    bool probed;
    ps_text *text;
    char sha256[65];
} item;

typedef struct batch {
    size_t count;
    item items[MOST];
} batch;

static int close_batch(lua_State *L)
{
    batch *b = luaL_checkudata(L, 1, AHEAD_CLASS);

    for (size_t i = 0; i < b->count; i++)
        ps_text_close(b->items[i].text);
    b->count = 0;
    return 0;
}

static void read_text(item *it, ps_source *source)
{
    ps_error err;

    if (ps_text_read(&it->text, source, NULL, &err) && ps_source_sha256(source, it->sha256, &err))
        return;
    ps_text_close(it->text);
    it->text = NULL;
}

/* What fails here is read again by who asks for it, and fails there with its reason. */
static bool read_item(const ps_worker *worker, size_t index, ps_error *err)
{
    item *it = &((batch *)worker->context)->items[index];
    ps_source *source = NULL;
    ps_error own;

    (void)err;
    if (!ps_source_open(&source, it->path, &own))
        return true;
    it->probed = ps_source_probe(source, &it->kind, &own);
    it->size = ps_source_size(source);
    it->mtime = ps_source_mtime(source);
    if (it->probed && it->kind == PS_KIND_TEXT && it->size <= LARGEST)
        read_text(it, source);
    ps_source_close(source);
    return true;
}

static void push_item(lua_State *L, item *it)
{
    lua_createtable(L, 0, 4);
    ps_set_text(L, "kind", ps_kind_name(it->kind));
    ps_set_uint(L, "size", it->size);
    if (it->mtime != INT64_MIN)
        ps_set_int(L, "mtime", it->mtime);
    if (it->text == NULL)
        return;
    ps_push_text_box(L)->text = it->text;
    it->text = NULL;
    ps_push_found(L, ((const ps_text_box *)lua_touserdata(L, -1))->text, lua_gettop(L));
    ps_set_text(L, "sha256", it->sha256);
    lua_setfield(L, -3, "parsed");
    lua_pop(L, 1);
}

static batch *check_paths(lua_State *L)
{
    const size_t count = (luaL_checktype(L, 1, LUA_TTABLE), lua_rawlen(L, 1));
    batch *b;

    luaL_argcheck(L, count <= MOST, 1, "at most 256 paths at a time");
    b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = (batch){0};
    luaL_setmetatable(L, AHEAD_CLASS);
    for (size_t i = 0; i < count; i++) {
        (void)lua_rawgeti(L, 1, (lua_Integer)i + 1);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "a list of paths");
        b->items[i].path = lua_tostring(L, -1); /* which the list keeps */
        lua_pop(L, 1);
    }
    b->count = count;
    return b;
}

/***
Read files on all cores: what each is, and the small texts among them.
A file that cannot be read has no entry: who asks for it is told why.
@function ahead
@tparam {string,...} paths at most 256
@tparam[opt] int threads one a core without it
@treturn table by path: `kind`, `size`, `mtime` as of @{poolsleuth.system.probe}, and `parsed` as of read
  for a text of up to 1 MiB
*/
int ps_text_lua_ahead(lua_State *L)
{
    const lua_Integer wanted = luaL_optinteger(L, 2, 0);
    batch *b;
    ps_error err;

    luaL_argcheck(L, wanted >= 0 && wanted <= PS_WORKERS_LIMIT, 2, "a number of threads");
    lua_settop(L, 1);
    b = check_paths(L);
    lua_createtable(L, 0, (int)b->count);
    if (!ps_workers_run(read_item, b, b->count, ps_workers_threads((unsigned)wanted, b->count),
                        NULL, &err))
        return 1;
    for (size_t i = 0; i < b->count; i++) {
        if (!b->items[i].probed)
            continue;
        push_item(L, &b->items[i]);
        lua_setfield(L, -2, b->items[i].path);
    }
    return 1;
}

void ps_register_ahead(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};

    ps_new_class(L, AHEAD_CLASS, none, close_batch);
}
