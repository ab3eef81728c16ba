/***
Drivers, processes, days and upkeep of the class History.
@submodule poolsleuth.store
*/
#include "bind/store.h"

/* --- drivers and processes ------------------------------------------------------------------- */

static const char *text_field(lua_State *L, const char *name)
{
    const char *text = NULL;

    if (lua_getfield(L, -1, name) == LUA_TSTRING)
        text = lua_tostring(L, -1);
    else if (!lua_isnil(L, -1))
        luaL_error(L, "field '%s' is no string", name);
    lua_pop(L, 1); /* the table keeps it */
    return text;
}

static int64_t number_field(lua_State *L, const char *name, int64_t fallback)
{
    int64_t number = fallback;
    int exact = 1;

    if (lua_getfield(L, -1, name) != LUA_TNIL)
        number = lua_tointegerx(L, -1, &exact);
    if (!exact)
        luaL_error(L, "field '%s' is no whole number", name);
    lua_pop(L, 1);
    return number;
}

/* Room for the items of the list at index 4, kept on the stack. */
static void *list_room(lua_State *L, size_t item, size_t *count)
{
    luaL_checktype(L, 4, LUA_TTABLE);
    *count = (size_t)lua_rawlen(L, 4);
    luaL_argcheck(L, *count <= (1U << 20), 4, "too many");
    return lua_newuserdatauv(L, (*count + 1) * item, 0);
}

static void check_item(lua_State *L, size_t i)
{
    if (lua_rawgeti(L, 4, (lua_Integer)i + 1) != LUA_TTABLE)
        luaL_error(L, "item %d is no table", (int)i + 1);
}

/***
Keep which drivers a host has.
@function History:record_drivers
@tparam string host
@tparam int time
@tparam {table,...} drivers each `name`, `path`, `version`, `sha256`, `timestamp` (nil is unknown)
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_record_drivers(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    const int64_t time = luaL_checkinteger(L, 3);
    size_t count;
    ps_history_driver *drivers = list_room(L, sizeof *drivers, &count);
    ps_error err;

    for (size_t i = 0; i < count; i++) {
        check_item(L, i);
        drivers[i] = (ps_history_driver){
            .name = text_field(L, "name"),
            .path = text_field(L, "path"),
            .version = text_field(L, "version"),
            .sha256 = text_field(L, "sha256"),
            .timestamp = (uint32_t)number_field(L, "timestamp", 0),
        };
        lua_pop(L, 1);
    }
    return ps_answer_done(L, ps_history_record_drivers(history, host, time, drivers, count, &err),
                          &err);
}

/***
Keep which processes a host has, and what they hold.
@function History:record_processes
@tparam string host
@tparam int time
@tparam {table,...} processes each `name`, `pid`, `handles`, `threads`, `paged_bytes`,
  `nonpaged_bytes` (nil is unknown)
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_record_processes(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    const int64_t time = luaL_checkinteger(L, 3);
    size_t count;
    ps_history_process *processes = list_room(L, sizeof *processes, &count);
    ps_error err;

    for (size_t i = 0; i < count; i++) {
        check_item(L, i);
        processes[i] = (ps_history_process){
            .name = text_field(L, "name"),
            .pid = number_field(L, "pid", -1),
            .handles = number_field(L, "handles", -1),
            .threads = number_field(L, "threads", -1),
            .paged_bytes = number_field(L, "paged_bytes", -1),
            .nonpaged_bytes = number_field(L, "nonpaged_bytes", -1),
        };
        lua_pop(L, 1);
    }
    return ps_answer_done(
        L, ps_history_record_processes(history, host, time, processes, count, &err), &err);
}

static void set_driver(lua_State *L, const char *key, const ps_history_driver *driver)
{
    if (driver == NULL)
        return;
    lua_createtable(L, 0, 4);
    ps_set_text(L, "version", driver->version);
    ps_set_text(L, "sha256", driver->sha256);
    ps_set_text(L, "path", driver->path);
    if (driver->timestamp != 0)
        ps_set_uint(L, "timestamp", driver->timestamp);
    lua_setfield(L, -2, key);
}

static int push_change(lua_State *L)
{
    const ps_history_driver_change *change = lua_touserdata(L, 1);
    const ps_history_driver *any = change->after != NULL ? change->after : change->before;

    lua_createtable(L, 0, 5);
    ps_set_int(L, "time", change->time);
    ps_set_text(L, "name", any->name);
    ps_set_text(L, "path", any->path);
    set_driver(L, "before", change->before);
    set_driver(L, "after", change->after);
    return 1;
}

static bool gather_change(void *context, const ps_history_driver_change *change)
{
    return ps_gather(context, change);
}

/***
Which drivers came, went or changed.
@function History:driver_changes
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] {table,...} `{time=, name=, path=, before=, after=}`: each side `version`, `sha256`, `path`,
  `timestamp`, or nil where the driver was not there; time is that of the inventory that shows it
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_driver_changes(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_gathering gathering = {.L = L, .push = push_change};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 3, range);
    lua_newtable(L);
    done = ps_history_driver_changes(history, host, range, gather_change, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

typedef struct process_row {
    int64_t time;
    const ps_history_process *process;
} process_row;

static int push_process(lua_State *L)
{
    const process_row *row = lua_touserdata(L, 1);
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"pid", row->process->pid},
        {"handles", row->process->handles},
        {"threads", row->process->threads},
        {"paged_bytes", row->process->paged_bytes},
        {"nonpaged_bytes", row->process->nonpaged_bytes},
    };

    lua_createtable(L, 0, 7);
    ps_set_int(L, "time", row->time);
    ps_set_text(L, "name", row->process->name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].value >= 0)
            ps_set_int(L, numbers[i].name, numbers[i].value);
    return 1;
}

static bool gather_process(void *context, int64_t time, const ps_history_process *process)
{
    const process_row row = {.time = time, .process = process};

    return ps_gather(context, &row);
}

/***
Every process of every list of a range, in order of time.
@function History:processes
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] {table,...} `{time=, name=, pid=, handles=, threads=, paged_bytes=, nonpaged_bytes=}`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_processes(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_gathering gathering = {.L = L, .push = push_process};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 3, range);
    lua_newtable(L);
    done = ps_history_processes(history, host, range, gather_process, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

/* --- days ------------------------------------------------------------------------------------ */

