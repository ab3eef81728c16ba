/* tss.c - the records that support scripts (TSS, xray) make of poolmon logs.
 *
 *    Summary1,14/03/2025 08:00:01.25,16777216,9437184,51200300,10240,524288
 *    Summary2,14/03/2025 08:00:01.25,8388608,20971520,9437184,262144,786432
 *    Io  ,Nonp,9000000,8999000,1000,160000,160,14/03/2025 08:00:01.25
 *
 * The summaries are poolmon's two lines of memory totals, in KB; a tag may hold a comma.
 */
#include "text/cells.h"
#include "text/dialect.h"
#include "text/record.h"

enum { SUMMARY_CELLS = 7, COLUMNS = 5 };

typedef struct tss {
    ps_moments moments;
    ps_record_ways ways;
    bool first, second; /* which summaries the snapshot has */
    bool summaries;     /* any snapshot has some: the log is not an excerpt */
} tss;

PS_DIALECT_FITS(tss);

static const int first_fields[] = {PS_MEM_PHYSICAL, PS_MEM_AVAILABLE, PS_MEM_PAGE_FAULTS,
                                   PS_MEM_KERNEL_RESIDENT, PS_MEM_PAGED_RESIDENT};
static const int second_fields[] = {PS_MEM_COMMIT, PS_MEM_COMMIT_LIMIT, PS_MEM_COMMIT_PEAK,
                                    PS_MEM_NONPAGED, PS_MEM_PAGED};

/* 1 or 2, by the first cell; 0 if the line is no summary. */
static int summary_of(ps_span body, ps_cells *cells)
{
    if (body.end - body.at > PS_MOST_ROW_BYTES || body.at == body.end || (*body.at | 0x20) != 's' ||
        !ps_part_cells(body, ',', cells) || cells->count != SUMMARY_CELLS)
        return 0;
    if (ps_word_is(cells->at[0], "Summary1"))
        return 1;
    return ps_word_is(cells->at[0], "Summary2") ? 2 : 0;
}

static bool is_number(ps_span cell)
{
    uint64_t value;

    return ps_scan_unsigned(&cell, &value) == PS_SCAN_OK && cell.at == cell.end;
}

static ps_moment *moment_of(tss *table, int summary, const ps_cells *cells, ps_reading *reading)
{
    const ps_moment_name name = {.time = cells->at[1]};
    const bool again = summary == 1 ? table->first || table->second : table->second;

    if (!again && table->moments.count > 0)
        return &table->moments.list[table->moments.current];
    table->first = table->second = false;
    return ps_moments_add(&table->moments, reading, &name);
}

static void read_summary(tss *table, int summary, const ps_cells *cells, ps_reading *reading)
{
    const int *fields = summary == 1 ? first_fields : second_fields;
    ps_moment *moment = moment_of(table, summary, cells, reading);

    if (moment == NULL)
        return;
    if (!moment->has_when)
        moment->has_when = ps_read_when(cells->at[1], &moment->when);
    for (int i = 0; i < COLUMNS; i++) {
        ps_span at = cells->at[i + 2];
        uint64_t value;
        const bool read = ps_scan_unsigned(&at, &value) == PS_SCAN_OK && at.at == at.end;
        const bool count = fields[i] == PS_MEM_PAGE_FAULTS;
        if (!read || value > UINT64_MAX >> 10) {
            ps_remark(reading->text, PS_REFUSED, &reading->line, "total %d of %d is no number",
                      i + 1, COLUMNS);
            continue;
        }
        ps_draft_memory(&moment->draft, (ps_memory_field)fields[i], count ? value : value << 10,
                        &reading->line);
    }
    *(summary == 1 ? &table->first : &table->second) = true;
    table->summaries = true;
}

