/* get_counter.c - performance counters as Get-Counter prints and exports them.
 *
 *    Timestamp                 CounterSamples
 *    ---------                 --------------
 *    11/13/2026 12:05:00 AM    \\srv01\memory\pool nonpaged bytes :
 *                              1047961600
 *
 *    "Path","InstanceName","CookedValue","RawValue", ... "Timestamp", ...
 *    "\\srv01\memory\pool nonpaged bytes",,"1047961600", ... "11/13/2026 12:05:00 AM", ...
 *
 *    "Timestamp","CounterSamples","Readings"
 *    "11/13/2026 12:05:00 AM","...PerformanceCounterSample[]","\\srv01\memory\pool nonpaged bytes :
 *    1047961600
 *
 *    "
 *
 * All values of one time and one host are a snapshot of totals. */
#include "base/encode.h"
#include "text/cells.h"
#include "text/counter_names.h"
#include "text/dialect.h"
#include "text/when.h"

#include <string.h>

enum { STAMP_LIMIT = 64, HOST_LIMIT = 128, PATH_LIMIT = 1024, LOOK_BACK = 512 };
enum { ZONES_S = 15 * 3600 }; /* no zone is farther from UTC */

typedef struct samples {
    char separator; /* 0 for the printed form */
    size_t path, value, time, clock, cells;
    int64_t exact; /* of the sample that is read, where its row tells it in UTC */
    char stamp[STAMP_LIMIT], host[HOST_LIMIT]; /* of the snapshot in the making */
    bool open;
    ps_draft draft;
    size_t first_process;     /* of the snapshot */
    char pending[PATH_LIMIT]; /* a path whose value stands in the next line */
    size_t pending_size;
    char next_stamp[STAMP_LIMIT]; /* that the value is of */
} samples;

PS_DIALECT_FITS(samples);

static void put(char *room, size_t limit, ps_span text)
{
    const size_t size =
        (size_t)(text.end - text.at) < limit ? (size_t)(text.end - text.at) : limit - 1;

    memcpy(room, text.at, size);
    room[size] = '\0';
}

static bool is_same(const char *known, ps_span text)
{
    const size_t size = strlen(known);

    return (size_t)(text.end - text.at) == size && memcmp(known, text.at, size) == 0;
}

static bool is_near(int64_t local, int64_t utc)
{
    return local - utc < ZONES_S && utc - local < ZONES_S;
}

/* The system's own form of time: where day and month may be either, none, unless UTC tells. */
static int64_t time_of(ps_span stamp, int64_t exact)
{
    ps_when when;

    if (!ps_read_when(stamp, &when))
        return exact;
    if (exact != PS_NO_TIME && ((when.month_first_fits && is_near(when.month_first, exact)) ||
                                (when.day_first_fits && is_near(when.day_first, exact))))
        return exact;
    if (when.month_first_fits && when.day_first_fits && when.month_first != when.day_first)
        return PS_NO_TIME;
    return when.month_first_fits ? when.month_first : when.day_first;
}

static void close_snapshot(samples *table)
{
    if (table->open)
        ps_draft_finish(&table->draft, "counters", PS_SCOPE_TOTALS);
    table->open = false;
}

static void open_snapshot(samples *table, ps_reading *reading, ps_span stamp, ps_span host)
{
    close_snapshot(table);
    put(table->stamp, sizeof table->stamp, stamp);
    put(table->host, sizeof table->host, host);
    ps_draft_start(&table->draft, reading->text, "counters");
    table->draft.time = time_of(stamp, table->exact);
    table->draft.host = host.at < host.end ? ps_keep(reading->text, host) : reading->host;
    table->first_process = reading->text->lists.process_count;
    table->open = true;
}

/* The instance's entry in this snapshot, a new one if need be. */
static ps_process *process_of(const samples *table, ps_reading *reading, ps_span name)
{
    ps_lists *lists = &reading->text->lists;
    size_t least = table->first_process;
    ps_process *process;

    if (lists->process_count - least > LOOK_BACK)
        least = lists->process_count - LOOK_BACK;
    for (size_t i = lists->process_count; i > least; i--)
        if (is_same(lists->processes[i - 1].name, name))
            return &lists->processes[i - 1];
    process = ps_add_process(reading->text, &reading->line);
    if (process == NULL)
        return NULL;
    process->name = ps_keep(reading->text, name);
    if (process->name == NULL)
        process->name = "";
    process->host = table->draft.host;
    process->time = table->draft.time;
    process->origin = "counters";
    return process;
}

static void take_counter(samples *table, ps_reading *reading, const ps_counter_path *path,
                         uint64_t value)
{
    ps_process *process;
    const ps_counter counter = ps_find_counter(path);
    const ps_counter_kind kind = counter.kind;
    const uint8_t field = counter.field;

    reading->text->row_line_count++;
    if (kind == PS_COUNTER_NONE)
        return;
    value = value > UINT64_MAX >> counter.shift ? UINT64_MAX : value << counter.shift;
    if (kind == PS_COUNTER_MEMORY) {
        ps_draft_memory(&table->draft, (ps_memory_field)field, value, &reading->line);
        return;
    }
    if (ps_word_is(path->instance, "_total")) {
        if (kind == PS_COUNTER_PROCESS && field == PS_PROCESS_HANDLES)
            ps_draft_memory(&table->draft, PS_MEM_HANDLES, value, &reading->line);
        return;
    }
    process = process_of(table, reading, path->instance);
    if (process != NULL && kind == PS_COUNTER_PROCESS)
        ps_process_set(process, (ps_process_field)field, value);
    else if (process != NULL)
        process->id = value;
}

