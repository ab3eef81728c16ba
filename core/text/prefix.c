/* prefix.c - what a log, a pager or a list puts before each line.
 *
 *    2026-11-01 12:00:00.123 |  Tag  Type     Allocs
 *      97   Tag  Type     Allocs
 *    Nov  1 12:00:00 srv7 poolmon[311]:  Tag  Type     Allocs
 */
#include "text/prefix.h"

#include "text/when.h"

#include <string.h>

enum { TIME_WORDS = 5 };

static bool ends_with(ps_span span, const char *literal)
{
    const size_t size = strlen(literal);

    return (size_t)(span.end - span.at) >= size && memcmp(span.end - size, literal, size) == 0;
}

/* Where the prompt of the command at the span begins: "0: kd> !vm". */
static const char *prompt_before(ps_span line, const char *command)
{
    const char *at = command;

    while (at > line.at && ps_is_blank(at[-1]))
        at--;
    if (!ends_with((ps_span){line.at, at}, "kd>"))
        return command;
    at -= 3;
    if (at > line.at && at[-1] == 'l')
        at--;
    if (at - line.at >= 3 && at[-1] == ' ' && at[-2] == ':' && ps_is_digit(at[-3])) {
        at -= 2;
        while (at > line.at && ps_is_digit(at[-1]))
            at--;
    }
    return at;
}

static bool may_be_anchor(char c)
{
    return c == 'T' || c == 'M' || c == 'C' || c == 'S' || c == '!' || c == 'P' || c == 'N' ||
           c == '*';
}

static const char *find_anchor(ps_span line)
{
    static const char *const anchors[] = {
        "Tag ",      "Memory:",   "Commit:",      "System pool info", "!poolused", "!vm",
        "Pool Used", "NonPaged ", "NonPagedPool", "Physical Memory:", "Tag\t",     "*** Virtual"};

    for (; line.at < line.end; line.at++) {
        if (!may_be_anchor(*line.at))
            continue;
        if (line.end - line.at == 3 && ps_word_starts(line, "Tag"))
            return line.at;
        for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++)
            if (ps_word_starts(line, anchors[i]))
                return line.at;
    }
    return NULL;
}

size_t ps_prefix_guess(ps_span line)
{
    const char *start = line.at;
    const char *stop = find_anchor(ps_first(line, PS_PREFIX_LIMIT + 40));
    bool sign = false;

    if (stop == NULL || stop == start)
        return 0;
    if (*stop == '!')
        stop = prompt_before(line, stop);
    while (stop > start && ps_is_blank(stop[-1]))
        stop--;
    if (stop == start || stop - start > PS_PREFIX_LIMIT)
        return 0;
    for (const char *at = start; at < stop; at++)
        sign |= ps_is_digit(*at) || strchr("|:>]*-#/`", *at) != NULL;
    return sign ? (size_t)(stop - start) : 0;
}

void ps_prefix_keep(ps_prefix *prefix, ps_span text)
{
    prefix->size = (size_t)(ps_first(text, PS_PREFIX_LIMIT).end - text.at);
    memcpy(prefix->text, text.at, prefix->size);
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static bool is_of(char c, int kind)
{
    return kind == 0 ? ps_is_digit(c) : kind == 1 ? is_letter(c) : ps_is_blank(c);
}

static size_t skip_run(ps_span *at, int kind)
{
    const char *start = at->at;

    while (at->at < at->end && is_of(*at->at, kind))
        at->at++;
    return (size_t)(at->at - start);
}

size_t ps_prefix_length(const ps_prefix *prefix, ps_span line)
{
    const char *start = line.at;
    ps_span shape = {prefix->text, prefix->text + prefix->size};

    while (shape.at < shape.end) {
        const char c = *shape.at;
        const int kind = ps_is_digit(c) ? 0 : is_letter(c) ? 1 : ps_is_blank(c) ? 2 : 3;
        if (kind == 3) {
            if (line.at == line.end || *line.at != c)
                return 0;
            shape.at++;
            line.at++;
            continue;
        }
        (void)skip_run(&shape, kind);
        if (skip_run(&line, kind) == 0 && kind != 2) /* numbers at the right may fill their room */
            return 0;
    }
    return (size_t)(line.at - start);
}

bool ps_prefix_time(ps_span text, int64_t *seconds)
{
    ps_span rest;
    bool found = false;

    while (text.at < text.end && !ps_is_digit(*text.at))
        text.at++;
    if (text.at == text.end)
        return false;
    rest = text;
    for (int words = 0; words < TIME_WORDS; words++) {
        ps_span span = {text.at, ps_next_word(&rest).end};
        while (span.end > span.at && strchr("])|,;:-", span.end[-1]) != NULL)
            span.end--;
        found |= ps_read_time(span, seconds);
    }
    return found;
}
