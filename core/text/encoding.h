/* encoding.h - text in any encoding as bytes that a reader can walk. */
#ifndef PS_TEXT_ENCODING_H
#define PS_TEXT_ENCODING_H

#include "poolsleuth.h"

typedef enum ps_encoding {
    PS_ENCODING_UTF8,
    PS_ENCODING_UTF16LE,
    PS_ENCODING_UTF16BE,
    PS_ENCODING_8BIT, /* some code page: bytes over 0x7F stay what they are */
} ps_encoding;

/* Text without its byte order mark: the caller's own bytes, or UTF-8 made from UTF-16. */
typedef struct ps_decoded {
    const char *text;
    size_t size;
    char *owned; /* NULL where text is the caller's */
    ps_encoding encoding;
    uint64_t offset; /* of text[0] in the source */
} ps_decoded;

bool ps_decode(ps_decoded *decoded, const void *data, size_t size, ps_error *err);
void ps_decoded_free(ps_decoded *decoded);

const char *ps_encoding_name(ps_encoding encoding);

/* Bytes that size bytes of decoded text take in the source. */
uint64_t ps_source_size_of(ps_encoding encoding, const char *text, size_t size);

/* The length of the valid UTF-8 sequence at text, with its code point; 0 if there is none. */
size_t ps_utf8_take(const char *text, size_t size, uint32_t *code);

#endif
