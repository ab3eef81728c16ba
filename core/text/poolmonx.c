/* poolmonx.c - what PoolMonX saves and copies without headings.
 *
 *    3:  Acme,0x656D6341,70,20,50,8,000,500,100,500,000,100,409,600,acmeflt.sys,contexts
 *    2:  Acme <tab> 70 <tab> 20 <tab> 50 <tab> 8 KB <tab> ... acmeflt.sys <tab> contexts
 *
 * Version 3 groups thousands by commas and parts cells by commas too.  Groups of three digits and
 * the sums (Allocs - Frees is Diff, in both pools) tell which way to put the pieces together again;
 * where they leave two, neither is taken.  Its hex value gives a tag's bytes.
 */
#include "text/cells.h"
#include "text/dialect.h"
#include "text/record.h"

#include <string.h>

enum {
    CHEAP = 1000, /* tries that cost a row nothing */
    DEAR = 20 * 1000,
    NUMBERS = 8,
    SIDE_NUMBERS = 4,
    PIECES = 40,
    OLD_CELLS = 11,
    NEW_CELLS = 12,
    MOST_GROUPS = 7
};

typedef struct poolmonx {
    ps_moments moments;
    ps_record_ways ways;
    bool old;
} poolmonx;

PS_DIALECT_FITS(poolmonx);

static const ps_measure measures[SIDE_NUMBERS] = {PS_MEASURE_ALLOCS, PS_MEASURE_FREES,
                                                  PS_MEASURE_DIFF, PS_MEASURE_BYTES};

/* --- pieces of numbers, put together again --------------------------------------------------- */

typedef struct pieces {
    uint64_t values[PIECES];
    uint8_t digits[PIECES];
    bool zero_first[PIECES]; /* begins with 0: a zero, or the rest of a number */
    size_t count;
} pieces;

/* The digits between commas up to the first cell that has others. */
static bool take_pieces(ps_span *at, pieces *list)
{
    list->count = 0;
    while (at->at < at->end) {
        const char *first = at->at;
        const char *stop = first;
        uint64_t value = 0;
        while (stop < at->end && ps_is_digit(*stop) && stop - first < 16)
            value = value * 10 + (uint64_t)(*stop++ - '0');
        if (stop == first || (stop < at->end && *stop != ','))
            break;
        if (list->count == PIECES)
            return false;
        list->values[list->count] = value;
        list->zero_first[list->count] = *first == '0';
        list->digits[list->count++] = (uint8_t)(stop - first);
        at->at = stop + (stop < at->end);
    }
    return list->count >= NUMBERS;
}

typedef struct joiner {
    const pieces *list;
    uint64_t values[NUMBERS];
    uint64_t found[NUMBERS];
    unsigned best; /* how good the one found is; 0 for none */
    unsigned ties; /* others as good */
    uint64_t work_left;
} joiner;

/* The number of pieces first up to last; false if they are not groups of one. */
static bool join(const pieces *list, size_t first, size_t last, uint64_t *value)
{
    *value = list->values[first];
    if (last > first + 1 && (list->zero_first[first] || list->digits[first] > 3))
        return false;
    for (size_t i = first + 1; i < last; i++) {
        if (list->digits[i] != 3 || *value > (UINT64_MAX - 999) / 1000)
            return false;
        *value = *value * 1000 + list->values[i];
    }
    return !(list->zero_first[first] && list->digits[first] > 1);
}

static bool sums_up(const uint64_t *side)
{
    return side[0] <= UINT32_MAX && side[1] <= UINT32_MAX &&
           (uint32_t)(side[0] - side[1]) == side[2];
}

/* Each allocation takes some bytes, and what is not allocated takes none. */
static bool is_plausible(const uint64_t *side)
{
    return (side[2] == 0) == (side[3] == 0) && side[3] >= side[2];
}

static void judge(joiner *all)
{
    unsigned mark = 1;

    if (!sums_up(all->values) || !sums_up(all->values + SIDE_NUMBERS))
        return;
    if (is_plausible(all->values) && is_plausible(all->values + SIDE_NUMBERS))
        mark = 2;
    if (mark > all->best) {
        memcpy(all->found, all->values, sizeof all->found);
        all->best = mark;
        all->ties = 0;
    } else if (mark == all->best) {
        all->ties++;
    }
}

