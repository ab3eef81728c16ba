/* rebuild.c - a driver as it lies in memory, written back as a file.
 *
 * The file's sections lie where they lie in memory.  Where the import descriptors are gone, new
 * ones are put behind the last section: the slots still tell what was imported.
 */
#include "dump/imports.h"

#include "base/array.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { HEADERS = 0x1000 };

typedef struct rebuild {
    ps_dump *dump;
    ps_loaded_image image;
    uint8_t *bytes;
    size_t size, capacity; /* what is used, and what bytes holds */
    size_t optional;       /* offset of the optional header */
    unsigned pointer;
    ps_dump_file *out;
} rebuild;

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> i * 8);
}

static uint32_t get(const uint8_t *at, size_t size)
{
    uint32_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)at[i] << i * 8;
    return value;
}

/* --- the image ------------------------------------------------------------------------------- */

static bool is_discardable(const rebuild *b, uint64_t rva)
{
    for (size_t i = 0; i < b->image.section_count; i++) {
        const ps_loaded_section *section = &b->image.sections[i];
        if (rva >= section->rva && rva - section->rva < section->size)
            return (section->flags & PS_SECTION_DISCARD) != 0;
    }
    return false;
}

/* Page by page: what is missing stays zero and is counted. */
static bool read_pages(rebuild *b, ps_error *err)
{
    ps_space *space = &b->dump->kernel.space;

    for (uint64_t rva = 0; rva < b->image.image_size; rva += PS_FRAME_SIZE) {
        const uint64_t left = b->image.image_size - rva;
        const size_t part = left < PS_FRAME_SIZE ? (size_t)left : PS_FRAME_SIZE;
        size_t got = 0;
        const ps_read_status status =
            ps_space_read(space, b->image.base + rva, b->bytes + rva, part, &got);
        if (status == PS_READ_OK)
            continue;
        if (rva == 0)
            return ps_fail(err, PS_EFORMAT, b->image.base, "the header of the module is %s",
                           ps_read_status_text(status));
        b->out->missing_status = status;
        if (is_discardable(b, rva))
            b->out->discarded_pages++;
        else
            b->out->missing_pages++;
    }
    return true;
}

/* Sections begin in the file where they begin in memory, and the image lies where it lay. */
static void place_sections(rebuild *b)
{
    uint8_t *optional = b->bytes + b->optional;
    uint8_t *section = optional + get(optional - 4, 2);

    if (b->image.wide)
        put(optional + 0x18, b->image.base, 8);
    else
        put(optional + 0x1C, b->image.base, 4);
    put(optional + 0x24, get(optional + 0x20, 4), 4);
    for (size_t i = 0; i < b->image.section_count; i++, section += 40) {
        const uint64_t rva = b->image.sections[i].rva;
        uint64_t size = b->image.sections[i].size;
        if (rva >= b->image.image_size)
            size = 0;
        else if (size > b->image.image_size - rva)
            size = b->image.image_size - rva;
        put(section + 16, size, 4);
        put(section + 20, rva, 4);
    }
}

/* --- imports --------------------------------------------------------------------------------- */

/* Room for size zero bytes at the end; their offset, which is their RVA too. */
static bool reserve(rebuild *b, size_t size, size_t *at)
{
    size = (size + 7) & ~(size_t)7;
    if (size > b->capacity - b->size)
        return false;
    *at = b->size;
    b->size += size;
    return true;
}

/* Slots from first on that lie back to back and are of one module and named. */
static size_t group_at(const ps_dump_imports *imports, size_t first, unsigned pointer)
{
    size_t count = 0;

    while (first + count < imports->count) {
        const ps_dump_import *item = &imports->items[first + count];
        const ps_dump_import *head = &imports->items[first];
        if (item->name == NULL || strcmp(item->dll, head->dll) != 0 ||
            item->slot != head->slot + count * pointer)
            break;
        count++;
    }
    return count;
}

static bool put_group(rebuild *b, const ps_dump_import *items, size_t count, uint8_t *descriptor)
{
    size_t names;
    size_t dll;

    if (!reserve(b, (count + 1) * b->pointer, &names) || !reserve(b, strlen(items->dll) + 1, &dll))
        return false;
    memcpy(b->bytes + dll, items->dll, strlen(items->dll));
    for (size_t i = 0; i < count; i++) {
        size_t name;
        if (!reserve(b, strlen(items[i].name) + 3, &name))
            return false;
        memcpy(b->bytes + name + 2, items[i].name, strlen(items[i].name));
        put(b->bytes + names + i * b->pointer, name, b->pointer);
    }
    put(descriptor, names, 4);
    put(descriptor + 12, dll, 4);
    put(descriptor + 16, items->slot - b->image.base, 4);
    return true;
}

