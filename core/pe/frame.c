/* frame.c - registers and stack slots at one point of a function. */
#include "pe/frame.h"

#include <string.h>

void ps_frame_enter(ps_frame *state, const ps_machine *machine)
{
    for (unsigned i = 0; i < machine->registers; i++) {
        const bool may_be_argument = (machine->parameters >> i & 1) != 0;

        state->reg[i] = ps_unknown(PS_BY_MEMORY);
        if (may_be_argument)
            state->reg[i] = ps_value_of(PS_V_PARAMETER, ps_register_location(i));
    }
    state->reg[machine->stack] = ps_stack_address(0, 0);
    state->count = 0;
    state->overfull = false;
    state->machine = machine;
}

void ps_frame_copy(ps_frame *to, const ps_frame *from)
{
    memcpy(to, from, offsetof(ps_frame, slots) + from->count * sizeof from->slots[0]);
    memcpy(to->reg, from->reg, from->machine->registers * sizeof from->reg[0]);
}

static bool is_parameter_area(uint32_t base, int64_t offset) { return base == 0 && offset >= 0; }

/* What a slot holds that was never written. */
static ps_value untouched(const ps_frame *state, uint32_t base, int32_t offset, unsigned size)
{
    const ps_machine *machine = state->machine;

    if (!is_parameter_area(base, offset) || state->overfull || offset < machine->return_size ||
        offset % machine->width != 0 || size < 4 || offset >= PS_IN_REGISTERS)
        return ps_unknown(PS_BY_STACK);
    return ps_value_of(PS_V_PARAMETER, (uint64_t)offset);
}

static const ps_slot *find_slot(const ps_frame *state, uint32_t base, int32_t offset)
{
    for (unsigned i = 0; i < state->count; i++)
        if (state->slots[i].offset == offset && state->slots[i].base == base)
            return &state->slots[i];
    return NULL;
}

/* The same slot of another frame, which most often has it at the same place. */
static const ps_slot *same_slot(const ps_frame *state, const ps_slot *slot, unsigned at)
{
    if (at < state->count && state->slots[at].offset == slot->offset &&
        state->slots[at].base == slot->base)
        return &state->slots[at];
    return find_slot(state, slot->base, slot->offset);
}

static void remove_slot(ps_frame *state, unsigned i)
{
    state->slots[i] = state->slots[--state->count];
}

static bool join_value(ps_value *into, const ps_value *from, bool few)
{
    ps_value joined;

    if (into->kind == PS_V_UNKNOWN || ps_value_same(into, from))
        return false;
    joined = ps_value_join(into, from, few);
    if (ps_value_same(into, &joined))
        return false;
    *into = joined;
    return true;
}

static bool join_slots(ps_frame *into, const ps_frame *from, bool few)
{
    bool changed = false;

    for (unsigned i = into->count; i-- > 0;) {
        ps_slot *slot = &into->slots[i];
        const ps_slot *other = same_slot(from, slot, i);
        ps_value value = other != NULL && other->size == slot->size
                             ? other->value
                             : untouched(from, slot->base, slot->offset, (unsigned)slot->size);

        if (other != NULL && other->size != slot->size)
            value = ps_unknown(PS_BY_PATH);
        changed |= join_value(&slot->value, &value, few);
        if (slot->value.kind == PS_V_UNKNOWN && !is_parameter_area(slot->base, slot->offset))
            remove_slot(into, i);
    }
    return changed;
}

/* Parameters that only the other way has overwritten. */
static bool join_overwritten(ps_frame *into, const ps_frame *from)
{
    bool changed = from->overfull && !into->overfull;

    into->overfull |= from->overfull;
    for (unsigned i = 0; i < from->count; i++) {
        const ps_slot *slot = &from->slots[i];

        if (!is_parameter_area(slot->base, slot->offset) ||
            find_slot(into, slot->base, slot->offset) != NULL)
            continue;
        if (into->count == PS_SLOT_LIMIT) {
            changed |= !into->overfull;
            into->overfull = true;
            continue;
        }
        into->slots[into->count] = *slot;
        into->slots[into->count++].value = ps_unknown(PS_BY_PATH);
        changed = true;
    }
    return changed;
}

bool ps_frame_join(ps_frame *into, const ps_frame *from, uint32_t rva, bool few)
{
    const ps_machine *machine = into->machine;
    bool changed = false;

    for (unsigned i = 0; i < machine->registers; i++) {
        if (i == machine->stack && !ps_value_same(&into->reg[i], &from->reg[i])) {
            const ps_value renewed = ps_stack_address(rva, 0);

            changed |= !ps_value_same(&into->reg[i], &renewed);
            into->reg[i] = renewed;
            continue;
        }
        changed |= join_value(&into->reg[i], &from->reg[i], few);
    }
    changed |= join_slots(into, from, few);
    return join_overwritten(into, from) || changed;
}

ps_value ps_frame_stack_pointer(ps_frame *state, uint32_t rva)
{
    ps_value *pointer = &state->reg[state->machine->stack];

    if (pointer->kind != PS_V_STACK)
        *pointer = ps_stack_address(rva, 0);
    return *pointer;
}

static bool in_reach(const ps_value *address)
{
    const int64_t offset = (int64_t)address->u.bits;

    return address->kind == PS_V_STACK && offset > -0x1000000 && offset < 0x1000000;
}

static bool is_in_bytes(const ps_slot *slot)
{
    return slot->value.kind == PS_V_CONST && slot->size <= 8;
}

