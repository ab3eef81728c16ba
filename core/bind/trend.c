/***
The class Trend.
@submodule poolsleuth.pool
*/
#include "bind/pool.h"
#include "bind/statistics.h"

#define TREND "poolsleuth.trend"

typedef struct trend_handle {
    ps_trend *it;
} trend_handle;

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
    handle->it = NULL;
    return 0;
}

static void set_rates(lua_State *L, const ps_trend_row *row)
{
    const ps_judgement *judged = &row->judged;

    ps_set_number(L, "z", judged->trend.z);
    ps_set_number(L, "p", judged->trend.p);
    if (judged->shaped && judged->slope.slope > 0)
        ps_set_number(L, "fading", judged->late / judged->slope.slope);
    if (judged->shaped && row->growth > 0)
        ps_set_number(L, "late_share", judged->late_growth / (double)row->growth);
    if (!row->has_rate)
        return;
    ps_set_number(L, "slope", judged->slope.slope);
    if (judged->shaped) {
        ps_set_number(L, "early", judged->early);
        ps_set_number(L, "late", judged->late);
    }
    if (row->points < 3)
        return;
    ps_set_number(L, "low", judged->slope.low);
    ps_set_number(L, "high", judged->slope.high);
}

static void push_trend_row(lua_State *L, const ps_trend_row *row)
{
    lua_createtable(L, 0, 28);
    ps_set_key(L, row->tag, row->pool, row->session);
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
            ps_set_number(L, "freed_ratio", (double)row->frees / (double)row->allocs);
    }
    if (row->wrapped)
        ps_set_bool(L, "wrapped", true);
    if (row->by_chance)
        ps_set_bool(L, "by_chance", true);
    ps_push_judgement(L, &row->judged);
    lua_setfield(L, -2, "judged");
    ps_push_row(L, row->last);
    lua_setfield(L, -2, "last");
}

/***
One row a tag, pool and session, most growth first.
@function Trend:rows
@treturn {table,...} `tag`, `value`, `pool`, `session`, `points`, `intervals`, `rises`, `falls`,
  `first_bytes`, `last_bytes`, `least_bytes`, `most_bytes`, `growth`, `diff_growth`, `slope`, `low`,
  `high`, `early`, `late` (bytes an hour; nil without times), `fading` (late over slope, of rising
  tags), `late_share` (of the growth, what the second half brought), `z`, `p`, `allocs`, `frees`,
  `freed_ratio`, `wrapped`, `judged` (see @{poolsleuth.statistics.judge}), `by_chance` (it would be called
  more, but among so many tags one rises like it by chance), `last` (the newest row of the tag)
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
Judge a row anew, by other thresholds.
@function Trend:judge
@int index 1-based index into rows
@tparam table thresholds any of those of @{poolsleuth.statistics.thresholds}
@treturn[1] table as of @{poolsleuth.statistics.judge}
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int trend_judge(lua_State *L)
{
    const ps_trend *trend = check_trend(L);
    const lua_Integer index = luaL_checkinteger(L, 2);
    const ps_thresholds thresholds = ps_check_thresholds(L, 3);
    ps_judgement judgement;
    ps_error err;

    luaL_argcheck(L, index >= 1 && (size_t)index <= ps_trend_count(trend), 2, "no such row");
    if (!ps_trend_judge(trend, (size_t)index - 1, &thresholds, &judgement, &err))
        return ps_push_error(L, &err);
    ps_push_judgement(L, &judgement);
    return 1;
}

/***
How many tags were tested at once, and what that asks of one.
@function Trend:tested
@treturn int tags that moved, over enough snapshots to be tested
@treturn number the p that a rise must not exceed among them; 0 where none stands
*/
static int trend_tested(lua_State *L)
{
    double limit;

    lua_pushinteger(L, (lua_Integer)ps_trend_tested(check_trend(L), &limit));
    lua_pushnumber(L, limit);
    return 2;
}

/***
The course of a row: how large it was in each snapshot, evenly thinned where these are more than 192.
@function Trend:points
@int index 1-based index into rows
@treturn {number,...} bytes; false where a snapshot does not know them
@treturn {int,...} which snapshot each is from, 1-based
*/
static int trend_points(lua_State *L)
{
    const ps_trend *trend = check_trend(L);
    const lua_Integer index = luaL_checkinteger(L, 2);
    const size_t count = ps_trend_points(trend);

    luaL_argcheck(L, index >= 1 && (size_t)index <= ps_trend_count(trend), 2, "no such row");
    lua_createtable(L, (int)count, 0);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        int64_t bytes;
        size_t snapshot;
        if (ps_trend_point(trend, (size_t)index - 1, i, &snapshot, &bytes))
            lua_pushinteger(L, bytes);
        else
            lua_pushboolean(L, 0);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        lua_pushinteger(L, (lua_Integer)snapshot + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 2;
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

ps_trend **ps_new_trend(lua_State *L)
{
    trend_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);

    handle->it = NULL;
    luaL_setmetatable(L, TREND);
    return &handle->it;
}

/* The times at index as an array in memory that Lua owns, pushed; NULL (and nil) without them. */
static const int64_t *push_times(lua_State *L, int index, size_t count)
{
    int64_t *times;

    if (lua_isnil(L, index)) {
        lua_pushnil(L);
        return NULL;
    }
    times = lua_newuserdatauv(L, (count + 1) * sizeof *times, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        times[i] = luaL_checkinteger(L, -1);
        lua_pop(L, 1);
    }
    return times;
}

/* The thresholds are the third argument. */
static bool feed_all(lua_State *L, ps_trend *trend, size_t count, ps_error *err)
{
    const ps_thresholds thresholds = ps_check_thresholds(L, 3);

    ps_trend_set_thresholds(trend, &thresholds);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        if (!ps_trend_feed(trend, ps_check_snapshot(L, -1), err))
            return false;
        lua_pop(L, 1);
    }
    return ps_trend_finish(trend, err);
}

/***
Follow every tag over a series of snapshots.
@function trend
@tparam {Snapshot,...} snapshots in order
@tparam[opt] {int,...} times in seconds, one a snapshot; without them there are no rates
@tparam[opt] table thresholds any of those of @{poolsleuth.statistics.thresholds}
@treturn[1] Trend
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
int ps_pool_trend(lua_State *L)
{
    size_t count;
    const int64_t *times;
    ps_trend **trend;
    ps_error err;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    count = lua_rawlen(L, 1);
    times = push_times(L, 2, count);
    trend = ps_new_trend(L);
    if (!ps_trend_begin(trend, times, count, &err) || !feed_all(L, *trend, count, &err))
        return ps_push_error(L, &err);
    return 1;
}

void ps_register_trend(lua_State *L)
{
    static const luaL_Reg methods[] = {{"rows", trend_rows},
                                       {"reboot_before", trend_reboot_before},
                                       {"tested", trend_tested},
                                       {"lockstep", trend_lockstep},
                                       {"points", trend_points},
                                       {"judge", trend_judge},
                                       {NULL, NULL}};

    ps_new_class(L, TREND, methods, trend_close);
}
