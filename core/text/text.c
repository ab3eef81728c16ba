/* text.c - read a text of any dialect: each line goes to the reader whose table it stands in, else
 * to whoever recognises a beginning in it. */
#include "base/array.h"
#include "base/error.h"
#include "text/debugger.h"
#include "text/dialect.h"
#include "text/markup.h"
#include "text/modules.h"
#include "text/poolmon.h"
#include "text/prompt.h"
#include "text/tagtable.h"
#include "text/when.h"

#include <string.h>

enum { TIME_REACH = 6, HOST_LIMIT = 63, CUT_SIZE = 10, WORK_LIMIT = 20 * 1000 * 1000 };

typedef struct readers {
    ps_reading reading;
    ps_poolmon poolmon;
    ps_debugger debugger;
    ps_modules modules;
    ps_tagtable tagtable;
    const ps_dialect *dialect; /* whose table is open; NULL if none is */
    ps_dialect_state state;
    bool quoted;              /* the tables that are open stand in a quotation */
    char plain[PS_ROW_LIMIT]; /* a line without its marks */
} readers;

void ps_take_moment(ps_reading *reading, ps_draft *draft)
{
    draft->host = reading->host;
    if (reading->time_line != 0 && reading->line.number - reading->time_line <= TIME_REACH)
        draft->time = reading->time;
    reading->time_line = 0;
}

const char *ps_note_of(ps_reading *reading, ps_span span)
{
    const size_t size = (size_t)(span.end - span.at);

    if (size == 0 || size > PS_ROW_LIMIT)
        return NULL;
    memcpy(reading->note, span.at, size);
    reading->note[size] = '\0';
    return reading->note;
}

bool ps_is_elision(ps_span body)
{
    static const char *const marks[] = {"...",    "....",   "[...]",        "(...)",  "<...>",
                                        "<snip>", "[snip]", "(snip)",       "-snip-", "--snip--",
                                        "[cut]",  "<cut>",  "\xE2\x80\xA6", ". . ."};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (ps_word_is(body, marks[i]))
            return true;
    return false;
}

static bool is_numeric(ps_span word)
{
    while (word.at < word.end && (*word.at == '(' || *word.at == '-'))
        word.at++;
    return word.at < word.end && ps_is_digit(*word.at);
}

bool ps_looks_like_row(const ps_reading *reading, bool right_behind_row)
{
    ps_span at = reading->body;
    const ps_span tag = ps_next_word(&at);
    const size_t tag_size = (size_t)(tag.end - tag.at);
    size_t numbers = 0;
    ps_span word = ps_next_word(&at);

    if (tag_size == 0)
        return false;
    if (right_behind_row && tag_size <= 5 && is_numeric(word))
        return true;
    if (right_behind_row && !reading->line.ended && tag_size <= 4 && at.end - tag.at <= CUT_SIZE)
        return true;
    for (int i = 0; i < 5 && word.at < word.end; i++) {
        numbers += is_numeric(word);
        word = ps_next_word(&at);
    }
    return numbers >= 3;
}

/* --- one line -------------------------------------------------------------------------------- */

static void close_dialect(readers *all)
{
    if (all->dialect == NULL)
        return;
    all->dialect->finish(&all->state, &all->reading);
    memset(&all->state, 0, sizeof all->state);
    all->dialect = NULL;
}

/* The line as one more of the table of a dialect of its own. */
static bool read_in_dialect(readers *all)
{
    if (all->dialect == NULL)
        return false;
    if (all->dialect->row(&all->state, &all->reading))
        return true;
    close_dialect(all);
    return false;
}

/* The line as the beginning of such a table. */
static bool start_dialect(readers *all)
{
    for (size_t i = 0; ps_dialects[i] != NULL; i++) {
        if (!ps_dialects[i]->start(&all->state, &all->reading))
            continue;
        all->dialect = ps_dialects[i];
        return true;
    }
    return false;
}

static void leave_tables(readers *all)
{
    close_dialect(all);
    ps_poolmon_leave(&all->poolmon);
    ps_debugger_leave(&all->debugger);
    ps_modules_leave(&all->modules);
    ps_tagtable_leave(&all->tagtable);
}

/* The short way for most lines of most texts: one more row of the table they stand in. */
static bool read_in_table(readers *all)
{
    if (all->debugger.in_table)
        return ps_poolused_row(&all->debugger, &all->reading);
    return all->poolmon.in_table && ps_poolmon_row(&all->poolmon, &all->reading);
}

