/* counters.c - logs of performance counters, as typeperf, relog, logman and perfmon write them.
 *
 *    "(PDH-CSV 4.0) (W. Europe Standard Time)(-60)","\\SRV01\Memory\Pool Nonpaged Bytes", ...
 *    "11/01/2026 00:05:00.123","1047961600.000000", ...
 *    "11/01/2026 00:10:00.127"," ", ...
 *
 * A sample is a snapshot of totals for each host in it.  Of a long log every second, fourth ... sample
 * is kept, and the last one; of processes there are fewer, so that memory stays small. */
#include "base/array.h"
#include "base/error.h"
#include "text/cells.h"
#include "text/counter_names.h"
#include "text/dialect.h"
#include "text/when.h"

#include <inttypes.h>
#include <string.h>

enum { BUCKETS = 512, PATH_ROOM = 1024 };

/* Samples of all processes, and of each at the least where there are many. */
enum { ALL_POINTS = 1 << 18, POINTS_LEAST = 4 };

typedef struct column {
    uint8_t kind, field, shift, host;
    uint32_t instance;
} column;

typedef struct point {
    uint64_t values[PS_PROCESS_FIELDS];
    uint64_t id;
    uint64_t sample; /* its number */
    uint32_t known;
    uint32_t line;
    uint64_t offset;
    int64_t time;
    bool has_id;
} point;

typedef struct instance {
    const char *name, *shown; /* without the number that Process V2 has behind it */
    size_t size;
    uint8_t host;
    uint32_t next; /* in its bucket */
    uint64_t id;
    bool has_id; /* in its name */
    point now;
    point *points;
    size_t count, capacity;
} instance;

typedef struct totals {
    uint64_t memory[PS_MEM_FIELDS];
    uint64_t sample;
    uint64_t offset;
    int64_t time;
    uint32_t known, line;
    uint8_t host;
} totals;

typedef struct machine {
    const char *name; /* NULL if the paths have no host */
    size_t size;
    totals now;
} machine;

