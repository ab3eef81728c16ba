/***
What the class History gives back.
@submodule poolsleuth.store
*/
#include "bind/store.h"

static int push_host(lua_State *L)
{
    const ps_history_host *host = lua_touserdata(L, 1);
    lua_Integer n = 0;

    lua_createtable(L, 0, 5);
    ps_set_text(L, "name", host->name);
    ps_set_uint(L, "snapshots", host->snapshots);
    if (host->first != PS_NO_TIME) {
        ps_set_int(L, "first", host->first);
        ps_set_int(L, "last", host->last);
    }
    lua_newtable(L);
    for (const char *const *alias = host->aliases; *alias != NULL; alias++) {
        lua_pushstring(L, *alias);
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "aliases");
    return 1;
}

static bool gather_host(void *context, const ps_history_host *host)
{
    return ps_gather(context, host);
}

/***
Every host, by name.
@function History:hosts
@treturn[1] {table,...} `{name=, first=, last=, snapshots=, aliases=}`; times are nil without any
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_hosts(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_gathering gathering = {.L = L, .push = push_host};
    ps_error err;
    bool done;

    lua_newtable(L);
    done = ps_history_hosts(history, gather_host, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

static int push_snapshot(lua_State *L)
{
    const ps_history_snapshot *s = lua_touserdata(L, 1);

    lua_createtable(L, 0, 10);
    ps_set_int(L, "id", s->id);
    ps_set_int(L, "time", s->time);
    ps_set_text(L, "origin", s->origin);
    ps_set_text(L, "time_source", s->time_source);
    ps_set_text(L, "source", s->source);
    ps_set_text(L, "sha256", s->sha256);
    if (s->line != 0)
        ps_set_uint(L, "line", s->line);
    if (s->has_uptime)
        ps_set_uint(L, "uptime_s", s->uptime_s);
    ps_set_uint(L, "rows", s->rows);
    ps_set_bool(L, "reboot", s->reboot);
    return 1;
}

static bool gather_snapshot(void *context, const ps_history_snapshot *snapshot)
{
    return ps_gather(context, snapshot);
}

/***
What is known of each snapshot of a host, in order of time.
@function History:snapshots
@tparam string host
@tparam[opt] int from seconds since 1970
@tparam[opt] int to likewise; both ends count
@treturn[1] {table,...} `{id=, time=, time_source=, origin=, source=, sha256=, line=, uptime_s=, rows=,
  reboot=}`; reboot is true where the machine was started anew since the snapshot before
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_snapshots(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_gathering gathering = {.L = L, .push = push_snapshot};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 3, range);
    lua_newtable(L);
    done = ps_history_snapshots(history, host, range, gather_snapshot, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

/***
A snapshot as it was recorded.
@function History:load
@tparam int id of @{History:snapshots}
@treturn[1] Snapshot
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_load(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const lua_Integer id = luaL_checkinteger(L, 2);
    ps_snapshot **own = ps_new_own_snapshot(L);
    ps_error err;

    if (!ps_history_load(history, id, own, &err))
        return ps_push_error(L, &err);
    ps_push_snapshot(L, *own, -1);
    return 1;
}

/***
What changed between the first and the last snapshot of a range.
@function History:growth
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] table as of @{poolsleuth.pool.diff}, and `before` and `after`, the two times
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_growth(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_snapshot **first, **last;
    int64_t range[2];
    ps_error err;

    ps_check_range(L, 3, range);
    first = ps_new_own_snapshot(L);
    last = ps_new_own_snapshot(L);
    if (!ps_history_ends(history, host, range, first, last, &err))
        return ps_push_error(L, &err);
    range[0] = ps_snapshot_time(*first);
    range[1] = ps_snapshot_time(*last);
    lua_pushcfunction(L, ps_pool_diff);
    ps_push_snapshot(L, *first, -3);
    ps_push_snapshot(L, *last, -3);
    lua_pushnumber(L, (lua_Number)(range[1] - range[0]));
    lua_call(L, 3, LUA_MULTRET);
    if (!lua_istable(L, -1))
        return 3;
    ps_set_int(L, "before", range[0]);
    ps_set_int(L, "after", range[1]);
    return 1;
}

typedef struct told_count {
    int64_t id;
    const uint64_t *allocs;
} told_count;

static int push_count(lua_State *L)
{
    const told_count *count = lua_touserdata(L, 1);

    lua_createtable(L, 0, 2);
    ps_set_int(L, "id", count->id);
    if (count->allocs != NULL)
        ps_set_uint(L, "allocs", *count->allocs);
    return 1;
}

static bool gather_count(void *context, int64_t id, const uint64_t *allocs)
{
    const told_count count = {.id = id, .allocs = allocs};

    return ps_gather(context, &count);
}

/***
The allocations ever made in all tags of each snapshot, which only rise until the machine is restarted.
@function History:counts
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] {table,...} in order of time, `{id=, allocs=}`; allocs is nil where it is not known
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_counts(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_gathering gathering = {.L = L, .push = push_count};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 3, range);
    lua_newtable(L);
    done = ps_history_counts(history, host, range, gather_count, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

/* Build the list of times from the light userdata; runs protected. */
static int push_times(lua_State *L)
{
    const ps_history_trend *trend = lua_touserdata(L, 1);

    lua_newtable(L);
    for (size_t i = 0; i < trend->count; i++) {
        lua_pushinteger(L, trend->times[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* Read the numbers of the list at the top into memory that Lua owns, which takes its place. */
static void check_order(lua_State *L, ps_history_trend_of *of)
{
    const int list = lua_gettop(L);
    const size_t count = lua_rawlen(L, list);
    int64_t *order;

    if (lua_isnil(L, list) || count == 0)
        return;
    luaL_checktype(L, list, LUA_TTABLE);
    luaL_argcheck(L, of->every == 0, 5, "an order is of all snapshots: no `every`");
    order = lua_newuserdatauv(L, count * sizeof *order, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        order[i] = luaL_checkinteger(L, -1);
        lua_pop(L, 1);
    }
    lua_replace(L, list);
    of->order = order;
    of->order_count = count;
}

/***
How each tag moved over a range.
@function History:trend
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@tparam[opt] table options `every`: take at most one snapshot in so many seconds; `order`: ids of snapshots
  that were taken in another order than that of their times (a clock was set back), neighbours only
@treturn[1] Trend as of @{poolsleuth.pool.trend}
@treturn[1] {int,...} the times of the snapshots it is made of
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_trend(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_history_trend_of of = {.host = luaL_checkstring(L, 2)};
    ps_history_trend trend;
    int64_t range[2];
    ps_trend **own;
    ps_error err;
    int status;

    ps_check_range(L, 3, range);
    of.from = range[0];
    of.to = range[1];
    if (!lua_isnoneornil(L, 5)) {
        luaL_checktype(L, 5, LUA_TTABLE);
        lua_getfield(L, 5, "every");
        of.every = luaL_optinteger(L, -1, 0);
        lua_getfield(L, 5, "order");
        check_order(L, &of);
    }
    own = ps_new_trend(L);
    lua_pushcfunction(L, push_times);
    if (!ps_history_trend_ordered(&trend, history, &of, &err))
        return ps_push_error(L, &err);
    *own = trend.trend;
    trend.trend = NULL;
    lua_pushlightuserdata(L, &trend);
    status = lua_pcall(L, 1, 1, 0);
    ps_history_trend_close(&trend);
    return status == LUA_OK ? 2 : lua_error(L);
}
