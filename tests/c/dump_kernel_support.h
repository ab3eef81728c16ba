/* dump_kernel_support.h - a small kernel in memory of our own, for tests of what is read of one: it has
 * an image that exports its variables, debugger data, and pages that can be taken away. */
#ifndef TESTS_DUMP_KERNEL_SUPPORT_H
#define TESTS_DUMP_KERNEL_SUPPORT_H

#include "dump/dump.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORLD_SIZE = 4 << 20,
    WORLD_PAGE = 4096,
    WORLD_IMAGE = 0x10000,  /* size of the kernel's image, at the beginning */
    WORLD_DATA = 0x8000,    /* its variables */
    WORLD_EXPORTS = 0x1000, /* its export directory */
    WORLD_SYMBOLS = 64,
};

typedef struct world {
    uint8_t *bytes;
    uint64_t base;
    unsigned pointer;
    struct {
        const char *name;
        uint64_t rva;
    } symbols[WORLD_SYMBOLS];
    size_t symbol_count;
    uint64_t next; /* free memory */
    uint64_t pool_page;
    ps_source *source;
    ps_dump dump;
} world;

static inline void world_needs(bool holds)
{
    if (!holds)
        abort();
}

static inline void put(world *w, uint64_t address, uint64_t value, size_t size)
{
    world_needs(address >= w->base && address - w->base + size <= WORLD_SIZE);
    for (size_t i = 0; i < size; i++)
        w->bytes[address - w->base + i] = (uint8_t)(value >> 8 * i);
}

static inline void put_pointer(world *w, uint64_t address, uint64_t value)
{
    put(w, address, value, w->pointer);
}

static inline void put_text(world *w, uint64_t address, const char *text)
{
    memcpy(w->bytes + (address - w->base), text, strlen(text));
}

static inline uint64_t take(world *w, uint64_t size)
{
    const uint64_t address = w->base + w->next;

    w->next += (size + 63) & ~UINT64_C(63);
    world_needs(w->next <= WORLD_SIZE);
    return address;
}

/* A UNICODE_STRING. */
static inline void put_string(world *w, uint64_t address, const char *text)
{
    const size_t length = strlen(text);
    const uint64_t units = take(w, length * 2);

    put(w, address, length * 2, 2);
    put(w, address + 2, length * 2, 2);
    put_pointer(w, address + w->pointer, units);
    for (size_t i = 0; i < length; i++)
        put(w, units + 2 * i, (uint8_t)text[i], 2);
}

/* A circular list of the entries, through their first two pointers. */
static inline void put_list(world *w, uint64_t head, const uint64_t *entries, size_t count)
{
    uint64_t before = head;

    for (size_t i = 0; i <= count; i++) {
        const uint64_t entry = i < count ? entries[i] : head;
        put_pointer(w, before, entry);
        put_pointer(w, entry + w->pointer, before);
        before = entry;
    }
}

/* A variable that the kernel exports, at an offset of its data. */
static inline uint64_t symbol(world *w, const char *name, uint64_t offset)
{
    world_needs(w->symbol_count < WORLD_SYMBOLS);
    w->symbols[w->symbol_count].name = name;
    w->symbols[w->symbol_count++].rva = WORLD_DATA + offset;
    return w->base + WORLD_DATA + offset;
}

static inline world *new_world(unsigned pointer, uint32_t build)
{
    world *w = calloc(1, sizeof *w);

    world_needs(w != NULL);
    w->bytes = calloc(1, WORLD_SIZE);
    world_needs(w->bytes != NULL);
    w->pointer = pointer;
    w->base = pointer == 8 ? UINT64_C(0xFFFFF80000000000) : UINT64_C(0xFFFFFFFF80400000);
    w->next = WORLD_IMAGE;
    w->dump.file.facts.container = PS_CONTAINER_BITMAP;
    w->dump.file.facts.bits = pointer * 8;
    w->dump.file.facts.build = build;
    w->dump.file.facts.processors = 1;
    w->dump.kernel.kdbg.size = PS_KDBG_LIMIT;
    return w;
}

