/* bulk.c - memory that is filled or copied many bytes at a time: vector registers, string
 * instructions, memset and memcpy.  A vector register is a stretch of slots of a base of its own. */
#include "pe/bulk.h"

#include <string.h>

enum { BULK_LIMIT = 512, VECTOR_SIZE = 16, CODE_EXTENT = 96, VOLATILE_VECTORS = 6 };

static ps_value vector_at(uint8_t reg, unsigned offset)
{
    return ps_stack_address(PS_BASE_VECTORS, (int64_t)reg * VECTOR_SIZE + offset);
}

/* Eight or fewer bytes of an operand, from offset on. */
static ps_value read_lane(const ps_program *program, const ps_frame *state, const ps_operand *from,
                          unsigned offset, unsigned size)
{
    ps_operand lane = *from;
    ps_value address;

    if (from->kind == PS_ARG_VECTOR) {
        address = vector_at(from->reg, offset);
        return ps_frame_load(state, &address, size);
    }
    if (from->kind == PS_ARG_REGISTER)
        return offset == 0 ? ps_step_read(program, state, from) : ps_const(0);
    lane.size = (uint8_t)size;
    lane.value += offset;
    return ps_step_read(program, state, &lane);
}

void ps_bulk_vector(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const ps_value zero = ps_const(0);
    ps_value lanes[2] = {zero, zero};
    const unsigned size = op->a.size < op->b.size ? op->a.size : op->b.size;
    const bool clears =
        op->kind == PS_OP_COMPUTE && op->b.kind == PS_ARG_VECTOR && op->a.reg == op->b.reg;

    if (op->kind != PS_OP_MOVE && !clears)
        lanes[0] = lanes[1] = ps_unknown(PS_BY_COMPUTATION);
    for (unsigned i = 0; op->kind == PS_OP_MOVE && i * 8 < size && i < 2; i++)
        lanes[i] = read_lane(program, state, &op->b, i * 8, size - i * 8 < 8 ? size - i * 8 : 8);
    if (op->a.kind != PS_ARG_VECTOR && op->a.size <= 8) {
        ps_step_write(program, state, &op->a, &lanes[0]);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        ps_value address = vector_at(op->a.reg, i * 8);

        if (op->a.kind != PS_ARG_VECTOR) {
            address = ps_step_address(program, state, &op->a);
            address = ps_step_moved(&address, (int64_t)i * 8);
        }
        ps_step_store(program, state, &address, 8, &lanes[i]);
    }
}

void ps_bulk_clobber(ps_frame *state, uint64_t clobbers)
{
    if (clobbers >> PS_VECTOR_CLOBBER == 0)
        return;
    for (unsigned i = state->count; i-- > 0;) {
        const ps_slot *slot = &state->slots[i];

        if (slot->base == PS_BASE_VECTORS &&
            (clobbers >> (PS_VECTOR_CLOBBER + slot->offset / VECTOR_SIZE) & 1) != 0)
            state->slots[i] = state->slots[--state->count];
    }
}

static bool is_known_place(const ps_value *address)
{
    return address->kind == PS_V_STACK || address->kind == PS_V_CONST;
}

static void fill(const ps_program *program, ps_frame *state, const ps_value *to, uint32_t size,
                 const ps_value *pattern)
{
    for (uint32_t i = 0; i < size; i += 8) {
        const uint32_t piece = size - i < 8 ? size - i : 8;
        const ps_value address = ps_step_moved(to, i);
        const ps_value value = ps_value_low(pattern, piece);

        ps_step_store(program, state, &address, piece, &value);
    }
}

/* One element of a structure, and behind it the next: what is stored in two pieces is read so. */
static void copy_piece(const ps_program *program, ps_frame *state, const ps_value *to,
                       const ps_value *from, unsigned size)
{
    const ps_value value = ps_step_load(program, state, from, size);
    ps_value source = *from;
    ps_value target = *to;

    if (value.kind != PS_V_UNKNOWN || size != 8) {
        ps_step_store(program, state, to, size, &value);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        const ps_value half = ps_step_load(program, state, &source, 4);

        ps_step_store(program, state, &target, 4, &half);
        source = ps_step_moved(from, 4);
        target = ps_step_moved(to, 4);
    }
}

static void copy(const ps_program *program, ps_frame *state, const ps_value *to,
                 const ps_value *from, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 8) {
        const ps_value target = ps_step_moved(to, i);
        const ps_value source = ps_step_moved(from, i);

        copy_piece(program, state, &target, &source, size - i < 8 ? size - i : 8);
    }
}

/* The value of an element as often as it fits into eight bytes. */
static ps_value repeated(const ps_value *value, unsigned size)
{
    uint64_t bits = value->u.bits;

    if (value->kind != PS_V_CONST)
        return ps_unknown(PS_BY_COMPUTATION);
    for (unsigned width = size; width < 8; width *= 2)
        bits |= bits << width * 8;
    return ps_const(bits);
}

