/* kdbg.c - the kernel's debugger data block: read as it is, or decoded with the PDB's help. */
#include "base/reader.h"
#include "dump/kernel.h"

#include <string.h>

enum { SMALLEST = 0x208, LARGEST = 0x1000, HEAD = 0x20 };

uint64_t ps_kdbg_field(const ps_kdbg *kdbg, size_t offset)
{
    ps_reader r = ps_reader_at(kdbg->bytes, kdbg->size, offset, 8);

    return ps_u64(&r);
}

/* Does a block begin so?  Then its size; else 0. */
static size_t size_of(const uint8_t head[HEAD])
{
    ps_reader r = ps_reader_of(head, HEAD, 0);
    uint32_t size;

    ps_skip(&r, 0x14);
    size = ps_u32(&r);
    if (memcmp(head + 0x10, "KDBG", 4) != 0 || size < SMALLEST || size > LARGEST ||
        ps_u64(&r) % PS_FRAME_SIZE != 0)
        return 0;
    return size < PS_KDBG_LIMIT ? size : PS_KDBG_LIMIT;
}

bool ps_kdbg_read(ps_space *space, uint64_t address, ps_kdbg *kdbg)
{
    uint8_t head[HEAD];

    memset(kdbg, 0, sizeof *kdbg);
    if (address == 0 || ps_space_take(space, address, head, sizeof head) != PS_READ_OK ||
        size_of(head) == 0)
        return false;
    (void)ps_space_read(space, address, kdbg->bytes, size_of(head), &kdbg->size);
    kdbg->address = address;
    return kdbg->size > HEAD;
}

ps_read_status ps_kdbg_value(ps_kernel *kernel, size_t offset, size_t size, uint64_t *value)
{
    const uint64_t address = ps_kdbg_field(&kernel->kdbg, offset);

    *value = 0;
    if (address == 0)
        return PS_READ_NOT_IN_DUMP;
    return ps_space_uint(&kernel->space, address, size, value);
}

/* --- encoded blocks ----------------------------------------------------------------------------
 */

/* What each word of an encoded block was changed with. */
typedef struct key {
    uint64_t never, always, switch_address;
} key;

static bool read_key(ps_kernel *kernel, key *k)
{
    uint64_t never;
    uint64_t always;

    return ps_kernel_symbol(kernel, "KiWaitNever", &never) &&
           ps_kernel_symbol(kernel, "KiWaitAlways", &always) &&
           ps_kernel_symbol(kernel, "KdpDataBlockEncoded", &k->switch_address) &&
           ps_space_uint(&kernel->space, never, 8, &k->never) == PS_READ_OK &&
           ps_space_uint(&kernel->space, always, 8, &k->always) == PS_READ_OK;
}

static uint64_t decode(uint64_t word, const key *k)
{
    const unsigned turn = (unsigned)(k->never & 63);

    word ^= k->never;
    if (turn != 0)
        word = word << turn | word >> (64 - turn);
    return __builtin_bswap64(word ^ k->switch_address) ^ k->always;
}

static void decode_bytes(uint8_t *bytes, size_t size, const key *k)
{
    for (size_t at = 0; at + 8 <= size; at += 8) {
        ps_reader r = ps_reader_of(bytes + at, 8, at);
        const uint64_t word = decode(ps_u64(&r), k);
        for (size_t i = 0; i < 8; i++)
            bytes[at + i] = (uint8_t)(word >> 8 * i);
    }
}

bool ps_kdbg_decode(ps_kernel *kernel)
{
    ps_kdbg block = {.decoded = true};
    key k = {0};
    size_t size;

    if (!ps_kernel_symbol(kernel, "KdDebuggerDataBlock", &block.address))
        return false;
    if (ps_kdbg_read(&kernel->space, block.address, &kernel->kdbg))
        return true;
    if (ps_space_pointer(&kernel->space) != 8 || !read_key(kernel, &k))
        return false;
    (void)ps_space_read(&kernel->space, block.address, block.bytes, sizeof block.bytes,
                        &block.size);
    decode_bytes(block.bytes, block.size, &k);
    size = block.size > HEAD ? size_of(block.bytes) : 0;
    if (size == 0 || ps_kdbg_field(&block, PS_KDBG_KERNEL_BASE) != kernel->image.base)
        return false;
    block.size = size < block.size ? size : block.size;
    kernel->kdbg = block;
    return true;
}
