/* names.c - names of modules from UTF-16. */
#include "dump/names.h"

#include "base/encode.h"

static size_t put_character(char *out, unsigned c)
{
    const bool odd = c < ' ' || c == 0x7F || (c >= 0xD800 && c < 0xE000);

    return ps_put_utf8(out, odd ? '?' : c);
}

const char *ps_keep_name(ps_arena *arena, const uint8_t *units, size_t count)
{
    char text[PS_NAME_UNITS * 3];
    size_t size = 0;

    for (size_t i = 0; i < count && i < PS_NAME_UNITS; i++) {
        const unsigned c = units[2 * i] | (unsigned)units[2 * i + 1] << 8;
        if (c == 0)
            break;
        size += put_character(text + size, c);
    }
    return ps_arena_copy(arena, text, size);
}

const char *ps_base_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at != '\0'; at++)
        if ((*at == '\\' || *at == '/') && at[1] != '\0')
            name = at + 1;
    return name;
}
