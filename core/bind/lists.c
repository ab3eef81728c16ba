/* lists.c - what a text lists besides snapshots, as Lua tables. */
#include "bind/bind.h"

static void new_list(lua_State *L, size_t count)
{
    lua_createtable(L, (int)(count < INT16_MAX ? count : INT16_MAX), 0);
}

static void push_module(lua_State *L, const ps_module *module)
{
    lua_createtable(L, 0, 12);
    ps_set_text(L, "name", module->name);
    ps_set_text(L, "path", module->path);
    if (module->end != 0) {
        ps_set_uint(L, "base", module->base);
        ps_set_uint(L, "end_", module->end);
    }
    ps_set_bool(L, "unloaded", module->unloaded);
    ps_set_uint(L, "line", module->line);
    if (module->size != 0)
        ps_set_uint(L, "size", module->size);
    ps_set_text(L, "state", module->state);
    ps_set_text(L, "altitude", module->altitude);
    ps_set_text(L, "version", module->version);
    ps_set_text(L, "company", module->company);
    ps_set_text(L, "display", module->display);
    ps_set_text(L, "origin", module->origin);
    if (module->instances >= 0)
        ps_set_int(L, "instances", module->instances);
    if (module->has_timestamp)
        ps_set_uint(L, "timestamp", module->timestamp);
    if (module->has_checksum)
        ps_set_uint(L, "checksum", module->checksum);
}

static void push_block(lua_State *L, const ps_block *block)
{
    static const char *const states[] = {"unsaid", "allocated", "free"};

    lua_createtable(L, 0, 14);
    ps_set_uint(L, "address", block->address);
    if (block->has_size)
        ps_set_uint(L, "size", block->size);
    if (block->has_previous_size)
        ps_set_uint(L, "previous_size", block->previous_size);
    if (block->has_tag) {
        ps_push_tag(L, block->tag);
        lua_setfield(L, -2, "tag");
        ps_set_uint(L, "value", block->tag);
    }
    if (block->has_pool)
        ps_set_text(L, "pool", block->pool == PS_POOL_PAGED ? "paged" : "nonpaged");
    ps_set_bool(L, "protected", (block->flags & PS_ROW_PROTECTED) != 0);
    ps_set_bool(L, "ambiguous", (block->flags & PS_ROW_TAG_AMBIGUOUS) != 0);
    ps_set_text(L, "state", states[block->state]);
    ps_set_bool(L, "marked", block->marked);
    if (block->caller_address != 0)
        ps_set_uint(L, "caller_address", block->caller_address);
    ps_set_text(L, "caller", block->caller);
    ps_set_text(L, "note", block->note);
    ps_set_text(L, "origin", block->origin);
    ps_set_uint(L, "line", block->line);
    ps_set_uint(L, "offset", block->offset);
}

static void push_process(lua_State *L, const ps_process *process)
{
    lua_createtable(L, 0, 12);
    if (process->id != PS_NO_ID)
        ps_set_uint(L, "id", process->id);
    ps_set_text(L, "name", process->name);
    ps_set_text(L, "user", process->user);
    ps_set_text(L, "host", process->host);
    if (process->session != PS_NO_SESSION)
        ps_set_int(L, "session", process->session);
    for (ps_process_field field = 0; field < PS_PROCESS_FIELDS; field++)
        if ((process->known >> field & 1U) != 0)
            ps_set_uint(L, ps_process_field_name(field), process->values[field]);
    if (process->time != PS_NO_TIME)
        ps_set_int(L, "time", process->time);
    ps_set_text(L, "origin", process->origin);
    ps_set_uint(L, "line", process->line);
    ps_set_uint(L, "offset", process->offset);
}

static void push_verified(lua_State *L, const ps_verified *verified)
{
    lua_createtable(L, 0, 12);
    ps_set_text(L, "driver", verified->driver);
    ps_set_text(L, "state", verified->state);
    ps_set_text(L, "note", verified->note);
    for (ps_verified_field field = 0; field < PS_VERIFIED_FIELDS; field++)
        if ((verified->known >> field & 1U) != 0)
            ps_set_uint(L, ps_verified_field_name(field), verified->values[field]);
    ps_set_text(L, "origin", verified->origin);
    ps_set_uint(L, "line", verified->line);
    ps_set_uint(L, "offset", verified->offset);
}

void ps_set_lists(lua_State *L, const ps_text *text)
{
    new_list(L, ps_text_module_count(text));
    for (size_t i = 0; i < ps_text_module_count(text); i++) {
        push_module(L, ps_text_module_at(text, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "modules");
    new_list(L, ps_text_block_count(text));
    for (size_t i = 0; i < ps_text_block_count(text); i++) {
        push_block(L, ps_text_block_at(text, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "blocks");
    new_list(L, ps_text_process_count(text));
    for (size_t i = 0; i < ps_text_process_count(text); i++) {
        push_process(L, ps_text_process_at(text, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "processes");
    new_list(L, ps_text_verified_count(text));
    for (size_t i = 0; i < ps_text_verified_count(text); i++) {
        push_verified(L, ps_text_verified_at(text, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "verified");
}