typedef struct sheet {
    char separator;
    bool has_bias;
    int64_t bias; /* minutes that make local time UTC */
    size_t cells; /* of the header */
    column *columns;
    size_t count, capacity;
    instance *instances;
    size_t instance_count, instance_capacity;
    uint32_t buckets[BUCKETS]; /* instances, counted from 1 */
    machine hosts[PS_MOST_COUNTER_HOSTS];
    size_t host_count;
    totals *totals;
    size_t totals_count, totals_capacity;
    uint64_t samples;
    const ps_limits *limits;
    uint64_t totals_step, points_step; /* a sample whose number they divide stays */
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

/* The number of the host, or PS_MOST_COUNTER_HOSTS where there are too many. */
static uint8_t host_of(sheet *s, ps_text *text, ps_span name)
{
    for (size_t i = 0; i < s->host_count; i++)
        if (same_text(name, s->hosts[i].name, s->hosts[i].size))
            return (uint8_t)i;
    if (s->host_count >= s->limits->counter_hosts) {
        ps_remark_limit(text, PS_LIMIT(counter_hosts), NULL);
        return PS_MOST_COUNTER_HOSTS;
    }
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

    for (size_t i = s->buckets[bucket]; i-- > 0; i = s->instances[i].next) {
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
    made->shown = made->name;
    *number = (uint32_t)s->instance_count;
    s->buckets[bucket] = (uint32_t)++s->instance_count;
    return made->name != NULL;
}

/* "lkasvc:1120", as Process V2 has it. */
static void split_id(instance *made, ps_text *text)
{
    ps_span name = {made->name, made->name + made->size};
    ps_span number = {name.end, name.end};

    while (number.at > name.at && ps_is_digit(number.at[-1]))
        number.at--;
    if (number.at == name.end || number.at - name.at < 2 || number.at[-1] != ':')
        return;
    name.end = number.at - 1;
    made->has_id = ps_scan_unsigned(&number, &made->id) == PS_SCAN_OK;
    if (made->has_id)
        made->shown = ps_keep(text, name);
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
    char unquoted[PATH_ROOM];
    column made = {.kind = PS_COUNTER_NONE};
    ps_counter_path path;

    if (!ps_grow((void **)&s->columns, &s->capacity, s->count, sizeof *s->columns))
        return out_of_memory(text);
    if (ps_part_counter(ps_cell_text(cell, unquoted, sizeof unquoted), &path)) {
        const ps_counter counter = ps_find_counter(&path);
        made.kind = (uint8_t)counter.kind;
        made.field = counter.field;
        made.shift = counter.shift;
        if (made.kind != PS_COUNTER_NONE)
            made.host = host_of(s, text, path.host);
        if (made.host == PS_MOST_COUNTER_HOSTS)
            made.kind = PS_COUNTER_NONE;
        if (made.kind >= PS_COUNTER_PROCESS && ps_word_is(path.instance, "_Total"))
            name_total(&made);
        if (made.kind >= PS_COUNTER_PROCESS &&
            !instance_of(s, text, path.instance, made.host, &made.instance))
            return false;
        if (made.kind >= PS_COUNTER_PROCESS && ps_word_is(path.object, "Process V2"))
            split_id(&s->instances[made.instance], text);
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
    for (s->cells = 1; ps_cells_next(&walk, &cell); s->cells++) {
        if (s->count >= s->limits->counter_columns)
            ps_remark_limit(reading->text, PS_LIMIT(counter_columns), &reading->line);
        else if (!add_column(s, reading->text, cell))
            return true; /* memory is out */
    }
    while (s->count > 0 && s->columns[s->count - 1].kind == PS_COUNTER_NONE)
        s->count--;
    return true;
}

/* --- values ----------------------------------------------------------------------------------- */

static void set_value(sheet *s, const column *c, uint64_t value)
{
    instance *of;

    value = value > UINT64_MAX >> c->shift ? UINT64_MAX : value << c->shift;
    if (c->kind == PS_COUNTER_MEMORY) {
        s->hosts[c->host].now.memory[c->field] = value;
        s->hosts[c->host].now.known |= UINT32_C(1) << c->field;
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
        s->hosts[i].now.known = 0;
    for (size_t i = 0; i < s->instance_count; i++)
        s->instances[i].now = (point){0};
}

/* --- samples ---------------------------------------------------------------------------------- */

/* The last sample makes room for this one unless it is to stay. */
static void thin_totals(sheet *s)
{
    const uint64_t least = (uint64_t)s->host_count * 2; /* the first and the last */
    const uint64_t limit = s->limits->counter_samples;
    size_t kept = 0;

    while (s->totals_count > 0 && s->totals[s->totals_count - 1].sample % s->totals_step != 0)
        s->totals_count--;
    if (s->totals_count + s->host_count <= (limit < least ? least : limit))
        return;
    s->totals_step *= 2;
    for (size_t i = 0; i < s->totals_count; i++)
        if (s->totals[i].sample % s->totals_step == 0)
            s->totals[kept++] = s->totals[i];
    s->totals_count = kept;
}

static bool keep_totals(sheet *s, const ps_line *line, int64_t time)
{
    thin_totals(s);
    for (size_t i = 0; i < s->host_count; i++) {
        totals *now = &s->hosts[i].now;
        if (now->known == 0)
            continue;
        now->line = line->number;
        now->offset = line->offset;
        now->time = time;
        now->sample = s->samples;
        now->host = (uint8_t)i;
        if (!ps_grow((void **)&s->totals, &s->totals_capacity, s->totals_count, sizeof *s->totals))
            return false;
        s->totals[s->totals_count++] = *now;
    }
    return true;
}

/* The first point of a process stays too. */
static void thin_points(instance *of, uint64_t step)
{
    size_t kept = 1;

    for (size_t i = 1; i < of->count; i++)
        if (of->points[i].sample % step == 0)
            of->points[kept++] = of->points[i];
    if (of->count > 0)
        of->count = kept;
}

static bool keep_point(instance *of, uint64_t step)
{
    if (of->count > 1 && of->points[of->count - 1].sample % step != 0)
        of->count--;
    if (!ps_grow((void **)&of->points, &of->capacity, of->count, sizeof *of->points))
        return false;
    of->points[of->count++] = of->now;
    return true;
}

/* Fewer of each where there are many. */
static uint64_t points_limit(const sheet *s)
{
    const uint64_t limit = s->limits->counter_points;
    const uint64_t share = s->instance_count < ALL_POINTS / POINTS_LEAST
                               ? ALL_POINTS / s->instance_count
                               : POINTS_LEAST;

    return limit < share ? limit : share;
}

static bool keep_processes(sheet *s, const ps_line *line, int64_t time)
{
    if (s->instance_count > 0 && s->samples / s->points_step >= points_limit(s)) {
        s->points_step *= 2;
        for (size_t i = 0; i < s->instance_count; i++)
            thin_points(&s->instances[i], s->points_step);
    }
    for (size_t i = 0; i < s->instance_count; i++) {
        instance *of = &s->instances[i];
        if (of->now.known == 0)
            continue;
        of->now.line = line->number;
        of->now.offset = line->offset;
        of->now.time = time;
        of->now.sample = s->samples;
        if (!keep_point(of, s->points_step))
            return false;
    }
    return true;
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
    if (!keep_totals(s, &reading->line, time) || !keep_processes(s, &reading->line, time))
        return out_of_memory(reading->text);
    s->samples++;
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static void give_totals(sheet *s, ps_reading *reading)
{
    for (size_t i = 0; i < s->totals_count; i++) {
        const totals *of = &s->totals[i];
        const machine *from = &s->hosts[of->host];
        const ps_line line = {.number = of->line, .offset = of->offset};
        ps_draft draft;
        ps_draft_start(&draft, reading->text, "counters");
        draft.time = of->time;
        draft.host = from->size > 0 ? from->name : reading->host;
        for (ps_memory_field field = 0; field < PS_MEM_FIELDS; field++)
            if ((of->known >> field & 1U) != 0)
                ps_draft_memory(&draft, field, of->memory[field], &line);
        ps_draft_finish(&draft, "counters", PS_SCOPE_TOTALS);
    }
    if (s->totals_step > 1) {
        ps_remark(reading->text, PS_NOTE, NULL,
                  "of %" PRIu64 " samples of counters one in %" PRIu64
                  " is kept, and the last: at most "
                  "%" PRIu64 " (limit counter_samples)",
                  s->samples, s->totals_step, s->limits->counter_samples);
    }
}

static void give_point(const sheet *s, ps_reading *reading, const instance *of, const point *at)
{
    const ps_line line = {.number = at->line, .offset = at->offset};
    ps_process *process = ps_add_process(reading->text, &line);

    if (process == NULL)
        return;
    process->name = of->shown != NULL ? of->shown : "";
    process->host = s->hosts[of->host].size > 0 ? s->hosts[of->host].name : reading->host;
    if (at->has_id || of->has_id)
        process->id = at->has_id ? at->id : of->id;
    process->known = at->known;
    memcpy(process->values, at->values, sizeof process->values);
    process->time = at->time;
    process->origin = "counters";
}

static void give_processes(const sheet *s, ps_reading *reading)
{
    for (size_t i = 0; i < s->instance_count; i++)
        for (size_t k = 0; k < s->instances[i].count; k++)
            give_point(s, reading, &s->instances[i], &s->instances[i].points[k]);
    if (s->points_step > 1 && s->instance_count > 0) {
        ps_remark(reading->text, PS_NOTE, NULL,
                  "of %" PRIu64 " samples of processes one in %" PRIu64
                  " is listed, and the last: about %" PRIu64 " (limit counter_points)",
                  s->samples, s->points_step, s->limits->counter_points);
    }
}

static void give_back(sheet *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->instance_count; i++)
        free(s->instances[i].points);
    free(s->columns);
    free(s->instances);
    free(s->totals);
    free(s);
}

static bool is_title(ps_span body)
{
    (void)ps_take_text(&body, "\"");
    ps_skip_blanks(&body);
    return ps_take_text(&body, "(PDH-CSV") || ps_take_text(&body, "(PDH-TSV");
}

/* A header takes far longer to read than it has bytes. */
static void say_barren(ps_reading *reading)
{
    const uint64_t limit = reading->text->bounds.of.text_barren;

    if (reading->empty_logs++ == limit) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "no more logs of counters are read: the last %" PRIu64
                  " had no samples (limit text_barren)",
                  limit);
    }
}

static bool start(void *state, ps_reading *reading)
{
    counters *table = state;
    sheet *s;

    if (!is_title(reading->body))
        return false;
    if (reading->empty_logs >= reading->text->bounds.of.text_barren) {
        say_barren(reading);
        return true; /* with no sheet: headers are passed over */
    }
    if (reading->line.continued || reading->line.more) {
        ps_remark_limit(reading->text, PS_LIMIT(text_line_bytes), &reading->line);
        return false;
    }
    s = calloc(1, sizeof *s);
    if (s == NULL) {
        (void)out_of_memory(reading->text);
        return false;
    }
    s->limits = &reading->text->bounds.of;
    s->totals_step = s->points_step = 1;
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
            ps_remark_limit(reading->text, PS_LIMIT(text_line_bytes), &reading->line);
        return true;
    }
    if (is_title(reading->body))
        return table->sheet == NULL;
    return table->sheet != NULL && sample_row(table->sheet, reading);
}

static void count_empty(const sheet *s, ps_reading *reading)
{
    reading->empty_logs = s->samples > 0 ? 0 : reading->empty_logs + 1;
}

static void finish(void *state, ps_reading *reading)
{
    counters *table = state;

    if (table->sheet == NULL)
        return;
    if (!ps_failed(reading->text))
        give_totals(table->sheet, reading);
    if (!ps_failed(reading->text))
        give_processes(table->sheet, reading);
    count_empty(table->sheet, reading);
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
