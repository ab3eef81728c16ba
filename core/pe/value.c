/* value.c - the lattice of values and arithmetic on it. */
#include "pe/value.h"

static uint64_t mask_of(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
}

static unsigned members(const ps_value *v) { return v->kind == PS_V_SET ? v->count : 1; }

static uint64_t member(const ps_value *v, unsigned i)
{
    return v->kind == PS_V_SET ? v->u.set[i] : v->u.bits;
}

static bool is_number(const ps_value *v) { return v->kind == PS_V_CONST || v->kind == PS_V_SET; }

/* A number about which nothing is in doubt. */
static bool is_numeric(const ps_value *v)
{
    return v->kind == PS_V_CONST || (v->kind == PS_V_SET && v->base == 0);
}

bool ps_value_same_kind(const ps_value *a, const ps_value *b)
{
    switch ((ps_value_kind)a->kind) {
    case PS_V_SET:
        if (a->count != b->count || a->base != b->base)
            return false;
        for (unsigned i = 0; i < a->count; i++)
            if (a->u.set[i] != b->u.set[i])
                return false;
        return true;
    case PS_V_TABLE:
        if (a->reason != b->reason)
            return false;
        return a->base == b->base && a->count == b->count && a->u.bits == b->u.bits;
    case PS_V_STACK:
    case PS_V_PARAMETER:
    case PS_V_FIELD:
    case PS_V_OFFSET:
        return a->base == b->base && a->count == b->count && a->u.bits == b->u.bits;
    default:
        return a->u.bits == b->u.bits;
    }
}

/* Put a number into a sorted set; false when it is full. */
static bool put(ps_value *set, uint64_t number)
{
    unsigned at = 0;

    while (at < set->count && set->u.set[at] < number)
        at++;
    if (at < set->count && set->u.set[at] == number)
        return true;
    if (set->count == PS_SET_LIMIT || number > UINT32_MAX)
        return false;
    for (unsigned i = set->count++; i > at; i--)
        set->u.set[i] = set->u.set[i - 1];
    set->u.set[at] = (uint32_t)number;
    return true;
}

static ps_value settle(const ps_value *set)
{
    return set->count == 1 && set->base == 0 ? ps_const(set->u.set[0]) : *set;
}

typedef struct bits {
    uint32_t value, known; /* value is 0 where it is not known */
} bits;

static ps_value of_bits(bits b, ps_reason reason)
{
    ps_value made = {.kind = PS_V_BITS, .reason = (uint8_t)reason};

    if (b.known == 0)
        return ps_unknown(reason);
    made.u.set[0] = b.value & b.known;
    made.u.set[1] = b.known;
    return made;
}

/* What all members of a number have in common. */
static bits bits_of(const ps_value *v)
{
    bits common = {0, 0};

    if (v->kind == PS_V_BITS)
        return (bits){v->u.set[0], v->u.set[1]};
    if (!is_numeric(v))
        return common;
    common = (bits){(uint32_t)member(v, 0), UINT32_MAX};
    for (unsigned i = 1; i < members(v); i++)
        common.known &= ~(common.value ^ (uint32_t)member(v, i));
    common.value &= common.known;
    return common;
}

ps_value ps_value_narrow(unsigned size)
{
    return of_bits((bits){0, ~(uint32_t)mask_of(size)}, PS_BY_COMPUTATION);
}

bool ps_value_tells(const ps_value *v)
{
    for (unsigned shift = 0; v->kind == PS_V_BITS && shift < 32; shift += 8) {
        const uint32_t byte = v->u.set[0] >> shift & 0xff;

        if ((v->u.set[1] >> shift & 0xff) == 0xff && byte >= ' ' && byte < 0x7f)
            return true;
    }
    return false;
}

/* Two numbers of which only some bits are sure. */
static ps_value join_bits(const ps_value *a, const ps_value *b)
{
    const bits x = bits_of(a);
    const bits y = bits_of(b);
    const ps_value joined =
        of_bits((bits){x.value, x.known & y.known & ~(x.value ^ y.value)}, PS_BY_PATH);

    return ps_value_tells(&joined) ? joined : ps_unknown(PS_BY_PATH);
}

