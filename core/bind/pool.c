/***
The pool model: snapshots, what changed between two of them, how tags moved over a series.
@module poolsleuth.pool
*/
#include "bind/bind.h"

#include <stdlib.h>

#define SNAPSHOT "poolsleuth.snapshot"
#define TREND "poolsleuth.trend"

/* What the userdata holds; NULL once closed.  User value 1 is the owner, which must stay alive. */
typedef struct snapshot_handle {
    const ps_snapshot *it;
} snapshot_handle;

typedef struct trend_handle {
    ps_trend *it;
    const ps_snapshot **snapshots;
    int64_t *times;
} trend_handle;

static const char *const pool_names[] = {"nonpaged", "paged"};

/***
A pool snapshot: what each tag had allocated at one moment.
@type Snapshot
*/

static const ps_snapshot *check_snapshot(lua_State *L, int index)
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

static void register_snapshot(lua_State *L);

void ps_push_snapshot(lua_State *L, const ps_snapshot *snapshot, int owner)
{
    snapshot_handle *handle;

    owner = lua_absindex(L, owner);
    register_snapshot(L);
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
                                        "tag-ambiguous", "rounded",       "duplicate"};
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

static void set_key(lua_State *L, ps_tag tag, unsigned pool, int32_t session)
{
    ps_push_tag(L, tag);
    lua_setfield(L, -2, "tag");
    ps_set_uint(L, "value", tag);
    ps_set_text(L, "pool", pool_names[pool == PS_POOL_PAGED]);
    set_session(L, session);
}

static void push_row(lua_State *L, const ps_row *row)
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
    set_key(L, row->tag, row->pool, row->session);
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
    const ps_snapshot *snapshot = check_snapshot(L, 1);
    const size_t count = ps_snapshot_count(snapshot);

    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_row(L, ps_snapshot_at(snapshot, i));
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
    const ps_snapshot *snapshot = check_snapshot(L, 1);
    const ps_tag tag = ps_check_tag(L, 2);
    static const char *const names[] = {"nonpaged", "paged", NULL};
    const int pool = luaL_checkoption(L, 3, NULL, names);
    const lua_Integer session = luaL_optinteger(L, 4, PS_NO_SESSION);
    const ps_row *row = ps_snapshot_find(snapshot, tag, (ps_pool)pool, (int32_t)session);

    if (row == NULL)
        luaL_pushfail(L);
    else
        push_row(L, row);
    return 1;
}

/***
Memory totals that the source carries.
@function Snapshot:memory
@treturn table name to number, for example `nonpaged_bytes`; unknown ones are absent
*/
static int snapshot_memory(lua_State *L)
{
    const ps_snapshot *snapshot = check_snapshot(L, 1);
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
    lua_pushstring(L, ps_snapshot_origin(check_snapshot(L, 1)));
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

    lua_pushstring(L, names[ps_snapshot_scope(check_snapshot(L, 1))]);
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
    const int64_t time = ps_snapshot_time(check_snapshot(L, 1));

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
    const char *host = ps_snapshot_host(check_snapshot(L, 1));

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

    ps_snapshot_lines(check_snapshot(L, 1), &first, &last);
    lua_pushinteger(L, first);
    lua_pushinteger(L, last);
    return 2;
}

static int snapshot_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ps_snapshot_count(check_snapshot(L, 1)));
    return 1;
}

/// @section end

static void push_change(lua_State *L, const ps_change *change, double hours)
{
    static const char *const states[] = {"same", "grew", "shrank", "new", "vanished", "unknown"};
    const struct {
        const char *name;
        unsigned known;
        int64_t value;
    } numbers[] = {
        {"d_allocs", PS_KNOW_ALLOCS, change->allocs},
        {"d_frees", PS_KNOW_FREES, change->frees},
        {"d_diff", PS_KNOW_DIFF, change->diff},
        {"d_bytes", PS_KNOW_BYTES, change->bytes},
    };

    lua_createtable(L, 0, 12);
    set_key(L, change->tag, change->pool, change->session);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((change->known & numbers[i].known) != 0)
            ps_set_int(L, numbers[i].name, numbers[i].value);
    if (hours > 0 && (change->known & PS_KNOW_BYTES) != 0) {
        lua_pushnumber(L, (double)change->bytes / hours);
        lua_setfield(L, -2, "bytes_per_hour");
    }
    if ((change->known & PS_KNOW_ALLOCS) != 0 && (change->known & PS_KNOW_FREES) != 0 &&
        change->allocs > 0) {
        lua_pushnumber(L, (double)change->frees / (double)change->allocs);
        lua_setfield(L, -2, "freed_ratio");
    }
    ps_set_text(L, "state", states[change->state]);
    if (change->wrapped)
        ps_set_bool(L, "wrapped", true);
    if (change->before != NULL && change->before->line != 0)
        ps_set_uint(L, "before_line", change->before->line);
    if (change->after != NULL && change->after->line != 0)
        ps_set_uint(L, "after_line", change->after->line);
    if (change->after != NULL && (change->after->known & PS_KNOW_BYTES) != 0)
        ps_set_int(L, "bytes", change->after->bytes);
}

