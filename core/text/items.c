/* items.c - lists of items: how each kind lies in its struct, and where they are kept. */
#include "text/items.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>

#define FIELD(kind, type, name)                                                                    \
    {                                                                                              \
#name, PS_ITEM_##type, offsetof(kind, name)                                                \
    }

static const ps_item_field handles_fields[] = {
    FIELD(ps_handles, TEXT, process),
    FIELD(ps_handles, NUMBER, pid),
    FIELD(ps_handles, TEXT, type),
    FIELD(ps_handles, NUMBER, count),
};

static const ps_item_field service_fields[] = {
    FIELD(ps_service, TEXT, name),        FIELD(ps_service, TEXT, display_name),
    FIELD(ps_service, TEXT, type),        FIELD(ps_service, TEXT, state),
    FIELD(ps_service, TEXT, start),       FIELD(ps_service, TEXT, path),
    FIELD(ps_service, TEXT, group),       FIELD(ps_service, NUMBER, tag),
    FIELD(ps_service, NUMBER, exit_code),
};

static const ps_item_field event_fields[] = {
    FIELD(ps_event, NUMBER, id),  FIELD(ps_event, TEXT, provider),
    FIELD(ps_event, TEXT, log),   FIELD(ps_event, TEXT, level),
    FIELD(ps_event, TEXT, text),  FIELD(ps_event, PAIRS, parameters),
    FIELD(ps_event, FLAG, zoned),
};

static const ps_item_field logger_fields[] = {
    FIELD(ps_logger, TEXT, name),
    FIELD(ps_logger, TEXT, type),
    FIELD(ps_logger, TEXT, state),
    FIELD(ps_logger, NUMBER, id),
    FIELD(ps_logger, NUMBER, buffers),
    FIELD(ps_logger, NUMBER, buffer_bytes),
    FIELD(ps_logger, NUMBER, minimum),
    FIELD(ps_logger, NUMBER, maximum),
    FIELD(ps_logger, NUMBER, free_buffers),
    FIELD(ps_logger, NUMBER, buffers_written),
    FIELD(ps_logger, NUMBER, buffers_lost),
    FIELD(ps_logger, NUMBER, events_lost),
    FIELD(ps_logger, NUMBER, nonpaged_bytes),
    FIELD(ps_logger, NUMBER, paged_bytes),
    FIELD(ps_logger, TEXT, mode),
    FIELD(ps_logger, TEXT, file),
};

static const ps_item_field hive_fields[] = {
    FIELD(ps_hive, TEXT, path),
    FIELD(ps_hive, NUMBER, bytes),
    FIELD(ps_hive, NUMBER, volatile_bytes),
};

static const ps_item_field file_fields[] = {
    FIELD(ps_file, TEXT, path),        FIELD(ps_file, TEXT, verified),
    FIELD(ps_file, TIME, signed_at),   FIELD(ps_file, TIME, linked_at),
    FIELD(ps_file, TEXT, publisher),   FIELD(ps_file, TEXT, company),
    FIELD(ps_file, TEXT, description), FIELD(ps_file, TEXT, product),
    FIELD(ps_file, TEXT, version),     FIELD(ps_file, TEXT, product_version),
    FIELD(ps_file, TEXT, machine),     FIELD(ps_file, TEXT, md5),
    FIELD(ps_file, TEXT, sha1),        FIELD(ps_file, TEXT, sha256),
    FIELD(ps_file, TEXT, imphash),     FIELD(ps_file, TEXT, detections),
};

static const ps_item_field mark_fields[] = {
    FIELD(ps_mark, TIME, until),   FIELD(ps_mark, TEXT, reason), FIELD(ps_mark, TEXT, pool),
    FIELD(ps_mark, NUMBER, count), FIELD(ps_mark, TEXT, text),
};

#define KIND(name, fields, kind)                                                                   \
    {                                                                                              \
        name, fields, sizeof(fields) / sizeof((fields)[0]), sizeof(kind)                           \
    }

