/* dump_samples.c - see dump_samples.h. */
#include "support/dump_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE = 4096, MOST = 16 * PAGE };

void dump_sample_put(dump_sample *sample, size_t at, uint64_t value, size_t size)
{
    assert_true(at + size <= MOST);
    for (size_t i = 0; i < size; i++)
        sample->bytes[at + i] = (uint8_t)(value >> 8 * i);
    if (at + size > sample->size)
        sample->size = at + size;
}

static void put_text(dump_sample *sample, size_t at, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        dump_sample_put(sample, at + i, (uint8_t)text[i], 1);
}

static void put_page(dump_sample *sample, size_t at, uint64_t frame)
{
    for (size_t i = 0; i < PAGE; i += 8)
        dump_sample_put(sample, at + i, frame << 16 | i, 8);
}

static void edge(dump_sample *sample, size_t at)
{
    assert_true(sample->edge_count < DUMP_PLACES);
    sample->edges[sample->edge_count++] = at;
}

/* A count, a size or an offset. */
static void number(dump_sample *sample, size_t at, uint64_t value, size_t size)
{
    assert_true(sample->number_count < DUMP_PLACES);
    sample->numbers[sample->number_count] = at;
    sample->number_sizes[sample->number_count++] = size;
    dump_sample_put(sample, at, value, size);
}

static void begin(dump_sample *sample, const char *name)
{
    *sample = (dump_sample){.name = name, .bytes = calloc(1, MOST)};
    assert_non_null(sample->bytes);
}

static size_t begin_dump(dump_sample *sample, const char *name, bool wide, uint32_t type)
{
    const size_t size = wide ? 0x2000 : 0x1000;

    begin(sample, name);
    for (size_t i = 0; i < size; i += 4)
        put_text(sample, i, "PAGE");
    put_text(sample, 4, wide ? "DU64" : "DUMP");
    dump_sample_put(sample, 0xC, wide ? 19041 : 3790, 4);
    dump_sample_put(sample, wide ? 0x30 : 0x20, wide ? 0x8664 : 0x14C, 4);
    number(sample, wide ? 0x34 : 0x24, 2, 4);
    number(sample, 0x10, 0x1000, wide ? 8 : 4);
    number(sample, wide ? 0x20 : 0x18, 0x80000000, wide ? 8 : 4);
    number(sample, wide ? 0x80 : 0x60, 0x80000000, wide ? 8 : 4);
    number(sample, wide ? 0xF98 : 0xF88, type, 4);
    edge(sample, size);
    return size;
}

static void make_full(dump_sample *sample, bool wide)
{
    const size_t word = wide ? 8 : 4;
    const size_t runs = wide ? 0x98 : 0x6C;
    const size_t first =
        begin_dump(sample, wide ? "full dump, 64 bits" : "full dump, 32 bits", wide, 1);

    number(sample, wide ? 0x88 : 0x64, 2, 4);
    number(sample, wide ? 0x90 : 0x68, 3, word);
    number(sample, runs, 1, word);
    number(sample, runs + word, 2, word);
    number(sample, runs + 2 * word, 5, word);
    number(sample, runs + 3 * word, 1, word);
    for (size_t i = 0; i < 3; i++) {
        put_page(sample, first + i * PAGE, i < 2 ? i + 1 : 5);
        edge(sample, first + (i + 1) * PAGE);
    }
}

static void make_bitmap(dump_sample *sample, bool wide)
{
    const size_t at = begin_dump(sample, wide ? "bitmap dump, 64 bits" : "bitmap dump, 32 bits",
                                 wide, wide ? 6 : 5);
    const size_t first = at + 0x38 + 9;

    put_text(sample, at, "SDMPDUMP");
    number(sample, at + 0x20, first, 8);
    number(sample, at + 0x28, 2, 8);
    number(sample, at + 0x30, 69, 8);
    dump_sample_put(sample, at + 0x38, 1U << 3, 8);
    dump_sample_put(sample, at + 0x38 + 8, 1U << 4, 1);
    put_page(sample, first, 3);
    put_page(sample, first + PAGE, 68);
    edge(sample, at + 8), edge(sample, at + 0x38), edge(sample, first), edge(sample, first + PAGE);
}

