/***
What a dump's kernel keeps of its pool beside the tag tables.
@submodule poolsleuth.dump
*/
#include "bind/dump.h"

static void set_pool(lua_State *L, ps_pool pool)
{
    ps_set_text(L, "pool", pool == PS_POOL_PAGED ? "paged" : "nonpaged");
}

static void set_known(lua_State *L, const char *key, uint64_t value)
{
    if (value != PS_NOT_KNOWN)
        ps_set_uint(L, key, value);
}

static void append(lua_State *L, size_t *count) { lua_rawseti(L, -2, (lua_Integer)++ * count); }

/***
The build whose built-in layouts stand in for the kernel's PDB: its own or the nearest older one.
@function Dump:layouts
@treturn ?int nil where the PDB is there, or no layout is known
*/
static int layouts(lua_State *L)
{
    const uint32_t build = ps_dump_layouts_of(ps_check_dump(L));

    if (build == 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, build);
    return 1;
}

static void push_big(lua_State *L, const ps_dump_big *big)
{
    lua_createtable(L, 0, 6);
    ps_set_uint(L, "address", big->address);
    ps_set_uint(L, "size", big->size);
    ps_set_tag(L, big->tag);
    set_pool(L, big->pool);
    ps_set_uint(L, "pool_type", big->pool_type);
}

static bool is_of(const ps_dump_big *big, ps_tag tag)
{
    return ((big->tag ^ tag) & ~PS_TAG_PROTECTED) == 0;
}

/***
Blocks of a page or more, in the order of their addresses.
@function Dump:big_blocks
@tparam[opt] string|int tag of this one only
@treturn[1] {table,...} `{address=, size=, tag=, value=, pool=, pool_type=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int big_blocks(lua_State *L)
{
    const bool all = lua_isnoneornil(L, 2);
    const ps_tag tag = all ? 0 : ps_check_tag(L, 2);
    const ps_dump_big *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_bigs(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (!all && !is_of(&items[i], tag))
            continue;
        push_big(L, &items[i]);
        append(L, &taken);
    }
    return 1;
}

/***
Big blocks of the sessions' own pools: sessions have the same addresses.
@function Dump:session_blocks
@tparam[opt] string|int tag of this one only
@treturn[1] {table,...} as those of @{Dump:big_blocks}, with `session`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int session_blocks(lua_State *L)
{
    const bool all = lua_isnoneornil(L, 2);
    const ps_tag tag = all ? 0 : ps_check_tag(L, 2);
    const ps_dump_session_big *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_session_bigs(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (!all && !is_of(&items[i].block, tag))
            continue;
        push_big(L, &items[i].block);
        ps_set_uint(L, "session", items[i].session);
        append(L, &taken);
    }
    return 1;
}

/* The sum of a tag and pool, on top of the stack, out of the table below; a new one goes into the
 * list below that. */
static void push_sum(lua_State *L, const ps_dump_big *big, size_t *sums)
{
    const lua_Integer key = (lua_Integer)big->tag << 1 | (big->pool == PS_POOL_PAGED);

    if (lua_rawgeti(L, -1, key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 5);
    ps_set_tag(L, big->tag);
    set_pool(L, big->pool);
    ps_set_uint(L, "count", 0);
    ps_set_uint(L, "bytes", 0);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, key);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -4, (lua_Integer)++ * sums);
}

