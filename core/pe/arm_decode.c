/* arm_decode.c - Thumb-2 instructions into reduced form.
 *
 * An instruction is one halfword, or two if the first begins with 11101, 11110 or 11111.  Those
 * behind an IT instruction are conditional; the block is decoded as one: those of the one condition
 * work on the registers, those of the other on shadows of them, and in the end each register is one
 * or the other.  What is not known clobbers all that its class may write.
 */
#include "pe/code.h"
#include "pe/value.h"

enum {
    SP = PS_REG_ARM_SP,
    LR = PS_REG_ARM_LR,
    PC = 15,
    SHADOW = 16, /* of register 0 */
    SCRATCH = PS_REG_SCRATCH,
    ALL_REGISTERS = 0x7fff,
    BLOCK_LIMIT = 4,
    GROUP_LIMIT = 8,
};

typedef struct maker {
    uint32_t word; /* the first halfword in the high half */
    uint32_t rva;
    ps_op *ops;
    unsigned count;
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

/* The same of the first halfword. */
static unsigned first(const maker *m, unsigned high, unsigned low)
{
    return field(m, high + 16, low + 16);
}

static uint32_t pc(const maker *m) { return m->rva + 4; }

/* --- operands and ops -------------------------------------------------------------------- */

static const ps_operand no_operand = {.kind = PS_ARG_NONE, .index = PS_REG_NONE};

static ps_operand number(uint32_t value)
{
    return (ps_operand){.kind = PS_ARG_CONST, .size = 4, .index = PS_REG_NONE, .value = value};
}

static ps_operand reg(unsigned n)
{
    return (ps_operand){
        .kind = PS_ARG_REGISTER, .size = 4, .reg = (uint8_t)n, .index = PS_REG_NONE};
}

static ps_operand memory(unsigned base, int64_t offset, unsigned size)
{
    return (ps_operand){.kind = PS_ARG_MEMORY,
                        .size = (uint8_t)size,
                        .reg = (uint8_t)base,
                        .index = PS_REG_NONE,
                        .value = offset};
}

static ps_operand image(uint32_t rva, unsigned size)
{
    return (ps_operand){
        .kind = PS_ARG_IMAGE, .size = (uint8_t)size, .index = PS_REG_NONE, .value = rva};
}

static ps_operand code(uint32_t rva)
{
    return (ps_operand){.kind = PS_ARG_CODE, .index = PS_REG_NONE, .value = rva};
}

static ps_op *emit(maker *m, ps_op_kind kind, ps_operand a, ps_operand b)
{
    ps_op *op = &m->ops[m->count++];

    *op = (ps_op){.rva = m->rva, .kind = (uint8_t)kind, .a = a, .b = b, .c = no_operand};
    return op;
}

static void nothing(maker *m) { (void)emit(m, PS_OP_NOTHING, no_operand, no_operand); }

static void move(maker *m, ps_operand a, ps_operand b) { (void)emit(m, PS_OP_MOVE, a, b); }

static void compute(maker *m, ps_arithmetic how, unsigned to, ps_operand b, ps_operand c)
{
    ps_op *op = emit(m, PS_OP_COMPUTE, reg(to), b);

    op->arithmetic = (uint8_t)how;
    op->three = true;
    op->c = c;
}

static void clobber(maker *m, uint32_t registers, ps_operand written)
{
    ps_op *op = emit(m, PS_OP_OTHER, written, no_operand);

    op->clobbers = registers & ALL_REGISTERS;
}

/* A jump to what a register holds. */
static void go(maker *m, unsigned to)
{
    (void)emit(m, to == LR ? PS_OP_RETURN : PS_OP_JUMP, no_operand, reg(to));
}

/* An operand that may be the program counter, which then goes through the scratch register. */
static ps_operand source(maker *m, unsigned n)
{
    if (n != PC)
        return reg(n);
    (void)emit(m, PS_OP_ADDRESS, reg(SCRATCH), image(pc(m), 4));
    return reg(SCRATCH);
}

/* --- loads and stores -------------------------------------------------------------------- */

typedef enum access_kind { STORE, LOAD, LOAD_SIGNED } access_kind;

static void access(maker *m, unsigned n, ps_operand at, access_kind kind)
{
    if (kind == STORE && n == PC) {
        clobber(m, 0, at);
    } else if (kind == STORE) {
        move(m, at, reg(n));
    } else if (n == PC && at.size == 4) {
        move(m, reg(SCRATCH), at);
        (void)emit(m, PS_OP_JUMP, no_operand, reg(SCRATCH));
    } else if (n == PC) {
        nothing(m); /* a prefetch */
    } else {
        (void)emit(m, kind == LOAD ? PS_OP_MOVE : PS_OP_MOVE_SIGNED, reg(n), at);
    }
}

static void move_base(maker *m, unsigned base, int64_t by)
{
    if (by != 0 && base != PC)
        compute(m, PS_A_ADD, base, reg(base), number((uint32_t)by));
}

static unsigned count_bits(unsigned list)
{
    unsigned count = 0;

    for (; list != 0; list &= list - 1)
        count++;
    return count;
}

static void store_list(maker *m, unsigned base, unsigned list, int64_t offset)
{
    for (unsigned i = 0; i < PC; i++) {
        if ((list >> i & 1) == 0)
            continue;
        move(m, memory(base, offset, 4), reg(i));
        offset += 4;
    }
}

/* Loads a list of registers; the base comes last if it is one of them. */
static void load_list(maker *m, unsigned base, unsigned list, int64_t offset)
{
    int64_t of_base = -1;

    for (unsigned i = 0; i < PC; i++) {
        if ((list >> i & 1) == 0)
            continue;
        if (i == base)
            of_base = offset;
        else
            move(m, reg(i), memory(base, offset, 4));
        offset += 4;
    }
    if (of_base >= 0)
        move(m, reg(base), memory(base, of_base, 4));
}

static void push(maker *m, unsigned list)
{
    const int64_t size = (int64_t)count_bits(list) * 4;

    move_base(m, SP, -size);
    store_list(m, SP, list, 0);
}

static void pop(maker *m, unsigned list)
{
    load_list(m, SP, list & ~(1U << SP), 0);
    move_base(m, SP, (int64_t)count_bits(list) * 4);
    if ((list >> PC & 1) != 0)
        (void)emit(m, PS_OP_RETURN, no_operand, no_operand);
}

/* --- one halfword ------------------------------------------------------------------------ */

static void shift_16(maker *m)
{
    static const uint8_t how[] = {PS_A_SHL, PS_A_SHR, PS_A_SAR};
    const unsigned by = first(m, 10, 6);
    const unsigned kind = first(m, 12, 11);

    if (by == 0 && kind == 0)
        move(m, reg(first(m, 2, 0)), reg(first(m, 5, 3)));
    else if (by == 0)
        clobber(m, 1U << first(m, 2, 0), no_operand);
    else
        compute(m, (ps_arithmetic)how[kind], first(m, 2, 0), reg(first(m, 5, 3)), number(by));
}

static void add_16(maker *m)
{
    const ps_operand by = first(m, 10, 10) != 0 ? number(first(m, 8, 6)) : reg(first(m, 8, 6));

    compute(m, first(m, 9, 9) != 0 ? PS_A_SUB : PS_A_ADD, first(m, 2, 0), reg(first(m, 5, 3)), by);
}

static void immediate_16(maker *m)
{
    const unsigned n = first(m, 10, 8);
    const ps_operand value = number(first(m, 7, 0));

    switch (first(m, 12, 11)) {
    case 0:
        move(m, reg(n), value);
        break;
    case 1:
        (void)emit(m, PS_OP_NOTHING, reg(n), value);
        break;
    case 2:
        compute(m, PS_A_ADD, n, reg(n), value);
        break;
    default:
        compute(m, PS_A_SUB, n, reg(n), value);
        break;
    }
}

static void invert_into(maker *m, unsigned to, ps_operand from)
{
    move(m, reg(to), from);
    (void)emit(m, PS_OP_INVERT, reg(to), no_operand);
}

static void data_16(maker *m)
{
    enum { AND, EOR, LSL, LSR, ASR, ADC, SBC, ROR, TST, RSB, CMP, CMN, ORR, MUL, BIC, MVN };
    static const uint8_t how[] = {
        [AND] = PS_A_AND, [EOR] = PS_A_XOR, [ORR] = PS_A_OR, [MUL] = PS_A_MUL};
    const unsigned op = first(m, 9, 6);
    const unsigned to = first(m, 2, 0);
    const ps_operand from = reg(first(m, 5, 3));

    switch (op) {
    case LSL: /* by as much as 255 */
    case LSR:
    case ASR:
    case ADC:
    case SBC:
    case ROR:
        clobber(m, 1U << to, no_operand);
        break;
    case TST:
    case CMP:
    case CMN:
        nothing(m);
        break;
    case RSB:
        compute(m, PS_A_SUB, to, number(0), from);
        break;
    case BIC:
        invert_into(m, SCRATCH, from);
        compute(m, PS_A_AND, to, reg(to), reg(SCRATCH));
        break;
    case MVN:
        invert_into(m, to, from);
        break;
    default:
        compute(m, (ps_arithmetic)how[op], to, reg(to), from);
        break;
    }
}

static void high_16(maker *m)
{
    const unsigned to = first(m, 7, 7) << 3 | first(m, 2, 0);
    const unsigned from = first(m, 6, 3);

    switch (first(m, 9, 8)) {
    case 0:
        if (to == PC)
            (void)emit(m, PS_OP_JUMP, no_operand, no_operand);
        else
            compute(m, PS_A_ADD, to, reg(to), source(m, from));
        break;
    case 1:
        nothing(m);
        break;
    case 2:
        if (to == PC)
            go(m, from);
        else if (to == from)
            (void)emit(m, PS_OP_PADDING, no_operand, no_operand);
        else
            move(m, reg(to), source(m, from));
        break;
    default:
        if (first(m, 7, 7) != 0)
            (void)emit(m, PS_OP_CALL, no_operand, reg(from == PC ? SCRATCH : from));
        else
            go(m, from == PC ? (unsigned)SCRATCH : from);
        break;
    }
}

static void literal_16(maker *m)
{
    move(m, reg(first(m, 10, 8)), image((pc(m) & ~3U) + first(m, 7, 0) * 4, 4));
}

static void indexed_16(maker *m)
{
    static const uint8_t sizes[] = {4, 2, 1, 1, 4, 2, 1, 2};
    const unsigned op = first(m, 11, 9);
    ps_operand at = memory(first(m, 5, 3), 0, sizes[op]);

    at.index = (uint8_t)first(m, 8, 6);
    at.scale = 1;
    access(m, first(m, 2, 0), at, op < 3 ? STORE : op == 3 || op == 7 ? LOAD_SIGNED : LOAD);
}

static void access_16(maker *m)
{
    const unsigned op = first(m, 15, 12);
    const unsigned size = op == 6 ? 4 : op == 7 ? 1 : 2;

    access(m, first(m, 2, 0), memory(first(m, 5, 3), (int64_t)first(m, 10, 6) * size, size),
           first(m, 11, 11) != 0 ? LOAD : STORE);
}

static void stack_16(maker *m)
{
    access(m, first(m, 10, 8), memory(SP, (int64_t)first(m, 7, 0) * 4, 4),
           first(m, 11, 11) != 0 ? LOAD : STORE);
}

static void address_16(maker *m)
{
    if (first(m, 11, 11) != 0)
        compute(m, PS_A_ADD, first(m, 10, 8), reg(SP), number(first(m, 7, 0) * 4));
    else
        (void)emit(m, PS_OP_ADDRESS, reg(first(m, 10, 8)),
                   image((pc(m) & ~3U) + first(m, 7, 0) * 4, 4));
}

static void adjust_16(maker *m)
{
    const int64_t by = (int64_t)first(m, 6, 0) * 4;

    move_base(m, SP, first(m, 7, 7) != 0 ? -by : by);
}

static void extend_16(maker *m)
{
    ps_operand from = reg(first(m, 5, 3));

    from.size = first(m, 6, 6) != 0 ? 1 : 2;
    (void)emit(m, first(m, 7, 7) != 0 ? PS_OP_MOVE : PS_OP_MOVE_SIGNED, reg(first(m, 2, 0)), from);
}

static void branch_zero_16(maker *m)
{
    const uint32_t to = pc(m) + first(m, 9, 9) * 64 + first(m, 7, 3) * 2;

    (void)emit(m, PS_OP_BRANCH, no_operand, code(to));
}

static void push_16(maker *m) { push(m, first(m, 7, 0) | first(m, 8, 8) << LR); }
static void pop_16(maker *m) { pop(m, first(m, 7, 0) | first(m, 8, 8) << PC); }

static void stop(maker *m) { (void)emit(m, PS_OP_STOP, no_operand, no_operand); }

/* 0xfe is the debugger's breakpoint and comes back; __fastfail is 0xfb. */
static void undefined_16(maker *m)
{
    if (first(m, 7, 0) == 0xfe || first(m, 7, 0) == 0xfd)
        clobber(m, 1, no_operand);
    else
        stop(m);
}

static void list_16(maker *m)
{
    const unsigned base = first(m, 10, 8);
    const unsigned list = first(m, 7, 0);

    if (first(m, 11, 11) != 0)
        load_list(m, base, list, 0);
    else
        store_list(m, base, list, 0);
    if (first(m, 11, 11) == 0 || (list >> base & 1) == 0)
        move_base(m, base, (int64_t)count_bits(list) * 4);
}

static void branch_16(maker *m)
{
    const uint32_t by = (first(m, 7, 0) ^ 0x80) - 0x80U;

    (void)emit(m, PS_OP_BRANCH, no_operand, code(pc(m) + by * 2));
}

static void service_16(maker *m) { clobber(m, 0x500f, no_operand); }

static void jump_16(maker *m)
{
    const uint32_t by = (first(m, 10, 0) ^ 0x400) - 0x400U;

    (void)emit(m, PS_OP_JUMP, no_operand, code(pc(m) + by * 2));
}

static void hint_16(maker *m)
{
    (void)emit(m, first(m, 7, 0) == 0 ? PS_OP_PADDING : PS_OP_NOTHING, no_operand, no_operand);
}

static void unknown_16(maker *m) { clobber(m, 1U << first(m, 2, 0), no_operand); }

static const row halfwords[] = {
    {0xf8000000, 0x18000000, add_16},
    {0xe0000000, 0x00000000, shift_16},
    {0xe0000000, 0x20000000, immediate_16},
    {0xfc000000, 0x40000000, data_16},
    {0xfc000000, 0x44000000, high_16},
    {0xf8000000, 0x48000000, literal_16},
    {0xf0000000, 0x50000000, indexed_16},
    {0xe0000000, 0x60000000, access_16},
    {0xf0000000, 0x80000000, access_16},
    {0xf0000000, 0x90000000, stack_16},
    {0xf0000000, 0xa0000000, address_16},
    {0xff000000, 0xb0000000, adjust_16},
    {0xf5000000, 0xb1000000, branch_zero_16},
    {0xff000000, 0xb2000000, extend_16},
    {0xfe000000, 0xb4000000, push_16},
    {0xfe000000, 0xbc000000, pop_16},
    {0xff000000, 0xbf000000, hint_16},
    {0xff000000, 0xbe000000, stop},
    {0xff000000, 0xb6000000, nothing},
    {0xf0000000, 0xc0000000, list_16},
    {0xff000000, 0xde000000, undefined_16},
    {0xff000000, 0xdf000000, service_16},
    {0xf0000000, 0xd0000000, branch_16},
    {0xf8000000, 0xe0000000, jump_16},
    {0, 0, unknown_16},
};

/* --- two halfwords: computing ------------------------------------------------------------ */

static unsigned rd(const maker *m) { return field(m, 11, 8); }
static unsigned rn(const maker *m) { return first(m, 3, 0); }
static unsigned rm(const maker *m) { return field(m, 3, 0); }

static void clobber_rd(maker *m) { clobber(m, 1U << rd(m), no_operand); }

/* What the data-processing encodings do, given their last operand. */
static void data(maker *m, ps_operand last)
{
    enum { AND, BIC, ORR, ORN, EOR, ADD = 8, SUB = 13, RSB = 14 };
    const unsigned op = first(m, 8, 5);
    const bool inverts = op == BIC || op == ORN;
    const bool sets_flags = first(m, 4, 4) != 0 && rd(m) == PC;

    if (sets_flags) {
        (void)emit(m, PS_OP_NOTHING, reg(rn(m)), last);
        return;
    }
    if (rd(m) == PC || (rn(m) == PC && op != ORR && op != ORN)) {
        clobber_rd(m);
        return;
    }
    if (inverts) {
        invert_into(m, SCRATCH, last);
        last = reg(SCRATCH);
    }
    if (rn(m) == PC)
        move(m, reg(rd(m)), last);
    else if (op == AND || op == BIC)
        compute(m, PS_A_AND, rd(m), reg(rn(m)), last);
    else if (op == ORR || op == ORN)
        compute(m, PS_A_OR, rd(m), reg(rn(m)), last);
    else if (op == EOR)
        compute(m, PS_A_XOR, rd(m), reg(rn(m)), last);
    else if (op == ADD)
        compute(m, PS_A_ADD, rd(m), reg(rn(m)), last);
    else if (op == SUB)
        compute(m, PS_A_SUB, rd(m), reg(rn(m)), last);
    else if (op == RSB)
        compute(m, PS_A_SUB, rd(m), last, reg(rn(m)));
    else
        clobber_rd(m);
}

static void data_shifted(maker *m)
{
    static const uint8_t kinds[] = {PS_A_SHL, PS_A_SHR, PS_A_SAR, 0};
    const unsigned by = field(m, 14, 12) << 2 | field(m, 7, 6);
    const unsigned kind = field(m, 5, 4);
    ps_operand last = reg(rm(m));

    if ((by == 0 && kind != 0) || first(m, 8, 5) == 6 || rm(m) == PC) {
        clobber_rd(m);
        return;
    }
    if (by != 0) {
        last.shift = kinds[kind];
        last.value = by;
    }
    if (kind == 3) { /* a rotation */
        compute(m, PS_A_SHR, SCRATCH, reg(rm(m)), number(by));
        last.shift = PS_A_SHL;
        last.value = 32 - by;
        compute(m, PS_A_OR, SCRATCH, reg(SCRATCH), last);
        last = reg(SCRATCH);
    }
    data(m, last);
}

/* The number that 12 bits of an instruction stand for. */
static uint32_t expand(const maker *m)
{
    const uint32_t low = field(m, 7, 0);
    const unsigned how = first(m, 10, 10) << 3 | field(m, 14, 12);
    const unsigned turn = how << 1 | field(m, 7, 7);

    switch (how) {
    case 0:
        return low;
    case 1:
        return low << 16 | low;
    case 2:
        return low << 24 | low << 8;
    case 3:
        return low * 0x01010101U;
    default:
        return (low | 0x80) >> turn | (low | 0x80) << (32 - turn);
    }
}

static void data_immediate(maker *m) { data(m, number(expand(m))); }

static void move_wide(maker *m)
{
    const uint32_t value =
        first(m, 3, 0) << 12 | first(m, 10, 10) << 11 | field(m, 14, 12) << 8 | field(m, 7, 0);

    if (first(m, 7, 7) == 0) {
        move(m, reg(rd(m)), number(value));
        return;
    }
    compute(m, PS_A_AND, rd(m), reg(rd(m)), number(0xffff));
    compute(m, PS_A_OR, rd(m), reg(rd(m)), number(value << 16));
}

static void add_wide(maker *m)
{
    const bool subtracts = first(m, 7, 7) != 0;
    const uint32_t by = first(m, 10, 10) << 11 | field(m, 14, 12) << 8 | field(m, 7, 0);

    if (rn(m) == PC) {
        (void)emit(m, PS_OP_ADDRESS, reg(rd(m)),
                   image((pc(m) & ~3U) + (subtracts ? 0 - by : by), 4));
        return;
    }
    compute(m, subtracts ? PS_A_SUB : PS_A_ADD, rd(m), reg(rn(m)), number(by));
}

static uint32_t ones(unsigned count) { return count >= 32 ? UINT32_MAX : (1U << count) - 1; }

static void extract(maker *m)
{
    const unsigned low = field(m, 14, 12) << 2 | field(m, 7, 6);
    const unsigned width = field(m, 4, 0) + 1;

    if (low + width > 32) {
        clobber_rd(m);
    } else if (first(m, 7, 7) != 0) {
        compute(m, PS_A_SHR, rd(m), reg(rn(m)), number(low));
        compute(m, PS_A_AND, rd(m), reg(rd(m)), number(ones(width)));
    } else {
        compute(m, PS_A_SHL, rd(m), reg(rn(m)), number(32 - low - width));
        compute(m, PS_A_SAR, rd(m), reg(rd(m)), number(32 - width));
    }
}

static void insert(maker *m)
{
    const unsigned low = field(m, 14, 12) << 2 | field(m, 7, 6);
    const unsigned high = field(m, 4, 0);
    const uint32_t mask = high < low ? 0 : ones(high - low + 1);

    if (high < low) {
        clobber_rd(m);
        return;
    }
    if (rn(m) != PC) {
        compute(m, PS_A_AND, SCRATCH, reg(rn(m)), number(mask));
        compute(m, PS_A_SHL, SCRATCH, reg(SCRATCH), number(low));
    }
    compute(m, PS_A_AND, rd(m), reg(rd(m)), number(~(mask << low)));
    if (rn(m) != PC)
        compute(m, PS_A_OR, rd(m), reg(rd(m)), reg(SCRATCH));
}

/* sxth, uxth, sxtb, uxtb without a rotation and without an addition */
static void extend(maker *m)
{
    const unsigned kind = first(m, 6, 4);
    ps_operand from = reg(rm(m));

    if (rn(m) != PC || field(m, 5, 4) != 0 || (kind != 0 && kind != 1 && kind != 4 && kind != 5)) {
        clobber_rd(m);
        return;
    }
    from.size = kind < 2 ? 2 : 1;
    (void)emit(m, (kind & 1) != 0 ? PS_OP_MOVE : PS_OP_MOVE_SIGNED, reg(rd(m)), from);
}

static void multiply(maker *m)
{
    const unsigned added = field(m, 15, 12);

    if (field(m, 7, 5) != 0 || first(m, 6, 4) != 0) {
        clobber_rd(m);
    } else if (field(m, 4, 4) != 0) {
        compute(m, PS_A_MUL, SCRATCH, reg(rn(m)), reg(rm(m)));
        compute(m, PS_A_SUB, rd(m), reg(added), reg(SCRATCH));
    } else if (added == PC) {
        compute(m, PS_A_MUL, rd(m), reg(rn(m)), reg(rm(m)));
    } else {
        compute(m, PS_A_MUL, SCRATCH, reg(rn(m)), reg(rm(m)));
        compute(m, PS_A_ADD, rd(m), reg(added), reg(SCRATCH));
    }
}

static void multiply_long(maker *m)
{
    clobber(m, 1U << field(m, 15, 12) | 1U << rd(m), no_operand);
}

/* --- two halfwords: memory --------------------------------------------------------------- */

static void list_32(maker *m)
{
    const unsigned list = field(m, 15, 0);
    const unsigned base = rn(m);
    const bool loads = first(m, 4, 4) != 0;
    const bool down = first(m, 8, 7) == 2;
    const int64_t size = (int64_t)count_bits(list) * 4;
    const int64_t by = first(m, 5, 5) == 0 ? 0 : down ? -size : size;

    if (base == PC || (loads && by != 0 && (list >> base & 1) != 0)) {
        clobber(m, ALL_REGISTERS, no_operand);
        return;
    }
    if (loads) {
        load_list(m, base, list, down ? -size : 0);
        move_base(m, base, by);
        if ((list >> PC & 1) != 0)
            (void)emit(m, PS_OP_RETURN, no_operand, no_operand);
    } else {
        if (down)
            move_base(m, base, by);
        store_list(m, base, list, down && by == 0 ? -size : 0);
        if (!down)
            move_base(m, base, by);
    }
}

/* tbb, tbh: a table of distances behind the instruction, or anywhere */
static void table_jump(maker *m)
{
    const unsigned size = field(m, 4, 4) != 0 ? 2 : 1;
    ps_operand at = rn(m) == PC ? image(pc(m), size) : memory(rn(m), 0, size);
    ps_operand by = reg(SCRATCH);

    at.index = (uint8_t)rm(m);
    at.scale = (uint8_t)size;
    by.shift = PS_A_SHL;
    by.value = 1;
    move(m, reg(SCRATCH), at);
    (void)emit(m, PS_OP_ADDRESS, reg(PC), image(pc(m), 4));
    compute(m, PS_A_ADD, SCRATCH, reg(PC), by);
    (void)emit(m, PS_OP_JUMP, no_operand, reg(SCRATCH));
}

/* ldrex, strex and the ordered ones */
static void exclusive(maker *m)
{
    static const uint8_t sizes[] = {1, 2, 4, 8};
    const bool is_plain = first(m, 7, 7) == 0;
    const unsigned size = is_plain ? 4 : sizes[field(m, 5, 4)];
    const ps_operand at = memory(rn(m), is_plain ? field(m, 7, 0) * 4 : 0, size);
    const unsigned rt = field(m, 15, 12);

    if (size == 8)
        clobber(m, 1U << rt | 1U << rd(m) | 1U << rm(m), at);
    else if (first(m, 4, 4) != 0)
        access(m, rt, at, LOAD);
    else
        clobber(m, is_plain ? 1U << rd(m) : 1U << rm(m), at);
}

static void dual(maker *m)
{
    const int64_t by = (int64_t)field(m, 7, 0) * (first(m, 7, 7) != 0 ? 4 : -4);
    const bool before = first(m, 8, 8) != 0;
    const bool moves = first(m, 5, 5) != 0;
    const access_kind kind = first(m, 4, 4) != 0 ? LOAD : STORE;
    const unsigned one = field(m, 15, 12);
    const unsigned two = rd(m);
    const int64_t offset = before && !moves ? by : 0;
    const ps_operand low = memory(rn(m), offset, 4);
    const ps_operand high = memory(rn(m), offset + 4, 4);

    if (rn(m) == PC || one == PC || two == PC) {
        clobber(m, 1U << one | 1U << two, no_operand);
        return;
    }
    if (before && moves)
        move_base(m, rn(m), by);
    if (kind == LOAD && one == rn(m)) {
        access(m, two, high, kind);
        access(m, one, low, kind);
    } else {
        access(m, one, low, kind);
        access(m, two, high, kind);
    }
    if (!before)
        move_base(m, rn(m), by);
}

static void access_32(maker *m)
{
    const unsigned size = 1U << first(m, 6, 5);
    const bool loads = first(m, 4, 4) != 0;
    const access_kind kind = !loads ? STORE : first(m, 8, 8) != 0 ? LOAD_SIGNED : LOAD;
    const unsigned rt = field(m, 15, 12);
    const int64_t by = (int64_t)field(m, 7, 0) * (field(m, 9, 9) != 0 ? 1 : -1);
    ps_operand at = memory(rn(m), 0, size);

    if (size == 8 || (rn(m) == PC && !loads)) {
        stop(m);
    } else if (rn(m) == PC) {
        access(m, rt,
               image((pc(m) & ~3U) + (first(m, 7, 7) != 0 ? field(m, 11, 0) : 0U - field(m, 11, 0)),
                     size),
               kind);
    } else if (first(m, 7, 7) != 0) {
        at.value = field(m, 11, 0);
        access(m, rt, at, kind);
    } else if (field(m, 11, 11) == 0) {
        at.index = (uint8_t)rm(m);
        at.scale = (uint8_t)(1U << field(m, 5, 4));
        access(m, rt, at, kind);
    } else if (field(m, 10, 10) == 0 && loads && rt == PC) { /* ldr pc, [sp], #4 */
        move_base(m, rn(m), by);
        (void)emit(m, PS_OP_RETURN, no_operand, no_operand);
    } else {
        const bool before = field(m, 10, 10) != 0;
        const bool moves = field(m, 8, 8) != 0;

        if (before && moves)
            move_base(m, rn(m), by);
        at.value = before && !moves ? by : 0;
        access(m, rt, at, kind);
        if (!before)
            move_base(m, rn(m), by);
    }
}

/* --- two halfwords: control -------------------------------------------------------------- */

/* The distance of the long branches, in which two bits are inverted by the sign. */
static uint32_t long_distance(const maker *m)
{
    const uint32_t sign = first(m, 10, 10);
    const uint32_t i1 = field(m, 13, 13) ^ sign ^ 1;
    const uint32_t i2 = field(m, 11, 11) ^ sign ^ 1;
    const uint32_t bits =
        sign << 24 | i1 << 23 | i2 << 22 | first(m, 9, 0) << 12 | field(m, 10, 0) << 1;

    return (bits ^ 0x1000000) - 0x1000000U;
}

static void call_32(maker *m)
{
    (void)emit(m, PS_OP_CALL, no_operand, code(pc(m) + long_distance(m)));
}

static void call_other_32(maker *m) { (void)emit(m, PS_OP_CALL, no_operand, no_operand); }

static void jump_32(maker *m)
{
    (void)emit(m, PS_OP_JUMP, no_operand, code(pc(m) + long_distance(m)));
}

static void branch_32(maker *m)
{
    const uint32_t bits = first(m, 10, 10) << 20 | field(m, 11, 11) << 19 | field(m, 13, 13) << 18 |
                          first(m, 5, 0) << 12 | field(m, 10, 0) << 1;

    (void)emit(m, PS_OP_BRANCH, no_operand, code(pc(m) + ((bits ^ 0x100000) - 0x100000U)));
}

static void return_32(maker *m) { (void)emit(m, PS_OP_RETURN, no_operand, no_operand); }

static void hint_32(maker *m)
{
    (void)emit(m, field(m, 10, 0) == 0 ? PS_OP_PADDING : PS_OP_NOTHING, no_operand, no_operand);
}

/* --- two halfwords: coprocessors, vectors ------------------------------------------------ */

/* Vector loads and stores of one or several registers; the base may move. */
static void vector_access(maker *m)
{
    const bool loads = first(m, 4, 4) != 0;
    const int64_t size = (int64_t)field(m, 7, 0) * 4;
    const bool up = first(m, 7, 7) != 0;
    const bool moves = first(m, 5, 5) != 0;

    if (first(m, 8, 5) == 2) { /* two general registers */
        clobber(m, loads ? 1U << field(m, 15, 12) | 1U << first(m, 3, 0) : 0, no_operand);
        return;
    }
    if (moves && !up)
        move_base(m, rn(m), -size);
    if (!loads && rn(m) != PC)
        clobber(m, 0, memory(rn(m), 0, 0));
    if (moves && up)
        move_base(m, rn(m), size);
    nothing(m);
}

static void coprocessor(maker *m)
{
    const bool to_register = first(m, 4, 4) != 0 && field(m, 4, 4) != 0;

    clobber(m, to_register ? 1U << field(m, 15, 12) : 0, no_operand);
}

/* Vector structures. */
static void structure(maker *m)
{
    const bool loads = first(m, 5, 5) != 0;

    clobber(m, rm(m) == PC ? 0 : 1U << rn(m), loads ? no_operand : memory(rn(m), 0, 0));
}

static void vector_only(maker *m) { clobber(m, 0, no_operand); }

static void unknown_32(maker *m)
{
    clobber(m, 1U << rd(m) | 1U << field(m, 15, 12) | 1U << rn(m), memory(rn(m), 0, 0));
}

static const row words[] = {
    {0xfe400000, 0xe8000000, list_32},        {0xfff0ffe0, 0xe8d0f000, table_jump},
    {0xffe00000, 0xe8400000, exclusive},      {0xffe00000, 0xe8c00000, exclusive},
    {0xfe400000, 0xe8400000, dual},           {0xfe000000, 0xea000000, data_shifted},
    {0xfa008000, 0xf0000000, data_immediate}, {0xfb708000, 0xf2400000, move_wide},
    {0xfb508000, 0xf2000000, add_wide},       {0xfb708000, 0xf3400000, extract},
    {0xfbf08000, 0xf3600000, insert},         {0xf800d000, 0xf000d000, call_32},
    {0xf800d000, 0xf000c000, call_other_32},  {0xf800d000, 0xf0009000, jump_32},
    {0xfff0d000, 0xf3a08000, hint_32},        {0xffe0d000, 0xf3808000, nothing},
    {0xfff0d000, 0xf3b08000, nothing},        {0xfff0d000, 0xf3d08000, return_32},
    {0xffe0d000, 0xf3e08000, clobber_rd},     {0xff80d000, 0xf3808000, clobber_rd},
    {0xff80d000, 0xf7808000, stop},           {0xf800d000, 0xf0008000, branch_32},
    {0xff100000, 0xf9000000, structure},      {0xfe000000, 0xf8000000, access_32},
    {0xff80f080, 0xfa00f080, extend},         {0xff800000, 0xfb000000, multiply},
    {0xff800000, 0xfb800000, multiply_long},  {0xff000000, 0xfa000000, clobber_rd},
    {0xee000000, 0xec000000, vector_access},  {0xef000000, 0xee000000, coprocessor},
    {0xef000000, 0xef000000, vector_only},    {0, 0, unknown_32},
};

/* --- IT blocks --------------------------------------------------------------------------- */

static unsigned length_of(uint32_t word) { return word >> 27 > 28 ? 4 : 2; }

static void decode_one(maker *m)
{
    const row *r = length_of(m->word) == 4 ? words : halfwords;
    const unsigned before = m->count;

    while ((m->word & r->mask) != r->bits)
        r++;
    r->decode(m);
    if (m->count == before)
        nothing(m);
}

static bool writes_register(const ps_op *op)
{
    switch ((ps_op_kind)op->kind) {
    case PS_OP_MOVE:
    case PS_OP_MOVE_SIGNED:
    case PS_OP_ADDRESS:
    case PS_OP_COMPUTE:
    case PS_OP_INVERT:
        return op->a.kind == PS_ARG_REGISTER && op->a.reg < SP;
    default:
        return false;
    }
}

static void use_shadow(ps_operand *operand, uint32_t written)
{
    if (operand->kind != PS_ARG_REGISTER && operand->kind != PS_ARG_MEMORY)
        return;
    if (operand->reg < SP && (written >> operand->reg & 1) != 0)
        operand->reg += SHADOW;
    if (operand->index < SP && (written >> operand->index & 1) != 0)
        operand->index += SHADOW;
}

/* What an instruction does only under a condition.  Memory may be written, jumps may be taken. */
static void make_conditional(ps_op *op, uint32_t written, bool otherwise)
{
    if (op->kind == PS_OP_MOVE && op->a.kind == PS_ARG_MEMORY) {
        op->kind = PS_OP_OTHER;
        op->b = no_operand;
    } else if (op->kind == PS_OP_JUMP) {
        op->kind = op->b.kind == PS_ARG_CODE ? PS_OP_BRANCH : PS_OP_NOTHING;
    } else if (op->kind == PS_OP_RETURN || op->kind == PS_OP_STOP ||
               (op->kind == PS_OP_COMPUTE && op->a.reg == SP)) {
        op->kind = PS_OP_NOTHING; /* it does not go on, or belongs to what does not */
    }
    op->clobbers |= op->clobbers << SHADOW;
    if (!otherwise)
        return;
    use_shadow(&op->a, written);
    use_shadow(&op->b, written);
    use_shadow(&op->c, written);
}

typedef struct it_block {
    maker made[GROUP_LIMIT];
    ps_op ops[GROUP_LIMIT][PS_OPS_LIMIT];
    bool otherwise[GROUP_LIMIT];
    unsigned condition, count;
    uint32_t written, bytes;
} it_block;

/* The number of instructions behind an IT instruction: the lowest bit of its mask ends them. */
static unsigned block_length(unsigned mask)
{
    unsigned length = BLOCK_LIMIT;

    for (; (mask & 1) == 0; mask >>= 1)
        length--;
    return length;
}

static bool read_word(maker *m, const uint8_t *at, size_t left)
{
    if (left < 2)
        return false;
    m->word = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 24;
    if (length_of(m->word) == 2)
        return true;
    if (left < 4)
        return false;
    m->word |= (uint32_t)at[2] | (uint32_t)at[3] << 8;
    return true;
}

static bool leaves(const maker *m)
{
    const ps_op *last = &m->ops[m->count - 1];

    return last->kind == PS_OP_RETURN || (last->kind == PS_OP_JUMP && last->b.kind != PS_ARG_CODE);
}

/* Adds the instructions behind the IT instruction at block->bytes. */
static bool read_it(it_block *block, const uint8_t *at, size_t left, uint32_t rva)
{
    const uint8_t it = at[block->bytes];
    const unsigned length = block_length(it & 15);
    const unsigned condition = it >> 4 & 1;

    block->bytes += 2;
    for (unsigned i = 0; i < length; i++) {
        maker *m = &block->made[block->count];
        const bool same = i == 0 || (it >> (BLOCK_LIMIT - i) & 1U) == condition;

        *m = (maker){.rva = rva + block->bytes, .ops = block->ops[block->count]};
        if (!read_word(m, at + block->bytes, left - block->bytes))
            return false;
        block->otherwise[block->count++] = same == (block->condition != it >> 4);
        block->bytes += length_of(m->word);
        decode_one(m);
        if (leaves(m)) { /* what it loads is of no interest to those that stay */
            m->count = 0;
            nothing(m);
        }
        for (unsigned k = 0; k < m->count; k++)
            if (writes_register(&m->ops[k]))
                block->written |= 1U << m->ops[k].a.reg;
    }
    return true;
}

/* Is all so far a move of constants, so that the condition still stands? */
static bool moves_only(const it_block *block)
{
    for (unsigned i = 0; i < block->count; i++) {
        const uint32_t word = block->made[i].word;

        if ((word & 0xfb708000) != 0xf2400000 && (word & 0xf8000000) != 0x20000000)
            return false;
    }
    return true;
}

/* Compilers that put one instruction into each IT block make several of them under one condition. */
static bool read_block(it_block *block, const uint8_t *at, size_t left, uint32_t rva)
{
    block->condition = at[0] >> 4;
    block->count = 0;
    block->written = block->bytes = 0;
    do {
        if (!read_it(block, at, left, rva))
            return false;
    } while (block->count + BLOCK_LIMIT <= GROUP_LIMIT && left - block->bytes >= 2 &&
             at[block->bytes + 1] == 0xbf && (at[block->bytes] & 15) != 0 &&
             at[block->bytes] >> 5 == block->condition >> 1 && moves_only(block));
    return true;
}

/* Too much for one group of ops: forget what the block writes. */
static unsigned give_up(const it_block *block, uint32_t rva, ps_op *ops)
{
    maker m = {.rva = rva, .ops = ops};

    clobber(&m, ALL_REGISTERS & ~(1U << SP), no_operand);
    ops[0].length = (uint8_t)block->bytes;
    return 1;
}

/* Adds what the instructions do but for a branch, which comes last; true if there is one. */
static bool add_conditional(maker *m, const it_block *block)
{
    for (unsigned i = 0; i < block->count; i++) {
        for (unsigned k = 0; k < block->made[i].count; k++) {
            ps_op op = block->ops[i][k];

            make_conditional(&op, block->written, block->otherwise[i]);
            if (op.kind == PS_OP_BRANCH || op.kind == PS_OP_CALL)
                return true;
            m->ops[m->count++] = op;
        }
    }
    return false;
}

static void add_branch(maker *m, const it_block *block)
{
    const maker *last = &block->made[block->count - 1];
    ps_op *op = &m->ops[m->count++];

    *op = last->ops[last->count - 1];
    if (op->kind == PS_OP_JUMP)
        op->kind = PS_OP_BRANCH;
}

static unsigned finish_block(const it_block *block, uint32_t rva, ps_op *ops)
{
    maker m = {.rva = rva, .ops = ops};
    unsigned total = 2 * count_bits(block->written) + 1;
    bool branches;

    for (unsigned i = 0; i < block->count; i++)
        total += block->made[i].count;
    if (total > PS_OPS_LIMIT)
        return give_up(block, rva, ops);
    for (unsigned i = 0; i < SP; i++)
        if ((block->written >> i & 1) != 0)
            move(&m, reg(SHADOW + i), reg(i));
    branches = add_conditional(&m, block);
    for (unsigned i = 0; i < SP; i++) {
        ps_op *op;

        if ((block->written >> i & 1) == 0)
            continue;
        op = emit(&m, PS_OP_CHOOSE, reg(i), reg(i));
        op->three = true;
        op->c = reg(SHADOW + i);
    }
    if (branches)
        add_branch(&m, block);
    if (m.count == 0)
        nothing(&m);
    m.ops[m.count - 1].length = (uint8_t)block->bytes;
    return m.count;
}

unsigned ps_arm_decode(const uint8_t *at, size_t left, uint32_t rva, ps_op *ops)
{
    maker m = {.rva = rva, .ops = ops};

    if (left >= 2 && at[1] == 0xbf && (at[0] & 15) != 0) {
        it_block block;

        return read_block(&block, at, left, rva) ? finish_block(&block, rva, ops) : 0;
    }
    if (!read_word(&m, at, left))
        return 0;
    decode_one(&m);
    m.ops[m.count - 1].length = (uint8_t)length_of(m.word);
    return m.count;
}
