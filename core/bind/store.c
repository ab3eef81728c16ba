/***
The history: a site's snapshots over months, in one file.
@module poolsleuth.store
*/
#include "bind/store.h"

#include <limits.h>
#include <string.h>

#define HISTORY "poolsleuth.History"

typedef struct history_handle {
    ps_history *it; /* NULL once closed */
} history_handle;

ps_history *ps_check_history(lua_State *L)
{
    history_handle *handle = luaL_checkudata(L, 1, HISTORY);

    luaL_argcheck(L, handle->it != NULL, 1, "the history is closed");
    return handle->it;
}

void ps_check_range(lua_State *L, int index, int64_t range[2])
{
    range[0] = luaL_optinteger(L, index, INT64_MIN);
    range[1] = luaL_optinteger(L, index + 1, INT64_MAX);
}

/* The list, what pushes a row, and the row: append what is pushed.  Runs protected. */
static int append_row(lua_State *L)
{
    lua_call(L, 1, 1);
    lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    return 0;
}

bool ps_gather(ps_gathering *gathering, const void *row)
{
    lua_State *L = gathering->L;
    void *pointer;

    memcpy(&pointer, &row, sizeof pointer); /* Lua's light userdata has no const */
    lua_pushcfunction(L, append_row);
    lua_pushvalue(L, -2);
    lua_pushcfunction(L, gathering->push);
    lua_pushlightuserdata(L, pointer);
    gathering->failed = lua_pcall(L, 3, 0, 0) != LUA_OK;
    return !gathering->failed;
}

int ps_gathered(ps_gathering *gathering, bool done, const ps_error *err)
{
    if (gathering->failed)
        return lua_error(gathering->L);
    return done ? 1 : ps_push_error(gathering->L, err);
}

static int close(lua_State *L)
{
    history_handle *handle = luaL_checkudata(L, 1, HISTORY);

    ps_history_close(handle->it);
    handle->it = NULL;
    return 0;
}

int ps_answer_done(lua_State *L, bool done, const ps_error *err)
{
    if (!done)
        return ps_push_error(L, err);
    lua_pushboolean(L, true);
    return 1;
}

static const char *opt_field(lua_State *L, int index, const char *name)
{
    const char *text = NULL;

    if (lua_getfield(L, index, name) != LUA_TNIL)
        text = luaL_checkstring(L, -1);
    lua_pop(L, 1); /* the table keeps it */
    return text;
}

static int64_t opt_number(lua_State *L, int index, const char *name, int64_t fallback)
{
    int64_t number;

    lua_getfield(L, index, name);
    number = luaL_optinteger(L, -1, fallback);
    lua_pop(L, 1);
    return number;
}

/***
Open a history, or make one where there is no file.
@function open
@tparam string path
@tparam[opt] table options `read_only`; `busy_ms`, how long to wait for another writer (10,000)
@treturn[1] History
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`: "unsupported" where a newer version wrote it, "format" where it is none
*/
static int open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    ps_history_options options = {0};
    history_handle *handle;
    ps_error err;

    if (!lua_isnoneornil(L, 2)) {
        int64_t busy_ms;
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "read_only");
        options.read_only = lua_toboolean(L, -1) != 0;
        busy_ms = opt_number(L, 2, "busy_ms", 0);
        luaL_argcheck(L, busy_ms >= 0 && busy_ms <= INT_MAX, 2, "busy_ms is out of range");
        options.busy_ms = (int)busy_ms;
    }
    handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->it = NULL;
    luaL_setmetatable(L, HISTORY);
    return ps_history_open(&handle->it, path, &options, &err) ? 1 : ps_push_error(L, &err);
}

/***
A site's snapshots.
@type History
*/

