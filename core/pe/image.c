/* image.c - headers and sections of a PE image.
 *
 *   0      "MZ" ... +60 offset of the PE header
 *   PE+0   "PE\0\0", file header (20), optional header, section table (40 each)
 */
#include "pe/image.h"

#include <string.h>

enum { PAGE = 0x1000, FILE_SECTOR = 0x200, SECTION_SIZE = 40 };

static void read_directories(ps_image *image, ps_reader *r, uint32_t count)
{
    if (count > PS_DIRECTORY_COUNT)
        count = PS_DIRECTORY_COUNT;
    for (uint32_t i = 0; i < count && ps_fits(r, 1, 8); i++) {
        image->directory[i].rva = ps_u32(r);
        image->directory[i].size = ps_u32(r);
    }
}

static bool read_optional(ps_image *image, ps_reader *r, ps_error *err)
{
    const uint64_t start = r->base;
    const uint16_t magic = ps_u16(r);
    uint32_t alignment;

    if (ps_reader_good(r) && magic != 0x10b && magic != 0x20b)
        return ps_fail(err, PS_EFORMAT, start, "optional header has magic 0x%x", magic);
    image->plus = magic == 0x20b;
    ps_skip(r, 14);
    image->entry = ps_u32(r);
    ps_skip(r, image->plus ? 4 : 8);
    image->base = ps_uint(r, image->plus ? 8 : 4);
    alignment = ps_u32(r);
    image->flat = alignment < PAGE;
    ps_skip(r, 20);
    image->image_size = ps_u32(r);
    image->header_size = ps_u32(r);
    image->checksum = ps_u32(r);
    image->subsystem = ps_u16(r);
    if (!ps_reader_ok(r, err, "optional header"))
        return false;
    ps_skip(r, image->plus ? 34 : 18);
    ps_skip(r, 4);
    read_directories(image, r, ps_u32(r));
    return true;
}

static void read_section(ps_section *section, ps_reader *r, bool flat)
{
    const uint8_t *name = ps_take(r, 8);

    if (name != NULL)
        memcpy(section->name, name, 8);
    section->name[8] = '\0';
    section->virtual_size = ps_u32(r);
    section->rva = ps_u32(r);
    section->file_size = ps_u32(r);
    section->file_offset = ps_u32(r);
    ps_skip(r, 12);
    section->flags = ps_u32(r);
    if (!flat)
        section->file_offset -= section->file_offset % FILE_SECTOR;
}

/* Sections beyond what the file holds or what is sensible are left out. */
static bool read_sections(ps_image *image, ps_arena *arena, ps_reader *r, ps_bounds *bounds,
                          ps_error *err)
{
    size_t count = image->sections_announced;

    if (count > r->left / SECTION_SIZE)
        count = r->left / SECTION_SIZE;
    if (count > bounds->of.driver_sections) {
        (void)ps_bounds_meet(bounds, PS_LIMIT(driver_sections));
        count = (size_t)bounds->of.driver_sections;
    }
    if (count == 0)
        return true;
    image->sections = ps_arena_take(arena, count * sizeof *image->sections);
    if (image->sections == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        read_section(&image->sections[i], r, image->flat);
    image->section_count = count;
    return true;
}

bool ps_image_parse(ps_image *image, ps_arena *arena, const void *data, size_t size,
                    ps_bounds *bounds, ps_error *err)
{
    ps_reader r = ps_reader_of(data, size, 0);
    ps_reader optional;
    uint32_t start;
    uint16_t optional_size;

    *image = (ps_image){.data = data, .size = size};
    if (ps_u16(&r) != 0x5a4d)
        return ps_fail(err, size < 2 ? PS_ETRUNCATED : PS_EFORMAT, 0, "no MZ header");
    ps_skip(&r, 58);
    start = ps_u32(&r);
    if (!ps_reader_ok(&r, err, "MZ header"))
        return false;
    r = ps_reader_at(data, size, start, start < size ? size - start : 0);
    if (ps_u32(&r) != 0x4550 && ps_reader_good(&r))
        return ps_fail(err, PS_EFORMAT, start, "no PE header at 0x%x", start);
    image->machine = ps_u16(&r);
    image->sections_announced = ps_u16(&r);
    image->timestamp = ps_u32(&r);
    ps_skip(&r, 8);
    optional_size = ps_u16(&r);
    ps_skip(&r, 2);
    if (!ps_reader_ok(&r, err, "file header"))
        return false;
    optional = r;
    if (!read_optional(image, &optional, err))
        return false;
    ps_skip(&r, optional_size);
    if (!ps_reader_good(&r))
        return true;
    return read_sections(image, arena, &r, bounds, err);
}

uint32_t ps_section_backed(const ps_image *image, const ps_section *section)
{
    uint64_t mapped = section->virtual_size;
    uint64_t there = 0;

    if (section->file_offset < image->size)
        there = image->size - section->file_offset;
    if (there > section->file_size)
        there = section->file_size;
    mapped = mapped == 0 ? there : (mapped + PAGE - 1) / PAGE * PAGE;
    return (uint32_t)(there < mapped ? there : mapped);
}

const ps_section *ps_image_section(const ps_image *image, uint32_t rva)
{
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        const uint32_t span =
            section->virtual_size > section->file_size ? section->virtual_size : section->file_size;
        if (rva >= section->rva && rva - section->rva < span)
            return section;
    }
    return NULL;
}

static const uint8_t *in_file(const ps_image *image, uint64_t offset, uint64_t end, size_t *left)
{
    if (end > image->size)
        end = image->size;
    if (offset >= end)
        return NULL;
    *left = (size_t)(end - offset);
    return image->data + offset;
}

const uint8_t *ps_image_at(const ps_image *image, uint32_t rva, size_t *left)
{
    *left = 0;
    if (image->flat)
        return in_file(image, rva, image->size, left);
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        const uint32_t backed = ps_section_backed(image, section);

        if (rva >= section->rva && rva - section->rva < backed)
            return in_file(image, (uint64_t)section->file_offset + (rva - section->rva),
                           (uint64_t)section->file_offset + backed, left);
    }
    return rva < image->header_size ? in_file(image, rva, image->header_size, left) : NULL;
}

ps_reader ps_image_reader(const ps_image *image, uint32_t rva, size_t size)
{
    size_t left;
    const uint8_t *at = ps_image_at(image, rva, &left);

    if (at == NULL)
        return ps_reader_of(image->data, 0, rva);
    return ps_reader_of(at, size < left ? size : left, (uint64_t)(at - image->data));
}

bool ps_image_uint(const ps_image *image, uint32_t rva, size_t n, uint64_t *value)
{
    ps_reader r = ps_image_reader(image, rva, n);

    *value = ps_uint(&r, n);
    return ps_reader_good(&r);
}
