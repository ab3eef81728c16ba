/* fuzz_lua.c - a program of calls to the Lua modules: each byte chooses what is pushed or called, so that
 * every function meets wrong types, negative counts, greatest integers and objects that are closed.  An
 * error of Lua is an answer; a crash, a leak and a report of a sanitiser are not.  With a first byte of
 * 255 the rest is what the driver index keeps. */
#include "bind/bind.h"
#include "bind/pack.h"
#include "no_waiting.h"

#include <dirent.h>
#include <float.h>
#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FUNCTIONS = 128, OBJECTS = 16, MOST_CALLS = 64, MOST_VALUES = 8, TEXT = 200, DEPTH = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/poolsleuth-fuzz-lua-XXXXXX";

typedef struct program {
    const uint8_t *data;
    size_t left;
} program;

static uint8_t byte(program *p)
{
    if (p->left == 0)
        return 0;
    p->left--;
    return *p->data++;
}

/* Modules that end, wait for or start processes are not called. */
static bool is_skipped(const char *module, const char *name)
{
    return strcmp(module, "poolsleuth.isolate") == 0 || strcmp(module, "poolsleuth.line") == 0 ||
           strcmp(name, "catch_interrupt") == 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static const lua_Integer integers[] = {
    0,         1,          -1,         2,         7,         64,         65536,       INT32_MAX,
    INT32_MIN, UINT32_MAX, 4294967296, INT64_MAX, INT64_MIN, 1790000000, -1790000000, 4096};
static const double numbers[] = {0.5, -0.0, DBL_MAX, DBL_MIN, 1e18, -1e18, 9.3e18, 1e300};
static const char *const names[] = {
    "",
    "LkaL",
    "nonpaged",
    "paged",
    "rows",
    "tag",
    "pool",
    "bytes",
    "diff",
    "allocs",
    "frees",
    "time",
    "host",
    "origin",
    "memory",
    "limit",
    "threads",
    "detail",
    "trust",
    "now",
    "start",
    "length",
    "step",
    "every",
    "from",
    "to",
    "name",
    "path",
    "version",
    "physical",
    "SRV1",
    "session",
    "all",
    "total",
    "values",
    "times",
    "leak",
    "correction",
    "hamed-rao",
    "csv",
    "jsonl",
    "select 1",
    "select * from pool_sample",
    "size",
    "pid",
    "handles",
    "progress",
    "note",
    "tags",
    "scope",
    "per_alloc",
    "flags",
    "MZ",
    "history.db",
    "index.db",
    "a.txt",
};

static void push_text(lua_State *L, program *p)
{
    char text[TEXT];
    const size_t length = byte(p) % TEXT;

    for (size_t i = 0; i < length; i++) {
        text[i] = (char)byte(p);
        if (text[i] == '/') /* no file but those of the folder */
            text[i] = '_';
    }
    lua_pushlstring(L, text, length);
}

static const char poolmon[] =
    " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n\n"
    " LkaL Nonp     120000 (   0)         8 (   0)   119992 30717952 (     0)    256\n";

static int answer(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

static void push_plain(lua_State *L, program *p)
{
    switch (byte(p) % 9) {
    case 0:
        lua_pushnil(L);
        break;
    case 1:
        lua_pushboolean(L, byte(p) & 1);
        break;
    case 2:
        lua_pushinteger(L, integers[byte(p) % (sizeof integers / sizeof *integers)]);
        break;
    case 3:
        lua_pushinteger(L, (lua_Integer)byte(p) - 16);
        break;
    case 4:
        lua_pushnumber(L, numbers[byte(p) % 8]);
        break;
    case 5:
        lua_pushnumber(L, byte(p) % 2 == 0 ? (lua_Number)NAN : (lua_Number)INFINITY);
        break;
    case 6:
        push_text(L, p);
        break;
    case 7:
        lua_pushcfunction(L, answer);
        break;
    default:
        lua_pushstring(L, names[byte(p) % (sizeof names / sizeof *names)]);
    }
}

/* An object that a call gave, at stack index 2. */
static void push_object(lua_State *L, program *p) { lua_rawgeti(L, 2, 1 + byte(p) % OBJECTS); }

/* Tables in tables, of names and of places, without recursion: what is begun last is filled first. */
static void push_table(lua_State *L, program *p)
{
    int open = 1;

    lua_newtable(L);
    for (int n = byte(p) % 24; n > 0; n--) {
        const uint8_t what = byte(p);
        if (what % 8 == 7 && open < DEPTH) {
            lua_newtable(L);
            open++;
            continue;
        }
        if (what % 8 == 6 && open > 1) {
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
            open--;
            continue;
        }
        if (what % 8 == 5)
            push_object(L, p);
        else
            push_plain(L, p);
        if (what % 2 == 0)
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        else
            lua_setfield(L, -2, names[byte(p) % (sizeof names / sizeof *names)]);
    }
    while (open-- > 1)
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* A list of so many numbers, as statistics take them. */
static void push_numbers(lua_State *L, program *p)
{
    const int count = byte(p) % 80;
    const uint8_t way = byte(p);

    lua_newtable(L);
    for (int i = 1; i <= count; i++) {
        if (way % 4 == 0)
            lua_pushinteger(L, (lua_Integer)i * 3600);
        else if (way % 4 == 1)
            lua_pushnumber(L, (double)byte(p) * 1e6);
        else
            push_plain(L, p);
        lua_rawseti(L, -2, i);
    }
}

static void push_value(lua_State *L, program *p)
{
    switch (byte(p) % 8) {
    case 0:
    case 1:
        push_object(L, p);
        break;
    case 2:
        push_table(L, p);
        break;
    case 3:
        push_numbers(L, p);
        break;
    case 4:
        lua_pushstring(L, poolmon);
        break;
    default:
        push_plain(L, p);
    }
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Keep userdata, and those in the first places of a table. */
static void keep(lua_State *L, program *p, int index)
{
    if (lua_isuserdata(L, index) || lua_istable(L, index)) {
        lua_pushvalue(L, index);
        lua_rawseti(L, 2, 1 + byte(p) % OBJECTS);
    }
    if (!lua_istable(L, index))
        return;
    lua_getfield(L, index, "snapshots");
    if (lua_istable(L, -1)) {
        lua_rawgeti(L, -1, 1);
        lua_rawseti(L, 2, 1 + byte(p) % OBJECTS);
    }
    lua_pop(L, 1);
}

/* Push a function of a module, or a method of an object with the object behind it. */
static int push_function(lua_State *L, program *p)
{
    const uint8_t which = byte(p);

    if (which < 0x60) {
        lua_rawgeti(L, 1, 1 + (which * 7 + byte(p)) % (lua_Integer)lua_rawlen(L, 1));
        return 0;
    }
    push_object(L, p);
    if (!lua_isuserdata(L, -1) || luaL_getmetafield(L, -1, "__methods") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawgeti(L, 1, 1 + which % (lua_Integer)lua_rawlen(L, 1));
        return 0;
    }
    lua_rawgeti(L, -1, 1 + byte(p) % (lua_Integer)lua_rawlen(L, -1));
    lua_replace(L, -2);
    lua_insert(L, -2);
    return 1;
}

static void call(lua_State *L, program *p)
{
    const int base = lua_gettop(L);
    int count;

    luaL_checkstack(L, 64, NULL);
    count = push_function(L, p);
    for (int n = byte(p) % MOST_VALUES; n > 0; n--, count++)
        push_value(L, p);
    if (lua_pcall(L, count, 3, 0) == LUA_OK)
        keep(L, p, base + 1);
    lua_settop(L, base);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The functions of the table on top, as a list instead of it, in the order of their names, so that an
 * input means the same each time. */
static void list_functions(lua_State *L, const char *module)
{
    const char *found[FUNCTIONS];
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        if (lua_isfunction(L, -1) && lua_type(L, -2) == LUA_TSTRING && count < FUNCTIONS &&
            !is_skipped(module, lua_tostring(L, -2)))
            found[count++] = lua_tostring(L, -2);
    qsort(found, count, sizeof *found, compare_names);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, -2, found[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
}

/* Functions of modules are in the list at index 1. */
static void add_module(lua_State *L, const luaL_Reg *module)
{
    luaL_requiref(L, module->name, module->func, 0);
    list_functions(L, module->name);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 3); i++) {
        lua_rawgeti(L, 3, i);
        lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    }
    lua_settop(L, 2);
}

/* Methods of a class are under __methods of its metatable. */
static void list_methods(lua_State *L)
{
    lua_getfield(L, -1, "__index");
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    list_functions(L, "");
    if (lua_rawlen(L, -1) > 0)
        lua_setfield(L, -2, "__methods");
    else
        lua_pop(L, 1);
}

static void list_classes(lua_State *L)
{
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    for (lua_pushnil(L); lua_next(L, 3) != 0; lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING && lua_istable(L, -1) &&
            strncmp(lua_tostring(L, -2), "poolsleuth.", 11) == 0)
            list_methods(L);
    lua_settop(L, 2);
}

static void run(lua_State *L, program *p)
{
    lua_newtable(L);
    lua_newtable(L);
    for (const luaL_Reg *module = ps_lua_modules; module->name != NULL; module++)
        add_module(L, module);
    list_classes(L);
    for (int n = 0; n < MOST_CALLS && p->left > 0; n++)
        call(L, p);
}

static void unpack(lua_State *L, const uint8_t *data, size_t size)
{
    const int before = lua_gettop(L);
    ps_pack again = {0};

    if (!ps_unpack_value(L, data, size)) {
        if (lua_gettop(L) != before)
            abort();
        return;
    }
    ps_pack_value(L, -1, &again);
    ps_pack_free(&again);
}

/* Of the folder that we are in. */
static void forget_files(void)
{
    DIR *here = opendir(".");
    const struct dirent *entry;

    while (here != NULL && (entry = readdir(here)) != NULL)
        if (entry->d_name[0] != '.' || entry->d_name[1] != '\0')
            (void)unlink(entry->d_name);
    if (here != NULL)
        (void)closedir(here);
}

static void leave(void) { (void)rmdir(folder); }

/* Files that calls name are made in a folder of their own. */
static bool enter(void)
{
    static bool entered;

    if (!entered) {
        entered = mkdtemp(folder) != NULL;
        (void)atexit(leave);
    }
    return entered;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    program p = {data, size};
    char before[4096];
    lua_State *L;

    if (size < 2 || !enter() || getcwd(before, sizeof before) == NULL || chdir(folder) != 0)
        return 0;
    L = luaL_newstate();
    if (L == NULL)
        return 0;
    luaL_openlibs(L);
    if (data[0] == 255)
        unpack(L, data + 1, size - 1);
    else
        run(L, &p);
    lua_close(L);
    forget_files();
    if (chdir(before) != 0)
        abort();
    return 0;
}
