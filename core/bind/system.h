/* system.h - what the files of the module poolsleuth.system share. */
#ifndef PS_BIND_SYSTEM_H
#define PS_BIND_SYSTEM_H

#include "bind/bind.h"

int ps_lua_write_file(lua_State *L);
int ps_lua_open_beside(lua_State *L);

#endif