static inline int compare_symbols(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void put_exports(world *w)
{
    const uint64_t at = w->base + WORLD_EXPORTS;
    const uint64_t functions = WORLD_EXPORTS + 0x100;
    const uint64_t names = functions + 4 * WORLD_SYMBOLS;
    const uint64_t ordinals = names + 4 * WORLD_SYMBOLS;
    uint64_t text = ordinals + 2 * WORLD_SYMBOLS;

    qsort(w->symbols, w->symbol_count, sizeof w->symbols[0], compare_symbols);
    put(w, at + 20, w->symbol_count, 4);
    put(w, at + 24, w->symbol_count, 4);
    put(w, at + 28, functions, 4);
    put(w, at + 32, names, 4);
    put(w, at + 36, ordinals, 4);
    for (size_t i = 0; i < w->symbol_count; i++) {
        put(w, w->base + functions + 4 * i, w->symbols[i].rva, 4);
        put(w, w->base + names + 4 * i, text, 4);
        put(w, w->base + ordinals + 2 * i, i, 2);
        put_text(w, w->base + text, w->symbols[i].name);
        text += strlen(w->symbols[i].name) + 1;
    }
}

static inline void put_image(world *w)
{
    const uint64_t optional = w->base + 0x80 + 24;
    const uint64_t directories = optional + (w->pointer == 8 ? 0x70 : 0x60);
    const uint64_t sections = optional + 0xF0;

    put_text(w, w->base, "MZ");
    put(w, w->base + 0x3C, 0x80, 4);
    put_text(w, w->base + 0x80, "PE");
    put(w, w->base + 0x84, w->pointer == 8 ? 0x8664 : 0x14C, 2);
    put(w, w->base + 0x86, 1, 2);
    put(w, w->base + 0x80 + 20, 0xF0, 2);
    put(w, optional, w->pointer == 8 ? 0x20B : 0x10B, 2);
    put(w, optional + 0x38, WORLD_IMAGE, 4);
    put(w, directories - 4, 16, 4);
    put(w, directories, WORLD_EXPORTS, 4);
    put(w, directories + 4, 0x1000, 4);
    put_text(w, sections, ".data");
    put(w, sections + 8, WORLD_IMAGE - WORLD_DATA, 4);
    put(w, sections + 12, WORLD_DATA, 4);
    put(w, sections + 36, PS_SECTION_WRITE, 4);
}

/* A module of the list; its memory is not there. */
static inline void add_module(world *w, const char *name, uint64_t base, uint64_t size)
{
    ps_kernel *kernel = &w->dump.kernel;

    kernel->modules =
        realloc(kernel->modules, (kernel->module_count + 1) * sizeof *kernel->modules);
    world_needs(kernel->modules != NULL);
    kernel->modules[kernel->module_count++] =
        (ps_dump_module){.name = name, .path = name, .base = base, .size = size};
    kernel->loaded_count = kernel->module_count;
}

/* The kernel is as it will be: open it.  Memory at [hole, hole + size) is not in the dump. */
static inline void open_world(world *w, uint64_t hole, uint64_t size)
{
    ps_container_file *file = &w->dump.file;
    const bool bound = ps_bounds_open(&file->bounds, NULL, NULL);
    const uint64_t before = size == 0 ? WORLD_SIZE : hole - w->base;
    const ps_run runs[] = {{w->base, before, 0},
                           {hole + size, WORLD_SIZE - before - size, before + size}};

    world_needs(bound);
    put_image(w);
    put_exports(w);
    ps_source_close(w->source);
    ps_ranges_free(&file->ranges);
    memset(&file->ranges, 0, sizeof file->ranges);
    world_needs(ps_source_memory(&w->source, w->bytes, WORLD_SIZE, NULL));
    file->source = w->source;
    file->ranges.source = w->source;
    world_needs(ps_ranges_add(&file->ranges, &runs[0]));
    world_needs(size == 0 || ps_ranges_add(&file->ranges, &runs[1]));
    ps_ranges_tidy(&file->ranges);
    ps_space_init(&w->dump.kernel.space, file, PS_PAGING_PIECES, 0, file->facts.build);
    w->dump.kernel.file = file;
    w->dump.kernel.has_space = true;
    ps_dump_lists_free(&w->dump.lists);
    (void)ps_loaded_image_read(&w->dump.kernel.space, w->base, &w->dump.kernel.image);
}

static inline void set_kdbg(world *w, size_t field, uint64_t address)
{
    for (size_t i = 0; i < 8; i++)
        w->dump.kernel.kdbg.bytes[field + i] = (uint8_t)(address >> 8 * i);
}

static inline void free_world(world *w)
{
    ps_dump_lists_free(&w->dump.lists);
    free(w->dump.kernel.modules);
    ps_ranges_free(&w->dump.file.ranges);
    free(w->dump.file.problems);
    ps_arena_free(&w->dump.file.arena);
    ps_source_close(w->source);
    free(w->bytes);
    free(w);
}

static inline bool says(const world *w, const char *words)
{
    for (size_t i = 0; i < w->dump.file.problem_count; i++)
        if (strstr(w->dump.file.problems[i].reason, words) != NULL)
            return true;
    return false;
}

/* --- a whole kernel -------------------------------------------------------------------------- */

enum { WORLD_BUILD_32 = 3790, WORLD_BUILD_64 = 7601, WORLD_SLOTS = 64 };

#define WORLD_TAG(a, b, c, d)                                                                      \
    ((ps_tag)(a) | (ps_tag)(b) << 8 | (ps_tag)(c) << 16 | (ps_tag)(d) << 24)

static inline uint64_t fill_tracker(world *w)
{
    const bool wide = w->pointer == 8;
    const uint64_t size = wide ? 0x28 : 0x1C;
    const uint64_t table = take(w, WORLD_SLOTS * size);

    for (uint64_t i = 0; i < WORLD_SLOTS; i += 5) {
        put(w, table + i * size, WORLD_TAG('T', 'g', '0' + i / 10, '0' + i % 10), 4);
        put(w, table + i * size + 4, 100 + i, 4);
        put(w, table + i * size + 8, i, 4);
        put_pointer(w, table + i * size + (wide ? 0x10 : 0xC), 6400);
    }
    return table;
}

static inline uint64_t fill_bigs(world *w)
{
    const bool wide = w->pointer == 8;
    const uint64_t size = wide ? 0x18 : 0x10;
    const uint64_t table = take(w, WORLD_SLOTS * size);

    for (uint64_t i = 0; i < WORLD_SLOTS; i++) {
        const uint64_t at = table + i * size;
        put_pointer(w, at, i % 3 != 0 ? i % 2 : w->base + 0x40000 + i * 0x1000);
        put(w, at + (wide ? 8 : 4), WORLD_TAG('L', 'e', 'a', 'k'), 4);
        put(w, at + (wide ? 0xC : 8), 1, 4);
        put_pointer(w, at + (wide ? 0x10 : 0xC), wide ? 0x1000 : 0);
    }
    return table;
}

static inline void fill_processes(world *w, uint64_t head)
{
    const bool wide = w->pointer == 8;
    const unsigned links = wide ? 0x188 : 0x98;
    uint64_t entries[4];
    uint64_t session = take(w, 0x2000);

    put(w, session + (wide ? 8 : 0xC), 1, 4);
    put_pointer(w, session + 0x1F30, fill_tracker(w));
    put_pointer(w, session + 0x1F38, WORLD_SLOTS);
    put_pointer(w, session + 0x1F40, fill_bigs(w));
    put_pointer(w, session + 0x1F48, WORLD_SLOTS);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t process = take(w, 0x600);
        const uint64_t handles = take(w, 0x80);
        put(w, handles + (wide ? 0x58 : 0x3C), 100 * i, 4);
        put_pointer(w, process + (wide ? 0x28 : 0x18), 0x1000);
        put_pointer(w, process + links - w->pointer, 4 + 8 * i);
        put_pointer(w, process + (wide ? 0x200 : 0xD4), handles);
        put_pointer(w, process + (wide ? 0x2D8 : 0x160), i == 0 ? 0 : session);
        put_text(w, process + (wide ? 0x2E0 : 0x164), i == 0 ? "System" : "leaky.exe");
        entries[i] = process + links;
    }
    put_list(w, head, entries, 4);
}