static const struct {
    const char *name;
    const ps_item_field *fields;
    size_t count, size;
} kinds[PS_ITEM_KINDS] = {
    [PS_ITEM_HANDLES] = KIND("handles", handles_fields, ps_handles),
    [PS_ITEM_SERVICES] = KIND("services", service_fields, ps_service),
    [PS_ITEM_EVENTS] = KIND("events", event_fields, ps_event),
    [PS_ITEM_LOGGERS] = KIND("loggers", logger_fields, ps_logger),
    [PS_ITEM_HIVES] = KIND("hives", hive_fields, ps_hive),
    [PS_ITEM_FILES] = KIND("files", file_fields, ps_file),
    [PS_ITEM_MARKS] = KIND("marks", mark_fields, ps_mark),
};

const char *ps_item_kind_name(ps_item_kind kind)
{
    return (unsigned)kind < PS_ITEM_KINDS ? kinds[kind].name : "unknown";
}

const ps_item_field *ps_item_fields(ps_item_kind kind, size_t *count)
{
    *count = (unsigned)kind < PS_ITEM_KINDS ? kinds[kind].count : 0;
    return *count == 0 ? NULL : kinds[kind].fields;
}

/* --- where they are kept ---------------------------------------------------------------------- */

static void set_unknown(void *item, ps_item_kind kind)
{
    memset(item, 0, kinds[kind].size);
    for (size_t i = 0; i < kinds[kind].count; i++) {
        const ps_item_field *field = &kinds[kind].fields[i];
        const uint64_t number = PS_UNKNOWN;
        const int64_t time = PS_NO_TIME;
        char *at = (char *)item + field->offset;
        if (field->type == PS_ITEM_NUMBER || field->type == PS_ITEM_FLAG)
            memcpy(at, &number, sizeof number);
        else if (field->type == PS_ITEM_TIME)
            memcpy(at, &time, sizeof time);
    }
}

static ps_item_mark mark_of(const ps_text *text, ps_item_kind kind)
{
    return (ps_item_mark){.kind = kind,
                          .arena = ps_arena_now(&text->arena),
                          .problems = text->problem_count,
                          .modules = text->module_count,
                          .processes = text->lists.process_count};
}

void *ps_add_item(ps_reading *reading, ps_item_kind kind, const char *origin, const ps_line *line)
{
    ps_text *text = reading->text;
    ps_item_list *list = &text->lists.items[kind];
    ps_item *item;

    if (ps_failed(text))
        return NULL;
    if (list->count >= text->bounds.of.text_items) {
        if (list->beyond++ == 0) {
            ps_remark(text, PS_REFUSED, line,
                      "no more than %llu %s of a text are kept (limit text_items)",
                      (unsigned long long)text->bounds.of.text_items, kinds[kind].name);
        }
        return NULL;
    }
    if (!ps_grow(&list->items, &list->capacity, list->count, kinds[kind].size)) {
        (void)ps_fail_memory(&text->error);
        return NULL;
    }
    text->lists.last = mark_of(text, kind);
    item = ps_items_from(text, kind, list->count++);
    set_unknown(item, kind);
    *item = (ps_item){.origin = origin,
                      .host = reading->host,
                      .time = PS_NO_TIME,
                      .line = line->number,
                      .offset = line->offset};
    return item;
}

void ps_drop_item(ps_text *text, ps_item_kind kind)
{
    const ps_item_mark *last = &text->lists.last;

    if (text->lists.items[kind].count == 0)
        return;
    text->lists.items[kind].count--;
    if (last->kind == kind && last->problems == text->problem_count &&
        last->modules == text->module_count && last->processes == text->lists.process_count)
        ps_arena_return(&text->arena, last->arena);
    /* what comes next is not between that mark and this moment */
    text->lists.last = mark_of(text, kind);
}

void *ps_items_from(ps_text *text, ps_item_kind kind, size_t index)
{
    return (char *)text->lists.items[kind].items + index * kinds[kind].size;
}

size_t ps_text_item_count(const ps_text *text, ps_item_kind kind)
{
    return (unsigned)kind < PS_ITEM_KINDS ? text->lists.items[kind].count : 0;
}

