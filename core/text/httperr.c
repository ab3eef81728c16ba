/* httperr.c - the error log of http.sys, which refuses connections when nonpaged pool runs out.
 *
 *    #Software: Microsoft HTTP API 2.0
 *    #Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename
 *    2026-11-01 00:05:09 - - - - - - - - - 3_Connections_Refused -
 *
 * Times are UTC.  Each stretch in which connections or requests are refused for one reason is a mark; the
 * fields may change with every #Fields. */
#include "text/dialect.h"
#include "text/items.h"
#include "text/when.h"

#include <string.h>

enum { FIELD_LIMIT = 64, GAP_S = 300, STAMP = 48 };

/* Why http.sys turns somebody away of whom it cannot be said that he left or asked for nonsense. */
static const struct reason {
    const char *word, *known_as, *pool, *text;
} reasons[] = {
    {"Connections_Refused", "Connections_Refused", "nonpaged",
     "http.sys refused connections: less than 20 MB of nonpaged pool were available"},
    {"Connection_Refused", "Connections_Refused", "nonpaged",
     "http.sys refused connections: less than 20 MB of nonpaged pool were available"},
    {"Connection_Dropped_List_Full", "Connection_Dropped_List_Full", NULL,
     "http.sys dropped connections: its list of them was full"},
    {"QueueFull", "QueueFull", NULL, "the queue of an application pool was full"},
    {"AppOffline", "AppOffline", NULL, "an application pool was switched off after errors"},
    {"Disabled", "Disabled", NULL, "an application pool was switched off"},
    {"ConnLimit", "ConnLimit", NULL, "a site had as many connections as it may"},
    {"N/A", "N/A", NULL, "a service was not available"},
};

enum { REASONS = sizeof reasons / sizeof reasons[0] };

typedef struct httperr {
    size_t date, time, reason, fields; /* numbers of the columns, counted from 0 */
    size_t marks[REASONS];             /* the open ones, counted from 1; 0 for none */
    uint32_t lines, refused;
    char day[16]; /* of #Date, where there is no column of dates */
} httperr;

PS_DIALECT_FITS(httperr);

/* --- the fields ------------------------------------------------------------------------------- */

static void take_fields(httperr *log, ps_span names)
{
    log->date = log->time = log->reason = FIELD_LIMIT;
    log->fields = 0;
    for (;;) {
        const ps_span name = ps_next_word(&names);
        if (name.at == name.end || log->fields == FIELD_LIMIT)
            return;
        if (ps_word_is(name, "date"))
            log->date = log->fields;
        else if (ps_word_is(name, "time"))
            log->time = log->fields;
        else if (ps_word_is(name, "s-reason"))
            log->reason = log->fields;
        log->fields++;
    }
}

static bool is_complete(const httperr *log)
{
    return log->time < log->fields && log->reason < log->fields;
}

/* Before there was #Fields, the log had these. */
static void take_old_fields(httperr *log)
{
    static const char names[] = "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri "
                                "sc-status s-siteid s-reason s-queuename";

    take_fields(log, (ps_span){names, names + sizeof names - 1});
}

