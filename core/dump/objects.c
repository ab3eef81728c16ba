/* objects.c - types of objects, how many objects of each there are, and the tag of their memory. */
#include "base/array.h"
#include "base/error.h"
#include "dump/lists.h"
#include "dump/offsets.h"
#include "dump/strings.h"

#include <stdlib.h>

enum { INDEX_LIMIT = 256, LIST_LIMIT = 256, COUNT_LIMIT = 1 << 28, OBP_TYPE_TYPE = 0xA0 };

/* What stands in the second slot of the array of types. */
#define NO_TYPE UINT64_C(0xFFFFFFFFBAD0B0B0)

typedef struct layout {
    uint64_t list, name, objects, handles, peak_objects, peak_handles, key;
} layout;

/* Variables that kernels of every build export: each points at a type. */
static const char *const exported[] = {
    "PsProcessType",
    "PsThreadType",
    "PsJobType",
    "IoFileObjectType",
    "IoDriverObjectType",
    "IoDeviceObjectType",
    "IoAdapterObjectType",
    "ExEventObjectType",
    "ExSemaphoreObjectType",
    "ExMutantObjectType",
    "ExTimerObjectType",
    "ExDesktopObjectType",
    "ExWindowStationObjectType",
    "MmSectionObjectType",
    "SeTokenObjectType",
    "CmKeyObjectType",
    "LpcPortObjectType",
    "LpcWaitablePortObjectType",
    "AlpcPortObjectType",
    "TmTransactionObjectType",
    "TmTransactionManagerObjectType",
    "TmEnlistmentObjectType",
    "TmResourceManagerObjectType",
    "ExCompositionObjectType",
};

static bool has_type(const ps_type_list *list, uint64_t address)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].address == address)
            return true;
    return false;
}

static bool is_tag(uint64_t key)
{
    for (int i = 0; i < 4; i++, key >>= 8)
        if ((key & 0x7F) < ' ' || (key & 0x7F) > '~')
            return false;
    return true;
}

static ps_read_status take_counts(ps_kernel *kernel, const layout *is, ps_dump_type *type)
{
    const struct {
        uint64_t offset;
        uint32_t *value;
    } fields[] = {{is->objects, &type->objects},
                  {is->handles, &type->handles},
                  {is->peak_objects, &type->peak_objects},
                  {is->peak_handles, &type->peak_handles},
                  {is->key, &type->tag}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t value;
        const ps_read_status status =
            ps_space_uint(&kernel->space, type->address + fields[i].offset, 4, &value);
        if (status != PS_READ_OK)
            return status;
        *fields[i].value = (uint32_t)value;
    }
    return PS_READ_OK;
}

static bool say_missing(ps_kernel *kernel, uint64_t address, ps_read_status status, ps_error *err)
{
    return ps_container_note(kernel->file, PS_FLAGGED, PS_NOWHERE, err,
                             "the type of objects at 0x%llx is %s", (unsigned long long)address,
                             ps_read_status_text(status));
}

/* What does not look like a type is passed over: *took tells. */
static bool add_type(ps_type_list *list, ps_kernel *kernel, const layout *is, uint64_t address,
                     bool *took, ps_error *err)
{
    ps_dump_type type = {.address = address};
    ps_read_status status;

    *took = false;
    if (!ps_is_kernel_address(&kernel->space, address) || address % 4 != 0 ||
        has_type(list, address))
        return true;
    status = take_counts(kernel, is, &type);
    if (status != PS_READ_OK)
        return address == NO_TYPE || say_missing(kernel, address, status, err);
    if (!is_tag(type.tag) || type.objects > COUNT_LIMIT || type.objects > type.peak_objects ||
        type.peak_handles > COUNT_LIMIT)
        return true;
    type.name = ps_read_string(kernel, address + is->name);
    if (type.name == NULL)
        return ps_fail_memory(err);
    if (type.name[0] == '\0')
        return true;
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = type;
    *took = true;
    return true;
}

/* By symbols: an array of pointers, whose first slots may hold what is no type. */
static bool add_array(ps_type_list *list, ps_kernel *kernel, const layout *is, const char *name,
                      ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t array;

    if (!ps_kernel_symbol(kernel, name, &array))
        return true;
    for (uint64_t i = 0; i < INDEX_LIMIT; i++) {
        uint64_t address;
        bool took;
        if (ps_space_address(&kernel->space, array + i * pointer, &address) != PS_READ_OK)
            break;
        if (!add_type(list, kernel, is, address, &took, err))
            return false;
        if (i >= 2 && !took && !has_type(list, address))
            break;
    }
    return true;
}

static bool add_exported(ps_type_list *list, ps_kernel *kernel, const layout *is, ps_error *err)
{
    for (size_t i = 0; i < sizeof exported / sizeof exported[0]; i++) {
        uint64_t variable;
        uint64_t address;
        bool took;
        if (!ps_kernel_symbol(kernel, exported[i], &variable) ||
            ps_space_address(&kernel->space, variable, &address) != PS_READ_OK)
            continue;
        if (!add_type(list, kernel, is, address, &took, err))
            return false;
    }
    return true;
}

/* The type of types keeps a list of its objects, through a part that lies before their headers; that
 * it has this size is recalled, so an entry counts only if it looks like a type. */
static bool add_listed(ps_type_list *list, ps_kernel *kernel, const layout *is, ps_error *err)
{
    const uint64_t before = ps_space_pointer(&kernel->space) == 8 ? 0x20 + 0x30 : 0x10 + 0x18;
    uint64_t variable = ps_kdbg_field(&kernel->kdbg, OBP_TYPE_TYPE);
    uint64_t entry;
    uint64_t type;
    uint64_t head;

    if (!ps_kernel_symbol(kernel, "ObpTypeObjectType", &variable) && variable == 0)
        return true;
    if (ps_space_address(&kernel->space, variable, &type) != PS_READ_OK || type == 0)
        return true;
    head = type + is->list;
    if (ps_space_address(&kernel->space, head, &entry) != PS_READ_OK)
        return true;
    for (int i = 0; i < LIST_LIMIT && entry != head; i++) {
        bool took;
        if (!add_type(list, kernel, is, entry + before, &took, err))
            return false;
        if (ps_space_address(&kernel->space, entry, &entry) != PS_READ_OK)
            break;
    }
    return true;
}

static bool read_all(ps_type_list *list, ps_kernel *kernel, ps_error *err)
{
    layout is;
    const ps_offset_want wants[] = {
        {"TypeList", &is.list, false},
        {"Name", &is.name, false},
        {"TotalNumberOfObjects", &is.objects, false},
        {"TotalNumberOfHandles", &is.handles, false},
        {"HighWaterNumberOfObjects", &is.peak_objects, false},
        {"HighWaterNumberOfHandles", &is.peak_handles, false},
        {"Key", &is.key, false},
    };

    if (!ps_offsets(kernel, "_OBJECT_TYPE", wants, sizeof wants / sizeof wants[0], err) ||
        !add_array(list, kernel, &is, "ObTypeIndexTable", err) ||
        !add_array(list, kernel, &is, "ObpObjectTypes", err) ||
        !add_listed(list, kernel, &is, err) || !add_exported(list, kernel, &is, err))
        return false;
    return list->count != 0 || ps_symbols_needed(kernel, "the table of object types", err);
}

bool ps_types_read(ps_type_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_type_list found = {.known = true};

    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    if (kernel->file->facts.container == PS_CONTAINER_TRIAGE)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "a triage dump holds no types of objects: a kernel dump does");
    if (read_all(&found, kernel, err)) {
        *list = found;
        return true;
    }
    free(found.items);
    return false;
}
