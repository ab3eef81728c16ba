/* poolmon_head.c - what stands before poolmon's rows: the command, memory totals, title and header.
 *
 *    Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K
 *    Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K
 *    System pool information
 *    Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc  Mapped_Driver
 *
 * Krnl and the first P are what is resident; N and the second P are the pools' totals.
 */
#include "text/flow.h"
#include "text/poolmon.h"

#include <string.h>

typedef struct memory_total {
    const char *key;
    ps_memory_field field;
    bool count; /* a plain number, not of KiB */
} memory_total;

static const memory_total memory_totals[] = {
    {"Memory", PS_MEM_PHYSICAL, false},     {"Avail", PS_MEM_AVAILABLE, false},
    {"PageFlts", PS_MEM_PAGE_FAULTS, true}, {"Krnl", PS_MEM_KERNEL_RESIDENT, false},
    {"P", PS_MEM_PAGED_RESIDENT, false},    {NULL, PS_MEM_FIELDS, false}};

static const memory_total commit_totals[] = {
    {"Commit", PS_MEM_COMMIT, false},    {"Limit", PS_MEM_COMMIT_LIMIT, false},
    {"Peak", PS_MEM_COMMIT_PEAK, false}, {"N", PS_MEM_NONPAGED, false},
    {"P", PS_MEM_PAGED, false},          {NULL, PS_MEM_FIELDS, false}};

/* The unit behind a value: its shift, or -1 if there is none. */
static int take_unit(ps_span *at)
{
    static const char units[] = "KMG";
    const char *unit = at->at < at->end ? strchr(units, *at->at) : NULL;

    if (unit == NULL || *unit == '\0')
        return -1;
    at->at++;
    return 10 * ((int)(unit - units) + 1);
}

static void read_total_value(ps_draft *draft, const memory_total *total, ps_span *at,
                             const ps_line *line)
{
    uint64_t value;
    ps_number scan;
    int shift = 0;

    ps_skip_blanks(at);
    scan = ps_scan_unsigned(at, &value);
    if (scan == PS_SCAN_OK && !total->count)
        shift = take_unit(at);
    if (scan == PS_SCAN_OK && shift >= 0 && value <= UINT64_MAX >> shift) {
        ps_draft_memory(draft, total->field, value << shift, line);
        return;
    }
    ps_remark(draft->text, PS_REFUSED, line, "the value of %s: is not understood", total->key);
}

/* Values by their keys: "Memory:33473120K Avail: 20055132K  InRam Krnl:10444K". */
static void read_totals(ps_draft *draft, ps_span at, const memory_total *totals,
                        const ps_line *line)
{
    const char *key = at.at;

    while (at.at < at.end) {
        ps_span name = {key, at.at};
        const memory_total *found = totals;
        if (ps_is_blank(*at.at))
            key = at.at + 1;
        if (*at.at++ != ':')
            continue;
        while (found->key != NULL && !ps_word_is(name, found->key))
            found++;
        if (found->key != NULL)
            read_total_value(draft, found, &at, line);
        key = at.at;
    }
}

void ps_poolmon_totals(ps_draft *draft, ps_span body, const ps_line *line)
{
    ps_span commit = body;

    while (commit.at < commit.end &&
           !((*commit.at | 0x20) == 'c' && ps_word_starts(commit, "Commit:")))
        commit.at++;
    read_totals(draft, (ps_span){body.at, commit.at}, memory_totals, line);
    read_totals(draft, commit, commit_totals, line);
}

static bool start_totals(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    const bool commit = ps_take_text(&body, "Commit:");

    if (!commit && !ps_take_text(&body, "Memory:"))
        return false;
    if (reading->line.size > reading->row_bytes ||
        !ps_contains(body, commit ? "Limit:" : "Avail:") || ps_flow_is_flat(body))
        return false;
    ps_poolmon_begin(poolmon, reading, commit ? PS_POOLMON_COMMIT : PS_POOLMON_MEMORY);
    ps_draft_touch(&poolmon->draft, &reading->line);
    ps_poolmon_totals(&poolmon->draft, reading->body, &reading->line);
    return true;
}