static ps_value join_numbers(const ps_value *a, const ps_value *b, bool few)
{
    ps_value joined = {.kind = PS_V_SET};
    bool fits = true;

    joined.base = (a->kind == PS_V_SET ? a->base : 0) | (b->kind == PS_V_SET ? b->base : 0);
    for (unsigned i = 0; i < members(a); i++)
        fits = fits && put(&joined, member(a, i));
    for (unsigned i = 0; i < members(b); i++)
        fits = fits && put(&joined, member(b, i));
    if (!fits || (few && joined.count > 2))
        return joined.base == 0 ? join_bits(a, b) : ps_unknown(PS_BY_PATH);
    return settle(&joined);
}

/* A parameter that another value replaces on some path. */
static ps_value join_parameter(const ps_value *parameter, const ps_value *other)
{
    ps_value joined = *parameter;
    const bool same = other->kind == PS_V_PARAMETER && other->u.bits == parameter->u.bits;

    if (other->kind == PS_V_CONST && other->u.bits <= UINT32_MAX &&
        (parameter->count == PS_CERTAIN ||
         (parameter->count == PS_OR_CONST && parameter->base == (uint32_t)other->u.bits))) {
        joined.count = PS_OR_CONST;
        joined.base = (uint32_t)other->u.bits;
        return joined;
    }
    if (same && (parameter->count == PS_CERTAIN || other->count == PS_CERTAIN))
        return parameter->count == PS_CERTAIN ? *other : *parameter;
    if (!same && other->kind != PS_V_GLOBAL && !is_number(other))
        return ps_unknown(PS_BY_PATH);
    joined.count = PS_OR_ANY;
    joined.base = 0;
    return joined;
}

/* A number that a global replaces on some path: kept if it is as large as tags are. */
static ps_value join_global(const ps_value *number)
{
    ps_value joined = *number;

    if (number->kind == PS_V_CONST) {
        joined = (ps_value){.kind = PS_V_SET};
        if (number->u.bits >> 24 == 0 || !put(&joined, number->u.bits))
            return ps_unknown(PS_BY_PATH);
    }
    joined.base = 1;
    return joined;
}

ps_value ps_value_join(const ps_value *a, const ps_value *b, bool few)
{
    if (ps_value_same(a, b) || a->kind == PS_V_UNKNOWN)
        return *a;
    if (b->kind == PS_V_UNKNOWN)
        return *b;
    if (a->kind == PS_V_PARAMETER)
        return join_parameter(a, b);
    if (b->kind == PS_V_PARAMETER)
        return join_parameter(b, a);
    if (is_number(a) && is_number(b))
        return join_numbers(a, b, few);
    if ((a->kind == PS_V_BITS && is_numeric(b)) || (b->kind == PS_V_BITS && is_numeric(a)) ||
        (a->kind == PS_V_BITS && b->kind == PS_V_BITS))
        return join_bits(a, b);
    if (is_number(a) && b->kind == PS_V_GLOBAL)
        return join_global(a);
    if (is_number(b) && a->kind == PS_V_GLOBAL)
        return join_global(b);
    return ps_unknown(PS_BY_PATH);
}

/* Bytes of a narrow table's entry, or 0. */
static unsigned entry_size(const ps_value *v)
{
    return v->kind == PS_V_TABLE ? (unsigned)(v->u.bits >> PS_ENTRY_SIZE & 0xff) : 0;
}

ps_value ps_value_low_other(const ps_value *v, unsigned size)
{
    const uint64_t mask = mask_of(size);
    ps_value low = {.kind = PS_V_SET, .base = v->base};

    if (v->kind == PS_V_BITS) {
        const bits cut = {v->u.set[0] & (uint32_t)mask, v->u.set[1] | ~(uint32_t)mask};

        return of_bits(cut, (ps_reason)v->reason);
    }
    if (v->kind != PS_V_SET) {
        const bool whole = size == 4 || (entry_size(v) > 0 && entry_size(v) <= size);

        return whole ? *v : ps_unknown(PS_BY_COMPUTATION);
    }
    for (unsigned i = 0; i < v->count; i++)
        (void)put(&low, v->u.set[i] & mask);
    return settle(&low);
}

