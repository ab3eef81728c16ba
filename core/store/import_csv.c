/* import_csv.c - rows of snapshots from CSV: the header says which column is what. */
#include "store/import.h"

#include <string.h>

enum column {
    HOST,
    TIME,
    TAG,
    TAG_HEX,
    POOL,
    SESSION,
    ALLOCS,
    FREES,
    DIFF,
    BYTES,
    ORIGIN,
    SCOPE,
};

enum { MOST_FIELDS = 64 };

static const char *const names[IMPORT_COLUMNS] = {"host", "time",    "tag",    "tag_hex",
                                                  "pool", "session", "allocs", "frees",
                                                  "diff", "bytes",   "origin", "scope"};
const char *const import_pools[] = {"nonpaged", "paged", NULL};
const char *const import_scopes[] = {"part", "whole", "totals", NULL};

typedef struct csv_field {
    char *at;
    size_t size;
} csv_field;

bool import_unsigned(const char *text, size_t size, uint64_t *value)
{
    uint64_t v = 0;

    if (size == 0 || size > 20)
        return false;
    for (size_t i = 0; i < size; i++) {
        const unsigned digit = (unsigned)text[i] - '0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value = v;
    return true;
}

bool import_signed(const char *text, size_t size, int64_t *value)
{
    const bool negative = size > 0 && text[0] == '-';
    uint64_t v;

    if (!import_unsigned(text + negative, size - negative, &v) ||
        v > (uint64_t)INT64_MAX + negative)
        return false;
    *value = (int64_t)(negative ? 0 - v : v);
    return true;
}

bool import_tag(const char *text, size_t size, ps_tag *tag)
{
    *tag = 0;
    for (size_t i = 0; i < size; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return false;
        *tag = *tag << 4 | (ps_tag)((digit - digits) > 15 ? digit - digits - 6 : digit - digits);
    }
    return size == 8;
}

bool import_word(const char *text, size_t size, const char *const *words, int *which)
{
    for (*which = 0; words[*which] != NULL; ++*which)
        if (strlen(words[*which]) == size && memcmp(words[*which], text, size) == 0)
            return true;
    return false;
}

/* A field in quotes, without them, in place; where it ends, or NULL. */
static char *cut_quoted(char *at, const char *end, csv_field *field)
{
    char *to = at;

    for (at++; at < end && (*at != '"' || (at + 1 < end && at[1] == '"')); at++) {
        at += *at == '"';
        *to++ = *at;
    }
    field->size = (size_t)(to - field->at);
    return at < end ? at + 1 : NULL;
}

/* Cut a line into fields in place; -1 where a quote does not end. */
static int cut_fields(char *line, size_t size, csv_field *fields)
{
    char *at = line, *const end = line + size;
    int count = 0;

    while (count < MOST_FIELDS) {
        csv_field *f = &fields[count++];

        *f = (csv_field){.at = at};
        if (at < end && *at == '"') {
            at = cut_quoted(at, end, f);
        } else {
            char *comma = memchr(at, ',', (size_t)(end - at));
            at = comma == NULL ? end : comma;
            f->size = (size_t)(at - f->at);
        }
        if (at == NULL || at >= end || *at != ',')
            return at != NULL && at >= end ? count : -1;
        at++;
    }
    return count;
}

static bool take_header(import_state *s, const csv_field *fields, int count, ps_error *err)
{
    for (int c = 0; c < IMPORT_COLUMNS; c++) {
        s->columns[c] = -1;
        for (int i = 0; i < count; i++) {
            if (strlen(names[c]) == fields[i].size &&
                memcmp(names[c], fields[i].at, fields[i].size) == 0)
                s->columns[c] = i;
        }
    }
    s->has_header = true;
    if (s->columns[HOST] < 0 || s->columns[TIME] < 0 || s->columns[POOL] < 0 ||
        (s->columns[TAG] < 0 && s->columns[TAG_HEX] < 0))
        return import_fail(s, err, "its columns are not named host, time, tag and pool");
    return true;
}

static csv_field field_of(const import_state *s, const csv_field *fields, int count, int column)
{
    const int i = s->columns[column];

    return i >= 0 && i < count ? fields[i] : (csv_field){.at = "", .size = 0};
}

/* A line of another host or time begins a new snapshot; so does one that says its origin. */
static bool begin_snapshot(import_state *s, const csv_field *fields, int count, ps_error *err)
{
    const csv_field host = field_of(s, fields, count, HOST);
    const csv_field time = field_of(s, fields, count, TIME);
    const csv_field origin = field_of(s, fields, count, ORIGIN);
    const csv_field scope = field_of(s, fields, count, SCOPE);
    char name[256] = "csv";
    int64_t at;
    int which = 0;

    if (!import_signed(time.at, time.size, &at))
        return import_fail(s, err, "its time is no number of seconds");
    if (host.size == 0 || host.size >= sizeof s->host)
        return import_fail(s, err, "it has no host");
    if (s->snapshot != NULL && s->time == at && origin.size == 0 && strlen(s->host) == host.size &&
        memcmp(s->host, host.at, host.size) == 0)
        return true;
    if (!import_record(s, err))
        return false;
    s->time = at;
    memcpy(s->host, host.at, host.size);
    s->host[host.size] = '\0';
    if (origin.size > 0 && origin.size < sizeof name) {
        memcpy(name, origin.at, origin.size);
        name[origin.size] = '\0';
    }
    if (scope.size > 0 && !import_word(scope.at, scope.size, import_scopes, &which))
        return import_fail(s, err, "its scope is not part, whole or totals");
    if (!ps_snapshot_new(&s->snapshot, name, err))
        return false;
    ps_snapshot_set_scope(s->snapshot, (ps_scope)which);
    return true;
}

static bool take_number(const csv_field *f, bool is_signed, uint64_t *value, unsigned bit,
                        uint8_t *known)
{
    int64_t number = 0;

    if (f->size == 0)
        return true;
    *known |= (uint8_t)bit;
    if (!is_signed)
        return import_unsigned(f->at, f->size, value);
    if (!import_signed(f->at, f->size, &number))
        return false;
    *value = (uint64_t)number;
    return true;
}

static bool take_key(const import_state *s, const csv_field *fields, int count, ps_row *row)
{
    const csv_field hex = field_of(s, fields, count, TAG_HEX);
    const csv_field tag = field_of(s, fields, count, TAG);
    const csv_field pool = field_of(s, fields, count, POOL);
    const csv_field session = field_of(s, fields, count, SESSION);
    uint8_t bytes[4] = {' ', ' ', ' ', ' '};
    uint64_t number = 0;
    int which;

    if (!import_word(pool.at, pool.size, import_pools, &which))
        return false;
    row->pool = (uint8_t)which;
    row->session = session.size == 0 ? PS_NO_SESSION : PS_ALL_SESSIONS;
    if (session.size > 0 && (session.size != 3 || memcmp(session.at, "all", 3) != 0)) {
        if (!import_unsigned(session.at, session.size, &number) || number > INT32_MAX)
            return false;
        row->session = (int32_t)number;
    }
    if (hex.size > 0)
        return import_tag(hex.at, hex.size, &row->tag);
    if (tag.size == 0 || tag.size > sizeof bytes)
        return false;
    memcpy(bytes, tag.at, tag.size);
    row->tag =
        (ps_tag)bytes[0] | (ps_tag)bytes[1] << 8 | (ps_tag)bytes[2] << 16 | (ps_tag)bytes[3] << 24;
    return true;
}

static bool take_row(import_state *s, const csv_field *fields, int count, ps_error *err)
{
    const csv_field allocs = field_of(s, fields, count, ALLOCS);
    const csv_field frees = field_of(s, fields, count, FREES);
    const csv_field diff = field_of(s, fields, count, DIFF);
    const csv_field bytes = field_of(s, fields, count, BYTES);
    ps_row row = {.offset = PS_NOWHERE};
    uint64_t in_use = 0, held = 0;

    if (!take_key(s, fields, count, &row))
        return import_fail(s, err, "its tag, pool or session is not understood");
    if (!take_number(&allocs, false, &row.allocs, PS_KNOW_ALLOCS, &row.known) ||
        !take_number(&frees, false, &row.frees, PS_KNOW_FREES, &row.known) ||
        !take_number(&diff, true, &in_use, PS_KNOW_DIFF, &row.known) ||
        !take_number(&bytes, true, &held, PS_KNOW_BYTES, &row.known))
        return import_fail(s, err, "a number is not understood");
    row.diff = (int64_t)in_use;
    row.bytes = (int64_t)held;
    return ps_snapshot_add(s->snapshot, &row, err);
}

bool import_csv_line(import_state *s, char *line, size_t size, ps_error *err)
{
    csv_field fields[MOST_FIELDS];
    const int count = cut_fields(line, size, fields);

    if (count < 0)
        return import_fail(s, err, "a quote does not end");
    if (!s->has_header)
        return take_header(s, fields, count, err);
    return begin_snapshot(s, fields, count, err) && take_row(s, fields, count, err);
}