static bool start_title(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    int32_t session = PS_NO_SESSION;
    uint64_t number;

    if (ps_take_text(&body, "Session ")) {
        ps_skip_blanks(&body);
        if (ps_scan_unsigned(&body, &number) != PS_SCAN_OK || number > INT32_MAX)
            return false;
        session = (int32_t)number;
    } else if (ps_take_text(&body, "All sessions")) {
        session = PS_ALL_SESSIONS;
    } else if (!ps_take_text(&body, "System")) {
        return false;
    }
    if (!ps_take_text(&body, " pool information") || body.at != body.end)
        return false;
    ps_poolmon_begin(poolmon, reading, PS_POOLMON_TITLE);
    poolmon->session = session;
    if (!ps_draft_is_empty(&poolmon->draft))
        ps_draft_touch(&poolmon->draft, &reading->line);
    return true;
}

/* The words of the header, with or without the blanks between them; the last may be cut. */
static bool is_header(ps_span body)
{
    static const char *const words[] = {"Tag",  "Type",  "Allocs", "Frees",
                                        "Diff", "Bytes", "Per",    "Alloc"};
    enum { ENOUGH = 4, WORDS = sizeof words / sizeof words[0] };

    while (body.at < body.end && (*body.at == '#' || ps_is_blank(*body.at)))
        body.at++;
    for (size_t i = 0; i < WORDS; i++) {
        if (!ps_take_text(&body, words[i]))
            return i >= ENOUGH && (size_t)(body.end - body.at) < strlen(words[i]) &&
                   ps_literal_starts(words[i], body);
        while (i + 2 == WORDS && body.at < body.end && *body.at == '_')
            body.at++;
        ps_skip_blanks(&body);
    }
    return body.at == body.end || ps_take_text(&body, "Mapped");
}

static size_t column_of(const ps_line *line, const char *word)
{
    ps_span span = {line->text, line->text + line->size};

    for (; span.at < span.end; span.at++) {
        ps_span rest = span;
        if (ps_take_text(&rest, word))
            return (size_t)(span.at - line->text);
    }
    return 0;
}

static bool start_header(ps_poolmon *poolmon, ps_reading *reading)
{
    if (reading->body.at == reading->body.end || reading->line.size > reading->row_bytes ||
        !is_header(reading->body) || ps_flow_is_flat(reading->body))
        return false;
    ps_poolmon_begin(poolmon, reading, PS_POOLMON_HEADER);
    poolmon->in_table = true;
    poolmon->tag_column = column_of(&reading->line, "Tag");
    poolmon->type_column = column_of(&reading->line, "Type");
    return true;
}

/* A command line that is shown above its output: does it leave tags out? */
static bool start_command(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    ps_span word;

    if (body.at == body.end || (*body.at != 'p' && *body.at != 'P') ||
        !(ps_take_text(&body, "poolmon ") || ps_take_text(&body, "poolmon.exe ")))
        return false;
    word = ps_next_word(&body);
    if (word.at == word.end || (*word.at != '/' && *word.at != '-'))
        return false;
    ps_poolmon_finish(poolmon, reading);
    poolmon->filtered = false;
    for (; word.at < word.end; word = ps_next_word(&body))
        if (word.end - word.at >= 2 && strchr("ixpsIXPS", word.at[1]) != NULL)
            poolmon->filtered = true;
    return true;
}

/* Where pool tagging is off, poolmon ends with "Query pooltags Failed c0000002". */
static bool start_failure(ps_reading *reading)
{
    ps_span body = reading->body;

    if (!ps_take_text(&body, "Query pooltags failed"))
        return false;
    ps_remark(reading->text, PS_NOTE, &reading->line,
              "poolmon could not ask for pool tags: pool tagging is off on that system");
    return true;
}

bool ps_poolmon_start(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_poolmon_flush(poolmon, reading);
    return start_failure(reading) || start_totals(poolmon, reading) ||
           start_title(poolmon, reading) || start_header(poolmon, reading) ||
           start_command(poolmon, reading);
}
