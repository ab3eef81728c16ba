/* encode.h - characters, GUIDs and moments as evidence holds them and as we write them. */
#ifndef PS_BASE_ENCODE_H
#define PS_BASE_ENCODE_H

#include "base/reader.h"

/* One character as UTF-8 at to, which has room for four bytes; returns how many it took. */
static inline size_t ps_put_utf8(void *to, uint32_t c)
{
    uint8_t *out = to;

    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | (c >> 18 & 7));
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

enum { PS_GUID_SIZE = 37 };

/* Take a GUID of 16 bytes as upper-case text and a NUL. */
void ps_take_guid(ps_reader *r, char text[PS_GUID_SIZE]);

/* 100 ns since 1601 as seconds since 1970; false for a moment before that, or far beyond ours. */
bool ps_filetime(uint64_t filetime, int64_t *seconds);

/* "x64", "x86", "arm64", "arm", "ia64" for an IMAGE_FILE_MACHINE_*; NULL for any other. */
const char *ps_machine_name(uint16_t machine);

#endif