static bool take_sample(samples *table, ps_reading *reading, ps_span path, ps_span stamp,
                        ps_span cell)
{
    ps_counter_path parts;
    uint64_t value;

    if (!ps_part_counter(path, &parts) || !ps_take_counter_value(cell, &value))
        return false;
    if (!table->open || !is_same(table->stamp, stamp) ||
        !is_same(table->host, ps_first(parts.host, HOST_LIMIT - 1)))
        open_snapshot(table, reading, ps_first(stamp, STAMP_LIMIT - 1), parts.host);
    take_counter(table, reading, &parts, value);
    return true;
}

/* --- the printed form ------------------------------------------------------------------------- */

/* "11/13/2026 12:05:00 AM    \\srv01\memory\pool nonpaged bytes :" */
static bool path_line(samples *table, ps_span body)
{
    const char *path = body.at;
    ps_span stamp;

    if (body.end - body.at < 6 || body.end[-1] != ':')
        return false;
    while (path + 1 < body.end && (path[0] != '\\' || path[1] != '\\'))
        path++;
    if (path + 1 == body.end)
        return false;
    stamp = ps_trim((ps_span){body.at, path});
    if (stamp.at < stamp.end && *stamp.at == '"') {
        ps_cell_walk walk = ps_cells_of(stamp, ',');
        if (!ps_cells_next(&walk, &stamp))
            return false;
    }
    if (stamp.end - stamp.at >= STAMP_LIMIT)
        return false;
    if (stamp.at < stamp.end)
        put(table->next_stamp, sizeof table->next_stamp, stamp);
    body.at = path;
    body.end--;
    body = ps_trim(body);
    if (body.end - body.at >= PATH_LIMIT)
        return false;
    memcpy(table->pending, body.at, (size_t)(body.end - body.at));
    table->pending_size = (size_t)(body.end - body.at);
    return true;
}

static bool printed_row(samples *table, ps_reading *reading)
{
    const ps_span path = {table->pending, table->pending + table->pending_size};
    const ps_span stamp = {table->next_stamp, table->next_stamp + strlen(table->next_stamp)};

    if (table->pending_size == 0)
        return path_line(table, reading->body);
    table->pending_size = 0;
    if (!take_sample(table, reading, path, stamp, reading->body))
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no value of a counter");
    return true;
}

static bool is_rule(ps_span body)
{
    for (const char *at = body.at; at < body.end; at++)
        if (*at != '-' && *at != ' ' && *at != '"')
            return false;
    return true;
}

/* --- the exported form ------------------------------------------------------------------------ */

static bool take_header(samples *table, ps_span body)
{
    ps_cells cells;

    table->separator = ps_guess_separator(body);
    if (table->separator == 0 || !ps_part_cells(body, table->separator, &cells))
        return false;
    table->path = ps_find_cell(&cells, "Path");
    table->value = ps_find_cell(&cells, "CookedValue");
    table->time = ps_find_cell(&cells, "Timestamp");
    table->clock = ps_find_cell(&cells, "Timestamp100NSec");
    table->cells = cells.count;
    return table->path < cells.count && table->value < cells.count && table->time < cells.count;
}

static int64_t exact_time(const samples *table, const ps_cells *cells)
{
    ps_span cell;
    uint64_t ticks;
    int64_t seconds;

    if (table->clock >= cells->count)
        return PS_NO_TIME;
    cell = cells->at[table->clock];
    return ps_scan_unsigned(&cell, &ticks) == PS_SCAN_OK && ps_filetime(ticks, &seconds)
               ? seconds
               : PS_NO_TIME;
}

/* "Timestamp","CounterSamples","Readings": the readings are as printed, within quotes. */
static bool has_readings(ps_span body)
{
    ps_cells cells;

    return *body.at == '"' && ps_part_cells(body, ',', &cells) &&
           ps_find_cell(&cells, "Timestamp") == 0 && ps_find_cell(&cells, "Readings") == 2;
}

static bool exported_row(samples *table, ps_reading *reading)
{
    ps_cells cells;

    if (!ps_part_cells(reading->body, table->separator, &cells) || cells.count != table->cells) {
        if (memchr(reading->body.at, table->separator,
                   (size_t)(reading->body.end - reading->body.at)) == NULL)
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no sample of a counter");
        return true;
    }
    table->exact = exact_time(table, &cells);
    if (!take_sample(table, reading, cells.at[table->path],
                     ps_first(cells.at[table->time], STAMP_LIMIT - 1), cells.at[table->value]))
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no sample of a counter");
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    samples *table = state;
    ps_span at = reading->body;

    if (at.end - at.at < 20 || reading->line.size > reading->row_bytes)
        return false;
    table->exact = PS_NO_TIME;
    if (ps_take_text(&at, "Timestamp ") && ps_word_is(ps_trim(at), "CounterSamples"))
        return true;
    if (ps_contains(reading->body, "CounterSamples") && has_readings(reading->body))
        return true;
    if (ps_contains(reading->body, "CookedValue") && take_header(table, reading->body))
        return true;
    memset(table, 0, sizeof *table);
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    samples *table = state;

    if (reading->body.at == reading->body.end)
        return true;
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (table->separator != 0)
        return exported_row(table, reading);
    return is_rule(reading->body) || printed_row(table, reading);
}

static void finish(void *state, ps_reading *reading)
{
    (void)reading;
    close_snapshot(state);
}

const ps_dialect ps_get_counter_dialect = {
    .name = "Get-Counter",
    .needs = PS_LETTER('c') | PS_LETTER('e') | PS_LETTER('l') | PS_LETTER('o') | PS_LETTER('u'),
    .least = 20,
    .start = start,
    .row = row,
    .finish = finish};
