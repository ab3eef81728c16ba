/***
Small blocks of a dump's pool.
@submodule poolsleuth.dump
*/
#include "bind/dump.h"

#include <string.h>

#define BLOCKS_CLASS "poolsleuth.Dump.blocks"

typedef struct blocks_box {
    ps_dump_blocks blocks;
} blocks_box;

static int blocks_close(lua_State *L)
{
    blocks_box *b = luaL_checkudata(L, 1, BLOCKS_CLASS);

    ps_dump_blocks_free(&b->blocks);
    return 0;
}

static const char *pool_name(uint8_t pool) { return pool == PS_POOL_PAGED ? "paged" : "nonpaged"; }

static void push_block(lua_State *L, const ps_dump_block *block)
{
    lua_createtable(L, 0, 9);
    ps_set_uint(L, "address", block->address);
    ps_set_uint(L, "size", block->size);
    ps_set_uint(L, "previous_size", block->previous_size);
    ps_set_tag(L, block->tag);
    ps_set_text(L, "pool", pool_name(block->pool));
    ps_set_uint(L, "pool_type", block->pool_type);
    ps_set_uint(L, "pool_index", block->pool_index);
    ps_set_bool(L, "free", block->free);
}

static void set_blocks(lua_State *L, const char *key, const ps_dump_block *blocks, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_block(L, &blocks[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, key);
}

/***
A page read as one of the pool's: blocks tile it, each with a header that names its size and that of the
block before.  Builds before 18362 have such pages.
@function Dump:pool_page
@tparam int address anywhere in it
@treturn[1] table `address`; `blocks`: `{address=, size=, previous_size=, tag=, value=, pool=,
  pool_type=, pool_index=, free=}` each, as far as they chain; `pool`; `whole`: they tile the page;
  `broken`: why they do not
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int pool_page(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    const uint64_t address = (uint64_t)luaL_checkinteger(L, 2);
    ps_dump_pool_page *page = lua_newuserdatauv(L, sizeof *page, 0);
    ps_error err;

    if (!ps_dump_get_pool_page(dump, address, page, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 5);
    ps_set_uint(L, "address", page->address);
    set_blocks(L, "blocks", page->blocks, page->count);
    if (page->has_pool)
        ps_set_text(L, "pool", pool_name(page->pool));
    ps_set_bool(L, "whole", page->whole);
    if (!page->whole)
        ps_set_text(L, "broken", page->broken);
    return 1;
}

/* "Irp ", "Irp*", "I??p", or the value of a tag: which bits of it count. */
static void check_pattern(lua_State *L, int index, ps_dump_block_query *query)
{
    size_t length;
    const char *text;
    bool any = false;

    query->mask = ~PS_TAG_PROTECTED;
    if (lua_isinteger(L, index)) {
        query->tag = ps_check_tag(L, index);
        return;
    }
    text = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, length >= 1 && (length <= 4 || (length == 5 && text[4] == '*')), index,
                  "a tag has one to four characters");
    query->tag = 0;
    for (size_t i = 0; i < 4; i++) {
        const unsigned char c = i < length ? (unsigned char)text[i] : ' ';
        any = any || c == '*';
        if (any || c == '?')
            query->mask &= ~(UINT32_C(0xFF) << 8 * i);
        query->tag |= (ps_tag)c << 8 * i;
    }
}

static void check_query(lua_State *L, int index, ps_dump_block_query *query)
{
    static const char *const pools[] = {"nonpaged", "paged", NULL};

    luaL_checktype(L, index, LUA_TTABLE);
    if (lua_getfield(L, index, "tag") != LUA_TNIL) {
        query->list = true;
        check_pattern(L, lua_absindex(L, -1), query);
    }
    if (lua_getfield(L, index, "pool") != LUA_TNIL) {
        query->one_pool = true;
        query->pool = luaL_checkoption(L, -1, NULL, pools) == 1 ? PS_POOL_PAGED : PS_POOL_NONPAGED;
    }
    lua_getfield(L, index, "limit");
    query->limit = (size_t)luaL_optinteger(L, -1, 0);
    lua_getfield(L, index, "threads");
    query->threads = (unsigned)luaL_optinteger(L, -1, 0);
    lua_pop(L, 4);
}

