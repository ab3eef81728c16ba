/* step.c - what one instruction does to a state. */
#include "pe/step.h"

#include "pe/bulk.h"
#include "pe/pops.h"

static uint8_t width_of(const ps_program *program) { return program->machine->width; }

/* May what the section holds change?  Not the constants between ARM code, writable as it may be. */
static bool changes(const ps_program *program, const ps_section *section)
{
    return ps_section_writes(section) &&
           !(ps_machine_is_arm(program->machine) && ps_section_executes(section));
}

/* Memory of the image: an import, a constant of a section that is never written, or a global. */
static ps_value load_image(const ps_program *program, uint32_t rva, unsigned size)
{
    const uint32_t import = ps_program_slot(program, rva);
    const ps_section *section;
    uint64_t bits;

    if (import != PS_NO_IMPORT && size == width_of(program))
        return ps_value_of(PS_V_IMPORT, import);
    section = ps_image_section(program->image, rva);
    if (section == NULL || size == 0 || size > 8)
        return ps_unknown(PS_BY_MEMORY);
    if (changes(program, section) || rva == program->guard_check)
        return ps_value_of(PS_V_GLOBAL, rva);
    return ps_image_uint(program->image, rva, size, &bits) ? ps_const(bits)
                                                           : ps_unknown(PS_BY_MEMORY);
}

bool ps_step_rva(const ps_program *program, uint64_t va, uint32_t *rva)
{
    const uint64_t distance = va - program->image->base;

    *rva = (uint32_t)distance;
    return distance != 0 && distance <= UINT32_MAX &&
           ps_image_section(program->image, (uint32_t)distance) != NULL;
}

static ps_value extended(const ps_value *held, uint8_t extend)
{
    if (extend == 0)
        return *held;
    if ((extend & PS_EXTEND_SIGNED) != 0)
        return ps_value_low_signed(held, extend & ~(unsigned)PS_EXTEND_SIGNED);
    return ps_value_low(held, extend);
}

ps_value ps_step_address(const ps_program *program, const ps_frame *state, const ps_operand *from)
{
    const unsigned width = width_of(program);
    ps_value sum = ps_const((uint64_t)from->value);
    ps_value index;

    if (from->kind == PS_ARG_IMAGE)
        sum = ps_const(program->image->base + (uint64_t)from->value);
    else if (from->kind != PS_ARG_MEMORY)
        return ps_unknown(PS_BY_MEMORY);
    else if (from->reg != PS_REG_NONE)
        sum = ps_value_compute(PS_A_ADD, &state->reg[from->reg], &sum, width);
    if (from->index == PS_REG_NONE)
        return sum;
    index = extended(&state->reg[from->index], from->extend);
    if (from->scale > 1) {
        const ps_value scale = ps_const(from->scale);

        index = ps_value_compute(PS_A_MUL, &index, &scale, width);
    }
    return ps_value_compute(PS_A_ADD, &sum, &index, width);
}

/* How many entries an index can reach, by the bits of it that are zero; 0 if nothing is known. */
static uint32_t reached_by(const ps_value *index)
{
    const uint32_t most = ~index->u.set[1] | index->u.set[0];

    return index->kind == PS_V_BITS && most < UINT16_MAX ? most + 1 : 0;
}

/* An element of a table at a constant address, by an index that is not constant. */
static ps_value load_table(const ps_program *program, const ps_frame *state, const ps_operand *from)
{
    uint64_t va = program->image->base + (uint64_t)from->value;
    const bool narrow = ps_machine_is_arm(program->machine) && from->size <= 4;
    ps_value table;
    ps_value index;
    uint32_t rva;

    if (from->index == PS_REG_NONE || from->scale < from->size || (from->size < 4 && !narrow))
        return ps_unknown(PS_BY_MEMORY);
    if (from->kind == PS_ARG_MEMORY) {
        va = (uint64_t)from->value;
        if (from->reg != PS_REG_NONE) {
            if (state->reg[from->reg].kind != PS_V_CONST)
                return ps_unknown(PS_BY_MEMORY);
            va += state->reg[from->reg].u.bits;
        }
        if (width_of(program) == 4)
            va &= UINT32_MAX;
    }
    if (!ps_step_rva(program, va, &rva))
        return ps_unknown(PS_BY_MEMORY);
    table = ps_value_of(PS_V_TABLE, rva);
    index = extended(&state->reg[from->index], from->extend);
    table.base = reached_by(&index);
    table.reason = from->scale == from->size ? 0 : from->scale;
    if (narrow)
        table.u.bits |= (uint64_t)from->size << PS_ENTRY_SIZE;
    return table;
}