static void add_to(lua_State *L, const char *key, uint64_t value)
{
    lua_getfield(L, -1, key);
    value += (uint64_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    ps_set_uint(L, key, value);
}

/***
Big blocks added up, one entry a tag and pool, in no order.
@function Dump:big_sums
@treturn[1] {table,...} `{tag=, value=, pool=, count=, bytes=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int big_sums(lua_State *L)
{
    const ps_dump_big *items;
    size_t count;
    size_t sums = 0;
    ps_error err;

    if (!ps_dump_bigs(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_sum(L, &items[i], &sums);
        add_to(L, "count", 1);
        add_to(L, "bytes", items[i].size);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return 1;
}

static int push_owners(lua_State *L, const ps_dump_owners *owners)
{
    size_t taken = 0;

    lua_createtable(L, 0, 4);
    ps_set_uint(L, "blocks", owners->blocks);
    ps_set_uint(L, "sampled", owners->sampled);
    ps_set_uint(L, "missing", owners->missing);
    lua_createtable(L, (int)owners->count, 0);
    for (size_t i = 0; i < owners->count; i++) {
        lua_createtable(L, 0, 4);
        ps_set_text(L, "module", owners->votes[i].module->name);
        ps_set_uint(L, "base", owners->votes[i].module->base);
        ps_set_uint(L, "blocks", owners->votes[i].blocks);
        ps_set_uint(L, "pointers", owners->votes[i].pointers);
        append(L, &taken);
    }
    lua_setfield(L, -2, "votes");
    return 1;
}

/***
Whose addresses stand in the big blocks of a tag: up to 512 of them are asked, their first page each.
@function Dump:big_owners
@tparam string|int tag
@treturn[1] table `blocks`, `sampled`, `missing`, and `votes`: `{module=, base=, blocks=, pointers=}`
  each, most blocks first
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int big_owners(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    ps_dump_owners owners;
    ps_error err;

    if (!ps_dump_big_owners(dump, ps_check_tag(L, 2), &owners, &err))
        return ps_push_error(L, &err);
    return push_owners(L, &owners);
}

/***
The same of its small blocks, up to 512 of them: builds before 18362 have pages that can be walked.
@function Dump:small_owners
@tparam string|int tag
@treturn[1] table as @{Dump:big_owners} gives
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int small_owners(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    ps_dump_owners owners;
    ps_error err;

    if (!ps_dump_small_owners(dump, ps_check_tag(L, 2), &owners, &err))
        return ps_push_error(L, &err);
    return push_owners(L, &owners);
}

/***
Processes, and the pool that is charged to them by quota.
@function Dump:processes
@treturn[1] {table,...} `{name=, address=, pid=, parent=, table_base=, nonpaged=, paged=, handles=,
  session_space=, exited=}` each; what is not known is nil
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int processes(lua_State *L)
{
    const ps_dump_process *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_processes(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        const ps_dump_process *p = &items[i];
        lua_createtable(L, 0, 10);
        ps_set_text(L, "name", p->name);
        if (p->address != 0)
            ps_set_uint(L, "address", p->address);
        set_known(L, "pid", p->pid);
        set_known(L, "parent", p->parent);
        set_known(L, "table_base", p->table_base);
        set_known(L, "nonpaged", p->nonpaged);
        set_known(L, "paged", p->paged);
        set_known(L, "handles", p->handles);
        if (p->session_space != 0)
            ps_set_uint(L, "session_space", p->session_space);
        ps_set_bool(L, "exited", p->exited);
        append(L, &taken);
    }
    return 1;
}

/***
Types of objects, with the tag of their memory.
@function Dump:types
@treturn[1] {table,...} `{name=, address=, tag=, value=, objects=, handles=, peak_objects=,
  peak_handles=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int types(lua_State *L)
{
    const ps_dump_type *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_types(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 8);
        ps_set_text(L, "name", items[i].name);
        ps_set_uint(L, "address", items[i].address);
        ps_set_tag(L, items[i].tag);
        ps_set_uint(L, "objects", items[i].objects);
        ps_set_uint(L, "handles", items[i].handles);
        ps_set_uint(L, "peak_objects", items[i].peak_objects);
        ps_set_uint(L, "peak_handles", items[i].peak_handles);
        append(L, &taken);
    }
    return 1;
}

/***
The allocator's own pools: builds before 19041 have them.
@function Dump:descriptors
@treturn[1] {table,...} `{address=, pool=, index=, allocs=, frees=, pages=, big_pages=, bytes=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int descriptors(lua_State *L)
{
    const ps_dump_descriptor *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_descriptors(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 8);
        ps_set_uint(L, "address", items[i].address);
        set_pool(L, items[i].pool);
        ps_set_uint(L, "index", items[i].index);
        ps_set_uint(L, "allocs", items[i].allocs);
        ps_set_uint(L, "frees", items[i].frees);
        set_known(L, "pages", items[i].pages);
        set_known(L, "big_pages", items[i].big_pages);
        set_known(L, "bytes", items[i].bytes);
        append(L, &taken);
    }
    return 1;
}

/***
Lookaside lists: the module in whose data one lies uses its tag.
@function Dump:lookasides
@treturn[1] {table,...} `{address=, tag=, value=, pool=, size=, allocates=, frees=, module=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int lookasides(lua_State *L)
{
    const ps_dump_lookaside *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_lookasides(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 8);
        ps_set_uint(L, "address", items[i].address);
        ps_set_tag(L, items[i].tag);
        set_pool(L, items[i].pool);
        ps_set_uint(L, "size", items[i].size);
        ps_set_uint(L, "allocates", items[i].allocates);
        ps_set_uint(L, "frees", items[i].frees);
        if (items[i].module != NULL)
            ps_set_text(L, "module", items[i].module->name);
        append(L, &taken);
    }
    return 1;
}

/***
What driver verifier counts.
@function Dump:verifier
@treturn[1] table `level` (0: it is off), `attempted`, `succeeded`, `special`, `untagged`, `failed`,
  `failed_deliberately`, `untracked`, `paged_allocs`, `nonpaged_allocs`, `paged_bytes`,
  `nonpaged_bytes`, `peak_paged_bytes`, `peak_nonpaged_bytes`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int verifier(lua_State *L)
{
    ps_dump_verifier v;
    ps_error err;

    if (!ps_dump_get_verifier(ps_check_dump(L), &v, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 14);
    ps_set_uint(L, "level", v.level);
    ps_set_uint(L, "attempted", v.attempted);
    ps_set_uint(L, "succeeded", v.succeeded);
    ps_set_uint(L, "special", v.special);
    ps_set_uint(L, "untagged", v.untagged);
    ps_set_uint(L, "failed", v.failed);
    ps_set_uint(L, "failed_deliberately", v.failed_deliberately);
    ps_set_uint(L, "untracked", v.untracked);
    ps_set_uint(L, "paged_allocs", v.paged_allocs);
    ps_set_uint(L, "nonpaged_allocs", v.nonpaged_allocs);
    ps_set_uint(L, "paged_bytes", v.paged_bytes);
    ps_set_uint(L, "nonpaged_bytes", v.nonpaged_bytes);
    ps_set_uint(L, "peak_paged_bytes", v.peak_paged_bytes);
    ps_set_uint(L, "peak_nonpaged_bytes", v.peak_nonpaged_bytes);
    return 1;
}

/***
Drivers that are verified, by the list of XP to Vista.
@function Dump:verified_drivers
@treturn[1] {table,...} `{name=, start=, end_=, loads=, unloads=, paged_allocs=, nonpaged_allocs=,
  paged_bytes=, nonpaged_bytes=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int verified_drivers(lua_State *L)
{
    const ps_dump_verified *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_verified_drivers(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 9);
        ps_set_text(L, "name", items[i].name);
        ps_set_uint(L, "start", items[i].start);
        ps_set_uint(L, "end_", items[i].end);
        ps_set_uint(L, "loads", items[i].loads);
        ps_set_uint(L, "unloads", items[i].unloads);
        ps_set_uint(L, "paged_allocs", items[i].paged_allocs);
        ps_set_uint(L, "nonpaged_allocs", items[i].nonpaged_allocs);
        ps_set_uint(L, "paged_bytes", items[i].paged_bytes);
        ps_set_uint(L, "nonpaged_bytes", items[i].nonpaged_bytes);
        append(L, &taken);
    }
    return 1;
}

/***
Allocations that are verified, and where they were made.
@function Dump:verified_blocks
@treturn[1] {table,...} `{address=, size=, tag=, value=, caller=, driver=}` each
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int verified_blocks(lua_State *L)
{
    const ps_dump_verified_block *items;
    size_t count;
    size_t taken = 0;
    ps_error err;

    if (!ps_dump_verified_blocks(ps_check_dump(L), &items, &count, &err))
        return ps_push_error(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 6);
        ps_set_uint(L, "address", items[i].address);
        ps_set_uint(L, "size", items[i].size);
        ps_set_tag(L, items[i].tag);
        ps_set_uint(L, "caller", items[i].caller);
        ps_set_text(L, "driver", items[i].driver->name);
        append(L, &taken);
    }
    return 1;
}

void ps_add_dump_lists(lua_State *L)
{
    static const luaL_Reg methods[] = {{"layouts", layouts},
                                       {"big_blocks", big_blocks},
                                       {"session_blocks", session_blocks},
                                       {"big_sums", big_sums},
                                       {"big_owners", big_owners},
                                       {"small_owners", small_owners},
                                       {"processes", processes},
                                       {"types", types},
                                       {"descriptors", descriptors},
                                       {"lookasides", lookasides},
                                       {"verifier", verifier},
                                       {"verified_drivers", verified_drivers},
                                       {"verified_blocks", verified_blocks},
                                       {NULL, NULL}};

    luaL_getmetatable(L, PS_DUMP_CLASS);
    lua_getfield(L, -1, "__index");
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 2);
}
