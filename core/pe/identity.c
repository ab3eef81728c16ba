/* identity.c - the parts of a driver's identity in order, and their getters. */
#include "pe/identity.h"

#include "pe/driver.h"

#include <stdlib.h>

/* Where the guard flags of the load configuration are. */
enum { GUARD_FLAGS_32 = 0x58, GUARD_FLAGS_64 = 0x90 };

bool ps_load_config_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    const uint32_t rva = image->directory[PS_DIRECTORY_LOAD_CONFIG].rva;
    const uint32_t at = image->plus ? GUARD_FLAGS_64 : GUARD_FLAGS_32;
    ps_identity *facts = &driver->identity.facts;
    uint64_t size;
    uint64_t flags;

    (void)err;
    if (rva == 0 || !ps_image_uint(image, rva, 4, &size))
        return true;
    facts->has_load_config = true;
    if (size >= at + 4 && ps_image_uint(image, rva + at, 4, &flags))
        facts->guard_flags = (uint32_t)flags;
    return true;
}

/* What lies between the last section and the certificate table. */
static void find_overlay(ps_driver *driver)
{
    const ps_image *image = &driver->image;
    const uint32_t table = image->directory[PS_DIRECTORY_SECURITY].rva;
    uint64_t end = image->header_size;
    uint64_t limit = image->size;

    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        const uint64_t last = (uint64_t)section->file_offset + section->file_size;

        if (section->file_size != 0 && last > end)
            end = last;
    }
    if (table != 0 && table < limit)
        limit = table;
    if (end + 8 > limit) /* the gap before a table is at most 7 bytes */
        return;
    driver->identity.facts.overlay_offset = end;
    driver->identity.facts.overlay_size = limit - end;
}

bool ps_identity_read(ps_driver *driver, const ps_read_options *options, ps_error *err)
{
    find_overlay(driver);
    if (!ps_checksum_read(driver, err) || !ps_rich_read(driver, err) ||
        !ps_load_config_read(driver, err) || !ps_imphash_read(driver, err) ||
        !ps_signatures_read(driver, options, err))
        return false;
    return !options->detail || (ps_entropy_read(driver, err) && ps_hashes_read(driver, err) &&
                                ps_exports_read(driver, err) && ps_resources_read(driver, err));
}

void ps_identity_free(ps_identity_parts *parts)
{
    free(parts->rich);
    free(parts->exports);
    free(parts->resources);
    free(parts->signatures);
}

const ps_identity *ps_driver_get_identity(const ps_driver *driver)
{
    return &driver->identity.facts;
}

size_t ps_driver_signature_count(const ps_driver *driver)
{
    return driver->identity.signature_count;
}

const ps_signature *ps_driver_signature_at(const ps_driver *driver, size_t index)
{
    const ps_identity_parts *parts = &driver->identity;

    return index < parts->signature_count ? &parts->signatures[index] : NULL;
}

size_t ps_driver_rich_count(const ps_driver *driver) { return driver->identity.rich_count; }

const ps_rich_entry *ps_driver_rich_at(const ps_driver *driver, size_t index)
{
    return index < driver->identity.rich_count ? &driver->identity.rich[index] : NULL;
}

bool ps_driver_section_entropy(const ps_driver *driver, size_t index, double *entropy)
{
    if (driver->identity.entropies == NULL || index >= driver->image.section_count)
        return false;
    *entropy = driver->identity.entropies[index];
    return true;
}

size_t ps_driver_export_count(const ps_driver *driver) { return driver->identity.export_count; }

const ps_export *ps_driver_export_at(const ps_driver *driver, size_t index)
{
    return index < driver->identity.export_count ? &driver->identity.exports[index] : NULL;
}

size_t ps_driver_resource_count(const ps_driver *driver) { return driver->identity.resource_count; }

const ps_resource *ps_driver_resource_at(const ps_driver *driver, size_t index)
{
    return index < driver->identity.resource_count ? &driver->identity.resources[index] : NULL;
}
