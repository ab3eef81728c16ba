/* lines.h - walk a text by lines, whichever way they end, through a window on its source. */
#ifndef PS_TEXT_LINES_H
#define PS_TEXT_LINES_H

#include "base/limits.h"
#include "text/encoding.h"

typedef struct ps_line {
    const char *text; /* until the next line is asked for; a byte can be read behind it */
    size_t size;      /* without the line end */
    uint32_t number;
    uint64_t offset; /* in the source */
    bool ended;      /* a line end follows: false for a text that is cut */
    bool
        continued; /* the line began in the piece before this one: a very long line comes in pieces */
    bool more;     /* and goes on in the piece behind this one */
} ps_line;

/* How much is held at a time. */
typedef struct ps_window {
    size_t step;  /* bytes that are read at once */
    size_t piece; /* a longer line comes in pieces of at most as many bytes, parted at blanks if
                     there are any */
} ps_window;

enum { PS_WINDOW_STEP = 1 << 18, PS_WINDOW_LEAST = PS_LEAST_LINE_BYTES };

typedef struct ps_lines {
    ps_source *source;
    ps_layout layout;
    ps_window window;
    char *raw;    /* UTF-16 before it is decoded, step + 4 bytes; NULL for others */
    size_t held;  /* bytes of raw that the next ones complete */
    char *buffer; /* decoded text */
    const char *at, *end, *next_lf;
    uint64_t read_at; /* offset in the source of what is read next */
    uint64_t offset;  /* in the source, of at */
    uint32_t number;
    bool all_read, within; /* within a line of which a piece was given out */
    ps_progress progress;
    ps_error error; /* code PS_OK while nothing failed */
} ps_lines;

/* Walk through the source, which outlives the walk, through a window of no less than
 * PS_WINDOW_LEAST bytes. */
bool ps_lines_open(ps_lines *lines, ps_source *source, const ps_window *window,
                   const ps_progress *progress, ps_error *err);

/* The next line or piece of one.  False behind the last, and on a failure: see lines->error. */
bool ps_lines_next(ps_lines *lines, ps_line *line);

void ps_lines_close(ps_lines *lines);

#endif
