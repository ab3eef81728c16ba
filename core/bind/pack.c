/* pack.c - Lua values as bytes.  A string that came before is a number: keys come by the thousand.
 */
#include "bind/pack.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, SHORT = 40 };

typedef enum mark { NIL, FALSE, TRUE, INTEGER, FLOAT, STRING, NEW_STRING, OLD_STRING, TABLE } mark;

typedef struct packer {
    lua_State *L;
    ps_pack *pack;
    int words; /* stack index of the table from short strings to their numbers */
    lua_Integer word_count;
} packer;

static void add(packer *p, const void *bytes, size_t size)
{
    ps_pack *pack = p->pack;

    if (size > pack->capacity - pack->size) {
        const size_t wanted = (pack->size + size) * 2 + 256;
        void *moved = realloc(pack->data, wanted);
        if (moved == NULL) {
            luaL_error(p->L, "memory is out");
            return;
        }
        pack->data = moved;
        pack->capacity = wanted;
    }
    memcpy(pack->data + pack->size, bytes, size);
    pack->size += size;
}

static void add_byte(packer *p, unsigned value)
{
    const uint8_t byte = (uint8_t)value;

    add(p, &byte, 1);
}

/* Seven bits a byte, the lowest first; the high bit says that more follow. */
static void add_number(packer *p, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;

    do {
        bytes[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value != 0);
    add(p, bytes, size);
}

static void add_string(packer *p, int index)
{
    size_t size;
    const char *text = lua_tolstring(p->L, index, &size);

    if (size > SHORT) {
        add_byte(p, STRING);
    } else {
        lua_pushvalue(p->L, index);
        if (lua_rawget(p->L, p->words) == LUA_TNUMBER) {
            add_byte(p, OLD_STRING);
            add_number(p, (uint64_t)lua_tointeger(p->L, -1));
            lua_pop(p->L, 1);
            return;
        }
        lua_pop(p->L, 1);
        lua_pushvalue(p->L, index);
        lua_pushinteger(p->L, ++p->word_count);
        lua_rawset(p->L, p->words);
        add_byte(p, NEW_STRING);
    }
    add_number(p, size);
    add(p, text, size);
}

/* NOLINTBEGIN(misc-no-recursion): DEEPEST bounds it, both ways */
static void add_value(packer *p, int index, int depth);

static void add_table(packer *p, int index, int depth)
{
    lua_State *L = p->L;
    const lua_Unsigned length = lua_rawlen(L, index);
    uint64_t others = 0;

    if (depth >= DEEPEST || length > INT32_MAX)
        luaL_error(L, "a table that nests too deeply cannot be packed");
    luaL_checkstack(L, 8, NULL);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        others++;
    others -= length <= others ? length : others;
    add_byte(p, TABLE);
    add_number(p, length);
    add_number(p, others);
    for (lua_Unsigned i = 1; i <= length; i++) {
        lua_rawgeti(L, index, (lua_Integer)i);
        add_value(p, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 &&
            (lua_Unsigned)lua_tointeger(L, -2) <= length)
            continue;
        add_value(p, lua_gettop(L) - 1, depth + 1);
        add_value(p, lua_gettop(L), depth + 1);
    }
}

static void add_plain_number(packer *p, int index)
{
    if (lua_isinteger(p->L, index)) {
        const uint64_t value = (uint64_t)lua_tointeger(p->L, index);
        add_byte(p, INTEGER);
        add_number(p, value << 1 ^ (UINT64_C(0) - (value >> 63)));
    } else {
        const double value = lua_tonumber(p->L, index);
        add_byte(p, FLOAT);
        add(p, &value, sizeof value);
    }
}

static void add_value(packer *p, int index, int depth)
{
    switch (lua_type(p->L, index)) {
    case LUA_TNIL:
        add_byte(p, NIL);
        break;
    case LUA_TBOOLEAN:
        add_byte(p, lua_toboolean(p->L, index) ? TRUE : FALSE);
        break;
    case LUA_TNUMBER:
        add_plain_number(p, index);
        break;
    case LUA_TSTRING:
        add_string(p, index);
        break;
    case LUA_TTABLE:
        add_table(p, index, depth);
        break;
    default:
        luaL_error(p->L, "a %s cannot be packed", luaL_typename(p->L, index));
    }
}

/* NOLINTEND(misc-no-recursion) */

void ps_pack_value(lua_State *L, int index, ps_pack *pack)
{
    packer p = {.L = L, .pack = pack};

    index = lua_absindex(L, index);
    lua_newtable(L);
    p.words = lua_gettop(L);
    add_value(&p, index, 0);
    lua_settop(L, p.words - 1);
}

void ps_pack_free(ps_pack *pack)
{
    free(pack->data);
    *pack = (ps_pack){0};
}

/* --- and back -------------------------------------------------------------------------------- */

typedef struct unpacker {
    lua_State *L;
    const uint8_t *at, *end;
    int words; /* stack index of the array of short strings */
    lua_Integer word_count;
} unpacker;

static bool take_number(unpacker *u, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && u->at < u->end; shift += 7) {
        const uint8_t byte = *u->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_string(unpacker *u, bool keep)
{
    uint64_t size;

    if (!take_number(u, &size) || size > (uint64_t)(u->end - u->at))
        return false;
    lua_pushlstring(u->L, (const char *)u->at, (size_t)size);
    u->at += size;
    if (keep) {
        lua_pushvalue(u->L, -1);
        lua_rawseti(u->L, u->words, ++u->word_count);
    }
    return true;
}

/* NOLINTBEGIN(misc-no-recursion) */
static bool take_value(unpacker *u, int depth);

/* Each element takes a byte at least: no more are made than there are bytes. */
static bool take_table(unpacker *u, int depth)
{
    uint64_t length;
    uint64_t others;

    if (depth >= DEEPEST || !take_number(u, &length) || !take_number(u, &others) ||
        length > (uint64_t)(u->end - u->at) || others > (uint64_t)(u->end - u->at))
        return false;
    luaL_checkstack(u->L, 8, NULL);
    lua_createtable(u->L, (int)length, (int)others);
    for (uint64_t i = 1; i <= length; i++) {
        if (!take_value(u, depth + 1))
            return false;
        lua_rawseti(u->L, -2, (lua_Integer)i);
    }
    for (uint64_t i = 0; i < others; i++) {
        if (!take_value(u, depth + 1) || lua_isnil(u->L, -1) || !take_value(u, depth + 1))
            return false;
        if (lua_type(u->L, -2) == LUA_TNUMBER && !lua_isinteger(u->L, -2))
            return false;
        lua_rawset(u->L, -3);
    }
    return true;
}

static bool take_plain_number(unpacker *u, bool whole)
{
    uint64_t value;
    double number;

    if (whole) {
        if (!take_number(u, &value))
            return false;
        lua_pushinteger(u->L, (lua_Integer)(value >> 1 ^ (UINT64_C(0) - (value & 1))));
        return true;
    }
    if (u->end - u->at < (ptrdiff_t)sizeof number)
        return false;
    memcpy(&number, u->at, sizeof number);
    u->at += sizeof number;
    lua_pushnumber(u->L, number);
    return true;
}

static bool take_old_string(unpacker *u)
{
    uint64_t number;

    return take_number(u, &number) && number >= 1 && number <= (uint64_t)u->word_count &&
           lua_rawgeti(u->L, u->words, (lua_Integer)number) == LUA_TSTRING;
}

static bool take_value(unpacker *u, int depth)
{
    if (u->at >= u->end)
        return false;
    switch (*u->at++) {
    case NIL:
        lua_pushnil(u->L);
        return true;
    case FALSE:
    case TRUE:
        lua_pushboolean(u->L, u->at[-1] == TRUE);
        return true;
    case INTEGER:
    case FLOAT:
        return take_plain_number(u, u->at[-1] == INTEGER);
    case STRING:
    case NEW_STRING:
        return take_string(u, u->at[-1] == NEW_STRING);
    case OLD_STRING:
        return take_old_string(u);
    case TABLE:
        return take_table(u, depth);
    default:
        return false;
    }
}

/* NOLINTEND(misc-no-recursion) */

bool ps_unpack_value(lua_State *L, const void *data, size_t size)
{
    const int top = lua_gettop(L);
    unpacker u = {.L = L, .at = data, .end = (const uint8_t *)data + size};

    if (size > INT32_MAX)
        return false;
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L);
    u.words = top + 1;
    if (!take_value(&u, 0) || u.at != u.end) {
        lua_settop(L, top);
        return false;
    }
    lua_replace(L, u.words);
    lua_settop(L, u.words);
    return true;
}
