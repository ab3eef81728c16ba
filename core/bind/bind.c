/* bind.c - what every Lua binding shares. */
#include "bind/bind.h"

#include <math.h>
#include <string.h>

static const char *const code_names[] = {"ok",     "io",    "nomem",       "truncated",
                                         "format", "limit", "unsupported", "cancelled"};

int ps_push_error(lua_State *L, const ps_error *err)
{
    luaL_pushfail(L);
    lua_pushstring(L, err->text);
    lua_createtable(L, 0, 2);
    ps_set_text(L, "code", code_names[err->code]);
    if (err->offset != PS_NOWHERE)
        ps_set_uint(L, "offset", err->offset);
    return 3;
}

void ps_new_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close)
{
    if (!luaL_newmetatable(L, name)) {
        lua_pop(L, 1);
        return;
    }
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "close");
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "poolsleuth");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void ps_set_uint(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

void ps_set_int(lua_State *L, const char *key, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

void ps_set_number(lua_State *L, const char *key, double value)
{
    if (isnan(value))
        return;
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
}

void ps_set_text(lua_State *L, const char *key, const char *value)
{
    if (value == NULL)
        return;
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

void ps_set_bool(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

void ps_push_tag(lua_State *L, ps_tag tag)
{
    const char bytes[4] = {(char)(tag & 0xFF), (char)(tag >> 8 & 0xFF), (char)(tag >> 16 & 0xFF),
                           (char)(tag >> 24)};
    lua_pushlstring(L, bytes, sizeof bytes);
}

void ps_set_tag(lua_State *L, ps_tag tag)
{
    ps_push_tag(L, tag);
    lua_setfield(L, -2, "tag");
    ps_set_uint(L, "value", tag);
}

ps_tag ps_check_tag(lua_State *L, int index)
{
    unsigned char bytes[4] = {' ', ' ', ' ', ' '};
    size_t length;
    const char *text;

    if (lua_isinteger(L, index))
        return (ps_tag)(lua_tointeger(L, index) & 0xFFFFFFFF);
    text = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, length >= 1 && length <= 4, index, "a tag has one to four bytes");
    memcpy(bytes, text, length);
    return (ps_tag)bytes[0] | (ps_tag)bytes[1] << 8 | (ps_tag)bytes[2] << 16 |
           (ps_tag)bytes[3] << 24;
}

void ps_push_problem(lua_State *L, const ps_problem *problem)
{
    lua_createtable(L, 0, 5);
    ps_set_text(L, "severity", ps_severity_name(problem->severity));
    if (problem->line != 0)
        ps_set_uint(L, "line", problem->line);
    if (problem->offset != PS_NOWHERE)
        ps_set_uint(L, "offset", problem->offset);
    ps_set_text(L, "reason", problem->reason);
    ps_set_text(L, "text", problem->text);
}

static bool step(void *context, uint64_t done, uint64_t total)
{
    ps_lua_progress *state = context;
    lua_State *L = state->L;
    bool go_on;

    if (state->failed != 0)
        return false;
    lua_pushvalue(L, state->function);
    lua_pushinteger(L, (lua_Integer)done);
    lua_pushinteger(L, (lua_Integer)total);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        state->failed = lua_gettop(L); /* the message stays on the stack until rethrown */
        return false;
    }
    go_on = lua_isnil(L, -1) || lua_toboolean(L, -1);
    lua_pop(L, 1);
    return go_on;
}

ps_progress ps_check_progress(lua_State *L, int index, ps_lua_progress *state)
{
    *state = (ps_lua_progress){.L = L};
    if (!lua_istable(L, index))
        return (ps_progress){0};
    lua_getfield(L, index, "progress");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return (ps_progress){0};
    }
    luaL_checktype(L, -1, LUA_TFUNCTION);
    state->function = lua_gettop(L);
    luaL_checkstack(L, 8, NULL);
    return (ps_progress){.step = step, .context = state};
}

void ps_progress_rethrow(ps_lua_progress *state)
{
    if (state->failed == 0)
        return;
    lua_pushvalue(state->L, state->failed);
    (void)lua_error(state->L);
}
