/***
Dumps: what a debugger asks of them.
@submodule poolsleuth.dump
*/
#include "bind/dump.h"

#include <string.h>

static uint64_t check_address(lua_State *L, int index)
{
    return (uint64_t)luaL_checkinteger(L, index);
}

static void push_address(lua_State *L, uint64_t address)
{
    lua_pushinteger(L, (lua_Integer)address);
}

/***
How an address is translated.
@function Dump:translate
@tparam int address
@treturn table `physical`, `page_size`, `held` (the page is in the file), `transition`, `prototype`,
  `entries` ({address, value} each, the topmost table's first)
@treturn ?string why it ends nowhere
*/
static int translate(lua_State *L)
{
    ps_dump_translation to;
    const ps_read_status status = ps_dump_translate(ps_check_dump(L), check_address(L, 2), &to);

    lua_createtable(L, 0, 6);
    lua_createtable(L, (int)to.count, 0);
    for (unsigned i = 0; i < to.count; i++) {
        lua_createtable(L, 0, 2);
        ps_set_uint(L, "address", to.entries[i].address);
        ps_set_uint(L, "value", to.entries[i].value);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "entries");
    ps_set_bool(L, "held", to.held);
    ps_set_bool(L, "transition", to.transition);
    ps_set_bool(L, "prototype", to.prototype);
    if (status == PS_READ_OK) {
        ps_set_uint(L, "physical", to.physical);
        ps_set_uint(L, "page_size", to.page_size);
        return 1;
    }
    lua_pushstring(L, ps_read_status_text(status));
    return 2;
}

static void push_directories(lua_State *L, const ps_dump_image *image)
{
    lua_createtable(L, PS_DUMP_DIRECTORIES, 0);
    for (int i = 0; i < PS_DUMP_DIRECTORIES; i++) {
        lua_createtable(L, 0, 2);
        ps_set_uint(L, "rva", image->directories[i].rva);
        ps_set_uint(L, "size", image->directories[i].size);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "directories");
}

static void push_sections(lua_State *L, const ps_dump_image *image)
{
    lua_createtable(L, (int)image->section_count, 0);
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_dump_section *section = &image->sections[i];
        lua_createtable(L, 0, 4);
        ps_set_text(L, "name", section->name);
        ps_set_uint(L, "rva", section->rva);
        ps_set_uint(L, "size", section->size);
        ps_set_uint(L, "flags", section->flags);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "sections");
}

/***
The headers of a module as they lie in memory.
@function Dump:image
@tparam int base
@treturn[1] table `machine`, `wide`, `timestamp`, `checksum`, `image_size`, `entry_rva`,
  `directories` ({rva, size} of all 16), `sections` ({name, rva, size, flags}), `pdb` ({name, guid, age})
@treturn[2] nil
@treturn[2] string why they cannot be read
*/
static int image(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    ps_dump_image *found = lua_newuserdatauv(L, sizeof *found, 0);
    const ps_read_status status = ps_dump_get_image(dump, check_address(L, 2), found);

    if (status != PS_READ_OK) {
        lua_pushnil(L);
        lua_pushstring(L, ps_read_status_text(status));
        return 2;
    }
    lua_createtable(L, 0, 10);
    ps_set_uint(L, "machine", found->machine);
    ps_set_bool(L, "wide", found->wide);
    ps_set_uint(L, "timestamp", found->timestamp);
    ps_set_uint(L, "checksum", found->checksum);
    ps_set_uint(L, "image_size", found->image_size);
    ps_set_uint(L, "entry_rva", found->entry_rva);
    push_directories(L, found);
    push_sections(L, found);
    if (found->pdb_guid[0] != '\0') {
        lua_createtable(L, 0, 3);
        ps_set_text(L, "name", found->pdb_name);
        ps_set_text(L, "guid", found->pdb_guid);
        ps_set_uint(L, "age", found->pdb_age);
        lua_setfield(L, -2, "pdb");
    }
    return 1;
}

