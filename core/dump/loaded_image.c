/* loaded_image.c - headers, exports and the PDB's name of a module as it lies in memory. */
#include "dump/loaded_image.h"

#include "base/encode.h"

#include <stdio.h>
#include <string.h>

enum {
    DOS_HEADER = 0x40,
    FURTHEST_HEADER = 0x1000,
    OPTIONAL_LIMIT = 0x200,
    EXPORT_LIMIT = 1 << 17,
    NAME_SIZE = 128,
    DEBUG_LIMIT = 32,
    CODEVIEW = 2,
};

static void take_optional(ps_loaded_image *image, const uint8_t *bytes, size_t size)
{
    ps_reader r = ps_reader_of(bytes, size, 0);
    uint32_t count;

    image->wide = ps_u16(&r) == 0x20B;
    r = ps_reader_at(bytes, size, 0x10, 4);
    image->entry_rva = ps_u32(&r);
    r = ps_reader_at(bytes, size, 0x38, 4);
    image->image_size = ps_u32(&r);
    r = ps_reader_at(bytes, size, 0x40, 4);
    image->checksum = ps_u32(&r);
    r = ps_reader_at(bytes, size, image->wide ? 0x6C : 0x5C,
                     size > 0x70 ? size - (image->wide ? 0x6C : 0x5C) : 4);
    count = ps_u32(&r);
    for (uint32_t i = 0; i < count && i < PS_IMAGE_DIRECTORIES; i++) {
        image->directories[i].rva = ps_u32(&r);
        image->directories[i].size = ps_u32(&r);
    }
}

static ps_read_status read_sections(ps_space *space, ps_loaded_image *image, uint64_t at,
                                    unsigned count)
{
    for (unsigned i = 0; i < count && i < PS_IMAGE_SECTIONS; i++) {
        uint8_t bytes[40];
        ps_reader r = ps_reader_of(bytes, sizeof bytes, at);
        ps_loaded_section *section = &image->sections[i];
        const ps_read_status status =
            ps_space_take(space, at + (uint64_t)i * sizeof bytes, bytes, sizeof bytes);
        if (status != PS_READ_OK)
            return status;
        memcpy(section->name, bytes, 8);
        ps_skip(&r, 8);
        section->size = ps_u32(&r);
        section->rva = ps_u32(&r);
        ps_skip(&r, 20);
        section->flags = ps_u32(&r);
        image->section_count = i + 1;
    }
    return PS_READ_OK;
}

ps_read_status ps_loaded_image_read(ps_space *space, uint64_t base, ps_loaded_image *image)
{
    uint8_t dos[DOS_HEADER];
    uint8_t file[24];
    uint8_t optional[OPTIONAL_LIMIT];
    ps_reader r = ps_reader_of(file, sizeof file, base);
    uint32_t header;
    uint16_t sections;
    uint16_t optional_size;
    ps_read_status status = ps_space_take(space, base, dos, sizeof dos);

    memset(image, 0, sizeof *image);
    image->base = base;
    if (status != PS_READ_OK)
        return status;
    header = dos[0x3C] | (uint32_t)dos[0x3D] << 8 | (uint32_t)dos[0x3E] << 16 |
             (uint32_t)dos[0x3F] << 24;
    if (dos[0] != 'M' || dos[1] != 'Z' || header > FURTHEST_HEADER)
        return PS_READ_NOT_PRESENT;
    status = ps_space_take(space, base + header, file, sizeof file);
    if (status != PS_READ_OK)
        return status;
    if (ps_u32(&r) != 0x4550)
        return PS_READ_NOT_PRESENT;
    image->machine = ps_u16(&r);
    sections = ps_u16(&r);
    image->timestamp = ps_u32(&r);
    ps_skip(&r, 8);
    optional_size = ps_u16(&r);
    if (optional_size > sizeof optional)
        return PS_READ_NOT_PRESENT;
    status = ps_space_take(space, base + header + sizeof file, optional, optional_size);
    if (status != PS_READ_OK)
        return status;
    take_optional(image, optional, optional_size);
    return read_sections(space, image, base + header + sizeof file + optional_size, sections);
}

/* --- exports --------------------------------------------------------------------------------- */

typedef struct exports {
    uint32_t functions, names, ordinals;
    uint32_t function_count, name_count;
} exports;

