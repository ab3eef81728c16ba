/* statistics.h - judgements and thresholds as Lua tables. */
#ifndef PS_BIND_STATISTICS_H
#define PS_BIND_STATISTICS_H

#include "bind/bind.h"

/* Push a table with every number of the judgement. */
void ps_push_judgement(lua_State *L, const ps_judgement *judgement);

/* The default thresholds, with those of the table at index in their place; nil is allowed. */
ps_thresholds ps_check_thresholds(lua_State *L, int index);

#endif
