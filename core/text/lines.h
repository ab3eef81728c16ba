/* lines.h - walk a text by lines, whichever way they end. */
#ifndef PS_TEXT_LINES_H
#define PS_TEXT_LINES_H

#include "text/encoding.h"

typedef struct ps_line {
    const char *text;
    size_t size; /* without the line end */
    uint32_t number;
    uint64_t offset; /* in the source */
    bool ended;      /* a line end follows: false for a text that is cut */
    bool
        continued; /* the line began in the piece before this one: a very long line comes in pieces */
} ps_line;

typedef struct ps_lines {
    const char *at, *end, *next_lf;
    uint64_t offset;
    uint32_t number;
    ps_encoding encoding;
} ps_lines;

ps_lines ps_lines_of(const ps_decoded *decoded);

/* The next line, or false behind the last. */
bool ps_lines_next(ps_lines *lines, ps_line *line);

#endif
