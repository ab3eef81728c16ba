/***
Drivers as Lua tables.
@module poolsleuth.pe
*/
#include "bind/bind.h"

#include <stdio.h>
#include <string.h>

/* What a call works on; closed by the collector when an error ends the call. */
typedef struct handle {
    ps_driver *driver;
    ps_scan *scan;
} handle;

static const char handle_class[] = "poolsleuth.pe.handle";

static int close_handle(lua_State *L)
{
    handle *h = luaL_checkudata(L, 1, handle_class);

    ps_driver_close(h->driver);
    ps_scan_close(h->scan);
    *h = (handle){0};
    return 0;
}

static handle *new_handle(lua_State *L)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);

    *h = (handle){0};
    luaL_setmetatable(L, handle_class);
    return h;
}

static void set_version(lua_State *L, const char *key, const uint16_t v[4])
{
    char text[24];

    (void)snprintf(text, sizeof text, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]);
    ps_set_text(L, key, text);
}

static void set_facts(lua_State *L, const ps_driver_facts *facts)
{
    ps_set_text(L, "machine", facts->machine_name);
    ps_set_uint(L, "timestamp", facts->timestamp);
    ps_set_uint(L, "checksum", facts->checksum);
    ps_set_uint(L, "image_size", facts->image_size);
    ps_set_uint(L, "image_base", facts->image_base);
    ps_set_uint(L, "entry_rva", facts->entry_rva);
    ps_set_uint(L, "file_size", facts->file_size);
    ps_set_uint(L, "subsystem", facts->subsystem);
    ps_set_bool(L, "pe32_plus", facts->pe32_plus);
    ps_set_bool(L, "imports_dynamically", facts->imports_dynamically);
    if (facts->has_kmdf) {
        lua_createtable(L, 0, 2);
        ps_set_uint(L, "major", facts->kmdf_major);
        ps_set_uint(L, "minor", facts->kmdf_minor);
        lua_setfield(L, -2, "kmdf");
    }
    ps_set_bool(L, "packed", facts->packed);
    ps_set_bool(L, "sites_supported", facts->sites_supported);
    ps_set_uint(L, "functions", facts->functions);
    ps_set_uint(L, "instructions", facts->instructions);
    if (facts->has_fixed_version) {
        set_version(L, "file_version", facts->file_version);
        set_version(L, "product_version", facts->product_version);
    }
    if (facts->pdb_path != NULL) {
        lua_createtable(L, 0, 3);
        ps_set_text(L, "path", facts->pdb_path);
        ps_set_text(L, "guid", facts->pdb_guid);
        ps_set_uint(L, "age", facts->pdb_age);
        lua_setfield(L, -2, "pdb");
    }
}

/* All strings in order, and those of the first language by key. */
static void set_version_strings(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_version_count(driver);
    const ps_version_string *first = ps_driver_version_at(driver, 0);

    lua_newtable(L);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_version_string *string = ps_driver_version_at(driver, i);

        lua_createtable(L, 0, 4);
        ps_set_uint(L, "language", string->language);
        ps_set_uint(L, "codepage", string->codepage);
        ps_set_text(L, "key", string->key);
        ps_set_text(L, "value", string->value);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
        if (string->language == first->language && string->codepage == first->codepage) {
            lua_pushstring(L, string->value);
            lua_setfield(L, -3, string->key);
        }
    }
    lua_setfield(L, -3, "version_strings");
    lua_setfield(L, -2, "version");
}

static void set_sections(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_section_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_section *section = ps_driver_section_at(driver, i);

        lua_createtable(L, 0, 6);
        ps_set_text(L, "name", section->name);
        ps_set_uint(L, "rva", section->rva);
        ps_set_uint(L, "virtual_size", section->virtual_size);
        ps_set_uint(L, "file_offset", section->file_offset);
        ps_set_uint(L, "file_size", section->file_size);
        ps_set_uint(L, "flags", section->flags);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "sections");
}

static void set_imports(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_import_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_import *import = ps_driver_import_at(driver, i);

        lua_createtable(L, 0, 5);
        ps_set_text(L, "dll", import->dll);
        ps_set_text(L, "name", import->name);
        if (import->name == NULL)
            ps_set_uint(L, "ordinal", import->ordinal);
        ps_set_uint(L, "slot_rva", import->slot_rva);
        ps_set_bool(L, "delayed", import->delayed);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "imports");
}

/* POOL_TYPE: an odd number is paged pool.  POOL_FLAGS: a bit for each pool. */
static const char *pool_name(const ps_site *site)
{
    if (!site->has_pool)
        return NULL;
    if (!site->pool_is_flags)
        return (site->pool_flags & 1) != 0 ? "paged" : "nonpaged";
    if ((site->pool_flags & 0x100) != 0)
        return "paged";
    return (site->pool_flags & 0xc0) != 0 ? "nonpaged" : NULL;
}