void ps_bulk_string(const ps_program *program, ps_frame *state, const ps_op *op)
{
    const ps_value to = ps_step_address(program, state, &op->a);
    const ps_value from = ps_step_address(program, state, &op->b);
    const ps_value count = ps_step_read(program, state, &op->c);
    const ps_value held = ps_step_read(program, state, &op->b);
    const ps_value pattern = repeated(&held, op->a.size);
    const uint64_t size = count.u.bits * op->a.size;
    const bool known = count.kind == PS_V_CONST && count.u.bits <= BULK_LIMIT &&
                       size <= BULK_LIMIT && is_known_place(&to);

    if (!known)
        ps_frame_forget(state, &to, 0);
    for (unsigned i = 0; i < program->machine->registers; i++)
        if ((op->clobbers >> i & 1) != 0)
            state->reg[i] = ps_unknown(PS_BY_COMPUTATION);
    if (!known)
        return;
    if (op->kind == PS_OP_FILL)
        fill(program, state, &to, (uint32_t)size, &pattern);
    else
        copy(program, state, &to, &from, (uint32_t)size);
    state->reg[PS_REG_DI] = ps_step_moved(&to, (int64_t)size);
    if (op->kind == PS_OP_COPY && is_known_place(&from))
        state->reg[PS_REG_SI] = ps_step_moved(&from, (int64_t)size);
    if (op->c.kind == PS_ARG_REGISTER)
        state->reg[PS_REG_CX] = ps_const(0);
}

/* The same on ARM64: dup of a byte of w1 into a vector, or orr of w1 with itself by eight bits. */
static bool repeats_byte_arm64(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i + 4 <= left; i += 4) {
        const uint32_t word = ps_word_at(at + i);

        if ((word & 0xbfffffe0) == 0x0e010c20 || (word & 0xffffffe0) == 0x2a012020)
            return true;
    }
    return false;
}

/* Code that repeats a byte in all bytes of a register, as memset does. */
static bool repeats_byte(const ps_program *program, uint32_t rva)
{
    static const uint8_t ones[] = {1, 1, 1, 1};
    static const uint8_t by_eight_bits[] = {0x41, 0xea, 0x01, 0x21}; /* orr r1, r1, r1, lsl #8 */
    const uint16_t machine = program->machine->id;
    const uint8_t *wanted = machine == PS_MACHINE_ARM ? by_eight_bits : ones;
    size_t left;
    const uint8_t *at = ps_image_at(program->image, rva, &left);

    if (at == NULL)
        return false;
    if (left > CODE_EXTENT)
        left = CODE_EXTENT;
    if (machine == PS_MACHINE_ARM64 && repeats_byte_arm64(at, left))
        return true;
    return memmem(at, left, wanted, sizeof ones) != NULL;
}

static bool is_named(const ps_program *program, const ps_target *target, const char *name)
{
    const ps_driver *driver = program->driver;

    return target->import < driver->import_count && driver->imports[target->import].name != NULL &&
           strcmp(driver->imports[target->import].name, name) == 0;
}

/* So that the call does not count as one that may write to what it is given. */
static void hide_arguments(const ps_program *program, ps_frame *state, const ps_value *pointer)
{
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t location = ps_machine_location(program->machine, i);
        const ps_value address = ps_step_moved(pointer, (int64_t)location);

        if ((location & PS_IN_REGISTERS) != 0)
            state->reg[location & (PS_IN_REGISTERS - 1)] = ps_unknown(PS_BY_CALL);
        else
            ps_frame_forget(state, &address, program->machine->width);
    }
}

ps_bulk_call ps_bulk_of_call(const ps_program *program, ps_frame *state, const ps_op *op,
                             const ps_target *target)
{
    ps_bulk_call call = {0};
    ps_value pointer = ps_frame_stack_pointer(state, op->rva);
    ps_value arguments[3];

    if (!program->structures)
        return call;
    pointer.u.bits -= program->machine->return_size;
    for (unsigned i = 0; i < 3; i++)
        arguments[i] =
            ps_frame_parameter(state, ps_machine_location(program->machine, i), &pointer);
    if (!is_known_place(&arguments[0]) || arguments[2].kind != PS_V_CONST ||
        arguments[2].u.bits == 0 || arguments[2].u.bits > BULK_LIMIT)
        return call;
    call.to = arguments[0];
    call.from = arguments[1];
    call.size = (uint32_t)arguments[2].u.bits;
    call.copies = is_named(program, target, "memcpy") || is_named(program, target, "memmove");
    call.fills = call.from.kind == PS_V_CONST && call.from.u.bits == 0 &&
                 (is_named(program, target, "memset") ||
                  (target->import == PS_NO_IMPORT && target->rva != 0 &&
                   repeats_byte(program, target->rva)));
    if (call.fills || call.copies)
        hide_arguments(program, state, &pointer);
    return call;
}

void ps_bulk_apply(const ps_program *program, ps_frame *state, const ps_bulk_call *call)
{
    const ps_value zero = ps_const(0);
    const uint64_t volatiles = (UINT64_C(1) << VOLATILE_VECTORS) - 1;

    ps_bulk_clobber(state, (program->x64 ? volatiles : (UINT64_C(1) << PS_VECTORS) - 1)
                               << PS_VECTOR_CLOBBER);
    if (call->fills)
        fill(program, state, &call->to, call->size, &zero);
    else if (call->copies)
        copy(program, state, &call->to, &call->from, call->size);
}
