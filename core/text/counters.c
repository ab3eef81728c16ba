/* counters.c - logs of performance counters, as typeperf, relog, logman and perfmon write them.
 *
 *    "(PDH-CSV 4.0) (W. Europe Standard Time)(-60)","\\SRV01\Memory\Pool Nonpaged Bytes", ...
 *    "11/01/2026 00:05:00.123","1047961600.000000", ...
 *    "11/01/2026 00:10:00.127"," ", ...
 *
 * A sample is a snapshot of totals for each host in it.  Of processes the first and the last sample
 * that has them are kept. */
#include "base/array.h"
#include "base/error.h"
#include "text/cells.h"
#include "text/counter_names.h"
#include "text/dialect.h"
#include "text/when.h"

#include <string.h>

enum { HOST_LIMIT = 16, BUCKETS = 512, COLUMN_LIMIT = 65536, LINE_LIMIT = 1 << 20, NONE = -1 };

typedef struct column {
    uint8_t kind, field, host;
    uint32_t instance;
} column;

typedef struct point {
    uint64_t values[PS_PROCESS_FIELDS];
    uint64_t id;
    uint32_t known;
    uint32_t line;
    uint64_t offset;
    int64_t time;
    bool has_id;
} point;

typedef struct instance {
    const char *name;
    size_t size;
    uint8_t host;
    int64_t next; /* in its bucket */
    point now, first, last;
} instance;

typedef struct totals {
    const char *name; /* NULL if the paths have no host */
    size_t size;
    uint64_t memory[PS_MEM_FIELDS];
    uint32_t known;
} totals;

typedef struct sheet {
    char separator;
    bool has_bias;
    int64_t bias; /* minutes that make local time UTC */
    size_t cells; /* of the header */
    column *columns;
    size_t count, capacity;
    instance *instances;
    size_t instance_count, instance_capacity;
    int64_t buckets[BUCKETS];
    totals hosts[HOST_LIMIT];
    size_t host_count;
    size_t samples;
} sheet;

typedef struct counters {
    sheet *sheet;
} counters;

PS_DIALECT_FITS(counters);

/* --- the header ------------------------------------------------------------------------------- */

static bool out_of_memory(ps_text *text)
{
    (void)ps_fail_memory(&text->error);
    return false;
}

static bool same_text(ps_span name, const char *known, size_t size)
{
    return (size_t)(name.end - name.at) == size && memcmp(name.at, known, size) == 0;
}

/* The number of the host, or HOST_LIMIT where there are too many. */
static uint8_t host_of(sheet *s, ps_text *text, ps_span name)
{
    for (size_t i = 0; i < s->host_count; i++)
        if (same_text(name, s->hosts[i].name, s->hosts[i].size))
            return (uint8_t)i;
    if (s->host_count == HOST_LIMIT)
        return HOST_LIMIT;
    s->hosts[s->host_count].name = ps_keep(text, name);
    s->hosts[s->host_count].size = (size_t)(name.end - name.at);
    return (uint8_t)s->host_count++;
}

