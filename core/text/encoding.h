/* encoding.h - which encoding a text is in, and UTF-16 made into UTF-8 piece by piece. */
#ifndef PS_TEXT_ENCODING_H
#define PS_TEXT_ENCODING_H

#include "poolsleuth.h"

typedef enum ps_encoding {
    PS_ENCODING_UTF8,
    PS_ENCODING_UTF16LE,
    PS_ENCODING_UTF16BE,
    PS_ENCODING_8BIT, /* some code page: bytes over 0x7F stay what they are */
} ps_encoding;

/* So many bytes of a source without a mark tell whether it is UTF-16. */
enum { PS_LAYOUT_PROBE = 64 * 1024 };

/* How the bytes of a source are to be taken. */
typedef struct ps_layout {
    ps_encoding encoding;
    uint64_t start; /* behind the byte order mark */
    bool cut;       /* the source ends in the middle of a character */
} ps_layout;

/* Read the source once, as far as the answer needs it, through the buffer of size bytes, which are
 * no fewer than PS_LAYOUT_PROBE. */
bool ps_find_layout(ps_layout *layout, ps_source *source, char *buffer, size_t size, ps_error *err);

static inline bool ps_is_wide(ps_encoding encoding)
{
    return encoding == PS_ENCODING_UTF16LE || encoding == PS_ENCODING_UTF16BE;
}

/* UTF-16 as UTF-8.  A unit of two bytes makes three at most.  What the last bytes may be the first
 * half of is left for the next time, unless they are the last ones: *used says how many were taken;
 * half a pair becomes U+FFFD.  Returns the bytes that were written. */
size_t ps_take_wide(ps_encoding encoding, const char *bytes, size_t size, bool last, char *out,
                    size_t *used);

const char *ps_encoding_name(ps_encoding encoding);

/* Bytes that size bytes of decoded text take in the source. */
uint64_t ps_source_size_of(ps_encoding encoding, const char *text, size_t size);

/* The length of the valid UTF-8 sequence at text, with its code point; 0 if there is none. */
size_t ps_utf8_take(const char *text, size_t size, uint32_t *code);

#endif
