/* resources.c - the resource tree: types, names, languages.
 *
 * Each folder is 16 bytes (the last two numbers are its counts of entries) and entries of 8: id,
 * offset.  The top bit of an id makes it the offset of a name, that of an offset makes it a folder.
 * The tree is read three levels deep, whatever it points back to. */
#include "pe/resources.h"

#include "base/array.h"
#include "pe/driver.h"
#include "pe/text.h"

#include <string.h>

enum { TYPE_LIMIT = 64, NAME_LIMIT = 1024, LANGUAGE_LIMIT = 64 };
enum { LETTER_LIMIT = 128 };

ps_resource_folder ps_resources_open(const ps_image *image, uint32_t offset)
{
    const uint32_t root = image->directory[PS_DIRECTORY_RESOURCE].rva;
    ps_resource_folder opened = {.entries = ps_image_reader(image, root + offset, SIZE_MAX)};

    ps_skip(&opened.entries, 12);
    opened.count = ps_u16(&opened.entries);
    opened.count += ps_u16(&opened.entries);
    return opened;
}

bool ps_resources_next(ps_resource_folder *from, uint32_t *id, uint32_t *offset)
{
    if (from->count == 0 || !ps_fits(&from->entries, 1, 8))
        return false;
    from->count--;
    *id = ps_u32(&from->entries);
    *offset = ps_u32(&from->entries);
    return true;
}

bool ps_resource_data(const ps_image *image, uint32_t offset, uint32_t *rva, uint32_t *size)
{
    const uint32_t root = image->directory[PS_DIRECTORY_RESOURCE].rva;
    ps_reader entry = ps_image_reader(image, root + offset, 8);

    *rva = ps_u32(&entry);
    *size = ps_u32(&entry);
    return ps_reader_good(&entry);
}

/* The name at an offset of the tree: a count and as many UTF-16 units. */
static const char *own_name(ps_driver *driver, uint32_t offset)
{
    const uint32_t root = driver->image.directory[PS_DIRECTORY_RESOURCE].rva;
    ps_reader r = ps_image_reader(&driver->image, root + offset, SIZE_MAX);
    uint8_t buffer[LETTER_LIMIT * 4];
    size_t used = 0;
    unsigned count = ps_u16(&r);

    for (; count > 0 && used < sizeof buffer - 4 && ps_fits(&r, 1, 2); count--) {
        const uint32_t c = ps_u16(&r);

        used += ps_put_utf8(buffer + used, c >= 0xd800 && c <= 0xdfff ? 0xfffd : c);
    }
    return ps_printable(&driver->arena, buffer, used);
}

static const char *type_name(ps_driver *driver, uint32_t id)
{
    static const char *const names[] = {
        NULL,     "cursor",          "bitmap",         "icon", "menu",
        "dialog", "string",          "font folder",    "font", "accelerator",
        "data",   "message table",   "cursor group",   NULL,   "icon group",
        NULL,     "version",         "dialog include", NULL,   "plug and play",
        "VxD",    "animated cursor", "animated icon",  "HTML", "manifest"};

    if ((id & PS_RESOURCE_FOLDER) != 0)
        return own_name(driver, id & ~PS_RESOURCE_FOLDER);
    if (id < sizeof names / sizeof *names && names[id] != NULL)
        return names[id];
    return ps_arena_print(&driver->arena, "#%u", id);
}

static bool add(ps_driver *driver, const ps_resource *resource, ps_error *err)
{
    ps_identity_parts *parts = &driver->identity;
    void *grown = parts->resources;

    if (!ps_grow(&grown, &parts->resource_capacity, parts->resource_count,
                 sizeof *parts->resources))
        return ps_fail_memory(err);
    parts->resources = grown;
    parts->resources[parts->resource_count++] = *resource;
    return true;
}

static bool read_languages(ps_driver *driver, uint32_t offset, ps_resource *found, ps_error *err)
{
    ps_resource_folder languages = ps_resources_open(&driver->image, offset);
    uint32_t id;

    for (int i = 0; i < LANGUAGE_LIMIT && ps_resources_next(&languages, &id, &offset); i++) {
        found->language = (uint16_t)id;
        if ((offset & PS_RESOURCE_FOLDER) != 0 ||
            !ps_resource_data(&driver->image, offset, &found->rva, &found->size))
            continue;
        if (!PS_WITHIN(&driver->bounds, driver_resources, driver->identity.resource_count))
            return true;
        if (!add(driver, found, err))
            return false;
    }
    return true;
}

static bool read_names(ps_driver *driver, uint32_t offset, ps_resource *found, ps_error *err)
{
    ps_resource_folder names = ps_resources_open(&driver->image, offset);
    uint32_t id;

    for (int i = 0; i < NAME_LIMIT && ps_resources_next(&names, &id, &offset); i++) {
        if ((offset & PS_RESOURCE_FOLDER) == 0 ||
            ps_bounds_met(&driver->bounds, PS_LIMIT(driver_resources)))
            continue;
        found->name = (id & PS_RESOURCE_FOLDER) != 0 ? own_name(driver, id & ~PS_RESOURCE_FOLDER)
                                                     : ps_arena_print(&driver->arena, "#%u", id);
        if (found->name == NULL)
            return ps_fail_memory(err);
        if (!read_languages(driver, offset & ~PS_RESOURCE_FOLDER, found, err))
            return false;
    }
    return true;
}

bool ps_resources_read(ps_driver *driver, ps_error *err)
{
    ps_resource_folder types = ps_resources_open(&driver->image, 0);
    ps_resource found = {0};
    uint32_t id;
    uint32_t offset;

    if (driver->image.directory[PS_DIRECTORY_RESOURCE].rva == 0)
        return true;
    for (int i = 0; i < TYPE_LIMIT && ps_resources_next(&types, &id, &offset); i++) {
        if ((offset & PS_RESOURCE_FOLDER) == 0)
            continue;
        found.type = type_name(driver, id);
        if (found.type == NULL)
            return ps_fail_memory(err);
        if (!read_names(driver, offset & ~PS_RESOURCE_FOLDER, &found, err))
            return false;
    }
    return true;
}
