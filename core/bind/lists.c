/* lists.c - what a text lists besides snapshots, as Lua tables. */
#include "bind/bind.h"

#include <string.h>

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
    if (block->has_tag)
        ps_set_tag(L, block->tag);
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
    if (process->has_exited)
        ps_set_bool(L, "exited", process->exited);
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

/* One field of an item into the table on top of the stack; nothing where it is unknown. */
static void set_pairs(lua_State *L, const char *name, const char *pairs)
{
    if (pairs == NULL)
        return;
    lua_newtable(L);
    for (lua_Integer i = 1; *pairs != '\0'; i++) {
        const size_t size = strcspn(pairs, "\n");
        const size_t key = strcspn(pairs, "=");
        lua_createtable(L, 0, 2);
        if (key > 0 && key < size) {
            lua_pushlstring(L, pairs, key);
            lua_setfield(L, -2, "name");
        }
        lua_pushlstring(L, pairs + (key < size ? key + 1 : 0), size - (key < size ? key + 1 : 0));
        lua_setfield(L, -2, "value");
        lua_rawseti(L, -2, i);
        pairs += size + (pairs[size] == '\n');
    }
    lua_setfield(L, -2, name);
}

static void set_field(lua_State *L, const void *item, const ps_item_field *field)
{
    const char *at = (const char *)item + field->offset;
    const char *text;
    uint64_t number;
    int64_t time;

    switch (field->type) {
    case PS_ITEM_NUMBER:
    case PS_ITEM_FLAG:
        memcpy(&number, at, sizeof number);
        if (number != PS_UNKNOWN && field->type == PS_ITEM_FLAG)
            ps_set_bool(L, field->name, number != 0);
        else if (number != PS_UNKNOWN)
            ps_set_uint(L, field->name, number);
        break;
    case PS_ITEM_TIME:
        memcpy(&time, at, sizeof time);
        if (time != PS_NO_TIME)
            ps_set_int(L, field->name, time);
        break;
    default:
        memcpy(&text, at, sizeof text);
        if (field->type == PS_ITEM_PAIRS)
            set_pairs(L, field->name, text);
        else
            ps_set_text(L, field->name, text);
    }
}

static void push_item(lua_State *L, const ps_text *text, ps_item_kind kind, size_t index)
{
    const void *item = ps_text_item_at(text, kind, index);
    const ps_item *common = item;
    size_t count;
    const ps_item_field *fields = ps_item_fields(kind, &count);

    lua_createtable(L, 0, (int)count + 5);
    for (size_t i = 0; i < count; i++)
        set_field(L, item, &fields[i]);
    ps_set_text(L, "origin", common->origin);
    ps_set_text(L, "host", common->host);
    if (common->time != PS_NO_TIME)
        ps_set_int(L, "time", common->time);
    ps_set_uint(L, "line", common->line);
    ps_set_uint(L, "offset", common->offset);
}

static void push_module_at(lua_State *L, const ps_text *text, size_t index)
{
    push_module(L, ps_text_module_at(text, index));
}

static void push_block_at(lua_State *L, const ps_text *text, size_t index)
{
    push_block(L, ps_text_block_at(text, index));
}

static void push_process_at(lua_State *L, const ps_text *text, size_t index)
{
    push_process(L, ps_text_process_at(text, index));
}

static void push_verified_at(lua_State *L, const ps_text *text, size_t index)
{
    push_verified(L, ps_text_verified_at(text, index));
}

void ps_set_lists(lua_State *L, const ps_text *text)
{
    static const struct {
        const char *name;
        size_t (*count)(const ps_text *text);
        void (*push)(lua_State *L, const ps_text *text, size_t index);
    } lists[] = {
        {"modules", ps_text_module_count, push_module_at},
        {"blocks", ps_text_block_count, push_block_at},
        {"processes", ps_text_process_count, push_process_at},
        {"verified", ps_text_verified_count, push_verified_at},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const size_t count = lists[i].count(text);
        new_list(L, count);
        for (size_t k = 0; k < count; k++) {
            lists[i].push(L, text, k);
            lua_rawseti(L, -2, (lua_Integer)k + 1);
        }
        lua_setfield(L, -2, lists[i].name);
    }
    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++) {
        new_list(L, ps_text_item_count(text, kind));
        for (size_t k = 0; k < ps_text_item_count(text, kind); k++) {
            push_item(L, text, kind, k);
            lua_rawseti(L, -2, (lua_Integer)k + 1);
        }
        lua_setfield(L, -2, ps_item_kind_name(kind));
    }
}
