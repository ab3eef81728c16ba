/* state.h - a Lua state in which the library and its C modules can be required. */
#ifndef PS_CLI_STATE_H
#define PS_CLI_STATE_H

#include "bind/bind.h"

#include <stdbool.h>

/* Open the standard libraries and preload the C modules.  Lua files are found below library, or
 * where it is NULL beside the running program; after that where Lua always looks, but never below
 * the current folder.  May raise. */
void ps_state_prepare(lua_State *L, const char *library);

/* Push a field of poolsleuth.cli.  May raise. */
void ps_state_push_cli(lua_State *L, const char *field);

#endif
