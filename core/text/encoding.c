/* encoding.c - find the encoding of a text and, where it is UTF-16, make UTF-8 of it.
 *
 * Debugger logs are UTF-16 (.logopen /u), PowerShell redirects are UTF-16 or UTF-8, and a console's
 * are a code page in which a tag's bytes stand raw.  A text is UTF-8 if all of it is; what is
 * neither stays 8-bit, untouched.
 */
#include "text/encoding.h"

#include "base/encode.h"

#include <endian.h>
#include <string.h>

enum { REPLACEMENT = 0xFFFD };

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

/* How UTF-8 goes on from window to window. */
typedef struct utf8_check {
    bool seen;   /* a character of more than one byte */
    bool broken; /* it is not UTF-8 */
} utf8_check;

/* Could the few bytes be the beginning of a character? */
static bool is_begun(const char *text, size_t size)
{
    const size_t length = size == 0 ? 0 : sequence_length(bytes_of(text)[0]);

    if (length <= size)
        return false;
    for (size_t i = 1; i < size; i++)
        if ((bytes_of(text)[i] & 0xC0) != 0x80)
            return false;
    return true;
}

/* Check the bytes up to a character that they hold but the beginning of: how many were checked. */
static size_t check_utf8(utf8_check *check, const char *text, size_t size)
{
    size_t at = 0;
    uint32_t code;

    while ((at += skip_ascii(text + at, size - at)) < size) {
        const size_t length = ps_utf8_take(text + at, size - at, &code);
        if (length == 0 && is_begun(text + at, size - at))
            return at;
        check->seen = true;
        check->broken = length == 0;
        if (check->broken)
            return at;
        at += length;
    }
    return at;
}

/* Walk through the whole source, unless it proves earlier that it is not UTF-8. */
static bool is_utf8(ps_layout *layout, ps_source *source, char *buffer, size_t size, ps_error *err)
{
    const uint64_t end = ps_source_size(source);
    utf8_check check = {0};
    uint64_t at = layout->start;
    size_t kept = 0;

    while (at < end && !check.broken) {
        size_t got, checked;
        if (!ps_source_read(source, at, buffer + kept, size - kept, &got, err))
            return false;
        at += got;
        got += kept;
        checked = check_utf8(&check, buffer, got);
        kept = got - checked;
        memmove(buffer, buffer + checked, kept);
    }
    layout->cut = kept > 0 && !check.broken && check.seen;
    if (check.broken || (kept > 0 && !check.seen))
        layout->encoding = PS_ENCODING_8BIT;
    return true;
}

/* Without a mark: every second byte of UTF-16 English is 0, and on the same side. */
static bool looks_wide(const unsigned char *data, size_t size, bool *big)
{
    const size_t pairs = size / 2;
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

/* The character at unit *at, which moves behind it; false where only the next unit can tell. */
static bool take_code(const unsigned char *data, size_t units, size_t *at, bool big, uint32_t *code)
{
    *code = unit_at(data, *at, big);
    if (*code >= 0xD800 && *code <= 0xDBFF) {
        uint32_t second;
        if (*at + 1 == units)
            return false;
        second = unit_at(data, *at + 1, big);
        if (second >= 0xDC00 && second <= 0xDFFF) {
            *code = 0x10000 + ((*code - 0xD800) << 10) + (second - 0xDC00);
            *at += 2;
            return true;
        }
    }
    if (*code >= 0xD800 && *code <= 0xDFFF)
        *code = REPLACEMENT;
    ++*at;
    return true;
}

/* The ASCII at the beginning of the units, four at a time. */
static size_t take_narrow(const unsigned char *data, size_t units, bool big, char *out)
{
    const uint64_t others =
        big ? htobe64(UINT64_C(0xFF80FF80FF80FF80)) : htole64(UINT64_C(0xFF80FF80FF80FF80));
    size_t count = 0;

    for (; units - count >= 4; count += 4) {
        uint64_t four;
        memcpy(&four, data + 2 * count, sizeof four);
        if ((four & others) != 0)
            break;
        for (size_t i = 0; i < 4; i++)
            out[count + i] = (char)data[2 * (count + i) + big];
    }
    return count;
}

/* At most four characters that need not be ASCII; *cut where the last of them is cut off. */
static size_t take_others(const unsigned char *data, size_t units, size_t *at, bool big, char *out,
                          bool *cut)
{
    size_t written = 0;

    for (int i = 0; i < 4 && *at < units; i++) {
        uint32_t code;
        if (!take_code(data, units, at, big, &code)) {
            *cut = true;
            break;
        }
        written += ps_put_utf8(out + written, code);
    }
    return written;
}

size_t ps_take_wide(ps_encoding encoding, const char *bytes, size_t size, bool last, char *out,
                    size_t *used)
{
    const unsigned char *data = bytes_of(bytes);
    const bool big = encoding == PS_ENCODING_UTF16BE;
    const size_t units = size / 2;
    size_t at = 0, written = 0;
    bool cut = false;

    while (at < units && !cut) {
        const size_t narrow = take_narrow(data + 2 * at, units - at, big, out + written);
        at += narrow;
        written += narrow;
        written += take_others(data, units, &at, big, out + written, &cut);
    }
    if (cut && last) {
        written += ps_put_utf8(out + written, REPLACEMENT);
        at++;
    }
    *used = 2 * at;
    return written;
}

static bool has_mark(const char *bytes, size_t size, const char *mark)
{
    return size >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0;
}

bool ps_find_layout(ps_layout *layout, ps_source *source, char *buffer, size_t size, ps_error *err)
{
    bool big = false;
    size_t got;

    *layout = (ps_layout){.encoding = PS_ENCODING_UTF8};
    if (!ps_source_read(source, 0, buffer, PS_LAYOUT_PROBE, &got, err))
        return false;
    if (has_mark(buffer, got, "\xFF\xFE") || has_mark(buffer, got, "\xFE\xFF"))
        layout->start = 2;
    if (layout->start == 2 || looks_wide(bytes_of(buffer), got, &big)) {
        big = layout->start == 2 ? bytes_of(buffer)[0] == 0xFE : big;
        layout->encoding = big ? PS_ENCODING_UTF16BE : PS_ENCODING_UTF16LE;
        layout->cut = (ps_source_size(source) - layout->start) % 2 != 0;
        return true;
    }
    if (has_mark(buffer, got, "\xEF\xBB\xBF"))
        layout->start = 3;
    return is_utf8(layout, source, buffer, size, err);
}

const char *ps_encoding_name(ps_encoding encoding)
{
    static const char *const names[] = {"utf-8", "utf-16le", "utf-16be", "8-bit"};

    return names[encoding];
}

uint64_t ps_source_size_of(ps_encoding encoding, const char *text, size_t size)
{
    uint64_t units = 0;

    if (!ps_is_wide(encoding))
        return size;
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = bytes_of(text)[i];
        units += (byte & 0xC0) != 0x80; /* a sequence starts */
        units += byte >= 0xF0;          /* and is a pair of units */
    }
    return 2 * units;
}
