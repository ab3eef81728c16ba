/* plain.h - take off a line what a terminal or a web page put into it. */
#ifndef PS_TEXT_PLAIN_H
#define PS_TEXT_PLAIN_H

#include "text/lines.h"
#include "text/numbers.h"

/* Copy from the span without colour codes and HTML tags, entities decoded, until either ends or
 * room is used up; what was read is taken from the span.  Tags of cells and lines leave a blank, and
 * so do the wide blanks of Unicode. */
size_t ps_plain_take(ps_span *in, char *out, size_t room);

/* The same with a whole line, and blanks for the bars of a table that stand without bars at the
 * line's ends, in buffer, which may
 * hold the line already.  False where there is nothing to take off, or if the line is too long. */
bool ps_plain_line(ps_line *line, char *buffer, size_t limit);

#endif
