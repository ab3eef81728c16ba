/* registry.c - services as the registry has them: reg query /s, and files of regedit.
 *
 *    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\acmeflt
 *        Start    REG_DWORD    0x0
 *        ImagePath    REG_EXPAND_SZ    system32\drivers\acmeflt.sys
 *
 *    [HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\acmeflt]
 *    "Start"=dword:00000000
 *    "ImagePath"=hex(2):73,00,79,00,73,00,\
 *      74,00,65,00,6d,00,00,00
 */
#include "base/encode.h"
#include "text/address.h"
#include "text/dialect.h"
#include "text/items.h"

#include <string.h>

enum { VALUE_LIMIT = 1024 };

typedef struct registry {
    bool has_item; /* the last service is the key's, and nothing is below it */
    bool typed;    /* its type was told */
    uint32_t type;
    bool more;     /* the value goes on in the next line */
    bool kept;     /* and is one that is wanted */
    size_t offset; /* in ps_service, of the value that goes on */
    size_t size;
    char value[VALUE_LIMIT]; /* of it, as bytes of UTF-16 */
} registry;

PS_DIALECT_FITS(registry);

static ps_service *service_of(const registry *table, ps_reading *reading)
{
    return table->has_item ? ps_items_from(reading->text, PS_ITEM_SERVICES,
                                           ps_text_item_count(reading->text, PS_ITEM_SERVICES) - 1)
                           : NULL;
}

static const char *type_name(uint32_t type)
{
    switch (type & 0x3F) {
    case 1:
        return "kernel driver";
    case 2:
        return "file system driver";
    case 8:
        return "file system recognizer";
    case 0x10:
        return "own process";
    case 0x20:
        return "shared process";
    default:
        return NULL;
    }
}

/* A key without a type is no service. */
static void end_key(registry *table, ps_reading *reading)
{
    ps_service *service = service_of(table, reading);

    table->more = false;
    if (service == NULL || ps_failed(reading->text)) {
        table->has_item = false;
        return;
    }
    if (!table->typed) {
        ps_drop_item(reading->text, PS_ITEM_SERVICES);
    } else {
        service->type = type_name(table->type);
        reading->text->row_line_count++;
        ps_add_driver(reading, service);
    }
    table->has_item = table->typed = false;
}

/* "HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\acmeflt": the name behind the last part.  Keys
 * below that are none of ours. */
static bool key_line(registry *table, ps_reading *reading)
{
    ps_span body = reading->body;
    ps_span at;
    ps_service *service;

    if (body.end - body.at > 2 && *body.at == '[' && body.end[-1] == ']')
        body = (ps_span){body.at + 1, body.end - 1};
    at = body;
    if (!ps_take_text(&at, "HKEY_LOCAL_MACHINE\\") && !ps_take_text(&at, "HKLM\\"))
        return false;
    end_key(table, reading);
    for (; at.at < at.end; at.at++) {
        if (!ps_take_text(&at, "\\Services\\"))
            continue;
        if (at.at == at.end || memchr(at.at, '\\', (size_t)(at.end - at.at)) != NULL ||
            !ps_contains((ps_span){body.at, at.at}, "ControlSet"))
            return true;
        service = ps_add_item(reading, PS_ITEM_SERVICES, "registry", &reading->line);
        table->has_item = service != NULL;
        if (service != NULL)
            service->name = ps_keep(reading->text, at);
        return true;
    }
    return true;
}

/* --- values ----------------------------------------------------------------------------------- */

static const char *start_name(uint64_t number)
{
    static const char *const names[] = {"boot", "system", "auto", "demand", "disabled"};

    return number < sizeof names / sizeof names[0] ? names[number] : NULL;
}

static void set_number(registry *table, ps_service *service, ps_span name, uint64_t number)
{
    if (ps_word_is(name, "Type")) {
        table->typed = true;
        table->type = (uint32_t)number;
    } else if (ps_word_is(name, "Start")) {
        service->start = start_name(number);
    } else if (ps_word_is(name, "Tag")) {
        service->tag = number;
    }
}

/* Where the text of that name belongs; NULL if nowhere. */
static const char **field_of(ps_service *service, ps_span name)
{
    if (ps_word_is(name, "ImagePath"))
        return &service->path;
    if (ps_word_is(name, "DisplayName"))
        return &service->display_name;
    return ps_word_is(name, "Group") ? &service->group : NULL;
}

static void set_text(ps_reading *reading, const char **field, ps_span value)
{
    if (field != NULL && value.at < value.end)
        *field = ps_keep(reading->text, value);
}

/* "    Start    REG_DWORD    0x0" */
static bool query_value(registry *table, ps_reading *reading)
{
    ps_service *service = service_of(table, reading);
    ps_span at = reading->body;
    ps_span name = at;
    uint64_t number;

    for (; at.at < at.end; at.at++)
        if (ps_is_blank(*at.at) && at.end - at.at > 5 && memcmp(at.at + 1, "REG_", 4) == 0)
            break;
    if (at.at == at.end)
        return false;
    name = ps_trim((ps_span){name.at, at.at});
    at.at++;
    const ps_span type = ps_next_word(&at);
    at = ps_trim(at);
    if (service == NULL)
        return true;
    if (ps_word_is(type, "REG_DWORD")) {
        if (ps_item_number(at, &number))
            set_number(table, service, name, number);
        else
            ps_remark(reading->text, PS_REFUSED, &reading->line, "this value is no number");
    } else if (ps_word_is(type, "REG_SZ") || ps_word_is(type, "REG_EXPAND_SZ")) {
        set_text(reading, field_of(service, name), at);
    }
    return true;
}

