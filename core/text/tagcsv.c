/* tagcsv.c - CSV and TSV of pool tags: Export-Csv of PowerShell clones of poolmon, PoolmonViz,
 * PoolMonX 2, our own, and whatever else names its columns.
 *
 *    "DateTime","Tag","PagedDiff","PagedUsedBytes","NonPagedDiff","NonPagedUsedBytes"
 *    "2025-03-14T09:00:00","Io  ","0","0","1000","160000"
 *
 * Cells are parted by ',', ';' or tabs; columns stand in any order, unknown ones are passed over.
 */
#include "text/dialect.h"
#include "text/sheet.h"

#include <string.h>

enum { LEAST_CELLS = 3 };

typedef struct tagcsv {
    ps_sheet sheet;
    char separator;
    uint64_t headings; /* hash of their line */
} tagcsv;

PS_DIALECT_FITS(tagcsv);

/* "| Tag | Pool | Bytes |": what stands between the outer bars; empty where there are none. */
static ps_span between_bars(const ps_reading *reading)
{
    const ps_span line = ps_trim(reading->raw);

    if (line.end - line.at < 3 || *line.at != '|' || line.end[-1] != '|')
        return (ps_span){line.at, line.at};
    return (ps_span){line.at + 1, line.end - 1};
}

/* Blanks at the ends of a line may be cells, where tabs part them. */
static ps_span cells_line(const ps_reading *reading, char separator)
{
    if (separator == '|')
        return between_bars(reading);
    if (reading->at_prompt)
        return reading->body;
    return ps_whole_line(reading);
}

static uint64_t hash_of(ps_span span)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (; span.at < span.end; span.at++)
        hash = (hash ^ (unsigned char)*span.at) * UINT64_C(0x100000001B3);
    return hash;
}

/* System Informer leaves out what is zero. */
static bool leaves_zeros_out(const ps_cells *headings)
{
    for (size_t i = 0; i < headings->count; i++)
        if (ps_contains(headings->at[i], "allocations (total)"))
            return true;
    return false;
}

/* 0 where the line cannot be one of headings. */
static char separator_of(const ps_reading *reading)
{
    const ps_span bars = between_bars(reading);

    if (reading->line.size > reading->row_bytes || reading->line.more ||
        !ps_has_tag_word(reading->body))
        return 0;
    if (bars.at < bars.end)
        return '|';
    if ((reading->traits & PS_HAS_SEPARATOR) == 0)
        return 0;
    return ps_guess_separator(cells_line(reading, ','));
}

static bool start(void *state, ps_reading *reading)
{
    tagcsv *table = state;
    ps_cells headings;
    ps_sheet_fit fit = PS_SHEET_NO;
    const char separator = separator_of(reading);

    if (separator != '\0' && ps_part_cells(cells_line(reading, separator), separator, &headings) &&
        headings.count >= LEAST_CELLS)
        fit = ps_sheet_under_caption(
            &table->sheet, ps_sheet_headings(&table->sheet, headings.at, headings.count), reading);
    if (fit != PS_SHEET_YES) {
        ps_sheet_complain(fit, reading);
        *table = (tagcsv){0};
        return false;
    }
    table->separator = separator;
    table->headings = hash_of(reading->body);
    ps_sheet_open(&table->sheet, reading, "pool tag CSV");
    table->sheet.ways.blank_is_zero = leaves_zeros_out(&headings);
    return true;
}

/* Blanks belong to a tag: those within quotes, and those that make it four characters long. */
static ps_span widen(ps_span cell, ps_span line, char separator)
{
    ps_span wide = cell;

    while (wide.at > line.at && ps_is_blank(wide.at[-1]) && wide.at[-1] != separator)
        wide.at--;
    while (wide.end < line.end && ps_is_blank(*wide.end) && *wide.end != separator)
        wide.end++;
    if (wide.at > line.at && wide.at[-1] == '"' && wide.end < line.end && *wide.end == '"')
        return wide;
    return wide.end - wide.at == 4 ? wide : cell;
}

/* `"Io  "` or `Io  `: a tag as code, so that its blanks show. */
static ps_span out_of_code(ps_span cell)
{
    static const char marks[] = {'`', '"'};

    for (size_t i = 0; i < sizeof marks; i++) {
        if (cell.end - cell.at < 3 || *cell.at != marks[i] || cell.end[-1] != marks[i])
            continue;
        cell.at++;
        cell.end--;
    }
    return cell;
}

static bool is_number(ps_span cell, size_t digits)
{
    if (cell.at == cell.end || (size_t)(cell.end - cell.at) > digits)
        return false;
    for (; cell.at < cell.end; cell.at++)
        if (!ps_is_digit(*cell.at))
            return false;
    return true;
}

