/* flow_poolmon.c - poolmon's rows in running text: each is found by its type.
 *
 *    … 48 [a.sys - x] Dh 1 Paged 24 ( 0) 22 ( 0) 2 272 ( 0) 136 Unknown Driver GTmp Paged …
 *
 * Behind the five numbers stands the driver, if there is one, and then the next row's tag.
 */
#include "text/flow.h"
#include "text/poolrow.h"
#include "text/tags.h"

#include <string.h>

enum { LONGEST_NOTE = 400 };

/* A type in the text: a number follows, or the end. */
static bool find_type(ps_span span, ps_span *type, ps_pool *pool)
{
    for (; span.at < span.end; span.at++) {
        const size_t size = *span.at == 'N' || *span.at == 'P' ? ps_poolrow_type(span, pool) : 0;
        ps_span behind = {span.at + size, span.end};
        if (size == 0)
            continue;
        ps_skip_blanks(&behind);
        if (behind.at == span.end || ps_is_digit(*behind.at) || *behind.at == '-') {
            *type = (ps_span){span.at, span.at + size};
            return true;
        }
    }
    return false;
}

static size_t characters(const ps_flow *flow, ps_span span)
{
    return ps_count_characters(span, flow->draft.text->encoding);
}

static const char *last_of(ps_span span, char c)
{
    const char *found = NULL;

    for (const char *at = span.at; at < span.end; at++)
        if (*at == c)
            found = at;
    return found;
}

/* What stands between a row's numbers and the next type: a driver, perhaps, and a tag. */
static bool part_note(const ps_flow *flow, ps_span between, ps_span *note, ps_span *tag)
{
    static const char unknown[] = "Unknown Driver";
    const char *bracket;

    between = ps_trim(between);
    *note = (ps_span){between.at, between.at};
    *tag = between;
    if (between.at < between.end && characters(flow, between) <= 4)
        return true;
    bracket = last_of(between, ']');
    if (bracket != NULL)
        note->end = bracket + 1;
    else if (ps_word_starts(between, unknown))
        note->end = between.at + strlen(unknown);
    else
        return false;
    *tag = ps_trim((ps_span){note->end, between.end});
    return tag->at < tag->end && characters(flow, *tag) <= 4;
}

typedef struct flow_row {
    ps_span tag, type, behind; /* up to the next row's type, or to the end */
    ps_pool pool;
    const char *next; /* where the next row's tag begins */
    ps_span note;
    ps_row row;
} flow_row;

/* The last four characters before the next type, where nothing parts them from the number. */
static const char *glued_tag(ps_span between)
{
    return between.end - between.at > 4 && ps_is_digit(between.end[-5]) ? between.end - 4 : NULL;
}

static bool read_glued(flow_row *row, uint64_t *work_left)
{
    const char *tag = glued_tag(row->behind);
    ps_row parted = row->row;

    if (tag == NULL || !ps_poolrow_part((ps_span){row->behind.at, tag}, &parted, work_left) ||
        !ps_poolrow_is_proved(&parted))
        return false;
    row->row = parted;
    row->next = tag;
    row->note = (ps_span){tag, tag};
    return true;
}

/* The numbers and what is behind them.  last: no other row follows. */
static bool read_row(ps_flow *flow, ps_reading *reading, flow_row *row, bool last, char why[PS_WHY])
{
    ps_span at = row->behind;
    ps_row scanned = row->row;
    ps_span tag;

    row->next = row->behind.end;
    if (ps_poolrow_scan(&at, &scanned, false, why)) {
        row->note = ps_trim(at);
        tag = (ps_span){row->behind.end, row->behind.end};
        if (last && (!flow->notes || row->note.end - row->note.at > LONGEST_NOTE))
            row->note.end = row->note.at;
        if (last || part_note(flow, at, &row->note, &tag)) {
            row->row = scanned;
            row->next = tag.at;
            return true;
        }
        (void)memcpy(why, "the row has more than 5 numbers", 32);
    }
    if (read_glued(row, &reading->work_left))
        return true;
    if (last && ps_poolrow_part(row->behind, &row->row, &reading->work_left)) {
        row->note.end = row->note.at;
        return true;
    }
    if (!last && part_note(flow, at, &row->note, &tag))
        row->next = tag.at;
    return false;
}