/***
Keep a snapshot of a host.
@function History:record
@tparam string host
@tparam Snapshot snapshot
@tparam[opt] table origin `time` (else the snapshot's own), `time_source`, `source`, `sha256`, `line`
@treturn[1] string "added", or "known" where this host has just this snapshot of this time already
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int record(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *host = luaL_checkstring(L, 2);
    const ps_snapshot *snapshot = ps_check_snapshot(L, 3);
    ps_history_origin origin = {.time = PS_NO_TIME};
    ps_error err;
    bool added;

    if (!lua_isnoneornil(L, 4)) {
        luaL_checktype(L, 4, LUA_TTABLE);
        origin.time = opt_number(L, 4, "time", PS_NO_TIME);
        origin.time_source = opt_field(L, 4, "time_source");
        origin.source = opt_field(L, 4, "source");
        origin.sha256 = opt_field(L, 4, "sha256");
        origin.line = (uint32_t)opt_number(L, 4, "line", 0);
    }
    if (!ps_history_record(history, host, snapshot, &origin, &added, &err))
        return ps_push_error(L, &err);
    lua_pushstring(L, added ? "added" : "known");
    return 1;
}

/***
Do many things as one: they are kept together or not at all, and are done much faster.
@function History:transaction
@tparam function work where it raises, or returns nil and a message, nothing of it is kept
@return[1] what the function returned; true where that is nothing
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int transaction(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_error err;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (!ps_history_begin(history, &err))
        return ps_push_error(L, &err);
    if (lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK) {
        ps_history_rollback(history);
        return lua_error(L);
    }
    if (lua_gettop(L) > 2 && lua_isnil(L, 2)) {
        ps_history_rollback(history);
        return lua_gettop(L) - 1;
    }
    if (!ps_history_commit(history, &err))
        return ps_push_error(L, &err);
    if (lua_gettop(L) == 1)
        lua_pushboolean(L, true);
    return lua_gettop(L) - 1;
}

/***
Give a host another name; the old one goes on to be understood.  What either had is put together.
@function History:rename_host
@tparam string before
@tparam string after
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int rename_host(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    ps_error err;

    return ps_answer_done(
        L, ps_history_rename_host(history, luaL_checkstring(L, 2), luaL_checkstring(L, 3), &err),
        &err);
}

/***
The file's path.
@function History:path
@treturn string
*/
static int get_path(lua_State *L)
{
    lua_pushstring(L, ps_history_path(ps_check_history(L)));
    return 1;
}

/// @section end

int luaopen_poolsleuth_store(lua_State *L)
{
    static const luaL_Reg methods[] = {{"record", record},
                                       {"transaction", transaction},
                                       {"rename_host", rename_host},
                                       {"path", get_path},
                                       {"hosts", ps_history_lua_hosts},
                                       {"snapshots", ps_history_lua_snapshots},
                                       {"load", ps_history_lua_load},
                                       {"growth", ps_history_lua_growth},
                                       {"counts", ps_history_lua_counts},
                                       {"trend", ps_history_lua_trend},
                                       {"sql", ps_history_lua_sql},
                                       {"clock_step", ps_history_lua_clock_step},
                                       {"export", ps_history_lua_export},
                                       {"import", ps_history_lua_import},
                                       {"record_drivers", ps_history_lua_record_drivers},
                                       {"record_processes", ps_history_lua_record_processes},
                                       {"driver_changes", ps_history_lua_driver_changes},
                                       {"processes", ps_history_lua_processes},
                                       {"days", ps_history_lua_days},
                                       {"slopes", ps_history_lua_slopes},
                                       {"prune", ps_history_lua_prune},
                                       {"vacuum", ps_history_lua_vacuum},
                                       {"check", ps_history_lua_check},
                                       {"close", close},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", open}, {NULL, NULL}};

    luaL_requiref(L, "poolsleuth.pool", luaopen_poolsleuth_pool, 0);
    lua_pop(L, 1);
    ps_register_query(L);
    ps_new_class(L, HISTORY, methods, close);
    luaL_newlib(L, functions);
    return 1;
}
