/***
The identity and the signatures of a driver as Lua tables; roots and catalogs as a Trust.
@submodule poolsleuth.pe
*/
#include "bind/bind.h"

#include <stdio.h>

static const char trust_class[] = "poolsleuth.pe.trust";

typedef struct handle {
    ps_trust *it; /* NULL once it is closed */
} handle;

static void set_time(lua_State *L, const char *key, int64_t time)
{
    if (time != PS_NO_TIME)
        ps_set_int(L, key, time);
}

static void set_chain(lua_State *L, const ps_signature *signature)
{
    lua_createtable(L, (int)signature->chain_count, 0);
    for (size_t i = 0; i < signature->chain_count; i++) {
        const ps_certificate *certificate = &signature->chain[i];

        lua_createtable(L, 0, 5);
        ps_set_text(L, "subject", certificate->subject);
        ps_set_text(L, "issuer", certificate->issuer);
        ps_set_text(L, "serial", certificate->serial);
        set_time(L, "not_before", certificate->not_before);
        set_time(L, "not_after", certificate->not_after);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "chain");
}

static void set_usages(lua_State *L, const ps_signature *signature)
{
    lua_createtable(L, (int)signature->usage_count, 0);
    for (size_t i = 0; i < signature->usage_count; i++) {
        lua_pushstring(L, signature->usages[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "usages");
}

static void push_signature(lua_State *L, const ps_signature *signature)
{
    static const char *const sources[] = {"embedded", "nested", "catalog"};

    lua_createtable(L, 0, 20);
    ps_set_text(L, "source", sources[signature->source]);
    ps_set_text(L, "status", ps_signature_status_name(signature->status));
    ps_set_text(L, "reason", signature->reason);
    ps_set_text(L, "algorithm", signature->algorithm);
    ps_set_text(L, "digest", signature->digest);
    ps_set_text(L, "computed", signature->computed);
    ps_set_text(L, "program", signature->program);
    ps_set_text(L, "catalog", signature->catalog);
    if (signature->chain_count > 0) {
        ps_set_text(L, "signer", signature->chain[0].subject);
        ps_set_text(L, "issuer", signature->chain[0].issuer);
        ps_set_text(L, "serial", signature->chain[0].serial);
    }
    set_time(L, "time", signature->time);
    ps_set_text(L, "time_source", signature->time_source);
    ps_set_text(L, "time_signer", signature->time_signer);
    ps_set_text(L, "pages", signature->pages);
    if (signature->pages_checked)
        ps_set_bool(L, "pages_match", signature->pages_match);
    set_chain(L, signature);
    set_usages(L, signature);
}

static void set_signatures(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_signature_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_signature(L, ps_driver_signature_at(driver, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "signatures");
}

static void set_rich(lua_State *L, const ps_driver *driver)
{
    const ps_identity *identity = ps_driver_get_identity(driver);
    const size_t count = ps_driver_rich_count(driver);

    if (!identity->has_rich)
        return;
    lua_createtable(L, 0, 3);
    ps_set_uint(L, "key", identity->rich_key);
    ps_set_bool(L, "intact", identity->rich_intact);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_rich_entry *entry = ps_driver_rich_at(driver, i);

        lua_createtable(L, 0, 3);
        ps_set_uint(L, "product", entry->product);
        ps_set_uint(L, "build", entry->build);
        ps_set_uint(L, "count", entry->count);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "entries");
    lua_setfield(L, -2, "rich");
}

static void set_exports(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_export_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_export *export = ps_driver_export_at(driver, i);

        lua_createtable(L, 0, 4);
        ps_set_text(L, "name", export->name);
        ps_set_uint(L, "ordinal", export->ordinal);
        ps_set_uint(L, "rva", export->rva);
        ps_set_text(L, "forward", export->forward);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "exports");
}

static void set_resources(lua_State *L, const ps_driver *driver)
{
    const size_t count = ps_driver_resource_count(driver);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const ps_resource *resource = ps_driver_resource_at(driver, i);

        lua_createtable(L, 0, 5);
        ps_set_text(L, "type", resource->type);
        ps_set_text(L, "name", resource->name);
        ps_set_uint(L, "language", resource->language);
        ps_set_uint(L, "rva", resource->rva);
        ps_set_uint(L, "size", resource->size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "resources");
}

/* Bits a byte: one for each section, in their order. */
static void set_entropies(lua_State *L, const ps_driver *driver)
{
    lua_newtable(L);
    for (size_t i = 0; i < ps_driver_section_count(driver); i++) {
        double entropy = 0;

        (void)ps_driver_section_entropy(driver, i, &entropy);
        lua_pushnumber(L, entropy);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "section_entropies");
}

static void set_detail(lua_State *L, const ps_driver *driver)
{
    const ps_identity *identity = ps_driver_get_identity(driver);

    ps_set_text(L, "md5", identity->md5);
    ps_set_text(L, "sha1", identity->sha1);
    ps_set_text(L, "pe_sha1", identity->pe_sha1);
    ps_set_text(L, "pe_sha256", identity->pe_sha256);
    lua_pushnumber(L, identity->entropy);
    lua_setfield(L, -2, "entropy");
    set_entropies(L, driver);
    set_exports(L, driver);
    set_resources(L, driver);
}

void ps_set_identity(lua_State *L, const ps_driver *driver)
{
    const ps_identity *identity = ps_driver_get_identity(driver);

    luaL_checkstack(L, 10, NULL);
    if (identity->imphash[0] != '\0')
        ps_set_text(L, "imphash", identity->imphash);
    ps_set_uint(L, "checksum_computed", identity->checksum_computed);
    ps_set_bool(L, "reproducible", identity->reproducible);
    if (identity->has_load_config)
        ps_set_uint(L, "guard_flags", identity->guard_flags);
    if (identity->overlay_size > 0) {
        ps_set_uint(L, "overlay_offset", identity->overlay_offset);
        ps_set_uint(L, "overlay_size", identity->overlay_size);
    }
    set_rich(L, driver);
    set_signatures(L, driver);
    if (identity->has_detail)
        set_detail(L, driver);
}

static ps_trust *check_trust(lua_State *L, int index)
{
    const handle *h = luaL_checkudata(L, index, trust_class);

    luaL_argcheck(L, h->it != NULL, index, "closed");
    return h->it;
}

static int close_trust(lua_State *L)
{
    handle *h = luaL_checkudata(L, 1, trust_class);

    ps_trust_close(h->it);
    h->it = NULL;
    return 0;
}

/***
Roots and catalogs that the user trusts or has; none come with the library.
@function trust
@treturn[1] Trust methods `add_roots(pem)` and `add_catalog(name, bytes)`, each true or nil, message,
  details; `counts()`: roots, catalogs, digests in them.  Roots go first: catalogs are judged by them.
@treturn[2] nil
@treturn[2] string what is wrong
*/
int ps_lua_trust(lua_State *L)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    ps_error err;

    h->it = NULL;
    luaL_setmetatable(L, trust_class);
    return ps_trust_new(&h->it, &err) ? 1 : ps_push_error(L, &err);
}

