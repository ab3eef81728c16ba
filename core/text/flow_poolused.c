/* flow_poolused.c - rows of !poolused in running text.
 *
 *    8042 4 3944 0 0 PS/2 kb and mouse , Binary: i8042prt.sys AcdN 2 1072 0 0 TDI AcdObjectInfoG …
 *
 * A row is a tag and as many numbers as there are columns, which could be counts and bytes of a
 * pool; a description goes on until the next one.
 */
#include "text/flow.h"
#include "text/tags.h"

#include <string.h>

enum { LONGEST_NOTE = 300, LOOK_AHEAD = 600, LEAST_BLOCK = 8 };

static size_t columns_of(ps_flow_kind kind) { return kind == PS_FLOW_VERBOSE ? 8 : 4; }

static ps_flow_match numbers_at(ps_span *at, size_t columns, bool final, uint64_t *numbers)
{
    for (size_t i = 0; i < columns; i++) {
        ps_skip_blanks(at);
        if (at->at == at->end)
            return PS_FLOW_PART;
        if (ps_scan_unsigned(at, &numbers[i]) != PS_SCAN_OK)
            return PS_FLOW_NO;
        if (at->at == at->end && !final)
            return PS_FLOW_PART;
        if (at->at < at->end && !ps_is_blank(*at->at) && i + 1 < columns)
            return PS_FLOW_NO;
    }
    return PS_FLOW_YES;
}

ps_flow_match ps_flow_used_at(ps_span span, ps_flow_kind kind, bool final, size_t words,
                              ps_flow_used *used)
{
    ps_span at = span;
    ps_flow_match match;
    ps_span word = ps_next_word(&at);

    used->tag = word;
    for (size_t i = 1; i < words; i++)
        used->tag.end = ps_next_word(&at).end;
    used->total = ps_word_is(word, "TOTAL") && words == 1;
    if (word.at == word.end || (used->tag.end - used->tag.at > 4 && !used->total))
        return PS_FLOW_NO;
    match = numbers_at(&at, columns_of(kind), final, used->numbers);
    used->end = at.at;
    return match;
}

/* Each block of pool takes bytes, in eights. */
static bool is_side(const uint64_t *numbers, ps_flow_kind kind)
{
    const bool verbose = kind == PS_FLOW_VERBOSE;
    const uint64_t diff = numbers[verbose ? 2 : 0], used = numbers[verbose ? 3 : 1];

    if (verbose && (uint32_t)(numbers[0] - numbers[1]) != (uint32_t)diff)
        return false;
    if (diff > INT64_MAX || used > INT64_MAX || (diff == 0) != (used == 0))
        return false;
    return used % LEAST_BLOCK == 0 && used / LEAST_BLOCK >= diff;
}

static bool is_plausible(const ps_flow_used *used, ps_flow_kind kind)
{
    return is_side(used->numbers, kind) && is_side(used->numbers + columns_of(kind) / 2, kind);
}

/* Both tags that could begin here, of one word and of two: how many make a row. */
static size_t rows_at(ps_span span, ps_flow_kind kind, bool final, ps_flow_used *used, bool *part)
{
    size_t count = 0;

    *part = false;
    for (size_t words = 2; words > 0; words--) {
        ps_flow_used tried;
        const ps_flow_match match = ps_flow_used_at(span, kind, final, words, &tried);
        *part |= match == PS_FLOW_PART;
        if (match != PS_FLOW_YES || (!tried.total && !is_plausible(&tried, kind)))
            continue;
        *used = tried;
        count++;
    }
    return count;
}

/* Where the next row begins, at or behind the span's beginning; its end if none does. */
static const char *next_row(ps_span span, ps_flow_kind kind, bool final)
{
    while (span.at < span.end) {
        ps_flow_used used;
        bool part;
        ps_skip_blanks(&span);
        if (span.at == span.end || rows_at(span, kind, final, &used, &part) > 0 ||
            ps_flow_begins(span))
            return span.at;
        (void)ps_next_word(&span);
    }
    return span.end;
}

static void add_side(ps_flow *flow, const ps_row *common, const uint64_t *numbers,
                     const ps_line *line)
{
    const bool verbose = flow->kind == PS_FLOW_VERBOSE;
    ps_row row = *common;

    row.known = PS_KNOW_DIFF | PS_KNOW_BYTES;
    row.diff = (int64_t)numbers[verbose ? 2 : 0];
    row.bytes = (int64_t)numbers[verbose ? 3 : 1];
    if (verbose) {
        row.known |= PS_KNOW_ALLOCS | PS_KNOW_FREES;
        row.allocs = numbers[0];
        row.frees = numbers[1];
    }
    ps_draft_row(&flow->draft, &row, line);
}

