/***
What changed between two snapshots.
@submodule poolsleuth.pool
*/
#include "bind/pool.h"

static void push_change(lua_State *L, const ps_change *change, double hours)
{
    static const char *const states[] = {"same", "grew", "shrank", "new", "vanished", "unknown"};
    const struct {
        const char *name;
        unsigned known;
        int64_t value;
    } numbers[] = {
        {"d_allocs", PS_KNOW_ALLOCS, change->allocs},
        {"d_frees", PS_KNOW_FREES, change->frees},
        {"d_diff", PS_KNOW_DIFF, change->diff},
        {"d_bytes", PS_KNOW_BYTES, change->bytes},
    };

    lua_createtable(L, 0, 12);
    ps_set_key(L, change->tag, change->pool, change->session);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((change->known & numbers[i].known) != 0)
            ps_set_int(L, numbers[i].name, numbers[i].value);
    if (hours > 0 && (change->known & PS_KNOW_BYTES) != 0) {
        lua_pushnumber(L, (double)change->bytes / hours);
        lua_setfield(L, -2, "bytes_per_hour");
    }
    if ((change->known & PS_KNOW_ALLOCS) != 0 && (change->known & PS_KNOW_FREES) != 0 &&
        change->allocs > 0) {
        lua_pushnumber(L, (double)change->frees / (double)change->allocs);
        lua_setfield(L, -2, "freed_ratio");
    }
    ps_set_text(L, "state", states[change->state]);
    if (change->wrapped)
        ps_set_bool(L, "wrapped", true);
    if (change->before != NULL && change->before->line != 0)
        ps_set_uint(L, "before_line", change->before->line);
    if (change->after != NULL && change->after->line != 0)
        ps_set_uint(L, "after_line", change->after->line);
    if (change->after != NULL && (change->after->known & PS_KNOW_BYTES) != 0)
        ps_set_int(L, "bytes", change->after->bytes);
}

/* Build the result from the light userdata diff; runs protected, so that the diff is freed. */
static int push_diff(lua_State *L)
{
    const ps_diff *diff = lua_touserdata(L, 1);
    const double seconds = luaL_optnumber(L, 2, 0);
    const size_t count = ps_diff_count(diff);

    lua_createtable(L, 0, 3);
    ps_set_bool(L, "reboot", ps_diff_reboot(diff));
    if (seconds > 0) {
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, "interval_s");
    }
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_change(L, ps_diff_at(diff, i), ps_diff_reboot(diff) ? 0 : seconds / 3600);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "rows");
    return 1;
}

/***
What changed between two snapshots.
@function diff
@tparam Snapshot before
@tparam Snapshot after
@tparam[opt] number seconds between them; without it there are no rates
@treturn[1] table `interval_s`, `reboot`, `rows`: most growth first, each `tag`, `value`, `pool`,
  `session`, `d_allocs`, `d_frees`, `d_diff`, `d_bytes` (nil is unknown), `bytes_per_hour`,
  `freed_ratio`, `state` ("same", "grew", "shrank", "new", "vanished", "unknown"), `wrapped`,
  `bytes`, `before_line`, `after_line`
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
int ps_pool_diff(lua_State *L)
{
    const ps_snapshot *before = ps_check_snapshot(L, 1), *after = ps_check_snapshot(L, 2);
    ps_diff *diff;
    ps_error err;
    int failed;

    lua_settop(L, 3);
    if (!lua_isnil(L, 3))
        (void)luaL_checknumber(L, 3);
    lua_pushcfunction(L, push_diff);
    if (!ps_diff_open(&diff, before, after, &err))
        return ps_push_error(L, &err);
    lua_pushlightuserdata(L, diff);
    lua_pushvalue(L, 3);
    failed = lua_pcall(L, 2, 1, 0);
    ps_diff_close(diff);
    return failed == LUA_OK ? 1 : lua_error(L);
}