static size_t bucket_of(ps_span name)
{
    uint32_t hash = 2166136261U;

    for (const char *at = name.at; at < name.end; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    return hash % BUCKETS;
}

static bool instance_of(sheet *s, ps_text *text, ps_span name, uint8_t host, uint32_t *number)
{
    const size_t bucket = bucket_of(name);
    instance *made;

    for (int64_t i = s->buckets[bucket]; i != NONE; i = s->instances[i].next) {
        if (s->instances[i].host == host &&
            same_text(name, s->instances[i].name, s->instances[i].size)) {
            *number = (uint32_t)i;
            return true;
        }
    }
    if (!ps_grow((void **)&s->instances, &s->instance_capacity, s->instance_count,
                 sizeof *s->instances))
        return out_of_memory(text);
    made = &s->instances[s->instance_count];
    *made = (instance){.host = host, .next = s->buckets[bucket]};
    made->name = ps_keep(text, name);
    made->size = (size_t)(name.end - name.at);
    *number = (uint32_t)s->instance_count;
    s->buckets[bucket] = (int64_t)s->instance_count++;
    return made->name != NULL;
}

/* The sum over all processes is no process, but its handles are the system's. */
static void name_total(column *made)
{
    made->kind = made->kind == PS_COUNTER_PROCESS && made->field == PS_PROCESS_HANDLES
                     ? PS_COUNTER_MEMORY
                     : PS_COUNTER_NONE;
    made->field = PS_MEM_HANDLES;
}

static bool add_column(sheet *s, ps_text *text, ps_span cell)
{
    column made = {.kind = PS_COUNTER_NONE};
    ps_counter_path path;

    if (!ps_grow((void **)&s->columns, &s->capacity, s->count, sizeof *s->columns))
        return out_of_memory(text);
    if (ps_part_counter(cell, &path)) {
        made.kind = (uint8_t)ps_find_counter(&path, &made.field);
        if (made.kind != PS_COUNTER_NONE)
            made.host = host_of(s, text, path.host);
        if (made.host == HOST_LIMIT)
            made.kind = PS_COUNTER_NONE;
        if (made.kind >= PS_COUNTER_PROCESS && ps_word_is(path.instance, "_Total"))
            name_total(&made);
        if (made.kind >= PS_COUNTER_PROCESS &&
            !instance_of(s, text, path.instance, made.host, &made.instance))
            return false;
    }
    s->columns[s->count++] = made;
    return !ps_failed(text);
}

/* "(PDH-CSV 4.0) (W. Europe Standard Time)(-60)" */
static bool take_title(sheet *s, ps_span title)
{
    const char *open = title.end - 1;
    bool west = false;
    ps_span number;
    uint64_t bias;

    if (!ps_take_text(&title, "(PDH-CSV") && !ps_take_text(&title, "(PDH-TSV"))
        return false;
    while (open > title.at && *open != '(')
        open--;
    number = (ps_span){open + 1, title.end};
    if (open == title.at)
        return true;
    west = number.at < number.end && *number.at == '-';
    number.at += west;
    s->has_bias = ps_scan_unsigned(&number, &bias) == PS_SCAN_OK && bias <= 900 &&
                  number.end - number.at == 1 && *number.at == ')';
    if (s->has_bias)
        s->bias = west ? -(int64_t)bias : (int64_t)bias;
    return true;
}

static bool read_header(sheet *s, ps_reading *reading)
{
    ps_cell_walk walk;
    ps_span cell;

    s->separator = ps_contains(ps_first(reading->body, 40), "PDH-TSV") ? '\t' : ',';
    walk = ps_cells_of(reading->body, s->separator);
    if (!ps_cells_next(&walk, &cell) || !take_title(s, cell))
        return false;
    while (s->count < COLUMN_LIMIT && ps_cells_next(&walk, &cell))
        if (!add_column(s, reading->text, cell))
            return true; /* memory is out */
    s->cells = s->count + 1;
    while (s->count > 0 && s->columns[s->count - 1].kind == PS_COUNTER_NONE)
        s->count--;
    return true;
}

/* --- values ----------------------------------------------------------------------------------- */

static void set_value(sheet *s, const column *c, uint64_t value)
{
    instance *of;

    if (c->kind == PS_COUNTER_MEMORY) {
        s->hosts[c->host].memory[c->field] = value;
        s->hosts[c->host].known |= UINT32_C(1) << c->field;
        return;
    }
    of = &s->instances[c->instance];
    if (c->kind == PS_COUNTER_PROCESS_ID) {
        of->now.id = value;
        of->now.has_id = true;
        return;
    }
    of->now.values[c->field] = value;
    of->now.known |= UINT32_C(1) << c->field;
}

static void clear_sample(sheet *s)
{
    for (size_t i = 0; i < s->host_count; i++)
        s->hosts[i].known = 0;
    for (size_t i = 0; i < s->instance_count; i++)
        s->instances[i].now = (point){0};
}

/* --- samples ---------------------------------------------------------------------------------- */

static void give_totals(sheet *s, ps_reading *reading, int64_t time)
{
    for (size_t i = 0; i < s->host_count; i++) {
        const totals *host = &s->hosts[i];
        ps_draft draft;
        if (host->known == 0)
            continue;
        ps_draft_start(&draft, reading->text, "counters");
        draft.time = time;
        draft.host = host->size > 0 ? host->name : reading->host;
        for (ps_memory_field field = 0; field < PS_MEM_FIELDS; field++)
            if ((host->known >> field & 1U) != 0)
                ps_draft_memory(&draft, field, host->memory[field], &reading->line);
        ps_draft_finish(&draft, "counters", PS_SCOPE_TOTALS);
    }
}

static void note_processes(sheet *s, const ps_line *line, int64_t time)
{
    for (size_t i = 0; i < s->instance_count; i++) {
        instance *of = &s->instances[i];
        if (of->now.known == 0)
            continue;
        of->now.line = line->number;
        of->now.offset = line->offset;
        of->now.time = time;
        if (of->first.known == 0)
            of->first = of->now;
        of->last = of->now;
    }
}

/* Months stand first in these logs, whatever the system's language. */
static bool take_time(const sheet *s, ps_span cell, int64_t *time)
{
    ps_when when;

    if (!ps_read_when(cell, &when))
        return false;
    *time = when.month_first_fits ? when.month_first : when.day_first;
    if (s->has_bias)
        *time += s->bias * 60;
    return when.month_first_fits;
}

static bool is_gap(ps_span cell)
{
    return cell.at == cell.end || ps_word_is(cell, "-1") || ps_word_is(cell, "-1.000000") ||
           ps_word_is(cell, "N/A");
}

/* The cells of a sample behind its time; false, with a remark, if the row is not to be trusted. */
static bool take_cells(sheet *s, ps_reading *reading, ps_cell_walk *walk)
{
    size_t number = 0, bad = 0;
    uint64_t value;
    ps_span cell;

    clear_sample(s);
    for (; ps_cells_next(walk, &cell); number++) {
        if (number >= s->count || s->columns[number].kind == PS_COUNTER_NONE || is_gap(cell))
            continue;
        if (ps_take_counter_value(cell, &value))
            set_value(s, &s->columns[number], value);
        else
            bad = number + 2;
    }
    if (walk->bad || number < s->count || number + 1 > s->cells) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "the sample has not as many values as there are counters");
        return false;
    }
    if (bad > 0)
        ps_remark(reading->text, PS_REFUSED, &reading->line, "value %zu is no number", bad);
    return true;
}

