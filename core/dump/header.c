/* header.c - the header of a Windows dump: what it says of the crash, and where its pages are.
 * Offsets as many public readers agree on them; what the writer left out is filled with "PAGE". */
#include "base/encode.h"
#include "dump/container.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_64 = 0x2000, HEADER_32 = 0x1000, FILL = 0x45474150 };
#define WIDE_FILL UINT64_C(0x4547415045474150)

enum { ENCRYPTED = 1 << 8, DECRYPTED = 1 << 9 };

typedef struct header {
    uint8_t bytes[HEADER_64];
    size_t size;
    bool wide;
} header;

static uint64_t field(const header *h, size_t offset, size_t size)
{
    ps_reader r = ps_reader_at(h->bytes, h->size, offset, size);
    const uint64_t value = ps_uint(&r, size);

    return value == (size == 8 ? WIDE_FILL : size == 4 ? (uint64_t)FILL : UINT64_MAX) ? 0 : value;
}

static bool is_fill(const header *h, size_t offset)
{
    return memcmp(h->bytes + offset, "PAGE", 4) == 0;
}

/* A pointer of a 32-bit machine as the 64 bits that the kernel's own tables extend it to. */
static uint64_t extend(const header *h, uint64_t value)
{
    return h->wide ? value : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

const char *ps_dump_machine_name(uint16_t machine)
{
    const char *name = ps_machine_name(machine);

    return name != NULL ? name : "unknown";
}

static void read_system(const header *h, ps_dump_facts *facts)
{
    const size_t pointer = h->wide ? 8 : 4;

    facts->has_header = true;
    facts->bits = h->wide ? 64 : 32;
    facts->checked_build = field(h, 0x8, 4) == 0xC;
    facts->build = (uint32_t)field(h, 0xC, 4);
    facts->table_base = field(h, 0x10, pointer);
    facts->loaded_modules = extend(h, field(h, h->wide ? 0x20 : 0x18, pointer));
    facts->processes = extend(h, field(h, h->wide ? 0x28 : 0x1C, pointer));
    facts->machine = (uint16_t)field(h, h->wide ? 0x30 : 0x20, 4);
    facts->machine_name = ps_dump_machine_name(facts->machine);
    facts->processors = (uint32_t)field(h, h->wide ? 0x34 : 0x24, 4);
    facts->debugger_data = extend(h, field(h, h->wide ? 0x80 : 0x60, pointer));
    facts->pae = !h->wide && h->bytes[0x5C] == 1;
    facts->dump_type = (uint32_t)field(h, h->wide ? 0xF98 : 0xF88, 4);
    facts->product = (uint32_t)field(h, h->wide ? 0x1040 : 0xF94, 4);
    facts->has_attributes = !is_fill(h, h->wide ? 0x1050 : 0x8A0);
    facts->attributes = (uint32_t)field(h, h->wide ? 0x1050 : 0x8A0, 4);
}

static void read_crash(const header *h, ps_dump_facts *facts)
{
    const size_t pointer = h->wide ? 8 : 4;
    const uint64_t time = field(h, h->wide ? 0xFA8 : 0xFC0, 8);
    const uint64_t uptime = field(h, h->wide ? 0x1030 : 0xFB8, 8);

    facts->bugcheck = (uint32_t)field(h, h->wide ? 0x38 : 0x28, 4);
    facts->has_bugcheck = facts->bugcheck != 0;
    facts->bugcheck_name = ps_bugcheck_name(facts->bugcheck);
    for (size_t i = 0; i < 4; i++)
        facts->bugcheck_parameters[i] = field(h, (h->wide ? 0x40 : 0x2C) + i * pointer, pointer);
    facts->has_time = ps_filetime(time, &facts->time);
    facts->has_uptime = uptime != 0 && uptime < UINT64_C(1) << 58;
    facts->uptime_s = uptime / 10000000;
    facts->expected_size = field(h, 0xFA0, 8);
    facts->has_expected_size = facts->expected_size != 0;
}

static bool read_comment(const header *h, ps_container_file *file, ps_error *err)
{
    const size_t at = h->wide ? 0xFB0 : 0x820;
    char text[129];
    size_t size = 0;

    if (is_fill(h, at))
        return true;
    while (size < 128 && h->bytes[at + size] >= ' ' && h->bytes[at + size] < 0x7F) {
        text[size] = (char)h->bytes[at + size];
        size++;
    }
    if (size == 0)
        return true;
    file->facts.comment = ps_arena_copy(&file->arena, text, size);
    return file->facts.comment != NULL || ps_fail_memory(err);
}

static bool open_body(ps_container_file *file, const header *h, ps_error *err)
{
    switch (file->facts.dump_type) {
    case 1:
        return ps_full_open(file, h->bytes, h->size, err);
    case 2:
        return ps_summary_open(file, h->size, err);
    case 3:
        file->facts.container = PS_CONTAINER_HEADER;
        return true;
    case 4:
        return ps_triage_open(file, h->size, err);
    case 5:
    case 6:
    case 7:
        return ps_bitmap_open(file, h->size, err);
    case 8:
    case 9:
    case 10:
        return ps_page_ranges_open(file, h->size, err);
    default:
        return ps_fail(err, PS_EUNSUPPORTED, h->wide ? 0xF98 : 0xF88,
                       "a dump of type %u, which no Windows is known to write",
                       (unsigned)file->facts.dump_type);
    }
}

/* Of a dump without a type (tools leave it out) the marks behind the header decide. */
static bool guess_type(ps_container_file *file, const header *h, ps_error *err)
{
    uint8_t mark[12] = {0};
    size_t got = 0;

    if (!ps_source_read(file->source, h->size, mark, sizeof mark, &got, err))
        return false;
    if (memcmp(mark, "SDMPDUMP", 8) == 0 || memcmp(mark, "FDMPDUMP", 8) == 0)
        file->facts.dump_type = 5;
    else if (memcmp(mark + 4, "RDMPDUMP", 8) == 0)
        file->facts.dump_type = 8;
    else
        file->facts.dump_type = got == 0 ? 3 : 1;
    return ps_container_note(file, PS_NOTE, h->wide ? 0xF98 : 0xF88, err,
                             "the header names no type: read as type %u by what follows",
                             (unsigned)file->facts.dump_type);
}

static bool check(ps_container_file *file, const header *h, ps_error *err)
{
    const ps_dump_facts *facts = &file->facts;

    if (facts->has_attributes && (facts->attributes & ENCRYPTED) != 0 &&
        (facts->attributes & DECRYPTED) == 0)
        return ps_fail(err, PS_EUNSUPPORTED, h->wide ? 0x1050 : 0x8A0,
                       "an encrypted dump: decrypt it with the key of its machine first");
    if (facts->has_expected_size && facts->expected_size > facts->file_size) {
        return ps_container_note(file, PS_FLAGGED, facts->file_size, err,
                                 "the file has %llu bytes, its header wants %llu",
                                 (unsigned long long)facts->file_size,
                                 (unsigned long long)facts->expected_size);
    }
    return true;
}

static bool open_with(ps_container_file *file, header *h, ps_error *err)
{
    size_t got = 0;

    if (!ps_source_read(file->source, 0, h->bytes, h->size, &got, err))
        return false;
    if (got < h->size)
        return ps_fail(err, PS_ETRUNCATED, got, "the dump is cut within its header of %zu bytes",
                       h->size);
    read_system(h, &file->facts);
    read_crash(h, &file->facts);
    if (!read_comment(h, file, err) || !check(file, h, err))
        return false;
    if (file->facts.dump_type == 0 && !guess_type(file, h, err))
        return false;
    return open_body(file, h, err);
}

bool ps_header_open(ps_container_file *file, const uint8_t start[8], ps_error *err)
{
    header *h = calloc(1, sizeof *h);
    bool done;

    if (h == NULL)
        return ps_fail_memory(err);
    h->wide = memcmp(start, "PAGEDU64", 8) == 0;
    h->size = h->wide ? HEADER_64 : HEADER_32;
    done = open_with(file, h, err);
    free(h);
    return done;
}
