/* markup.h - take the marks off a line that came through a mail or a web page. */
#ifndef PS_TEXT_MARKUP_H
#define PS_TEXT_MARKUP_H

#include "text/lines.h"

/* "| Even | Nonp | 1 |": a table's row in bars. */
bool ps_has_bars(const ps_line *line);

/* "> Even Nonp 1": a quoted line. */
bool ps_is_quoted(const ps_line *line);

/* The line with blanks for its bars, or for the marks of quotation before it, in buffer, which has
 * room for limit bytes; a longer line stays as it is. */
void ps_blank_marks(ps_line *line, bool bars, char *buffer, size_t limit);

#endif
