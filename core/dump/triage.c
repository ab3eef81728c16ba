/* triage.c - triage dumps: a driver list, totals, and pieces of virtual memory.  The layout is that
 * of public readers, checked by them on real dumps of builds 19041 and 22000. */
#include "base/array.h"
#include "base/reader.h"
#include "dump/container.h"
#include "dump/names.h"

#include <stdlib.h>
#include <string.h>

enum {
    DRIVER_LIMIT = 4096,
    UNLOADED_LIMIT = 256,
    BLOCK_LIMIT = 1 << 16,
    UNLOADED_NAME = 12,
    VALID = 0x44475254,
};

/* Offsets of the fields of the block behind the header, 64-bit and 32-bit. */
typedef struct layout {
    size_t size, pointer;
    size_t top_of_stack, data_page_address, data_page_offset, data_page_size;
    size_t debugger_data, data_blocks;
    size_t entry; /* of a module as the kernel has it, in a driver's record */
    size_t stride, base, image_size, checksum, timestamp;
    size_t unloaded_size, unloaded_name, unloaded_start;
} layout;

static const layout wide = {.size = 0x80,
                            .pointer = 8,
                            .top_of_stack = 0x48,
                            .data_page_address = 0x60,
                            .data_page_offset = 0x68,
                            .data_page_size = 0x6C,
                            .debugger_data = 0x70,
                            .data_blocks = 0x78,
                            .entry = 8,
                            .stride = 0x90,
                            .base = 0x30,
                            .image_size = 0x40,
                            .checksum = 0x78,
                            .timestamp = 0x80,
                            .unloaded_size = 0x38,
                            .unloaded_name = 0x10,
                            .unloaded_start = 0x28};

static const layout narrow = {.size = 0x68,
                              .pointer = 4,
                              .top_of_stack = 0x48,
                              .data_page_address = 0x4C,
                              .data_page_offset = 0x50,
                              .data_page_size = 0x54,
                              .debugger_data = 0x58,
                              .data_blocks = 0x60,
                              .entry = 4,
                              .stride = 0x4C,
                              .base = 0x18,
                              .image_size = 0x20,
                              .checksum = 0x40,
                              .timestamp = 0x44,
                              .unloaded_size = 0x28,
                              .unloaded_name = 0x8,
                              .unloaded_start = 0x20};

typedef struct triage {
    ps_container_file *file;
    const layout *is;
    uint64_t at; /* of the block */
    uint8_t bytes[0x80];
} triage;

static uint32_t get32(const triage *t, size_t offset)
{
    ps_reader r = ps_reader_at(t->bytes, t->is->size, offset, 4);

    return ps_u32(&r);
}