static inline void fill_types(world *w, uint64_t variable)
{
    const bool wide = w->pointer == 8;
    const uint64_t before = wide ? 0x50 : 0x28;
    uint64_t entries[3];
    uint64_t first = 0;

    for (unsigned i = 0; i < 3; i++) {
        const uint64_t type = take(w, 0x200) + before;
        put_string(w, type + (wide ? 0x10 : 0x40), i == 0 ? "Type" : "Process");
        put(w, type + (wide ? 0x2C : 0x50), 7, 4);
        put(w, type + (wide ? 0x34 : 0x58), 8, 4);
        put(w, type + (wide ? 0xB8 : 0xAC), WORLD_TAG('P', 'r', 'o', 'c'), 4);
        entries[i] = type - before;
        if (i == 0)
            first = type;
    }
    put_pointer(w, variable, first);
    put_list(w, first + (wide ? 0 : 0x38), entries, 3);
}

static inline void fill_drivers(world *w, uint64_t head, uint64_t data)
{
    const bool wide = w->pointer == 8;
    const unsigned links = wide ? 0x40 : 0x30;
    const uint64_t lookaside = take(w, 0x80);
    const uint64_t entry = lookaside + links;

    put(w, lookaside + (wide ? 0x28 : 0x20), WORLD_TAG('L', 'o', 'o', 'k'), 4);
    put(w, lookaside + (wide ? 0x2C : 0x24), 64, 4);
    put_list(w, head, &entry, 1);
    put_list(w, head + (uint64_t)2 * w->pointer, NULL, 0);
    put(w, data, 0x9, 4);
    if (!wide) {
        const uint64_t driver = take(w, 0x100);
        const uint64_t page = (take(w, 0x2000) + 0xFFF) & ~UINT64_C(0xFFF);
        put_list(w, head + (uint64_t)4 * w->pointer, &driver, 1);
        put_string(w, driver + 0x10, "acme.sys");
        put_pointer(w, driver + 0x28, page);
        put_pointer(w, page + 4, driver);
        put_pointer(w, page + 0x10, w->base + 0x40000);
        put_pointer(w, page + 0x14, w->base + 0x100);
        put_pointer(w, page + 0x18, 64);
        put_pointer(w, page + 0x1C, WORLD_TAG('L', 'e', 'a', 'k'));
    }
}

