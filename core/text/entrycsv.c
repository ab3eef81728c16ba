/* entrycsv.c - events, loggers, files and hives as CSV; a row may go over several lines.
 *
 *    Level,Date and Time,Source,Event ID,Task Category                   (the Event Viewer)
 *    Error,11/1/2026 12:05:00 AM,Srv,2019,None,"The server was unable to allocate ..."
 *
 *    "Message","Id","Version","Qualifiers","Level",...                   (Get-WinEvent)
 *    Path,Verified,Date,Publisher,Company,Description,...                (sigcheck -c)
 *    "PSPath",...,"Length",...,"FullName",...                            (Get-ChildItem)
 */
#include "base/error.h"
#include "text/cells.h"
#include "text/dialect.h"
#include "text/entry.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_LIMIT = 65536, FEWEST = 3, VIEWER_CELLS = 5 };

typedef struct entry_csv {
    ps_entry entry;
    char separator;
    bool guessed; /* headings of an unknown language, that no row has proved yet */
    bool blank;
    size_t count;
    const ps_entry_name *columns[PS_CELL_LIMIT];
    char *row; /* as much of it as there is so far; NULL between rows */
    size_t size, capacity;
    bool open; /* a quote is */
    ps_line begun;
} entry_csv;

PS_DIALECT_FITS(entry_csv);

static const char *const origins[PS_ITEM_KINDS] = {
    [PS_ITEM_EVENTS] = "event log",
    [PS_ITEM_LOGGERS] = "trace sessions",
    [PS_ITEM_HIVES] = "Get-ChildItem",
    [PS_ITEM_FILES] = "sigcheck",
};

/* --- headings --------------------------------------------------------------------------------- */

static bool begins_with_name(ps_span body)
{
    ps_span name = body;

    if (*name.at == '"')
        name.at++;
    for (name.end = name.at; name.end < body.end && *name.end != '"'; name.end++)
        if (*name.end == ',' || *name.end == ';' || *name.end == '\t')
            break;
    return ps_entry_knows(ps_trim(name));
}

static bool take_header(entry_csv *table, ps_reading *reading)
{
    ps_item_kind kind;
    ps_cells cells;
    char separator;

    if (!begins_with_name(reading->body))
        return false;
    separator = ps_guess_separator(reading->body);
    if (separator == 0 || !ps_part_cells(reading->body, separator, &cells) || cells.count < FEWEST)
        return false;
    kind = ps_entry_sense(cells.at, cells.count);
    if (kind == PS_ITEM_KINDS)
        return false;
    if (table->count > 0)
        ps_entry_finish(&table->entry, reading);
    table->entry = (ps_entry){0};
    table->separator = separator;
    table->count = cells.count;
    for (size_t i = 0; i < cells.count; i++)
        table->columns[i] = ps_entry_find(kind, cells.at[i]);
    ps_entry_begin(&table->entry, reading, kind, origins[kind]);
    return true;
}

/* Does the line begin as the header does? */
static bool is_header_again(const entry_csv *table, ps_span body)
{
    if (*body.at == '"')
        body.at++;
    return !table->guessed && table->columns[0] != NULL &&
           ps_take_text(&body, table->columns[0]->name);
}

/* The Event Viewer's five headings in any language: the first row must prove them. */
static bool guess_header(entry_csv *table, ps_reading *reading)
{
    static const char *const viewer[] = {"Level", "Date and Time", "Source", "Event ID",
                                         "Task Category"};
    ps_cells cells;

    if (!ps_part_cells(reading->body, ',', &cells) || cells.count != VIEWER_CELLS)
        return false;
    for (size_t i = 0; i < VIEWER_CELLS; i++) {
        const ps_span name = {viewer[i], viewer[i] + strlen(viewer[i])};
        if (cells.at[i].at == cells.at[i].end || cells.at[i].end - cells.at[i].at > 60)
            return false;
        table->columns[i] = ps_entry_find(PS_ITEM_EVENTS, name);
    }
    table->separator = ',';
    table->count = VIEWER_CELLS;
    table->guessed = true;
    ps_entry_begin(&table->entry, reading, PS_ITEM_EVENTS, origins[PS_ITEM_EVENTS]);
    return true;
}

