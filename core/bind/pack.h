/* pack.h - Lua values as bytes: nil, booleans, numbers, strings and tables of them. */
#ifndef PS_BIND_PACK_H
#define PS_BIND_PACK_H

#include "bind/bind.h"

/* Bytes that grow; freed by ps_pack_free. */
typedef struct ps_pack {
    uint8_t *data;
    size_t size, capacity;
} ps_pack;

/* Append the value at the index.  Raises a Lua error for functions, userdata and tables that nest
 * deeper than 32; the bytes are the caller's to free then, too. */
void ps_pack_value(lua_State *L, int index, ps_pack *pack);
void ps_pack_free(ps_pack *pack);

/* Push the value that size bytes hold; pushes nothing and returns false where they are damaged. */
bool ps_unpack_value(lua_State *L, const void *data, size_t size);

#endif