/* A function of the framework, by the address of its table and an offset. */
static ps_value load_function(const ps_program *program, const ps_value *address)
{
    const uint32_t first = (uint32_t)program->driver->import_count;
    const ps_framework_api api = ps_kmdf_api_at(&program->kmdf, address->base);

    if (address->u.bits != first + PS_WDF_TABLE || api == PS_WDF_COUNT)
        return ps_unknown(PS_BY_MEMORY);
    return ps_value_of(PS_V_IMPORT, first + api);
}

/* A member of the structure that a parameter points to. */
static bool load_field(const ps_program *program, const ps_frame *state, const ps_operand *from,
                       ps_value *field)
{
    const ps_value *held;

    if (from->kind != PS_ARG_MEMORY || from->reg == PS_REG_NONE || from->index != PS_REG_NONE ||
        from->size < 4)
        return false;
    held = &state->reg[from->reg];
    if (held->kind != PS_V_PARAMETER || held->count != PS_CERTAIN || from->value < 0 ||
        from->value > INT16_MAX || program->machine->width == 0)
        return false;
    *field = ps_value_of(PS_V_FIELD, held->u.bits);
    field->base = (uint32_t)from->value;
    return true;
}

ps_value ps_step_moved(const ps_value *address, int64_t by)
{
    ps_value moved = *address;

    moved.u.bits += (uint64_t)by;
    return moved;
}

ps_value ps_step_load(const ps_program *program, const ps_frame *state, const ps_value *address,
                      unsigned size)
{
    uint32_t rva;

    if (address->kind == PS_V_STACK)
        return ps_frame_load(state, address, size);
    if (address->kind == PS_V_CONST && ps_step_rva(program, address->u.bits, &rva))
        return load_image(program, rva, size);
    if (address->kind == PS_V_IMPORT || address->kind == PS_V_OFFSET)
        return load_function(program, address);
    return ps_unknown(PS_BY_MEMORY);
}

static ps_value load(const ps_program *program, const ps_frame *state, const ps_operand *from)
{
    const ps_value address = ps_step_address(program, state, from);
    ps_value field;
    uint32_t rva;

    if (address.kind == PS_V_STACK || address.kind == PS_V_IMPORT || address.kind == PS_V_OFFSET ||
        (address.kind == PS_V_CONST && ps_step_rva(program, address.u.bits, &rva)))
        return ps_step_load(program, state, &address, from->size);
    if (load_field(program, state, from, &field))
        return field;
    return load_table(program, state, from);
}

static ps_value read_register(const ps_frame *state, const ps_operand *from)
{
    const ps_value *held = &state->reg[from->reg];
    ps_value value;
    ps_value by;

    if (from->high)
        return held->kind == PS_V_CONST ? ps_const(held->u.bits >> 8 & 0xff)
                                        : ps_unknown(PS_BY_COMPUTATION);
    if (from->extend == 0 && from->shift == 0)
        return ps_value_low(held, from->size);
    value = extended(held, from->extend);
    value = ps_value_low(&value, from->size);
    by = ps_const((uint64_t)from->value);
    return from->shift == 0 ? value
                            : ps_value_compute((ps_arithmetic)from->shift, &value, &by, from->size);
}

ps_value ps_step_read(const ps_program *program, const ps_frame *state, const ps_operand *from)
{
    switch ((ps_operand_kind)from->kind) {
    case PS_ARG_REGISTER:
        return read_register(state, from);
    case PS_ARG_CONST:
        return ps_const((uint64_t)from->value);
    case PS_ARG_MEMORY:
    case PS_ARG_IMAGE:
        return load(program, state, from);
    case PS_ARG_CODE:
        return ps_const(program->image->base + (uint64_t)from->value);
    default:
        return ps_unknown(PS_BY_MEMORY);
    }
}

