/* elf.c - ELF cores of virtual machines: loadable segments are ranges of physical memory. */
#include "base/reader.h"
#include "dump/container.h"

#include <stdlib.h>
#include <string.h>

enum {
    ET_CORE = 4,
    PT_LOAD = 1,
    PT_NOTE = 4,
    PN_XNUM = 0xffff,
    NOTE_LIMIT = 1 << 20,
    NOTES = 4096,
    NOTE_SEGMENTS = 64,
};

typedef struct elf {
    bool wide;
    uint16_t machine;
    uint64_t segments, sections; /* offsets of the tables */
    uint16_t segment_size;
    uint32_t segment_count;
} elf;

typedef struct segment {
    uint32_t type;
    uint64_t offset, virtual, physical, file_size, memory_size;
} segment;

static uint64_t word(ps_reader *r, bool wide) { return ps_uint(r, wide ? 8 : 4); }

/* Where the count of segments does not fit, section 0 has it. */
static bool read_extended_count(const ps_container_file *file, elf *e, ps_error *err)
{
    uint8_t bytes[64] = {0};
    const size_t size = e->wide ? 64 : 40;
    ps_reader r = ps_reader_of(bytes, size, e->sections);

    if (!ps_container_read(file->source, e->sections, bytes, size, "section 0", err))
        return false;
    ps_skip(&r, e->wide ? 44 : 28);
    e->segment_count = ps_u32(&r);
    return true;
}

static bool read_elf(const ps_container_file *file, elf *e, ps_error *err)
{
    uint8_t bytes[64] = {0};
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
    uint16_t type;

    if (!ps_container_read(file->source, 0, bytes, sizeof bytes, "the ELF header", err))
        return false;
    if (bytes[4] < 1 || bytes[4] > 2 || bytes[5] != 1)
        return ps_fail(err, PS_EUNSUPPORTED, 4, "an ELF file, but not little-endian");
    e->wide = bytes[4] == 2;
    ps_skip(&r, 16);
    type = ps_u16(&r);
    e->machine = ps_u16(&r);
    if (type != ET_CORE)
        return ps_fail(err, PS_EUNSUPPORTED, 16, "an ELF file, but no core: it holds no memory");
    ps_skip(&r, 4);
    (void)word(&r, e->wide);
    e->segments = word(&r, e->wide);
    e->sections = word(&r, e->wide);
    ps_skip(&r, 6);
    e->segment_size = ps_u16(&r);
    e->segment_count = ps_u16(&r);
    if (e->segment_count == PN_XNUM && !read_extended_count(file, e, err))
        return false;
    if (e->segment_count > file->bounds.of.dump_segments)
        return ps_bounds_fail(&file->bounds, PS_LIMIT(dump_segments), 54, err);
    if (e->segment_size < (e->wide ? 56 : 32))
        return ps_fail(err, PS_EFORMAT, 54, "%u segments of %u bytes: no such core",
                       (unsigned)e->segment_count, (unsigned)e->segment_size);
    return true;
}

static bool read_segment(const ps_container_file *file, const elf *e, uint32_t index, segment *s,
                         ps_error *err)
{
    uint8_t bytes[56];
    const size_t size = e->wide ? 56 : 32;
    const uint64_t at = e->segments + (uint64_t)index * e->segment_size;
    ps_reader r = ps_reader_of(bytes, size, at);

    if (at < e->segments ||
        !ps_container_read(file->source, at, bytes, size, "a program header", err))
        return false;
    s->type = ps_u32(&r);
    if (e->wide)
        ps_skip(&r, 4);
    s->offset = word(&r, e->wide);
    s->virtual = word(&r, e->wide);
    s->physical = word(&r, e->wide);
    s->file_size = word(&r, e->wide);
    s->memory_size = word(&r, e->wide);
    return true;
}

/* QEMU's note on a processor: registers, segments, then cr0 to cr4 (win_dump of its public source:
 * version, size, 18 registers, 10 segments of 24 bytes, 5 control registers). */
static uint64_t qemu_cr3(const uint8_t *note, size_t size)
{
    const size_t registers = 8 + (size_t)18 * 8;
    const size_t controls = registers + (size_t)10 * 24;
    ps_reader r = ps_reader_of(note, size, 0);

    ps_skip(&r, controls + (size_t)3 * 8);
    return ps_u64(&r);
}

static bool read_notes(ps_container_file *file, const segment *s, ps_error *err)
{
    const size_t size = s->file_size < NOTE_LIMIT ? (size_t)s->file_size : NOTE_LIMIT;
    uint8_t *bytes = malloc(size + 1);
    size_t got = 0;
    ps_reader r;

    if (bytes == NULL)
        return ps_fail_memory(err);
    if (!ps_source_read(file->source, s->offset, bytes, size, &got, err)) {
        free(bytes);
        return false;
    }
    r = ps_reader_of(bytes, got, s->offset);
    for (unsigned i = 0; i < NOTES && r.left >= 12; i++) {
        const uint32_t name_size = ps_u32(&r);
        const uint32_t data_size = ps_u32(&r);
        const uint8_t *name;
        const uint8_t *data;
        ps_skip(&r, 4);
        name = ps_take(&r, ((size_t)name_size + 3) & ~(size_t)3);
        data = ps_take(&r, ((size_t)data_size + 3) & ~(size_t)3);
        if (name != NULL && data != NULL && name_size == 5 && memcmp(name, "QEMU", 5) == 0 &&
            file->qemu_cr3 == 0)
            file->qemu_cr3 = qemu_cr3(data, data_size);
    }
    free(bytes);
    return true;
}

static bool take_segment(ps_container_file *file, const segment *s, unsigned *notes, ps_error *err)
{
    if (s->type == PT_NOTE)
        return ++*notes > NOTE_SEGMENTS || read_notes(file, s, err);
    if (s->type != PT_LOAD || s->file_size == 0)
        return true;
    if (s->physical > UINT64_MAX - s->file_size || s->offset > UINT64_MAX - s->file_size)
        return ps_container_note(file, PS_REFUSED, s->offset, err,
                                 "a segment reaches beyond all addresses: it is not read");
    return ps_container_add_run(file, &(ps_run){s->physical, s->file_size, s->offset}, err);
}

bool ps_elf_open(ps_container_file *file, ps_error *err)
{
    elf e = {0};
    unsigned notes = 0;

    file->facts.container = PS_CONTAINER_ELF;
    if (!read_elf(file, &e, err))
        return false;
    file->facts.bits = e.machine == 62 || e.machine == 183 ? 64 : 32;
    file->physical = ps_physical_new(file->source);
    if (file->physical == NULL)
        return ps_fail_memory(err);
    for (uint32_t i = 0; i < e.segment_count; i++) {
        segment s;
        if (!read_segment(file, &e, i, &s, err) || !take_segment(file, &s, &notes, err))
            return false;
    }
    return true;
}
