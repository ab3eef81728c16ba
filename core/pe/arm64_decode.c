/* arm64_decode.c - ARM64 instructions into reduced form.
 *
 * Every instruction is one word, and bits 28 to 25 name its class: 100x computes with immediates,
 * 101x branches and speaks to the system, x1x0 loads and stores, x101 computes with registers, x111
 * is floating point and vectors.  Register 31 is the stack pointer in some places, zero in others.
 * What is not known clobbers all that its class may write.
 */
#include "pe/code.h"
#include "pe/value.h"

enum { SP = PS_REG_ARM64_SP, LR = PS_REG_ARM64_LR, SCRATCH = PS_REG_SCRATCH, ZERO = 31 };

typedef struct maker {
    uint32_t word, rva;
    ps_op *ops;
    unsigned count;
    uint8_t size; /* of the registers: 4 or 8 */
} maker;

typedef void handler(maker *m);

typedef struct row {
    uint32_t mask, bits;
    handler *decode;
} row;

static unsigned field(const maker *m, unsigned high, unsigned low)
{
    return m->word >> low & ((1U << (high - low + 1)) - 1);
}

static int64_t signed_field(const maker *m, unsigned high, unsigned low)
{
    const uint32_t sign = 1U << (high - low);

    return (int64_t)(field(m, high, low) ^ sign) - (int64_t)sign;
}

static unsigned rd(const maker *m) { return field(m, 4, 0); }
static unsigned rn(const maker *m) { return field(m, 9, 5); }
static unsigned rm(const maker *m) { return field(m, 20, 16); }

/* --- operands ---------------------------------------------------------------------------- */

static const ps_operand no_operand = {.kind = PS_ARG_NONE, .index = PS_REG_NONE};

static ps_operand number(uint64_t value, unsigned size)
{
    return (ps_operand){
        .kind = PS_ARG_CONST, .size = (uint8_t)size, .index = PS_REG_NONE, .value = (int64_t)value};
}

/* Any register by its number, the stack pointer and the scratch register among them. */
static ps_operand plain(unsigned reg, unsigned size)
{
    return (ps_operand){
        .kind = PS_ARG_REGISTER, .size = (uint8_t)size, .reg = (uint8_t)reg, .index = PS_REG_NONE};
}

static ps_operand source(unsigned reg, unsigned size)
{
    return reg == ZERO ? number(0, size) : plain(reg, size);
}

static ps_operand target(unsigned reg, unsigned size)
{
    return reg == ZERO ? no_operand : plain(reg, size);
}

static ps_operand memory(unsigned base, int64_t offset, unsigned size)
{
    return (ps_operand){.kind = PS_ARG_MEMORY,
                        .size = (uint8_t)size,
                        .reg = (uint8_t)base,
                        .index = PS_REG_NONE,
                        .value = offset};
}

static ps_operand code(const maker *m, int64_t distance)
{
    return (ps_operand){.kind = PS_ARG_CODE,
                        .index = PS_REG_NONE,
                        .value = (int64_t)(uint32_t)(m->rva + (uint32_t)distance)};
}

static ps_operand image(int64_t rva, unsigned size)
{
    return (ps_operand){
        .kind = PS_ARG_IMAGE, .size = (uint8_t)size, .index = PS_REG_NONE, .value = rva};
}

/* --- ops --------------------------------------------------------------------------------- */

static ps_op *emit(maker *m, ps_op_kind kind, ps_operand a, ps_operand b)
{
    ps_op *op = &m->ops[m->count++];

    *op = (ps_op){.rva = m->rva, .kind = (uint8_t)kind, .a = a, .b = b, .c = no_operand};
    return op;
}

static void nothing(maker *m) { (void)emit(m, PS_OP_NOTHING, no_operand, no_operand); }

static void compute(maker *m, ps_arithmetic how, ps_operand a, ps_operand b, ps_operand c)
{
    ps_op *op;

    if (a.kind == PS_ARG_NONE)
        return;
    op = emit(m, PS_OP_COMPUTE, a, b);
    op->arithmetic = (uint8_t)how;
    op->three = true;
    op->c = c;
}

static void move(maker *m, ps_operand a, ps_operand b)
{
    if (a.kind != PS_ARG_NONE)
        (void)emit(m, PS_OP_MOVE, a, b);
}

/* Clobbers a register, if it is one, and memory, if that is given. */
static void clobber(maker *m, unsigned reg, ps_operand written)
{
    ps_op *op = emit(m, PS_OP_OTHER, written, no_operand);

    if (reg != ZERO)
        op->clobbers = UINT64_C(1) << reg;
}

