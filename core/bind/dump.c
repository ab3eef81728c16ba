/***
Dumps and images of memory.
@module poolsleuth.dump
*/
#include "bind/dump.h"

#include <stdlib.h>

#define DUMP_CLASS PS_DUMP_CLASS

enum { READ_LIMIT = 64 << 20 };

typedef struct box {
    ps_dump *dump; /* NULL once closed */
} box;

typedef struct snapshot_box {
    ps_snapshot *snapshot;
} snapshot_box;

#define SNAPSHOT_CLASS "poolsleuth.Dump.snapshot"

static int dump_close(lua_State *L)
{
    box *b = luaL_checkudata(L, 1, DUMP_CLASS);

    ps_dump_close(b->dump);
    b->dump = NULL;
    return 0;
}

static int snapshot_close(lua_State *L)
{
    snapshot_box *b = luaL_checkudata(L, 1, SNAPSHOT_CLASS);

    ps_snapshot_close(b->snapshot);
    b->snapshot = NULL;
    return 0;
}

static ps_dump *check_dump(lua_State *L)
{
    const box *b = luaL_checkudata(L, 1, DUMP_CLASS);

    luaL_argcheck(L, b->dump != NULL, 1, "the dump is closed");
    return b->dump;
}

ps_dump *ps_check_dump(lua_State *L) { return check_dump(L); }

/***
Open a dump or an image of memory, detected by content.
@function open
@tparam string path
@tparam[opt] table options `companion`: VMware's other file; `progress`: a function of (done, total)
  while an image is searched for its kernel, whose false cancels; `limits`: numbers by name, as of
  `ps_limits` in poolsleuth.h, of all that is read of the dump
@treturn[1] Dump
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=, offset=}`
*/
static int open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    ps_dump_options options = {0};
    ps_lua_progress progress = {0};
    ps_limits own;
    const ps_limits *limits;
    ps_error err;
    bool done;
    box *b;

    lua_settop(L, 2);
    limits = ps_check_limits(L, 2, &own);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "companion");
        options.companion = luaL_optstring(L, -1, NULL);
        options.progress = ps_check_progress(L, 2, &progress);
    }
    b = lua_newuserdatauv(L, sizeof *b, 0);
    b->dump = NULL;
    luaL_setmetatable(L, DUMP_CLASS);
    done = ps_dump_open_within(&b->dump, path, &options, limits, &err);
    ps_progress_rethrow(&progress);
    return done ? 1 : ps_push_error(L, &err);
}

static void set_header(lua_State *L, const ps_dump_facts *facts)
{
    if (facts->has_header)
        ps_set_uint(L, "type", facts->dump_type);
    ps_set_uint(L, "build", facts->build);
    ps_set_bool(L, "checked_build", facts->checked_build);
    ps_set_text(L, "machine", facts->machine_name);
    ps_set_uint(L, "processors", facts->processors);
    ps_set_bool(L, "pae", facts->pae);
    ps_set_uint(L, "table_base", facts->table_base);
    ps_set_uint(L, "debugger_data", facts->debugger_data);
    ps_set_uint(L, "loaded_modules", facts->loaded_modules);
    ps_set_uint(L, "process_list", facts->processes);
    ps_set_uint(L, "product", facts->product);
    ps_set_text(L, "comment", facts->comment);
    if (facts->has_time)
        ps_set_int(L, "time", facts->time);
    if (facts->has_uptime)
        ps_set_uint(L, "uptime_s", facts->uptime_s);
    if (facts->has_expected_size)
        ps_set_uint(L, "expected_size", facts->expected_size);
    if (facts->has_attributes)
        ps_set_uint(L, "attributes", facts->attributes);
}