static bool any(const uint64_t *numbers, size_t count)
{
    while (count > 0 && numbers[count - 1] == 0)
        count--;
    return count > 0;
}

static void add_row(ps_flow *flow, ps_reading *reading, const ps_flow_used *used, ps_span note)
{
    const size_t half = columns_of(flow->kind) / 2;
    const ps_line line = ps_flow_line(flow, used->tag.at, used->end);
    const bool paged = any(used->numbers + half, half);
    ps_row row = {.session = PS_NO_SESSION};
    ps_shown_tag shown;

    if (!ps_read_tag(used->tag, flow->draft.text->encoding, &shown))
        return;
    row.tag = shown.tag;
    row.flags = shown.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    row.note = note.end - note.at > LONGEST_NOTE ? NULL : ps_note_of(reading, note);
    if (ps_draft_count(&flow->draft) == 0)
        ps_take_moment(reading, &flow->draft);
    if (!paged || any(used->numbers, half)) {
        row.pool = PS_POOL_NONPAGED;
        add_side(flow, &row, used->numbers, &line);
    }
    if (paged) {
        row.pool = PS_POOL_PAGED;
        add_side(flow, &row, used->numbers + half, &line);
    }
    for (size_t i = 0; i < 4; i++)
        flow->sums[i] += used->numbers[i / 2 * half + half - 2 + i % 2];
    ps_flow_count_row(flow, &line);
}

static void add_total(ps_flow *flow, const ps_flow_used *used)
{
    const size_t half = columns_of(flow->kind) / 2;
    const ps_line line = ps_flow_line(flow, used->tag.at, used->end);

    for (size_t i = 0; i < 4 && !flow->refused; i++) {
        if (flow->sums[i] == used->numbers[i / 2 * half + half - 2 + i % 2])
            continue;
        ps_remark(flow->draft.text, PS_FLAGGED, &line,
                  "the rows do not add up to TOTAL: some are missing or wrong");
        break;
    }
    ps_draft_memory(&flow->draft, PS_MEM_TAGGED_NONPAGED_COUNT, used->numbers[half - 2], &line);
    ps_draft_memory(&flow->draft, PS_MEM_TAGGED_NONPAGED, used->numbers[half - 1], &line);
    ps_draft_memory(&flow->draft, PS_MEM_TAGGED_PAGED_COUNT, used->numbers[2 * half - 2], &line);
    ps_draft_memory(&flow->draft, PS_MEM_TAGGED_PAGED, used->numbers[2 * half - 1], &line);
}

/* What begins the window is no row: say so and go on where one may begin. */
static bool skip_strange(ps_flow *flow, ps_span *window, bool final, size_t rows)
{
    ps_span rest = *window;
    const char *next;
    ps_line line;

    (void)ps_next_word(&rest);
    next = next_row(rest, flow->kind, final);
    if (next == window->end && !final && window->end - window->at < LOOK_AHEAD)
        return false;
    line = ps_flow_line(flow, window->at, next);
    if (rows > 1) {
        ps_remark(flow->draft.text, PS_AMBIGUOUS, &line,
                  "the numbers make a row with a tag of one word and with one of two");
    } else {
        ps_remark(flow->draft.text, PS_REFUSED, &line, "this is no row of the table");
    }
    ps_draft_touch(&flow->draft, &line);
    flow->refused = true;
    window->at = next;
    return true;
}

static bool take_row(ps_flow *flow, ps_reading *reading, ps_span *window, bool final)
{
    ps_flow_used used;
    const char *next;
    bool part;
    size_t rows;

    ps_skip_blanks(window);
    if (window->at == window->end)
        return false;
    if (ps_flow_begins(*window)) {
        flow->in_rows = false;
        return false;
    }
    rows = rows_at(*window, flow->kind, final, &used, &part);
    if (part && !final)
        return false;
    if (rows != 1)
        return skip_strange(flow, window, final, rows);
    if (used.total) {
        add_total(flow, &used);
        flow->over = true;
        window->at = window->end;
        return false;
    }
    next = next_row((ps_span){used.end, window->end}, flow->kind, final);
    if (next == window->end && !final && window->end - used.end < LOOK_AHEAD)
        return false;
    add_row(flow, reading, &used, ps_trim((ps_span){used.end, next}));
    window->at = next;
    return true;
}

size_t ps_flow_poolused_rows(ps_flow *flow, ps_reading *reading, bool final)
{
    ps_span window = {flow->text, flow->text + flow->size};

    while (!flow->over && take_row(flow, reading, &window, final)) {}
    return (size_t)(window.at - flow->text);
}