/* Where each number ends, one after the other; the last ends where the pieces do. */
static void try_all(joiner *all)
{
    size_t ends[NUMBERS + 1] = {0};
    size_t at = 0; /* the number whose end is moved */

    while (all->work_left > 0) {
        const size_t first = ends[at];
        const size_t last = at + 1 == NUMBERS ? all->list->count : ends[at + 1] + 1;
        const bool over = last > all->list->count - (NUMBERS - 1 - at) || last <= first ||
                          last - first > MOST_GROUPS || (at + 1 == NUMBERS && ends[NUMBERS] != 0);
        all->work_left--;
        if (over) {
            if (at == 0)
                return;
            ends[at + 1] = 0;
            at--;
            continue;
        }
        ends[at + 1] = last;
        if (!join(all->list, first, last, &all->values[at]) || (at == 2 && !sums_up(all->values)))
            continue;
        if (at + 1 == NUMBERS) {
            judge(all);
            continue;
        }
        at++;
        ends[at + 1] = at + 1 == NUMBERS ? 0 : ends[at];
    }
}

/* --- rows of version 3 ----------------------------------------------------------------------- */

/* "Acme,0x656D6341," */
static bool take_tag(ps_span *at, ps_encoding encoding, ps_record *record)
{
    ps_span tag, hex;

    if (!ps_take_tag(at, encoding, &tag) || at->end - at->at < 12 || *at->at != ',' ||
        at->at[11] != ',')
        return false;
    hex = (ps_span){at->at + 1, at->at + 11};
    record->has_hex = ps_read_tag_hex(hex, &record->hex) && memcmp(hex.at, "0x", 2) == 0;
    record->has_tag = ps_read_tag(tag, encoding, &record->tag);
    at->at += 12;
    return record->has_hex && record->has_tag;
}

static void set_values(ps_record *record, const uint64_t *values)
{
    for (int i = 0; i < NUMBERS; i++) {
        const ps_side side = i < SIDE_NUMBERS ? PS_SIDE_PAGED : PS_SIDE_NONPAGED;
        const ps_measure measure = measures[i % SIDE_NUMBERS];
        record->values[side][measure] = (int64_t)values[i];
        record->known[side] |= (uint16_t)(1U << measure);
    }
}

/* "acmeflt.sys,contexts, and more" */
static void set_note(ps_record *record, ps_span rest, ps_record_ways *ways)
{
    static const ps_role binary = {.kind = PS_ROLE_BINARY};
    static const ps_role note = {.kind = PS_ROLE_NOTE};
    const char *comma =
        rest.at == rest.end ? NULL : memchr(rest.at, ',', (size_t)(rest.end - rest.at));

    if (comma == NULL)
        comma = rest.end;
    ps_record_set(record, &binary, ps_trim((ps_span){rest.at, comma}), ways);
    ps_record_set(record, &note, ps_trim((ps_span){comma + (comma < rest.end), rest.end}), ways);
}

/* Rows that take many tries share what may be spent on a text. */
static bool spend(ps_reading *reading, uint64_t work)
{
    if (reading->work_left < work) {
        reading->work_left = 0;
        return false;
    }
    reading->work_left -= work;
    return true;
}

static void read_new(poolmonx *table, ps_record *record, ps_span at, ps_reading *reading)
{
    pieces list;
    joiner all = {.list = &list, .work_left = DEAR};

    if (!take_pieces(&at, &list)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "the row has not its %d numbers",
                  NUMBERS);
        return;
    }
    try_all(&all);
    if (DEAR - all.work_left > CHEAP && !spend(reading, DEAR - all.work_left))
        all.work_left = 0;
    if (all.work_left == 0) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "there are too many ways to tell its commas apart");
        return;
    }
    if (all.best == 0 || all.ties > 0) {
        ps_remark(reading->text, all.best == 0 ? PS_REFUSED : PS_AMBIGUOUS, &reading->line,
                  all.best == 0
                      ? "commas within the numbers cannot be told from those between them"
                      : "commas within the numbers can be told from those between them in "
                        "two ways");
        return;
    }
    set_values(record, all.found);
    set_note(record, at, &table->ways);
    ps_record_add(record, &table->moments, reading);
}

static bool try_new(poolmonx *table, ps_reading *reading)
{
    ps_span at = ps_whole_line(reading);
    ps_record record;

    ps_record_clear(&record);
    if (reading->line.size > reading->row_bytes || !take_tag(&at, reading->text->encoding, &record))
        return false;
    read_new(table, &record, at, reading);
    return true;
}

/* --- rows parted by tabs: of version 2, and copied ones of version 3 --------------------------- */

