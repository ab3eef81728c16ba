/* document.c - the document of a text: its remarks and its modules. */
#include "text/document.h"

#include "base/array.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 120 };

static void out_of_memory(ps_text *text) { (void)ps_fail_memory(&text->error); }

const char *ps_keep(ps_text *text, ps_span span)
{
    const char *copy = ps_arena_copy(&text->arena, span.at, (size_t)(span.end - span.at));

    if (copy == NULL)
        out_of_memory(text);
    return copy;
}

const char *ps_keep_joined(ps_text *text, const char *first, char between, ps_span second)
{
    const size_t size = strlen(first), more = (size_t)(second.end - second.at);
    char *both = ps_arena_take(&text->arena, size + more + 2);

    if (both == NULL) {
        out_of_memory(text);
        return NULL;
    }
    memcpy(both, first, size);
    both[size] = between;
    memcpy(both + size + 1, second.at, more);
    both[size + 1 + more] = '\0';
    return both;
}

/* A line for people: valid UTF-8, no control characters, not longer than SHOWN. */
static size_t show_line(const ps_line *line, char shown[SHOWN + 4])
{
    const char *at = line->text;
    const char *end = at + line->size;
    size_t out = 0;

    while (at < end && out + 4 <= SHOWN) {
        uint32_t code = 0;
        size_t length = ps_utf8_take(at, (size_t)(end - at), &code);
        if (length == 0 || code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            shown[out++] = at[0] == '\t' ? ' ' : '.';
            at += length == 0 ? 1 : length;
            continue;
        }
        memcpy(shown + out, at, length);
        out += length;
        at += length;
    }
    if (at < end) {
        for (int i = 0; i < 3; i++)
            shown[out++] = '.';
    }
    return out;
}

void ps_remark(ps_text *text, ps_severity severity, const ps_line *line, const char *format, ...)
{
    char reason[300];
    va_list arguments;
    ps_problem *problem;

    if (ps_failed(text))
        return;
    text->problem_totals[severity]++;
    if (text->problem_count >= text->bounds.of.text_problems)
        return;
    if (!ps_grow((void **)&text->problems, &text->problem_capacity, text->problem_count,
                 sizeof *text->problems)) {
        out_of_memory(text);
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    problem = &text->problems[text->problem_count];
    *problem = (ps_problem){.severity = severity, .offset = PS_NOWHERE};
    problem->reason = ps_keep(text, (ps_span){reason, reason + strlen(reason)});
    if (line != NULL) {
        char shown[SHOWN + 4];
        problem->line = line->number;
        problem->offset = line->offset;
        problem->text = ps_keep(text, (ps_span){shown, shown + show_line(line, shown)});
    }
    if (!ps_failed(text))
        text->problem_count++;
}

void ps_remark_limit(ps_text *text, unsigned limit, const ps_line *line)
{
    if (ps_bounds_met(&text->bounds, limit))
        return;
    (void)ps_bounds_meet(&text->bounds, limit);
    ps_remark(text, PS_REFUSED, line, "%s", ps_bounds_text(&text->bounds, limit).text);
}

void ps_close_remarks(ps_text *text)
{
    uint64_t beyond = 0;
    ps_problem *last;

    for (ps_severity severity = 0; severity < PS_SEVERITIES; severity++)
        beyond += text->problem_totals[severity];
    beyond -= text->problem_count;
    if (beyond == 0 || ps_failed(text))
        return;
    last = &text->problems[text->problem_count - 1];
    *last = (ps_problem){.severity = PS_REFUSED, .offset = PS_NOWHERE};
    last->reason = ps_arena_print(&text->arena,
                                  "%llu more remarks of this kind are not listed: %llu are (limit "
                                  "text_problems)",
                                  (unsigned long long)beyond + 1,
                                  (unsigned long long)text->bounds.of.text_problems);
    if (last->reason == NULL)
        (void)ps_fail_memory(&text->error);
}

ps_module *ps_add_module(ps_text *text)
{
    ps_module *module;

    if (!ps_grow((void **)&text->modules, &text->module_capacity, text->module_count,
                 sizeof *text->modules)) {
        out_of_memory(text);
        return NULL;
    }
    module = &text->modules[text->module_count++];
    *module = (ps_module){.name = "", .instances = -1};
    return module;
}
