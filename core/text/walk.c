/* walk.c - the walk through a text of any dialect: each line goes to the reader whose table it stands in, else
 * to whoever recognises a beginning in it. */
#include "text/walk.h"
#include "text/debugger.h"
#include "text/dialect.h"
#include "text/markup.h"
#include "text/plain.h"
#include "text/poolmon.h"
#include "text/prefix.h"
#include "text/prompt.h"
#include "text/tagtable.h"
#include "text/when.h"

#include <stdlib.h>
#include <string.h>

enum { HOST_LIMIT = 63, CAPTION_LIMIT = 80, DATE_REACH = 2 };

struct ps_walk {
    ps_reading reading;
    ps_poolmon poolmon;
    ps_debugger debugger;
    ps_tagtable tagtable;
    const ps_dialect *dialect; /* whose table is open; NULL if none is */
    ps_dialect_state state;
    ps_traits traits; /* of the line that was last held against what the dialects need */
    const ps_dialect
        *candidates[PS_DIALECTS + 1]; /* who may read such lines; NULL behind the last */
    bool quoted;                      /* the tables that are open stand in a quotation */
    ps_prefix prefix;                 /* what a log puts before each line */
    char plain[PS_MOST_ROW_BYTES];    /* a line without its marks */
};

/* --- one line -------------------------------------------------------------------------------- */

static void close_dialect(ps_walk *all)
{
    if (all->dialect == NULL)
        return;
    all->dialect->finish(&all->state, &all->reading);
    all->reading.has_caption = false;
    memset(&all->state, 0, all->dialect->room == 0 ? sizeof all->state : all->dialect->room);
    all->dialect = NULL;
}

/* The line as one more of the table of a dialect of its own. */
static bool read_in_dialect(ps_walk *all)
{
    if (all->dialect == NULL)
        return false;
    if (all->dialect->row(&all->state, &all->reading))
        return true;
    close_dialect(all);
    return false;
}

static bool may_start(const ps_dialect *dialect, ps_traits traits)
{
    return ps_has_all(traits, dialect->needs) &&
           (dialect->any == 0 || (traits & dialect->any) != 0);
}

/* Lines of one kind follow each other. */
static void find_candidates(ps_walk *all, ps_traits traits)
{
    size_t count = 0;

    for (size_t i = 0; ps_dialects[i] != NULL; i++)
        if (may_start(ps_dialects[i], traits))
            all->candidates[count++] = ps_dialects[i];
    all->candidates[count] = NULL;
    all->traits = traits;
}

/* The line as the beginning of such a table. */
static bool start_dialect(ps_walk *all)
{
    const size_t size = (size_t)(all->reading.body.end - all->reading.body.at);
    const bool object = size > 0 && *all->reading.body.at == '{';

    if (all->reading.traits != all->traits)
        find_candidates(all, all->reading.traits);
    for (const ps_dialect *const *next = all->candidates; *next != NULL; next++) {
        if (size < (*next)->least || (object && *next != &ps_tagjson_dialect) ||
            !(*next)->start(&all->state, &all->reading))
            continue;
        all->dialect = *next;
        return true;
    }
    return false;
}

static void leave_tables(ps_walk *all)
{
    close_dialect(all);
    ps_poolmon_leave(&all->poolmon, &all->reading);
    ps_debugger_leave(&all->debugger, &all->reading);
    ps_tagtable_leave(&all->tagtable);
}

/* The short way for most lines of most texts: one more row of the table they stand in. */
static bool read_in_table(ps_walk *all)
{
    if (all->debugger.in_table)
        return ps_poolused_row(&all->debugger, &all->reading);
    return all->poolmon.in_table && ps_poolmon_row(&all->poolmon, &all->reading);
}

/* Outside its table a row of poolmon has to have a type and numbers. */
static bool may_be_row(const ps_walk *all)
{
    const ps_traits needed = PS_LETTER('p') | PS_HAS_DIGIT; /* Nonp, Paged */

    return all->poolmon.in_table || all->poolmon.pending.size > 0 ||
           ps_has_all(all->reading.traits, needed);
}