ps_value ps_value_low_signed(const ps_value *v, unsigned size)
{
    ps_value low = ps_value_low(v, size);
    const uint64_t sign = UINT64_C(1) << (size * 8 - 1);

    if (low.kind == PS_V_TABLE && entry_size(&low) == size)
        low.u.bits |= UINT64_C(1) << PS_ENTRY_SIGNED;
    if (size >= 8 || low.kind != PS_V_CONST)
        return low.kind == PS_V_SET && size < 4 ? ps_unknown(PS_BY_COMPUTATION) : low;
    return ps_const((low.u.bits ^ sign) - sign);
}

static uint64_t rotate(uint64_t a, unsigned by, unsigned width)
{
    const uint64_t filled = mask_of(width / 8);

    by %= width;
    return by == 0 ? a : ((a << by) | (a >> (width - by))) & filled;
}

static uint64_t compute(ps_arithmetic op, uint64_t a, uint64_t b, unsigned size)
{
    const unsigned by = (unsigned)b & (size == 8 ? 63 : 31);
    const uint64_t sign = UINT64_C(1) << (size * 8 - 1);
    const uint64_t filled = mask_of(size);

    switch (op) {
    case PS_A_ADD:
        return (a + b) & filled;
    case PS_A_SUB:
        return (a - b) & filled;
    case PS_A_AND:
        return a & b;
    case PS_A_OR:
        return a | b;
    case PS_A_XOR:
        return (a ^ b) & filled;
    case PS_A_SHL:
        return (a << by) & filled;
    case PS_A_SHR:
        return (a & filled) >> by;
    case PS_A_SAR:
        a = ((a & filled) >> by) | ((a & sign) != 0 && by > 0 ? ~(filled >> by) : 0);
        return a & filled;
    case PS_A_ROL:
    case PS_A_ROR:
        return rotate(a & filled, op == PS_A_ROL ? by : size * 8 - by, size * 8);
    case PS_A_MUL:
    default:
        return (a * b) & filled;
    }
}

/* A stack address moved by a constant; AND rounds it down, as a prologue that aligns does. */
static ps_value move_address(ps_arithmetic op, const ps_value *address, const ps_value *by,
                             unsigned size)
{
    const int64_t offset = (int64_t)address->u.bits;
    const int64_t step = (int64_t)ps_value_low_signed(by, size).u.bits;

    if (op == PS_A_ADD)
        return ps_stack_address(address->base, (int64_t)((uint64_t)offset + (uint64_t)step));
    if (op == PS_A_SUB)
        return ps_stack_address(address->base, (int64_t)((uint64_t)offset - (uint64_t)step));
    if (op == PS_A_AND && step < 0 && step >= -4096)
        return ps_stack_address(address->base, offset & step);
    return ps_unknown(PS_BY_COMPUTATION);
}

static bool is_import(const ps_value *v)
{
    return v->kind == PS_V_IMPORT || v->kind == PS_V_OFFSET;
}

/* What an import's slot holds, plus a constant. */
static ps_value move_import(const ps_value *a, const ps_value *b)
{
    ps_value moved = is_import(a) ? *a : *b;
    const ps_value *by = is_import(a) ? b : a;

    if (by->kind != PS_V_CONST)
        return ps_unknown(PS_BY_COMPUTATION);
    moved.base += (uint32_t)by->u.bits;
    moved.kind = moved.base != 0 ? PS_V_OFFSET : PS_V_IMPORT;
    return moved;
}

static ps_value compute_numbers(ps_arithmetic op, const ps_value *a, const ps_value *b,
                                unsigned size)
{
    ps_value result = {.kind = PS_V_SET};
    bool fits = true;

    if (a->kind == PS_V_CONST && b->kind == PS_V_CONST)
        return ps_const(compute(op, a->u.bits, b->u.bits, size));
    for (unsigned i = 0; i < members(a) && fits; i++)
        for (unsigned k = 0; k < members(b) && fits; k++)
            fits = put(&result, compute(op, member(a, i), member(b, k), size));
    return fits ? settle(&result) : ps_unknown(PS_BY_COMPUTATION);
}