/* "QueueFull", "12_Connections_Refused"; how many it stands for, 0 for a reason that is the client's. */
static uint64_t refusals(ps_span word, size_t *number)
{
    ps_span at = word;
    uint64_t count = 1;

    if (at.at < at.end && ps_is_digit(*at.at)) {
        if (ps_scan_unsigned(&at, &count) != PS_SCAN_OK || at.at == at.end || *at.at != '_')
            return 0;
        at.at++;
    }
    for (*number = 0; *number < REASONS; ++*number)
        if (ps_word_is(at, reasons[*number].word))
            return count;
    return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool directive(httperr *log, ps_reading *reading)
{
    ps_span at = reading->body;

    if (ps_take_text(&at, "#Fields:")) {
        take_fields(log, at);
        if (!is_complete(log))
            ps_remark(reading->text, PS_REFUSED, &reading->line,
                      "these fields tell no time or no reason");
    } else if (ps_take_text(&at, "#Date:")) {
        const ps_span day = ps_next_word(&at);
        const size_t size = (size_t)(day.end - day.at);
        if (size < sizeof log->day) {
            memcpy(log->day, day.at, size);
            log->day[size] = '\0';
        }
    }
    return true;
}

/* The cells of a line; false if there are fewer than fields. */
static bool part(const httperr *log, ps_span body, ps_span *cells)
{
    for (size_t i = 0; i < log->fields; i++) {
        cells[i] = ps_next_word(&body);
        if (cells[i].at == cells[i].end)
            return false;
    }
    return true;
}

static bool stamp_of(const httperr *log, const ps_span *cells, int64_t *time)
{
    const ps_span day = log->date < log->fields ? cells[log->date]
                                                : (ps_span){log->day, log->day + strlen(log->day)};
    const ps_span clock = cells[log->time];
    const size_t days = (size_t)(day.end - day.at), clocks = (size_t)(clock.end - clock.at);
    char stamp[STAMP];

    if (days == 0 || days + clocks + 1 > sizeof stamp)
        return false;
    memcpy(stamp, day.at, days);
    stamp[days] = ' ';
    memcpy(stamp + days + 1, clock.at, clocks);
    return ps_read_time((ps_span){stamp, stamp + days + 1 + clocks}, time);
}

static void add_refusals(httperr *log, ps_reading *reading, size_t number, int64_t time,
                         uint64_t count)
{
    const struct reason *why = &reasons[number];
    size_t *open = &log->marks[number];
    ps_mark *mark = *open == 0 ? NULL : ps_items_from(reading->text, PS_ITEM_MARKS, *open - 1);

    log->refused++;
    if (mark != NULL && time >= mark->until && time - mark->until <= GAP_S) {
        mark->until = time;
        mark->count = mark->count > UINT64_MAX - 1 - count ? UINT64_MAX - 1 : mark->count + count;
        return;
    }
    mark = ps_add_item(reading, PS_ITEM_MARKS, "httperr", &reading->line);
    if (mark == NULL)
        return;
    mark->item.time = mark->until = time;
    mark->reason = why->known_as;
    mark->pool = why->pool;
    mark->text = why->text;
    mark->count = count;
    *open = ps_text_item_count(reading->text, PS_ITEM_MARKS);
}

static bool entry(httperr *log, ps_reading *reading)
{
    ps_span cells[FIELD_LIMIT];
    size_t number;
    int64_t time;
    uint64_t count;

    if (!part(log, reading->body, cells)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "the line has not as many fields as #Fields names");
        return true;
    }
    if (!stamp_of(log, cells, &time)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "the time of the entry is not understood");
        return true;
    }
    log->lines++;
    reading->text->row_line_count++;
    count = refusals(cells[log->reason], &number);
    if (count > 0)
        add_refusals(log, reading, number, time, count);
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

/* A line of the old log, without a heading before it: only one that tells of refusals is sure. */
static bool is_old_entry(httperr *log, const ps_reading *reading)
{
    ps_span cells[FIELD_LIMIT];
    size_t number;
    int64_t time;

    if (!ps_is_digit(*reading->body.at) || !ps_contains(reading->body, "_Refused"))
        return false;
    take_old_fields(log);
    return part(log, reading->body, cells) && stamp_of(log, cells, &time) &&
           refusals(cells[log->reason], &number) > 0;
}

static bool start(void *state, ps_reading *reading)
{
    httperr *log = state;
    ps_span at = reading->body;

    if (at.at == at.end || reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    take_old_fields(log);
    if (ps_take_text(&at, "#Software: Microsoft HTTP API"))
        return true;
    if (ps_take_text(&at, "#Fields:")) {
        take_fields(log, at);
        if (is_complete(log))
            return true;
    } else if (is_old_entry(log, reading)) {
        return entry(log, reading);
    }
    *log = (httperr){0};
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    httperr *log = state;
    const ps_span body = reading->body;

    if (body.at == body.end)
        return true;
    if (reading->line.continued)
        return true;
    if (*body.at == '#')
        return directive(log, reading);
    if (!ps_is_digit(*body.at))
        return false;
    if (!is_complete(log))
        return true;
    return entry(log, reading);
}

static void finish(void *state, ps_reading *reading)
{
    const httperr *log = state;

    if (log->lines > 0 && log->refused == 0) {
        ps_remark(reading->text, PS_NOTE, NULL,
                  "%u entries of http.sys, none of which tells that it refused anybody",
                  log->lines);
    }
}

const ps_dialect ps_httperr_dialect = {.name = "httperr",
                                       .needs = PS_LETTER('e') | PS_LETTER('r') | PS_LETTER('s'),
                                       .least = 20,
                                       .room = sizeof(httperr),
                                       .start = start,
                                       .row = row,
                                       .finish = finish};