/* The bytes of a slot from begin to end. */
static ps_slot part(const ps_slot *slot, int32_t begin, int32_t end)
{
    ps_slot made = {.base = slot->base, .offset = begin, .size = end - begin};

    if (is_in_bytes(slot)) {
        const ps_value rest = ps_const(slot->value.u.bits >> 8 * (begin - slot->offset));

        made.value = ps_value_low(&rest, (unsigned)made.size);
    } else {
        made.value = ps_unknown(PS_BY_STACK);
    }
    return made;
}

/* One byte of the stack if it is constant. */
static bool load_byte(const ps_frame *state, uint32_t base, int32_t offset, uint64_t *byte)
{
    for (unsigned i = 0; i < state->count; i++) {
        const ps_slot *slot = &state->slots[i];

        if (slot->base != base || offset < slot->offset || offset >= slot->offset + slot->size)
            continue;
        if (!is_in_bytes(slot))
            return false;
        *byte = slot->value.u.bits >> 8 * (offset - slot->offset) & 0xff;
        return true;
    }
    return false;
}

/* What was stored in pieces. */
static ps_value gather(const ps_frame *state, uint32_t base, int32_t offset, unsigned size)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < size; i++) {
        uint64_t byte;

        if (size > 8 || !load_byte(state, base, offset + (int32_t)i, &byte))
            return ps_unknown(PS_BY_STACK);
        bits |= byte << 8 * i;
    }
    return ps_const(bits);
}

ps_value ps_frame_load(const ps_frame *state, const ps_value *address, unsigned size)
{
    int32_t offset;

    if (!in_reach(address))
        return ps_unknown(PS_BY_MEMORY);
    offset = (int32_t)(int64_t)address->u.bits;
    for (unsigned i = 0; i < state->count; i++) {
        const ps_slot *slot = &state->slots[i];

        if (slot->base != address->base || slot->offset >= offset + (int32_t)size ||
            slot->offset + slot->size <= offset)
            continue;
        if (slot->offset == offset && slot->size >= (int32_t)size)
            return ps_value_low(&slot->value, size);
        return gather(state, address->base, offset, size);
    }
    return untouched(state, address->base, offset, size);
}

static void add_slot(ps_frame *state, const ps_slot *slot)
{
    if (state->count < PS_SLOT_LIMIT)
        state->slots[state->count++] = *slot;
    else
        state->overfull |= is_parameter_area(slot->base, slot->offset);
}

static void keep_part(ps_frame *state, const ps_slot *slot, int32_t begin, int32_t end)
{
    if (is_in_bytes(slot) || is_parameter_area(slot->base, begin)) {
        const ps_slot rest = part(slot, begin, end);

        add_slot(state, &rest);
    }
}

/* Give up what lies between offset and end; of a constant that reaches further the rest stays, and what
 * has overwritten parameters has overwritten the rest of them. */
static void cut(ps_frame *state, uint32_t base, int32_t offset, int32_t end)
{
    for (unsigned i = state->count; i-- > 0;) {
        const ps_slot slot = state->slots[i];
        const int32_t slot_end = slot.offset + slot.size;

        if (slot.base != base || slot.offset >= end || slot_end <= offset)
            continue;
        remove_slot(state, i);
        if (slot.offset < offset)
            keep_part(state, &slot, slot.offset, offset);
        if (slot_end > end)
            keep_part(state, &slot, end, slot_end);
    }
}

void ps_frame_store(ps_frame *state, const ps_value *address, unsigned size, const ps_value *value)
{
    ps_slot slot = {.base = address->base, .size = (int32_t)size, .value = *value};

    if (!in_reach(address) || size == 0)
        return;
    slot.offset = (int32_t)(int64_t)address->u.bits;
    cut(state, slot.base, slot.offset, slot.offset + (int32_t)size);
    if (value->kind != PS_V_UNKNOWN || is_parameter_area(slot.base, slot.offset))
        add_slot(state, &slot);
}

void ps_frame_forget(ps_frame *state, const ps_value *address, unsigned size)
{
    const ps_value unknown = ps_unknown(PS_BY_STACK);
    int32_t offset;

    if (!in_reach(address))
        return;
    offset = (int32_t)(int64_t)address->u.bits;
    if (size == 0)
        cut(state, address->base, offset, address->base == 0 && offset < 0 ? 0 : INT32_MAX);
    else
        ps_frame_store(state, address, size, &unknown);
}

void ps_frame_forget_array(ps_frame *state, const ps_value *address)
{
    int32_t offset;
    int32_t end;

    if (!in_reach(address))
        return;
    end = offset = (int32_t)(int64_t)address->u.bits;
    for (unsigned i = 0; i < state->count;) {
        const ps_slot *slot = &state->slots[i++];

        if (slot->base != address->base || slot->offset > end || slot->offset + slot->size <= end)
            continue;
        end = slot->offset + slot->size;
        i = 0;
    }
    cut(state, address->base, offset, end);
}

void ps_frame_drop_below(ps_frame *state, const ps_value *pointer)
{
    if (in_reach(pointer))
        cut(state, pointer->base, INT32_MIN, (int32_t)(int64_t)pointer->u.bits);
}

ps_value ps_frame_parameter(const ps_frame *state, uint32_t location, const ps_value *pointer)
{
    ps_value address = *pointer;
    ps_value held;

    if ((location & PS_IN_REGISTERS) != 0)
        return state->reg[location & 0xff];
    if (address.kind != PS_V_STACK)
        return ps_unknown(PS_BY_STACK);
    address.u.bits += location;
    held = ps_frame_load(state, &address, state->machine->width);
    return held.kind == PS_V_UNKNOWN ? ps_frame_load(state, &address, 4) : held;
}
