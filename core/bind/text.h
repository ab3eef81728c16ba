/* text.h - what the files that bind texts share. */
#ifndef PS_BIND_TEXT_H
#define PS_BIND_TEXT_H

#include "bind/bind.h"

typedef struct ps_text_box {
    ps_text *text;     /* NULL once closed */
    ps_source *source; /* NULL unless it is being read */
} ps_text_box;

/* A Text that Lua owns; it is given its text afterwards. */
ps_text_box *ps_push_text_box(lua_State *L);

/* What was found, as a table that keeps the Text at stack index owner alive. */
void ps_push_found(lua_State *L, const ps_text *text, int owner);

int ps_text_lua_ahead(lua_State *L);
void ps_register_ahead(lua_State *L);

#endif
