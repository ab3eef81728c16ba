/***
The class Snapshot.
@submodule poolsleuth.pool
*/
#include "bind/pool.h"

#define SNAPSHOT "poolsleuth.snapshot"

/* What the userdata holds; NULL once closed.  User value 1 is the owner, which must stay alive. */
typedef struct snapshot_handle {
    const ps_snapshot *it;
} snapshot_handle;

static const char *const pool_names[] = {"nonpaged", "paged"};

/***
A pool snapshot: what each tag had allocated at one moment.
@type Snapshot
*/

const ps_snapshot *ps_check_snapshot(lua_State *L, int index)
{
    const snapshot_handle *handle = luaL_checkudata(L, index, SNAPSHOT);

    luaL_argcheck(L, handle->it != NULL, index, "snapshot is closed");
    return handle->it;
}

static int snapshot_close(lua_State *L)
{
    snapshot_handle *handle = luaL_checkudata(L, 1, SNAPSHOT);

    handle->it = NULL;
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 1);
    return 0;
}

void ps_push_snapshot(lua_State *L, const ps_snapshot *snapshot, int owner)
{
    snapshot_handle *handle;

    owner = lua_absindex(L, owner);
    ps_register_snapshot(L);
    handle = lua_newuserdatauv(L, sizeof *handle, 1);
    handle->it = NULL;
    luaL_setmetatable(L, SNAPSHOT);
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 1);
    handle->it = snapshot;
}

static void push_flags(lua_State *L, unsigned flags)
{
    static const char *const names[] = {"protected",     "diff-mismatch", "per-alloc-mismatch",
                                        "tag-ambiguous", "rounded",       "duplicate",
                                        "unconfirmed"};
    lua_Integer n = 0;

    lua_createtable(L, 0, 0);
    for (unsigned bit = 0; bit < sizeof names / sizeof *names; bit++) {
        if ((flags >> bit & 1U) == 0)
            continue;
        lua_pushstring(L, names[bit]);
        lua_rawseti(L, -2, ++n);
    }
}

static void set_session(lua_State *L, int32_t session)
{
    if (session == PS_NO_SESSION)
        return;
    if (session == PS_ALL_SESSIONS)
        ps_set_text(L, "session", "all");
    else
        ps_set_int(L, "session", session);
}

void ps_set_key(lua_State *L, ps_tag tag, unsigned pool, int32_t session)
{
    ps_set_tag(L, tag);
    ps_set_text(L, "pool", pool_names[pool == PS_POOL_PAGED]);
    set_session(L, session);
}

void ps_push_row(lua_State *L, const ps_row *row)
{
    const struct {
        const char *name;
        unsigned known;
        int64_t value;
    } numbers[] = {
        {"allocs", PS_KNOW_ALLOCS, (int64_t)row->allocs},
        {"frees", PS_KNOW_FREES, (int64_t)row->frees},
        {"diff", PS_KNOW_DIFF, row->diff},
        {"bytes", PS_KNOW_BYTES, row->bytes},
        {"per_alloc", PS_KNOW_PER_ALLOC, (int64_t)row->per_alloc},
        {"delta_allocs", PS_KNOW_DELTA_ALLOCS, row->delta_allocs},
        {"delta_frees", PS_KNOW_DELTA_FREES, row->delta_frees},
        {"delta_bytes", PS_KNOW_DELTA_BYTES, row->delta_bytes},
    };

    lua_createtable(L, 0, 16);
    ps_set_key(L, row->tag, row->pool, row->session);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((row->known & numbers[i].known) != 0)
            ps_set_int(L, numbers[i].name, numbers[i].value);
    push_flags(L, row->flags);
    lua_setfield(L, -2, "flags");
    ps_set_text(L, "note", row->note);
    if (row->line != 0)
        ps_set_uint(L, "line", row->line);
    ps_set_uint(L, "offset", row->offset);
}