static bool is_proved(const ps_cells *cells)
{
    ps_dates dates = {0};
    uint64_t id;
    int64_t time;
    bool zoned;

    return cells->count >= VIEWER_CELLS && cells->count <= VIEWER_CELLS + 1 &&
           ps_item_number(cells->at[3], &id) && ps_dates_read(&dates, cells->at[1], &time, &zoned);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void forget_row(entry_csv *table)
{
    free(table->row);
    table->row = NULL;
    table->size = table->capacity = 0;
    table->open = false;
}

/* The line behind what there is of the row.  False where there is no room for it. */
static bool append(entry_csv *table, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    const size_t wanted = table->size + line->size + 1;

    if (wanted > ROW_LIMIT || line->more)
        return false;
    if (table->row == NULL || wanted > table->capacity) {
        const size_t capacity = wanted < 1024 ? 1024 : wanted * 2;
        char *moved = realloc(table->row, capacity);
        if (moved == NULL) {
            (void)ps_fail_memory(&reading->text->error);
            return false;
        }
        table->row = moved;
        table->capacity = capacity;
    }
    if (table->size > 0)
        table->row[table->size++] = '\n';
    memcpy(table->row + table->size, line->text, line->size);
    table->size += line->size;
    for (size_t i = 0; i < line->size; i++)
        table->open ^= line->text[i] == '"';
    return true;
}

/* The Event Viewer writes the message behind its columns, without a heading. */
static const ps_entry_name *name_of(const entry_csv *table, size_t i)
{
    static const char text[] = "Message";

    if (i < table->count)
        return table->columns[i];
    return table->entry.kind == PS_ITEM_EVENTS
               ? ps_entry_find(PS_ITEM_EVENTS, (ps_span){text, text + sizeof text - 1})
               : NULL;
}

static void set_cell(entry_csv *table, ps_reading *reading, const ps_entry_name *name, ps_span cell)
{
    char plain[PS_MOST_ROW_BYTES];

    ps_entry_set(&table->entry, reading, name, ps_cell_text(cell, plain, sizeof plain));
}

static bool read_cells(entry_csv *table, ps_reading *reading, const ps_cells *cells)
{
    if (cells->count < table->count || cells->count > table->count + 1)
        return false;
    ps_entry_open(&table->entry, reading, &table->begun);
    for (size_t i = 0; i < cells->count; i++) {
        const ps_entry_name *name = name_of(table, i);
        if (name != NULL)
            set_cell(table, reading, name, cells->at[i]);
    }
    return ps_entry_end(&table->entry, reading);
}

/* The row is complete, if it is one. */
static bool end_row(entry_csv *table, ps_reading *reading)
{
    ps_span whole;
    ps_cells cells;
    bool parted;

    if (table->row == NULL)
        return true;
    whole = (ps_span){table->row, table->row + table->size};
    parted = ps_part_cells(whole, table->separator, &cells);
    if (table->guessed && !(parted && is_proved(&cells))) {
        forget_row(table);
        return false;
    }
    table->guessed = false;
    table->begun.text = table->row;
    if (!parted || !read_cells(table, reading, &cells))
        ps_remark(reading->text, PS_REFUSED, &table->begun, "this is no row of the %s",
                  ps_item_kind_name(table->entry.kind));
    forget_row(table);
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    entry_csv *table = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    return take_header(table, reading);
}

static bool start_foreign(void *state, ps_reading *reading)
{
    if (reading->line.size > reading->row_bytes / 8 || reading->line.continued)
        return false;
    if (guess_header(state, reading))
        return true;
    memset(state, 0, sizeof(entry_csv));
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    entry_csv *table = state;
    const ps_span body = reading->body;

    if (table->row == NULL) {
        if (body.at == body.end)
            return !table->guessed;
        if (*body.at != '"' &&
            memchr(body.at, table->separator, (size_t)(body.end - body.at)) == NULL)
            return ps_is_elision(body);
        if (is_header_again(table, body) && take_header(table, reading))
            return true;
        table->begun = reading->line;
        table->begun.size = reading->line.size < 200 ? reading->line.size : 200;
    }
    if (!append(table, reading)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "the row that begins in line %u is over %d bytes, or a quote of it is not closed",
                  (unsigned)table->begun.number, ROW_LIMIT);
        forget_row(table);
        return true;
    }
    return table->open || end_row(table, reading);
}

static void finish(void *state, ps_reading *reading)
{
    entry_csv *table = state;

    if (!table->guessed && !ps_failed(reading->text))
        (void)end_row(table, reading);
    forget_row(table);
    ps_entry_finish(&table->entry, reading);
}

const ps_dialect ps_entrycsv_dialect = {.name = "items as CSV",
                                        .needs = PS_HAS_LETTER,
                                        .any = PS_HAS_SEPARATOR,
                                        .least = 12,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};

const ps_dialect ps_foreign_entrycsv_dialect = {.name = "events as CSV",
                                                .needs = PS_HAS_LETTER | PS_HAS_COMMA,
                                                .least = 12,
                                                .start = start_foreign,
                                                .row = row,
                                                .finish = finish};
