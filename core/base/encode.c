/* encode.c - GUIDs, moments and machines in words. */
#include "base/encode.h"

#include <stdio.h>

#define FILETIME_1970 UINT64_C(116444736000000000)

void ps_take_guid(ps_reader *r, char text[PS_GUID_SIZE])
{
    const uint32_t first = ps_u32(r);
    const unsigned second = ps_u16(r);
    const unsigned third = ps_u16(r);
    const unsigned fourth = (unsigned)ps_u8(r) << 8;
    const unsigned fifth = fourth | ps_u8(r);
    uint64_t node = 0;

    for (int i = 0; i < 6; i++)
        node = node << 8 | ps_u8(r);
    (void)snprintf(text, PS_GUID_SIZE, "%08X-%04X-%04X-%04X-%012llX", first, second, third, fifth,
                   (unsigned long long)node);
}

bool ps_filetime(uint64_t filetime, int64_t *seconds)
{
    if (filetime <= FILETIME_1970 || filetime >= FILETIME_1970 * 4)
        return false;
    *seconds = (int64_t)((filetime - FILETIME_1970) / 10000000);
    return true;
}

const char *ps_machine_name(uint16_t machine)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {
        {0x8664, "x64"}, {0x14C, "x86"}, {0xAA64, "arm64"}, {0x1C4, "arm"}, {0x200, "ia64"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].machine == machine)
            return names[i].name;
    return NULL;
}
