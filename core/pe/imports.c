/* imports.c - what an image imports, at load time and delayed.
 *
 *   import descriptor   20   name table, time, chain, dll name, address table
 *   delay descriptor    32   attributes (bit 0: fields are RVAs, else VAs), dll name, module,
 *                            address table, name table, bound, unload, time
 *   table entry        4/8   top bit: ordinal in the low 16; else RVA of hint (2) and name; 0 ends
 */
#include "base/array.h"
#include "pe/driver.h"

#include <string.h>

enum { NAME_LIMIT = 1024 };

typedef struct table {
    const char *dll;
    uint32_t names, slots;
    bool delayed;
} table;

static bool add_import(ps_driver *driver, const ps_import *import, ps_error *err)
{
    void *grown = driver->imports;

    if (!PS_WITHIN(&driver->bounds, driver_imports, driver->import_count))
        return true;
    if (!ps_grow(&grown, &driver->import_capacity, driver->import_count, sizeof *driver->imports))
        return ps_fail_memory(err);
    driver->imports = grown;
    driver->imports[driver->import_count++] = *import;
    if (import->name != NULL && (strcmp(import->name, "MmGetSystemRoutineAddress") == 0 ||
                                 strcmp(import->name, "FltGetRoutineAddress") == 0 ||
                                 strcmp(import->name, "NdisGetRoutineAddress") == 0))
        driver->facts.imports_dynamically = true;
    return true;
}

static bool add_entry(ps_driver *driver, const table *from, uint32_t index, uint64_t entry,
                      ps_error *err)
{
    const uint32_t width = driver->image.plus ? 8 : 4;
    const uint64_t by_ordinal = UINT64_C(1) << (width * 8 - 1);
    ps_import import = {
        .dll = from->dll, .slot_rva = from->slots + index * width, .delayed = from->delayed};

    if ((entry & by_ordinal) != 0) {
        import.ordinal = (uint16_t)entry;
        return add_import(driver, &import, err);
    }
    if (!ps_driver_string_at(driver, (uint32_t)entry + 2, NAME_LIMIT, &import.name, err))
        return false;
    if (import.name == NULL || import.name[0] == '\0')
        return ps_driver_note(driver, PS_FLAGGED, PS_NOWHERE, err,
                              "import %u of %s has no readable name", index, from->dll);
    return add_import(driver, &import, err);
}

static bool read_table(ps_driver *driver, const table *from, ps_error *err)
{
    const uint32_t width = driver->image.plus ? 8 : 4;
    ps_reader r = ps_image_reader(&driver->image, from->names, SIZE_MAX);

    for (uint32_t i = 0; ps_fits(&r, 1, width); i++) {
        const uint64_t entry = ps_uint(&r, width);

        if (entry == 0)
            return true;
        if (ps_bounds_met(&driver->bounds, PS_LIMIT(driver_imports)))
            return true;
        if (!add_entry(driver, from, i, entry, err))
            return false;
    }
    return ps_driver_note(driver, PS_FLAGGED, r.base, err, "imports of %s have no end", from->dll);
}

static bool read_dll(ps_driver *driver, table *from, uint32_t name, ps_error *err)
{
    if (!ps_driver_string_at(driver, name, NAME_LIMIT, &from->dll, err))
        return false;
    if (from->dll == NULL)
        return ps_driver_note(driver, PS_FLAGGED, PS_NOWHERE, err,
                              "dll name at RVA 0x%x is outside the file", name);
    return read_table(driver, from, err);
}

/* May another library be looked into, behind so many? */
static bool has_room(ps_driver *driver, size_t libraries)
{
    return PS_WITHIN(&driver->bounds, driver_libraries, libraries) &&
           !ps_bounds_met(&driver->bounds, PS_LIMIT(driver_imports));
}

static bool read_normal(ps_driver *driver, ps_error *err)
{
    ps_reader r =
        ps_image_reader(&driver->image, driver->image.directory[PS_DIRECTORY_IMPORT].rva, SIZE_MAX);

    for (size_t i = 0; ps_fits(&r, 1, 20); i++) {
        table from = {.names = ps_u32(&r)};
        uint32_t name;

        ps_skip(&r, 8);
        name = ps_u32(&r);
        from.slots = ps_u32(&r);
        if (name == 0 || from.slots == 0 || !has_room(driver, i))
            return true;
        if (from.names == 0 || ps_image_reader(&driver->image, from.names, 4).left == 0)
            from.names = from.slots;
        if (!read_dll(driver, &from, name, err))
            return false;
    }
    return true;
}

static bool read_delayed(ps_driver *driver, ps_error *err)
{
    ps_reader r = ps_image_reader(&driver->image,
                                  driver->image.directory[PS_DIRECTORY_DELAY_IMPORT].rva, SIZE_MAX);

    for (size_t i = 0; ps_fits(&r, 1, 32); i++) {
        const uint32_t is_rva = ps_u32(&r) & 1;
        const uint32_t shift = is_rva ? 0 : (uint32_t)driver->image.base;
        const uint32_t name = ps_u32(&r);
        table from = {.delayed = true};

        ps_skip(&r, 4);
        from.slots = ps_u32(&r) - shift;
        from.names = ps_u32(&r) - shift;
        ps_skip(&r, 12);
        if (name == 0 || !has_room(driver, i))
            return true;
        if (!read_dll(driver, &from, name - shift, err))
            return false;
    }
    return true;
}

bool ps_imports_read(ps_driver *driver, ps_error *err)
{
    if (driver->image.directory[PS_DIRECTORY_IMPORT].rva != 0 && !read_normal(driver, err))
        return false;
    return driver->image.directory[PS_DIRECTORY_DELAY_IMPORT].rva == 0 || read_delayed(driver, err);
}
