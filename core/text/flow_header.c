/* flow_header.c - the headers of tables whose lines are gone. */
#include "text/flow.h"
#include "text/poolrow.h"

#include <string.h>

enum { TYPE_REACH = 24, LEAST_RULE = 3 };

static const char *const words[PS_FLOW_KINDS][10] = {
    {"Tag", "Type", "Allocs", "Frees", "Diff", "Bytes", "Per", "Alloc", NULL},
    {"Tag", "Allocs", "Used", "Allocs", "Used", NULL},
    {"Tag", "Allocs", "Frees", "Diff", "Used", "Allocs", "Frees", "Diff", "Used", NULL},
};

static void skip_between(ps_span *at)
{
    ps_skip_blanks(at);
    while (at->at < at->end && (*at->at == '|' || *at->at == '_' || *at->at == '`')) {
        at->at++;
        ps_skip_blanks(at);
    }
}

/* One kind's words, one behind the other. */
static ps_flow_match match_words(ps_span *at, const char *const *list)
{
    for (; *list != NULL; list++) {
        skip_between(at);
        if (at->at == at->end)
            return PS_FLOW_PART;
        if (ps_take_text(at, *list))
            continue;
        return ps_literal_starts(*list, *at) ? PS_FLOW_PART : PS_FLOW_NO;
    }
    return PS_FLOW_YES;
}

/* poolmon's column of drivers, which not every header has. */
static ps_flow_match match_notes(ps_span *at, bool more, bool *notes)
{
    ps_span rest = *at;

    skip_between(&rest);
    *notes = ps_take_text(&rest, "Mapped_Driver") || ps_take_text(&rest, "Mapped Driver");
    if (*notes)
        *at = rest;
    else if (more && ps_literal_starts("Mapped_Driver", rest))
        return PS_FLOW_PART;
    return PS_FLOW_YES;
}

/* A rule between the header and the rows. */
static ps_flow_match match_rule(ps_span *at, bool more)
{
    ps_span rest = *at;

    for (;;) {
        size_t marks = 0;
        skip_between(&rest);
        for (; rest.at < rest.end && (*rest.at == '-' || *rest.at == '='); rest.at++)
            marks++;
        if (rest.at == rest.end && marks > 0 && more)
            return PS_FLOW_PART;
        if (marks < LEAST_RULE)
            return PS_FLOW_YES;
        *at = rest;
    }
}

ps_flow_match ps_flow_header_at(ps_span span, bool more, ps_flow_header *header)
{
    ps_flow_match best = PS_FLOW_NO;

    for (ps_flow_kind kind = 0; kind < PS_FLOW_KINDS; kind++) {
        ps_span at = span;
        ps_flow_match match = match_words(&at, words[kind]);
        bool notes = false;
        if (match == PS_FLOW_YES && kind == PS_FLOW_POOLMON)
            match = match_notes(&at, more, &notes);
        if (match == PS_FLOW_YES)
            match = match_rule(&at, more);
        if (match == PS_FLOW_YES) {
            *header = (ps_flow_header){kind, notes, at.at};
            return PS_FLOW_YES;
        }
        best = match == PS_FLOW_PART ? PS_FLOW_PART : best;
    }
    return best;
}

const char *ps_flow_find_header(ps_span span, bool more, ps_flow_match *match,
                                ps_flow_header *header)
{
    for (; span.at < span.end; span.at++) {
        span.at = memchr(span.at, 'T', (size_t)(span.end - span.at));
        if (span.at == NULL)
            break;
        *match = ps_flow_header_at(span, more, header);
        if (*match != PS_FLOW_NO)
            return span.at;
    }
    *match = PS_FLOW_NO;
    return NULL;
}

/* A type with a number behind it, soon. */
static bool type_follows(ps_span span)
{
    for (const char *stop = ps_first(span, TYPE_REACH).end; span.at < stop; span.at++) {
        ps_pool pool;
        ps_span behind = {span.at + ps_poolrow_type(span, &pool), span.end};
        if (behind.at == span.at)
            continue;
        skip_between(&behind);
        return behind.at < behind.end && ps_is_digit(*behind.at);
    }
    return false;
}

bool ps_flow_is_flat(ps_span body)
{
    while (body.at < body.end) {
        ps_flow_match match;
        ps_flow_header header;
        ps_flow_used used;
        const char *at = ps_flow_find_header(body, false, &match, &header);
        if (at == NULL || match != PS_FLOW_YES)
            return false;
        body.at = header.end;
        if (header.kind == PS_FLOW_POOLMON
                ? type_follows(body)
                : ps_flow_used_at(body, header.kind, true, 1, &used) == PS_FLOW_YES)
            return true;
    }
    return false;
}

bool ps_flow_begins(ps_span span)
{
    ps_flow_header header;

    if (span.at == span.end)
        return false;
    return (*span.at == 'M' && ps_word_starts(span, "Memory:")) ||
           (*span.at == 'C' && ps_word_starts(span, "Commit:")) ||
           (*span.at == 'T' && ps_flow_header_at(span, false, &header) == PS_FLOW_YES);
}

const char *ps_flow_boundary(ps_span span)
{
    for (; span.at < span.end; span.at++)
        if (ps_flow_begins(span))
            return span.at;
    return NULL;
}