/* A page that blocks of 64 bytes tile. */
static inline uint64_t fill_pool_page(world *w)
{
    const bool wide = w->pointer == 8;
    const uint64_t unit = wide ? 16 : 8;
    const uint64_t size = 64 / unit;
    const uint64_t page = (take(w, 2 * WORLD_PAGE) + (WORLD_PAGE - 1)) & ~UINT64_C(0xFFF);

    for (uint64_t at = 0; at < WORLD_PAGE; at += 64) {
        put(w, page + at, at == 0 ? 0 : size, wide ? 1 : 2);
        put(w, page + at + 2, wide ? size | 2 << 8 : size | 1 << 9, 2);
        put(w, page + at + 4, WORLD_TAG('L', 'e', 'a', 'k'), 4);
    }
    return page;
}

/* Everything that is read of a kernel, in a few entries each. */
static inline world *whole_world(unsigned pointer)
{
    world *w = new_world(pointer, pointer == 8 ? WORLD_BUILD_64 : WORLD_BUILD_32);
    const uint64_t data = w->base + WORLD_DATA;
    const uint64_t track = data + 0x400;

    fill_processes(w, data + 0x10);
    set_kdbg(w, PS_KDBG_PROCESSES, data + 0x10);
    fill_types(w, data + 0x20);
    set_kdbg(w, 0xA0, data + 0x20);
    (void)symbol(w, "ExNPagedLookasideListHead", 0x40);
    (void)symbol(w, "ExPagedLookasideListHead", 0x40 + 2 * pointer);
    (void)symbol(w, "MiSuspectDriverList", 0x40 + 4 * pointer);
    fill_drivers(w, data + 0x40, data + 0x100);
    set_kdbg(w, PS_KDBG_VERIFIER, data + 0x100);
    put_pointer(w, track, fill_tracker(w));
    put_pointer(w, track - pointer, WORLD_SLOTS);
    set_kdbg(w, PS_KDBG_TRACK_TABLE, track);
    put_pointer(w, track + 0x20, fill_bigs(w));
    put_pointer(w, track + 0x40, WORLD_SLOTS);
    put(w, data + 0x800 + 8, 50, 4);
    put(w, data + 0x800 + 0x40, 50, 4);
    set_kdbg(w, PS_KDBG_NONPAGED_DESCRIPTOR, data + 0x800);
    w->pool_page = fill_pool_page(w);
    add_module(w, "ntoskrnl.exe", w->base, WORLD_IMAGE);
    return w;
}

