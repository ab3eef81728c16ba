/* import_json.c - a snapshot from a line of JSON, as ps_history_export writes it.  Members that are not
 * known are skipped; nesting is counted, never followed. */
#include "base/encode.h"
#include "store/import.h"

#include <string.h>

enum { DEEPEST = 64 };

/* The rest of the line, which a NUL ends; bad once anything is not JSON. */
typedef struct json {
    char *at;
    bool bad;
} json;

static void skip_blanks(json *j)
{
    while (*j->at == ' ' || *j->at == '\t')
        j->at++;
}

static bool next_is(json *j, char c)
{
    skip_blanks(j);
    if (*j->at != c)
        return false;
    j->at++;
    return true;
}

static void expect(json *j, char c)
{
    if (!j->bad && !next_is(j, c))
        j->bad = true;
}

static bool take_hex(json *j, uint32_t *value)
{
    ps_tag four = 0;
    char digits[9] = "0000";

    for (int i = 0; i < 4; i++) {
        if (j->at[i] == '\0')
            return false;
        digits[4 + i] = j->at[i];
    }
    if (!import_tag(digits, 8, &four))
        return false;
    j->at += 4;
    *value = four;
    return true;
}

/* One escape, behind its backslash, as UTF-8; what it becomes is never longer. */
static bool take_escape(json *j, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char c = *j->at;
    const char *known = c == '\0' ? NULL : strchr(from, c);
    uint32_t high, low;

    if (c != '\0')
        j->at++;
    if (known != NULL) {
        *(*to)++ = into[known - from];
        return true;
    }
    if (c != 'u' || !take_hex(j, &high) || high == 0)
        return false;
    if (high >= 0xD800 && high < 0xDC00) {
        if (j->at[0] != '\\' || j->at[1] != 'u')
            return false;
        j->at += 2;
        if (!take_hex(j, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    *to += ps_put_utf8(*to, high);
    return true;
}

/* A string, decoded where it stands and ended by a NUL; NULL where there is none. */
static char *take_string(json *j)
{
    char *begin, *to;

    expect(j, '"');
    begin = to = j->at;
    while (!j->bad && *j->at != '"') {
        if (*j->at == '\0') {
            j->bad = true;
        } else if (*j->at == '\\') {
            j->at++;
            j->bad = !take_escape(j, &to);
        } else {
            *to++ = *j->at++;
        }
    }
    if (j->bad)
        return NULL;
    j->at++;
    *to = '\0';
    return begin;
}

static size_t number_length(json *j)
{
    skip_blanks(j);
    return strspn(j->at, "+-.0123456789eE");
}

static int64_t take_signed(json *j)
{
    const size_t size = number_length(j);
    int64_t value = 0;

    j->bad = j->bad || !import_signed(j->at, size, &value);
    j->at += size;
    return value;
}

static uint64_t take_unsigned(json *j)
{
    const size_t size = number_length(j);
    uint64_t value = 0;

    j->bad = j->bad || !import_unsigned(j->at, size, &value);
    j->at += size;
    return value;
}

/* Past a string, which stays as it is: it may be read later. */
static void skip_string(json *j)
{
    j->at++;
    while (*j->at != '"' && *j->at != '\0')
        j->at += *j->at == '\\' && j->at[1] != '\0' ? 2 : 1;
    j->bad = j->bad || *j->at == '\0';
    j->at += *j->at == '"';
}

/* Any value: brackets are counted. */
static void skip_value(json *j)
{
    int depth = 0;

    do {
        skip_blanks(j);
        if (*j->at == '"') {
            skip_string(j);
        } else if (*j->at == '{' || *j->at == '[') {
            depth++;
            j->at++;
        } else if (*j->at == '}' || *j->at == ']') {
            depth--;
            j->at++;
        } else if (depth > 0 && (*j->at == ',' || *j->at == ':')) {
            j->at++;
        } else {
            const size_t size = strcspn(j->at, ",:{}[]\" \t");
            j->bad = j->bad || size == 0;
            j->at += size;
        }
        j->bad = j->bad || depth > DEEPEST || depth < 0;
    } while (!j->bad && depth > 0);
}

/* The name of the next member; NULL behind the last. */
static char *next_name(json *j, bool *first)
{
    char *name;

    if (j->bad || next_is(j, '}'))
        return NULL;
    if (!*first)
        expect(j, ',');
    *first = false;
    name = take_string(j);
    expect(j, ':');
    return j->bad ? NULL : name;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool take_row_number(json *j, const char *name, ps_row *row)
{
    const struct {
        const char *name;
        unsigned known;
        uint64_t *natural;
        int64_t *whole;
    } numbers[] = {
        {"allocs", PS_KNOW_ALLOCS, &row->allocs, NULL},
        {"frees", PS_KNOW_FREES, &row->frees, NULL},
        {"diff", PS_KNOW_DIFF, NULL, &row->diff},
        {"bytes", PS_KNOW_BYTES, NULL, &row->bytes},
        {"per_alloc", PS_KNOW_PER_ALLOC, &row->per_alloc, NULL},
        {"delta_allocs", PS_KNOW_DELTA_ALLOCS, NULL, &row->delta_allocs},
        {"delta_frees", PS_KNOW_DELTA_FREES, NULL, &row->delta_frees},
        {"delta_bytes", PS_KNOW_DELTA_BYTES, NULL, &row->delta_bytes},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) != 0)
            continue;
        row->known |= (uint8_t)numbers[i].known;
        if (numbers[i].natural != NULL)
            *numbers[i].natural = take_unsigned(j);
        else
            *numbers[i].whole = take_signed(j);
        return true;
    }
    return false;
}

static void take_member(json *j, const char *name, ps_row *row, bool *has_tag)
{
    int which = 0;

    if (take_row_number(j, name, row))
        return;
    if (strcmp(name, "tag_hex") == 0) {
        const char *hex = take_string(j);
        *has_tag = hex != NULL && import_tag(hex, strlen(hex), &row->tag);
    } else if (strcmp(name, "pool") == 0) {
        const char *pool = take_string(j);
        j->bad = j->bad || !import_word(pool, strlen(pool), import_pools, &which);
        row->pool = (uint8_t)which;
    } else if (strcmp(name, "session") == 0) {
        row->session = (int32_t)take_signed(j);
    } else if (strcmp(name, "flags") == 0) {
        row->flags = (uint16_t)take_unsigned(j);
    } else if (strcmp(name, "line") == 0) {
        row->line = (uint32_t)take_unsigned(j);
    } else if (strcmp(name, "offset") == 0) {
        row->offset = take_unsigned(j);
    } else if (strcmp(name, "note") == 0) {
        row->note = take_string(j);
    } else {
        skip_value(j);
    }
}

static bool take_rows(import_state *s, json *j, ps_error *err)
{
    bool first_row = true;

    expect(j, '[');
    while (!j->bad && !next_is(j, ']')) {
        ps_row row = {.session = PS_NO_SESSION, .offset = PS_NOWHERE};
        bool first = true, has_tag = false;
        const char *name;

        if (!first_row)
            expect(j, ',');
        first_row = false;
        expect(j, '{');
        while ((name = next_name(j, &first)) != NULL)
            take_member(j, name, &row, &has_tag);
        if (j->bad || !has_tag)
            return import_fail(s, err, "a row is not understood");
        if (!ps_snapshot_add(s->snapshot, &row, err))
            return false;
    }
    return true;
}

/* --- a snapshot ------------------------------------------------------------------------------ */

static void take_memory(import_state *s, json *j)
{
    bool first = true;
    const char *name;

    expect(j, '{');
    while ((name = next_name(j, &first)) != NULL) {
        int field = 0;

        while (field < PS_MEM_FIELDS && strcmp(ps_memory_name((ps_memory_field)field), name) != 0)
            field++;
        if (field < PS_MEM_FIELDS)
            ps_snapshot_set_memory(s->snapshot, (ps_memory_field)field, take_unsigned(j));
        else
            skip_value(j);
    }
}

/* What stands beside the rows; rows and memory need the snapshot, which needs its origin first. */
typedef struct head {
    const char *host, *named, *origin, *scope;
    uint64_t first_line, last_line;
    json rows, memory;
} head;

static void take_head_member(import_state *s, json *j, const char *name, head *h)
{
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"host", &h->host},    {"named", &h->named},   {"origin", &h->origin},
                 {"scope", &h->scope},  {"source", &s->source}, {"time_source", &s->time_source},
                 {"sha256", &s->sha256}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = take_string(j);
            return;
        }
    }
    if (strcmp(name, "time") == 0) {
        s->time = take_signed(j);
    } else if (strcmp(name, "line") == 0) {
        s->line = (uint32_t)take_unsigned(j);
    } else if (strcmp(name, "first_line") == 0) {
        h->first_line = take_unsigned(j);
    } else if (strcmp(name, "last_line") == 0) {
        h->last_line = take_unsigned(j);
    } else if (strcmp(name, "memory") == 0) {
        h->memory = *j;
        skip_value(j);
    } else {
        skip_value(j);
    }
}

