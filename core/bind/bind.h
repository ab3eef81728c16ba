/* bind.h - what every Lua binding shares.  Only core/bind and core/cli see Lua. */
#ifndef PS_BIND_BIND_H
#define PS_BIND_BIND_H

#include "poolsleuth.h"

#include <lauxlib.h>
#include <lua.h>

/* Every C module of the library, ended by a NULL name: "poolsleuth.pool", ... */
extern const luaL_Reg ps_lua_modules[];

/* nil, message, { code=, offset= }: the result of an expected failure. */
int ps_push_error(lua_State *L, const ps_error *err);

/* The metatable of `name`: methods under __index, close as __gc and __close.  Leaves the stack as
 * it was. */
void ps_new_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close);

/* Fields of the table on top of the stack. */
void ps_set_uint(lua_State *L, const char *key, uint64_t value); /* as the same 64 bits */
void ps_set_int(lua_State *L, const char *key, int64_t value);
void ps_set_text(lua_State *L, const char *key, const char *value); /* nothing when NULL */
void ps_set_bool(lua_State *L, const char *key, bool value);
void ps_set_number(lua_State *L, const char *key, double value); /* nothing when NAN */

void ps_set_tag(lua_State *L, ps_tag tag); /* as tag, its four bytes, and value */

/* Push the four raw bytes of a tag. */
void ps_push_tag(lua_State *L, ps_tag tag);

/* The argument as a tag: a string of one to four bytes (padded with blanks) or the 32-bit value. */
ps_tag ps_check_tag(lua_State *L, int index);

/* Seconds of a clock that is never set back. */
double ps_clock(void);

/* Push { severity=, line=, offset=, reason=, text= }. */
void ps_push_problem(lua_State *L, const ps_problem *problem);

/* Set the fields modules, blocks, processes, verified and those of the kinds of items of the table on top
 * of the stack. */
void ps_set_lists(lua_State *L, const ps_text *text);

/* Push a Snapshot that borrows from the object at stack index owner and keeps it alive. */
void ps_push_snapshot(lua_State *L, const ps_snapshot *snapshot, int owner);

/* A progress that calls the function in field `progress` of the table at index with (done, total);
 * the function's false cancels.  An error in it cancels too and is kept: see ps_progress_rethrow. */
typedef struct ps_lua_progress {
    lua_State *L;
    int function; /* stack index, 0 if there is none */
    int failed;   /* stack index of an error that was raised, 0 if none */
} ps_lua_progress;
ps_progress ps_check_progress(lua_State *L, int index, ps_lua_progress *state);
void ps_progress_rethrow(ps_lua_progress *state);

/* The field `limits` of the table of options at index, in limits: names and numbers; others raise.  NULL
 * where there is none. */
const ps_limits *ps_check_limits(lua_State *L, int index, ps_limits *limits);

/* Identity and signatures as fields of the driver's table on top of the stack; the options of reading
 * one from the table at index; roots and catalogs (see identity.c). */
void ps_set_identity(lua_State *L, const ps_driver *driver);
ps_read_options ps_check_read_options(lua_State *L, int index);
int ps_lua_trust(lua_State *L);
void ps_new_trust_class(lua_State *L);

PS_API int luaopen_poolsleuth(lua_State *L);
PS_API int luaopen_poolsleuth_pool(lua_State *L);
PS_API int luaopen_poolsleuth_text(lua_State *L);
PS_API int luaopen_poolsleuth_pe(lua_State *L);
PS_API int luaopen_poolsleuth_system(lua_State *L);
PS_API int luaopen_poolsleuth_driver_index(lua_State *L);
PS_API int luaopen_poolsleuth_folder(lua_State *L);
PS_API int luaopen_poolsleuth_dump(lua_State *L);
PS_API int luaopen_poolsleuth_line(lua_State *L);
PS_API int luaopen_poolsleuth_isolate(lua_State *L);
PS_API int luaopen_poolsleuth_statistics(lua_State *L);
PS_API int luaopen_poolsleuth_store(lua_State *L);

#endif
