/* exports.c - export tables of the modules in a dump. */
#include "dump/exports.h"

#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256 };

/* The three tables that an export directory names, as far as they could be read. */
typedef struct directory {
    uint32_t rva, size;
    uint32_t first_ordinal;
    uint8_t *functions, *names, *ordinals;
    size_t function_count, name_count, ordinal_count;
} directory;

/* --- the tables ------------------------------------------------------------------------------ */

/* Up to count items of item bytes; *count becomes how many are there. */
static bool read_table(ps_space *space, uint64_t address, size_t item, size_t *count,
                       uint8_t **table, ps_read_status *status)
{
    size_t got = 0;
    ps_read_status here;

    if (*count == 0)
        return true;
    *table = ps_alloc(0, *count, item);
    if (*table == NULL)
        return false;
    here = ps_space_read(space, address, *table, *count * item, &got);
    if (here != PS_READ_OK)
        *status = here;
    *count = got / item;
    return true;
}

static size_t bounded(ps_space *space, uint32_t count)
{
    ps_bounds *bounds = &space->file->bounds;

    if (count <= bounds->of.dump_exports)
        return count;
    (void)ps_bounds_meet(bounds, PS_LIMIT(dump_exports));
    return (size_t)bounds->of.dump_exports;
}

static bool read_directory(ps_space *space, const ps_loaded_image *image, directory *d,
                           ps_read_status *status)
{
    uint8_t bytes[40];
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
    uint32_t functions;
    uint32_t names;
    uint32_t ordinals;

    d->rva = image->directories[PS_DIRECTORY_EXPORT].rva;
    d->size = image->directories[PS_DIRECTORY_EXPORT].size;
    if (d->rva == 0)
        return true;
    *status = ps_space_take(space, image->base + d->rva, bytes, sizeof bytes);
    if (*status != PS_READ_OK)
        return true;
    ps_skip(&r, 16);
    d->first_ordinal = ps_u32(&r);
    d->function_count = bounded(space, ps_u32(&r));
    d->name_count = bounded(space, ps_u32(&r));
    d->ordinal_count = d->name_count;
    functions = ps_u32(&r);
    names = ps_u32(&r);
    ordinals = ps_u32(&r);
    return read_table(space, image->base + functions, 4, &d->function_count, &d->functions,
                      status) &&
           read_table(space, image->base + names, 4, &d->name_count, &d->names, status) &&
           read_table(space, image->base + ordinals, 2, &d->ordinal_count, &d->ordinals, status);
}

static uint32_t entry(const uint8_t *table, size_t index, size_t item)
{
    ps_reader r = ps_reader_of(table + index * item, item, 0);

    return (uint32_t)ps_uint(&r, item);
}

/* --- the list -------------------------------------------------------------------------------- */

static bool add(ps_export_table *table, const ps_dump_export *item)
{
    if (!ps_grow((void **)&table->items, &table->capacity, table->count, sizeof *table->items))
        return false;
    table->items[table->count++] = *item;
    return true;
}

/* The name at an address in the arena; *name is NULL where it cannot be read. */
static bool keep_name(ps_exports *exports, ps_space *space, uint64_t address, const char **name,
                      ps_export_table *table)
{
    char text[NAME_SIZE];
    size_t got = 0;
    const ps_read_status status = ps_space_read(space, address, text, sizeof text - 1, &got);

    *name = NULL;
    text[got] = '\0';
    if (strlen(text) == got && status != PS_READ_OK) {
        table->status = status;
        return true;
    }
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7F)
            return true;
    *name = ps_arena_copy(&exports->arena, text, strlen(text));
    return *name != NULL;
}

static bool add_named(ps_exports *exports, ps_space *space, uint64_t base, const directory *d,
                      ps_export_table *table)
{
    const size_t count = d->name_count < d->ordinal_count ? d->name_count : d->ordinal_count;

    for (size_t i = 0; i < count; i++) {
        const uint32_t index = entry(d->ordinals, i, 2);
        ps_dump_export item = {.ordinal = d->first_ordinal + index};
        uint32_t rva;
        if (index >= d->function_count)
            continue;
        rva = entry(d->functions, index, 4);
        item.address = base + rva;
        item.forwarded = rva >= d->rva && rva - d->rva < d->size;
        if (!keep_name(exports, space, base + entry(d->names, i, 4), &item.name, table))
            return false;
        if (item.name != NULL && rva != 0 && !add(table, &item))
            return false;
    }
    return true;
}

static int by_address(const void *a, const void *b)
{
    const ps_dump_export *x = a;
    const ps_dump_export *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool tell(ps_container_file *file)
{
    return !ps_bounds_met(&file->bounds, PS_LIMIT(dump_exports)) ||
           ps_container_limit(file, PS_LIMIT(dump_exports), PS_NOWHERE, NULL);
}

static bool read_exports(ps_exports *exports, ps_kernel *kernel, uint64_t base,
                         ps_export_table *table)
{
    ps_loaded_image image;
    directory d = {0};
    bool done;

    if (!kernel->has_space) {
        table->status = PS_READ_TABLE_MISSING;
        return true;
    }
    table->status = ps_loaded_image_read(&kernel->space, base, &image);
    if (table->status != PS_READ_OK)
        return true;
    done = read_directory(&kernel->space, &image, &d, &table->status) && tell(kernel->file) &&
           add_named(exports, &kernel->space, base, &d, table);
    free(d.functions);
    free(d.names);
    free(d.ordinals);
    if (done && table->count > 1)
        qsort(table->items, table->count, sizeof *table->items, by_address);
    return done;
}

const ps_export_table *ps_exports_of(ps_exports *exports, ps_kernel *kernel, size_t module,
                                     ps_error *err)
{
    ps_export_table *table;

    if (exports->tables == NULL) {
        exports->tables = calloc(kernel->loaded_count + 1, sizeof *exports->tables);
        exports->count = exports->tables != NULL ? kernel->loaded_count : 0;
    }
    if (exports->tables == NULL || module >= exports->count) {
        (void)ps_fail_memory(err);
        return NULL;
    }
    table = &exports->tables[module];
    if (table->tried)
        return table;
    if (!read_exports(exports, kernel, kernel->modules[module].base, table)) {
        free(table->items);
        *table = (ps_export_table){0};
        (void)ps_fail_memory(err);
        return NULL;
    }
    table->tried = true;
    return table;
}

bool ps_exports_at(ps_exports *exports, ps_kernel *kernel, uint64_t address,
                   const ps_dump_export **found, const ps_dump_module **module, ps_error *err)
{
    const ps_export_table *table;
    size_t low = 0;
    size_t high;

    *found = NULL;
    *module = ps_kernel_module_at(kernel, address);
    if (*module == NULL || (*module)->unloaded)
        return true;
    table = ps_exports_of(exports, kernel, (size_t)(*module - kernel->modules), err);
    if (table == NULL)
        return false;
    high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table->items[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < table->count && table->items[low].address == address && !table->items[low].forwarded)
        *found = &table->items[low];
    return true;
}

void ps_exports_free(ps_exports *exports)
{
    for (size_t i = 0; i < exports->count; i++)
        free(exports->tables[i].items);
    free(exports->tables);
    ps_arena_free(&exports->arena);
    *exports = (ps_exports){0};
}