/* The line as a row or value of what is being read. */
static bool read_as_row(ps_walk *all)
{
    ps_reading *reading = &all->reading;
    const bool tried = all->poolmon.in_table && !all->debugger.in_table && !reading->at_prompt;

    if (!tried && may_be_row(all) && ps_poolmon_row(&all->poolmon, reading)) {
        ps_debugger_leave(&all->debugger, &all->reading);
        return true;
    }
    return ps_poolused_row(&all->debugger, reading) ||
           (all->tagtable.in_table && ps_tagtable_row(&all->tagtable, reading)) ||
           ((reading->traits & (PS_HAS_COLON | PS_HAS_STAR)) != 0 &&
            ps_vm_line(&all->debugger, reading));
}

/* The first letter of commands, captions, headers and banners, in either case. */
static bool may_be_first(char c)
{
    switch (c | 0x20) {
    case '!':
    case '#':
    case 'a':
    case 'c':
    case 'd':
    case 'm':
    case 'n':
    case 'p':
    case 'q':
    case 's':
    case 't':
        return true;
    default:
        return false;
    }
}

/* The line as a beginning: what was before it ends. */
static bool read_as_start(ps_walk *all)
{
    ps_reading *reading = &all->reading;

    if (!may_be_first(*reading->body.at))
        return false;
    if (ps_poolmon_start(&all->poolmon, reading)) {
        ps_debugger_leave(&all->debugger, &all->reading);
        ps_tagtable_leave(&all->tagtable);
        return true;
    }
    if (ps_debugger_command(&all->debugger, reading)) {
        leave_tables(all);
        return true;
    }
    if (ps_poolused_start(&all->debugger, reading) || ps_tagtable_start(&all->tagtable, reading)) {
        ps_poolmon_leave(&all->poolmon, &all->reading);
        return true;
    }
    return ps_debugger_banner(&all->debugger, reading);
}

/* Without what scripts put around a time: "==== ... ====", "[...]", "Time: ...". */
static ps_span stamp_of(ps_span span)
{
    static const char *const labels[] = {"The current date is:",
                                         "The current time is:",
                                         "Current time:",
                                         "Timestamp:",
                                         "Time:",
                                         "Date:",
                                         "Snapshot:",
                                         "Sample:",
                                         "Taken:",
                                         "Captured:"};
    static const char around[] = "=-*#~[]<>\"'_ \t";

    while (span.at < span.end && strchr(around, *span.at) != NULL)
        span.at++;
    while (span.at < span.end && strchr(around, span.end[-1]) != NULL)
        span.end--;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (ps_take_text(&span, labels[i]))
            break;
    return ps_trim(span);
}

/* "Sun 11/15/2026" alone: the time of day follows on one of the next lines, as date and time print them. */
static bool read_as_date(ps_reading *reading, ps_span stamp)
{
    static const char midnight[] = " 00:00";
    char whole[48] = {0};
    const size_t size = (size_t)(stamp.end - stamp.at);

    if (size < 8 || size > 30 || memchr(stamp.at, ':', size) != NULL)
        return false;
    memcpy(whole, stamp.at, size);
    memcpy(whole + size, midnight, sizeof midnight);
    if (!ps_read_time((ps_span){whole, whole + size + sizeof midnight - 1}, &reading->date))
        return false;
    reading->date_line = reading->line.number;
    return true;
}

/* "Sun 11/01/2026 08:00": a Sunday in January and in November. */
static bool is_of_two_days(ps_reading *reading, ps_span stamp)
{
    ps_when when;

    if (stamp.end - stamp.at < 14 || !ps_read_when(stamp, &when))
        return false;
    ps_remark(reading->text, PS_AMBIGUOUS, &reading->line,
              "the date can have its day or its month first: the snapshot is left without a time");
    return true;
}

/* A line that is a time stamp and nothing else. */
static bool read_as_time(ps_reading *reading)
{
    const ps_span stamp = stamp_of(reading->body);
    int64_t clock;

    if (stamp.end - stamp.at < 4 || reading->body.end - reading->body.at > 80)
        return false;
    if (read_as_date(reading, stamp))
        return true;
    if ((reading->traits & PS_HAS_COLON) == 0)
        return false;
    if (reading->date_line != 0 && reading->line.number - reading->date_line <= DATE_REACH &&
        ps_read_clock(stamp, &clock))
        reading->time = reading->date + clock;
    else if (stamp.end - stamp.at < 14 || !ps_read_time(stamp, &reading->time))
        return is_of_two_days(reading, stamp);
    reading->date_line = 0;
    reading->time_line = reading->line.number;
    return true;
}

