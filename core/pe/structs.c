/* structs.c - tags that stand in a structure which an argument points to.
 *
 *                                    32-bit  64-bit
 *   NET_BUFFER_LIST_POOL_PARAMETERS       8       8
 *   NET_BUFFER_POOL_PARAMETERS            4       4
 *   NDIS_TIMER_CHARACTERISTICS            4       4
 *   WDF_DRIVER_CONFIG                    16      28   if its size, at 0, says that it has one
 *   FLT_REGISTRATION                      8       8   the address of a list of contexts, each of
 *                                       28, 56 bytes: type, flags, cleanup, size at 8, 16, tag at
 *                                       12, 24, allocate at 16, 32; type 0xffff ends it
 */
#include "pe/sites.h"

enum { CONTEXT_LIMIT = 32, CONTEXTS_END = 0xffff, VOLUME_CONTEXT = 1 };

#define DEFAULT_TAG UINT32_C(0x206b6444) /* "Ddk " */

typedef struct layout {
    const char *detail;
    uint8_t tag[2]; /* of 32-bit and of 64-bit machines */
} layout;

static const layout layouts[] = {
    [PS_NET_BUFFER_LIST_POOL_PARAMETERS] = {"NET_BUFFER_LIST_POOL_PARAMETERS.PoolTag", {8, 8}},
    [PS_NET_BUFFER_POOL_PARAMETERS] = {"NET_BUFFER_POOL_PARAMETERS.PoolTag", {4, 4}},
    [PS_NDIS_TIMER_CHARACTERISTICS] = {"NDIS_TIMER_CHARACTERISTICS.AllocationTag", {4, 4}},
    [PS_WDF_DRIVER_CONFIG] = {"WDF_DRIVER_CONFIG.DriverPoolTag", {16, 28}},
};

/* What a call can see of memory: the stack, what the function has written to the image, and the
 * image as it is in the file. */
typedef struct view {
    const ps_program *program;
    const ps_frame *state;
    bool changes; /* something read may be written elsewhere */
} view;

static ps_value read_image(view *from, uint32_t rva, unsigned size)
{
    const ps_value written = ps_stack_address(PS_BASE_IMAGE, rva);
    const ps_value value = ps_frame_load(from->state, &written, size);
    const ps_section *section = ps_image_section(from->program->image, rva);
    uint64_t bits;

    if (value.kind != PS_V_UNKNOWN) {
        from->changes = true;
        return value;
    }
    if (section == NULL)
        return ps_unknown(PS_BY_MEMORY);
    from->changes |= ps_section_writes(section);
    if (!ps_image_uint(from->program->image, rva, size, &bits))
        return ps_section_writes(section) ? ps_value_of(PS_V_GLOBAL, rva)
                                          : ps_unknown(PS_BY_MEMORY);
    return ps_const(bits);
}

static ps_value read_at(view *from, const ps_value *address, uint32_t offset, unsigned size)
{
    const ps_value place = ps_step_moved(address, offset);
    uint32_t rva;

    if (place.kind == PS_V_STACK)
        return ps_frame_load(from->state, &place, size);
    if (place.kind == PS_V_CONST && ps_step_rva(from->program, place.u.bits, &rva))
        return read_image(from, rva, size);
    return ps_unknown(PS_BY_MEMORY);
}

/* A pointer in a variable is as the file has it. */
static ps_value settle_pointer(view *from, const ps_value *pointer)
{
    const unsigned width = from->program->machine->width;
    ps_value value;

    if (pointer->kind != PS_V_GLOBAL)
        return *pointer;
    value = read_image(from, (uint32_t)pointer->u.bits, width);
    return value.kind == PS_V_CONST && value.u.bits == 0 ? *pointer : value;
}