/* Bits of a sum from the lowest up to the first that is not known, and those at the top that are
 * the same for the least and the greatest that it can be. */
static bits add_bits(bits a, bits b)
{
    const uint64_t least = (uint64_t)a.value + b.value;
    const uint64_t greatest = (uint64_t)(a.value | ~a.known) + (b.value | ~b.known);
    uint32_t differs = (uint32_t)(least ^ greatest);
    bits sum = {(uint32_t)least, 0};

    for (uint32_t bit = 1; bit != 0 && (a.known & b.known & bit) != 0; bit <<= 1)
        sum.known |= bit;
    if (greatest > UINT32_MAX)
        return sum;
    for (unsigned shift = 1; shift < 32; shift *= 2)
        differs |= differs >> shift;
    sum.known |= ~differs;
    return sum;
}

static ps_value compute_bits(ps_arithmetic op, const ps_value *a, const ps_value *b, unsigned size)
{
    const bits x = bits_of(a);
    const bits y = bits_of(b);
    const unsigned by = y.value & 31;
    const bool shifts = b->kind == PS_V_CONST && b->u.bits < 32;
    bits r = {0, 0};

    switch (op) {
    case PS_A_AND:
        r.value = x.value & y.value;
        r.known = r.value | (x.known & ~x.value) | (y.known & ~y.value);
        break;
    case PS_A_OR:
        r.value = x.value | y.value;
        r.known = r.value | (x.known & y.known);
        break;
    case PS_A_XOR:
        r = (bits){x.value ^ y.value, x.known & y.known};
        break;
    case PS_A_ADD:
        r = add_bits(x, y);
        break;
    case PS_A_SHL:
        if (shifts)
            r = (bits){x.value << by, x.known << by | ((UINT32_C(1) << by) - 1)};
        break;
    case PS_A_SHR:
        if (shifts && size == 4)
            r = (bits){x.value >> by, x.known >> by | ~(UINT32_MAX >> by)};
        break;
    default:
        break;
    }
    return of_bits(r, PS_BY_COMPUTATION);
}

ps_value ps_value_compute(ps_arithmetic op, const ps_value *a, const ps_value *b, unsigned size)
{
    if (is_numeric(a) && is_numeric(b))
        return compute_numbers(op, a, b, size);
    if (a->kind == PS_V_STACK && b->kind == PS_V_CONST && size >= 4)
        return move_address(op, a, b, size);
    if (b->kind == PS_V_STACK && a->kind == PS_V_CONST && size >= 4 && op == PS_A_ADD)
        return move_address(op, b, a, size);
    if (op == PS_A_AND && ((is_numeric(a) && a->kind == PS_V_CONST && a->u.bits == 0) ||
                           (b->kind == PS_V_CONST && b->u.bits == 0)))
        return ps_const(0);
    if (op == PS_A_ADD && (a->kind == PS_V_TABLE || b->kind == PS_V_TABLE)) {
        const ps_value *other = a->kind == PS_V_TABLE ? b : a;
        ps_value table = a->kind == PS_V_TABLE ? *a : *b;

        if (other->kind == PS_V_CONST && table.count == 0) {
            table.count = 1;
            table.base = (uint32_t)other->u.bits;
            return table;
        }
    }
    if (op == PS_A_SHL && entry_size(a) > 0 && a->count == 0 && b->kind == PS_V_CONST &&
        b->u.bits <= 2 && a->u.bits >> PS_ENTRY_SHIFT == 0) {
        ps_value table = *a;

        table.u.bits |= b->u.bits << PS_ENTRY_SHIFT;
        return table;
    }
    if (a->kind == PS_V_PARAMETER && b->kind == PS_V_CONST && b->u.bits == 0 &&
        (op == PS_A_OR || op == PS_A_ADD || op == PS_A_XOR || op == PS_A_SUB))
        return *a;
    if (op == PS_A_ADD && (is_import(a) || is_import(b)))
        return move_import(a, b);
    return size >= 4 ? compute_bits(op, a, b, size) : ps_unknown(PS_BY_COMPUTATION);
}