static ps_read_status read_exports(ps_space *space, const ps_loaded_image *image, exports *e)
{
    uint8_t bytes[40];
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
    ps_read_status status;

    memset(e, 0, sizeof *e);
    if (image->directories[PS_DIRECTORY_EXPORT].rva == 0)
        return PS_READ_OK;
    status = ps_space_take(space, image->base + image->directories[PS_DIRECTORY_EXPORT].rva, bytes,
                           sizeof bytes);
    if (status != PS_READ_OK)
        return status;
    ps_skip(&r, 20);
    e->function_count = ps_u32(&r);
    e->name_count = ps_u32(&r);
    e->functions = ps_u32(&r);
    e->names = ps_u32(&r);
    e->ordinals = ps_u32(&r);
    if (e->name_count > EXPORT_LIMIT)
        e->name_count = 0;
    return PS_READ_OK;
}

/* How the name at an index of the sorted list compares with the wanted one. */
static ps_read_status compare_name(ps_space *space, const ps_loaded_image *image, const exports *e,
                                   uint32_t index, const char *wanted, int *order)
{
    char name[NAME_SIZE];
    uint64_t rva = 0;
    size_t got = 0;
    ps_read_status status =
        ps_space_uint(space, image->base + e->names + (uint64_t)index * 4, 4, &rva);

    if (status != PS_READ_OK)
        return status;
    status = ps_space_read(space, image->base + rva, name, sizeof name - 1, &got);
    name[got] = '\0';
    if (status != PS_READ_OK && strlen(name) == got)
        return status;
    *order = strcmp(name, wanted);
    return PS_READ_OK;
}

bool ps_loaded_export(ps_space *space, const ps_loaded_image *image, const char *name,
                      uint32_t *rva, ps_read_status *status)
{
    exports e;
    uint32_t low = 0;
    uint32_t high;
    uint64_t value = 0;

    *status = read_exports(space, image, &e);
    high = e.name_count;
    while (*status == PS_READ_OK && low < high) {
        const uint32_t middle = low + (high - low) / 2;
        int order = 0;
        *status = compare_name(space, image, &e, middle, name, &order);
        if (*status != PS_READ_OK)
            return false;
        if (order == 0) {
            *status =
                ps_space_uint(space, image->base + e.ordinals + (uint64_t)middle * 2, 2, &value);
            if (*status == PS_READ_OK)
                *status = ps_space_uint(space, image->base + e.functions + value * 4, 4, &value);
            *rva = (uint32_t)value;
            return *status == PS_READ_OK;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* --- the PDB --------------------------------------------------------------------------------- */

static ps_read_status read_codeview(ps_space *space, uint64_t address, uint32_t size,
                                    ps_loaded_pdb *pdb)
{
    uint8_t bytes[24 + sizeof pdb->name];
    const size_t wanted = size < sizeof bytes ? size : sizeof bytes;
    ps_reader r = ps_reader_of(bytes, wanted, address);
    ps_read_status status = ps_space_take(space, address, bytes, wanted);

    if (status != PS_READ_OK)
        return status;
    if (wanted < 26 || memcmp(bytes, "RSDS", 4) != 0)
        return PS_READ_NOT_PRESENT;
    ps_skip(&r, 4);
    ps_take_guid(&r, pdb->guid);
    pdb->age = ps_u32(&r);
    (void)snprintf(pdb->name, sizeof pdb->name, "%.*s", (int)r.left, (const char *)r.at);
    return PS_READ_OK;
}

ps_read_status ps_loaded_pdb_read(ps_space *space, const ps_loaded_image *image, ps_loaded_pdb *pdb)
{
    const uint64_t at = image->base + image->directories[PS_DIRECTORY_DEBUG].rva;
    const uint32_t count = image->directories[PS_DIRECTORY_DEBUG].size / 28;

    memset(pdb, 0, sizeof *pdb);
    for (uint32_t i = 0; i < count && i < DEBUG_LIMIT; i++) {
        uint8_t bytes[28];
        ps_reader r = ps_reader_of(bytes, sizeof bytes, at);
        const ps_read_status status =
            ps_space_take(space, at + (uint64_t)i * sizeof bytes, bytes, sizeof bytes);
        uint32_t size;
        if (status != PS_READ_OK)
            return status;
        ps_skip(&r, 12);
        if (ps_u32(&r) != CODEVIEW)
            continue;
        size = ps_u32(&r);
        return read_codeview(space, image->base + ps_u32(&r), size, pdb);
    }
    return PS_READ_NOT_PRESENT;
}