/* Part of a register: the rest of it stays. */
static ps_value merge_part(const ps_value *old, const ps_operand *to, const ps_value *value)
{
    const unsigned shift = to->high ? 8 : 0;
    const uint64_t mask = (to->size == 1 ? UINT64_C(0xff) : UINT64_C(0xffff)) << shift;
    const ps_value by = ps_const(shift);
    ps_value part = ps_value_low(value, to->size);
    ps_value rest;

    if (old->kind != PS_V_CONST)
        return ps_unknown(PS_BY_COMPUTATION);
    part = ps_value_compute(PS_A_SHL, &part, &by, 8);
    rest = ps_const(old->u.bits & ~mask);
    return ps_value_compute(PS_A_OR, &rest, &part, 8);
}

void ps_step_store(const ps_program *program, ps_frame *state, const ps_value *address,
                   unsigned size, const ps_value *value)
{
    const bool whole = size >= 8 || value->kind == PS_V_PARAMETER || value->kind == PS_V_STACK;
    const bool unknown =
        value->kind == PS_V_UNKNOWN || (value->kind == PS_V_BITS && !ps_value_tells(value));
    ps_value place = *address;
    ps_value low;
    uint32_t rva;

    if (place.kind == PS_V_CONST && program->structures && ps_step_rva(program, place.u.bits, &rva))
        place = ps_stack_address(PS_BASE_IMAGE, rva);
    if (size == 0 || unknown) {
        ps_frame_forget(state, &place, size);
        return;
    }
    low = whole ? *value : ps_value_low(value, size);
    ps_frame_store(state, &place, size, &low);
}

void ps_step_write(const ps_program *program, ps_frame *state, const ps_operand *to,
                   const ps_value *value)
{
    ps_value address;

    if (to->kind == PS_ARG_REGISTER) {
        ps_value *reg = &state->reg[to->reg];

        *reg = to->size < 4 ? merge_part(reg, to, value) : ps_value_low(value, to->size);
        return;
    }
    if (to->kind != PS_ARG_MEMORY && to->kind != PS_ARG_IMAGE)
        return;
    address = ps_step_address(program, state, to);
    if (address.kind != PS_V_STACK && to->index != PS_REG_NONE && to->reg != PS_REG_NONE &&
        state->reg[to->reg].kind == PS_V_STACK) {
        address = ps_step_moved(&state->reg[to->reg], to->value); /* an element of an array */
        ps_frame_forget_array(state, &address);
        return;
    }
    ps_step_store(program, state, &address, to->size, value);
}

static ps_value all_ones(unsigned size)
{
    return ps_const(size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1);
}

static ps_value computed(const ps_program *program, const ps_frame *state, const ps_op *op)
{
    const unsigned size = op->a.size;
    const ps_value ones = all_ones(size);
    ps_value left = ps_step_read(program, state, &op->a);
    ps_value right = ps_step_read(program, state, &op->b);

    if (op->three) {
        left = right;
        right = ps_step_read(program, state, &op->c);
    }
    right = op->b.kind == PS_ARG_CONST || op->c.kind == PS_ARG_CONST ? ps_value_low(&right, size)
                                                                     : right;
    if (!op->three && op->a.kind == PS_ARG_REGISTER && op->b.kind == PS_ARG_REGISTER &&
        op->a.reg == op->b.reg && op->a.high == op->b.high) {
        if (op->arithmetic == PS_A_XOR || op->arithmetic == PS_A_SUB)
            return ps_const(0);
        if (op->arithmetic == PS_A_AND || op->arithmetic == PS_A_OR)
            return left;
    }
    if (op->arithmetic == PS_A_OR && ps_value_same(&right, &ones))
        return ones;
    return ps_value_compute((ps_arithmetic)op->arithmetic, &left, &right, size);
}

static void step_other(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const ps_value unknown = ps_unknown(PS_BY_COMPUTATION);

    if (op->a.kind == PS_ARG_MEMORY)
        ps_step_write(program, state, &op->a, &unknown);
    for (unsigned i = 0; i < PS_REG_COUNT; i++)
        if ((op->clobbers >> i & 1) != 0 && i < program->machine->registers)
            state->reg[i] = unknown;
    ps_bulk_clobber(state, op->clobbers);
}

static void push(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const uint8_t width = width_of(program);
    const ps_value value = ps_step_read(program, state, &op->b);
    ps_value pointer = ps_frame_stack_pointer(state, op->rva);

    pointer.u.bits -= width;
    state->reg[program->machine->stack] = pointer;
    ps_frame_store(state, &pointer, width, &value);
}

static ps_value pop(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const uint8_t width = width_of(program);
    ps_value pointer = ps_frame_stack_pointer(state, op->rva);
    const ps_value value = ps_frame_load(state, &pointer, width);

    pointer.u.bits += width;
    state->reg[program->machine->stack] = pointer;
    ps_frame_drop_below(state, &pointer);
    return value;
}