/***
Every row, in the order of the source.
@function Snapshot:rows
@treturn {table,...} `tag` (4 raw bytes), `value` (32 bits), `pool`, `session`, `allocs`, `frees`,
  `diff`, `bytes`, `per_alloc`, `delta_allocs`, `delta_frees`, `delta_bytes` (nil is unknown),
  `flags` (an array of names), `note`, `line`, `offset`
*/
static int snapshot_rows(lua_State *L)
{
    const ps_snapshot *snapshot = ps_check_snapshot(L, 1);
    const size_t count = ps_snapshot_count(snapshot);

    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        ps_push_row(L, ps_snapshot_at(snapshot, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
The row of one tag, whatever its bit 31.
@function Snapshot:find
@tparam string|int tag four bytes or the 32-bit value
@tparam string pool "nonpaged" or "paged"
@tparam[opt] int session none is the system's pool
@treturn[1] table as in rows
@treturn[2] nil where the snapshot has none
*/
static int snapshot_find(lua_State *L)
{
    const ps_snapshot *snapshot = ps_check_snapshot(L, 1);
    const ps_tag tag = ps_check_tag(L, 2);
    static const char *const names[] = {"nonpaged", "paged", NULL};
    const int pool = luaL_checkoption(L, 3, NULL, names);
    const lua_Integer session = luaL_optinteger(L, 4, PS_NO_SESSION);
    const ps_row *row = ps_snapshot_find(snapshot, tag, (ps_pool)pool, (int32_t)session);

    if (row == NULL)
        luaL_pushfail(L);
    else
        ps_push_row(L, row);
    return 1;
}

/***
Memory totals that the source carries.
@function Snapshot:memory
@treturn table name to number, for example `nonpaged_bytes`; unknown ones are absent
*/
static int snapshot_memory(lua_State *L)
{
    const ps_snapshot *snapshot = ps_check_snapshot(L, 1);
    uint64_t value;

    lua_newtable(L);
    for (int field = 0; field < PS_MEM_FIELDS; field++)
        if (ps_snapshot_memory(snapshot, (ps_memory_field)field, &value))
            ps_set_uint(L, ps_memory_name((ps_memory_field)field), value);
    return 1;
}

/***
What kind of display it is: "poolmon -n", "!poolused", ...
@function Snapshot:origin
@treturn string
*/
static int snapshot_origin(lua_State *L)
{
    lua_pushstring(L, ps_snapshot_origin(ps_check_snapshot(L, 1)));
    return 1;
}

/***
What the snapshot promises: "part" of the tags, the "whole" of them, or "totals" alone.
@function Snapshot:scope
@treturn string
*/
static int snapshot_scope(lua_State *L)
{
    static const char *const names[] = {"part", "whole", "totals"};

    lua_pushstring(L, names[ps_snapshot_scope(ps_check_snapshot(L, 1))]);
    return 1;
}

/***
When it was taken, if its content says so.
@function Snapshot:time
@treturn[1] int seconds since 1970
@treturn[2] nil
*/
static int snapshot_time(lua_State *L)
{
    const int64_t time = ps_snapshot_time(ps_check_snapshot(L, 1));

    if (time == PS_NO_TIME)
        luaL_pushfail(L);
    else
        lua_pushinteger(L, time);
    return 1;
}

/***
The machine's name, if the content gives it.
@function Snapshot:host
@treturn[1] string
@treturn[2] nil
*/
static int snapshot_host(lua_State *L)
{
    const char *host = ps_snapshot_host(ps_check_snapshot(L, 1));

    if (host == NULL)
        luaL_pushfail(L);
    else
        lua_pushstring(L, host);
    return 1;
}

/***
The lines of the source that it was read from.
@function Snapshot:lines
@treturn int first, 1-based
@treturn int last
*/
static int snapshot_lines(lua_State *L)
{
    uint32_t first, last;

    ps_snapshot_lines(ps_check_snapshot(L, 1), &first, &last);
    lua_pushinteger(L, first);
    lua_pushinteger(L, last);
    return 2;
}

static int snapshot_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ps_snapshot_count(ps_check_snapshot(L, 1)));
    return 1;
}

/// @section end

void ps_register_snapshot(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"rows", snapshot_rows},     {"find", snapshot_find},   {"memory", snapshot_memory},
        {"origin", snapshot_origin}, {"scope", snapshot_scope}, {"time", snapshot_time},
        {"host", snapshot_host},     {"lines", snapshot_lines}, {NULL, NULL}};

    if (luaL_getmetatable(L, SNAPSHOT) == LUA_TNIL) {
        ps_new_class(L, SNAPSHOT, methods, snapshot_close);
        luaL_getmetatable(L, SNAPSHOT);
        lua_pushcfunction(L, snapshot_len);
        lua_setfield(L, -2, "__len");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}
