/* dump.h - what the files that bind dumps share. */
#ifndef PS_BIND_DUMP_H
#define PS_BIND_DUMP_H

#include "bind/bind.h"

#define PS_DUMP_CLASS "poolsleuth.Dump"

/* The open dump that is the first argument. */
ps_dump *ps_check_dump(lua_State *L);
/* Give the class the methods that a debugger's words are made of. */
void ps_add_dump_queries(lua_State *L);
/* Give it those that read what the kernel keeps of its pool. */
void ps_add_dump_lists(lua_State *L);
/* Give it those that walk the pool's pages. */
void ps_add_dump_blocks(lua_State *L);

#endif
