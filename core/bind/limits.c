/* limits.c - the limits of a reader as a table of Lua. */
#include "bind/bind.h"

#include "base/limits.h"

#include <string.h>

static void set_limit(lua_State *L, ps_limits *limits, const char *name, lua_Integer value)
{
    unsigned i = 0;

    while (ps_limit_name(i) != NULL && strcmp(ps_limit_name(i), name) != 0)
        i++;
    if (ps_limit_name(i) == NULL)
        luaL_error(L, "there is no limit '%s'", name);
    else if (value < 1)
        luaL_error(L, "limit '%s' is a number from 1 on", name);
    else
        *ps_limit_value(limits, i) = (uint64_t)value;
}

const ps_limits *ps_check_limits(lua_State *L, int index, ps_limits *limits)
{
    *limits = (ps_limits){.size = sizeof *limits};
    if (lua_isnoneornil(L, index))
        return NULL;
    luaL_checktype(L, index, LUA_TTABLE);
    if (lua_getfield(L, index, "limits") == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    luaL_argexpected(L, lua_istable(L, -1), index, "limits that are a table");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isinteger(L, -1))
            luaL_error(L, "limits are integers by name");
        set_limit(L, limits, lua_tostring(L, -2), lua_tointeger(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return limits;
}