const void *ps_text_item_at(const ps_text *text, ps_item_kind kind, size_t index)
{
    if (index >= ps_text_item_count(text, kind))
        return NULL;
    return (const char *)text->lists.items[kind].items + index * kinds[kind].size;
}

/* --- values ----------------------------------------------------------------------------------- */

bool ps_item_number(ps_span span, uint64_t *value)
{
    span = ps_trim(span);
    if (span.end - span.at > 2 && span.at[0] == '0' && (span.at[1] | 0x20) == 'x')
        return ps_scan_hex(&span, value) && span.at == span.end;
    return ps_scan_unsigned(&span, value) == PS_SCAN_OK && span.at == span.end;
}

typedef struct word {
    const char *begins, *meaning;
} word;

static const char *meaning_of(const word *words, size_t count, ps_span span)
{
    for (size_t i = 0; i < count; i++) {
        ps_span at = span;
        if (ps_take_text(&at, words[i].begins))
            return words[i].meaning;
    }
    return NULL;
}

#define MEANING(words, span) meaning_of(words, sizeof(words) / sizeof((words)[0]), span)

const char *ps_service_type(ps_span span)
{
    static const word words[] = {
        {"KERNEL_DRIVER", "kernel driver"},
        {"KernelDriver", "kernel driver"},
        {"Kernel", "kernel driver"},
        {"FILE_SYSTEM_DRIVER", "file system driver"},
        {"FileSystem", "file system driver"},
        {"File System", "file system driver"},
        {"RecognizerDriver", "file system recognizer"},
        {"WIN32_OWN_PROCESS", "own process"},
        {"Win32OwnProcess", "own process"},
        {"Own Process", "own process"},
        {"WIN32_SHARE_PROCESS", "shared process"},
        {"Win32ShareProcess", "shared process"},
        {"Share Process", "shared process"},
        {"USER_OWN_PROCESS", "own process of a user"},
        {"USER_SHARE_PROCESS", "shared process of a user"},
        {"WIN32", "process"},
    };

    return MEANING(words, span);
}

bool ps_is_driver_type(const char *type)
{
    return strcmp(type, "kernel driver") == 0 || strcmp(type, "file system driver") == 0 ||
           strcmp(type, "file system recognizer") == 0;
}

void ps_add_driver(ps_reading *reading, const ps_service *service)
{
    ps_module *module;

    if (service->type == NULL || !ps_is_driver_type(service->type))
        return;
    module = ps_add_module(reading->text);
    if (module == NULL)
        return;
    module->name = service->name;
    module->display = service->display_name;
    module->path = service->path;
    module->origin = service->item.origin;
    module->line = service->item.line;
    if (service->state != NULL) {
        module->unloaded = *service->state == 's';
        module->state = module->unloaded ? "stopped" : "running";
    }
}

const char *ps_service_state(ps_span span)
{
    static const word words[] = {
        {"STOP_PENDING", "stop pending"},
        {"StopPending", "stop pending"},
        {"Stop Pending", "stop pending"},
        {"START_PENDING", "start pending"},
        {"StartPending", "start pending"},
        {"Start Pending", "start pending"},
        {"CONTINUE_PENDING", "continue pending"},
        {"PAUSE_PENDING", "pause pending"},
        {"PAUSED", "paused"},
        {"STOPPED", "stopped"},
        {"RUNNING", "running"},
    };

    return MEANING(words, span);
}

const char *ps_service_start(ps_span span)
{
    static const word words[] = {
        {"BOOT", "boot"},       {"SYSTEM", "system"},  {"AUTO", "auto"},
        {"DEMAND", "demand"},   {"MANU", "demand"},    {"DISA", "disabled"},
        {"Deakt", "disabled"},  {"Desh", "disabled"},  {"D\xC3\xA9sa", "disabled"},
        {"Desati", "disabled"}, {"Uitge", "disabled"}, {"Inakt", "disabled"},
    };

    return MEANING(words, span);
}