static bool sample_row(sheet *s, ps_reading *reading)
{
    ps_cell_walk walk = ps_cells_of(reading->body, s->separator);
    int64_t time;
    ps_span cell;

    if (!ps_cells_next(&walk, &cell) || !walk.more)
        return false;
    if (!take_time(s, cell, &time)) {
        if (cell.at == cell.end || !ps_is_digit(*cell.at))
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "the sample's time is not understood");
        return true;
    }
    if (!take_cells(s, reading, &walk))
        return true;
    give_totals(s, reading, time);
    note_processes(s, &reading->line, time);
    s->samples++;
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static void give_point(const sheet *s, ps_reading *reading, const instance *of, const point *at)
{
    const ps_line line = {.number = at->line, .offset = at->offset};
    ps_process *process = ps_add_process(reading->text, &line);

    if (process == NULL)
        return;
    process->name = of->name;
    process->host = s->hosts[of->host].size > 0 ? s->hosts[of->host].name : reading->host;
    process->id = at->has_id ? at->id : PS_NO_ID;
    process->known = at->known;
    memcpy(process->values, at->values, sizeof process->values);
    process->time = at->time;
    process->origin = "counters";
}

static void give_processes(const sheet *s, ps_reading *reading)
{
    bool between = false;

    for (size_t i = 0; i < s->instance_count; i++) {
        const instance *of = &s->instances[i];
        if (of->first.known == 0)
            continue;
        give_point(s, reading, of, &of->first);
        if (of->last.line != of->first.line)
            give_point(s, reading, of, &of->last);
        between = between || s->samples > 2;
    }
    if (between) {
        ps_remark(reading->text, PS_NOTE, NULL,
                  "of %zu samples of counters the first and the last of each process are listed",
                  s->samples);
    }
}

static void give_back(sheet *s)
{
    if (s == NULL)
        return;
    free(s->columns);
    free(s->instances);
    free(s);
}

static bool is_title(ps_span body)
{
    (void)ps_take_text(&body, "\"");
    ps_skip_blanks(&body);
    return ps_take_text(&body, "(PDH-CSV") || ps_take_text(&body, "(PDH-TSV");
}

static bool start(void *state, ps_reading *reading)
{
    counters *table = state;
    sheet *s;

    if (!is_title(reading->body))
        return false;
    if (reading->line.size > LINE_LIMIT || reading->line.continued || reading->line.more) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "there are too many counters");
        return false;
    }
    s = calloc(1, sizeof *s);
    if (s == NULL) {
        (void)out_of_memory(reading->text);
        return false;
    }
    for (size_t i = 0; i < BUCKETS; i++)
        s->buckets[i] = NONE;
    if (!read_header(s, reading)) {
        give_back(s);
        return false;
    }
    if (s->count == 0)
        ps_remark(reading->text, PS_NOTE, &reading->line,
                  "none of these counters tells of pool, memory or processes");
    table->sheet = s;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    counters *table = state;

    if (ps_failed(reading->text))
        return false;
    if (reading->body.at == reading->body.end)
        return true;
    if (reading->line.continued || reading->line.more) {
        if (!reading->line.continued)
            ps_remark(reading->text, PS_REFUSED, &reading->line, "the line is too long");
        return true;
    }
    if (is_title(reading->body))
        return false;
    return sample_row(table->sheet, reading);
}

static void finish(void *state, ps_reading *reading)
{
    counters *table = state;

    if (!ps_failed(reading->text))
        give_processes(table->sheet, reading);
    give_back(table->sheet);
    table->sheet = NULL;
}

const ps_dialect ps_counters_dialect = {.name = "counters",
                                        .needs = PS_HAS_STROKE | PS_LETTER('d') | PS_LETTER('h') |
                                                 PS_LETTER('p'),
                                        .least = 8,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