static int push_day(lua_State *L)
{
    const ps_history_day *day = lua_touserdata(L, 1);

    lua_createtable(L, 0, 11);
    ps_set_key(L, day->tag, day->pool, day->session);
    ps_set_int(L, "day", day->day);
    ps_set_uint(L, "n", day->n);
    ps_set_int(L, "first_bytes", day->first_bytes);
    ps_set_int(L, "last_bytes", day->last_bytes);
    ps_set_int(L, "least_bytes", day->least_bytes);
    ps_set_int(L, "most_bytes", day->most_bytes);
    if (day->has_slope) {
        lua_pushnumber(L, day->slope);
        lua_setfield(L, -2, "slope");
    }
    return 1;
}

static bool gather_day(void *context, const ps_history_day *day) { return ps_gather(context, day); }

/***
What each tag did on each day of UTC; days of snapshots that were pruned are still there.
@function History:days
@tparam string host
@tparam[opt] string|int tag all tags without it
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] {table,...} `{day=, tag=, value=, pool=, session=, n=, first_bytes=, last_bytes=,
  least_bytes=, most_bytes=, slope=}`: day counts from 1970, slope is bytes an hour by least squares
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_days(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_history_days_of of = {.host = luaL_checkstring(L, 2)};
    const bool all = lua_isnoneornil(L, 3) != 0;
    const ps_tag tag = all ? 0 : ps_check_tag(L, 3);
    ps_gathering gathering = {.L = L, .push = push_day};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 4, range);
    of.tag = all ? NULL : &tag;
    lua_newtable(L);
    of.from = range[0];
    of.to = range[1];
    done = ps_history_days(history, &of, gather_day, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

/***
What each tag did over a range, in one fast pass.
@function History:slopes
@tparam string host
@tparam[opt] int from
@tparam[opt] int to
@treturn[1] {table,...} rows as of @{History:days}
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_slopes(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    ps_gathering gathering = {.L = L, .push = push_day};
    int64_t range[2];
    ps_error err;
    bool done;

    ps_check_range(L, 3, range);
    lua_newtable(L);
    done = ps_history_slopes(history, host, range, gather_day, &gathering, &err);
    return ps_gathered(&gathering, done, &err);
}

/* --- upkeep ---------------------------------------------------------------------------------- */

/***
Forget old snapshots; what tags did on their days is kept.
@function History:prune
@tparam table which `before` (a time), `host` (all without it)
@treturn[1] int how many snapshots went
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_prune(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host;
    int64_t before;
    uint64_t removed;
    ps_error err;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    host = text_field(L, "host");
    before = number_field(L, "before", INT64_MIN);
    luaL_argcheck(L, before != INT64_MIN, 2, "before which time?");
    if (!ps_history_prune(history, host, before, &removed, &err))
        return ps_push_error(L, &err);
    lua_pushinteger(L, (lua_Integer)removed);
    return 1;
}

/***
Make the file as small as it can be.
@function History:vacuum
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_vacuum(lua_State *L)
{
    ps_error err;

    return ps_answer_done(L, ps_history_vacuum(ps_check_history(L), &err), &err);
}

static int push_problem(lua_State *L)
{
    lua_pushstring(L, lua_touserdata(L, 1));
    return 1;
}

static bool gather_problem(void *context, const char *problem)
{
    return ps_gather(context, problem);
}

/***
Read everything, and compare it with its checksums and with each other.
@function History:check
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string the first problem
@treturn[2] table `{code=, problems=}`: all of them
*/
int ps_history_lua_check(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_gathering gathering = {.L = L, .push = push_problem};
    ps_error err;
    bool done;

    lua_newtable(L);
    done = ps_history_check(history, gather_problem, &gathering, &err);
    if (!done || gathering.failed)
        return ps_gathered(&gathering, done, &err);
    if (lua_rawgeti(L, -1, 1) == LUA_TNIL) {
        lua_pushboolean(L, true);
        return 1;
    }
    luaL_pushfail(L);
    lua_insert(L, -2);
    lua_createtable(L, 0, 2);
    ps_set_text(L, "code", "format");
    lua_pushvalue(L, -4);
    lua_setfield(L, -2, "problems");
    return 3;
}