/* Do thousands separators without quotes part numbers into cells of their own? */
static bool looks_broken(const ps_cells *cells)
{
    for (size_t i = 1; i < cells->count; i++) {
        if (is_number(cells->at[i - 1], 3) && cells->at[i].end - cells->at[i].at == 3 &&
            is_number(cells->at[i], 3))
            return true;
    }
    return false;
}

/* A description that is not quoted may hold separators: the rest of the line is then its cell. */
static bool join_last(const tagcsv *table, ps_cells *cells)
{
    const size_t columns = table->sheet.columns;

    if (cells->count <= columns || table->sheet.roles[columns - 1].kind != PS_ROLE_NOTE ||
        looks_broken(cells))
        return false;
    cells->at[columns - 1].end = cells->at[cells->count - 1].end;
    cells->count = columns;
    return true;
}

/* Numbers that stand where they belong agree with each other. */
static bool is_proved(const ps_record *record)
{
    const uint16_t all = 1U << PS_MEASURE_ALLOCS | 1U << PS_MEASURE_FREES | 1U << PS_MEASURE_DIFF;
    bool proved = false;

    for (ps_side side = PS_SIDE_NONPAGED; side <= PS_SIDE_ROW; side++) {
        const int64_t *values = record->values[side];
        if ((record->known[side] & all) != all)
            continue;
        if ((uint32_t)(values[PS_MEASURE_ALLOCS] - values[PS_MEASURE_FREES]) !=
            (uint32_t)values[PS_MEASURE_DIFF])
            return false;
        proved = true;
    }
    return proved;
}

static void unquote(ps_cells *cells, char *buffer, size_t room)
{
    for (size_t i = 0; i < cells->count; i++) {
        const ps_span plain = ps_cell_text(cells->at[i], buffer, room);
        if (plain.at != buffer)
            continue;
        cells->at[i] = plain;
        buffer += plain.end - plain.at;
        room -= (size_t)(plain.end - plain.at);
    }
}

static void read_cells(tagcsv *table, ps_cells *cells, bool joined, ps_reading *reading)
{
    const ps_span line = cells_line(reading, table->separator);
    char plain[PS_MOST_ROW_BYTES];
    ps_record record;

    for (size_t i = 0; i < cells->count; i++) {
        if (table->sheet.roles[i].kind != PS_ROLE_TAG)
            continue;
        cells->at[i] = table->separator == '|' ? out_of_code(cells->at[i])
                                               : widen(cells->at[i], line, table->separator);
    }
    unquote(cells, plain, sizeof plain);
    ps_sheet_read(cells->at, cells->count, &table->sheet, &record);
    if (joined && !is_proved(&record)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "the row has more cells than the table has columns");
        return;
    }
    ps_record_add(&record, &table->sheet.moments, reading);
}

static bool has_digit(ps_span span)
{
    while (span.at < span.end && !ps_is_digit(*span.at))
        span.at++;
    return span.at < span.end;
}

/* The headings of another table, in other words or another order. */
static bool is_other_heading(const ps_cells *cells)
{
    ps_sheet other;

    return ps_sheet_headings(&other, cells->at, cells->count) != PS_SHEET_NO;
}

/* Headings again, as where files were put together; or cells with nothing in them. */
static bool says_nothing(const tagcsv *table, const ps_reading *reading)
{
    if (table->headings == hash_of(reading->body))
        return true;
    for (const char *at = reading->body.at; at < reading->body.end; at++) {
        const bool rule = table->separator == '|' && (*at == '-' || *at == ':');
        if (*at != table->separator && *at != '"' && !ps_is_blank(*at) && !rule)
            return false;
    }
    return true;
}

static bool is_type_line(ps_span body) { return ps_take_text(&body, "#TYPE "); }

static bool row(void *state, ps_reading *reading)
{
    tagcsv *table = state;
    ps_cells cells;
    bool joined, whole;

    if (reading->body.at == reading->body.end || is_type_line(reading->body))
        return true;
    if (reading->line.size > reading->row_bytes)
        return false;
    if (!has_digit(reading->body) && says_nothing(table, reading))
        return true;
    whole = ps_part_cells(cells_line(reading, table->separator), table->separator, &cells);
    if (whole && !has_digit(reading->body) && ps_has_tag_word(reading->body) &&
        is_other_heading(&cells))
        return false;
    joined = whole && join_last(table, &cells);
    if (whole && cells.count == table->sheet.columns) {
        read_cells(table, &cells, joined, reading);
        return true;
    }
    if (cells.count < LEAST_CELLS && whole)
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line,
              whole ? "the row has %zu cells instead of %zu" : "the quotes of the row do not match",
              cells.count, table->sheet.columns);
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    tagcsv *table = state;

    (void)reading;
    ps_moments_finish(&table->sheet.moments, PS_SCOPE_PART);
}

const ps_dialect ps_tagcsv_dialect = {.name = "pool tag CSV",
                                      .needs = PS_LETTERS_TAG,
                                      .least = 8,
                                      .start = start,
                                      .row = row,
                                      .finish = finish};
