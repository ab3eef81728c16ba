/* kdbg_find.c - search the kernel's data for its debugger data block: the header's pointer to it is
 * missing, or there is no header. */
#include "base/reader.h"
#include "dump/find_tables.h"
#include "dump/sweep.h"

#include <string.h>

enum { TAG = 0x10, DATA_LIMIT = 32 << 20, HUNTS = 1 << 12 };

/* The letters are a pool tag too, and stand in code: a block is one that reads as such and knows
 * where the kernel is. */
static bool take(ps_kernel *kernel, uint64_t address)
{
    if (ps_kdbg_read(&kernel->space, address, &kernel->kdbg) &&
        (ps_kdbg_field(&kernel->kdbg, PS_KDBG_KERNEL_BASE) == kernel->image.base))
        return true;
    kernel->kdbg.size = 0;
    return false;
}

static bool find_in_page(ps_kernel *kernel, uint64_t address)
{
    uint8_t page[PS_FRAME_SIZE];
    size_t got = 0;

    (void)ps_space_read(&kernel->space, address, page, sizeof page, &got);
    for (size_t at = 0; at + 4 <= got; at += 8)
        if (memcmp(page + at, "KDBG", 4) == 0 && take(kernel, address + at - TAG))
            return true;
    return false;
}

/* A block's tag lies at a multiple of 8, for blocks lie at one. */
static bool find_in_section(ps_kernel *kernel, const ps_loaded_section *section)
{
    const uint64_t begin = kernel->image.base + (section->rva & ~(uint64_t)(PS_FRAME_SIZE - 1));

    for (uint64_t at = 0; at < section->size && at < DATA_LIMIT; at += PS_FRAME_SIZE)
        if (find_in_page(kernel, begin + at))
            return true;
    return false;
}

bool ps_kdbg_find(ps_kernel *kernel)
{
    for (size_t i = 0; i < kernel->image.section_count; i++) {
        const ps_loaded_section *section = &kernel->image.sections[i];
        if ((section->flags & PS_SECTION_WRITE) != 0 && find_in_section(kernel, section))
            return true;
    }
    kernel->kdbg.size = 0;
    return false;
}

/* --- without the kernel's image ----------------------------------------------------------------
 */

typedef struct hunt {
    ps_kernel *kernel;
    unsigned tries;
} hunt;

/* A block begins with its links to a list of blocks, which leads back to it: so it tells where it
 * is mapped.  It is believed if the list of modules that it names is one. */
static bool follow_links(ps_kernel *kernel, uint64_t physical)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint8_t bytes[8] = {0};
    size_t got;
    ps_reader r = ps_reader_of(bytes, pointer, physical);
    uint64_t link;
    uint64_t address;

    if (ps_physical_read(kernel->file->physical, physical, bytes, pointer, &got) != PS_READ_OK)
        return false;
    link = ps_uint(&r, pointer);
    if (ps_space_address(&kernel->space, link, &address) != PS_READ_OK ||
        !ps_kdbg_read(&kernel->space, address, &kernel->kdbg))
        return false;
    if (ps_list_is_mapped(&kernel->space, ps_kdbg_field(&kernel->kdbg, PS_KDBG_LOADED_MODULES)))
        return true;
    kernel->kdbg.size = 0;
    return false;
}

static bool visit_page(void *context, uint64_t address, const uint8_t *page)
{
    hunt *h = context;

    for (size_t at = TAG; at < PS_FRAME_SIZE; at += 8) {
        if (memcmp(page + at, "KDBG", 4) != 0)
            continue;
        if (h->tries++ >= HUNTS || follow_links(h->kernel, address + at - TAG))
            return false;
    }
    return true;
}

bool ps_kdbg_hunt(ps_kernel *kernel, ps_error *err)
{
    hunt h = {.kernel = kernel};

    return ps_sweep(kernel->file, visit_page, &h, err);
}
