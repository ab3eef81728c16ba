/* statistics.h - judgements and thresholds as Lua tables. */
#ifndef PS_BIND_STATISTICS_H
#define PS_BIND_STATISTICS_H

#include "bind/bind.h"

/* Push a table with every number of the judgement. */
void ps_push_judgement(lua_State *L, const ps_judgement *judgement);

void ps_push_kendall(lua_State *L, const ps_kendall *kendall);
void ps_push_sen(lua_State *L, const ps_sen *sen);
void ps_push_ols(lua_State *L, const ps_ols *line);
void ps_push_minima(lua_State *L, const ps_minima *minima);

/* A number from the table at index options, which may be nil. */
double ps_number_option(lua_State *L, int options, const char *name, double otherwise);

/* The function `online` of the module. */
int ps_statistics_online(lua_State *L);

/* The default thresholds, with those of the table at index in their place; nil is allowed. */
ps_thresholds ps_check_thresholds(lua_State *L, int index);

#endif
