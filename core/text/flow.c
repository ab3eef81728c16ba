/* flow.c - tables whose lines are gone: the window that moves over them. */
#include "text/flow.h"

#include "text/plain.h"
#include "text/poolmon.h"
#include "text/prompt.h"

#include <string.h>

enum { LONGEST_PREFACE = 1200, KEPT = 200, BLANK_LIMIT = 4, NEEDED = 64, LONGEST_PART = 20 };

ps_line ps_flow_line(const ps_flow *flow, const char *at, const char *end)
{
    const uint32_t place = (uint32_t)(at - flow->text);
    size_t mark = 0;

    while (mark + 1 < flow->mark_count && flow->marks[mark + 1].at <= place)
        mark++;
    return (ps_line){.text = at,
                     .size = (size_t)(end - at),
                     .number = flow->marks[mark].number,
                     .offset = flow->marks[mark].offset,
                     .ended = true};
}

void ps_flow_count_row(ps_flow *flow, const ps_line *line)
{
    if (line->number == flow->row_line)
        return;
    flow->row_line = line->number;
    flow->draft.text->row_line_count++;
}

/* A line begins at the window's end.  More lines than there is room for stand on the last one. */
static void add_mark(ps_flow *flow, const ps_line *line)
{
    const ps_flow_mark mark = {(uint32_t)flow->size, line->number, line->offset};

    if (flow->mark_count > 0 && flow->marks[flow->mark_count - 1].number == line->number)
        return;
    if (flow->mark_count < PS_FLOW_MARKS)
        flow->marks[flow->mark_count++] = mark;
}

/* The window's beginning is done with. */
static void drop(ps_flow *flow, size_t size)
{
    size_t first = 0;

    memmove(flow->text, flow->text + size, flow->size - size);
    flow->size -= size;
    while (first + 1 < flow->mark_count && flow->marks[first + 1].at <= size)
        first++;
    flow->mark_count -= first;
    memmove(flow->marks, flow->marks + first, flow->mark_count * sizeof flow->marks[0]);
    for (size_t i = 0; i < flow->mark_count; i++)
        flow->marks[i].at = flow->marks[i].at < size ? 0 : flow->marks[i].at - (uint32_t)size;
}

static void hand_over(ps_flow *flow)
{
    ps_draft_finish(&flow->draft, flow->kind == PS_FLOW_POOLMON ? "poolmon" : "!poolused",
                    PS_SCOPE_PART);
}

/* The memory totals before a header. */
static void read_preface(ps_flow *flow, ps_span preface)
{
    const char *at = preface.at;

    while (at < preface.end && !ps_word_starts((ps_span){at, preface.end}, "Memory:") &&
           !ps_word_starts((ps_span){at, preface.end}, "Commit:"))
        at++;
    if (at < preface.end) {
        const ps_line line = ps_flow_line(flow, at, preface.end);
        ps_poolmon_totals(&flow->draft, (ps_span){at, preface.end}, &line);
    }
}

/* Look for the header; true once it was found. */
static bool take_header(ps_flow *flow, bool final)
{
    const ps_span window = {flow->text, flow->text + flow->size};
    ps_flow_match match;
    ps_flow_header header;
    const char *at = ps_flow_find_header(window, !final, &match, &header);

    if (at == NULL || match == PS_FLOW_PART) {
        if (flow->size <= LONGEST_PREFACE && !final)
            return false;
        read_preface(flow, window);
        drop(flow, flow->size < KEPT || final ? flow->size : flow->size - KEPT);
        return false;
    }
    if (!ps_draft_is_empty(&flow->draft))
        hand_over(flow);
    memset(flow->sums, 0, sizeof flow->sums);
    flow->refused = false;
    flow->kind = header.kind;
    flow->notes = header.notes;
    flow->draft.origin = header.kind == PS_FLOW_POOLMON ? "poolmon" : "!poolused";
    read_preface(flow, (ps_span){window.at, at});
    drop(flow, (size_t)(header.end - flow->text));
    flow->in_rows = true;
    return true;
}

/* Take what is complete; whether anything was. */
static bool take_rows(ps_flow *flow, ps_reading *reading, bool final)
{
    bool taken = false;

    for (;;) {
        size_t size;
        if (!flow->in_rows && !take_header(flow, final))
            return taken;
        size = flow->kind == PS_FLOW_POOLMON ? ps_flow_poolmon_rows(flow, reading, final)
                                             : ps_flow_poolused_rows(flow, reading, final);
        taken |= size > 0;
        drop(flow, size);
        if (flow->in_rows)
            return taken;
    }
}

/* A window full of what is no row. */
static void give_up(ps_flow *flow)
{
    const ps_line line = ps_flow_line(flow, flow->text, flow->text + flow->size);

    if (flow->in_rows)
        ps_remark(flow->draft.text, PS_REFUSED, &line, "no row can be made of this");
    ps_draft_touch(&flow->draft, &line);
    drop(flow, flow->size - KEPT);
}