static void exchange(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const ps_value a = ps_step_read(program, state, &op->a);
    const ps_value b = ps_step_read(program, state, &op->b);

    ps_step_write(program, state, &op->a, &b);
    ps_step_write(program, state, &op->b, &a);
}

/* Either number, as a conditional instruction leaves it. */
static ps_value either(uint32_t a, uint32_t b)
{
    const ps_value x = ps_const(a);
    const ps_value y = ps_const(b);

    return ps_value_join(&x, &y, false);
}

static ps_value result_of(const ps_program *program, const ps_frame *state, const ps_op *op)
{
    const ps_value zero = ps_const(0);
    const ps_value ones = all_ones(op->a.size);
    const ps_value a = ps_step_read(program, state, &op->a);
    ps_value b;
    ps_value c;

    switch ((ps_op_kind)op->kind) {
    case PS_OP_MOVE:
        b = ps_step_read(program, state, &op->b);
        if (b.kind == PS_V_UNKNOWN && op->b.size < 4 && op->a.kind == PS_ARG_REGISTER &&
            op->a.size >= 4)
            b = ps_value_narrow(op->b.size);
        return b;
    case PS_OP_MOVE_SIGNED:
        b = ps_step_read(program, state, &op->b);
        return ps_value_low_signed(&b, op->b.size);
    case PS_OP_ADDRESS:
        return ps_step_address(program, state, &op->b);
    case PS_OP_COMPUTE:
        return computed(program, state, op);
    case PS_OP_CHOOSE:
        b = ps_step_read(program, state, &op->b);
        c = op->three ? ps_step_read(program, state, &op->c) : a;
        return ps_value_join(&b, &c, false);
    case PS_OP_BOOLEAN:
        return either(0, 1);
    case PS_OP_SPREAD:
        return either(0, UINT32_MAX);
    case PS_OP_NEGATE:
        return ps_value_compute(PS_A_SUB, &zero, &a, op->a.size);
    case PS_OP_INVERT:
    default:
        return ps_value_compute(PS_A_XOR, &a, &ones, op->a.size);
    }
}

void ps_step(const ps_program *program, ps_frame *state, const ps_op *op)
{
    ps_value value;

    switch ((ps_op_kind)op->kind) {
    case PS_OP_OTHER:
        step_other(program, state, op);
        return;
    case PS_OP_EXCHANGE:
        exchange(program, state, op);
        return;
    case PS_OP_PUSH:
        push(program, state, op);
        return;
    case PS_OP_LEAVE:
        state->reg[PS_REG_SP] = state->reg[PS_REG_BP];
        state->reg[PS_REG_BP] = pop(program, state, op);
        return;
    case PS_OP_FILL:
    case PS_OP_COPY:
        ps_bulk_string(program, state, op);
        return;
    case PS_OP_POP:
        value = pop(program, state, op);
        break;
    case PS_OP_NOTHING:
    case PS_OP_PADDING:
    case PS_OP_CALL:
    case PS_OP_JUMP:
    case PS_OP_BRANCH:
    case PS_OP_RETURN:
    case PS_OP_STOP:
        return;
    default:
        if (op->a.kind == PS_ARG_VECTOR || op->b.kind == PS_ARG_VECTOR) {
            ps_bulk_vector(program, state, op);
            return;
        }
        value = result_of(program, state, op);
        break;
    }
    ps_step_write(program, state, &op->a, &value);
}

/* A checked call: the target is in a register, the call goes to a pointer that checks it. */
static uint32_t checked_import(const ps_program *program, const ps_frame *state, const ps_op *op)
{
    if (program->x64 && state->reg[PS_REG_R10].kind == PS_V_IMPORT)
        return (uint32_t)state->reg[PS_REG_R10].u.bits;
    if (program->x64 && op->b.kind == PS_ARG_IMAGE && state->reg[PS_REG_AX].kind == PS_V_IMPORT)
        return (uint32_t)state->reg[PS_REG_AX].u.bits;
    return PS_NO_IMPORT;
}

