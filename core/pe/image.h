/* image.h - a PE image as it lies in a file: headers, sections, RVA to bytes. */
#ifndef PS_PE_IMAGE_H
#define PS_PE_IMAGE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/reader.h"

enum {
    PS_MACHINE_X86 = 0x14c,
    PS_MACHINE_ARM = 0x1c4,
    PS_MACHINE_IA64 = 0x200,
    PS_MACHINE_X64 = 0x8664,
    PS_MACHINE_ARM64 = 0xaa64,
};

enum ps_directory {
    PS_DIRECTORY_EXPORT = 0,
    PS_DIRECTORY_IMPORT = 1,
    PS_DIRECTORY_RESOURCE = 2,
    PS_DIRECTORY_EXCEPTION = 3,
    PS_DIRECTORY_SECURITY = 4, /* a file offset, not an RVA */
    PS_DIRECTORY_DEBUG = 6,
    PS_DIRECTORY_LOAD_CONFIG = 10,
    PS_DIRECTORY_DELAY_IMPORT = 13,
    PS_DIRECTORY_COUNT = 16,
};

enum {
    PS_SECTION_CODE = 0x20,
    PS_SECTION_EXECUTE = 0x20000000,
    PS_SECTION_WRITE = (int)0x80000000,
};

typedef struct ps_image {
    const uint8_t *data;
    size_t size;
    uint16_t machine, subsystem;
    bool plus; /* PE32+ */
    bool flat; /* sections are not aligned to pages: RVA is the file offset */
    uint32_t timestamp, checksum, entry, image_size, header_size;
    uint64_t base;
    struct {
        uint32_t rva, size;
    } directory[PS_DIRECTORY_COUNT];
    ps_section *sections; /* in the arena */
    size_t section_count;
    uint32_t sections_announced;
} ps_image;

/* Read the headers.  The image borrows data. */
bool ps_image_parse(ps_image *image, ps_arena *arena, const void *data, size_t size,
                    ps_bounds *bounds, ps_error *err);

/* The section that holds rva, or NULL. */
const ps_section *ps_image_section(const ps_image *image, uint32_t rva);

/* The file's bytes at rva, *left of them in a row; NULL where the file has none. */
const uint8_t *ps_image_at(const ps_image *image, uint32_t rva, size_t *left);

/* A reader over at most size bytes at rva; it is empty where the file has none. */
ps_reader ps_image_reader(const ps_image *image, uint32_t rva, size_t size);

/* Little-endian value of n <= 8 bytes at rva; false where the file has none. */
bool ps_image_uint(const ps_image *image, uint32_t rva, size_t n, uint64_t *value);

/* Bytes of a section that both the file and the loaded image have. */
uint32_t ps_section_backed(const ps_image *image, const ps_section *section);

static inline bool ps_section_executes(const ps_section *section)
{
    return (section->flags & (uint32_t)(PS_SECTION_EXECUTE | PS_SECTION_CODE)) != 0;
}

/* Whether rva lies in a section that may be executed. */
static inline bool ps_image_is_code(const ps_image *image, uint32_t rva)
{
    const ps_section *section = ps_image_section(image, rva);

    return section != NULL && ps_section_executes(section);
}

static inline bool ps_section_writes(const ps_section *section)
{
    return (section->flags & (uint32_t)PS_SECTION_WRITE) != 0;
}

#endif