/***
Trust root certificates; before the catalogs, which are judged by them.
@function Trust:add_roots
@tparam string pem
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int add_roots(lua_State *L)
{
    ps_trust *trust = check_trust(L, 1);
    size_t size;
    const char *pem = luaL_checklstring(L, 2, &size);
    ps_error err;

    if (!ps_trust_add_roots(trust, pem, size, &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Add a security catalog.
@function Trust:add_catalog
@tparam string name for messages
@tparam string bytes
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int add_catalog(lua_State *L)
{
    ps_trust *trust = check_trust(L, 1);
    const char *name = luaL_checkstring(L, 2);
    size_t size;
    const char *bytes = luaL_checklstring(L, 3, &size);
    ps_error err;

    if (!ps_trust_add_catalog(trust, name, bytes, size, &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
How much a Trust holds.
@function Trust:counts
@treturn int roots
@treturn int catalogs
@treturn int digests in the catalogs
*/
static int counts(lua_State *L)
{
    ps_trust *trust = check_trust(L, 1);

    lua_pushinteger(L, (lua_Integer)ps_trust_root_count(trust));
    lua_pushinteger(L, (lua_Integer)ps_trust_catalog_count(trust));
    lua_pushinteger(L, (lua_Integer)ps_trust_member_count(trust));
    return 3;
}

void ps_new_trust_class(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"add_roots", add_roots}, {"add_catalog", add_catalog}, {"counts", counts}, {NULL, NULL}};

    ps_new_class(L, trust_class, methods, close_trust);
}

ps_read_options ps_check_read_options(lua_State *L, int index)
{
    ps_read_options options = {0};
    int isnum;

    if (lua_isnoneornil(L, index))
        return options;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, "detail");
    options.detail = lua_toboolean(L, -1);
    lua_getfield(L, index, "now");
    options.now = lua_tointegerx(L, -1, &isnum);
    luaL_argcheck(L, isnum || lua_isnil(L, -1), index, "now is no integer");
    lua_getfield(L, index, "trust");
    if (!lua_isnil(L, -1))
        options.trust = check_trust(L, lua_absindex(L, -1)); /* kept alive by the table */
    lua_pop(L, 3);
    return options;
}
