/* formatted.c - Format-Table of pool tags: headings over a rule, wrapped, cells cut with an ellipsis.
 *
 *    Tag  PagedAlloc PagedUsedB Description
 *                  s       ytes
 *    ---  ---------- ---------- -----------
 *    Acme         70       8000 Acme filter c…
 *
 * A number ends where its rule ends, a text begins where its rule begins.
 */
#include "base/error.h"
#include "text/dialect.h"
#include "text/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 24, HEADING = 40, HEAD_LINES = 4, HEAD_LIMIT = 400 };

typedef struct formatted {
    ps_sheet *sheet; /* NULL until the rule */
    char head[HEAD_LINES][HEAD_LIMIT];
    size_t head_sizes[HEAD_LINES], head_count;
    size_t starts[COLUMNS], ends[COLUMNS], columns;
    bool right[COLUMNS];
} formatted;

PS_DIALECT_FITS(formatted);

static bool is_rule(ps_span line)
{
    bool dashes = false;

    for (; line.at < line.end; line.at++) {
        if (*line.at != '-' && *line.at != ' ')
            return false;
        dashes |= *line.at == '-';
    }
    return dashes;
}

static bool keep_heading(formatted *table, const ps_reading *reading)
{
    if (table->head_count == HEAD_LINES || reading->line.size > HEAD_LIMIT)
        return false;
    memcpy(table->head[table->head_count], reading->line.text, reading->line.size);
    table->head_sizes[table->head_count++] = reading->line.size;
    return true;
}

/* "Tag" or "PagedAlloc": a word that begins a heading of ours. */
static bool has_heading(ps_span body)
{
    bool tag = false, other = false;

    while (body.at < body.end) {
        ps_span word = ps_next_word(&body);
        const ps_role role = ps_role_of(word);
        if (role.kind == PS_ROLE_ADDRESS || (word.at < word.end && strchr(",:;", word.end[-1])))
            return false; /* an address, or prose */
        tag |= role.kind == PS_ROLE_TAG;
        other |= role.kind == PS_ROLE_NUMBER || role.kind == PS_ROLE_TIME ||
                 ps_take_text(&word, "Paged") || ps_take_text(&word, "NonPaged");
    }
    return tag && other;
}

static bool start(void *state, ps_reading *reading)
{
    formatted *table = state;

    if (!reading->after_blank && reading->line.number > 1)
        return false;
    if (reading->line.size > HEAD_LIMIT || !ps_has_tag_word(reading->body) ||
        !has_heading(reading->body) || !keep_heading(table, reading)) {
        *table = (formatted){0};
        return false;
    }
    return true;
}

static bool find_columns(formatted *table, ps_span rule)
{
    const char *line = rule.at;

    table->columns = 0;
    while (rule.at < rule.end) {
        while (rule.at < rule.end && *rule.at == ' ')
            rule.at++;
        if (rule.at == rule.end)
            break;
        if (table->columns == COLUMNS)
            return false;
        table->starts[table->columns] = (size_t)(rule.at - line);
        while (rule.at < rule.end && *rule.at == '-')
            rule.at++;
        table->ends[table->columns++] = (size_t)(rule.at - line);
    }
    return table->columns >= 3;
}

/* The heading of a column: its pieces of all heading lines. */
static ps_span heading_of(const formatted *table, size_t column, char out[HEADING])
{
    size_t size = 0;

    for (size_t i = 0; i < table->head_count; i++) {
        for (size_t at = table->starts[column]; at < table->ends[column]; at++) {
            if (at < table->head_sizes[i] && table->head[i][at] != ' ' && size < HEADING)
                out[size++] = table->head[i][at];
        }
    }
    return (ps_span){out, out + size};
}

