/* dump_kernel_support.h - a small kernel in memory of our own, for tests of what is read of one: it has
 * an image that exports its variables, debugger data, and pages that can be taken away. */
#ifndef TESTS_DUMP_KERNEL_SUPPORT_H
#define TESTS_DUMP_KERNEL_SUPPORT_H

#include "dump/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    ps_source *source;
    ps_dump dump;
} world;

static inline void put(world *w, uint64_t address, uint64_t value, size_t size)
{
    assert_true(address >= w->base && address - w->base + size <= WORLD_SIZE);
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
    assert_true(w->next <= WORLD_SIZE);
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
    assert_true(w->symbol_count < WORLD_SYMBOLS);
    w->symbols[w->symbol_count].name = name;
    w->symbols[w->symbol_count++].rva = WORLD_DATA + offset;
    return w->base + WORLD_DATA + offset;
}

static inline world *new_world(unsigned pointer, uint32_t build)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->bytes = calloc(1, WORLD_SIZE);
    assert_non_null(w->bytes);
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
    assert_non_null(kernel->modules);
    kernel->modules[kernel->module_count++] =
        (ps_dump_module){.name = name, .path = name, .base = base, .size = size};
    kernel->loaded_count = kernel->module_count;
}

/* The kernel is as it will be: open it.  Memory at [hole, hole + size) is not in the dump. */
static inline void open_world(world *w, uint64_t hole, uint64_t size)
{
    ps_container_file *file = &w->dump.file;
    const uint64_t before = size == 0 ? WORLD_SIZE : hole - w->base;
    const ps_run runs[] = {{w->base, before, 0},
                           {hole + size, WORLD_SIZE - before - size, before + size}};

    put_image(w);
    put_exports(w);
    ps_source_close(w->source);
    ps_ranges_free(&file->ranges);
    memset(&file->ranges, 0, sizeof file->ranges);
    assert_true(ps_source_memory(&w->source, w->bytes, WORLD_SIZE, NULL));
    file->source = w->source;
    file->ranges.source = w->source;
    assert_true(ps_ranges_add(&file->ranges, &runs[0]));
    assert_true(size == 0 || ps_ranges_add(&file->ranges, &runs[1]));
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

#endif