static void make_summary(dump_sample *sample, bool wide)
{
    const size_t at = begin_dump(sample, wide ? "summary, 64 bits" : "summary, 32 bits", wide, 2);

    put_text(sample, at, "SDMPDUMP");
    number(sample, at + 0xC, at + PAGE, 4);
    number(sample, at + 0x10, 24, 4);
    number(sample, at + 0x14, 2, 4);
    number(sample, at + 0x18, 24, 4);
    dump_sample_put(sample, at + (wide ? 0x28 : 0x20), 1U << 2 | 1U << 17, 3);
    put_page(sample, at + PAGE, 2);
    put_page(sample, at + (size_t)2 * PAGE, 17);
    edge(sample, at + 0x1C), edge(sample, at + (wide ? 0x28 : 0x20)), edge(sample, at + PAGE);
    edge(sample, at + (size_t)2 * PAGE);
}

static void make_ranges(dump_sample *sample, const char *name, uint32_t type)
{
    const size_t at = begin_dump(sample, name, true, type);
    const size_t first = at + PAGE;

    number(sample, at, 0x40, 4);
    put_text(sample, at + 4, "RDMPDUMP");
    number(sample, at + 0x10, first - 0x2040 + 0x20, 8);
    number(sample, at + 0x18, first, 8);
    number(sample, at + 0x28, 3, 8);
    number(sample, at + 0x30, 7, 8);
    number(sample, at + 0x38, 1, 8);
    number(sample, at + 0x40, 0x100, 8);
    number(sample, at + 0x48, 2, 8);
    for (size_t i = 0; i < 3; i++) {
        put_page(sample, first + i * PAGE, i == 0 ? 7 : 0xFF + i);
        edge(sample, first + i * PAGE);
    }
    edge(sample, at + 0x30), edge(sample, at + 0x40);
}

/* Two drivers, one that is unloaded, a stack, a page and a block. */
static void make_triage(dump_sample *sample, bool wide)
{
    const size_t at =
        begin_dump(sample, wide ? "triage dump, 64 bits" : "triage dump, 32 bits", wide, 4);
    const size_t list = at + 0x200;
    const size_t stride = wide ? 0x90 : 0x4C;
    const size_t names = list + 2 * stride;
    const size_t block = wide ? 0x78 : 0x60;

    number(sample, at + 0x4, 0x3000, 4);
    number(sample, at + 0x8, at + 0xFFC, 4);
    for (size_t i = 0xC; i < 0x48; i += 4)
        number(sample, at + i, 0, 4);
    dump_sample_put(sample, at + 0x18, at + 0x100, 4);
    dump_sample_put(sample, at + 0x28, at + 0x400, 4);
    dump_sample_put(sample, at + 0x2C, 0x100, 4);
    dump_sample_put(sample, at + 0x30, list, 4);
    dump_sample_put(sample, at + 0x34, 2, 4);
    dump_sample_put(sample, at + 0x38, names, 4);
    dump_sample_put(sample, at + 0x3C, 0x80, 4);
    number(sample, at + 0x48, 0x80001000, wide ? 8 : 4);
    number(sample, at + block, at + 0x600, 4);
    number(sample, at + block + 4, 1, 4);
    dump_sample_put(sample, at + 0x100, 1, wide ? 8 : 4);
    for (size_t i = 0; i < 2; i++) {
        const size_t entry = list + i * stride;
        dump_sample_put(sample, entry, names + i * 0x20, 4);
        dump_sample_put(sample, entry + (wide ? 0x38 : 0x1C), 0x82000000 + (i << 20), 4);
        dump_sample_put(sample, entry + (wide ? 0x48 : 0x24), 0x5000, 4);
        dump_sample_put(sample, names + i * 0x20, 5, 4);
        for (size_t k = 0; k < 5; k++)
            dump_sample_put(sample, names + i * 0x20 + 4 + k * 2, (uint8_t) "a.sys"[k], 2);
    }
    number(sample, at + 0x600 + (wide ? 8 : 4), at + 0x700, 4);
    number(sample, at + 0x600 + (wide ? 12 : 8), 0x40, 4);
    put_text(sample, at + 0xFFC, "TRGD");
    edge(sample, at + 0x80), edge(sample, at + 0x100), edge(sample, list), edge(sample, names);
    edge(sample, list + stride), edge(sample, at + 0x400), edge(sample, at + 0x500);
    edge(sample, at + 0x600), edge(sample, at + 0x610), edge(sample, at + 0x740);
    edge(sample, at + 0xFFC);
}