static uint64_t get_pointer(const triage *t, size_t offset)
{
    ps_reader r = ps_reader_at(t->bytes, t->is->size, offset, t->is->pointer);
    const uint64_t value = ps_uint(&r, t->is->pointer);

    return t->is->pointer == 8 ? value : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

/* --- text ------------------------------------------------------------------------------------ */

/* A length that readers disagree on (bytes or characters), then characters up to a zero. */
static const char *read_name(triage *t, uint32_t offset, uint64_t pool, uint32_t pool_size)
{
    uint8_t units[PS_NAME_UNITS * 2];
    const uint64_t begin = (uint64_t)offset + 4;
    uint64_t room = sizeof units;
    size_t got = 0;

    if (offset == 0 || begin >= t->file->facts.file_size)
        return "";
    if (offset >= pool && offset < pool + pool_size && pool + pool_size - begin < room)
        room = pool + pool_size > begin ? pool + pool_size - begin : 0;
    if (!ps_source_read(t->file->source, begin, units, (size_t)room, &got, NULL))
        return "";
    return ps_keep_name(&t->file->arena, units, got / 2);
}

/* --- lists ----------------------------------------------------------------------------------- */

/* The kernel's record of a driver kept the size of old builds; what lies between the list and the
 * names must agree. */
static size_t find_stride(const triage *t, uint64_t list, uint32_t count, uint64_t names)
{
    const uint64_t gap = names > list ? names - list : 0;

    if (count > 0 && gap / count >= t->is->entry + t->is->timestamp + 4 && gap / count < 0x200 &&
        gap % count == 0)
        return (size_t)(gap / count);
    return t->is->stride;
}

static bool add_driver(triage *t, const uint8_t *record, size_t stride, ps_error *err)
{
    ps_triage *lists = &t->file->triage;
    ps_reader r = ps_reader_of(record, stride, 0);
    const uint32_t name = ps_u32(&r);
    ps_triage_driver driver = {0};

    r = ps_reader_at(record, stride, t->is->entry + t->is->base, t->is->pointer);
    driver.base = ps_uint(&r, t->is->pointer);
    if (t->is->pointer == 4)
        driver.base = (uint64_t)(int64_t)(int32_t)(uint32_t)driver.base;
    r = ps_reader_at(record, stride, t->is->entry + t->is->image_size, 4);
    driver.size = ps_u32(&r);
    r = ps_reader_at(record, stride, t->is->entry + t->is->checksum, 4);
    driver.checksum = ps_u32(&r);
    r = ps_reader_at(record, stride, t->is->entry + t->is->timestamp, 4);
    driver.timestamp = ps_u32(&r);
    driver.name = read_name(t, name, get32(t, 0x38), get32(t, 0x3C));
    if (driver.name == NULL || !ps_grow((void **)&lists->drivers, &lists->driver_capacity,
                                        lists->driver_count, sizeof *lists->drivers))
        return ps_fail_memory(err);
    lists->drivers[lists->driver_count++] = driver;
    return true;
}

static bool read_drivers(triage *t, ps_error *err)
{
    const uint64_t list = get32(t, 0x30);
    const uint32_t count = get32(t, 0x34);
    const size_t stride = find_stride(t, list, count, get32(t, 0x38));

    if (list == 0 || count == 0)
        return true;
    if (count > DRIVER_LIMIT)
        return ps_container_note(t->file, PS_REFUSED, t->at + 0x34, err,
                                 "%u drivers: no such list is read", (unsigned)count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t record[0x200];
        size_t got = 0;
        if (!ps_source_read(t->file->source, list + (uint64_t)i * stride, record, stride, &got,
                            err))
            return false;
        if (got < stride) {
            return ps_container_note(t->file, PS_REFUSED, list + (uint64_t)i * stride, err,
                                     "the list of drivers is cut: %u of %u", (unsigned)i,
                                     (unsigned)count);
        }
        if (!add_driver(t, record, stride, err))
            return false;
    }
    return true;
}

static bool add_unloaded(triage *t, const uint8_t *record, ps_error *err)
{
    ps_triage *lists = &t->file->triage;
    ps_triage_unloaded driver = {0};
    ps_reader r =
        ps_reader_at(record, t->is->unloaded_size, t->is->unloaded_start, t->is->pointer * 2);

    driver.start = ps_uint(&r, t->is->pointer);
    driver.end = ps_uint(&r, t->is->pointer);
    driver.name = ps_keep_name(&t->file->arena, record + t->is->unloaded_name, UNLOADED_NAME);
    if (driver.name == NULL || !ps_grow((void **)&lists->unloaded, &lists->unloaded_capacity,
                                        lists->unloaded_count, sizeof *lists->unloaded))
        return ps_fail_memory(err);
    lists->unloaded[lists->unloaded_count++] = driver;
    return true;
}

static bool read_unloaded(triage *t, ps_error *err)
{
    const uint64_t at = get32(t, 0x18);
    uint8_t bytes[8] = {0};
    size_t got = 0;
    ps_reader r = ps_reader_of(bytes, t->is->pointer, at);
    uint64_t count;

    if (at == 0)
        return true;
    if (!ps_source_read(t->file->source, at, bytes, t->is->pointer, &got, err))
        return false;
    count = ps_uint(&r, t->is->pointer);
    if (got < t->is->pointer || count > UNLOADED_LIMIT)
        return ps_container_note(t->file, PS_REFUSED, at, err,
                                 "the list of unloaded drivers is not readable");
    for (uint64_t i = 0; i < count; i++) {
        uint8_t record[0x38];
        const uint64_t place = at + t->is->pointer + i * t->is->unloaded_size;
        if (!ps_source_read(t->file->source, place, record, t->is->unloaded_size, &got, err))
            return false;
        if (got < t->is->unloaded_size)
            return ps_container_note(t->file, PS_REFUSED, place, err,
                                     "the list of unloaded drivers is cut");
        if (!add_unloaded(t, record, err))
            return false;
    }
    return true;
}

static bool read_memory(triage *t, ps_error *err)
{
    const uint64_t at = get32(t, 0x14);
    const size_t size = (size_t)6 * 4 + 7 * t->is->pointer;
    ps_triage_memory *m = &t->file->triage.memory;
    uint8_t bytes[6 * 4 + 7 * 8];
    ps_reader r = ps_reader_of(bytes, size, at);
    uint64_t *const totals[] = {&m->maximum_nonpaged, &m->allocated_nonpaged, &m->maximum_paged,
                                &m->allocated_paged,  &m->committed,          &m->committed_peak,
                                &m->commit_limit};
    size_t got = 0;
    uint32_t said;

    if (at == 0)
        return true;
    if (!ps_source_read(t->file->source, at, bytes, size, &got, err))
        return false;
    ps_skip(&r, 4);
    said = ps_u32(&r);
    if (got < size || said < size)
        return ps_container_note(t->file, PS_REFUSED, at, err,
                                 "the memory manager's totals are not readable");
    m->special_pool_tag = ps_u32(&r);
    ps_skip(&r, 4);
    m->verifier_level = ps_u32(&r);
    m->kernel_verifier = ps_u32(&r);
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        *totals[i] = ps_uint(&r, t->is->pointer);
        m->known = m->known || *totals[i] != 0;
    }
    return true;
}

