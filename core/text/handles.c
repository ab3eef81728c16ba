/* handles.c - open handles as handle lists them, counted by process and type.
 *
 *    ------------------------------------------------------------------------------
 *    acmesvc.exe pid: 4120 NT AUTHORITY\SYSTEM
 *       4: Event
 *      2C: File  (RW-)   C:\Windows\System32
 *
 *    Process,PID,User,Handle,Type,Share Flags,Name,Access              (handle -a -v)
 *    acmesvc.exe,4120,NT AUTHORITY\SYSTEM,0x00000004,Event,,,
 */
#include "text/cells.h"
#include "text/dialect.h"
#include "text/handlecount.h"

#include <string.h>

enum { NAME_LIMIT = 260, COLUMNS = 6 };

typedef struct handles {
    bool csv;
    size_t process, pid, type; /* columns of the CSV */
    ps_handle_counts counts;
} handles;

PS_DIALECT_FITS(handles);

/* "acmesvc.exe pid: 4120 NT AUTHORITY\SYSTEM"; what searches find has "type:" behind it. */
static bool process_line(handles *table, ps_reading *reading)
{
    const ps_span body = ps_first(reading->body, (size_t)NAME_LIMIT * 2);
    ps_span at = body;
    uint64_t pid;

    while (at.at < at.end && !(*at.at == ' ' && at.end - at.at > 5 && !memcmp(at.at, " pid: ", 6)))
        at.at++;
    if (at.at == body.at || at.end - at.at < 7 || at.at - body.at > NAME_LIMIT)
        return false;
    const ps_span name = ps_trim((ps_span){body.at, at.at});
    at.at += 6;
    if (ps_scan_unsigned(&at, &pid) != PS_SCAN_OK || (at.at < at.end && !ps_is_blank(*at.at)) ||
        ps_contains(at, " type: "))
        return false;
    ps_handles_finish(&table->counts, reading, "handle");
    ps_handles_open(&table->counts, reading, ps_keep(reading->text, name), pid);
    return true;
}

/* "  2C: File  (RW-)   C:\Windows" */
static bool handle_line(handles *table, ps_reading *reading)
{
    ps_span at = reading->body;

    while (at.at < at.end &&
           (ps_is_digit(*at.at) || ((*at.at | 0x20) >= 'a' && (*at.at | 0x20) <= 'f')))
        at.at++;
    if (at.at == reading->body.at || at.at == at.end || *at.at != ':' ||
        at.at - reading->body.at > 8)
        return false;
    at.at++;
    ps_skip_blanks(&at);
    if (at.at == at.end || !ps_handles_count(&table->counts, ps_handles_type(at)))
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no handle of a known type");
    else
        reading->text->row_line_count++;
    return true;
}

static bool csv_header(handles *table, ps_span body)
{
    ps_cells cells;

    if (!ps_take_text(&(ps_span){body.at + (*body.at == '"'), body.end}, "Process") ||
        !ps_part_cells(body, ',', &cells) || cells.count < 4)
        return false;
    table->process = ps_find_cell(&cells, "Process");
    table->pid = ps_find_cell(&cells, "PID");
    table->type = ps_find_cell(&cells, "Type");
    table->csv = table->process == 0 && table->pid < COLUMNS && table->type < COLUMNS &&
                 ps_find_cell(&cells, "Handle") < COLUMNS;
    return table->csv;
}

/* Names of objects may hold commas: the cells before them are enough. */
static bool csv_row(handles *table, ps_reading *reading)
{
    ps_cell_walk walk = ps_cells_of(reading->body, ',');
    ps_handle_counts *counts = &table->counts;
    ps_span cells[COLUMNS];
    size_t count = 0;
    uint64_t pid;

    while (count < COLUMNS && ps_cells_next(&walk, &cells[count]))
        count++;
    if (count <= table->type || !ps_item_number(cells[table->pid], &pid))
        return false;
    if (!counts->open || counts->pid != pid) {
        ps_handles_finish(counts, reading, "handle");
        ps_handles_open(counts, reading, ps_keep(reading->text, cells[table->process]), pid);
    }
    if (!ps_handles_count(counts, cells[table->type]))
        return false;
    reading->text->row_line_count++;
    return true;
}

static bool start(void *state, ps_reading *reading)
{
    handles *table = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if ((reading->traits & PS_HAS_COMMA) != 0 && csv_header(table, reading->body))
        return true;
    if ((reading->traits & PS_HAS_COLON) != 0 && process_line(table, reading))
        return true;
    memset(table, 0, sizeof *table);
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    handles *table = state;
    const ps_span body = reading->body;

    if (body.at == body.end)
        return true;
    if (reading->line.size > reading->row_bytes || reading->line.continued || reading->at_prompt)
        return false;
    if (table->csv) {
        if (csv_row(table, reading))
            return true;
        if (memchr(body.at, ',', (size_t)(body.end - body.at)) == NULL)
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the handles");
        return true;
    }
    if (*body.at == '-' || handle_line(table, reading) || process_line(table, reading))
        return true;
    if (!ps_is_blank(*reading->line.text) ||
        memchr(body.at, ':', (size_t)(body.end - body.at)) == NULL)
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no handle");
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    handles *table = state;

    ps_handles_finish(&table->counts, reading, "handle");
}

const ps_dialect ps_handles_dialect = {.name = "handle",
                                       .needs = PS_LETTER('p') | PS_LETTER('i') | PS_LETTER('d'),
                                       .any = PS_HAS_COLON | PS_HAS_COMMA,
                                       .least = 10,
                                       .start = start,
                                       .row = row,
                                       .finish = finish};