/* The line as a row or value of what is being read. */
static bool read_as_row(readers *all)
{
    ps_reading *reading = &all->reading;
    const bool tried = all->poolmon.in_table && !all->debugger.in_table && !reading->at_prompt;

    if (!tried && ps_poolmon_row(&all->poolmon, reading)) {
        ps_debugger_leave(&all->debugger);
        return true;
    }
    return ps_poolused_row(&all->debugger, reading) || ps_tagtable_row(&all->tagtable, reading) ||
           ps_modules_row(&all->modules, reading) || ps_vm_line(&all->debugger, reading);
}

/* The line as a beginning: what was before it ends. */
static bool read_as_start(readers *all)
{
    ps_reading *reading = &all->reading;

    if (ps_poolmon_start(&all->poolmon, reading)) {
        ps_debugger_leave(&all->debugger);
        ps_modules_leave(&all->modules);
        ps_tagtable_leave(&all->tagtable);
        return true;
    }
    if (ps_debugger_command(&all->debugger, reading)) {
        leave_tables(all);
        return true;
    }
    if (ps_poolused_start(&all->debugger, reading) || ps_modules_start(&all->modules, reading) ||
        ps_tagtable_start(&all->tagtable, reading)) {
        ps_poolmon_leave(&all->poolmon);
        return true;
    }
    return ps_debugger_banner(&all->debugger, reading);
}

/* A line that is a time stamp and nothing else. */
static bool read_as_time(ps_reading *reading)
{
    if (reading->body.end - reading->body.at < 14 || reading->body.end - reading->body.at > 60 ||
        !ps_read_time(reading->body, &reading->time))
        return false;
    reading->time_line = reading->line.number;
    return true;
}

/* "COMPUTERNAME=SRV01", "Host Name:   SRV01": of all that follows. */
static bool read_as_host(ps_reading *reading)
{
    static const char *const keys[] = {
        "COMPUTERNAME=", "Host Name:", "Hostname:", "Computer Name:"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ps_span at = reading->body;
        ps_span name;
        if (!ps_take_text(&at, keys[i]))
            continue;
        name = ps_next_word(&at);
        if (name.at == name.end || at.at != at.end || name.end - name.at > HOST_LIMIT)
            return false;
        reading->host = ps_keep(reading->text, name);
        return true;
    }
    return false;
}

static void read_as_strange(readers *all)
{
    ps_poolmon_strange(&all->poolmon, &all->reading);
    ps_poolused_strange(&all->debugger, &all->reading);
    ps_modules_strange(&all->modules, &all->reading);
    ps_tagtable_strange(&all->tagtable, &all->reading);
}

static bool in_any_table(const readers *all)
{
    return all->dialect != NULL || all->poolmon.in_table || all->debugger.in_table ||
           all->tagtable.in_table || all->modules.list != PS_MODULES_NONE;
}

/* A line behind a prompt: "kd> !vm" is a command, but some logs put the prompt before output. */
static void take_prompt(readers *all, size_t length)
{
    ps_reading *reading = &all->reading;

    reading->body = ps_trim((ps_span){reading->line.text + length, reading->body.end});
    reading->at_prompt = true;
    if (reading->body.at == reading->body.end)
        leave_tables(all);
}

static void read_outside(readers *all, bool prompt)
{
    ps_reading *reading = &all->reading;

    if (read_as_row(all) || read_as_start(all))
        return;
    if (start_dialect(all)) {
        ps_poolmon_leave(&all->poolmon);
        ps_debugger_leave(&all->debugger);
        ps_modules_leave(&all->modules);
        ps_tagtable_leave(&all->tagtable);
        return;
    }
    if (prompt || read_as_time(reading) || read_as_host(reading))
        leave_tables(all);
    else if (in_any_table(all) || *reading->body.at != '#')
        read_as_strange(all);
}

/* Bars and marks of quotation go, but not from a tag that looks like one. */
static bool take_marks_off(readers *all)
{
    ps_line *line = &all->reading.line;
    const bool quoted = ps_is_quoted(line) && (all->quoted || !in_any_table(all));

    if (quoted)
        ps_blank_marks(line, false, all->plain, sizeof all->plain);
    else if (ps_has_bars(line))
        ps_blank_marks(line, true, all->plain, sizeof all->plain);
    return quoted;
}

