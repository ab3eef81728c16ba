/* fields.c - pool tags as fields with names: Format-List, and lines of key="value" for log collectors.
 *
 *    DateTime       : 2025-03-14T09:00:00          03-14-2025 09:00:00.123 +0100 - Binary="" Tag="Io"
 *    Tag            : Io
 *    PagedAllocs    : 70
 */
#include "text/dialect.h"
#include "text/sheet.h"

#include <string.h>

enum { NAME_LIMIT = 40, LOG_FIELDS = 6, SAME_MOMENT = 60 };

typedef struct fields {
    ps_moments moments;
    ps_record_ways ways;
    bool log;   /* lines of key="value" */
    bool begun; /* the record has fields */
    ps_record record;
    ps_line first; /* of the record */
    char time[PS_MOMENT_NAME / 2], host[PS_MOMENT_NAME / 2];
    char group[PS_MOMENT_NAME / 2]; /* the time of the first line of a snapshot in a log */
    int64_t group_seconds;
    ps_tag group_tag;
} fields;

PS_DIALECT_FITS(fields);

static ps_span span_of(const char *text) { return (ps_span){text, text + strlen(text)}; }

static void copy_word(char *out, size_t room, ps_span text)
{
    const size_t size = (size_t)(text.end - text.at);

    out[0] = '\0';
    if (size >= room)
        return;
    memcpy(out, text.at, size);
    out[size] = '\0';
}

/* A field of the record.  Times and hosts are copied: the record outlives their line. */
static void set_field(fields *table, const ps_role *role, ps_span value)
{
    ps_record *record = &table->record;

    if (role->kind == PS_ROLE_TIME_UTC || (role->kind == PS_ROLE_TIME && !record->has_utc))
        copy_word(table->time, sizeof table->time, value);
    else if (role->kind == PS_ROLE_HOST)
        copy_word(table->host, sizeof table->host, value);
    else if (role->kind != PS_ROLE_TIME)
        ps_record_set(record, role, value, &table->ways);
    record->has_utc |= role->kind == PS_ROLE_TIME_UTC;
}

static void clear(fields *table)
{
    ps_record_clear(&table->record);
    table->time[0] = table->host[0] = '\0';
    table->begun = false;
}

/* --- Format-List ----------------------------------------------------------------------------- */

/* "PagedAllocs    : 70" */
static bool read_field(const ps_reading *reading, ps_role *role, ps_span *value)
{
    const ps_span line = ps_whole_line(reading);
    const char *colon = line.at;

    while (colon < line.end && colon - line.at < NAME_LIMIT && *colon != ':')
        colon++;
    if (reading->line.size > reading->row_bytes || colon == line.end || *colon != ':' ||
        colon == line.at || colon[-1] != ' ' || (colon + 1 < line.end && colon[1] != ' '))
        return false;
    *role = ps_role_of((ps_span){line.at, colon});
    *value = ps_trim((ps_span){colon + 1, line.end});
    if (role->kind == PS_ROLE_TAG && colon + 2 <= line.end) /* blanks belong to a tag */
        *value = (ps_span){colon + 2, line.end};
    return true;
}

static void end_record(fields *table, ps_reading *reading)
{
    const ps_line line = reading->line;

    if (table->begun) {
        reading->line = table->first;
        table->record.moment = (ps_moment_name){span_of(table->time), span_of(table->host)};
        ps_record_add(&table->record, &table->moments, reading);
        reading->line = line;
    }
    clear(table);
}

/* The line's text is gone when the record ends; its number and place are not. */
static void begin_record(fields *table, const ps_reading *reading)
{
    table->first = reading->line;
    table->first.text = "";
    table->first.size = 0;
    table->begun = true;
}

static bool is_ours(const ps_role *role)
{
    return role->kind == PS_ROLE_TAG || role->kind == PS_ROLE_TIME ||
           role->kind == PS_ROLE_TIME_UTC ||
           (role->kind == PS_ROLE_NUMBER && role->side <= PS_SIDE_PAGED);
}

static bool list_row(fields *table, ps_reading *reading)
{
    ps_role role;
    ps_span value;

    if (reading->body.at == reading->body.end) {
        end_record(table, reading);
        return true;
    }
    if (!read_field(reading, &role, &value))
        return false;
    if (role.kind == PS_ROLE_NUMBER && role.side == PS_SIDE_ROW && !table->record.has_pool)
        role.side = PS_SIDE_BOTH;
    if (role.kind == PS_ROLE_TAG && table->record.has_tag)
        end_record(table, reading);
    if (!table->begun)
        begin_record(table, reading);
    if (role.kind != PS_ROLE_NONE)
        set_field(table, &role, value);
    return true;
}

/* --- lines of key="value" --------------------------------------------------------------------- */

/* PagedAllocs="70" */
static bool take_pair(ps_span *at, ps_span *key, ps_span *value)
{
    const char *equals, *quote;

    ps_skip_blanks(at);
    equals = at->at == at->end ? NULL : memchr(at->at, '=', (size_t)(at->end - at->at));
    if (equals == NULL || equals - at->at > NAME_LIMIT || at->end - equals < 3 || equals[1] != '"')
        return false;
    quote = memchr(equals + 2, '"', (size_t)(at->end - equals - 2));
    if (quote == NULL)
        return false;
    *key = ps_trim((ps_span){at->at, equals});
    *value = (ps_span){equals + 2, quote};
    at->at = quote + 1;
    return true;
}