static void make_elf(dump_sample *sample, bool wide)
{
    const size_t word = wide ? 8 : 4;
    const size_t header = wide ? 64 : 52;
    const size_t segment = wide ? 56 : 32;
    const size_t offset = wide ? 8 : 4;
    const size_t physical = wide ? 24 : 12;
    const size_t file_size = wide ? 32 : 16;

    begin(sample, wide ? "ELF core, 64 bits" : "ELF core, 32 bits");
    put_text(sample, 0, wide ? "\177ELF\2\1\1" : "\177ELF\1\1\1");
    dump_sample_put(sample, 16, 4, 2), dump_sample_put(sample, 18, wide ? 62 : 3, 2);
    number(sample, wide ? 32 : 28, header, word);
    number(sample, wide ? 40 : 32, 0, word);
    number(sample, wide ? 54 : 42, segment, 2), number(sample, wide ? 56 : 44, 2, 2);
    dump_sample_put(sample, header, 4, 4);
    number(sample, header + offset, 0x200, word);
    number(sample, header + file_size, 12 + 8 + 440, word);
    dump_sample_put(sample, header + segment, 1, 4);
    number(sample, header + segment + offset, PAGE, word);
    number(sample, header + segment + physical, (uint64_t)3 * PAGE, word);
    number(sample, header + segment + file_size, (uint64_t)2 * PAGE, word);
    number(sample, 0x200, 5, 4), number(sample, 0x204, 440, 4), put_text(sample, 0x20C, "QEMU");
    put_page(sample, PAGE, 3), put_page(sample, (size_t)2 * PAGE, 4);
    edge(sample, header), edge(sample, header + segment), edge(sample, header + 2 * segment);
    edge(sample, 0x200), edge(sample, PAGE), edge(sample, (size_t)2 * PAGE);
}

static void make_lime(dump_sample *sample)
{
    begin(sample, "LiME image");
    for (size_t i = 0; i < 2; i++) {
        const size_t at = i * (PAGE + 0x20);
        put_text(sample, at, "EMiL");
        number(sample, at + 4, 1, 4);
        number(sample, at + 8, (i + 1) << 16, 8);
        number(sample, at + 16, ((i + 1) << 16) + PAGE - 1, 8);
        put_page(sample, at + 0x20, i);
        edge(sample, at), edge(sample, at + 0x20), edge(sample, at + 0x20 + PAGE);
    }
}

static size_t put_tag(dump_sample *sample, size_t at, const char *name, int index, uint64_t value)
{
    dump_sample_put(sample, at, (uint64_t)(index >= 0 ? 1 : 0) << 6 | 4, 1);
    dump_sample_put(sample, at + 1, strlen(name), 1);
    put_text(sample, at + 2, name);
    at += 2 + strlen(name);
    if (index >= 0) {
        number(sample, at, (uint64_t)index, 4);
        at += 4;
    }
    number(sample, at, value, 4);
    edge(sample, at + 4);
    return at + 4;
}

/* Old suspend files hold memory themselves. */
static void make_vmware(dump_sample *sample)
{
    size_t at = 0x100;

    begin(sample, "VMware state with memory");
    dump_sample_put(sample, 0, 0xBED3BED3, 4);
    number(sample, 8, 1, 4);
    put_text(sample, 12, "memory");
    number(sample, 12 + 64, at, 8);
    at = put_tag(sample, at, "regionsCount", -1, 2);
    for (int i = 0; i < 2; i++) {
        at = put_tag(sample, at, "regionPPN", i, (uint64_t)i * 16);
        at = put_tag(sample, at, "regionPageNum", i, (uint64_t)i);
        at = put_tag(sample, at, "regionSize", i, 1);
    }
    dump_sample_put(sample, at, 0x3F, 1), dump_sample_put(sample, at + 1, 6, 1);
    put_text(sample, at + 2, "Memory");
    number(sample, at + 8, (uint64_t)2 * PAGE, 8);
    number(sample, at + 16, (uint64_t)2 * PAGE, 8);
    dump_sample_put(sample, at + 24, 0, 2);
    edge(sample, 12), edge(sample, 12 + 0x50), edge(sample, at + 26);
    put_page(sample, at + 26, 0);
    put_page(sample, at + 26 + PAGE, 16);
    dump_sample_put(sample, at + 26 + (size_t)2 * PAGE, 0, 2);
}

void dump_samples_make(dump_sample samples[DUMP_SAMPLES])
{
    dump_sample *at = samples;

    for (int wide = 0; wide < 2; wide++) {
        make_full(at++, wide != 0);
        make_bitmap(at++, wide != 0);
        make_summary(at++, wide != 0);
        make_triage(at++, wide != 0);
        make_elf(at++, wide != 0);
    }
    make_ranges(at++, "page ranges, type 8", 8);
    make_ranges(at++, "page ranges, type 10", 10);
    make_lime(at++);
    make_vmware(at++);
    assert_int_equal(at - samples, DUMP_SAMPLES);
}

void dump_sample_free(dump_sample *sample) { free(sample->bytes); }
