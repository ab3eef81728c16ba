/***
The pool model: snapshots, what changed between two of them, how tags moved over a series.
@module poolsleuth.pool
*/
#include "bind/pool.h"

int luaopen_poolsleuth_pool(lua_State *L)
{
    static const luaL_Reg functions[] = {{"snapshot", ps_pool_snapshot},
                                         {"diff", ps_pool_diff},
                                         {"trend", ps_pool_trend},
                                         {NULL, NULL}};

    ps_register_snapshot(L);
    ps_register_trend(L);
    ps_register_own_snapshot(L);
    luaL_newlib(L, functions);
    return 1;
}