static void add_row(ps_flow *flow, ps_reading *reading, flow_row *row, const char *why)
{
    const ps_line line = ps_flow_line(flow, row->tag.at, row->next);
    ps_shown_tag shown;

    if (*why == '\0' && !ps_read_tag(row->tag, flow->draft.text->encoding, &shown))
        why = "what stands before the type is not a tag of four characters";
    if (*why != '\0') {
        ps_remark(flow->draft.text, PS_REFUSED, &line, "%s", why);
        ps_draft_touch(&flow->draft, &line);
        return;
    }
    row->row.tag = shown.tag;
    row->row.flags = shown.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    row->row.pool = (uint8_t)row->pool;
    row->row.session = PS_NO_SESSION;
    row->row.note = ps_note_of(reading, row->note);
    if (ps_draft_count(&flow->draft) == 0)
        ps_take_moment(reading, &flow->draft);
    ps_draft_row(&flow->draft, &row->row, &line);
    ps_flow_count_row(flow, &line);
}

/* The row at the window's beginning; false if what is behind it must come first. */
static bool take_row(ps_flow *flow, ps_reading *reading, ps_span *window, bool final)
{
    flow_row row = {0};
    ps_span next;
    ps_pool pool;
    char why[PS_WHY] = "";
    const char *boundary;
    bool last, good;

    if (!find_type(*window, &row.type, &row.pool))
        return false;
    row.tag = ps_trim((ps_span){window->at, row.type.at});
    row.behind = (ps_span){row.type.end, window->end};
    last = !find_type(row.behind, &next, &pool);
    if (!last)
        row.behind.end = next.at;
    boundary = ps_flow_boundary(row.behind);
    if (last && boundary == NULL && !final)
        return false;
    if (boundary != NULL) {
        row.behind.end = boundary;
        last = true;
    }
    good = read_row(flow, reading, &row, last, why);
    add_row(flow, reading, &row, good ? "" : why);
    if (last && boundary == NULL)
        row.next = window->end;
    window->at = last && boundary != NULL ? boundary : row.next;
    flow->in_rows = !(last && boundary != NULL);
    return flow->in_rows;
}

size_t ps_flow_poolmon_rows(ps_flow *flow, ps_reading *reading, bool final)
{
    ps_span window = {flow->text, flow->text + flow->size};

    while (window.at < window.end && take_row(flow, reading, &window, final)) {}
    return (size_t)(window.at - flow->text);
}

bool ps_flow_poolmon_tail(const ps_flow *flow)
{
    const ps_span window = ps_trim((ps_span){flow->text, flow->text + flow->size});
    ps_span type, at, note, tag;
    ps_pool pool;
    ps_row row = {0};
    char why[PS_WHY];

    if (!find_type(window, &type, &pool))
        return characters(flow, window) <= 4;
    if (characters(flow, ps_trim((ps_span){window.at, type.at})) > 4)
        return false;
    at = (ps_span){type.end, window.end};
    if (!ps_poolrow_scan(&at, &row, false, why))
        return at.at == at.end;
    at = ps_trim(at);
    return at.at == at.end || part_note(flow, at, &note, &tag) || characters(flow, at) <= 4 ||
           (flow->notes && (*at.at == '[' || ps_word_starts(at, "Unknown")));
}

bool ps_flow_has_rows(ps_span body)
{
    ps_span type;
    ps_pool pool;
    bool proved = false;

    for (int rows = 0; rows < 2; rows++) {
        char why[PS_WHY];
        ps_row row = {0};
        if (!find_type(body, &type, &pool))
            return false;
        body.at = type.end;
        if (!ps_poolrow_scan(&body, &row, false, why))
            return false;
        proved |= ps_poolrow_is_proved(&row);
    }
    return proved;
}