/* The same name again takes no room, and too many are no names. */
static bool keep_host(ps_reading *reading, ps_span name)
{
    const size_t size = (size_t)(name.end - name.at);

    if (reading->host != NULL && strlen(reading->host) == size &&
        memcmp(reading->host, name.at, size) == 0)
        return true;
    reading->host = NULL;
    if (reading->hosts++ < reading->text->bounds.of.text_hosts)
        reading->host = ps_keep(reading->text, name);
    else
        ps_remark_limit(reading->text, PS_LIMIT(text_hosts), &reading->line);
    return true;
}

/* "COMPUTERNAME=SRV01", "Host Name:   SRV01": of all that follows. */
static bool read_as_host(ps_reading *reading)
{
    static const char *const keys[] = {
        "COMPUTERNAME=", "Host Name:", "Hostname:", "Computer Name:"};

    if (strchr("CcHh", *reading->body.at) == NULL)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ps_span at = reading->body;
        ps_span name;
        if (!ps_take_text(&at, keys[i]))
            continue;
        name = ps_next_word(&at);
        if (name.at == name.end || at.at != at.end || name.end - name.at > HOST_LIMIT)
            return false;
        return keep_host(reading, name);
    }
    return false;
}

static void read_as_strange(ps_walk *all)
{
    ps_poolmon_strange(&all->poolmon, &all->reading);
    ps_poolused_strange(&all->debugger, &all->reading);
    ps_tagtable_strange(&all->tagtable, &all->reading);
}

static bool in_any_table(const ps_walk *all)
{
    return all->dialect != NULL || all->poolmon.in_table || all->debugger.in_table ||
           all->tagtable.in_table;
}

/* A line behind a prompt: "kd> !vm" is a command, but some logs put the prompt before output. */
static void take_prompt(ps_walk *all, size_t length)
{
    ps_reading *reading = &all->reading;

    reading->body = ps_trim((ps_span){reading->line.text + length, reading->body.end});
    reading->at_prompt = true;
    if (reading->body.at == reading->body.end)
        leave_tables(all);
}

/* The line as the beginning of a dialect's table: what was before it ends. */
static bool read_as_dialect(ps_walk *all)
{
    if (!start_dialect(all))
        return false;
    ps_poolmon_leave(&all->poolmon, &all->reading);
    ps_debugger_leave(&all->debugger, &all->reading);
    ps_tagtable_leave(&all->tagtable);
    return true;
}

/* A table that begins behind what may be a log's prefix: if it does, that is one. */
static bool read_behind_prefix(ps_walk *all)
{
    ps_reading *reading = &all->reading;
    const ps_line line = reading->line;
    const ps_span body = reading->body;
    const ps_span whole = ps_whole_line(reading);
    const size_t length = ps_prefix_guess(whole);

    if (length == 0)
        return false;
    reading->line.text += length;
    reading->line.size -= length;
    reading->body = ps_trim((ps_span){line.text + length, whole.end});
    if (ps_prefix_time((ps_span){line.text, reading->line.text}, &reading->time))
        reading->time_line = line.number;
    if (ps_prompt_length(reading->body) > 0)
        take_prompt(all, (size_t)(reading->body.at - reading->line.text) +
                             ps_prompt_length(reading->body));
    if (read_as_start(all) || ps_vm_line(&all->debugger, reading) || read_as_dialect(all)) {
        ps_prefix_keep(&all->prefix, (ps_span){line.text, line.text + length});
        return true;
    }
    reading->line = line;
    reading->body = body;
    reading->at_prompt = false;
    return false;
}

static ps_span whole_of(const ps_line *line)
{
    return (ps_span){line->text, line->text + line->size};
}

