/* module.c - the list of C modules, and the root that `require "poolsleuth"` gives. */
#include "bind/bind.h"

const luaL_Reg ps_lua_modules[] = {
    {"poolsleuth", luaopen_poolsleuth},
    {"poolsleuth.pool", luaopen_poolsleuth_pool},
    {"poolsleuth.text", luaopen_poolsleuth_text},
    {"poolsleuth.pe", luaopen_poolsleuth_pe},
    {"poolsleuth.system", luaopen_poolsleuth_system},
    {"poolsleuth.dump", luaopen_poolsleuth_dump},
    {"poolsleuth.line", luaopen_poolsleuth_line},
    {"poolsleuth.statistics", luaopen_poolsleuth_statistics},
    {"poolsleuth.isolate", luaopen_poolsleuth_isolate},
    {"poolsleuth.folder", luaopen_poolsleuth_folder},
    {"poolsleuth.driver_index", luaopen_poolsleuth_driver_index},
    {"poolsleuth.store", luaopen_poolsleuth_store},
    {NULL, NULL},
};

/***
The root of the library: its version.  The parts are modules of their own.
@module poolsleuth
@field VERSION for example "0.1.0"
*/
int luaopen_poolsleuth(lua_State *L)
{
    lua_createtable(L, 0, 1);
    ps_set_text(L, "VERSION", PS_VERSION);
    return 1;
}