/* Ask for everything; what is refused says why, and what is given can be read.  How many of the
 * questions were answered. */
static inline int ask_world(ps_dump *dump)
{
    ps_error err = {.code = PS_OK};
    ps_dump_verifier verifier;
    ps_dump_owners owners;
    ps_snapshot *snapshot = NULL;
    const ps_dump_big *bigs;
    const ps_dump_process *processes;
    const ps_dump_type *types;
    const ps_dump_descriptor *descriptors;
    const ps_dump_lookaside *lookasides;
    const ps_dump_verified_block *blocks;
    size_t counts[6] = {0};
    const bool answers[] = {
        ps_dump_bigs(dump, &bigs, &counts[0], &err),
        ps_dump_big_owners(dump, WORLD_TAG('L', 'e', 'a', 'k'), &owners, &err),
        ps_dump_processes(dump, &processes, &counts[1], &err),
        ps_dump_types(dump, &types, &counts[2], &err),
        ps_dump_descriptors(dump, &descriptors, &counts[3], &err),
        ps_dump_lookasides(dump, &lookasides, &counts[4], &err),
        ps_dump_verified_blocks(dump, &blocks, &counts[5], &err),
        ps_dump_get_verifier(dump, &verifier, &err),
        ps_dump_snapshot(dump, &snapshot, &err),
    };
    int answered = 0;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        answered += answers[i];
    world_needs(answered == 9 || (err.code != PS_OK && err.text[0] != '\0'));
    for (size_t i = 1; i < counts[0]; i++)
        world_needs(bigs[i - 1].address <= bigs[i].address);
    for (size_t i = 0; i < counts[1]; i++)
        world_needs(strlen(processes[i].name) <= 15);
    for (size_t i = 0; i < counts[2]; i++)
        world_needs(types[i].name[0] != '\0');
    for (size_t i = 0; i < counts[5]; i++)
        world_needs(blocks[i].driver != NULL);
    for (size_t i = 0; i < ps_dump_problem_count(dump); i++)
        world_needs(ps_dump_problem_at(dump, i)->reason != NULL);
    ps_snapshot_close(snapshot);
    return answered;
}

/* Walk the pages of the pool; how many there are.  What is found holds together. */
static inline uint64_t walk_world(ps_dump *dump, uint64_t address)
{
    const ps_dump_block_query query = {.list = true, .limit = 64, .threads = 1};
    ps_dump_pool_page *page = malloc(sizeof *page);
    ps_error err = {.code = PS_OK};
    ps_dump_blocks found;
    ps_dump_owners owners;
    uint64_t pages;
    uint64_t end;

    world_needs(page != NULL);
    if (ps_dump_get_pool_page(dump, address, page, &err)) {
        end = page->address;
        for (size_t i = 0; i < page->count; i++) {
            world_needs(page->blocks[i].address == end && page->blocks[i].size != 0);
            end += page->blocks[i].size;
        }
        world_needs(page->whole == (end == page->address + WORLD_PAGE));
        world_needs(page->whole == (page->broken[0] == '\0'));
    } else {
        world_needs(err.code != PS_OK && err.text[0] != '\0');
    }
    free(page);
    if (!ps_dump_find_blocks(dump, &query, &found, &err)) {
        world_needs(err.code != PS_OK && err.text[0] != '\0');
        return 0;
    }
    world_needs(found.count <= 64 && found.pages <= found.looked);
    for (size_t i = 1; i < found.count; i++)
        world_needs(found.items[i - 1].address <= found.items[i].address);
    pages = found.pages;
    ps_dump_blocks_free(&found);
    if (ps_dump_small_owners(dump, WORLD_TAG('L', 'e', 'a', 'k'), &owners, &err))
        world_needs(owners.sampled + owners.missing <= owners.blocks);
    return pages;
}

#endif