/***
What a loaded module exports by name.
@function Dump:exports
@tparam int index of the module in @{Dump:modules}
@treturn[1] {table,...} `{name=, address=, ordinal=, forwarded=}` each, in the order of addresses
@treturn[1] ?string why they are not whole
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int exports(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    const lua_Integer index = luaL_checkinteger(L, 2);
    const ps_dump_export *items;
    ps_read_status status;
    size_t count;
    ps_error err;

    luaL_argcheck(L, index >= 1, 2, "modules count from 1");
    if (!ps_dump_exports(dump, (size_t)index - 1, &items, &count, &status, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 4);
        ps_set_text(L, "name", items[i].name);
        ps_set_uint(L, "address", items[i].address);
        ps_set_uint(L, "ordinal", items[i].ordinal);
        ps_set_bool(L, "forwarded", items[i].forwarded);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (status == PS_READ_OK)
        return 1;
    lua_pushstring(L, ps_read_status_text(status));
    return 2;
}

/***
The public symbols of the kernel's PDB.
@function Dump:publics
@treturn {table,...} `{name=, address=}` each, in the order of addresses; none without a PDB
*/
static int publics(lua_State *L)
{
    const ps_dump *dump = ps_check_dump(L);
    const char *name;
    uint64_t address;

    lua_newtable(L);
    for (size_t i = 0; ps_dump_public_at(dump, i, &name, &address); i++) {
        lua_createtable(L, 0, 2);
        ps_set_text(L, "name", name);
        ps_set_uint(L, "address", address);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
The module of an address, and the symbol at or before it there.
@function Dump:near
@tparam int address
@treturn ?string the module's name; nil where no module holds the address
@treturn ?int its base
@treturn ?string the symbol
@treturn ?int the symbol's address
*/
static int near(lua_State *L)
{
    ps_dump_name name;
    ps_error err;

    if (!ps_dump_near(ps_check_dump(L), check_address(L, 2), &name, &err))
        return luaL_error(L, "%s", err.text);
    if (name.module == NULL)
        return 0;
    lua_pushstring(L, name.module->name);
    push_address(L, name.module->base);
    if (name.name == NULL)
        return 2;
    lua_pushstring(L, name.name);
    push_address(L, name.address);
    return 4;
}

/* --- imports --------------------------------------------------------------------------------- */

typedef struct imports_box {
    ps_dump_imports *imports;
} imports_box;

#define IMPORTS_CLASS "poolsleuth.Dump.imports"

static int imports_close(lua_State *L)
{
    imports_box *b = luaL_checkudata(L, 1, IMPORTS_CLASS);

    ps_dump_imports_close(b->imports);
    b->imports = NULL;
    return 0;
}

static void push_imports(lua_State *L, const ps_dump_imports *found)
{
    static const char *const sources[] = {"descriptors", "table", "scan"};
    const size_t count = ps_dump_imports_count(found);
    ps_read_status missing;

    lua_createtable(L, (int)count, 2);
    for (size_t i = 0; i < count; i++) {
        const ps_dump_import *item = ps_dump_imports_at(found, i);
        lua_createtable(L, 0, 6);
        ps_set_text(L, "dll", item->dll);
        ps_set_text(L, "name", item->name);
        if (item->name == NULL && item->ordinal != 0)
            ps_set_uint(L, "ordinal", item->ordinal);
        ps_set_uint(L, "slot", item->slot);
        if (item->status == PS_READ_OK)
            ps_set_uint(L, "target", item->target);
        else
            ps_set_text(L, "missing", ps_read_status_text(item->status));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    ps_set_text(L, "source", sources[ps_dump_imports_source(found, &missing)]);
    if (missing != PS_READ_OK)
        ps_set_text(L, "missing", ps_read_status_text(missing));
}

/***
The imports of a module, which need not be on any disk.
@function Dump:imports
@tparam int base of the module
@treturn[1] {table,...} `{dll=, name=, ordinal=, slot=, target=}` each, `name` nil where unknown; and
  `source`: "descriptors", "table" (the import address table alone) or "scan"; `missing`: why part of
  the tables could not be read
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int imports(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    const uint64_t base = check_address(L, 2);
    imports_box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    b->imports = NULL;
    luaL_setmetatable(L, IMPORTS_CLASS);
    if (!ps_dump_imports_open(&b->imports, dump, base, &err))
        return ps_push_error(L, &err);
    push_imports(L, b->imports);
    ps_dump_imports_close(b->imports);
    b->imports = NULL;
    return 1;
}

/* --- files ----------------------------------------------------------------------------------- */

typedef struct file_box {
    ps_dump_file file;
} file_box;

#define FILE_CLASS "poolsleuth.Dump.file"

static int file_close(lua_State *L)
{
    file_box *b = luaL_checkudata(L, 1, FILE_CLASS);

    ps_dump_file_close(&b->file);
    return 0;
}

/***
A module of memory as a file that a reader of drivers takes.
@function Dump:module_file
@tparam int base of the module
@treturn[1] string the file
@treturn[1] table `missing_pages` (zeros in it), `missing` (why), `discarded_pages` (zeros that the
  driver gave back once it ran), `rebuilt_imports`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int module_file(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    const uint64_t base = check_address(L, 2);
    file_box *b = lua_newuserdatauv(L, sizeof *b, 0);
    ps_error err;

    memset(b, 0, sizeof *b);
    luaL_setmetatable(L, FILE_CLASS);
    if (!ps_dump_file_open(dump, base, &b->file, &err))
        return ps_push_error(L, &err);
    lua_pushlstring(L, (const char *)b->file.bytes, b->file.size);
    lua_createtable(L, 0, 4);
    ps_set_uint(L, "missing_pages", b->file.missing_pages);
    ps_set_uint(L, "discarded_pages", b->file.discarded_pages);
    ps_set_uint(L, "rebuilt_imports", b->file.rebuilt_imports);
    if (b->file.missing_pages + b->file.discarded_pages > 0)
        ps_set_text(L, "missing", ps_read_status_text(b->file.missing_status));
    ps_dump_file_close(&b->file);
    return 2;
}

/* --- search ---------------------------------------------------------------------------------- */

typedef struct found_box {
    ps_dump_found found;
} found_box;

#define FOUND_CLASS "poolsleuth.Dump.found"

static int found_close(lua_State *L)
{
    found_box *b = luaL_checkudata(L, 1, FOUND_CLASS);

    ps_dump_found_free(&b->found);
    return 0;
}

static lua_Integer option(lua_State *L, int index, const char *name, lua_Integer otherwise)
{
    lua_Integer value;

    lua_getfield(L, index, name);
    value = luaL_optinteger(L, -1, otherwise);
    lua_pop(L, 1);
    return value;
}

static void push_found(lua_State *L, const ps_dump_found *found)
{
    lua_createtable(L, (int)found->count, 4);
    for (size_t i = 0; i < found->count; i++) {
        push_address(L, found->addresses[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    ps_set_bool(L, "more", found->more);
    ps_set_bool(L, "stopped", found->stopped);
    ps_set_uint(L, "searched", found->searched);
    ps_set_uint(L, "missing", found->missing);
    if (found->missing > 0)
        ps_set_text(L, "missing_why", ps_read_status_text(found->missing_status));
}

/***
Search memory.
@function Dump:search
@tparam string pattern at most 256 bytes
@tparam table options `physical` (boolean), `start` (0), `length` (all), `step` (1: hits lie at
  multiples of it behind start), `limit` (10,000), `threads`, `progress` (function of done and total)
@treturn[1] {int,...} addresses; and `more`, `stopped`, `searched` and `missing` (bytes), `missing_why`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int search(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    ps_dump_query query = {0};
    ps_lua_progress state;
    ps_progress progress;
    ps_error err;
    found_box *b;
    bool done;

    query.pattern = luaL_checklstring(L, 2, &query.size);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_getfield(L, 3, "physical");
    query.physical = lua_toboolean(L, -1);
    query.start = (uint64_t)option(L, 3, "start", 0);
    query.length = (uint64_t)option(L, 3, "length", -1);
    query.step = (size_t)option(L, 3, "step", 1);
    query.limit = (size_t)option(L, 3, "limit", 0);
    query.threads = (unsigned)option(L, 3, "threads", 0);
    b = lua_newuserdatauv(L, sizeof *b, 0);
    memset(b, 0, sizeof *b);
    luaL_setmetatable(L, FOUND_CLASS);
    progress = ps_check_progress(L, 3, &state);
    query.progress = &progress;
    done = ps_dump_search(dump, &query, &b->found, &err);
    ps_progress_rethrow(&state);
    if (!done)
        return ps_push_error(L, &err);
    push_found(L, &b->found);
    ps_dump_found_free(&b->found);
    return 1;
}

void ps_add_dump_queries(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"translate", translate},     {"image", image},   {"exports", exports},
        {"publics", publics},         {"near", near},     {"imports", imports},
        {"module_file", module_file}, {"search", search}, {NULL, NULL}};

    luaL_getmetatable(L, PS_DUMP_CLASS);
    lua_getfield(L, -1, "__index");
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 2);
    ps_new_class(L, IMPORTS_CLASS, none, imports_close);
    ps_new_class(L, FILE_CLASS, none, file_close);
    ps_new_class(L, FOUND_CLASS, none, found_close);
}