/* Put a line into the window; whether rows came out of it. */
static bool feed(ps_flow *flow, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    ps_span in = {line->text, line->text + line->size};
    bool taken = false;

    add_mark(flow, line);
    while (in.at < in.end && !ps_failed(reading->text)) {
        flow->size += ps_plain_take(&in, flow->text + flow->size, PS_FLOW_WINDOW - 1 - flow->size);
        taken |= take_rows(flow, reading, false);
        if (flow->over || PS_FLOW_WINDOW - flow->size > NEEDED)
            continue;
        give_up(flow);
        taken = true;
    }
    if (flow->size < PS_FLOW_WINDOW && !line->more)
        flow->text[flow->size++] = ' ';
    return take_rows(flow, reading, false) || taken;
}

/* --- lines ----------------------------------------------------------------------------------- */

static bool only_numbers(ps_span body)
{
    for (; body.at < body.end; body.at++) {
        if (!ps_is_digit(*body.at) && strchr(" ,.'()-", *body.at) == NULL &&
            ((unsigned char)*body.at & 0x80) == 0)
            return false;
    }
    return true;
}

/* Can the table be as the window and its last line have it? */
static bool is_consistent(const ps_flow *flow, ps_span line)
{
    const ps_span window = ps_trim((ps_span){flow->text, flow->text + flow->size});
    ps_flow_header header;

    if (!flow->in_rows)
        return ps_flow_header_at(window, true, &header) != PS_FLOW_NO;
    if (flow->kind == PS_FLOW_POOLMON)
        return ps_flow_poolmon_tail(flow);
    return only_numbers(line) || line.end - line.at <= 4 || ps_word_is(line, "TOTAL") ||
           flow->numbers;
}

static bool row(void *state, ps_reading *reading)
{
    ps_flow *flow = state;
    const size_t size = flow->size, marks = flow->mark_count;
    const bool in_rows = flow->in_rows;
    char plain[KEPT];
    ps_span in = reading->body;
    ps_span line;

    if (reading->body.at == reading->body.end)
        return ++flow->blank <= BLANK_LIMIT;
    if (!reading->line.continued &&
        (flow->over || ps_prompt_length(reading->body) > 0 || ps_flow_is_flat(reading->body) ||
         ps_word_starts(reading->body, "Memory:") || ps_word_starts(reading->body, "Commit:")))
        return false;
    line = (ps_span){plain, plain + ps_plain_take(&in, plain, sizeof plain)};
    line = ps_trim(line);
    flow->blank = 0;
    if (line.at == line.end && in.at == in.end)
        return true; /* tags of HTML and nothing else */
    if (feed(flow, reading) || is_consistent(flow, line) || flow->in_rows != in_rows) {
        flow->numbers = only_numbers(line);
        return true;
    }
    if (reading->line.continued)
        return true;
    flow->size = size;
    flow->mark_count = marks;
    return false;
}

/* A character that is neither the first of "Tag" nor of what is taken off a line. */
static bool is_plain_but_tag(char c)
{
    return ps_is_digit(c) || c == '#' || c == '"' || ((c | 0x20) >= 'a' && (c | 0x20) <= 's') ||
           ((c | 0x20) >= 'u' && (c | 0x20) <= 'z');
}

/* "Tag" alone, or more words of a header that goes on in the next line. */
static bool begins_header(ps_span body)
{
    char plain[KEPT];
    ps_span in = body;
    ps_span text;
    ps_flow_header header;

    if (body.end - body.at >= KEPT || body.at == body.end || is_plain_but_tag(*body.at))
        return false;
    text = ps_trim((ps_span){plain, plain + ps_plain_take(&in, plain, sizeof plain)});
    return ps_word_starts(text, "Tag") && text.end - text.at < LONGEST_PART &&
           ps_flow_header_at(text, false, &header) == PS_FLOW_PART;
}

/* Behind many headers that led nowhere those that are broken over lines are left alone. */
static bool has_patience(ps_reading *reading)
{
    if (reading->barren < reading->text->bounds.of.text_barren)
        return true;
    reading->barren++;
    ps_remark_limit(reading->text, PS_LIMIT(text_barren), &reading->line);
    return false;
}

static bool start(void *state, ps_reading *reading)
{
    static const ps_traits allocs =
        PS_LETTER('l') | PS_LETTER('o') | PS_LETTER('c') | PS_LETTER('s');
    ps_flow *flow = state;
    const uint64_t limit = reading->text->bounds.of.text_barren;
    const bool headed =
        ps_has_all(reading->traits, PS_LETTERS_TAG) &&
        ((reading->barren <= limit && begins_header(reading->body) && has_patience(reading)) ||
         (ps_has_all(reading->traits, allocs) && ps_flow_is_flat(reading->body)));

    if (!headed && !(ps_has_all(reading->traits, PS_HAS_DIGIT | PS_LETTER('p')) &&
                     ps_flow_has_rows(reading->body)))
        return false;
    ps_draft_start(&flow->draft, reading->text, "poolmon");
    flow->in_rows = !headed;
    (void)feed(flow, reading);
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    ps_flow *flow = state;

    if (!flow->over && flow->in_rows)
        (void)take_rows(flow, reading, true);
    if (ps_draft_is_empty(&flow->draft) && flow->row_line == 0)
        reading->barren++;
    hand_over(flow);
}

const ps_dialect ps_flow_dialect = {
    .name = "flow", .takes_pieces = true, .start = start, .row = row, .finish = finish};
