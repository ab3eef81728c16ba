/* tags.c - a tag's four bytes, as a console, a log or a web page shows them.
 *
 * In an 8-bit log a byte is itself.  In Unicode text a character up to U+00FF most likely was that
 * byte, but the code page in between is unknown: such a tag is marked, like one with '.' or '?'.
 */
#include "text/tags.h"

static uint32_t take_character(ps_span *span, ps_encoding encoding)
{
    uint32_t code = (unsigned char)*span->at;
    size_t length = 0;

    if (encoding != PS_ENCODING_8BIT && code >= 0x80)
        length = ps_utf8_take(span->at, (size_t)(span->end - span->at), &code);
    span->at += length == 0 ? 1 : length;
    return code;
}

size_t ps_count_characters(ps_span span, ps_encoding encoding)
{
    size_t count = 0;

    for (; span.at < span.end; count++)
        (void)take_character(&span, encoding);
    return count;
}

bool ps_read_tag(ps_span span, ps_encoding encoding, ps_shown_tag *shown)
{
    unsigned count = 0;

    *shown = (ps_shown_tag){0};
    for (; span.at < span.end && count < 4; count++) {
        uint32_t code = take_character(&span, encoding);
        if (code == 0xA0 && encoding != PS_ENCODING_8BIT)
            code = ' ';
        else if (code >= 0x80 && encoding != PS_ENCODING_8BIT)
            shown->ambiguous = true;
        if (code == '.' || code == '?')
            shown->ambiguous = true;
        shown->tag |= (code > 0xFF ? (uint32_t)'?' : code) << (8 * count);
    }
    if (count == 0 || span.at < span.end)
        return false;
    for (; count < 4; count++)
        shown->tag |= (uint32_t)' ' << (8 * count);
    return true;
}

bool ps_take_tag(ps_span *span, ps_encoding encoding, ps_span *four)
{
    four->at = span->at;
    for (unsigned i = 0; i < 4; i++) {
        if (span->at == span->end)
            return false;
        (void)take_character(span, encoding);
    }
    four->end = span->at;
    return true;
}