/* Four characters, a comma, the type and a comma: the rest stands behind. */
static bool take_head(const ps_reading *reading, ps_span *tag, ps_pool *pool, ps_span *rest)
{
    ps_span at = ps_whole_line(reading);

    if (reading->line.size > reading->row_bytes ||
        !ps_take_tag(&at, reading->text->encoding, tag) || !ps_take_text(&at, ","))
        return false;
    *pool = PS_POOL_NONPAGED;
    if (!ps_take_text(&at, "Nonp,")) {
        *pool = PS_POOL_PAGED;
        if (!ps_take_text(&at, "Paged,"))
            return false;
    }
    *rest = at;
    return true;
}

static void read_row(tss *table, ps_record *record, const ps_cells *cells, ps_reading *reading)
{
    static const ps_measure measures[COLUMNS] = {PS_MEASURE_ALLOCS, PS_MEASURE_FREES,
                                                 PS_MEASURE_DIFF, PS_MEASURE_BYTES,
                                                 PS_MEASURE_PER_ALLOC};
    ps_moment *moment;

    for (int i = 0; i < COLUMNS; i++) {
        const ps_role role = {.kind = PS_ROLE_NUMBER, .side = PS_SIDE_ROW, .measure = measures[i]};
        ps_record_set(record, &role, cells->at[i], &table->ways);
    }
    if (!ps_record_check(record)) {
        ps_remark(reading->text, record->severity, &reading->line, "%s", record->why);
        return;
    }
    if (cells->count > COLUMNS)
        record->moment.time = cells->at[COLUMNS];
    moment = cells->count > COLUMNS || table->moments.count == 0
                 ? ps_moments_find(&table->moments, reading, &record->moment)
                 : &table->moments.list[table->moments.current];
    if (moment == NULL)
        return;
    ps_record_put(record, moment, reading);
    reading->text->row_line_count++;
}

static bool try_row(tss *table, ps_reading *reading)
{
    ps_record record;
    ps_span tag, rest;
    ps_cells cells;

    ps_record_clear(&record);
    if (!take_head(reading, &tag, &record.pool, &rest))
        return false;
    record.has_pool = true;
    record.has_tag = ps_read_tag(tag, reading->text->encoding, &record.tag);
    if (ps_part_cells(rest, ',', &cells) && cells.count >= COLUMNS && cells.count <= COLUMNS + 1) {
        read_row(table, &record, &cells, reading);
        return true;
    }
    ps_remark(reading->text, PS_REFUSED, &reading->line,
              "the record has not the %d numbers that it should", COLUMNS);
    return true;
}

static bool is_row(const ps_reading *reading)
{
    ps_span tag, rest;
    ps_pool pool;
    ps_cells cells;
    ps_when when;

    if (!take_head(reading, &tag, &pool, &rest) || !ps_part_cells(rest, ',', &cells) ||
        cells.count != COLUMNS + 1)
        return false;
    for (int i = 0; i < COLUMNS; i++)
        if (!is_number(cells.at[i]))
            return false;
    return ps_read_when(cells.at[COLUMNS], &when);
}

static bool start(void *state, ps_reading *reading)
{
    tss *table = state;
    ps_cells cells;
    const int summary = summary_of(reading->body, &cells);

    if ((summary == 0 || !is_number(cells.at[2])) && !is_row(reading))
        return false;
    table->ways.encoding = reading->text->encoding;
    table->ways.decimal = '.';
    ps_moments_open(&table->moments, reading->text, "poolmon CSV");
    if (summary > 0)
        read_summary(table, summary, &cells, reading);
    else
        (void)try_row(table, reading);
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    tss *table = state;
    ps_cells cells;
    int summary;

    if (reading->body.at == reading->body.end)
        return true;
    if (try_row(table, reading))
        return true;
    summary = summary_of(reading->body, &cells);
    if (summary > 0)
        read_summary(table, summary, &cells, reading);
    return summary > 0;
}

static void finish(void *state, ps_reading *reading)
{
    tss *table = state;

    (void)reading;
    ps_moments_finish(&table->moments, table->summaries ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
}

const ps_dialect ps_tss_dialect = {.name = "poolmon CSV",
                                   .needs = PS_HAS_DIGIT | PS_HAS_COMMA,
                                   .least = 10,
                                   .start = start,
                                   .row = row,
                                   .finish = finish};