/* Build the result from the light userdata diff; runs protected, so that the diff is freed. */
static int push_diff(lua_State *L)
{
    const ps_diff *diff = lua_touserdata(L, 1);
    const double seconds = luaL_optnumber(L, 2, 0);
    const size_t count = ps_diff_count(diff);

    lua_createtable(L, 0, 3);
    ps_set_bool(L, "reboot", ps_diff_reboot(diff));
    if (seconds > 0) {
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, "interval_s");
    }
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_change(L, ps_diff_at(diff, i), ps_diff_reboot(diff) ? 0 : seconds / 3600);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "rows");
    return 1;
}

/***
What changed between two snapshots.
@function diff
@tparam Snapshot before
@tparam Snapshot after
@tparam[opt] number seconds between them; without it there are no rates
@treturn[1] table `interval_s`, `reboot`, `rows`: most growth first, each `tag`, `value`, `pool`,
  `session`, `d_allocs`, `d_frees`, `d_diff`, `d_bytes` (nil is unknown), `bytes_per_hour`,
  `freed_ratio`, `state` ("same", "grew", "shrank", "new", "vanished", "unknown"), `wrapped`,
  `bytes`, `before_line`, `after_line`
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int pool_diff(lua_State *L)
{
    const ps_snapshot *before = check_snapshot(L, 1), *after = check_snapshot(L, 2);
    ps_diff *diff;
    ps_error err;
    int failed;

    lua_settop(L, 3);
    if (!lua_isnil(L, 3))
        (void)luaL_checknumber(L, 3);
    lua_pushcfunction(L, push_diff);
    if (!ps_diff_open(&diff, before, after, &err))
        return ps_push_error(L, &err);
    lua_pushlightuserdata(L, diff);
    lua_pushvalue(L, 3);
    failed = lua_pcall(L, 2, 1, 0);
    ps_diff_close(diff);
    return failed == LUA_OK ? 1 : lua_error(L);
}

/***
How tags moved over a series.
@type Trend
*/

static const ps_trend *check_trend(lua_State *L)
{
    const trend_handle *handle = luaL_checkudata(L, 1, TREND);

    luaL_argcheck(L, handle->it != NULL, 1, "trend is closed");
    return handle->it;
}

static int trend_close(lua_State *L)
{
    trend_handle *handle = luaL_checkudata(L, 1, TREND);

    ps_trend_close(handle->it);
    free(handle->snapshots);
    free(handle->times);
    *handle = (trend_handle){0};
    return 0;
}

static void set_number(lua_State *L, const char *key, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
}

static void set_rates(lua_State *L, const ps_trend_row *row)
{
    set_number(L, "z", row->z);
    set_number(L, "p", row->p);
    if (row->slope > 0)
        set_number(L, "fading", row->late / row->slope);
    if (row->growth > 0)
        set_number(L, "late_share", row->late_growth / (double)row->growth);
    if (!row->has_rate)
        return;
    set_number(L, "slope", row->slope);
    set_number(L, "early", row->early);
    set_number(L, "late", row->late);
    if (row->points < 3)
        return;
    set_number(L, "low", row->low);
    set_number(L, "high", row->high);
}

static void push_trend_row(lua_State *L, const ps_trend_row *row)
{
    lua_createtable(L, 0, 28);
    set_key(L, row->tag, row->pool, row->session);
    ps_set_uint(L, "points", row->points);
    ps_set_uint(L, "intervals", row->intervals);
    ps_set_uint(L, "rises", row->rises);
    ps_set_uint(L, "falls", row->falls);
    ps_set_int(L, "first_bytes", row->first_bytes);
    ps_set_int(L, "last_bytes", row->last_bytes);
    ps_set_int(L, "least_bytes", row->least_bytes);
    ps_set_int(L, "most_bytes", row->most_bytes);
    ps_set_int(L, "growth", row->growth);
    if (row->has_diff)
        ps_set_int(L, "diff_growth", row->diff_growth);
    set_rates(L, row);
    if (row->has_freed) {
        ps_set_uint(L, "allocs", row->allocs);
        ps_set_uint(L, "frees", row->frees);
        if (row->allocs > 0)
            set_number(L, "freed_ratio", (double)row->frees / (double)row->allocs);
    }
    if (row->wrapped)
        ps_set_bool(L, "wrapped", true);
    push_row(L, row->last);
    lua_setfield(L, -2, "last");
}

