/* exports.c - what an image exports.
 *
 *   directory 40: ..., ordinal base at 16, counts of addresses and of names, then the RVAs of
 *   addresses (4 each), of names (4 each) and of the names' indices into the addresses (2 each)
 *   An address inside the directory is the name of a function elsewhere. */
#include "base/array.h"
#include "pe/driver.h"

#include <stdlib.h>

enum { NAME_LIMIT = 512 };

typedef struct directory {
    uint32_t rva, size, base, count, named;
    ps_reader addresses, names, indices;
} directory;

static bool add(ps_driver *driver, const directory *from, const ps_export *made, ps_error *err)
{
    ps_identity_parts *parts = &driver->identity;
    ps_export export = *made;
    void *grown = parts->exports;

    if (export.rva >= from->rva && export.rva - from->rva < from->size &&
        !ps_driver_string_at(driver, export.rva, NAME_LIMIT, &export.forward, err))
        return false;
    if (!ps_grow(&grown, &parts->export_capacity, parts->export_count, sizeof export))
        return ps_fail_memory(err);
    parts->exports = grown;
    parts->exports[parts->export_count++] = export;
    return true;
}

static bool read_addresses(ps_driver *driver, directory *from, const uint32_t *names, ps_error *err)
{
    for (uint32_t i = 0; i < from->count && ps_fits(&from->addresses, 1, 4); i++) {
        ps_export made = {.ordinal = from->base + i, .rva = ps_u32(&from->addresses)};

        if (made.rva == 0)
            continue;
        if (names[i] != 0 && !ps_driver_string_at(driver, names[i], NAME_LIMIT, &made.name, err))
            return false;
        if (!add(driver, from, &made, err))
            return false;
    }
    return true;
}

/* RVA of the name of each address, 0 where it has none. */
static void read_names(directory *from, uint32_t *names)
{
    for (uint32_t i = 0; i < from->named && ps_fits(&from->names, 1, 4); i++) {
        const uint32_t name = ps_u32(&from->names);
        const uint32_t index = ps_u16(&from->indices);

        if (ps_reader_good(&from->indices) && index < from->count)
            names[index] = name;
    }
}

/* As many of count numbers of four bytes as there may be, and are. */
static uint32_t bounded(ps_driver *driver, uint32_t count, const ps_reader *table)
{
    const uint64_t limit = driver->bounds.of.driver_exports;

    if (count > limit) {
        (void)ps_bounds_meet(&driver->bounds, PS_LIMIT(driver_exports));
        count = (uint32_t)limit;
    }
    return count < table->left / 4 ? count : (uint32_t)(table->left / 4);
}

bool ps_exports_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    directory from = {.rva = image->directory[PS_DIRECTORY_EXPORT].rva,
                      .size = image->directory[PS_DIRECTORY_EXPORT].size};
    ps_reader r = ps_image_reader(image, from.rva, 40);
    uint32_t *names;
    bool done;

    if (from.rva == 0)
        return true;
    ps_skip(&r, 16);
    from.base = ps_u32(&r);
    from.count = ps_u32(&r);
    from.named = ps_u32(&r);
    from.addresses = ps_image_reader(image, ps_u32(&r), SIZE_MAX);
    from.names = ps_image_reader(image, ps_u32(&r), SIZE_MAX);
    from.indices = ps_image_reader(image, ps_u32(&r), SIZE_MAX);
    if (!ps_reader_good(&r))
        return ps_driver_note(driver, PS_FLAGGED, PS_NOWHERE, err,
                              "export directory at RVA 0x%x is outside the file", from.rva);
    from.count = bounded(driver, from.count, &from.addresses);
    from.named = bounded(driver, from.named, &from.names);
    names = calloc((size_t)from.count + 1, sizeof *names);
    if (names == NULL)
        return ps_fail_memory(err);
    read_names(&from, names);
    done = read_addresses(driver, &from, names, err);
    free(names);
    return done;
}
