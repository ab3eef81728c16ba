/* listings_table.c - lists of drivers and of processes in columns, told by a rule or by the headings.
 *
 *    Module Name  Display Name           Driver Type   Link Date      (driverquery, tasklist)
 *    ============ ====================== ============= ==============
 *
 *    Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName     (Get-Process)
 *    -------  ------    -----      -----     ------     --  -- -----------
 *
 *    HandleCount  Name             ProcessId                           (wmic process get ...)
 */
#include "text/listings.h"

#include <string.h>

/* --- the header ------------------------------------------------------------------------------- */

/* One heading at the span: of two words if there is one such, else one word. */
static ps_span take_heading(ps_span *at)
{
    const ps_span word = ps_next_word(at);
    ps_span rest = *at;
    ps_span two = word;

    if (rest.at + 1 >= rest.end || *rest.at != ' ' || rest.at[1] == ' ')
        return word;
    two.end = ps_next_word(&rest).end;
    if (ps_find_heading(two) == NULL)
        return word;
    *at = rest;
    return two;
}

static bool senses_headings(const ps_reading *reading, ps_list_sense *sense)
{
    ps_span at = reading->body;

    for (size_t i = 0; i < PS_CELL_LIMIT; i++) {
        const ps_span heading = take_heading(&at);
        if (heading.at == heading.end)
            break;
        ps_sense_heading(sense, ps_find_heading(heading));
    }
    return ps_sense_kind(sense) != PS_LIST_NONE;
}

/* The headings of a table, and whether they stand so far apart that columns begin where they do.
 * The table is as it was where this is no header. */
bool ps_listings_table_header(ps_listings *table, const ps_reading *reading)
{
    ps_list_sense sense = {0};
    ps_span at = ps_whole_line(reading);
    const char *line = at.at;
    const char *before = NULL;

    if (reading->line.size > PS_LISTINGS_HEADER || !senses_headings(reading, &sense) ||
        !ps_listings_name(table, &sense))
        return false;
    table->spaced = true;
    while (table->count < PS_CELL_LIMIT) {
        const ps_span heading = take_heading(&at);
        if (heading.at == heading.end)
            break;
        table->spaced = table->spaced && (before == NULL || heading.at - before >= 2);
        before = heading.end;
        table->headings[table->count] = ps_find_heading(heading);
        table->starts[table->count++] = (uint16_t)(heading.at - line);
    }
    memcpy(table->header, line, reading->line.size);
    table->header_size = reading->line.size;
    table->shape = PS_SHAPE_HEADER;
    return true;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool is_inside_character(const ps_listings *table, char c)
{
    return table->wide != 0 && ((unsigned char)c & 0xC0) == 0x80;
}

/* The characters of the line from column start to column end. */
static ps_span slice(const ps_listings *table, ps_span line, size_t start, size_t end)
{
    const char *at = line.at;
    size_t column = 0;
    ps_span cell;

    for (; at < line.end && column < start; at++)
        column += !is_inside_character(table, *at);
    while (at < line.end && is_inside_character(table, *at))
        at++;
    cell.at = at;
    for (; at < line.end && (column < end || is_inside_character(table, *at)); at++)
        column += !is_inside_character(table, *at);
    cell.end = at;
    return ps_trim(cell);
}

static void part_slices(const ps_listings *table, ps_span line, ps_cells *cells)
{
    cells->count = table->count;
    for (size_t i = 0; i < table->count; i++)
        cells->at[i] = slice(table, line, table->starts[i], table->ends[i]);
}

/* The heading over the word, or the one before it where it stands under none; table->count if it
 * stands under two. */
static size_t heading_over(const ps_listings *table, size_t start, size_t end, size_t before)
{
    size_t over = table->count;

    for (size_t i = 0; i < table->count; i++) {
        if (start >= table->ends[i] || end <= table->starts[i])
            continue;
        if (over != table->count)
            return table->count;
        over = i;
    }
    return over != table->count ? over : before;
}

static bool part_words(const ps_listings *table, ps_span line, ps_cells *cells)
{
    const char *origin = line.at;
    size_t column = 0;

    *cells = (ps_cells){.count = table->count};
    for (;;) {
        const ps_span word = ps_next_word(&line);
        if (word.at == word.end)
            return true;
        column =
            heading_over(table, (size_t)(word.at - origin), (size_t)(word.end - origin), column);
        if (column == table->count)
            return false;
        if (cells->at[column].at == NULL)
            cells->at[column].at = word.at;
        cells->at[column].end = word.end;
    }
}

/* Each heading stands under itself. */
static bool is_header_again(const ps_listings *table, const ps_cells *cells)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->headings[i] != ps_find_heading(cells->at[i]))
            return false;
    return table->count > 1;
}

bool ps_listings_table_row(ps_listings *table, ps_reading *reading)
{
    const ps_span line = ps_whole_line(reading);
    bool parted = true;
    ps_cells cells;

    if (table->rows && table->blank && table->shape != PS_SHAPE_STARTS)
        return false;
    if (ps_listings_is_rule(reading->body, '=') || ps_listings_is_rule(reading->body, '-'))
        return true;
    if (table->shape == PS_SHAPE_WORDS)
        parted = part_words(table, line, &cells);
    else
        part_slices(table, line, &cells);
    if (parted && is_header_again(table, &cells)) {
        *table = (ps_listings){.entry = table->entry, .wide = table->wide};
        return ps_listings_table_header(table, reading);
    }
    if (parted && table->count > 1 && ps_listings_add(table, reading, &cells))
        return true;
    return table->blank ? false : ps_listings_refuse(reading);
}

/* --- rules ------------------------------------------------------------------------------------ */

void ps_listings_take_rule(ps_listings *table, ps_span line)
{
    const char *origin = line.at;

    table->count = 0;
    while (table->count < PS_CELL_LIMIT) {
        const ps_span word = ps_next_word(&line);
        if (word.at == word.end)
            return;
        table->starts[table->count] = (uint16_t)(word.at - origin);
        table->ends[table->count++] = (uint16_t)(word.end - origin);
    }
}

/* The rule under the header gives the columns, and the header is read by them once more. */
static bool rule_row(ps_listings *table, ps_span line, char mark)
{
    const ps_span header = {table->header, table->header + table->header_size};
    ps_list_sense sense = {0};

    ps_listings_take_rule(table, line);
    for (size_t i = 0; i < table->count; i++) {
        table->headings[i] =
            ps_find_heading(slice(table, header, table->starts[i], table->ends[i]));
        ps_sense_heading(&sense, table->headings[i]);
    }
    table->shape = mark == '=' ? PS_SHAPE_SLICES : PS_SHAPE_WORDS;
    return ps_listings_name(table, &sense);
}

bool ps_listings_after_header(ps_listings *table, ps_reading *reading)
{
    const ps_span line = ps_whole_line(reading);

    if (line.end - line.at <= UINT16_MAX && !table->blank) {
        if (ps_listings_is_rule(reading->body, '='))
            return rule_row(table, line, '=');
        if (ps_listings_is_rule(reading->body, '-'))
            return rule_row(table, line, '-');
    }
    if (!table->spaced)
        return false;
    for (size_t i = 0; i < table->count; i++)
        table->ends[i] = i + 1 < table->count ? table->starts[i + 1] : UINT16_MAX;
    table->shape = PS_SHAPE_STARTS;
    return ps_listings_table_row(table, reading);
}
