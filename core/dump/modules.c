/* modules.c - the kernel's list of loaded modules and its memory of unloaded ones. */
#include "base/array.h"
#include "base/encode.h"
#include "dump/kernel.h"
#include "dump/names.h"
#include "dump/strings.h"

#include <stdlib.h>
#include <string.h>

enum { UNLOADED_SLOTS = 50 };

/* Offsets in KLDR_DATA_TABLE_ENTRY, the same in every build from XP on (public symbols), and in the
 * array of unloaded drivers. */
typedef struct layout {
    uint8_t pointer, base, size, path, name, checksum;
    uint8_t unloaded_size, unloaded_start, unloaded_time;
} layout;

static const layout wide = {8, 0x30, 0x40, 0x48, 0x58, 0x78, 0x28, 0x10, 0x20};
static const layout narrow = {4, 0x18, 0x20, 0x24, 0x2C, 0x40, 0x18, 0x08, 0x10};

static const layout *layout_of(const ps_kernel *kernel)
{
    return ps_space_pointer(&kernel->space) == 8 ? &wide : &narrow;
}

/* --- lists ----------------------------------------------------------------------------------- */

static bool append(ps_kernel *kernel, const ps_dump_module *module, ps_error *err)
{
    if (module->name == NULL || !ps_grow((void **)&kernel->modules, &kernel->module_capacity,
                                         kernel->module_count, sizeof *kernel->modules))
        return ps_fail_memory(err);
    kernel->modules[kernel->module_count++] = *module;
    return true;
}

static bool take_triage(ps_kernel *kernel, ps_error *err)
{
    const ps_triage *lists = &kernel->file->triage;

    for (size_t i = 0; i < lists->driver_count; i++) {
        const ps_triage_driver *driver = &lists->drivers[i];
        const ps_dump_module module = {.name = ps_base_name(driver->name),
                                       .path = driver->name,
                                       .base = driver->base,
                                       .size = driver->size,
                                       .timestamp = driver->timestamp,
                                       .checksum = driver->checksum,
                                       .unloaded_time = PS_NO_TIME};
        if (!append(kernel, &module, err))
            return false;
    }
    kernel->loaded_count = kernel->module_count;
    for (size_t i = 0; i < lists->unloaded_count; i++) {
        const ps_triage_unloaded *driver = &lists->unloaded[i];
        const ps_dump_module module = {.name = driver->name,
                                       .path = driver->name,
                                       .base = driver->start,
                                       .size = driver->end - driver->start,
                                       .unloaded = true,
                                       .unloaded_time = PS_NO_TIME};
        if (!append(kernel, &module, err))
            return false;
    }
    return true;
}

/* The link time stands in the image itself; 0 where its header is not in the dump. */
static uint32_t read_timestamp(ps_kernel *kernel, uint64_t base)
{
    uint64_t header = 0;
    uint64_t value = 0;

    if (ps_space_uint(&kernel->space, base + 0x3C, 4, &header) != PS_READ_OK || header > 0x1000 ||
        ps_space_uint(&kernel->space, base + header, 4, &value) != PS_READ_OK || value != 0x4550 ||
        ps_space_uint(&kernel->space, base + header + 8, 4, &value) != PS_READ_OK)
        return 0;
    return (uint32_t)value;
}

static bool add_loaded(ps_kernel *kernel, uint64_t entry, ps_error *err)
{
    const layout *is = layout_of(kernel);
    ps_dump_module module = {.unloaded_time = PS_NO_TIME};
    uint64_t value = 0;

    (void)ps_space_address(&kernel->space, entry + is->base, &module.base);
    (void)ps_space_uint(&kernel->space, entry + is->size, 4, &module.size);
    (void)ps_space_uint(&kernel->space, entry + is->checksum, 4, &value);
    module.checksum = (uint32_t)value;
    module.timestamp = read_timestamp(kernel, module.base);
    module.path = ps_read_string(kernel, entry + is->path);
    module.name = ps_read_string(kernel, entry + is->name);
    if (module.path == NULL || module.name == NULL)
        return ps_fail_memory(err);
    if (module.name[0] == '\0')
        module.name = ps_base_name(module.path);
    if (module.path[0] == '\0')
        module.path = module.name;
    return append(kernel, &module, err);
}

static bool say_broken(ps_kernel *kernel, const char *list, ps_read_status status, ps_error *err)
{
    return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                             "%s breaks off after %zu entries: the next is %s", list,
                             kernel->module_count - kernel->loaded_count,
                             ps_read_status_text(status));
}