static const char *context_name(uint64_t type)
{
    switch (type) {
    case VOLUME_CONTEXT:
        return "FLT_VOLUME_CONTEXT";
    case 2:
        return "FLT_INSTANCE_CONTEXT";
    case 4:
        return "FLT_FILE_CONTEXT";
    case 8:
        return "FLT_STREAM_CONTEXT";
    case 16:
        return "FLT_STREAMHANDLE_CONTEXT";
    case 32:
        return "FLT_TRANSACTION_CONTEXT";
    case 64:
        return "FLT_SECTION_CONTEXT";
    default:
        return "context of a filter";
    }
}

static bool take_context(ps_search *search, view *from, const ps_value *context, uint64_t type,
                         const ps_arguments *whole)
{
    const uint32_t width = search->program.machine->width;
    const ps_value allocate = read_at(from, context, width * 4, width);
    ps_arguments found = *whole;

    found.path = PS_PATH_VALUE;
    found.detail = context_name(type);
    found.size = read_at(from, context, width * 2, width);
    if (found.size.kind == PS_V_CONST &&
        ps_value_low_signed(&found.size, width).u.bits == UINT64_MAX)
        found.size = ps_unknown(PS_BY_MEMORY);
    found.tag = read_at(from, context, width * 3, 4);
    found.doubtful |= from->changes;
    if (allocate.kind == PS_V_CONST && allocate.u.bits != 0)
        found.reason = "allocated by the driver's own callback";
    if (found.tag.kind == PS_V_PARAMETER)
        return ps_sites_take(search, NULL, &found);
    return ps_sites_add(search, &found);
}

static bool take_filter(ps_search *search, view *from, const ps_arguments *whole)
{
    const uint32_t width = search->program.machine->width;
    const uint32_t stride = width * 7;
    const ps_value list = read_at(from, &whole->tag, 8, width);
    ps_arguments found = *whole;

    if (list.kind == PS_V_CONST && list.u.bits == 0)
        return true;
    for (uint32_t i = 0; i < CONTEXT_LIMIT; i++) {
        const ps_value context = ps_step_moved(&list, (int64_t)i * stride);
        const ps_value type = read_at(from, &context, 0, 2);

        if (type.kind == PS_V_CONST && type.u.bits == CONTEXTS_END)
            return true;
        if (type.kind != PS_V_CONST) {
            found.tag = type;
            found.path = PS_PATH_VALUE;
            found.reason = i == 0 ? "contexts of a filter that are made at run time" : NULL;
            return i > 0 || ps_sites_add(search, &found);
        }
        if (!take_context(search, from, &context, type.u.bits, whole))
            return false;
    }
    return true;
}

/* Without a tag of the driver's own the framework makes one of the name of its service. */
static void settle_driver_tag(view *from, const ps_value *config, uint32_t end, ps_arguments *found)
{
    const ps_value size = read_at(from, config, 0, 4);
    const bool old = size.kind == PS_V_CONST && size.u.bits != 0 && size.u.bits < end;

    if (old || (found->tag.kind == PS_V_CONST &&
                (found->tag.u.bits == 0 || found->tag.u.bits == DEFAULT_TAG)))
        found->reason = PS_REASON_SERVICE_NAME;
}

bool ps_structs_take(ps_search *search, const ps_call *call, ps_arguments *found)
{
    view from = {.program = &search->program, .state = call->state};
    const layout *as = &layouts[found->api->structure];
    uint32_t offset = as->tag[search->program.machine->width == 8];
    const ps_value pointer = settle_pointer(&from, &found->tag);
    const uint8_t path = found->path;

    if (path == PS_PATH_STRUCTURE && found->api->structure == PS_FLT_REGISTRATION) {
        found->tag = pointer;
        return take_filter(search, &from, found);
    }
    if (path == PS_PATH_FIELD)
        offset = found->offset;
    else
        found->detail = as->detail;
    found->tag = read_at(&from, &pointer, offset, 4);
    found->path = PS_PATH_VALUE;
    found->doubtful |= from.changes;
    if (path == PS_PATH_STRUCTURE && found->api->structure == PS_WDF_DRIVER_CONFIG)
        settle_driver_tag(&from, &pointer, offset + 4, found);
    return ps_sites_take(search, call, found);
}