/* What new tables may need at most. */
static size_t room_for(const ps_dump_imports *imports)
{
    size_t room = HEADERS;

    for (size_t i = 0; i < imports->count; i++) {
        const ps_dump_import *item = &imports->items[i];
        if (item->name != NULL)
            room += strlen(item->name) + strlen(item->dll) + 96;
    }
    return room;
}

/* The last section reaches to the end of what was added. */
static void widen_last_section(rebuild *b)
{
    uint8_t *optional = b->bytes + b->optional;
    uint8_t *section = optional + get(optional - 4, 2) + (b->image.section_count - 1) * 40;
    const uint32_t size = (uint32_t)(b->size - b->image.sections[b->image.section_count - 1].rva);

    put(section + 8, size, 4);
    put(section + 16, size, 4);
    put(optional + 0x38, b->size, 4);
}

static void put_imports(rebuild *b, const ps_dump_imports *imports)
{
    const size_t directory = b->optional + (b->image.wide ? 0x78 : 0x68);
    size_t descriptors;
    size_t groups = 0;

    for (size_t i = 0; i < imports->count;) {
        const size_t count = group_at(imports, i, b->pointer);
        groups += count > 0;
        i += count > 0 ? count : 1;
    }
    if (groups == 0 || !reserve(b, (groups + 1) * 20, &descriptors))
        return;
    groups = 0;
    for (size_t i = 0; i < imports->count;) {
        const size_t count = group_at(imports, i, b->pointer);
        if (count > 0 &&
            put_group(b, &imports->items[i], count, b->bytes + descriptors + groups * 20)) {
            groups++;
            b->out->rebuilt_imports += count;
        }
        i += count > 0 ? count : 1;
    }
    put(b->bytes + directory, descriptors, 4);
    put(b->bytes + directory + 4, (groups + 1) * 20, 4);
    widen_last_section(b);
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool find_headers(rebuild *b, ps_error *err)
{
    const uint32_t header = get(b->bytes + 0x3C, 4);

    b->optional = (size_t)header + 24;
    if (header >= HEADERS - 0x200 || b->image.section_count == 0 ||
        b->optional + get(b->bytes + header + 20, 2) + b->image.section_count * 40 > HEADERS ||
        b->image.image_size < HEADERS)
        return ps_fail(err, PS_EFORMAT, b->image.base, "the header of the module is damaged");
    return true;
}

static bool make(rebuild *b, const ps_dump_imports *imports, ps_error *err)
{
    const bool gone = imports->source != PS_IMPORTS_DESCRIPTORS;

    b->size = b->image.image_size;
    b->capacity = b->size + (gone ? room_for(imports) : 0);
    b->bytes = calloc(b->capacity, 1);
    if (b->bytes == NULL)
        return ps_fail_memory(err);
    if (!read_pages(b, err) || !find_headers(b, err))
        return false;
    place_sections(b);
    if (gone)
        put_imports(b, imports);
    return true;
}

bool ps_dump_file_open(ps_dump *dump, uint64_t base, ps_dump_file *file, ps_error *err)
{
    rebuild b = {.dump = dump, .out = file};
    ps_dump_imports *imports;
    ps_read_status status = PS_READ_TABLE_MISSING;

    *file = (ps_dump_file){0};
    if (dump->kernel.has_space)
        status = ps_loaded_image_read(&dump->kernel.space, base, &b.image);
    if (status != PS_READ_OK)
        return ps_fail(err, PS_EFORMAT, base, "the header of the module is %s",
                       ps_read_status_text(status));
    if (b.image.image_size > dump->file.bounds.of.dump_image_bytes)
        return ps_bounds_fail(&dump->file.bounds, PS_LIMIT(dump_image_bytes), base, err);
    b.pointer = ps_space_pointer(&dump->kernel.space);
    if (!ps_dump_imports_open(&imports, dump, base, err))
        return false;
    if (!make(&b, imports, err)) {
        free(b.bytes);
        ps_dump_imports_close(imports);
        return false;
    }
    ps_dump_imports_close(imports);
    file->bytes = b.bytes;
    file->size = b.size;
    return true;
}

void ps_dump_file_close(ps_dump_file *file)
{
    if (file == NULL)
        return;
    free(file->bytes);
    *file = (ps_dump_file){0};
}