/* Some logs put the prompt before every line of the output: columns are counted from behind it. */
static bool read_header_at_prompt(ps_walk *all, size_t length)
{
    ps_reading *reading = &all->reading;
    const ps_line line = reading->line;
    const ps_span body = reading->body;

    reading->line.text += length;
    reading->line.size -= length;
    reading->body = ps_trim(whole_of(&reading->line));
    if (reading->body.at < reading->body.end && ps_poolused_start(&all->debugger, reading) &&
        all->debugger.in_table) {
        ps_poolmon_leave(&all->poolmon, reading);
        ps_prefix_keep(&all->prefix, (ps_span){line.text, line.text + length});
        return true;
    }
    reading->line = line;
    reading->body = body;
    return false;
}

/* "### Largest nonpaged-pool tags", "Paged pool:": a title may name the pool of the table under it. */
static void take_caption(ps_reading *reading)
{
    const ps_traits letters = PS_LETTER('p') | PS_LETTER('g') | PS_LETTER('d') | PS_LETTER('o');
    const ps_span body = reading->body;
    ps_span rest = body;
    bool nonpaged;

    reading->has_caption = false;
    if (!ps_has_all(reading->traits, letters) || body.end - body.at > CAPTION_LIMIT ||
        (*body.at != '#' && *body.at != '*' && body.end[-1] != ':') || !ps_contains(body, "pool"))
        return;
    nonpaged = ps_contains(body, "nonpaged") || ps_contains(body, "non-paged");
    for (; rest.at < rest.end; rest.at++) {
        ps_span word = rest;
        const bool begins = rest.at == body.at || ps_is_blank(rest.at[-1]) || rest.at[-1] == '(';
        if (!begins || !ps_take_text(&word, "paged"))
            continue;
        if (nonpaged)
            return; /* it names both */
        reading->has_caption = true;
        reading->caption = PS_POOL_PAGED;
    }
    if (!nonpaged)
        return;
    reading->has_caption = true;
    reading->caption = PS_POOL_NONPAGED;
}

static void read_outside(ps_walk *all, bool prompt)
{
    ps_reading *reading = &all->reading;

    if (read_as_row(all) || read_as_start(all))
        return;
    if (!prompt && *reading->body.at != '{' && (reading->traits & PS_HAS_LETTER) != 0 &&
        read_behind_prefix(all))
        return;
    if (!prompt && read_as_host(reading)) {
        leave_tables(all);
        return;
    }
    if (read_as_dialect(all))
        return;
    if (prompt || read_as_time(reading))
        leave_tables(all);
    else if (in_any_table(all) || *reading->body.at != '#')
        read_as_strange(all);
    take_caption(reading);
}

/* What a log puts before each line goes, as long as each has it. */
static void take_prefix_off(ps_walk *all)
{
    ps_line *line = &all->reading.line;
    const ps_span whole = {line->text, line->text + line->size};
    const size_t length = ps_prefix_length(&all->prefix, whole);

    if (length == 0 && ps_trim(whole).at < whole.end)
        all->prefix.size = 0;
    line->text += length;
    line->size -= length;
    if (length > 0 && ps_prefix_time((ps_span){whole.at, line->text}, &all->reading.time))
        all->reading.time_line = line->number;
}

/* Bars and marks of quotation go, but not from a tag that looks like one. */
static bool take_marks_off(ps_walk *all)
{
    ps_line *line = &all->reading.line;
    const bool quoted = ps_is_quoted(line) && (all->quoted || !in_any_table(all));

    if (quoted)
        ps_blank_marks(line, false, all->plain, sizeof all->plain);
    if (all->prefix.size > 0)
        take_prefix_off(all);
    if (!quoted && ps_has_bars(line))
        ps_blank_marks(line, true, all->plain, sizeof all->plain);
    return quoted;
}

/* Of a very long line only the first piece is anybody's, unless the table that is open takes all. */
static bool is_for_nobody(const ps_walk *all)
{
    return all->reading.line.continued && (all->dialect == NULL || !all->dialect->takes_pieces);
}

/* The line without what a web page or a terminal put into it, as a row of the table; a line that
 * held nothing else is done with. */
