/* root_page.c - know topmost page tables: Windows maps them into themselves at a slot of its own, and
 * each process names its own. */
#include "dump/root_page.h"

#include "base/reader.h"

enum { ENTRIES = 512, QUADS = PS_FRAME_SIZE / 32, LOW_END = 1 << 20 };

#define FRAME_52 UINT64_C(0x000FFFFFFFFFF000)
#define FRAME_50 UINT64_C(0x0003FFFFFFFFF000)
/* Of an entry of a kernel's table: a table, never executed (one public reader). */
#define ARM64_FLAGS UINT64_C(0x0060000000000003)

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* The code that starts further processors lies below 1 MiB and holds the kernel's entry and its
 * tables (layout of public readers; what it gives is judged like any other candidate). */
static bool visit_start_up(uint64_t address, const uint8_t *page, ps_root_visit visit,
                           void *context)
{
    const uint64_t entry = get64(page + 0x70);
    const uint64_t root = get64(page + 0xA0);

    if (address >= LOW_END ||
        (get64(page) & UINT64_C(0xFFFFFFFFFFFF00FF)) != UINT64_C(0x00000001000600E9) ||
        (entry & UINT64_C(0xFFFFF80000000003)) != UINT64_C(0xFFFFF80000000000) || root == 0 ||
        (root & UINT64_C(0xFFFFFF0000000FFF)) != 0)
        return false;
    return visit(context, &(ps_root){PS_PAGING_X64, root, entry}) ||
           visit(context, &(ps_root){PS_PAGING_LA57, root, entry});
}

/* 64-bit tables: the slot is 0x1ED in old builds and any of the upper half since.  One that maps
 * itself is enough to try a page. */
static bool visit_wide(uint64_t address, const uint8_t *page, ps_root_visit visit, void *context)
{
    bool x64 = false;
    bool arm64 = false;

    for (unsigned i = ENTRIES / 2; i < ENTRIES; i++) {
        const uint64_t entry = get64(page + (size_t)i * 8);
        if (((entry ^ address) & FRAME_50) != 0 || (entry & 1) == 0)
            continue;
        x64 = x64 || ((entry & 0x80) == 0 && (entry & FRAME_52) == address);
        arm64 = arm64 || (entry & (FRAME_50 | ARM64_FLAGS)) == (address | ARM64_FLAGS);
    }
    return (x64 && (visit(context, &(ps_root){PS_PAGING_X64, address, 0}) ||
                    visit(context, &(ps_root){PS_PAGING_LA57, address, 0}))) ||
           (arm64 && visit(context, &(ps_root){PS_PAGING_ARM64, address, 0}));
}

/* Four tables, the last of which maps all four in its first entries. */
static bool is_pae_root(ps_container_file *file, const uint8_t *quad, unsigned *probes)
{
    uint8_t bytes[32] = {0};
    size_t got;

    for (size_t i = 0; i < 4; i++)
        if ((get64(quad + i * 8) & UINT64_C(0xFFF0000000000FE7)) != 1)
            return false;
    if (*probes == 0)
        return false;
    --*probes;
    if (ps_physical_read(file->physical, get64(quad + 24) & FRAME_52, bytes, sizeof bytes, &got) !=
        PS_READ_OK)
        return false;
    for (size_t i = 0; i < 4; i++)
        if ((get64(bytes + i * 8) & (FRAME_52 | 1)) != ((get64(quad + i * 8) & FRAME_52) | 1))
            return false;
    return true;
}

static bool visit_narrow(ps_container_file *file, uint64_t address, const uint8_t *page,
                         ps_root_visit visit, void *context, unsigned *probes)
{
    const uint64_t own = get64(page + (size_t)0x300 * 4) & UINT32_MAX;

    if (address > UINT32_MAX)
        return false;
    if ((own & 0x81) == 1 && (own & 0xFFFFF000) == address &&
        visit(context, &(ps_root){PS_PAGING_X86, address, 0}))
        return true;
    for (unsigned i = 0; i < QUADS; i++) {
        if (is_pae_root(file, page + (size_t)i * 32, probes) &&
            visit(context, &(ps_root){PS_PAGING_PAE, address + (uint64_t)i * 32, 0}))
            return true;
    }
    return false;
}

/* Words of a process, at the same places in every build (public symbols): type and size of the object,
 * two lists that are empty but for themselves, its tables. */
typedef struct process_words {
    size_t word, waiters, profiles, root;
    uint64_t kernel; /* addresses from here on are the kernel's */
} process_words;

enum { PROCESS = 3, FEWEST_DWORDS = 0x18 };

static uint64_t get_word(const uint8_t *p, size_t word)
{
    return word == 8 ? get64(p) : get64(p) & UINT32_MAX;
}

/* The head of a list that holds nothing points to itself: of its own address the lowest bits are
 * known. */
static bool is_empty_list(const process_words *is, const uint8_t *page, size_t at)
{
    const uint64_t next = get_word(page + at, is->word);

    return next == get_word(page + at + is->word, is->word) && next >= is->kernel &&
           (next & (PS_FRAME_SIZE - 1)) == at;
}

/* The tables that a process at a place of the page names; 0 if none is there. */
static uint64_t root_of_process(const process_words *is, const uint8_t *page, size_t at)
{
    const uint8_t *p = page + at;

    if (p[0] != PROCESS || p[1] != 0 || p[2] < FEWEST_DWORDS || p[3] != 0 ||
        !is_empty_list(is, page, at + is->waiters) || !is_empty_list(is, page, at + is->profiles))
        return 0;
    return get_word(p + is->root, is->word) & FRAME_52;
}

static bool visit_processes(const process_words *is, const uint8_t *page, ps_root_visit visit,
                            void *context)
{
    static const ps_paging wide[] = {PS_PAGING_X64, PS_PAGING_LA57, PS_PAGING_ARM64};

    for (size_t at = 0; at + is->root + 8 <= PS_FRAME_SIZE; at += 8) {
        const uint64_t root = root_of_process(is, page, at);
        if (root == 0)
            continue;
        for (size_t i = 0; is->word == 8 && i < sizeof wide / sizeof wide[0]; i++)
            if (visit(context, &(ps_root){wide[i], root, 0}))
                return true;
        if (is->word == 4 &&
            (visit(context, &(ps_root){PS_PAGING_X86, root, 0}) ||
             visit(context,
                   &(ps_root){PS_PAGING_PAE,
                              get_word(page + at + is->root, 4) & UINT64_C(0xFFFFFFE0), 0})))
            return true;
    }
    return false;
}

static bool visit_narrow_processes(const uint8_t *page, ps_root_visit visit, void *context)
{
    static const process_words is = {4, 0x8, 0x10, 0x18, 0x80000000};

    return visit_processes(&is, page, visit, context);
}

static bool visit_wide_processes(const uint8_t *page, ps_root_visit visit, void *context)
{
    static const process_words is = {8, 0x8, 0x18, 0x28, UINT64_C(0xFF00000000000000)};

    return visit_processes(&is, page, visit, context);
}

bool ps_roots_in_page(ps_container_file *file, uint64_t address, const uint8_t *page,
                      ps_root_visit visit, void *context, unsigned *probes)
{
    const ps_dump_facts *facts = &file->facts;
    const bool any = !facts->has_header;

    if ((any || facts->bits == 64) &&
        (visit_start_up(address, page, visit, context) ||
         visit_wide(address, page, visit, context) || visit_wide_processes(page, visit, context)))
        return true;
    return (any || facts->bits == 32) &&
           (visit_narrow(file, address, page, visit, context, probes) ||
            visit_narrow_processes(page, visit, context));
}
