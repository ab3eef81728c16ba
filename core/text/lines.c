/* lines.c - LF, CR LF, CR CR LF (what some consoles write) and a lone CR end a line. */
#include "text/lines.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>

enum {
    LONGEST_END = 3,
    LONGEST_SEQUENCE = 4,
    REACH_BACK = 4096, /* for a blank to part a long line at */
};

/* Room for one step, UTF-8 made of UTF-16, behind what may be left of the one before. */
static size_t buffer_size(const ps_lines *lines)
{
    const size_t decoded = (lines->window.step + LONGEST_SEQUENCE) / 2 * 3;
    const size_t size = lines->window.piece + LONGEST_END + decoded;

    return size < PS_LAYOUT_PROBE ? PS_LAYOUT_PROBE : size;
}

bool ps_lines_open(ps_lines *lines, ps_source *source, const ps_window *window,
                   const ps_progress *progress, ps_error *err)
{
    *lines = (ps_lines){.source = source, .window = *window};
    if (progress != NULL)
        lines->progress = *progress;
    lines->buffer = ps_alloc(buffer_size(lines), 1, 1);
    if (lines->buffer == NULL)
        return ps_fail_memory(err);
    if (!ps_find_layout(&lines->layout, source, lines->buffer, buffer_size(lines), err)) {
        ps_lines_close(lines);
        return false;
    }
    if (ps_is_wide(lines->layout.encoding)) {
        lines->raw = ps_alloc(LONGEST_SEQUENCE, lines->window.step, 1);
        if (lines->raw == NULL) {
            ps_lines_close(lines);
            return ps_fail_memory(err);
        }
    }
    lines->at = lines->end = lines->buffer;
    lines->read_at = lines->offset = lines->layout.start;
    return true;
}

void ps_lines_close(ps_lines *lines)
{
    free(lines->buffer);
    free(lines->raw);
    lines->buffer = lines->raw = NULL;
}

static bool go_on(ps_lines *lines)
{
    const ps_progress *progress = &lines->progress;

    if (progress->step == NULL ||
        progress->step(progress->context, lines->read_at, ps_source_size(lines->source)))
        return true;
    return ps_fail(&lines->error, PS_ECANCELLED, lines->read_at, "reading was stopped");
}

/* Read one step further, straight into the buffer or, where it is to be decoded, before. */
static bool read_step(ps_lines *lines, char *into, size_t *got)
{
    const size_t step = lines->window.step;
    const uint64_t left = ps_source_size(lines->source) - lines->read_at;
    const size_t wanted = left < step ? (size_t)left : step;

    if (!ps_source_read(lines->source, lines->read_at, into, wanted, got, &lines->error))
        return false;
    lines->read_at += *got;
    lines->all_read = *got < step || lines->read_at >= ps_source_size(lines->source);
    return true;
}

static bool read_wide(ps_lines *lines, char *into, size_t *made)
{
    size_t got, used;

    if (!read_step(lines, lines->raw + lines->held, &got))
        return false;
    got += lines->held;
    *made = ps_take_wide(lines->layout.encoding, lines->raw, got, lines->all_read, into, &used);
    lines->held = got - used;
    memmove(lines->raw, lines->raw + used, lines->held);
    return true;
}

/* Put more behind what is left in the buffer. */
static bool refill(ps_lines *lines)
{
    const size_t left = (size_t)(lines->end - lines->at);
    char *behind = lines->buffer + left;
    size_t got;

    if (!go_on(lines))
        return false;
    memmove(lines->buffer, lines->at, left);
    lines->at = lines->buffer;
    lines->end = behind;
    lines->next_lf = NULL;
    if (!(lines->raw == NULL ? read_step(lines, behind, &got) : read_wide(lines, behind, &got)))
        return false;
    lines->end = behind + got;
    behind[got] = '\0';
    return true;
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

/* Where the line ends, or the buffer. */
static const char *find_stop(ps_lines *lines)
{
    const char *lf, *cr;

    if (lines->at < lines->end && (*lines->at == '\n' || *lines->at == '\r'))
        return lines->at;
    lf = find_lf(lines);
    cr = lf == lines->at ? NULL : memchr(lines->at, '\r', (size_t)(lf - lines->at));
    return cr == NULL ? lf : cr;
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

/* Is what is in the buffer enough to tell the line that ends at stop? */
static bool is_told(const ps_lines *lines, const char *stop)
{
    if (lines->all_read || (size_t)(stop - lines->at) > lines->window.piece)
        return true;
    return stop < lines->end && (*stop == '\n' || lines->end - stop >= LONGEST_END);
}

/* Where to part a line that is too long: behind a blank, else before a character. */
static const char *part_at(const ps_lines *lines)
{
    const char *limit = lines->at + lines->window.piece;
    const size_t back = lines->window.piece / 2 < REACH_BACK ? lines->window.piece / 2 : REACH_BACK;
    const char *stop = limit;

    for (const char *at = limit; at > limit - back; at--)
        if (at[-1] == ' ' || at[-1] == '\t')
            return at;
    while (stop > limit - LONGEST_SEQUENCE && ((unsigned char)*stop & 0xC0) == 0x80)
        stop--;
    return ((unsigned char)*stop & 0xC0) == 0x80 ? limit : stop;
}

static void give(ps_lines *lines, ps_line *line, const char *stop, size_t tail)
{
    const size_t size = (size_t)(stop - lines->at);

    if (!lines->within)
        lines->number += lines->number < UINT32_MAX;
    *line = (ps_line){
        .text = lines->at,
        .size = size,
        .number = lines->number,
        .offset = lines->offset,
        .ended = tail > 0,
        .continued = lines->within,
    };
    lines->at = stop + tail;
    lines->offset += ps_source_size_of(lines->layout.encoding, line->text, size + tail);
}

bool ps_lines_next(ps_lines *lines, ps_line *line)
{
    const char *stop;

    for (stop = find_stop(lines); !is_told(lines, stop); stop = find_stop(lines))
        if (!refill(lines))
            return false;
    if (lines->at == lines->end)
        return false;
    if ((size_t)(stop - lines->at) > lines->window.piece) {
        give(lines, line, part_at(lines), 0);
        line->more = lines->within = true;
        return true;
    }
    give(lines, line, stop, end_size(stop, lines->end));
    lines->within = false;
    return true;
}