/***
One row a tag, pool and session, most growth first.
@function Trend:rows
@treturn {table,...} `tag`, `value`, `pool`, `session`, `points`, `intervals`, `rises`, `falls`,
  `first_bytes`, `last_bytes`, `least_bytes`, `most_bytes`, `growth`, `diff_growth`, `slope`, `low`,
  `high`, `early`, `late` (bytes an hour; nil without times), `fading` (late over slope, of rising
  tags), `late_share` (of the growth, what the second half brought), `z`, `p`, `allocs`, `frees`,
  `freed_ratio`, `wrapped`, `last` (the newest row of the tag)
*/
static int trend_rows(lua_State *L)
{
    const ps_trend *trend = check_trend(L);
    const size_t count = ps_trend_count(trend);

    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_trend_row(L, ps_trend_at(trend, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
Whether the machine was started anew right before a snapshot of the series.
@function Trend:reboot_before
@int index 1-based
@treturn boolean
*/
static int trend_reboot_before(lua_State *L)
{
    const ps_trend *trend = check_trend(L);
    const lua_Integer index = luaL_checkinteger(L, 2);

    lua_pushboolean(L, index > 1 && ps_trend_reboot_before(trend, (size_t)index - 1));
    return 1;
}

/***
How closely the allocations in use of row b follow those of row a.
@function Trend:lockstep
@int a 1-based index into rows
@int b likewise
@treturn[1] number growth of b over growth of a
@treturn[1] number share of b's movement that this ratio leaves unexplained, 0 is perfect
@treturn[2] nil where there is too little to compare
*/
static int trend_lockstep(lua_State *L)
{
    const ps_trend *trend = check_trend(L);
    const lua_Integer a = luaL_checkinteger(L, 2), b = luaL_checkinteger(L, 3);
    double ratio, residual;

    luaL_argcheck(L, a >= 1, 2, "an index is 1 or more");
    luaL_argcheck(L, b >= 1, 3, "an index is 1 or more");
    if (!ps_trend_lockstep(trend, (size_t)a - 1, (size_t)b - 1, &ratio, &residual)) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushnumber(L, ratio);
    lua_pushnumber(L, residual);
    return 2;
}

/// @section end

/* Fill the arrays of the handle at index 3 from the tables at 1 and 2; the handle keeps the owners
 * of the snapshots alive, even when a snapshot is closed. */
static void gather(lua_State *L, trend_handle *handle, size_t count)
{
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 3, 1);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        handle->snapshots[i] = check_snapshot(L, -1);
        lua_getiuservalue(L, -1, 1);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        lua_pop(L, 1);
        if (handle->times == NULL)
            continue;
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        handle->times[i] = luaL_checkinteger(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/***
Follow every tag over a series of snapshots.
@function trend
@tparam {Snapshot,...} snapshots in order
@tparam[opt] {int,...} times in seconds, one a snapshot; without them there are no rates
@treturn[1] Trend
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int pool_trend(lua_State *L)
{
    size_t count;
    trend_handle *handle;
    ps_error err;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    count = lua_rawlen(L, 1);
    handle = lua_newuserdatauv(L, sizeof *handle, 1);
    *handle = (trend_handle){0};
    luaL_setmetatable(L, TREND);
    handle->snapshots = calloc(count + 1, sizeof(const ps_snapshot *));
    if (!lua_isnil(L, 2))
        handle->times = calloc(count + 1, sizeof *handle->times);
    if (handle->snapshots == NULL || (!lua_isnil(L, 2) && handle->times == NULL))
        return luaL_error(L, "out of memory");
    gather(L, handle, count);
    if (!ps_trend_open(&handle->it, handle->snapshots, handle->times, count, &err))
        return ps_push_error(L, &err);
    return 1;
}

static void register_snapshot(lua_State *L)
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

int luaopen_poolsleuth_pool(lua_State *L)
{
    static const luaL_Reg trend_methods[] = {{"rows", trend_rows},
                                             {"reboot_before", trend_reboot_before},
                                             {"lockstep", trend_lockstep},
                                             {NULL, NULL}};
    static const luaL_Reg functions[] = {{"diff", pool_diff}, {"trend", pool_trend}, {NULL, NULL}};

    register_snapshot(L);
    ps_new_class(L, TREND, trend_methods, trend_close);
    luaL_newlib(L, functions);
    return 1;
}