/* --- pieces of memory ------------------------------------------------------------------------ */

static bool add_piece(triage *t, uint64_t address, uint64_t offset, uint64_t size, ps_error *err)
{
    ps_run run = {address, size, offset};

    if (offset == 0 || address == 0 || offset >= t->file->facts.file_size)
        return true;
    if (run.size > t->file->facts.file_size - offset)
        run.size = t->file->facts.file_size - offset;
    return ps_ranges_add(&t->file->ranges, &run) || ps_fail_memory(err);
}

static bool is_block_table(const triage *t, uint64_t at, uint32_t count, size_t stride)
{
    uint8_t bytes[16];
    const size_t address = stride == 16 ? 8 : 4;

    for (uint32_t i = 0; i < count && i < 64; i++) {
        ps_reader r = ps_reader_of(bytes, stride, at);
        size_t got = 0;
        if (!ps_source_read(t->file->source, at + (uint64_t)i * stride, bytes, stride, &got, NULL))
            return false;
        if (got < stride)
            return i > 0; /* the file is cut: what is there decides */
        ps_skip(&r, address);
        const uint64_t offset = ps_u32(&r);
        const uint64_t size = ps_u32(&r);
        if (offset < t->at || size == 0 || size > 1 << 24)
            return false;
    }
    return true;
}

