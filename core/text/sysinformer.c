/* sysinformer.c - rows copied out of System Informer's pool table.
 *
 *    Io  , nt!io, general IO allocations, , , , , 9,000,000, 8,999,000, 1,000, 156.25 kB
 *
 * Cells are parted by a comma and a blank; what is zero is left out.  Tag, driver and description are
 * followed by allocations, frees, current ones and bytes of the paged and the nonpaged pool, where
 * shown by those of both, and by the changes of all three.
 */
#include "text/dialect.h"
#include "text/record.h"

#include <string.h>

enum { CELLS = 64, TEXTS = 3, NUMBERS = 8, WITH_TOTALS = 12, WITH_CHANGES = 24 };

typedef struct sysinformer {
    ps_moments moments;
    ps_record_ways ways;
} sysinformer;

PS_DIALECT_FITS(sysinformer);

typedef struct cells {
    ps_span at[CELLS];
    size_t count;
} cells;

/* Between commas with a blank behind them; the last blank may be lost. */
static bool part(ps_span line, cells *list)
{
    list->count = 0;
    while (list->count < CELLS) {
        ps_span *cell = &list->at[list->count++];
        *cell = (ps_span){line.at, line.at};
        while (cell->end < line.end &&
               !(cell->end[0] == ',' && (cell->end + 1 == line.end || cell->end[1] == ' ')))
            cell->end++;
        if (cell->end == line.end)
            return true;
        line.at = cell->end + 1;
        line.at += line.at < line.end;
    }
    return false;
}

static void set_numbers(sysinformer *table, const ps_span *at, size_t count, ps_record *record)
{
    static const ps_side sides[] = {PS_SIDE_PAGED, PS_SIDE_NONPAGED, PS_SIDE_BOTH};

    for (size_t i = 0; i < count; i++) {
        const size_t measure = i % 4 + (i >= WITH_TOTALS ? (size_t)PS_MEASURE_DELTA_ALLOCS : 0);
        const ps_role role = {.kind = PS_ROLE_NUMBER,
                              .side = sides[i % WITH_TOTALS / 4],
                              .measure = (ps_measure)measure};
        ps_record_set(record, &role, ps_trim(at[i]), &table->ways);
    }
}

static bool sums_up(const ps_record *record, ps_side side)
{
    const int64_t *values = record->values[side];

    return (uint32_t)(values[PS_MEASURE_ALLOCS] - values[PS_MEASURE_FREES]) ==
               (uint32_t)values[PS_MEASURE_DIFF] &&
           (values[PS_MEASURE_DIFF] == 0) == (values[PS_MEASURE_BYTES] == 0);
}

static bool is_total(const ps_record *record, ps_measure measure)
{
    return record->values[PS_SIDE_PAGED][measure] + record->values[PS_SIDE_NONPAGED][measure] ==
           record->values[PS_SIDE_BOTH][measure];
}

/* The numbers are those of a pool tag if both pools sum up, and something is allocated at all. */
static bool is_proved(ps_record *record, size_t count)
{
    if (!ps_record_check(record) || !sums_up(record, PS_SIDE_PAGED) ||
        !sums_up(record, PS_SIDE_NONPAGED) ||
        (record->values[PS_SIDE_PAGED][PS_MEASURE_ALLOCS] == 0 &&
         record->values[PS_SIDE_NONPAGED][PS_MEASURE_ALLOCS] == 0))
        return false;
    return count == NUMBERS ||
           (is_total(record, PS_MEASURE_ALLOCS) && is_total(record, PS_MEASURE_FREES) &&
            is_total(record, PS_MEASURE_DIFF));
}

/* What stands between tag and numbers: the driver, and a description that may hold commas. */
static void set_texts(sysinformer *table, const cells *list, size_t numbers, ps_record *record)
{
    static const ps_role roles[] = {
        {.kind = PS_ROLE_TAG}, {.kind = PS_ROLE_BINARY}, {.kind = PS_ROLE_NOTE}};
    const ps_span note = {list->at[2].at, list->at[list->count - numbers - 1].end};

    ps_record_set(record, &roles[0], list->at[0], &table->ways);
    ps_record_set(record, &roles[1], ps_trim(list->at[1]), &table->ways);
    ps_record_set(record, &roles[2], ps_trim(note), &table->ways);
}

/* With all columns or with fewer: the first way that proves itself. */
static bool read_numbers(sysinformer *table, const cells *list, ps_record *record)
{
    static const size_t counts[] = {WITH_CHANGES, WITH_TOTALS, NUMBERS};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const char decimal = table->ways.decimal;
        if (list->count < counts[i] + TEXTS)
            continue;
        ps_record_clear(record);
        set_texts(table, list, counts[i], record);
        set_numbers(table, &list->at[list->count - counts[i]], counts[i], record);
        if (is_proved(record, counts[i]))
            return true;
        if (record->severity != PS_AMBIGUOUS)
            table->ways.decimal = decimal;
    }
    return false;
}

static bool read_line(sysinformer *table, ps_reading *reading, cells *list)
{
    const ps_span line = ps_whole_line(reading);

    (void)table;
    return reading->line.size <= reading->row_bytes && reading->line.size > NUMBERS + TEXTS &&
           part(line, list) && list->count >= NUMBERS + TEXTS &&
           ps_count_characters(list->at[0], reading->text->encoding) <= 4;
}

static bool start(void *state, ps_reading *reading)
{
    sysinformer *table = state;
    ps_record record;
    cells list;

    if (!read_line(table, reading, &list))
        return false;
    table->ways = (ps_record_ways){.encoding = reading->text->encoding, .blank_is_zero = true};
    if (!read_numbers(table, &list, &record)) {
        *table = (sysinformer){0};
        return false;
    }
    ps_moments_open(&table->moments, reading->text, "System Informer");
    ps_record_add(&record, &table->moments, reading);
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    sysinformer *table = state;
    ps_record record = {0};
    cells list;

    if (reading->body.at == reading->body.end)
        return true;
    if (!read_line(table, reading, &list))
        return false;
    if (read_numbers(table, &list, &record)) {
        ps_record_add(&record, &table->moments, reading);
        return true;
    }
    ps_remark(reading->text, record.why[0] == '\0' ? PS_REFUSED : record.severity, &reading->line,
              "%s", record.why[0] == '\0' ? "its numbers do not sum up" : record.why);
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    sysinformer *table = state;

    (void)reading;
    ps_moments_finish(&table->moments, PS_SCOPE_PART);
}

const ps_dialect ps_sysinformer_dialect = {.name = "System Informer",
                                           .needs = PS_HAS_DIGIT | PS_HAS_COMMA,
                                           .least = 10,
                                           .start = start,
                                           .row = row,
                                           .finish = finish};
