/* pool.h - what the files of the Lua module poolsleuth.pool share. */
#ifndef PS_BIND_POOL_H
#define PS_BIND_POOL_H

#include "bind/bind.h"

/* The snapshot at a stack index; raises where there is none, or a closed one. */
const ps_snapshot *ps_check_snapshot(lua_State *L, int index);

/* Make the class of snapshots, unless it is there. */
void ps_register_snapshot(lua_State *L);
void ps_register_trend(lua_State *L);
void ps_register_own_snapshot(lua_State *L);

/* Push a row of a snapshot as a table. */
void ps_push_row(lua_State *L, const ps_row *row);

/* Set tag, value, pool and session of the table on top of the stack. */
void ps_set_key(lua_State *L, ps_tag tag, unsigned pool, int32_t session);

/* Push a Trend that is closed; what is then put where the result points belongs to it.  The class
 * must be registered. */
ps_trend **ps_new_trend(lua_State *L);

/* Push what owns a snapshot; the snapshot that is then put where the result points is its own, and
 * ps_push_snapshot may borrow from it.  The class must be registered. */
ps_snapshot **ps_new_own_snapshot(lua_State *L);

/* Functions of the module. */
int ps_pool_diff(lua_State *L);
int ps_pool_trend(lua_State *L);
int ps_pool_snapshot(lua_State *L);

#endif
