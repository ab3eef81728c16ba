/* tags.h - a tag from the characters that show it. */
#ifndef PS_TEXT_TAGS_H
#define PS_TEXT_TAGS_H

#include "text/encoding.h"
#include "text/numbers.h"

typedef struct ps_shown_tag {
    ps_tag tag;
    bool ambiguous; /* a character stands for more than one byte */
} ps_shown_tag;

/* Characters in the span: bytes, or code points where the text is UTF-8. */
size_t ps_count_characters(ps_span span, ps_encoding encoding);

/* The span's one to four characters, blanks put behind fewer; false for none or more. */
bool ps_read_tag(ps_span span, ps_encoding encoding, ps_shown_tag *shown);

/* The first four characters of the span, as they are; false if there are not as many.  The span
 * then stands behind them. */
bool ps_take_tag(ps_span *span, ps_encoding encoding, ps_span *four);

#endif
