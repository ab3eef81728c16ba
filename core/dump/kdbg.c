/* kdbg.c - the kernel's debugger data block. */
#include "base/reader.h"
#include "dump/kernel.h"

#include <string.h>

enum { SMALLEST = 0x208, LARGEST = 0x1000, HEAD = 0x20 };

uint64_t ps_kdbg_field(const ps_kdbg *kdbg, size_t offset)
{
    ps_reader r = ps_reader_at(kdbg->bytes, kdbg->size, offset, 8);

    return ps_u64(&r);
}

bool ps_kdbg_read(ps_space *space, uint64_t address, ps_kdbg *kdbg)
{
    uint8_t head[HEAD];
    ps_reader r = ps_reader_of(head, sizeof head, address);
    uint32_t size;
    size_t got;

    kdbg->size = 0;
    if (address == 0 || ps_space_take(space, address, head, sizeof head) != PS_READ_OK)
        return false;
    ps_skip(&r, 0x14);
    size = ps_u32(&r);
    if (memcmp(head + 0x10, "KDBG", 4) != 0 || size < SMALLEST || size > LARGEST ||
        ps_u64(&r) % PS_FRAME_SIZE != 0)
        return false;
    if (size > PS_KDBG_LIMIT)
        size = PS_KDBG_LIMIT;
    (void)ps_space_read(space, address, kdbg->bytes, size, &got);
    kdbg->size = got;
    return got > HEAD;
}

ps_read_status ps_kdbg_value(ps_kernel *kernel, size_t offset, size_t size, uint64_t *value)
{
    const uint64_t address = ps_kdbg_field(&kernel->kdbg, offset);

    *value = 0;
    if (address == 0)
        return PS_READ_NOT_IN_DUMP;
    return ps_space_uint(&kernel->space, address, size, value);
}
