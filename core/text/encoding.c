/* encoding.c - find the encoding of a text and, where it is UTF-16, make UTF-8 of it.
 *
 * Debugger logs are UTF-16 (.logopen /u), PowerShell redirects are UTF-16 or UTF-8, and a console's
 * are a code page in which a tag's bytes stand raw.  A text is UTF-8 if all of it is; what is
 * neither stays 8-bit, untouched.
 */
#include "text/encoding.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>

enum { PROBE = 64 * 1024 };

static const unsigned char *bytes_of(const char *text) { return (const unsigned char *)text; }

static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

size_t ps_utf8_take(const char *text, size_t size, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = bytes_of(text);
    const size_t length = size == 0 ? 0 : sequence_length(at[0]);
    uint32_t value;

    if (length == 0 || length > size)
        return 0;
    value = length == 1 ? at[0] : at[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3FU);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return length;
}

static size_t skip_ascii(const char *text, size_t size)
{
    size_t at = 0;

    while (size - at >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
        at += sizeof word;
    }
    while (at < size && bytes_of(text)[at] < 0x80)
        at++;
    return at;
}

static bool is_utf8(const char *text, size_t size)
{
    size_t at = 0;
    uint32_t code;

    while ((at += skip_ascii(text + at, size - at)) < size) {
        const size_t length = ps_utf8_take(text + at, size - at, &code);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

/* Without a mark: every second byte of UTF-16 English is 0, and on the same side. */
static bool looks_wide(const unsigned char *data, size_t size, bool *big)
{
    const size_t pairs = (size < PROBE ? size : PROBE) / 2;
    size_t even = 0, odd = 0;

    for (size_t i = 0; i < pairs; i++) {
        even += data[2 * i] == 0;
        odd += data[2 * i + 1] == 0;
    }
    *big = even > odd;
    return pairs > 0 && (odd > pairs / 2 || even > pairs / 2) &&
           (odd <= pairs / 8 || even <= pairs / 8);
}

static uint32_t unit_at(const unsigned char *data, size_t index, bool big)
{
    const uint32_t first = data[2 * index], second = data[2 * index + 1];

    return big ? first << 8 | second : second << 8 | first;
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Half a pair becomes U+FFFD: one unit stays one character, so that places can be counted. */
static uint32_t code_at(const unsigned char *data, size_t units, size_t *at, bool big)
{
    const uint32_t first = unit_at(data, (*at)++, big);
    uint32_t second;

    if (first < 0xD800 || first > 0xDFFF)
        return first;
    if (first > 0xDBFF || *at == units)
        return 0xFFFD;
    second = unit_at(data, *at, big);
    if (second < 0xDC00 || second > 0xDFFF)
        return 0xFFFD;
    (*at)++;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static bool decode_wide(ps_decoded *decoded, const unsigned char *data, size_t size, ps_error *err)
{
    const bool big = decoded->encoding == PS_ENCODING_UTF16BE;
    const size_t units = size / 2;
    size_t needed = 0;
    char *out;

    for (size_t i = 0; i < units; i++) {
        const uint32_t unit = unit_at(data, i, big);
        needed += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    }
    out = ps_alloc(1, needed, 1);
    if (out == NULL)
        return ps_fail_memory(err);
    decoded->owned = out;
    decoded->text = out;
    decoded->size = 0;
    for (size_t i = 0; i < units;)
        decoded->size += put_utf8(out + decoded->size, code_at(data, units, &i, big));
    return true;
}

bool ps_decode(ps_decoded *decoded, const void *data, size_t size, ps_error *err)
{
    const unsigned char *bytes = data;
    bool big = false;

    *decoded = (ps_decoded){.text = data, .size = size, .encoding = PS_ENCODING_UTF8};
    if (size >= 2 &&
        ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        decoded->offset = 2;
    if (decoded->offset == 2 || looks_wide(bytes, size, &big)) {
        big = decoded->offset == 2 ? bytes[0] == 0xFE : big;
        decoded->encoding = big ? PS_ENCODING_UTF16BE : PS_ENCODING_UTF16LE;
        return decode_wide(decoded, bytes + decoded->offset, size - (size_t)decoded->offset, err);
    }
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        decoded->offset = 3;
        decoded->text += 3;
        decoded->size -= 3;
    }
    if (!is_utf8(decoded->text, decoded->size))
        decoded->encoding = PS_ENCODING_8BIT;
    return true;
}

void ps_decoded_free(ps_decoded *decoded)
{
    free(decoded->owned);
    decoded->owned = NULL;
}

const char *ps_encoding_name(ps_encoding encoding)
{
    static const char *const names[] = {"utf-8", "utf-16le", "utf-16be", "8-bit"};

    return names[encoding];
}

uint64_t ps_source_size_of(ps_encoding encoding, const char *text, size_t size)
{
    uint64_t units = 0;

    if (encoding != PS_ENCODING_UTF16LE && encoding != PS_ENCODING_UTF16BE)
        return size;
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = bytes_of(text)[i];
        units += (byte & 0xC0) != 0x80; /* a sequence starts */
        units += byte >= 0xF0;          /* and is a pair of units */
    }
    return 2 * units;
}