/* {address, offset, size}; 32-bit dumps have addresses of 4 or of 8 bytes: readers disagree. */
static bool read_blocks(triage *t, ps_error *err)
{
    const uint64_t at = get32(t, t->is->data_blocks);
    const uint32_t count = get32(t, t->is->data_blocks + 4);
    size_t stride = 16;
    uint32_t cut = 0;

    if (at == 0 || count == 0)
        return true;
    if (count > BLOCK_LIMIT)
        return ps_container_note(t->file, PS_REFUSED, t->at + t->is->data_blocks, err,
                                 "%u blocks of memory: no such table is read", (unsigned)count);
    if (t->is->pointer == 4 && !is_block_table(t, at, count, 16))
        stride = 12;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[16];
        ps_reader r = ps_reader_of(bytes, stride, at);
        size_t got = 0;
        uint64_t address;
        uint32_t offset;
        uint32_t size;
        if (!ps_source_read(t->file->source, at + (uint64_t)i * stride, bytes, stride, &got, err))
            return false;
        if (got < stride) {
            return ps_container_note(t->file, PS_REFUSED, at + (uint64_t)i * stride, err,
                                     "the table of memory blocks is cut: %u of %u", (unsigned)i,
                                     (unsigned)count);
        }
        address = ps_uint(&r, stride - 8);
        if (stride == 12)
            address = (uint64_t)(int64_t)(int32_t)(uint32_t)address;
        offset = ps_u32(&r);
        size = ps_u32(&r);
        cut += (uint64_t)offset + size > t->file->facts.file_size;
        if (!add_piece(t, address, offset, size, err))
            return false;
    }
    if (cut == 0)
        return true;
    return ps_container_note(t->file, PS_REFUSED, t->file->facts.file_size, err,
                             "the file is cut: %u of %u blocks of memory are not whole",
                             (unsigned)cut, (unsigned)count);
}

static bool read_pieces(triage *t, ps_error *err)
{
    ps_triage *lists = &t->file->triage;

    lists->prcb_offset = get32(t, 0x1C);
    lists->process_offset = get32(t, 0x20);
    lists->thread_offset = get32(t, 0x24);
    lists->debugger_data_offset = get32(t, t->is->debugger_data);
    lists->debugger_data_size = get32(t, t->is->debugger_data + 4);
    if (!add_piece(t, get_pointer(t, t->is->top_of_stack), get32(t, 0x28), get32(t, 0x2C), err) ||
        !add_piece(t, get_pointer(t, t->is->data_page_address), get32(t, t->is->data_page_offset),
                   get32(t, t->is->data_page_size), err) ||
        !add_piece(t, t->file->facts.debugger_data, lists->debugger_data_offset,
                   lists->debugger_data_size, err) ||
        !read_blocks(t, err))
        return false;
    ps_ranges_tidy(&t->file->ranges);
    return true;
}

static bool check(triage *t, ps_error *err)
{
    const uint32_t valid_at = get32(t, 0x8);
    const uint64_t size = get32(t, 0x4);
    uint8_t bytes[4] = {0};
    size_t got = 0;
    ps_reader r = ps_reader_of(bytes, sizeof bytes, valid_at);

    if (size > t->file->facts.file_size) {
        return ps_container_note(t->file, PS_REFUSED, t->file->facts.file_size, err,
                                 "the file is cut: it has %llu of %llu bytes",
                                 (unsigned long long)t->file->facts.file_size,
                                 (unsigned long long)size);
    }
    if (!ps_source_read(t->file->source, valid_at, bytes, sizeof bytes, &got, err))
        return false;
    if (got == sizeof bytes && ps_u32(&r) == VALID)
        return true;
    return ps_container_note(t->file, PS_FLAGGED, valid_at, err,
                             "the mark at the end of a triage dump is missing");
}

bool ps_triage_open(ps_container_file *file, size_t header_size, ps_error *err)
{
    triage t = {.file = file, .at = header_size};

    t.is = file->facts.bits == 64 ? &wide : &narrow;
    file->facts.container = PS_CONTAINER_TRIAGE;
    if (!ps_container_read(file->source, header_size, t.bytes, t.is->size, "the triage header",
                           err))
        return false;
    file->triage.service_pack = get32(&t, 0);
    return check(&t, err) && read_drivers(&t, err) && read_unloaded(&t, err) &&
           read_memory(&t, err) && read_pieces(&t, err);
}