ps_target ps_step_target(const ps_program *program, const ps_frame *state, const ps_op *op)
{
    ps_target target = {.import = PS_NO_IMPORT};
    const ps_thunk *thunk;
    ps_value value;

    if (op->b.kind == PS_ARG_CODE) {
        target.rva = (uint32_t)op->b.value;
        thunk = ps_program_thunk(program, target.rva);
        if (thunk != NULL && (thunk->called || op->kind == PS_OP_CALL))
            target.import = thunk->import;
        else if (op->kind == PS_OP_CALL)
            target.import = checked_import(program, state, op);
        return target;
    }
    value = ps_step_read(program, state, &op->b);
    target.checks = value.kind == PS_V_GLOBAL && program->guard_check != 0 &&
                    value.u.bits == program->guard_check;
    if (value.kind == PS_V_IMPORT)
        target.import = (uint32_t)value.u.bits;
    else if (value.kind != PS_V_CONST || !ps_step_rva(program, value.u.bits, &target.rva) ||
             op->b.kind == PS_ARG_IMAGE) /* a pointer that the loader or the kernel may replace */
        target.import = checked_import(program, state, op);
    return target;
}

/* Memory whose address a callee is given may be written by it. */
static void forget_passed(ps_frame *state, const ps_value *passed)
{
    enum { PASSED_EXTENT = 256 };
    const int64_t offset = (int64_t)passed->u.bits;
    int64_t extent = PASSED_EXTENT;

    if (passed->kind != PS_V_STACK)
        return;
    if (passed->base == 0 && offset >= 0) { /* a parameter, or what took its place */
        ps_frame_forget(state, passed, state->machine->width);
        return;
    }
    for (unsigned i = state->count; i-- > 0;) {
        const ps_slot *slot = &state->slots[i];

        if (passed->base == 0 && offset + extent > 0)
            extent = -offset;
        if (slot->base == passed->base && slot->offset + slot->size > offset &&
            slot->offset < offset + extent)
            state->slots[i] = state->slots[--state->count];
    }
}

/* Code that makes room on the stack, or that checks the target of the next call, keeps all registers
 * but a few that it is known to use. */
static void call_helper(const ps_program *program, ps_frame *state, bool checks)
{
    static const uint64_t used = UINT64_C(1) << 16 | UINT64_C(1) << 17 | UINT64_C(1) << 30;
    const uint64_t lost = program->machine->id == PS_MACHINE_ARM64 ? used : UINT64_C(1) << 12;

    if (program->machine->id == PS_MACHINE_ARM) { /* words come in, bytes go out */
        const ps_value two = ps_const(2);

        state->reg[4] = ps_value_compute(PS_A_SHL, &state->reg[4], &two, 4);
    }
    for (unsigned i = 0; i < program->machine->registers; i++)
        if ((lost >> i & 1) != 0 || (checks && i >= 9 && i <= 14 && width_of(program) == 8))
            state->reg[i] = ps_unknown(PS_BY_CALL);
}

/* How many words on the stack may be arguments of a call that has used up the registers. */
static unsigned words_passed(const ps_program *program, const ps_target *target)
{
    enum { OF_OTHERS = 4 };
    const unsigned in_registers = program->machine->argument_count;
    int bytes = -1;

    if (target->import < program->driver->import_count)
        bytes = ps_pops_of_import(&program->driver->imports[target->import]);
    if (bytes < 0)
        return OF_OTHERS;
    return (unsigned)bytes / 4 > in_registers ? (unsigned)bytes / 4 - in_registers : 0;
}

static void forget_passed_on_stack(const ps_program *program, ps_frame *state,
                                   const ps_target *target, const ps_value *pointer)
{
    const ps_machine *machine = program->machine;
    const unsigned home = machine->homeless == 0 ? machine->argument_count * machine->width : 0;

    for (unsigned i = 0; i < words_passed(program, target); i++) {
        const ps_value at = ps_step_moved(pointer, home + i * machine->width);
        const ps_value passed = ps_frame_load(state, &at, machine->width);

        forget_passed(state, &passed);
    }
}

/* A call by registers and, on x64, with space for them on the stack. */
static void call_fast(const ps_program *program, ps_frame *state, const ps_op *op,
                      const ps_target *target)
{
    const ps_machine *machine = program->machine;
    const ps_value unknown = ps_unknown(PS_BY_CALL);
    ps_value home = ps_frame_stack_pointer(state, op->rva);

    for (unsigned i = 0; i < machine->argument_count; i++)
        forget_passed(state, &state->reg[machine->arguments[i]]);
    forget_passed_on_stack(program, state, target, &home);
    for (unsigned i = 0; machine->homeless == 0 && i < machine->argument_count; i++) {
        ps_frame_forget(state, &home, machine->width);
        home.u.bits += machine->width;
    }
    for (unsigned i = 0; i < machine->registers; i++)
        if ((machine->volatiles >> i & 1) != 0)
            state->reg[i] = unknown;
}