static bool part_old(const ps_reading *reading, ps_cells *cells)
{
    const ps_span line = ps_whole_line(reading);

    return reading->line.size <= reading->row_bytes && reading->line.size > OLD_CELLS &&
           memchr(line.at, '\t', reading->line.size) != NULL && ps_part_cells(line, '\t', cells) &&
           (cells->count == OLD_CELLS || cells->count == NEW_CELLS);
}

static void set_old(poolmonx *table, const ps_cells *cells, ps_reading *reading, ps_record *record)
{
    static const ps_role texts[] = {{.kind = PS_ROLE_TAG},
                                    {.kind = PS_ROLE_BINARY},
                                    {.kind = PS_ROLE_NOTE},
                                    {.kind = PS_ROLE_TAG_HEX}};
    const size_t first = cells->count == NEW_CELLS ? 2 : 1;
    ps_span tag = ps_whole_line(reading);

    tag.end = memchr(tag.at, '\t', reading->line.size);
    ps_record_clear(record);
    ps_record_set(record, &texts[0], tag, &table->ways);
    if (first == 2)
        ps_record_set(record, &texts[3], cells->at[1], &table->ways);
    for (size_t i = 0; i < NUMBERS; i++) {
        const ps_role role = {.kind = PS_ROLE_NUMBER,
                              .side = i < SIDE_NUMBERS ? PS_SIDE_PAGED : PS_SIDE_NONPAGED,
                              .measure = measures[i % SIDE_NUMBERS]};
        ps_record_set(record, &role, cells->at[first + i], &table->ways);
    }
    ps_record_set(record, &texts[1], cells->at[first + NUMBERS], &table->ways);
    ps_record_set(record, &texts[2], cells->at[first + NUMBERS + 1], &table->ways);
}

/* Every number is there and both pools sum up: no other table looks like that. */
static bool is_proved(ps_record *record)
{
    for (ps_side side = PS_SIDE_NONPAGED; side <= PS_SIDE_PAGED; side++) {
        const int64_t *values = record->values[side];
        const uint64_t three[] = {(uint64_t)values[PS_MEASURE_ALLOCS],
                                  (uint64_t)values[PS_MEASURE_FREES],
                                  (uint64_t)values[PS_MEASURE_DIFF]};
        if (record->known[side] != (1U << SIDE_NUMBERS) - 1U || !sums_up(three))
            return false;
    }
    return ps_record_check(record);
}

static bool try_old(poolmonx *table, ps_reading *reading, bool first)
{
    ps_record record;
    ps_cells cells;

    if (!part_old(reading, &cells))
        return false;
    set_old(table, &cells, reading, &record);
    if (is_proved(&record)) {
        ps_record_add(&record, &table->moments, reading);
        return true;
    }
    if (first)
        return false;
    ps_remark(reading->text, record.why[0] == '\0' ? PS_REFUSED : record.severity, &reading->line,
              "%s", record.why[0] == '\0' ? "its numbers do not sum up" : record.why);
    return true;
}

/* --- the dialect ----------------------------------------------------------------------------- */

static bool start(void *state, ps_reading *reading)
{
    poolmonx *table = state;
    ps_record record;
    ps_span at = ps_whole_line(reading);

    ps_record_clear(&record);
    table->ways.encoding = reading->text->encoding;
    if (reading->line.size <= reading->row_bytes && reading->line.size > OLD_CELLS) {
        if (take_tag(&at, reading->text->encoding, &record) && at.at < at.end &&
            ps_is_digit(*at.at)) {
            ps_moments_open(&table->moments, reading->text, "PoolMonX CSV");
            return try_new(table, reading);
        }
        ps_moments_open(&table->moments, reading->text, "PoolMonX");
        table->old = true;
        if (try_old(table, reading, true))
            return true;
    }
    *table = (poolmonx){0};
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    poolmonx *table = state;

    if (reading->body.at == reading->body.end)
        return true;
    return table->old ? try_old(table, reading, false) : try_new(table, reading);
}

static void finish(void *state, ps_reading *reading)
{
    poolmonx *table = state;

    (void)reading;
    ps_moments_finish(&table->moments, PS_SCOPE_PART);
}

const ps_dialect ps_poolmonx_dialect = {.name = "PoolMonX",
                                        .needs = PS_HAS_DIGIT,
                                        .any = PS_LETTER('x') | PS_HAS_TAB,
                                        .least = 10,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