static void set_bugcheck(lua_State *L, const ps_dump_facts *facts)
{
    if (!facts->has_bugcheck)
        return;
    lua_createtable(L, 0, 3);
    ps_set_uint(L, "code", facts->bugcheck);
    ps_set_text(L, "name", facts->bugcheck_name);
    lua_createtable(L, 4, 0);
    for (int i = 0; i < 4; i++) {
        lua_pushinteger(L, (lua_Integer)facts->bugcheck_parameters[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "parameters");
    lua_setfield(L, -2, "bugcheck");
}

static void set_symbols(lua_State *L, const ps_dump *dump)
{
    const ps_dump_symbols symbols = ps_dump_get_symbols(dump);

    if (symbols.guid[0] == '\0')
        return;
    lua_createtable(L, 0, 4);
    ps_set_text(L, "name", symbols.name);
    ps_set_text(L, "guid", symbols.guid);
    ps_set_uint(L, "age", symbols.age);
    ps_set_bool(L, "loaded", symbols.loaded);
    lua_setfield(L, -2, "symbols");
}

/***
What the dump is and what its header says.
@function Dump:facts
@treturn table `container`, `bits`, `file_size`, `present_pages`, `announced_pages`; of a Windows
  dump (`type`) and of a kernel that was found without a header `build`, `machine`, `processors`, `time`, `uptime_s`, `bugcheck` ({code, name,
  parameters}) and more; `symbols` ({name, guid, age, loaded}) of the kernel where they are known
*/
static int facts(lua_State *L)
{
    const ps_dump *dump = check_dump(L);
    const ps_dump_facts *f = ps_dump_get_facts(dump);

    lua_createtable(L, 0, 24);
    ps_set_text(L, "container", ps_container_name(f->container));
    if (f->bits != 0)
        ps_set_uint(L, "bits", f->bits);
    ps_set_uint(L, "file_size", f->file_size);
    ps_set_uint(L, "present_pages", f->present_pages);
    ps_set_uint(L, "announced_pages", f->announced_pages);
    if (f->has_header || f->has_kernel)
        set_header(L, f);
    set_bugcheck(L, f);
    set_symbols(L, dump);
    return 1;
}

/***
What is odd about the dump, so far.
@function Dump:problems
@treturn {table,...} `{severity=, offset=, reason=}` each
*/
static int problems(lua_State *L)
{
    const ps_dump *dump = check_dump(L);

    lua_newtable(L);
    for (size_t i = 0; i < ps_dump_problem_count(dump); i++) {
        ps_push_problem(L, ps_dump_problem_at(dump, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static void push_module(lua_State *L, const ps_dump_module *module)
{
    lua_createtable(L, 0, 8);
    ps_set_text(L, "name", module->name);
    ps_set_text(L, "path", module->path);
    ps_set_uint(L, "base", module->base);
    ps_set_uint(L, "size", module->size);
    if (module->timestamp != 0)
        ps_set_uint(L, "timestamp", module->timestamp);
    if (module->checksum != 0)
        ps_set_uint(L, "checksum", module->checksum);
    ps_set_bool(L, "unloaded", module->unloaded);
    if (module->unloaded_time != PS_NO_TIME)
        ps_set_int(L, "unloaded_time", module->unloaded_time);
}

/***
Loaded modules in their order, then unloaded ones.
@function Dump:modules
@treturn {table,...} `{name=, path=, base=, size=, timestamp=, checksum=, unloaded=}` each
*/
static int modules(lua_State *L)
{
    const ps_dump *dump = check_dump(L);
    const size_t count = ps_dump_module_count(dump);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_module(L, ps_dump_module_at(dump, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

typedef ps_read_status (*reader)(ps_dump *dump, uint64_t address, void *buffer, size_t size,
                                 size_t *got);

/* The bytes that could be read, then nil or why there are no more. */
static int read_with(lua_State *L, reader read)
{
    ps_dump *dump = check_dump(L);
    const uint64_t address = (uint64_t)luaL_checkinteger(L, 2);
    const lua_Integer size = luaL_checkinteger(L, 3);
    luaL_Buffer buffer;
    ps_read_status status;
    size_t got = 0;

    luaL_argcheck(L, size >= 0 && size <= READ_LIMIT, 3, "no such size");
    status = read(dump, address, luaL_buffinitsize(L, &buffer, (size_t)size), (size_t)size, &got);
    luaL_pushresultsize(&buffer, got);
    if (status == PS_READ_OK)
        return 1;
    lua_pushstring(L, ps_read_status_text(status));
    return 2;
}

/***
Virtual memory of the kernel.
@function Dump:read
@tparam int address 32-bit addresses may be sign-extended or not
@tparam int size at most 64 MiB
@treturn string what could be read: all of it, or less
@treturn ?string why the rest could not: "not in the dump", "paged out", …
*/
static int read_virtual(lua_State *L) { return read_with(L, ps_dump_read); }

/***
Physical memory.
@function Dump:read_physical
@tparam int address
@tparam int size
@treturn string what could be read
@treturn ?string why the rest could not
*/
static int read_physical(lua_State *L) { return read_with(L, ps_dump_read_physical); }

/***
The address of a symbol of the kernel, by its PDB or its exports.
@function Dump:symbol
@tparam string name
@treturn ?int
*/
static int symbol(lua_State *L)
{
    ps_dump *dump = check_dump(L);
    uint64_t address;

    if (ps_dump_symbol(dump, luaL_checkstring(L, 2), &address))
        lua_pushinteger(L, (lua_Integer)address);
    else
        lua_pushnil(L);
    return 1;
}

/***
Take a file for the PDB that the kernel wants.
@function Dump:use_pdb
@tparam string path
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int use_pdb(lua_State *L)
{
    ps_error err;

    if (!ps_dump_use_pdb(check_dump(L), luaL_checkstring(L, 2), &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
The pool of the dump: a row for each tag and pool, and the totals that it has.  What is missing
becomes a problem of the dump.
@function Dump:snapshot
@treturn[1] Snapshot
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int snapshot(lua_State *L)
{
    ps_dump *dump = check_dump(L);
    snapshot_box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    b->snapshot = NULL;
    luaL_setmetatable(L, SNAPSHOT_CLASS);
    if (!ps_dump_snapshot(dump, &b->snapshot, &err))
        return ps_push_error(L, &err);
    ps_push_snapshot(L, b->snapshot, lua_gettop(L));
    return 1;
}

int luaopen_poolsleuth_dump(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"facts", facts},       {"problems", problems},           {"modules", modules},
        {"read", read_virtual}, {"read_physical", read_physical}, {"symbol", symbol},
        {"use_pdb", use_pdb},   {"snapshot", snapshot},           {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", open}, {NULL, NULL}};

    ps_new_class(L, DUMP_CLASS, methods, dump_close);
    ps_add_dump_queries(L);
    ps_add_dump_lists(L);
    ps_add_dump_blocks(L);
    ps_new_class(L, SNAPSHOT_CLASS, none, snapshot_close);
    luaL_newlib(L, functions);
    return 1;
}
