/* kmdf.c - drivers of the kernel-mode framework: the table through which its functions are called.
 *
 *                     32-bit  64-bit
 *   size                   0       0   of this structure: 32 or 48
 *   component              4       8   address of the text "KmdfLibrary" in UTF-16
 *   version                8      16   major, minor, build
 *   functions             20      28   in the table
 *   table                 24      32   its address; for newer frameworks that of a pointer to it
 */
#include "pe/kmdf.h"

#include <string.h>

enum {
    DIRECT_LIMIT = 438, /* functions up to framework 1.13, whose table is in the driver */
    FUNCTION_LIMIT = 4096,
    HIT_LIMIT = 16,
};

static const uint16_t indices[] = {
    [PS_WDF_DRIVER_CREATE] = 116, [PS_WDF_MEMORY_CREATE] = 192, [PS_WDF_LOOKASIDE_CREATE] = 198};

static bool has_loader(const ps_driver *driver)
{
    for (size_t i = 0; i < driver->import_count; i++) {
        const char *dll = driver->imports[i].dll;

        if (dll != NULL && (strncmp(dll, "WDFLDR", 6) == 0 || strncmp(dll, "wdfldr", 6) == 0))
            return true;
    }
    return false;
}

/* The next place at or after at that holds the bytes, in a section; 0 if there is none. */
static uint32_t find_in_section(const ps_image *image, const ps_section *section, uint32_t after,
                                const void *bytes, size_t size)
{
    size_t left;
    const uint8_t *at = ps_image_at(image, section->rva, &left);
    const uint8_t *hit;

    if (at == NULL || after >= left)
        return 0;
    hit = memmem(at + after, left - after, bytes, size);
    return hit != NULL ? section->rva + (uint32_t)(hit - at) : 0;
}

/* The structure that has its second field at rva. */
static bool take_structure(ps_kmdf *kmdf, const ps_image *image, uint32_t rva)
{
    const uint32_t width = kmdf->width;
    uint64_t size;
    uint64_t functions;
    uint64_t table;
    uint64_t version[2];

    if (rva < width || !ps_image_uint(image, rva - width, 4, &size) ||
        !ps_image_uint(image, rva + width, 4, &version[0]) ||
        !ps_image_uint(image, rva + width + 4, 4, &version[1]) ||
        !ps_image_uint(image, rva + width + 12, 4, &functions) ||
        !ps_image_uint(image, rva + width + 16, width, &table))
        return false;
    table -= image->base;
    if (size < (uint64_t)width * 6 || size > 256 || functions < 100 || functions > FUNCTION_LIMIT ||
        table >= image->image_size)
        return false;
    kmdf->found = true;
    kmdf->indirect = functions > DIRECT_LIMIT;
    kmdf->table = (uint32_t)table;
    kmdf->functions = (uint32_t)functions;
    kmdf->major = (uint32_t)version[0];
    kmdf->minor = (uint32_t)version[1];
    return true;
}

/* A structure that points to the text at rva. */
static bool find_structure(ps_kmdf *kmdf, const ps_image *image, uint32_t text)
{
    const uint64_t va = image->base + text;
    uint8_t bytes[8];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(va >> 8 * i);
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        uint32_t after = 0;

        for (int hits = 0; hits < HIT_LIMIT; hits++) {
            const uint32_t rva = find_in_section(image, section, after, bytes, kmdf->width);

            if (rva == 0)
                break;
            if (take_structure(kmdf, image, rva))
                return true;
            after = rva - section->rva + 1;
        }
    }
    return false;
}

void ps_kmdf_find(ps_kmdf *kmdf, const ps_driver *driver)
{
    static const char name[] = "K\0m\0d\0f\0L\0i\0b\0r\0a\0r\0y\0\0";
    const ps_image *image = &driver->image;

    *kmdf = (ps_kmdf){.width = image->plus ? 8 : 4};
    if (!has_loader(driver))
        return;
    for (size_t i = 0; i < image->section_count && !kmdf->found; i++) {
        const uint32_t text = find_in_section(image, &image->sections[i], 0, name, sizeof name);

        if (text != 0)
            (void)find_structure(kmdf, image, text);
    }
}

bool ps_kmdf_slot(const ps_kmdf *kmdf, ps_framework_api api, uint32_t *rva)
{
    if (!kmdf->found || kmdf->indirect != (api == PS_WDF_TABLE))
        return false;
    *rva = kmdf->table;
    if (api != PS_WDF_TABLE)
        *rva += (uint32_t)indices[api] * kmdf->width;
    return api == PS_WDF_TABLE || indices[api] < kmdf->functions;
}

ps_framework_api ps_kmdf_api_at(const ps_kmdf *kmdf, uint32_t offset)
{
    for (unsigned i = 0; i < PS_WDF_TABLE; i++)
        if (offset == (uint32_t)indices[i] * kmdf->width)
            return (ps_framework_api)i;
    return PS_WDF_COUNT;
}

int ps_kmdf_pops(ps_framework_api api)
{
    static const int8_t pops[] = {
        [PS_WDF_DRIVER_CREATE] = 24, [PS_WDF_MEMORY_CREATE] = 28, [PS_WDF_LOOKASIDE_CREATE] = 28};

    return api < PS_WDF_TABLE ? pops[api] : -1;
}
