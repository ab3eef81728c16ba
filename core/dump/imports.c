/* imports.c - import tables of modules as they lie in memory.
 *
 * The descriptors stand in pages that the kernel gives back once a driver runs: then the import
 * address table alone is left, and its slots are named by the exports that they point at.
 */
#include "dump/imports.h"

#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    DESCRIPTOR = 20,
    DESCRIPTOR_LIMIT = 512,
    NAME_SIZE = 128,
    TABLE_LIMIT = 1 << 20,
    SCAN_LIMIT = 64 << 20,
    BUFFER = 1 << 12,
};

typedef struct walk {
    ps_dump *dump;
    ps_space *space;
    const ps_loaded_image *image;
    unsigned pointer;
    ps_dump_imports *imports;
} walk;

/* --- descriptors ----------------------------------------------------------------------------- */

/* Printable text at an RVA; "" where none is. */
static void read_text(const walk *w, uint32_t rva, char text[NAME_SIZE])
{
    size_t got = 0;

    (void)ps_space_read(w->space, w->image->base + rva, text, NAME_SIZE - 1, &got);
    text[got] = '\0';
    if (strlen(text) == got)
        text[0] = '\0';
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7F)
            text[0] = '\0';
}

static bool append(const walk *w, const ps_dump_import *item, ps_error *err)
{
    ps_dump_imports *imports = w->imports;

    if (!PS_WITHIN(&w->dump->file.bounds, dump_imports, imports->count)) {
        imports->cut = true;
        return ps_container_limit(&w->dump->file, PS_LIMIT(dump_imports), PS_NOWHERE, err);
    }
    if (!ps_grow((void **)&imports->items, &imports->capacity, imports->count,
                 sizeof *imports->items))
        return ps_fail_memory(err);
    imports->items[imports->count++] = *item;
    return true;
}

/* A thunk's name or ordinal; false where it is neither. */
static bool name_thunk(const walk *w, uint64_t thunk, ps_dump_import *item, bool *memory)
{
    const uint64_t by_ordinal = UINT64_C(1) << (w->pointer * 8 - 1);
    char text[NAME_SIZE];

    if ((thunk & by_ordinal) != 0) {
        item->ordinal = (uint32_t)(thunk & 0xFFFF);
        return true;
    }
    if (thunk >= w->image->image_size)
        return false;
    read_text(w, (uint32_t)thunk + 2, text);
    if (text[0] == '\0')
        return false;
    item->name = ps_arena_copy(&w->imports->arena, text, strlen(text));
    *memory = item->name != NULL;
    return *memory;
}

/* The slots of one descriptor.  *sound: all of it could be believed. */
static bool add_thunks(const walk *w, const char *dll, uint32_t names, uint32_t slots, bool *sound,
                       ps_error *err)
{
    for (uint32_t i = 0; !w->imports->cut; i++) {
        const uint64_t at = (uint64_t)i * w->pointer;
        ps_dump_import item = {.dll = dll, .slot = w->image->base + slots + at};
        uint64_t thunk;
        bool memory = true;
        if (ps_space_uint(w->space, w->image->base + names + at, w->pointer, &thunk) != PS_READ_OK)
            *sound = false;
        if (!*sound || thunk == 0)
            return true;
        if (!name_thunk(w, thunk, &item, &memory)) {
            *sound = false;
            return memory || ps_fail_memory(err);
        }
        item.status = ps_space_address(w->space, item.slot, &item.target);
        if (!append(w, &item, err))
            return false;
    }
    return true;
}

/* Every descriptor, or none of them: *sound tells which. */
static bool walk_descriptors(const walk *w, bool *sound, ps_error *err)
{
    const uint32_t first = w->image->directories[PS_DIRECTORY_IMPORT].rva;

    *sound = first != 0;
    for (uint32_t i = 0; *sound && i < DESCRIPTOR_LIMIT; i++) {
        uint8_t bytes[DESCRIPTOR];
        ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
        char text[NAME_SIZE];
        const char *dll;
        uint32_t names;
        uint32_t name;
        uint32_t slots;
        const ps_read_status status = ps_space_take(
            w->space, w->image->base + first + (uint64_t)i * DESCRIPTOR, bytes, sizeof bytes);
        if (status != PS_READ_OK) {
            w->imports->missing = status;
            *sound = false;
            return true;
        }
        names = ps_u32(&r);
        ps_skip(&r, 8);
        name = ps_u32(&r);
        slots = ps_u32(&r);
        if (name == 0 && slots == 0)
            break;
        read_text(w, name, text);
        *sound = text[0] != '\0' && names != 0 && slots < w->image->image_size;
        if (!*sound)
            return true;
        dll = ps_arena_copy(&w->imports->arena, text, strlen(text));
        if (dll == NULL)
            return ps_fail_memory(err);
        if (!add_thunks(w, dll, names, slots, sound, err))
            return false;
    }
    *sound = *sound && w->imports->count > 0;
    return true;
}

