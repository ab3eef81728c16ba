/* record.c - one tag's numbers, put together from cells, fields or keys, as rows of a snapshot. */
#include "text/record.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void ps_record_clear(ps_record *record)
{
    memset(record, 0, offsetof(ps_record, binary));
    record->session = PS_NO_SESSION;
    record->severity = PS_REFUSED;
    record->binary[0] = record->note[0] = record->why[0] = '\0';
}

void ps_record_refuse(ps_record *record, ps_severity severity, const char *format, ...)
{
    va_list arguments;

    if (record->why[0] != '\0')
        return;
    record->severity = severity;
    if (strchr(format, '%') == NULL) {
        memcpy(record->why, format, strlen(format) + 1);
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(record->why, sizeof record->why, format, arguments);
    va_end(arguments);
}

/* --- fields ---------------------------------------------------------------------------------- */

static const char *const measure_names[PS_MEASURES] = {
    "Allocs",          "Frees",          "Diff",          "Bytes",         "Per Alloc",
    "Allocs (change)", "Frees (change)", "Diff (change)", "Bytes (change)"};

static bool is_count(ps_measure measure)
{
    return measure == PS_MEASURE_ALLOCS || measure == PS_MEASURE_FREES ||
           measure == PS_MEASURE_PER_ALLOC;
}

/* Counts may use all 64 bits, the rest has a sign. */
static bool store(int64_t *value, const ps_amount *amount, ps_measure measure)
{
    if (is_count(measure)) {
        *value = (int64_t)amount->size;
        return !amount->negative || amount->size == 0;
    }
    if (amount->size > (uint64_t)INT64_MAX)
        return false;
    *value = amount->negative ? -(int64_t)amount->size : (int64_t)amount->size;
    return true;
}

static bool has(const ps_record *record, ps_side side, ps_measure measure)
{
    return (record->known[side] >> measure & 1U) != 0;
}

static void set_number(ps_record *record, const ps_role *role, ps_span cell, ps_record_ways *ways)
{
    const uint16_t bit = (uint16_t)(1U << role->measure);
    const int64_t before = record->values[role->side][role->measure];
    ps_amount amount;
    ps_amount_result result = ps_read_amount(cell, role->shift, &ways->decimal, &amount);

    if (result == PS_AMOUNT_EMPTY && ways->blank_is_zero)
        result = PS_AMOUNT_OK;
    if (result == PS_AMOUNT_EMPTY)
        return;
    if (result == PS_AMOUNT_OK &&
        !store(&record->values[role->side][role->measure], &amount, role->measure))
        result = PS_AMOUNT_BIG;
    if (result != PS_AMOUNT_OK) {
        const int shown = cell.end - cell.at > 24 ? 24 : (int)(cell.end - cell.at);
        ps_record_refuse(record, result == PS_AMOUNT_AMBIGUOUS ? PS_AMBIGUOUS : PS_REFUSED,
                         "%s \"%.*s\" %s", measure_names[role->measure], shown, cell.at,
                         ps_amount_reason(result));
        return;
    }
    if (has(record, role->side, role->measure) &&
        before != record->values[role->side][role->measure])
        ps_record_refuse(record, PS_AMBIGUOUS, "%s stands in it twice",
                         measure_names[role->measure]);
    record->known[role->side] |= bit;
    if (amount.rounded)
        record->rounded[role->side] |= bit;
}

/* A tag in quotes may begin with blanks, and one out of a spreadsheet may have lost those behind it. */
static void set_tag(ps_record *record, ps_span cell, ps_encoding encoding)
{
    const ps_tag before = record->tag.tag;
    const bool again = record->has_tag;

    if (cell.end - cell.at == 5 && *cell.at == '\'')
        cell.at++; /* what keeps a spreadsheet from taking the cell for a formula */
    while (ps_count_characters(cell, encoding) > 4 && ps_is_blank(cell.end[-1]))
        cell.end--; /* blanks behind a tag's own four are the line's */
    record->has_tag = ps_read_tag(cell, encoding, &record->tag);
    if (record->has_tag && again && record->tag.tag != before)
        ps_record_refuse(record, PS_AMBIGUOUS, "it has two tags");
    if (!record->has_tag && cell.at == cell.end)
        ps_record_refuse(record, PS_REFUSED, "the row has no tag");
    if (!record->has_tag)
        ps_record_refuse(record, PS_REFUSED, "its tag has more than four characters");
}

bool ps_read_tag_hex(ps_span cell, ps_tag *tag)
{
    char decimal = '.';
    char digits[12];
    ps_amount amount;
    const size_t size = (size_t)(cell.end - cell.at);

    if (size != 8 && !(size == 10 && memcmp(cell.at, "0x", 2) == 0))
        return false;
    digits[0] = '0';
    digits[1] = 'x';
    memcpy(digits + 2, cell.end - 8, 8);
    if (ps_read_amount((ps_span){digits, digits + 10}, 0, &decimal, &amount) != PS_AMOUNT_OK)
        return false;
    *tag = (ps_tag)amount.size;
    return true;
}

static void set_session(ps_record *record, ps_span cell)
{
    ps_span at = cell;
    uint64_t value;

    if (cell.at == cell.end || ps_word_is(cell, "null") || ps_word_is(cell, "-"))
        return;
    if (ps_word_is(cell, "all")) {
        record->session = PS_ALL_SESSIONS;
        return;
    }
    if (ps_scan_unsigned(&at, &value) != PS_SCAN_OK || at.at < at.end || value > INT32_MAX)
        ps_record_refuse(record, PS_REFUSED, "its session is no number");
    else
        record->session = (int32_t)value;
}

uint16_t ps_read_flags(ps_span cell)
{
    static const struct {
        const char *name;
        uint16_t flag;
    } names[] = {{"rounded", PS_ROW_ROUNDED},         {"~", PS_ROW_ROUNDED},
                 {"duplicate", PS_ROW_DUPLICATE},     {"dup", PS_ROW_DUPLICATE},
                 {"unconfirmed", PS_ROW_UNCONFIRMED}, {"tag-ambiguous", PS_ROW_TAG_AMBIGUOUS},
                 {"tag?", PS_ROW_TAG_AMBIGUOUS}};
    uint16_t flags = 0;

    while (cell.at < cell.end) {
        ps_span word = {cell.at, cell.at};
        while (word.end < cell.end && *word.end != ';' && *word.end != ',')
            word.end++;
        cell.at = word.end + (word.end < cell.end);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (ps_word_is(ps_trim(word), names[i].name))
                flags |= names[i].flag;
    }
    return flags;
}

static void copy_text(char *out, size_t room, ps_span cell)
{
    const size_t size = (size_t)(cell.end - cell.at);

    if (size == 0 || size >= room)
        return;
    memcpy(out, cell.at, size);
    out[size] = '\0';
}

void ps_record_set(ps_record *record, const ps_role *role, ps_span cell, ps_record_ways *ways)
{
    switch (role->kind) {
    case PS_ROLE_TAG:
        set_tag(record, cell, ways->encoding);
        break;
    case PS_ROLE_TAG_HEX:
        record->has_hex = ps_read_tag_hex(ps_trim(cell), &record->hex);
        break;
    case PS_ROLE_POOL:
        record->has_pool = ps_read_pool(cell, &record->pool);
        break;
    case PS_ROLE_SESSION:
        set_session(record, ps_trim(cell));
        break;
    case PS_ROLE_TIME_UTC:
        record->has_utc = cell.at < cell.end;
        if (record->has_utc)
            record->moment.time = cell;
        break;
    case PS_ROLE_TIME:
        if (!record->has_utc)
            record->moment.time = cell;
        break;
    case PS_ROLE_HOST:
        record->moment.host = cell;
        break;
    case PS_ROLE_BINARY:
        copy_text(record->binary, sizeof record->binary, cell);
        break;
    case PS_ROLE_NOTE:
        copy_text(record->note, sizeof record->note, cell);
        break;
    case PS_ROLE_FLAGS:
        record->flags |= ps_read_flags(cell);
        break;
    case PS_ROLE_NUMBER:
        set_number(record, role, cell, ways);
        break;
    default:
        break;
    }
}

/* --- rows ------------------------------------------------------------------------------------ */

/* The tag's bytes are those of its hex form, if the characters do not say otherwise. */
static void settle_tag(ps_record *record)
{
    if (!record->has_hex)
        return;
    for (unsigned i = 0; record->has_tag && i < 4; i++) {
        const uint32_t shown = record->tag.tag >> (8 * i) & 0xFF;
        const uint32_t byte = record->hex >> (8 * i) & 0xFF;
        const bool printable = byte >= 0x20 && byte < 0x7F;
        if (printable && shown != byte && !(shown == ' ' && byte == 0))
            ps_record_refuse(record, PS_REFUSED,
                             "its tag and the tag's hex value are different tags");
    }
    record->tag = (ps_shown_tag){record->hex, false};
    record->has_tag = true;
}

static bool says_something(const ps_record *record, ps_side side)
{
    return has(record, side, PS_MEASURE_BYTES) || has(record, side, PS_MEASURE_DIFF) ||
           (has(record, side, PS_MEASURE_ALLOCS) && has(record, side, PS_MEASURE_FREES));
}

bool ps_record_says_something(const ps_record *record)
{
    return says_something(record, PS_SIDE_NONPAGED) || says_something(record, PS_SIDE_PAGED) ||
           says_something(record, PS_SIDE_ROW);
}

bool ps_record_check(ps_record *record)
{
    settle_tag(record);
    if (!record->has_tag)
        ps_record_refuse(record, PS_REFUSED, "the row has no tag");
    if (says_something(record, PS_SIDE_ROW) && !record->has_pool)
        ps_record_refuse(record, PS_REFUSED, "the row does not say which pool it is of");
    if (!ps_record_says_something(record))
        ps_record_refuse(record, PS_REFUSED, "the row has neither bytes nor allocations in use");
    return record->why[0] == '\0';
}

static bool is_zero(const ps_record *record, ps_side side)
{
    for (int i = 0; i < PS_MEASURES; i++)
        if (record->values[side][i] != 0)
            return false;
    return true;
}

static const char *note_of(const ps_record *record, ps_reading *reading)
{
    if (record->binary[0] == '\0' && record->note[0] == '\0')
        return NULL;
    (void)snprintf(reading->note, sizeof reading->note, "%s%s%s", record->binary,
                   record->binary[0] != '\0' && record->note[0] != '\0' ? " - " : "", record->note);
    return reading->note;
}

/* Does the row give the sum of both pools, to the last digit? */
static bool has_total(const ps_record *record, ps_measure measure)
{
    const uint16_t rounded = record->rounded[PS_SIDE_NONPAGED] | record->rounded[PS_SIDE_PAGED] |
                             record->rounded[PS_SIDE_BOTH];

    return has(record, PS_SIDE_NONPAGED, measure) && has(record, PS_SIDE_PAGED, measure) &&
           has(record, PS_SIDE_BOTH, measure) && (rounded >> measure & 1) == 0;
}

static uint64_t sum_of(const ps_record *record, ps_measure measure)
{
    return (uint64_t)record->values[PS_SIDE_NONPAGED][measure] +
           (uint64_t)record->values[PS_SIDE_PAGED][measure];
}

static void check_total(const ps_record *record, ps_measure measure, ps_reading *reading)
{
    if (!has_total(record, measure) ||
        sum_of(record, measure) == (uint64_t)record->values[PS_SIDE_BOTH][measure])
        return;
    ps_remark(reading->text, PS_FLAGGED, &reading->line,
              "nonpaged and paged %s together are %llu but the total says %llu",
              measure_names[measure], (unsigned long long)sum_of(record, measure),
              (unsigned long long)record->values[PS_SIDE_BOTH][measure]);
}

/* Bytes are bound by the sum of both pools, counts by each other; a spoilt digit would show. */
static bool is_bound(const ps_record *record, ps_side side)
{
    const uint16_t counts =
        1U << PS_MEASURE_ALLOCS | 1U << PS_MEASURE_FREES | 1U << PS_MEASURE_DIFF;
    const int64_t *values = record->values[side];
    const uint16_t known = record->known[side] & counts;

    if (!has_total(record, PS_MEASURE_BYTES) ||
        sum_of(record, PS_MEASURE_BYTES) !=
            (uint64_t)record->values[PS_SIDE_BOTH][PS_MEASURE_BYTES])
        return false;
    return known == 0 ||
           (known == counts && (uint32_t)(values[PS_MEASURE_ALLOCS] - values[PS_MEASURE_FREES]) ==
                                   (uint32_t)values[PS_MEASURE_DIFF]);
}

static void put_side(const ps_record *record, ps_side side, ps_pool pool, ps_draft *draft,
                     ps_reading *reading)
{
    static const uint8_t bits[PS_MEASURES] = {
        PS_KNOW_ALLOCS,     PS_KNOW_FREES,        PS_KNOW_DIFF,        PS_KNOW_BYTES,
        PS_KNOW_PER_ALLOC,  PS_KNOW_DELTA_ALLOCS, PS_KNOW_DELTA_FREES, 0,
        PS_KNOW_DELTA_BYTES};
    const int64_t *values = record->values[side];
    ps_row row = {.tag = record->tag.tag,
                  .pool = (uint8_t)pool,
                  .session = record->session,
                  .flags = record->flags,
                  .allocs = (uint64_t)values[PS_MEASURE_ALLOCS],
                  .frees = (uint64_t)values[PS_MEASURE_FREES],
                  .diff = values[PS_MEASURE_DIFF],
                  .bytes = values[PS_MEASURE_BYTES],
                  .per_alloc = (uint64_t)values[PS_MEASURE_PER_ALLOC],
                  .delta_allocs = values[PS_MEASURE_DELTA_ALLOCS],
                  .delta_frees = values[PS_MEASURE_DELTA_FREES],
                  .delta_bytes = values[PS_MEASURE_DELTA_BYTES]};

    for (int i = 0; i < PS_MEASURES; i++)
        if (has(record, side, (ps_measure)i))
            row.known |= bits[i];
    if (record->rounded[side] != 0)
        row.flags |= PS_ROW_ROUNDED;
    if (has(record, side, PS_MEASURE_BYTES) && (record->rounded[side] >> PS_MEASURE_BYTES & 1) != 0)
        row.known &= (uint8_t)~PS_KNOW_PER_ALLOC; /* nothing to hold it against */
    row.flags |= record->tag.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    row.note = note_of(record, reading);
    if (is_bound(record, side))
        ps_draft_placed_row(draft, &row, &reading->line);
    else
        ps_draft_row(draft, &row, &reading->line);
}

static bool is_bottom(const ps_record *record)
{
    return has(record, PS_SIDE_NONPAGED, PS_MEASURE_BYTES) &&
           has(record, PS_SIDE_PAGED, PS_MEASURE_BYTES) &&
           record->values[PS_SIDE_NONPAGED][PS_MEASURE_BYTES] == 0 &&
           record->values[PS_SIDE_PAGED][PS_MEASURE_BYTES] == 0;
}

void ps_record_put(ps_record *record, ps_moment *moment, ps_reading *reading)
{
    const bool paged = says_something(record, PS_SIDE_PAGED) && !is_zero(record, PS_SIDE_PAGED);
    const bool nonpaged =
        says_something(record, PS_SIDE_NONPAGED) && (!is_zero(record, PS_SIDE_NONPAGED) || !paged);

    if (nonpaged)
        put_side(record, PS_SIDE_NONPAGED, PS_POOL_NONPAGED, &moment->draft, reading);
    if (paged || (!nonpaged && says_something(record, PS_SIDE_PAGED)))
        put_side(record, PS_SIDE_PAGED, PS_POOL_PAGED, &moment->draft, reading);
    if (says_something(record, PS_SIDE_ROW))
        put_side(record, PS_SIDE_ROW, record->pool, &moment->draft, reading);
    for (ps_measure i = PS_MEASURE_ALLOCS; i <= PS_MEASURE_BYTES; i++)
        if (i != PS_MEASURE_DIFF)
            check_total(record, i, reading);
    moment->bottom |= is_bottom(record);
}

void ps_record_add(ps_record *record, ps_moments *moments, ps_reading *reading)
{
    ps_moment *moment;

    if (!ps_record_check(record)) {
        ps_remark(reading->text, record->severity, &reading->line, "%s", record->why);
        return;
    }
    moment = ps_moments_find(moments, reading, &record->moment);
    if (moment == NULL)
        return;
    ps_record_put(record, moment, reading);
    reading->text->row_line_count++;
}