/* Bytes of arguments that an x86 callee takes off the stack; -1 if unknown. */
static int pops_of(const ps_program *program, const ps_target *target, const ps_op *after)
{
    const size_t imports = program->driver->import_count;
    int pops = -1;

    if (target->import != PS_NO_IMPORT && target->import >= imports)
        pops = ps_kmdf_pops((ps_framework_api)(target->import - imports));
    else if (target->import != PS_NO_IMPORT)
        pops = ps_pops_of_import(&program->driver->imports[target->import]);
    else if (target->rva != 0)
        pops = ps_pops_of_code(program, target->rva);
    if (after != NULL && pops <= 0) {
        if (after->kind == PS_OP_COMPUTE && after->arithmetic == PS_A_ADD &&
            after->a.kind == PS_ARG_REGISTER && after->a.reg == PS_REG_SP)
            return 0;
        if (after->kind == PS_OP_POP && after->a.kind == PS_ARG_REGISTER &&
            after->a.reg == PS_REG_CX)
            return 0;
    }
    return pops;
}

static void call_x86(ps_frame *state, const ps_op *op, int pops)
{
    ps_value pointer = ps_frame_stack_pointer(state, op->rva);

    for (unsigned i = 0; i < 8; i++) {
        ps_value at = pointer;
        ps_value passed;

        at.u.bits += (uint64_t)i * 4;
        passed = ps_frame_load(state, &at, 4);
        if (pops < 0 || (int)i * 4 < pops)
            forget_passed(state, &passed);
    }
    forget_passed(state, &state->reg[PS_REG_CX]);
    forget_passed(state, &state->reg[PS_REG_DX]);
    state->reg[PS_REG_AX] = ps_unknown(PS_BY_CALL);
    state->reg[PS_REG_CX] = ps_unknown(PS_BY_CALL);
    state->reg[PS_REG_DX] = ps_unknown(PS_BY_CALL);
    if (pops < 0) {
        state->reg[PS_REG_SP] = ps_stack_address(op->rva, 0);
        return;
    }
    pointer.u.bits += (uint64_t)pops;
    state->reg[PS_REG_SP] = pointer;
    ps_frame_drop_below(state, &pointer);
}

/* Does the instruction behind a call lower the stack pointer by what the call is known to keep? */
static bool makes_room(const ps_program *program, const ps_op *after)
{
    const ps_operand *by;

    if (after == NULL || after->kind != PS_OP_COMPUTE || after->arithmetic != PS_A_SUB ||
        after->a.kind != PS_ARG_REGISTER || after->a.reg != program->machine->stack)
        return false;
    by = after->three ? &after->c : &after->b;
    if (by->kind != PS_ARG_REGISTER)
        return false;
    switch (program->machine->id) {
    case PS_MACHINE_X64:
        return by->reg == PS_REG_AX;
    case PS_MACHINE_ARM64:
        return by->reg == 15;
    default:
        return by->reg == 4 && program->machine->id == PS_MACHINE_ARM;
    }
}

static void call(const ps_program *program, ps_frame *state, const ps_op *op,
                 const ps_target *target, const ps_op *after, uint32_t entry)
{
    if (target->checks || makes_room(program, after)) {
        call_helper(program, state, target->checks);
        return;
    }
    if (program->machine->argument_count > 0) {
        call_fast(program, state, op, target);
        return;
    }
    if (target->import == PS_NO_IMPORT && op->rva - entry < 16 &&
        ps_pops_frame(program, target->rva)) {
        state->reg[PS_REG_BP] = ps_stack_address(0, -4);
        state->reg[PS_REG_SP] = ps_stack_address(op->rva, 0);
        return;
    }
    call_x86(state, op, pops_of(program, target, after));
}

void ps_step_call(const ps_program *program, ps_frame *state, const ps_op *op,
                  const ps_target *target, const ps_op *after, uint32_t entry)
{
    const ps_bulk_call bulk = ps_bulk_of_call(program, state, op, target);

    call(program, state, op, target, after, entry);
    ps_bulk_apply(program, state, &bulk);
}
