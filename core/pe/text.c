/* text.c - strings of images, signatures and their object identifiers as UTF-8. */
#include "pe/text.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_LIMIT = 1000, DOTS_LIMIT = 128 };

/* Length of the UTF-8 sequence of two or more bytes at text, or 0. */
static size_t sequence_length(const uint8_t *text, size_t left)
{
    const size_t length = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;

    if (*text < 0xc2 || *text > 0xf4 || length > left)
        return 0;
    if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
        (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

const char *ps_printable(ps_arena *arena, const uint8_t *text, size_t length)
{
    char *copy = ps_arena_take(arena, length + 1);
    size_t step;

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < length; i += step) {
        step = 1;
        if (text[i] >= 0x80)
            step = sequence_length(text + i, length - i);
        if (step == 0 || (step == 1 && (text[i] < ' ' || text[i] == 0x7f)))
            copy[i] = '?';
        else
            memcpy(copy + i, text + i, step);
        step = step == 0 ? 1 : step;
    }
    copy[length] = '\0';
    return copy;
}

static uint32_t take_wide(ps_reader *r, size_t width)
{
    uint32_t c = 0;

    for (size_t i = 0; i < width; i++)
        c = c << 8 | ps_u8(r);
    return (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff ? 0xfffd : c;
}

const char *ps_text_of(ps_arena *arena, uint8_t tag, ps_bytes bytes)
{
    const size_t width = tag == PS_DER_BMP_STRING ? 2 : tag == PS_DER_UNIVERSAL_STRING ? 4 : 1;
    uint8_t buffer[TEXT_LIMIT + 4];
    ps_reader r = ps_span_reader(bytes);
    size_t used = 0;

    if (tag == PS_DER_UTF8)
        return ps_printable(arena, bytes.data, bytes.size < TEXT_LIMIT ? bytes.size : TEXT_LIMIT);
    while (r.left >= width && used < TEXT_LIMIT)
        used += ps_put_utf8(buffer + used, take_wide(&r, width));
    return ps_printable(arena, buffer, used);
}

const char *ps_oid_text(ps_arena *arena, ps_bytes oid)
{
    char text[DOTS_LIMIT + 32] = "";
    uint64_t part = 0;
    size_t used = 0;

    for (size_t i = 0; i < oid.size && used < DOTS_LIMIT; i++) {
        part = part << 7 | (oid.data[i] & 0x7f);
        if ((oid.data[i] & 0x80) != 0)
            continue;
        if (used == 0) {
            const uint64_t first = part < 80 ? part / 40 : 2;
            used += (size_t)snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)first,
                                     (unsigned long long)(part - first * 40));
        } else {
            used += (size_t)snprintf(text + used, sizeof text - used, ".%llu",
                                     (unsigned long long)part);
        }
        part = 0;
    }
    return ps_arena_copy(arena, text, strlen(text));
}

const char *ps_usage_name(ps_arena *arena, ps_bytes oid)
{
    static const struct {
        const char *dots, *name;
    } names[] = {
        {"1.3.6.1.5.5.7.3.3", "code signing"},
        {"1.3.6.1.5.5.7.3.8", "time stamping"},
        {"1.3.6.1.4.1.311.10.3.5", "Windows hardware driver verification"},
        {"1.3.6.1.4.1.311.10.3.5.1", "Windows hardware driver attested verification"},
        {"1.3.6.1.4.1.311.10.3.39", "Windows hardware driver extended verification"},
        {"1.3.6.1.4.1.311.10.3.6", "Windows system component verification"},
        {"1.3.6.1.4.1.311.10.3.7", "OEM Windows system component verification"},
        {"1.3.6.1.4.1.311.10.3.8", "embedded Windows system component verification"},
        {"1.3.6.1.4.1.311.10.3.13", "lifetime signing"},
        {"1.3.6.1.4.1.311.10.3.21", "Windows RT verification"},
        {"1.3.6.1.4.1.311.10.3.22", "protected process light verification"},
        {"1.3.6.1.4.1.311.10.3.23", "Windows TCB component"},
        {"1.3.6.1.4.1.311.10.3.24", "protected process verification"},
        {"1.3.6.1.4.1.311.10.3.26", "Windows software extension verification"},
        {"1.3.6.1.4.1.311.10.3.27", "preview build signing"},
        {"1.3.6.1.4.1.311.61.1.1", "kernel mode code signing"},
        {"1.3.6.1.4.1.311.61.4.1", "early launch antimalware driver"},
        {"1.3.6.1.4.1.311.76.3.1", "Windows store"},
    };
    const char *dots = ps_oid_text(arena, oid);

    if (dots == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].dots, dots) == 0)
            return names[i].name;
    return dots;
}