static bool open_sheet(formatted *table, ps_reading *reading)
{
    const ps_span rule = ps_whole_line(reading);
    char texts[COLUMNS][HEADING] = {{0}};
    ps_span headings[COLUMNS];
    ps_sheet_fit fit;

    if (!find_columns(table, rule))
        return false;
    for (size_t i = 0; i < table->columns; i++)
        headings[i] = heading_of(table, i, texts[i]);
    table->sheet = calloc(1, sizeof *table->sheet);
    if (table->sheet == NULL)
        return ps_fail_memory(&reading->text->error);
    fit = ps_sheet_under_caption(
        table->sheet, ps_sheet_headings(table->sheet, headings, table->columns), reading);
    if (fit != PS_SHEET_YES) {
        free(table->sheet);
        table->sheet = NULL;
        return false;
    }
    for (size_t i = 0; i < table->columns; i++)
        table->right[i] = table->sheet->roles[i].kind == PS_ROLE_NUMBER;
    ps_sheet_open(table->sheet, reading, "pool tag table");
    return true;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Bytes in which the first characters of the line lie. */
static size_t bytes_of(ps_span line, size_t characters)
{
    const char *at = line.at;

    while (at < line.end && characters > 0) {
        at++;
        while (at < line.end && ((unsigned char)*at & 0xC0) == 0x80)
            at++;
        characters--;
    }
    return (size_t)(at - line.at);
}

/* A number is the last word before its column ends; a text goes on to where the next cell begins. */
static ps_span cell_of(const formatted *table, ps_span line, size_t column, const char *next)
{
    const size_t before = column == 0 ? 0 : table->ends[column - 1];
    const char *least = line.at + bytes_of(line, before);
    ps_span cell;

    if (!table->right[column]) {
        cell = (ps_span){line.at + bytes_of(line, table->starts[column]), next};
        return cell.end < cell.at ? (ps_span){cell.at, cell.at} : cell;
    }
    cell.end = line.at + bytes_of(line, table->ends[column]);
    cell.at = cell.end;
    while (cell.at > least && !ps_is_blank(cell.at[-1]))
        cell.at--;
    return cell;
}

/* A tag stands in the first four characters of its column. */
static ps_span first_four(ps_span cell)
{
    const size_t size = bytes_of(cell, 4);

    return (ps_span){cell.at, cell.at + size};
}

static bool is_cut(ps_span cell)
{
    const size_t size = (size_t)(cell.end - cell.at);

    return (size >= 3 && memcmp(cell.end - 3, "\xE2\x80\xA6", 3) == 0) ||
           (size >= 3 && memcmp(cell.end - 3, "...", 3) == 0);
}

/* A number next to another's column may have spilt over. */
static bool is_clean(const formatted *table, ps_span line)
{
    for (size_t i = 0; i + 1 < table->columns; i++) {
        const size_t gap = bytes_of(line, table->ends[i]);
        if (table->right[i] && line.at + gap < line.end && !ps_is_blank(line.at[gap]))
            return false;
    }
    return true;
}

static bool looks_like_row(const ps_reading *reading) { return ps_looks_like_row(reading, false); }

/* The cells; false with a reason where one is cut that should be a number. */
static bool part(const formatted *table, ps_span line, ps_span *cells, const char **why)
{
    *why = "its numbers do not stand in their columns";
    if (!is_clean(table, line))
        return false;
    for (size_t i = table->columns; i-- > 0;) {
        const ps_role_kind kind = table->sheet->roles[i].kind;
        cells[i] = cell_of(table, line, i, i + 1 == table->columns ? line.end : cells[i + 1].at);
        cells[i] = kind == PS_ROLE_TAG ? first_four(cells[i]) : ps_trim(cells[i]);
        *why = "a cell is cut";
        if (is_cut(cells[i]) && kind != PS_ROLE_NOTE && kind != PS_ROLE_BINARY &&
            kind != PS_ROLE_NONE)
            return false;
    }
    return true;
}

static bool read_row(formatted *table, ps_reading *reading)
{
    const ps_span line = ps_whole_line(reading);
    ps_span cells[COLUMNS];
    ps_record record;
    const char *why;

    if (reading->line.size > reading->row_bytes)
        return false;
    if (!part(table, line, cells, &why)) {
        if (!looks_like_row(reading))
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s", why);
        return true;
    }
    ps_sheet_read(cells, table->columns, table->sheet, &record);
    if (record.why[0] != '\0' && !looks_like_row(reading))
        return false;
    ps_record_add(&record, &table->sheet->moments, reading);
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    formatted *table = state;

    if (table->sheet != NULL)
        return reading->body.at == reading->body.end || read_row(table, reading);
    if (reading->body.at == reading->body.end)
        return false;
    if (is_rule(reading->body))
        return open_sheet(table, reading);
    return !ps_word_starts(reading->body, "Tag ") && keep_heading(table, reading);
}

static void finish(void *state, ps_reading *reading)
{
    formatted *table = state;

    (void)reading;
    if (table->sheet == NULL)
        return;
    ps_moments_finish(&table->sheet->moments, PS_SCOPE_PART);
    free(table->sheet);
}

const ps_dialect ps_formatted_dialect = {.name = "pool tag table",
                                         .needs = PS_LETTERS_TAG,
                                         .least = 8,
                                         .start = start,
                                         .row = row,
                                         .finish = finish};
