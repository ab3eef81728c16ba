/***
The class Online.
@submodule poolsleuth.statistics
*/
#include "bind/statistics.h"

#define ONLINE "poolsleuth.online"

typedef struct online_handle {
    ps_online *it;
} online_handle;

/***
A series seen value by value, in fixed memory.
@type Online
*/

static ps_online *check_online(lua_State *L)
{
    const online_handle *handle = luaL_checkudata(L, 1, ONLINE);

    luaL_argcheck(L, handle->it != NULL, 1, "it is closed");
    return handle->it;
}

static int online_close(lua_State *L)
{
    online_handle *handle = luaL_checkudata(L, 1, ONLINE);

    ps_online_close(handle->it);
    handle->it = NULL;
    return 0;
}

/***
Take one more value.  One whose time falls, or that is not finite, is left out.
@function Online:add
@number time in any unit
@number value
*/
static int online_add(lua_State *L)
{
    ps_online_add(check_online(L), luaL_checknumber(L, 2), luaL_checknumber(L, 3));
    return 0;
}

/***
What is known so far.
@function Online:result
@treturn[1] table `count`, `mean`, `least`, `most`, `line` (as of @{ols}, exact), `alarm_at` (as of @{page_hinkley}),
  `minima` (of up to 16 windows), `trend` (as of @{mann_kendall}, corrected) and `slope` (as of
  @{theil_sen}) of `kept` values, every `stride`-th
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int online_result(lua_State *L)
{
    ps_online_result result;
    ps_error err;

    if (!ps_online_read(check_online(L), &result, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 11);
    ps_set_uint(L, "count", result.count);
    ps_set_uint(L, "kept", result.kept);
    ps_set_uint(L, "stride", result.stride);
    if (result.count > 0) {
        ps_set_number(L, "mean", result.mean);
        ps_set_number(L, "least", result.least);
        ps_set_number(L, "most", result.most);
    }
    if (result.alarm_at > 0)
        ps_set_uint(L, "alarm_at", result.alarm_at);
    ps_push_ols(L, &result.line);
    lua_setfield(L, -2, "line");
    ps_push_kendall(L, &result.trend);
    lua_setfield(L, -2, "trend");
    ps_push_sen(L, &result.slope);
    lua_setfield(L, -2, "slope");
    ps_push_minima(L, &result.minima);
    lua_setfield(L, -2, "minima");
    return 1;
}

/// @section end

/***
A series that is seen value by value.
@function online
@tparam[opt] table options `delta` and `lambda` of the alarm (see @{page_hinkley}); without them there is none
@treturn Online
*/
int ps_statistics_online(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"add", online_add}, {"result", online_result}, {NULL, NULL}};
    online_handle *handle;
    double delta, lambda;
    ps_error err;

    lua_settop(L, 1);
    delta = ps_number_option(L, 1, "delta", 0);
    lambda = ps_number_option(L, 1, "lambda", 1e300);
    ps_new_class(L, ONLINE, methods, online_close);
    handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->it = NULL;
    luaL_setmetatable(L, ONLINE);
    if (!ps_online_new(&handle->it, delta, lambda, &err))
        return ps_push_error(L, &err);
    return 1;
}