static void clobber_rd(maker *m) { clobber(m, rd(m), no_operand); }

#define ALL_VECTORS (((UINT64_C(1) << PS_VECTORS) - 1) << PS_VECTOR_CLOBBER)

/* The vector registers that the walk follows are the first ones. */
static ps_operand vector(unsigned reg, unsigned size)
{
    return (ps_operand){
        .kind = PS_ARG_VECTOR, .size = (uint8_t)size, .reg = (uint8_t)reg, .index = PS_REG_NONE};
}

/* Vector registers, a bit for each, take values that are not followed. */
static void clobber_vectors(maker *m, uint64_t which)
{
    ps_op *op = emit(m, PS_OP_OTHER, no_operand, no_operand);

    op->clobbers = (which & ((UINT64_C(1) << PS_VECTORS) - 1)) << PS_VECTOR_CLOBBER;
}

static void clobber_vector(maker *m, unsigned reg) { clobber_vectors(m, UINT64_C(1) << reg); }

static void choose(maker *m, ps_operand a, ps_operand b, ps_operand c)
{
    ps_op *op;

    if (a.kind == PS_ARG_NONE)
        return;
    op = emit(m, PS_OP_CHOOSE, a, b);
    op->three = true;
    op->c = c;
}

static unsigned base(const maker *m) { return rn(m) == ZERO ? SP : rn(m); }

static void move_base(maker *m, int64_t by)
{
    compute(m, PS_A_ADD, plain(base(m), 8), plain(base(m), 8), number((uint64_t)by, 8));
}

/* --- immediates -------------------------------------------------------------------------- */

