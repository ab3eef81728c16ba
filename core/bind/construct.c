/***
Snapshots that Lua makes.
@submodule poolsleuth.pool
*/
#include "bind/pool.h"

#include <string.h>

#define BOX "poolsleuth.snapshot.own"

typedef struct snapshot_box {
    ps_snapshot *it; /* NULL once closed */
} snapshot_box;

static int box_close(lua_State *L)
{
    snapshot_box *box = luaL_checkudata(L, 1, BOX);

    ps_snapshot_close(box->it);
    box->it = NULL;
    return 0;
}

void ps_register_own_snapshot(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};

    ps_new_class(L, BOX, none, box_close);
}

ps_snapshot **ps_new_own_snapshot(lua_State *L)
{
    snapshot_box *box = lua_newuserdatauv(L, sizeof *box, 0);

    box->it = NULL;
    luaL_setmetatable(L, BOX);
    return &box->it;
}

/* An integer field of the table on top; false where it is nil. */
static bool get_integer(lua_State *L, const char *name, int64_t *value)
{
    int exact;

    if (lua_getfield(L, -1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return false;
    }
    *value = lua_tointegerx(L, -1, &exact);
    if (!exact)
        luaL_error(L, "field '%s' is no whole number", name);
    lua_pop(L, 1);
    return true;
}

static bool get_count(lua_State *L, const char *name, uint64_t *value)
{
    int64_t number;

    if (!get_integer(L, name, &number))
        return false;
    if (number < 0)
        luaL_error(L, "field '%s' is negative", name);
    *value = (uint64_t)number;
    return true;
}

/* One of the words, the first where the field is nil. */
static int get_word(lua_State *L, const char *name, const char *const *words)
{
    const char *word;

    lua_getfield(L, -1, name);
    word = lua_tostring(L, -1);
    for (int i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            lua_pop(L, 1);
            return i;
        }
    }
    if (!lua_isnil(L, -1))
        luaL_error(L, "field '%s' is not one of its words", name);
    lua_pop(L, 1);
    return 0;
}

/* The string stays in the table on top, which keeps it alive. */
static const char *get_text(lua_State *L, const char *name)
{
    const char *text = NULL;

    if (lua_getfield(L, -1, name) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "field '%s' is no string", name);
        text = lua_tostring(L, -1);
    }
    lua_pop(L, 1);
    return text;
}

static int32_t get_session(lua_State *L)
{
    int64_t number;

    if (lua_getfield(L, -1, "session") == LUA_TSTRING && strcmp(lua_tostring(L, -1), "all") == 0) {
        lua_pop(L, 1);
        return PS_ALL_SESSIONS;
    }
    lua_pop(L, 1);
    if (!get_integer(L, "session", &number))
        return PS_NO_SESSION;
    if (number < 0 || number > INT32_MAX)
        luaL_error(L, "field 'session' is out of range");
    return (int32_t)number;
}

static ps_tag get_tag(lua_State *L)
{
    size_t length = 0;
    ps_tag tag;

    if (lua_getfield(L, -1, "tag") == LUA_TSTRING)
        length = (size_t)lua_rawlen(L, -1);
    if (length < 1 || length > 4)
        luaL_error(L, "field 'tag' is no string of one to four bytes");
    tag = ps_check_tag(L, lua_gettop(L));
    lua_pop(L, 1);
    return tag;
}

/* The row of the table on top. */
static void get_row(lua_State *L, ps_row *row)
{
    static const char *const pools[] = {"nonpaged", "paged", NULL};
    const struct {
        const char *name;
        unsigned known;
        uint64_t *value;
    } counts[] = {
        {"allocs", PS_KNOW_ALLOCS, &row->allocs},
        {"frees", PS_KNOW_FREES, &row->frees},
        {"per_alloc", PS_KNOW_PER_ALLOC, &row->per_alloc},
    };
    uint64_t line = 0;
    unsigned known = 0;

    *row = (ps_row){.tag = get_tag(L), .session = get_session(L), .offset = PS_NOWHERE};
    row->pool = (uint8_t)get_word(L, "pool", pools);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (get_count(L, counts[i].name, counts[i].value))
            known |= counts[i].known;
    if (get_integer(L, "diff", &row->diff))
        known |= PS_KNOW_DIFF;
    if (get_integer(L, "bytes", &row->bytes))
        known |= PS_KNOW_BYTES;
    (void)get_count(L, "line", &line);
    row->line = line < UINT32_MAX ? (uint32_t)line : 0;
    row->known = (uint8_t)known;
    row->note = get_text(L, "note");
}

static void set_memory(lua_State *L, ps_snapshot *snapshot)
{
    uint64_t value;

    if (lua_getfield(L, 1, "memory") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        for (int field = 0; field < PS_MEM_FIELDS; field++)
            if (get_count(L, ps_memory_name((ps_memory_field)field), &value))
                ps_snapshot_set_memory(snapshot, (ps_memory_field)field, value);
    }
    lua_pop(L, 1);
}

static bool set_rows(lua_State *L, ps_snapshot *snapshot, ps_error *err)
{
    lua_Integer count = 0;

    if (lua_getfield(L, 1, "rows") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        count = (lua_Integer)lua_rawlen(L, -1);
    }
    for (lua_Integer i = 1; i <= count; i++) {
        ps_row row;
        lua_rawgeti(L, -1, i);
        if (lua_type(L, -1) != LUA_TTABLE)
            luaL_error(L, "row %d is no table", (int)i);
        get_row(L, &row);
        if (!ps_snapshot_add(snapshot, &row, err))
            return false;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return true;
}

/* What stands beside the rows; the table is on top. */
static bool set_facts(lua_State *L, ps_snapshot *snapshot, ps_error *err)
{
    static const char *const scopes[] = {"part", "whole", "totals", NULL};
    const char *host = get_text(L, "host");
    uint64_t first = 0, last = 0;
    int64_t time;

    ps_snapshot_set_scope(snapshot, (ps_scope)get_word(L, "scope", scopes));
    if (get_integer(L, "time", &time))
        ps_snapshot_set_time(snapshot, time);
    (void)get_count(L, "first_line", &first);
    (void)get_count(L, "last_line", &last);
    if (first <= UINT32_MAX && last <= UINT32_MAX)
        ps_snapshot_set_lines(snapshot, (uint32_t)first, (uint32_t)last);
    return host == NULL || ps_snapshot_set_host(snapshot, host, err);
}

/***
Make a snapshot of what Lua read.  Raises where a field is not what it should be.
@function snapshot
@tparam table given `origin` (what kind of display it was), `rows` ({`tag`, `pool`, `session`,
  `allocs`, `frees`, `diff`, `bytes`, `per_alloc`, `note`, `line`}; nil is unknown, never 0), `memory`
  (names as of Snapshot:memory), `scope` ("part", "whole", "totals"), `time`, `host`, `first_line`,
  `last_line`
@treturn[1] Snapshot
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code`
*/
int ps_pool_snapshot(lua_State *L)
{
    ps_snapshot **own;
    const char *origin;
    ps_error err;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    origin = get_text(L, "origin");
    luaL_argcheck(L, origin != NULL, 1, "a snapshot has an origin");
    own = ps_new_own_snapshot(L);
    if (!ps_snapshot_new(own, origin, &err))
        return ps_push_error(L, &err);
    lua_pushvalue(L, 1);
    if (!set_facts(L, *own, &err))
        return ps_push_error(L, &err);
    lua_pop(L, 1);
    set_memory(L, *own);
    if (!set_rows(L, *own, &err))
        return ps_push_error(L, &err);
    ps_push_snapshot(L, *own, 2);
    return 1;
}