/* "73,00,79,00,\": bytes behind those that there are. */
static void take_bytes(registry *table, ps_span at)
{
    uint64_t byte;

    table->more = false;
    for (ps_skip_blanks(&at); at.at < at.end; ps_skip_blanks(&at)) {
        if (*at.at == '\\') {
            table->more = true;
            return;
        }
        if (!ps_take_hex(&at, &byte) || byte > 255)
            return;
        if (table->size < VALUE_LIMIT)
            table->value[table->size++] = (char)byte;
        if (at.at < at.end && *at.at == ',')
            at.at++;
    }
}

/* UTF-16 up to its NUL as UTF-8. */
static void end_bytes(registry *table, ps_reading *reading)
{
    ps_service *service = service_of(table, reading);
    char plain[VALUE_LIMIT * 2] = {0};
    const char *kept;
    size_t size = 0;

    for (size_t i = 0; i + 1 < table->size; i += 2) {
        const uint32_t c = (uint32_t)(unsigned char)table->value[i] |
                           (uint32_t)(unsigned char)table->value[i + 1] << 8;
        if (c == 0)
            break;
        size += ps_put_utf8(plain + size, c >= 0xD800 && c <= 0xDFFF ? '?' : c);
    }
    if (service == NULL || size == 0)
        return;
    kept = ps_keep(reading->text, (ps_span){plain, plain + size});
    memcpy((char *)service + table->offset, &kept, sizeof kept);
}

/* "C:\\Windows \"x\"" without its escapes. */
static void set_quoted(ps_reading *reading, const char **field, ps_span value)
{
    char plain[PS_MOST_ROW_BYTES];
    size_t size = 0;

    if (field == NULL || value.end - value.at < 2 || value.end[-1] != '"')
        return;
    for (const char *at = value.at + 1; at < value.end - 1; at++) {
        at += *at == '\\' && at + 1 < value.end - 1;
        plain[size++] = *at;
    }
    set_text(reading, field, (ps_span){plain, plain + size});
}

/* "Start"=dword:00000000 */
static bool file_value(registry *table, ps_reading *reading)
{
    ps_service *service = service_of(table, reading);
    ps_span at = reading->body;
    const char *equals;
    ps_span name;
    const char **field;
    uint64_t number;

    if (*at.at != '"' && *at.at != '@')
        return false;
    equals = memchr(at.at, '=', (size_t)(at.end - at.at));
    if (equals == NULL)
        return false;
    name = ps_trim((ps_span){at.at + 1, equals - (equals > at.at + 1)});
    at.at = equals + 1;
    table->more = at.at < at.end && at.end[-1] == '\\' && *at.at != '"';
    table->kept = false;
    if (service == NULL)
        return true;
    field = field_of(service, name);
    if (ps_take_text(&at, "dword:")) {
        if (ps_take_hex(&at, &number) && at.at == at.end)
            set_number(table, service, name, number);
        else
            ps_remark(reading->text, PS_REFUSED, &reading->line, "this value is no number");
    } else if (field != NULL && (ps_take_text(&at, "hex(2):") || ps_take_text(&at, "hex(1):"))) {
        table->kept = true;
        table->size = 0;
        table->offset = (size_t)((char *)field - (char *)service);
        take_bytes(table, at);
        if (!table->more)
            end_bytes(table, reading);
    } else if (at.at < at.end && *at.at == '"') {
        set_quoted(reading, field, at);
    }
    return true;
}

static bool more_value(registry *table, ps_reading *reading)
{
    if (!table->more)
        return false;
    if (!table->kept) {
        table->more = reading->body.at < reading->body.end && reading->body.end[-1] == '\\';
        return true;
    }
    take_bytes(table, reading->body);
    if (!table->more)
        end_bytes(table, reading);
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    if (reading->line.size > reading->row_bytes || reading->line.continued ||
        !ps_contains(reading->body, "\\Services\\"))
        return false;
    return key_line(state, reading);
}

static bool row(void *state, ps_reading *reading)
{
    registry *table = state;

    if (reading->at_prompt)
        return false;
    if (reading->body.at == reading->body.end)
        return true;
    /* what is too long is a value that nobody wants */
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return true;
    return more_value(table, reading) || key_line(table, reading) || file_value(table, reading) ||
           query_value(table, reading);
}

static void finish(void *state, ps_reading *reading) { end_key(state, reading); }

const ps_dialect ps_registry_dialect = {.name = "registry",
                                        .needs = PS_HAS_STROKE | PS_LETTER('h') | PS_LETTER('k') |
                                                 PS_LETTER('s') | PS_LETTER('v'),
                                        .least = 20,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
