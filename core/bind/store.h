/* store.h - what the files of the Lua module poolsleuth.store share. */
#ifndef PS_BIND_STORE_H
#define PS_BIND_STORE_H

#include "bind/pool.h"

/* The history at stack index 1; raises where it is closed. */
ps_history *ps_check_history(lua_State *L);

/* True, or nil and what went wrong. */
int ps_answer_done(lua_State *L, bool done, const ps_error *err);

/* The times at two stack indices; nil is the beginning and the end. */
void ps_check_range(lua_State *L, int index, int64_t range[2]);

/* Tables that are filled row by row while the library runs.  The table is on top of the stack when a
 * visit begins; what pushes a row may raise: the error is kept, and ps_gathered raises it. */
typedef struct ps_gathering {
    lua_State *L;
    lua_CFunction push; /* with the row as light userdata at index 1; leaves one value */
    bool failed;        /* the error is on top */
} ps_gathering;
bool ps_gather(ps_gathering *gathering, const void *row);
/* One result, or nil and what went wrong. */
int ps_gathered(ps_gathering *gathering, bool done, const ps_error *err);

/* Methods of History that other files have. */
int ps_history_lua_hosts(lua_State *L);
int ps_history_lua_snapshots(lua_State *L);
int ps_history_lua_load(lua_State *L);
int ps_history_lua_growth(lua_State *L);
int ps_history_lua_counts(lua_State *L);
int ps_history_lua_trend(lua_State *L);
int ps_history_lua_sql(lua_State *L);
int ps_history_lua_clock_step(lua_State *L);
int ps_history_lua_export(lua_State *L);
int ps_history_lua_import(lua_State *L);
void ps_register_query(lua_State *L);
int ps_history_lua_record_drivers(lua_State *L);
int ps_history_lua_record_processes(lua_State *L);
int ps_history_lua_driver_changes(lua_State *L);
int ps_history_lua_processes(lua_State *L);
int ps_history_lua_days(lua_State *L);
int ps_history_lua_slopes(lua_State *L);
int ps_history_lua_prune(lua_State *L);
int ps_history_lua_vacuum(lua_State *L);
int ps_history_lua_check(lua_State *L);

#endif