static bool begin_snapshot(import_state *s, const head *h, ps_error *err)
{
    int which = 0;

    if (h->host == NULL || *h->host == '\0' || strlen(h->host) >= sizeof s->host)
        return import_fail(s, err, "it has no host");
    if (s->time == PS_NO_TIME)
        return import_fail(s, err, "it has no time");
    if (h->scope != NULL && !import_word(h->scope, strlen(h->scope), import_scopes, &which))
        return import_fail(s, err, "its scope is not part, whole or totals");
    memcpy(s->host, h->host, strlen(h->host) + 1);
    if (!ps_snapshot_new(&s->snapshot, h->origin != NULL ? h->origin : "json", err))
        return false;
    ps_snapshot_set_scope(s->snapshot, (ps_scope)which);
    ps_snapshot_set_lines(s->snapshot, (uint32_t)h->first_line, (uint32_t)h->last_line);
    return h->named == NULL || ps_snapshot_set_host(s->snapshot, h->named, err);
}

bool import_json_line(import_state *s, char *line, size_t size, ps_error *err)
{
    json j = {.at = line};
    head h = {0};
    bool first = true, rows = false;
    const char *name;

    if (memchr(line, '\0', size) != NULL)
        return import_fail(s, err, "it holds a NUL");
    if (!import_record(s, err))
        return false;
    s->time = PS_NO_TIME;
    s->time_source = s->source = s->sha256 = NULL;
    s->line = 0;
    expect(&j, '{');
    while (!rows && (name = next_name(&j, &first)) != NULL) {
        rows = strcmp(name, "rows") == 0;
        if (!rows)
            take_head_member(s, &j, name, &h);
    }
    if (j.bad)
        return import_fail(s, err, "it is no JSON");
    if (!begin_snapshot(s, &h, err))
        return false;
    if (h.memory.at != NULL)
        take_memory(s, &h.memory);
    if (rows && !take_rows(s, &j, err))
        return false;
    if (j.bad || h.memory.bad)
        return import_fail(s, err, "it is no JSON");
    return import_record(s, err);
}