static bool read_plain(ps_walk *all)
{
    ps_reading *reading = &all->reading;

    reading->traits = ps_traits_of(reading->body);
    if ((reading->traits & (PS_HAS_MARKUP | PS_HAS_BAR | PS_HAS_HIGH)) == 0 ||
        !ps_plain_line(&reading->line, all->plain, sizeof all->plain))
        return false;
    reading->traits = ps_traits_of(whole_of(&reading->line));
    reading->body = ps_trim(whole_of(&reading->line));
    return reading->body.at == reading->body.end || read_in_table(all);
}

/* "```", "~~~", "```text": a block of code begins or ends, and with it whatever table was open. */
static bool is_fence(ps_span body)
{
    const char *mark = body.at;

    if (body.end - body.at < 3 || (*mark != '`' && *mark != '~'))
        return false;
    while (body.at < body.end && *body.at == *mark)
        body.at++;
    if (body.at - mark < 3)
        return false;
    for (; body.at < body.end; body.at++) {
        if (!ps_is_digit(*body.at) && !((*body.at | 0x20) >= 'a' && (*body.at | 0x20) <= 'z') &&
            *body.at != '+' && *body.at != '-')
            return false;
    }
    return true;
}

void ps_walk_line(ps_walk *all, const ps_line *next)
{
    ps_reading *reading = &all->reading;
    const ps_line *line = &reading->line;
    bool quoted;

    reading->line = *next;
    reading->raw = whole_of(next);
    if (next->size == 0 && all->dialect == NULL) {
        reading->body = reading->raw;
        reading->at_prompt = false;
        reading->after_blank = true;
        return;
    }
    if (is_for_nobody(all))
        return;
    quoted = take_marks_off(all);
    reading->at_prompt = false;
    reading->body = ps_trim(whole_of(line));
    if (!line->continued && is_fence(reading->body)) {
        leave_tables(all);
        reading->after_blank = true;
        return;
    }
    if (read_in_dialect(all)) {
        reading->after_blank = reading->body.at == reading->body.end;
        return;
    }
    if (line->continued)
        return;
    if (reading->body.at == reading->body.end) {
        reading->after_blank = true;
        return;
    }
    if (!read_in_table(all) && !read_plain(all)) {
        const bool sign = (reading->traits & PS_HAS_ANGLE) != 0;
        const size_t prompt = sign ? ps_prompt_length(whole_of(line)) : 0;
        if (prompt > 0 && read_header_at_prompt(all, prompt))
            return;
        if (prompt > 0)
            take_prompt(all, prompt);
        read_outside(all, prompt > 0);
        all->quoted = in_any_table(all) && (quoted || all->quoted);
    }
    reading->after_blank = false;
}

/* --- the way in and out ---------------------------------------------------------------------- */

ps_walk *ps_walk_open(ps_text *text)
{
    ps_walk *all = calloc(1, sizeof *all);

    if (all == NULL)
        return NULL;
    all->reading = (ps_reading){.text = text,
                                .row_bytes = (size_t)text->bounds.of.text_row_bytes,
                                .work_left = text->bounds.of.text_tries + 1};
    find_candidates(all, 0);
    ps_poolmon_open(&all->poolmon, text);
    ps_debugger_open(&all->debugger, text);
    ps_tagtable_open(&all->tagtable, text);
    return all;
}

static bool is_empty(const ps_text *text)
{
    const ps_lists *lists = &text->lists;

    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++)
        if (lists->items[kind].count > 0)
            return false;
    return text->snapshot_count == 0 && text->module_count == 0 && text->problem_count == 0 &&
           lists->block_count == 0 && lists->process_count == 0 && lists->verified_count == 0;
}

void ps_walk_close(ps_walk *all, bool cut)
{
    ps_text *text = all->reading.text;

    close_dialect(all);
    ps_poolmon_finish(&all->poolmon, &all->reading);
    ps_debugger_finish(&all->debugger, &all->reading);
    ps_tagtable_leave(&all->tagtable);
    if (all->reading.work_left == 0)
        ps_remark_limit(text, PS_LIMIT(text_tries), NULL);
    if (cut)
        ps_remark(text, PS_NOTE, NULL, "the text ends in the middle of a character");
    if (is_empty(text))
        ps_remark(text, PS_NOTE, NULL,
                  "nothing recognised: no poolmon, !poolused or !vm output and no module list");
    free(all);
}
