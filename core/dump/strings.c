/* strings.c - text that the kernel keeps. */
#include "dump/strings.h"

#include "dump/names.h"

const char *ps_read_string(ps_kernel *kernel, uint64_t address)
{
    uint8_t units[PS_NAME_UNITS * 2];
    uint64_t length = 0;
    uint64_t buffer = 0;
    size_t got = 0;

    if (ps_space_uint(&kernel->space, address, 2, &length) == PS_READ_OK &&
        ps_space_address(&kernel->space, address + ps_space_pointer(&kernel->space), &buffer) ==
            PS_READ_OK &&
        buffer != 0) {
        length = length < sizeof units ? length & ~UINT64_C(1) : sizeof units;
        (void)ps_space_read(&kernel->space, buffer, units, (size_t)length, &got);
    }
    return ps_keep_name(&kernel->file->arena, units, got / 2);
}
