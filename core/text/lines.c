/* lines.c - LF, CR LF, CR CR LF (what some consoles write) and a lone CR end a line. */
#include "text/lines.h"

#include <string.h>

ps_lines ps_lines_of(const ps_decoded *decoded)
{
    return (ps_lines){
        .at = decoded->text,
        .end = decoded->text + decoded->size,
        .offset = decoded->offset,
        .encoding = decoded->encoding,
    };
}

/* The next LF is looked for once, however many CRs stand before it. */
static const char *find_lf(ps_lines *lines)
{
    if (lines->next_lf == NULL || lines->next_lf < lines->at) {
        lines->next_lf = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
        if (lines->next_lf == NULL)
            lines->next_lf = lines->end;
    }
    return lines->next_lf;
}

static size_t end_size(const char *at, const char *end)
{
    const size_t left = (size_t)(end - at);

    if (left >= 2 && at[0] == '\r' && at[1] == '\n')
        return 2;
    if (left >= 3 && at[0] == '\r' && at[1] == '\r' && at[2] == '\n')
        return 3;
    return left > 0 ? 1 : 0;
}

bool ps_lines_next(ps_lines *lines, ps_line *line)
{
    const char *start = lines->at;
    const char *stop, *cr;
    size_t tail;

    if (start == lines->end)
        return false;
    stop = find_lf(lines);
    cr = stop == start ? NULL : memchr(start, '\r', (size_t)(stop - start));
    if (cr != NULL)
        stop = cr;
    tail = end_size(stop, lines->end);
    *line = (ps_line){
        .text = start,
        .size = (size_t)(stop - start),
        .number = lines->number == UINT32_MAX ? UINT32_MAX : lines->number + 1,
        .offset = lines->offset,
        .ended = tail > 0,
    };
    lines->number = line->number;
    lines->at = stop + tail;
    lines->offset += ps_source_size_of(lines->encoding, start, line->size + tail);
    return true;
}