/* --- slots ----------------------------------------------------------------------------------- */

/* One word of a table; only one that is an export where the table is only supposed to be there. */
static bool add_slot(const walk *w, uint64_t slot, uint64_t target, bool exports_only,
                     ps_error *err)
{
    ps_dump_import item = {.slot = slot, .target = target};
    const ps_dump_export *found;
    const ps_dump_module *module;

    if (!ps_exports_at(&w->dump->exports, &w->dump->kernel, target, &found, &module, err))
        return false;
    if (found == NULL && exports_only)
        return true;
    if (module != NULL && module->base == w->image->base)
        return true;
    item.name = found != NULL ? found->name : NULL;
    item.dll = module != NULL ? module->name : NULL;
    return append(w, &item, err);
}

static bool add_words(const walk *w, uint64_t address, uint64_t size, bool exports_only,
                      ps_error *err)
{
    uint8_t buffer[BUFFER];

    for (uint64_t done = 0; done < size && !w->imports->cut; done += BUFFER) {
        const size_t part = size - done < BUFFER ? (size_t)(size - done) : BUFFER;
        size_t got = 0;
        const ps_read_status status = ps_space_read(w->space, address + done, buffer, part, &got);
        ps_reader r = ps_reader_of(buffer, got, 0);
        if (status != PS_READ_OK)
            w->imports->missing = status;
        for (size_t at = 0; at + w->pointer <= got; at += w->pointer) {
            uint64_t target = ps_uint(&r, w->pointer);
            if (w->pointer == 4)
                target = (uint64_t)(int64_t)(int32_t)(uint32_t)target;
            if (target != 0 && !add_slot(w, address + done + at, target, exports_only, err))
                return false;
        }
    }
    return true;
}

static bool walk_slots(const walk *w, ps_error *err)
{
    const uint32_t rva = w->image->directories[PS_DIRECTORY_IAT].rva;
    const uint32_t size = w->image->directories[PS_DIRECTORY_IAT].size;

    w->imports->count = 0;
    w->imports->cut = false;
    if (rva != 0 && size != 0 && size <= TABLE_LIMIT) {
        w->imports->source = PS_IMPORTS_TABLE;
        return add_words(w, w->image->base + rva, size, false, err);
    }
    w->imports->source = PS_IMPORTS_SCAN;
    for (size_t i = 0; i < w->image->section_count; i++) {
        const ps_loaded_section *section = &w->image->sections[i];
        const uint64_t start = (section->rva + (uint64_t)w->pointer - 1) / w->pointer * w->pointer;
        if (section->size <= SCAN_LIMIT &&
            !add_words(w, w->image->base + start, section->size, true, err))
            return false;
    }
    return true;
}

/* --- both ------------------------------------------------------------------------------------ */

static bool read_imports(ps_dump *dump, uint64_t base, ps_dump_imports *imports, ps_error *err)
{
    ps_loaded_image image;
    walk w = {dump, &dump->kernel.space, &image, 0, imports};
    ps_read_status status = PS_READ_TABLE_MISSING;
    bool sound;

    if (dump->kernel.has_space)
        status = ps_loaded_image_read(w.space, base, &image);
    if (status != PS_READ_OK)
        return ps_fail(err, PS_EFORMAT, base, "the header of the module is %s",
                       ps_read_status_text(status));
    w.pointer = ps_space_pointer(w.space);
    if (!walk_descriptors(&w, &sound, err))
        return false;
    if (sound) {
        imports->missing = PS_READ_OK;
        return true;
    }
    return walk_slots(&w, err);
}

bool ps_dump_imports_open(ps_dump_imports **out, ps_dump *dump, uint64_t base, ps_error *err)
{
    ps_dump_imports *imports = calloc(1, sizeof *imports);

    *out = NULL;
    if (imports == NULL)
        return ps_fail_memory(err);
    if (!read_imports(dump, base, imports, err)) {
        ps_dump_imports_close(imports);
        return false;
    }
    *out = imports;
    return true;
}

void ps_dump_imports_close(ps_dump_imports *imports)
{
    if (imports == NULL)
        return;
    free(imports->items);
    ps_arena_free(&imports->arena);
    free(imports);
}

size_t ps_dump_imports_count(const ps_dump_imports *imports) { return imports->count; }

const ps_dump_import *ps_dump_imports_at(const ps_dump_imports *imports, size_t index)
{
    return index < imports->count ? &imports->items[index] : NULL;
}

ps_import_source ps_dump_imports_source(const ps_dump_imports *imports, ps_read_status *missing)
{
    *missing = imports->missing;
    return imports->source;
}