static void read_line(readers *all)
{
    ps_reading *reading = &all->reading;
    const ps_line *line = &reading->line;
    const bool quoted = take_marks_off(all);
    const ps_span whole = {line->text, line->text + line->size};

    reading->at_prompt = false;
    reading->body = ps_trim(whole);
    if (read_in_dialect(all)) {
        reading->after_blank = reading->body.at == reading->body.end;
        return;
    }
    if (reading->body.at == reading->body.end) {
        reading->after_blank = true;
        return;
    }
    if (!read_in_table(all)) {
        const size_t prompt = ps_prompt_length(whole);
        if (prompt > 0)
            take_prompt(all, prompt);
        read_outside(all, prompt > 0);
        all->quoted = in_any_table(all) && (quoted || all->quoted);
    }
    reading->after_blank = false;
}

/* --- the document ---------------------------------------------------------------------------- */

static void finish(readers *all, uint64_t cut)
{
    ps_text *text = all->reading.text;

    close_dialect(all);
    ps_poolmon_finish(&all->poolmon);
    ps_debugger_finish(&all->debugger);
    ps_tagtable_leave(&all->tagtable);
    if (cut != 0)
        ps_remark(text, PS_NOTE, NULL, "the text ends in the middle of a character");
    if (text->snapshot_count == 0 && text->module_count == 0 && text->problem_count == 0)
        ps_remark(text, PS_NOTE, NULL,
                  "nothing recognised: no poolmon, !poolused or !vm output and no module list");
}

static void read_lines(ps_text *text, const ps_decoded *decoded, size_t size)
{
    readers all = {.reading = {.text = text, .work_left = WORK_LIMIT}};
    ps_lines lines = ps_lines_of(decoded);

    ps_poolmon_open(&all.poolmon, text);
    ps_debugger_open(&all.debugger, text);
    ps_modules_open(&all.modules, text);
    ps_tagtable_open(&all.tagtable, text);
    while (!ps_failed(text) && ps_lines_next(&lines, &all.reading.line))
        read_line(&all);
    text->line_count = lines.number;
    finish(&all, decoded->owned == NULL ? 0 : (size - decoded->offset) % 2);
}

bool ps_text_parse(ps_text **out, const void *data, size_t size, ps_error *err)
{
    ps_text *text = malloc(sizeof *text);
    ps_decoded decoded;

    *out = NULL;
    if (text == NULL)
        return ps_fail_memory(err);
    *text = (ps_text){0};
    if (!ps_decode(&decoded, size == 0 ? "" : data, size, err)) {
        ps_text_close(text);
        return false;
    }
    text->encoding = decoded.encoding;
    read_lines(text, &decoded, size);
    ps_decoded_free(&decoded);
    ps_close_remarks(text);
    if (ps_failed(text)) {
        if (err != NULL)
            *err = text->error;
        ps_text_close(text);
        return false;
    }
    *out = text;
    return true;
}

size_t ps_text_snapshot_count(const ps_text *text) { return text->snapshot_count; }

const ps_snapshot *ps_text_snapshot_at(const ps_text *text, size_t index)
{
    return index < text->snapshot_count ? text->snapshots[index] : NULL;
}

size_t ps_text_problem_count(const ps_text *text) { return text->problem_count; }

const ps_problem *ps_text_problem_at(const ps_text *text, size_t index)
{
    return index < text->problem_count ? &text->problems[index] : NULL;
}

uint64_t ps_text_problem_total(const ps_text *text, ps_severity severity)
{
    return severity < PS_SEVERITIES ? text->problem_totals[severity] : 0;
}

size_t ps_text_module_count(const ps_text *text) { return text->module_count; }

const ps_module *ps_text_module_at(const ps_text *text, size_t index)
{
    return index < text->module_count ? &text->modules[index] : NULL;
}

uint32_t ps_text_line_count(const ps_text *text) { return text->line_count; }

uint32_t ps_text_row_line_count(const ps_text *text) { return text->row_line_count; }

const char *ps_text_encoding(const ps_text *text) { return ps_encoding_name(text->encoding); }

void ps_text_close(ps_text *text)
{
    if (text == NULL)
        return;
    for (size_t i = 0; i < text->snapshot_count; i++)
        ps_snapshot_close(text->snapshots[i]);
    free(text->snapshots);
    free(text->problems);
    free(text->modules);
    ps_lists_free(&text->lists);
    ps_arena_free(&text->arena);
    free(text);
}