static uint64_t ones(unsigned count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static void decode_adr(maker *m)
{
    int64_t rva = (int64_t)((uint64_t)signed_field(m, 23, 5) << 2 | field(m, 30, 29));

    if (field(m, 31, 31) != 0)
        rva = (int64_t)(m->rva & ~0xfffU) + rva * 0x1000;
    else
        rva += m->rva;
    if (rd(m) == ZERO)
        nothing(m);
    else
        (void)emit(m, PS_OP_ADDRESS, plain(rd(m), 8), image(rva, 8));
}

/* What only sets flags may be a comparison that guards a jump table. */
static void compare(maker *m, ps_operand a, ps_operand b) { (void)emit(m, PS_OP_NOTHING, a, b); }

static void decode_add_immediate(maker *m)
{
    const bool flags = field(m, 29, 29) != 0;
    const uint64_t by = (uint64_t)field(m, 21, 10) << (field(m, 22, 22) != 0 ? 12 : 0);
    const ps_operand from = plain(base(m), m->size);

    if (flags && rd(m) == ZERO)
        compare(m, from, number(by, m->size));
    else
        compute(m, field(m, 30, 30) != 0 ? PS_A_SUB : PS_A_ADD, plain(rd(m), m->size), from,
                number(by, m->size));
}

/* The pattern of ones that an immediate of a logical instruction stands for; 0 is none. */
static uint64_t pattern(unsigned n, unsigned s, unsigned r)
{
    const unsigned key = n << 6 | (~s & 0x3f);
    unsigned width = 64;
    uint64_t element;

    while (width > 1 && (key & width) == 0)
        width >>= 1;
    if (width < 2 || (s & (width - 1)) == width - 1)
        return 0;
    r &= width - 1;
    element = ones((s & (width - 1)) + 1);
    if (r != 0)
        element = (element >> r | element << (width - r)) & ones(width);
    for (; width < 64; width *= 2)
        element |= element << width;
    return element;
}

static void decode_logical_immediate(maker *m)
{
    static const uint8_t how[] = {PS_A_AND, PS_A_OR, PS_A_XOR, PS_A_AND};
    const unsigned opc = field(m, 30, 29);
    const uint64_t value =
        pattern(field(m, 22, 22), field(m, 15, 10), field(m, 21, 16)) & ones(m->size * 8U);
    const ps_operand to = opc == 3 ? target(rd(m), m->size) : plain(rd(m), m->size);

    if (value == 0 || (m->size == 4 && field(m, 22, 22) != 0))
        clobber(m, to.kind == PS_ARG_NONE ? ZERO : to.reg, no_operand);
    else if (opc == 1 && rn(m) == ZERO)
        move(m, to, number(value, m->size));
    else
        compute(m, (ps_arithmetic)how[opc], to, source(rn(m), m->size), number(value, m->size));
}

static void decode_move_wide(maker *m)
{
    const unsigned opc = field(m, 30, 29);
    const unsigned shift = field(m, 22, 21) * 16;
    const uint64_t part = (uint64_t)field(m, 20, 5) << shift;
    const ps_operand to = target(rd(m), m->size);

    if (opc == 1 || (m->size == 4 && shift > 16)) {
        clobber_rd(m);
    } else if (opc == 3) {
        const uint64_t kept = ~((uint64_t)0xffff << shift) & ones(m->size * 8U);

        compute(m, PS_A_AND, to, to, number(kept, m->size));
        compute(m, PS_A_OR, to, to, number(part, m->size));
    } else {
        move(m, to, number((opc == 0 ? ~part : part) & ones(m->size * 8U), m->size));
    }
}

/* Puts width bits of a register, from bit `from` on, at bit `to` of the target; the rest is zero. */
static void place(maker *m, ps_operand a, ps_operand b, const unsigned bits[3])
{
    const unsigned from = bits[0];
    const unsigned to = bits[1];
    const unsigned width = bits[2];
    const unsigned all = m->size * 8U;
    bool first = true;

    if (from > 0) {
        compute(m, PS_A_SHR, a, b, number(from, m->size));
        first = false;
    }
    if (width < all - (from > to ? from : to)) {
        compute(m, PS_A_AND, a, first ? b : a, number(ones(width), m->size));
        first = false;
    }
    if (to > 0 || first)
        compute(m, PS_A_SHL, a, first ? b : a, number(to, m->size));
}

static void sign_bits(maker *m, unsigned r, unsigned s)
{
    const unsigned all = m->size * 8U;
    const ps_operand to = target(rd(m), m->size);

    if (r == 0 && (s == 7 || s == 15 || s == 31)) {
        (void)emit(m, PS_OP_MOVE_SIGNED, to, source(rn(m), (s + 1) / 8));
        return;
    }
    if (s == all - 1) {
        compute(m, PS_A_SAR, to, source(rn(m), m->size), number(r, m->size));
        return;
    }
    compute(m, PS_A_SHL, to, source(rn(m), m->size), number(all - 1 - s, m->size));
    compute(m, PS_A_SAR, to, to,
            number(s >= r ? all - 1 - s + r : all - 1 - s - (all - r), m->size));
}

static void decode_bitfield(maker *m)
{
    const unsigned opc = field(m, 30, 29);
    const unsigned r = field(m, 21, 16);
    const unsigned s = field(m, 15, 10);
    const unsigned all = m->size * 8U;
    const ps_operand to = target(rd(m), m->size);
    unsigned bits[3] = {r, 0, s - r + 1};
    uint64_t mask;

    if (s < r) {
        bits[0] = 0;
        bits[1] = all - r;
        bits[2] = s + 1;
    }
    if (opc == 3 || r >= all || s >= all || rd(m) == ZERO) {
        clobber_rd(m);
    } else if (opc == 0) {
        sign_bits(m, r, s);
    } else if (opc == 2) {
        place(m, to, source(rn(m), m->size), bits);
    } else {
        mask = ones(bits[2]) << bits[1];
        place(m, plain(SCRATCH, m->size), source(rn(m), m->size), bits);
        compute(m, PS_A_AND, to, to, number(~mask & ones(all), m->size));
        compute(m, PS_A_OR, to, to, plain(SCRATCH, m->size));
    }
}

static void decode_extract(maker *m)
{
    const unsigned lowest = field(m, 15, 10);
    const ps_operand to = target(rd(m), m->size);
    const ps_operand scratch = plain(SCRATCH, m->size);

    if (lowest >= m->size * 8U || rd(m) == ZERO) {
        clobber_rd(m);
    } else if (lowest == 0) {
        move(m, to, source(rm(m), m->size));
    } else {
        compute(m, PS_A_SHR, scratch, source(rm(m), m->size), number(lowest, m->size));
        compute(m, PS_A_SHL, to, source(rn(m), m->size), number(m->size * 8U - lowest, m->size));
        compute(m, PS_A_OR, to, to, scratch);
    }
}

/* An unknown one of this class may write the stack pointer. */
static void unknown_immediate(maker *m)
{
    ps_op *op = emit(m, PS_OP_OTHER, no_operand, no_operand);

    op->clobbers = UINT64_C(1) << rd(m);
}

static const row immediates[] = {
    {0x1f000000, 0x10000000, decode_adr},
    {0x1f800000, 0x11000000, decode_add_immediate},
    {0x1f800000, 0x12000000, decode_logical_immediate},
    {0x1f800000, 0x12800000, decode_move_wide},
    {0x1f800000, 0x13000000, decode_bitfield},
    {0x1fa00000, 0x13800000, decode_extract},
    {0, 0, unknown_immediate},
};

/* --- registers --------------------------------------------------------------------------- */

/* The last operand, shifted as bits 23-22 and 15-10 say; false if there is no such shift. */
static bool shifted(maker *m, ps_operand *operand)
{
    static const uint8_t kinds[] = {PS_A_SHL, PS_A_SHR, PS_A_SAR, PS_A_SHL};
    const unsigned by = field(m, 15, 10);
    const ps_operand scratch = plain(SCRATCH, m->size);

    *operand = source(rm(m), m->size);
    if (by == 0 || rm(m) == ZERO)
        return true;
    if (by >= m->size * 8U)
        return false;
    operand->shift = kinds[field(m, 23, 22)];
    operand->value = by;
    if (field(m, 23, 22) == 3) { /* a rotation */
        compute(m, PS_A_SHR, scratch, source(rm(m), m->size), number(by, m->size));
        operand->value = (int64_t)m->size * 8 - (int64_t)by;
        compute(m, PS_A_OR, scratch, scratch, *operand);
        *operand = scratch;
    }
    return true;
}

static void decode_logical(maker *m)
{
    static const uint8_t how[] = {PS_A_AND, PS_A_OR, PS_A_XOR, PS_A_AND};
    const unsigned opc = field(m, 30, 29);
    const bool inverts = field(m, 21, 21) != 0;
    const ps_operand to = target(rd(m), m->size);
    const ps_operand scratch = plain(SCRATCH, m->size);
    ps_operand last;

    if (!shifted(m, &last)) {
        clobber_rd(m);
    } else if (to.kind == PS_ARG_NONE) {
        nothing(m);
    } else if (inverts) {
        move(m, scratch, last);
        (void)emit(m, PS_OP_INVERT, scratch, no_operand);
        compute(m, (ps_arithmetic)how[opc], to, source(rn(m), m->size), scratch);
    } else if (opc == 1 && rn(m) == ZERO) {
        move(m, to, last);
    } else {
        compute(m, (ps_arithmetic)how[opc], to, source(rn(m), m->size), last);
    }
}

static void decode_add(maker *m)
{
    ps_operand last;

    if (field(m, 23, 22) == 3 || !shifted(m, &last))
        clobber_rd(m);
    else if (rd(m) == ZERO)
        compare(m, source(rn(m), m->size), last);
    else
        compute(m, field(m, 30, 30) != 0 ? PS_A_SUB : PS_A_ADD, plain(rd(m), m->size),
                source(rn(m), m->size), last);
}

static uint8_t extension(unsigned option)
{
    const uint8_t bytes = (uint8_t)(1U << (option & 3));

    if (bytes == 8)
        return 0;
    return (option & 4) != 0 ? bytes | PS_EXTEND_SIGNED : bytes;
}

static void decode_add_extended(maker *m)
{
    const bool flags = field(m, 29, 29) != 0;
    const ps_operand from = plain(base(m), m->size);
    ps_operand last = source(rm(m), m->size);

    if (last.kind == PS_ARG_REGISTER) {
        last.extend = extension(field(m, 15, 13));
        last.shift = field(m, 12, 10) != 0 ? PS_A_SHL : 0;
        last.value = field(m, 12, 10);
    }
    if (flags && rd(m) == ZERO)
        compare(m, from, last);
    else
        compute(m, field(m, 30, 30) != 0 ? PS_A_SUB : PS_A_ADD, plain(rd(m), m->size), from, last);
}

static void decode_select(maker *m)
{
    const bool adds = field(m, 10, 10) != 0;
    const bool inverts = field(m, 30, 30) != 0;
    const ps_operand scratch = plain(SCRATCH, m->size);
    ps_operand second = source(rm(m), m->size);

    if (field(m, 29, 29) != 0 || field(m, 11, 11) != 0 || rd(m) == ZERO) {
        clobber_rd(m);
        return;
    }
    if (adds && !inverts)
        compute(m, PS_A_ADD, scratch, second, number(1, m->size));
    else if (inverts) {
        move(m, scratch, second);
        (void)emit(m, adds ? PS_OP_NEGATE : PS_OP_INVERT, scratch, no_operand);
    }
    if (adds || inverts)
        second = scratch;
    choose(m, target(rd(m), m->size), source(rn(m), m->size), second);
}

static void decode_two_sources(maker *m)
{
    static const uint8_t how[] = {PS_A_SHL, PS_A_SHR, PS_A_SAR};
    const unsigned opcode = field(m, 15, 10);

    if (opcode < 8 || opcode > 10 || field(m, 29, 29) != 0 || rd(m) == ZERO)
        clobber_rd(m);
    else
        compute(m, (ps_arithmetic)how[opcode - 8], plain(rd(m), m->size), source(rn(m), m->size),
                source(rm(m), m->size));
}

static void decode_multiply(maker *m)
{
    const unsigned kind = field(m, 23, 21);
    const unsigned added = field(m, 14, 10);
    const ps_operand scratch = plain(SCRATCH, m->size);
    ps_operand x = source(rn(m), m->size);
    ps_operand y = source(rm(m), m->size);

    if (field(m, 30, 29) != 0 || kind == 2 || kind == 6 || (kind != 0 && m->size == 4) ||
        rd(m) == ZERO || (kind & 3) > 1) {
        clobber_rd(m);
        return;
    }
    if (kind != 0)
        x.extend = y.extend = kind == 1 ? 4 | PS_EXTEND_SIGNED : 4;
    if (added == ZERO && field(m, 15, 15) == 0) {
        compute(m, PS_A_MUL, plain(rd(m), m->size), x, y);
        return;
    }
    compute(m, PS_A_MUL, scratch, x, y);
    compute(m, field(m, 15, 15) != 0 ? PS_A_SUB : PS_A_ADD, plain(rd(m), m->size),
            source(added, m->size), scratch);
}

static const row registers[] = {
    {0x1f000000, 0x0a000000, decode_logical},      {0x1f200000, 0x0b000000, decode_add},
    {0x1fe00000, 0x0b200000, decode_add_extended}, {0x1fe00000, 0x1a400000, nothing},
    {0x1fe00000, 0x1a800000, decode_select},       {0x5fe00000, 0x1ac00000, decode_two_sources},
    {0x1f000000, 0x1b000000, decode_multiply},     {0, 0, clobber_rd},
};

/* --- loads and stores -------------------------------------------------------------------- */

/* One access of a general register: what says store, load, or load and extend the sign. */
static void access(maker *m, unsigned reg, ps_operand at, unsigned what)
{
    if (what == 0)
        move(m, at, source(reg, at.size));
    else if (reg == ZERO)
        nothing(m);
    else if (what == 1)
        move(m, plain(reg, at.size == 8 ? 8 : 4), at);
    else
        (void)emit(m, PS_OP_MOVE_SIGNED, plain(reg, what == 2 ? 8 : 4), at);
}

static void access_vector(maker *m, unsigned reg, ps_operand at, bool loads)
{
    if (loads && (reg >= PS_VECTORS || at.size < 4))
        clobber_vector(m, reg);
    else if (loads)
        (void)emit(m, PS_OP_MOVE, vector(reg, 16), at);
    else if (reg >= PS_VECTORS || at.size < 4)
        clobber(m, ZERO, at);
    else
        (void)emit(m, PS_OP_MOVE, at, vector(reg, at.size));
}

/* One access by the bits of most encodings: size 31-30, vector 26, what 23-22. */
static void access_by_bits(maker *m, ps_operand at)
{
    const unsigned size = field(m, 31, 30);
    const unsigned what = field(m, 23, 22);

    if (field(m, 26, 26) != 0) {
        at.size = (uint8_t)(1U << ((what & 2) * 2 + size));
        access_vector(m, field(m, 4, 0), at, (what & 1) != 0);
    } else if (what >= 2 && size == 3) {
        nothing(m); /* a prefetch */
    } else {
        at.size = (uint8_t)(1U << size);
        access(m, rd(m), at, what);
    }
}

static unsigned scale(const maker *m)
{
    const unsigned more = field(m, 26, 26) != 0 ? field(m, 23, 23) * 4 : 0;

    return field(m, 31, 30) + more;
}

static void decode_scaled(maker *m)
{
    access_by_bits(m, memory(base(m), (int64_t)field(m, 21, 10) << scale(m), 0));
}

static void decode_unscaled(maker *m)
{
    access_by_bits(m, memory(base(m), signed_field(m, 20, 12), 0));
}

static void decode_before(maker *m)
{
    move_base(m, signed_field(m, 20, 12));
    access_by_bits(m, memory(base(m), 0, 0));
}

static void decode_after(maker *m)
{
    access_by_bits(m, memory(base(m), 0, 0));
    move_base(m, signed_field(m, 20, 12));
}

static void decode_indexed(maker *m)
{
    ps_operand at = memory(base(m), 0, 0);

    if (rm(m) != ZERO) {
        at.index = (uint8_t)rm(m);
        at.extend = extension(field(m, 15, 13));
        at.scale = (uint8_t)(field(m, 12, 12) != 0 ? 1U << scale(m) : 1U);
    }
    access_by_bits(m, at);
}

static void decode_literal(maker *m)
{
    const unsigned opc = field(m, 31, 30);
    const int64_t rva = (int64_t)m->rva + signed_field(m, 23, 5) * 4;

    if (field(m, 26, 26) != 0)
        clobber_vector(m, field(m, 4, 0));
    else if (opc == 3 || rd(m) == ZERO)
        nothing(m);
    else if (opc == 2)
        (void)emit(m, PS_OP_MOVE_SIGNED, plain(rd(m), 8), image(rva, 4));
    else
        move(m, plain(rd(m), opc == 1 ? 8 : 4), image(rva, opc == 1 ? 8 : 4));
}

static void pair(maker *m, int64_t offset, unsigned size)
{
    const bool loads = field(m, 22, 22) != 0;
    const unsigned what = !loads ? 0 : field(m, 31, 30) == 1 ? 2 : 1;
    const ps_operand low = memory(base(m), offset, size);
    const ps_operand high = memory(base(m), offset + (int64_t)size, size);
    const unsigned second = field(m, 14, 10);

    if (field(m, 26, 26) != 0) {
        access_vector(m, field(m, 4, 0), low, loads);
        access_vector(m, second, high, loads);
    } else if (loads && rd(m) == rn(m)) { /* the base goes last */
        access(m, second, high, what);
        access(m, rd(m), low, what);
    } else {
        access(m, rd(m), low, what);
        access(m, second, high, what);
    }
}

static void unknown_access(maker *m)
{
    ps_op *op = emit(m, PS_OP_OTHER, memory(base(m), 0, 0), no_operand);

    op->clobbers = UINT64_C(1) << rd(m) | UINT64_C(1) << rn(m) | UINT64_C(1) << rm(m) |
                   UINT64_C(1) << field(m, 14, 10) | ALL_VECTORS;
}

static void decode_pair(maker *m)
{
    const unsigned opc = field(m, 31, 30);
    const unsigned mode = field(m, 24, 23);
    const bool is_vector = field(m, 26, 26) != 0;
    const unsigned size = is_vector ? 4U << opc : opc == 2 ? 8 : 4;
    const int64_t offset = signed_field(m, 21, 15) * (int64_t)size;

    if (opc == 3 || (!is_vector && opc == 1 && (field(m, 22, 22) == 0 || mode == 0))) {
        unknown_access(m);
        return;
    }
    if (mode == 3)
        move_base(m, offset);
    pair(m, (mode & 1) != 0 ? 0 : offset, size);
    if (mode == 1)
        move_base(m, offset);
}

/* Exclusive and ordered accesses, compare and swap. */
static void decode_ordered(maker *m)
{
    const unsigned size = 1U << field(m, 31, 30);
    const bool loads = field(m, 22, 22) != 0;
    const bool ordered = field(m, 23, 23) != 0;
    const bool paired = field(m, 21, 21) != 0;
    const ps_operand at = memory(base(m), 0, size);
    ps_operand written = at;
    ps_op *op;

    if (!paired && (loads || ordered)) {
        access(m, rd(m), at, loads ? 1 : 0);
    } else if (!paired) {
        clobber(m, rm(m), at);
    } else if (!ordered && size >= 4 && loads) {
        access(m, rd(m), rd(m) == rn(m) ? memory(base(m), (int64_t)size, size) : at, 1);
        m->count = 0; /* the pair's halves are of no interest */
        op = emit(m, PS_OP_OTHER, no_operand, no_operand);
        op->clobbers = UINT64_C(1) << rd(m) | UINT64_C(1) << field(m, 14, 10);
        op->clobbers &= ~(UINT64_C(1) << ZERO);
    } else { /* compare and swap, of pairs too, and exclusive stores of pairs */
        written.size = (uint8_t)(size * 4);
        op = emit(m, PS_OP_OTHER, written, no_operand);
        op->clobbers = UINT64_C(3) << rm(m) & ~(UINT64_C(3) << ZERO);
    }
}

static void decode_atomic(maker *m)
{
    const unsigned what = field(m, 15, 12);
    ps_op *op;

    if (field(m, 26, 26) != 0) {
        unknown_access(m);
    } else if (what == 0xc && rm(m) == ZERO) {
        access(m, rd(m), memory(base(m), 0, 1U << field(m, 31, 30)), 1);
    } else if (what <= 8) {
        clobber(m, rd(m), memory(base(m), 0, 1U << field(m, 31, 30)));
    } else { /* 64 bytes through eight registers */
        op = emit(m, PS_OP_OTHER, memory(base(m), 0, 64), no_operand);
        op->clobbers = UINT64_C(0x7fffffff);
    }
}

static void decode_ordered_unscaled(maker *m)
{
    ps_operand at = memory(base(m), signed_field(m, 20, 12), 1U << field(m, 31, 30));

    if (field(m, 23, 22) >= 2 && field(m, 31, 30) == 3)
        unknown_access(m);
    else
        access(m, rd(m), at, field(m, 23, 22));
}

/* Vector structures: up to 64 bytes at the base, which may move on. */
static void decode_structure(maker *m)
{
    const bool loads = field(m, 22, 22) != 0;
    ps_op *op = emit(m, PS_OP_OTHER, loads ? no_operand : memory(base(m), 0, 64), no_operand);

    if (field(m, 23, 23) != 0)
        op->clobbers = UINT64_C(1) << base(m);
    op->clobbers |= loads ? ALL_VECTORS : 0;
}

static const row accesses[] = {
    {0x3b000000, 0x39000000, decode_scaled},
    {0x3a000000, 0x28000000, decode_pair},
    {0x3b200c00, 0x38000000, decode_unscaled},
    {0x3b200c00, 0x38000400, decode_after},
    {0x3b200c00, 0x38000800, decode_unscaled},
    {0x3b200c00, 0x38000c00, decode_before},
    {0x3b200c00, 0x38200800, decode_indexed},
    {0x3b000000, 0x18000000, decode_literal},
    {0x3f000000, 0x08000000, decode_ordered},
    {0x3b200c00, 0x38200000, decode_atomic},
    {0x3f200c00, 0x19000000, decode_ordered_unscaled},
    {0xbe000000, 0x0c000000, decode_structure},
    {0, 0, unknown_access},
};

/* --- branches and the system ------------------------------------------------------------- */

static void decode_jump(maker *m)
{
    const ps_op_kind kind = field(m, 31, 31) != 0 ? PS_OP_CALL : PS_OP_JUMP;

    (void)emit(m, kind, no_operand, code(m, signed_field(m, 25, 0) * 4));
}

static void decode_branch(maker *m)
{
    (void)emit(m, PS_OP_BRANCH, no_operand, code(m, signed_field(m, 23, 5) * 4));
}

static void decode_test_branch(maker *m)
{
    (void)emit(m, PS_OP_BRANCH, no_operand, code(m, signed_field(m, 18, 5) * 4));
}

/* br, blr, ret, eret, with and without a signature of the target. */
static void decode_by_register(maker *m)
{
    switch (field(m, 24, 21) & 7) {
    case 0:
        (void)emit(m, PS_OP_JUMP, no_operand, source(rn(m), 8));
        break;
    case 1:
        (void)emit(m, PS_OP_CALL, no_operand, source(rn(m), 8));
        break;
    case 2:
    case 4:
        (void)emit(m, PS_OP_RETURN, no_operand, no_operand);
        break;
    default:
        (void)emit(m, PS_OP_STOP, no_operand, no_operand);
        break;
    }
}

/* brk ends in the debugger and comes back, but for those that report a fatal error. */
static void decode_exception(maker *m)
{
    enum { BREAKPOINT = 0xf000, ASSERTION = 0xf001, DEBUG_SERVICE = 0xf002 };
    const unsigned code_number = field(m, 20, 5);
    ps_op *op;

    switch (field(m, 23, 21)) {
    case 0: /* svc, hvc, smc */
        op = emit(m, PS_OP_OTHER, no_operand, no_operand);
        op->clobbers = 0x4003ffff;
        break;
    case 1:
        if (code_number >= BREAKPOINT && code_number <= DEBUG_SERVICE) {
            op = emit(m, PS_OP_OTHER, no_operand, no_operand);
            op->clobbers = code_number == DEBUG_SERVICE ? 1 : 0;
            break;
        }
        (void)emit(m, PS_OP_STOP, no_operand, no_operand);
        break;
    default:
        (void)emit(m, PS_OP_STOP, no_operand, no_operand);
        break;
    }
}

static void decode_hint(maker *m)
{
    const unsigned hint = field(m, 11, 5);

    if (hint == 0)
        (void)emit(m, PS_OP_PADDING, no_operand, no_operand);
    else if (hint == 7 || (hint >= 24 && hint <= 31))
        clobber(m, LR, no_operand);
    else if (hint >= 8 && hint <= 14)
        clobber(m, 17, no_operand);
    else
        nothing(m);
}

static void decode_system(maker *m)
{
    enum { CACHE_ZERO = 0x74 };

    if (field(m, 21, 21) != 0)
        clobber_rd(m);
    else if (field(m, 20, 19) == 1 && field(m, 15, 8) == CACHE_ZERO)
        clobber(m, ZERO, memory(rd(m) == ZERO ? SP : rd(m), 0, 0));
    else
        nothing(m);
}

static void unknown_branch(maker *m) { (void)emit(m, PS_OP_STOP, no_operand, no_operand); }

static const row branches[] = {
    {0x7c000000, 0x14000000, decode_jump},
    {0xff000000, 0x54000000, decode_branch},
    {0x7e000000, 0x34000000, decode_branch},
    {0x7e000000, 0x36000000, decode_test_branch},
    {0xfe1f0000, 0xd61f0000, decode_by_register},
    {0xff000000, 0xd4000000, decode_exception},
    {0xfffff01f, 0xd503201f, decode_hint},
    {0xffc00000, 0xd5000000, decode_system},
    {0, 0, unknown_branch},
};

/* --- vectors ----------------------------------------------------------------------------- */

static void decode_float_to_general(maker *m)
{
    const unsigned opcode = field(m, 18, 16);

    if (opcode == 2 || opcode == 3 || opcode == 7)
        clobber_vector(m, field(m, 4, 0));
    else
        clobber_rd(m);
}

static void decode_vector_copy(maker *m)
{
    const unsigned what = field(m, 14, 11);

    if (field(m, 29, 29) == 0 && (what == 5 || what == 7))
        clobber_rd(m);
    else
        clobber_vector(m, field(m, 4, 0));
}

static void vector_only(maker *m) { clobber_vector(m, field(m, 4, 0)); }

/* A constant in all elements: zero is what structures are cleared with. */
static void decode_vector_constant(maker *m)
{
    const unsigned reg = field(m, 4, 0);
    const bool inverts = field(m, 29, 29) != 0 && field(m, 15, 12) != 0xe;
    ps_op *op;

    if (reg >= PS_VECTORS || inverts || field(m, 18, 16) != 0 || field(m, 9, 5) != 0) {
        clobber_vector(m, reg);
        return;
    }
    op = emit(m, PS_OP_COMPUTE, vector(reg, 16), vector(reg, 16));
    op->arithmetic = PS_A_XOR;
}

static const row vectors[] = {
    {0x5f20fc00, 0x1e200000, decode_float_to_general},
    {0x5f200000, 0x1e000000, decode_float_to_general},
    {0x9fe08400, 0x0e000400, decode_vector_copy},
    {0x9ff80c00, 0x0f000400, decode_vector_constant},
    {0, 0, vector_only},
};

/* --- classes ----------------------------------------------------------------------------- */

/* Scalable vectors: some write a general register, some memory. */
static void scalable(maker *m)
{
    clobber(m, rd(m), memory(base(m), 0, 0));
    clobber_vectors(m, UINT64_MAX);
}

static void undefined(maker *m)
{
    ps_op *op =
        emit(m, (m->word & 0x80000000) != 0 ? PS_OP_OTHER : PS_OP_STOP, no_operand, no_operand);

    op->clobbers = UINT64_C(0x7fffffff); /* matrices, or nothing that runs */
}

static const row none[] = {{0, 0, undefined}};
static const row scalables[] = {{0, 0, scalable}};

static const row *const classes[16] = {
    none,       none,       scalables, none,     accesses, registers, accesses, vectors,
    immediates, immediates, branches,  branches, accesses, registers, accesses, vectors,
};

unsigned ps_arm64_decode(uint32_t word, uint32_t rva, ps_op *ops)
{
    maker m = {.word = word, .rva = rva, .ops = ops, .size = word >> 31 != 0 ? 8 : 4};
    const row *r = classes[word >> 25 & 15];

    while ((word & r->mask) != r->bits)
        r++;
    r->decode(&m);
    if (m.count == 0)
        nothing(&m);
    m.ops[m.count - 1].length = 4;
    return m.count;
}
