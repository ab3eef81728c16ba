/* query.c - what a debugger asks of a dump: translations, images, names of addresses. */
#include "dump/dump.h"

#include <string.h>

ps_read_status ps_dump_translate(ps_dump *dump, uint64_t address, ps_dump_translation *to)
{
    ps_trail trail = {.count = 0};
    ps_read_status status;
    uint64_t offset;
    uint64_t size;

    memset(to, 0, sizeof *to);
    if (!dump->kernel.has_space || dump->kernel.space.paging == PS_PAGING_PIECES)
        return PS_READ_TABLE_MISSING;
    status = ps_space_translate(&dump->kernel.space, address, &to->physical, &trail);
    to->count = trail.count;
    for (unsigned i = 0; i < trail.count; i++) {
        to->entries[i].address = trail.entries[i].address;
        to->entries[i].value = trail.entries[i].value;
    }
    to->page_size = trail.page_size;
    to->transition = trail.transition;
    to->prototype = trail.prototype;
    to->held = status == PS_READ_OK &&
               ps_physical_locate(dump->file.physical, to->physical, &offset, &size);
    return status;
}

ps_read_status ps_dump_get_image(ps_dump *dump, uint64_t base, ps_dump_image *out)
{
    ps_loaded_image image;
    ps_loaded_pdb pdb;
    ps_read_status status = PS_READ_TABLE_MISSING;

    memset(out, 0, sizeof *out);
    if (dump->kernel.has_space)
        status = ps_loaded_image_read(&dump->kernel.space, base, &image);
    if (status != PS_READ_OK)
        return status;
    out->wide = image.wide;
    out->machine = image.machine;
    out->timestamp = image.timestamp;
    out->checksum = image.checksum;
    out->image_size = image.image_size;
    out->entry_rva = image.entry_rva;
    for (size_t i = 0; i < PS_DUMP_DIRECTORIES; i++) {
        out->directories[i].rva = image.directories[i].rva;
        out->directories[i].size = image.directories[i].size;
    }
    out->section_count = image.section_count;
    for (size_t i = 0; i < image.section_count; i++) {
        ps_dump_section *section = &out->sections[i];
        memcpy(section->name, image.sections[i].name, sizeof section->name);
        section->rva = image.sections[i].rva;
        section->size = image.sections[i].size;
        section->flags = image.sections[i].flags;
    }
    if (ps_loaded_pdb_read(&dump->kernel.space, &image, &pdb) == PS_READ_OK) {
        memcpy(out->pdb_name, pdb.name, sizeof out->pdb_name);
        memcpy(out->pdb_guid, pdb.guid, sizeof out->pdb_guid);
        out->pdb_age = pdb.age;
    }
    return PS_READ_OK;
}

bool ps_dump_exports(ps_dump *dump, size_t module, const ps_dump_export **items, size_t *count,
                     ps_read_status *status, ps_error *err)
{
    const ps_export_table *table;

    *items = NULL;
    *count = 0;
    *status = PS_READ_OK;
    if (module >= dump->kernel.loaded_count)
        return true;
    table = ps_exports_of(&dump->exports, &dump->kernel, module, err);
    if (table == NULL)
        return false;
    *items = table->items;
    *count = table->count;
    *status = table->status;
    return true;
}

/* The last export at or before an address of its module. */
static const ps_dump_export *nearest_export(const ps_export_table *table, uint64_t address)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table->items[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && table->items[low - 1].forwarded)
        low--;
    while (low > 1 && table->items[low - 2].address == table->items[low - 1].address)
        low--;
    return low > 0 ? &table->items[low - 1] : NULL;
}

bool ps_dump_near(ps_dump *dump, uint64_t address, ps_dump_name *name, ps_error *err)
{
    const ps_kernel *kernel = &dump->kernel;
    const ps_export_table *table;
    const ps_dump_export *found;

    memset(name, 0, sizeof *name);
    name->module = ps_kernel_module_at(kernel, address);
    if (name->module == NULL || name->module->unloaded)
        return true;
    if (address >> 32 == 0 && name->module->base >> 32 != 0)
        address |= name->module->base >> 32 << 32;
    table =
        ps_exports_of(&dump->exports, &dump->kernel, (size_t)(name->module - kernel->modules), err);
    if (table == NULL)
        return false;
    found = nearest_export(table, address);
    if (found != NULL) {
        name->name = found->name;
        name->address = found->address;
    }
    if (kernel->pdb != NULL && name->module->base == kernel->image.base) {
        uint32_t rva = 0;
        const char *public_name =
            ps_pdb_nearest(kernel->pdb, (uint32_t)(address - kernel->image.base), &rva);
        if (public_name != NULL &&
            (name->name == NULL || kernel->image.base + rva > name->address)) {
            name->name = public_name;
            name->address = kernel->image.base + rva;
        }
    }
    return true;
}

bool ps_dump_public_at(const ps_dump *dump, size_t index, const char **name, uint64_t *address)
{
    uint32_t rva;

    if (dump->kernel.pdb == NULL || dump->kernel.image.base == 0 ||
        !ps_pdb_symbol_at(dump->kernel.pdb, index, name, &rva))
        return false;
    *address = dump->kernel.image.base + rva;
    return true;
}
