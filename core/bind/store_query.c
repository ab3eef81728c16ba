/***
Questions in SQL of the class History.
@submodule poolsleuth.store
*/
#include "bind/store.h"

#define QUERY "poolsleuth.History.query"

/* Closed by the collector where an error ends the call. */
typedef struct query_handle {
    ps_history_query *it;
} query_handle;

static int query_close(lua_State *L)
{
    query_handle *handle = luaL_checkudata(L, 1, QUERY);

    ps_history_query_close(handle->it);
    handle->it = NULL;
    return 0;
}

void ps_register_query(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};

    ps_new_class(L, QUERY, none, query_close);
}

static ps_history_value value_at(lua_State *L, int index)
{
    ps_history_value value = {.kind = PS_HISTORY_NULL};

    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        value.kind = lua_isinteger(L, index) ? PS_HISTORY_INTEGER : PS_HISTORY_REAL;
        value.integer = lua_tointeger(L, index);
        value.real = lua_tonumber(L, index);
        break;
    case LUA_TBOOLEAN:
        value.kind = PS_HISTORY_INTEGER;
        value.integer = lua_toboolean(L, index);
        break;
    case LUA_TSTRING:
        value.kind = PS_HISTORY_TEXT;
        value.data = lua_tolstring(L, index, &value.size);
        break;
    default:
        luaL_argerror(L, 3, "an argument is a number, a boolean or a string");
    }
    return value;
}

static bool bind_all(lua_State *L, ps_history_query *query, ps_error *err)
{
    const size_t count = lua_isnoneornil(L, 3) ? 0 : (size_t)lua_rawlen(L, 3);

    for (size_t i = 1; i <= count; i++) {
        ps_history_value value;

        lua_rawgeti(L, 3, (lua_Integer)i);
        value = value_at(L, -1);
        if (!ps_history_query_bind(query, i, &value, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

static void push_value(lua_State *L, const ps_history_value *value)
{
    if (value->kind == PS_HISTORY_INTEGER)
        lua_pushinteger(L, value->integer);
    else if (value->kind == PS_HISTORY_REAL)
        lua_pushnumber(L, value->real);
    else if (value->kind == PS_HISTORY_NULL)
        lua_pushnil(L);
    else
        lua_pushlstring(L, value->data != NULL ? value->data : "", value->size);
}

static void push_row(lua_State *L, const ps_history_query *query)
{
    const size_t columns = ps_history_query_columns(query);

    lua_createtable(L, 0, (int)columns);
    for (size_t i = 0; i < columns; i++) {
        const ps_history_value value = ps_history_query_value(query, i);
        push_value(L, &value);
        lua_setfield(L, -2, ps_history_query_name(query, i));
    }
}

static void push_names(lua_State *L, const ps_history_query *query)
{
    const size_t columns = ps_history_query_columns(query);

    lua_createtable(L, (int)columns, 0);
    for (size_t i = 0; i < columns; i++) {
        lua_pushstring(L, ps_history_query_name(query, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static bool push_rows(lua_State *L, ps_history_query *query, ps_error *err)
{
    bool row = false;

    lua_newtable(L);
    for (lua_Integer n = 1;; n++) {
        if (!ps_history_query_next(query, &row, err))
            return false;
        if (!row)
            return true;
        push_row(L, query);
        lua_rawseti(L, -2, n);
    }
}

/***
Say that a snapshot comes after others by its time, but not by its counters: to @{sql} it is no restart from
then on.  The file is not changed.
@function History:clock_step
@tparam int id of the snapshot
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_clock_step(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const lua_Integer id = luaL_checkinteger(L, 2);
    ps_error err;

    if (!ps_history_clock_step(history, id, &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Ask in SQL.  The tables are `pool_sample(host, time, tag, tag_hex, pool, session, allocs, frees, diff,
bytes, snapshot)`, `host`, `snapshot`, `day` and `driver`; nothing can be written.
@function History:sql
@tparam string query one statement
@tparam[opt] {number|string|boolean,...} args for its parameters
@tparam[opt] table options `progress`: a function of (done, total), called now and then with total 0; its false
  cancels
@treturn[1] {table,...} rows, each column by its name; NULL is nil
@treturn[1] {string,...} the names of the columns, in order
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_sql(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *sql = luaL_checkstring(L, 2);
    ps_lua_progress state;
    ps_progress progress;
    query_handle *handle;
    ps_error err;
    bool done;

    if (!lua_isnoneornil(L, 3))
        luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 4);
    handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->it = NULL;
    luaL_setmetatable(L, QUERY);
    lua_toclose(L, -1);
    if (!ps_history_query_open(&handle->it, history, sql, &err) || !bind_all(L, handle->it, &err))
        return ps_push_error(L, &err);
    progress = ps_check_progress(L, 4, &state);
    ps_history_query_watch(handle->it, &progress);
    done = push_rows(L, handle->it, &err);
    ps_progress_rethrow(&state);
    if (!done)
        return ps_push_error(L, &err);
    push_names(L, handle->it);
    return 2;
}