/* Entries point back at those before them: where one does not, the list is not what it was. */
static bool walk_loaded(ps_kernel *kernel, uint64_t head, ps_error *err)
{
    uint64_t before = head;
    uint64_t entry;
    ps_read_status status = ps_space_address(&kernel->space, head, &entry);

    for (unsigned i = 0; status == PS_READ_OK && entry != head; i++) {
        uint64_t back;
        if (!PS_WITHIN(&kernel->file->bounds, dump_modules, i))
            return ps_container_limit(kernel->file, PS_LIMIT(dump_modules), PS_NOWHERE, err);
        status = ps_space_address(&kernel->space, entry + layout_of(kernel)->pointer, &back);
        if (status == PS_READ_OK && back != before) {
            return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                     "the list of loaded modules is broken at 0x%llx",
                                     (unsigned long long)entry);
        }
        if (status != PS_READ_OK)
            break;
        if (!add_loaded(kernel, entry, err))
            return false;
        before = entry;
        status = ps_space_address(&kernel->space, entry, &entry);
    }
    return status == PS_READ_OK || say_broken(kernel, "the list of loaded modules", status, err);
}

static bool add_unloaded(ps_kernel *kernel, uint64_t entry, ps_error *err)
{
    const layout *is = layout_of(kernel);
    ps_dump_module module = {.unloaded = true, .unloaded_time = PS_NO_TIME};
    uint64_t end = 0;
    uint64_t time = 0;

    if (ps_space_address(&kernel->space, entry + is->unloaded_start, &module.base) != PS_READ_OK ||
        module.base == 0)
        return true;
    (void)ps_space_address(&kernel->space, entry + is->unloaded_start + is->pointer, &end);
    (void)ps_space_uint(&kernel->space, entry + is->unloaded_time, 8, &time);
    if (end > module.base)
        module.size = end - module.base;
    (void)ps_filetime(time, &module.unloaded_time);
    module.name = module.path = ps_read_string(kernel, entry);
    return append(kernel, &module, err);
}

/* A variable that the debugger data name, or symbols where those cannot be read. */
static ps_read_status read_variable(ps_kernel *kernel, size_t field, const char *name, size_t size,
                                    uint64_t *value)
{
    *value = 0;
    if (ps_kdbg_field(&kernel->kdbg, field) != 0)
        return ps_kdbg_value(kernel, field, size, value);
    return ps_kernel_value(kernel, name, size, value);
}

/* A ring of fifty; the newest first. */
static bool walk_unloaded(ps_kernel *kernel, ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t array = 0;
    uint64_t last = 0;

    if (read_variable(kernel, PS_KDBG_UNLOADED, "MmUnloadedDrivers", pointer, &array) !=
            PS_READ_OK ||
        array == 0)
        return true;
    if (pointer == 4)
        array = (uint64_t)(int64_t)(int32_t)(uint32_t)array;
    (void)read_variable(kernel, PS_KDBG_LAST_UNLOADED, "MmLastUnloadedDriver", 4, &last);
    for (uint64_t i = 0; i < UNLOADED_SLOTS; i++) {
        const uint64_t slot = (last % UNLOADED_SLOTS + UNLOADED_SLOTS - 1 - i) % UNLOADED_SLOTS;
        if (!add_unloaded(kernel, array + slot * layout_of(kernel)->unloaded_size, err))
            return false;
    }
    return true;
}

bool ps_modules_walk(ps_kernel *kernel, ps_error *err)
{
    uint64_t head = kernel->file->facts.loaded_modules;

    if (kernel->file->facts.container == PS_CONTAINER_TRIAGE)
        return take_triage(kernel, err);
    if (head == 0)
        head = ps_kdbg_field(&kernel->kdbg, PS_KDBG_LOADED_MODULES);
    if (!kernel->has_space || head == 0)
        return true;
    if (kernel->module_count > kernel->loaded_count)
        return true;
    if (kernel->loaded_count == 0 && !walk_loaded(kernel, head, err))
        return false;
    kernel->loaded_count = kernel->module_count;
    return walk_unloaded(kernel, err);
}

const ps_dump_module *ps_kernel_module_at(const ps_kernel *kernel, uint64_t address)
{
    for (size_t i = 0; i < kernel->module_count; i++) {
        const ps_dump_module *module = &kernel->modules[i];
        if (address >= module->base && address - module->base < module->size)
            return module;
    }
    return NULL;
}