static void set_sums(lua_State *L, const ps_dump_blocks *found)
{
    lua_createtable(L, (int)found->sum_count, 0);
    for (size_t i = 0; i < found->sum_count; i++) {
        lua_createtable(L, 0, 5);
        ps_set_tag(L, found->sums[i].tag);
        ps_set_text(L, "pool", pool_name((uint8_t)found->sums[i].pool));
        ps_set_uint(L, "count", found->sums[i].count);
        ps_set_uint(L, "bytes", found->sums[i].bytes);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "sums");
}

static void set_regions(lua_State *L, const ps_dump_blocks *found)
{
    lua_createtable(L, (int)found->region_count, 0);
    for (size_t i = 0; i < found->region_count; i++) {
        lua_createtable(L, 0, 2);
        ps_set_uint(L, "start", found->regions[i].start);
        ps_set_uint(L, "last", found->regions[i].last);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "regions");
}

static void push_found(lua_State *L, const ps_dump_blocks *found)
{
    lua_createtable(L, 0, 12);
    set_blocks(L, "blocks", found->items, found->count);
    set_sums(L, found);
    set_regions(L, found);
    ps_set_bool(L, "everywhere", found->everywhere);
    ps_set_bool(L, "more", found->more);
    ps_set_uint(L, "looked", found->looked);
    ps_set_uint(L, "pages", found->pages);
    ps_set_uint(L, "missing", found->missing);
    ps_set_uint(L, "paged_out", found->paged_out);
    ps_set_uint(L, "tables_missing", found->tables_missing);
    ps_set_bool(L, "stopped", found->stopped);
    ps_set_bool(L, "cut", found->cut);
}

/***
Walk the pages of the pool: small blocks in use, added up by tag, and those of a tag one by one.
@function Dump:pool_blocks
@tparam[opt] table options `tag`: list blocks of this one (`?` stands for any character, `*` for the rest);
  `pool`: "nonpaged" or "paged" alone; `limit` (10,000 blocks), `threads`, `progress` (function of pages
  done and in all, whose false stops)
@treturn[1] table `blocks` as those of @{Dump:pool_page}, in the order of addresses; `more` of them there
  are; `sums`: `{tag=, value=, pool=, count=, bytes=}` each, of all tags; `regions`: `{start=, last=}`
  each; `everywhere`: all of the kernel's memory was looked through, as nothing tells where the pool lies;
  `looked` and `pages`: mapped pages, and those that are the pool's; `missing`, `paged_out`: pages that are
  not in the dump; `tables_missing`; `stopped`; `cut`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
static int pool_blocks(lua_State *L)
{
    ps_dump *dump = ps_check_dump(L);
    ps_dump_block_query query = {0};
    ps_lua_progress state;
    ps_progress progress;
    ps_error err;
    blocks_box *b;
    bool done;

    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    check_query(L, 2, &query);
    b = lua_newuserdatauv(L, sizeof *b, 0);
    memset(b, 0, sizeof *b);
    luaL_setmetatable(L, BLOCKS_CLASS);
    progress = ps_check_progress(L, 2, &state);
    query.progress = &progress;
    done = ps_dump_find_blocks(dump, &query, &b->blocks, &err);
    ps_progress_rethrow(&state);
    if (!done)
        return ps_push_error(L, &err);
    push_found(L, &b->blocks);
    ps_dump_blocks_free(&b->blocks);
    return 1;
}

void ps_add_dump_blocks(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"pool_page", pool_page}, {"pool_blocks", pool_blocks}, {NULL, NULL}};

    luaL_getmetatable(L, PS_DUMP_CLASS);
    lua_getfield(L, -1, "__index");
    luaL_setfuncs(L, methods, 0);
    lua_pop(L, 2);
    ps_new_class(L, BLOCKS_CLASS, none, blocks_close);
}