/* The bytes of a tag that are sure, '?' for the others; false if none is. */
static bool template_of(const ps_site *site, char text[5])
{
    bool any = false;

    for (unsigned i = 0; i < 4; i++) {
        const unsigned byte = site->known_bits >> 8 * i & 0xff;
        const bool known = (site->known_mask >> 8 * i & 0xff) == 0xff && byte >= ' ' && byte < 0x7f;

        text[i] = (char)(known ? byte : '?');
        any = any || known;
    }
    text[4] = '\0';
    return any;
}

static void push_site(lua_State *L, const ps_site *site)
{
    static const char *const roles[] = {"allocates", "frees", "untagged"};
    static const char *const confidences[] = {"low", "medium", "high"};

    char template[5];

    lua_createtable(L, 0, 17);
    ps_set_text(L, "api", site->api);
    ps_set_text(L, "role", roles[site->role]);
    ps_set_uint(L, "rva", site->rva);
    ps_set_uint(L, "function_rva", site->function_rva);
    if (site->has_tag)
        ps_set_tag(L, site->tag);
    ps_set_text(L, "reason", site->reason);
    ps_set_text(L, "detail", site->detail);
    if (!site->has_tag && template_of(site, template))
        ps_set_text(L, "template", template);
    ps_set_bool(L, "reachable", !site->unreachable);
    if (site->has_pool)
        ps_set_uint(L, "pool_flags", site->pool_flags);
    ps_set_text(L, "pool", pool_name(site));
    if (site->has_size)
        ps_set_uint(L, "size", site->size);
    ps_set_uint(L, "argument", site->argument);
    ps_set_text(L, "confidence", confidences[site->confidence]);
    lua_createtable(L, site->via_count, 0);
    for (int i = 0; i < site->via_count; i++) {
        lua_pushinteger(L, site->via[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "via");
}

static void set_looked_up(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_looked_up_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, ps_driver_looked_up_at(driver, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "looked_up");
}

static void set_sites(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_site_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_site(L, ps_driver_site_at(driver, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "sites");
}

static void push_driver(lua_State *L, const ps_driver *driver)
{
    const size_t problems = ps_driver_problem_count(driver);

    luaL_checkstack(L, 10, NULL);
    lua_createtable(L, 0, 24);
    set_facts(L, ps_driver_get_facts(driver));
    set_version_strings(L, driver);
    set_sections(L, driver);
    set_imports(L, driver);
    set_sites(L, driver);
    set_looked_up(L, driver);
    ps_set_identity(L, driver);
    lua_createtable(L, (int)problems, 0);
    for (size_t i = 0; i < problems; i++) {
        ps_push_problem(L, ps_driver_problem_at(driver, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "problems");
}

/***
Read a driver from the bytes of its file.
@function parse
@tparam string bytes
@tparam[opt] table options `detail`: hashes, entropy, page hashes, exports and resources too; `trust`: a
  Trust; `now`: seconds, for signatures that prove no time; `limits`: numbers by name, as of `ps_limits`
  in poolsleuth.h
@treturn[1] table the driver: facts, `version`, `sections`, `imports`, `sites`, `problems`
@treturn[2] nil
@treturn[2] string what is wrong
@treturn[2] table `code`, `offset`
*/
static int parse(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    const ps_read_options options = ps_check_read_options(L, 2);
    ps_limits own;
    const ps_limits *limits = ps_check_limits(L, 2, &own);
    handle *h = new_handle(L);
    ps_error err;

    lua_toclose(L, -1);
    if (!ps_driver_read_within(&h->driver, bytes, size, &options, limits, &err))
        return ps_push_error(L, &err);
    push_driver(L, h->driver);
    return 1;
}

/* The strings of the table at index 1 as a C array that lives on the stack. */
static const char **check_paths(lua_State *L, size_t *count)
{
    const char **paths;
    lua_Unsigned length;

    luaL_checktype(L, 1, LUA_TTABLE);
    length = lua_rawlen(L, 1);
    luaL_argcheck(L, length < (1U << 30), 1, "too many paths");
    *count = (size_t)length;
    paths = lua_newuserdatauv(L, (*count + 1) * sizeof *paths, 0);
    for (size_t i = 0; i < *count; i++) {
        luaL_argcheck(L, lua_rawgeti(L, 1, (lua_Integer)i + 1) == LUA_TSTRING, 1,
                      "paths are strings");
        paths[i] = lua_tostring(L, -1); /* kept alive by the table */
        lua_pop(L, 1);
    }
    return paths;
}

static ps_scan_options check_options(lua_State *L, int index, ps_lua_progress *state)
{
    ps_scan_options options = {0};

    if (!lua_isnoneornil(L, index)) {
        luaL_checktype(L, index, LUA_TTABLE);
        lua_getfield(L, index, "threads");
        options.threads = (unsigned)luaL_optinteger(L, -1, 0);
        lua_pop(L, 1);
    }
    options.progress = ps_check_progress(L, index, state);
    return options;
}

static void set_error(lua_State *L, const ps_error *err)
{
    (void)ps_push_error(L, err); /* nil, message, details: the details take the message in */
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "message");
    lua_setfield(L, -4, "error");
    lua_pop(L, 2);
}

static void push_result(lua_State *L, const ps_scan_result *result)
{
    lua_createtable(L, 0, 5);
    ps_set_text(L, "path", result->path);
    if (result->sha256[0] != '\0')
        ps_set_text(L, "sha256", result->sha256);
    ps_set_text(L, "kind", ps_kind_name(result->kind));
    if (result->driver != NULL) {
        push_driver(L, result->driver);
        lua_setfield(L, -2, "driver");
    } else {
        set_error(L, &result->error);
    }
}

/***
Read many drivers with all cores.
@function scan
@tparam {string,...} paths files
@tparam[opt] table options `threads`; `progress`, a function of (done, total) whose false cancels;
  `detail`, `trust`, `now` and `limits` as for @{parse}
@treturn[1] {table,...} in the order of the paths: `path`, `sha256`, `kind`, and `driver` or `error`
@treturn[2] nil
@treturn[2] string what is wrong
@treturn[2] table `code`, `offset`
*/
static int scan(lua_State *L)
{
    ps_lua_progress progress;
    ps_scan_options options;
    ps_limits own;
    const ps_limits *limits;
    ps_error err;
    const char **paths;
    size_t count;
    handle *h;
    bool done;

    lua_settop(L, 2);
    limits = ps_check_limits(L, 2, &own);
    paths = check_paths(L, &count);
    h = new_handle(L);
    lua_toclose(L, -1);
    options = check_options(L, 2, &progress);
    options.read = ps_check_read_options(L, 2);
    done = ps_scan_open_within(&h->scan, paths, count, &options, limits, &err);
    ps_progress_rethrow(&progress);
    if (!done)
        return ps_push_error(L, &err);
    count = ps_scan_count(h->scan);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_result(L, ps_scan_at(h->scan, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
Count where a byte string stands in files, whatever they are: leads, not evidence.
@function raw_search
@tparam {string,...} paths files
@tparam string bytes what to look for
@tparam[opt] table options `threads`, `progress` as for @{scan}
@treturn[1] {table,...} of the files that have any or could not be read, in the order of the paths:
  `path`, `count`, `first_offset`, `error`
@treturn[2] nil
@treturn[2] string what is wrong
@treturn[2] table `code`, `offset`
*/
static int raw_search(lua_State *L)
{
    ps_lua_progress progress;
    ps_scan_options options;
    ps_error err;
    const char **paths;
    const char *needle;
    size_t needle_size;
    size_t count;
    ps_raw_hits *hits;
    lua_Integer found = 0;
    bool done;

    lua_settop(L, 3);
    needle = luaL_checklstring(L, 2, &needle_size);
    luaL_argcheck(L, needle_size > 0, 2, "nothing to look for");
    paths = check_paths(L, &count);
    hits = lua_newuserdatauv(L, (count + 1) * sizeof *hits, 0);
    memset(hits, 0, (count + 1) * sizeof *hits);
    options = check_options(L, 3, &progress);
    done = ps_raw_search(paths, count, needle, needle_size, &options, hits, &err);
    ps_progress_rethrow(&progress);
    if (!done)
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (hits[i].count == 0 && hits[i].error.code == PS_OK)
            continue;
        lua_createtable(L, 0, 4);
        ps_set_text(L, "path", paths[i]);
        ps_set_uint(L, "count", hits[i].count);
        if (hits[i].count > 0)
            ps_set_uint(L, "first_offset", hits[i].first_offset);
        if (hits[i].error.code != PS_OK)
            set_error(L, &hits[i].error);
        lua_rawseti(L, -2, ++found);
    }
    return 1;
}

int luaopen_poolsleuth_pe(lua_State *L)
{
    static const luaL_Reg functions[] = {{"parse", parse},
                                         {"scan", scan},
                                         {"raw_search", raw_search},
                                         {"trust", ps_lua_trust},
                                         {NULL, NULL}};
    static const luaL_Reg none[] = {{NULL, NULL}};

    ps_new_class(L, handle_class, none, close_handle);
    ps_new_trust_class(L);
    luaL_newlib(L, functions);
    return 1;
}