/* What stands before the first key: "03-14-2025 09:00:00.123 +0100 - ". */
static ps_span take_stamp(ps_span *line)
{
    const char *equals =
        line->at == line->end ? NULL : memchr(line->at, '=', (size_t)(line->end - line->at));
    ps_span stamp = {line->at, line->at};

    if (equals == NULL)
        return stamp;
    while (equals > line->at && !ps_is_blank(equals[-1]))
        equals--;
    stamp = ps_trim((ps_span){line->at, equals});
    line->at = equals;
    while (stamp.end > stamp.at && (stamp.end[-1] == '-' || ps_is_blank(stamp.end[-1])))
        stamp.end--;
    return stamp;
}

static size_t read_pairs(fields *table, ps_span at)
{
    size_t known = 0;
    ps_span key, value;

    while (take_pair(&at, &key, &value)) {
        const ps_role role = ps_role_of(key);
        known += is_ours(&role);
        if (role.kind != PS_ROLE_NONE)
            set_field(table, &role, value);
    }
    return known;
}

/* Lines of one snapshot are stamped one by one: it lasts until the first tag comes again or some time
 * has passed. */
static void group_lines(fields *table)
{
    ps_when when;
    const bool dated = ps_read_when(span_of(table->time), &when);
    const bool near = dated && when.month_first >= table->group_seconds &&
                      when.month_first - table->group_seconds < SAME_MOMENT;

    if (table->group[0] != '\0' && near && table->record.tag.tag != table->group_tag)
        memcpy(table->time, table->group, sizeof table->time);
    else
        memcpy(table->group, table->time, sizeof table->group);
    if (memcmp(table->time, table->group, sizeof table->group) == 0 && !near) {
        table->group_seconds = when.month_first;
        table->group_tag = table->record.tag.tag;
    }
}

static bool log_row(fields *table, ps_reading *reading, bool first)
{
    ps_span line = reading->body;
    const ps_span stamp = take_stamp(&line);
    ps_when when;
    size_t known;

    if (reading->line.size > reading->row_bytes)
        return false;
    clear(table);
    known = read_pairs(table, line);
    if (known < LOG_FIELDS || (first && !ps_record_check(&table->record)))
        return false;
    if (table->time[0] == '\0' && ps_read_when(stamp, &when))
        copy_word(table->time, sizeof table->time, stamp);
    group_lines(table);
    table->record.moment = (ps_moment_name){span_of(table->time), span_of(table->host)};
    ps_record_add(&table->record, &table->moments, reading);
    return true;
}

/* --- the dialect ----------------------------------------------------------------------------- */

/* A list begins with a field that only such a list has: a pool's number, or a time before a tag. */
static bool may_begin_list(const ps_reading *reading, ps_role *role)
{
    ps_span value;

    return reading->after_blank && read_field(reading, role, &value) &&
           (role->kind == PS_ROLE_TAG || (role->kind == PS_ROLE_NUMBER && is_ours(role)) ||
            role->kind == PS_ROLE_TIME_UTC || role->kind == PS_ROLE_TIME);
}

static bool start(void *state, ps_reading *reading)
{
    fields *table = state;
    ps_role role;
    const bool is_list = may_begin_list(reading, &role);

    if (!is_list && !ps_has_all(reading->traits, PS_HAS_EQUALS | PS_HAS_QUOTE))
        return false;
    table->ways.encoding = reading->text->encoding;
    clear(table);
    if (is_list) {
        ps_moments_open(&table->moments, reading->text, "pool tag list");
        (void)list_row(table, reading);
        return true;
    }
    if (memchr(reading->body.at, '=', (size_t)(reading->body.end - reading->body.at)) != NULL) {
        ps_moments_open(&table->moments, reading->text, "pool tag log");
        table->log = true;
        if (log_row(table, reading, true))
            return true;
    }
    memset(table, 0, sizeof *table);
    return false;
}

/* A record that is none of a tag after all is nobody's loss. */
static void drop_stranger(fields *table)
{
    if (!table->record.has_tag || !ps_record_says_something(&table->record))
        clear(table);
}

static bool row(void *state, ps_reading *reading)
{
    fields *table = state;

    if (!table->log) {
        if (reading->body.at == reading->body.end)
            drop_stranger(table);
        return list_row(table, reading);
    }
    return reading->body.at == reading->body.end || log_row(table, reading, false);
}

static void finish(void *state, ps_reading *reading)
{
    fields *table = state;

    drop_stranger(table);
    if (!table->log)
        end_record(table, reading);
    ps_moments_finish(&table->moments, PS_SCOPE_PART);
}

const ps_dialect ps_fields_dialect = {.name = "fields of pool tags",
                                      .needs = PS_HAS_LETTER,
                                      .any = PS_HAS_COLON | PS_HAS_EQUALS,
                                      .least = 8,
                                      .start = start,
                                      .row = row,
                                      .finish = finish};
