/* arm_references.c - one pass over Thumb code: what may name an import slot, and the long direct
 * branches.
 *
 * Where instructions begin is not asked: every halfword is looked at as if one began there.  An
 * address is a movw and a movt, or a constant in a literal pool; a load from it is the reference.
 */
#include "pe/program.h"

/* A thunk is movw ip, movt ip, ldr pc, [ip]. */
enum { REGISTERS = 15, VOLATILE_REGISTERS = 4, NEAR = 24, THUNK_LOAD = 8, IP = 12, PC = 15 };

typedef struct address {
    uint32_t va;
    uint32_t set_at; /* offset of the instruction that completed it */
    bool known;
} address;

typedef struct pass {
    ps_program *program;
    const ps_bytes *code;
    uint32_t at;
    uint32_t word; /* the first halfword in the high half */
    address held[16];
} pass;

static uint32_t rva_of(const pass *s) { return s->code->rva + s->at; }
static uint32_t pc(const pass *s) { return (rva_of(s) + 4) & ~3U; }

static uint32_t halfword(const pass *s, uint32_t at)
{
    if (at + 2 > s->code->size)
        return 0;
    return (uint32_t)s->code->at[at] | (uint32_t)s->code->at[at + 1] << 8;
}

static void set(pass *s, unsigned reg, uint32_t va)
{
    s->held[reg] = (address){.va = va, .set_at = s->at, .known = reg < REGISTERS};
}

static bool take_load(pass *s, unsigned to, unsigned base, uint32_t offset)
{
    const address held = s->held[base];
    const uint32_t slot = held.va + offset - (uint32_t)s->program->image->base;
    ps_reference reference = {.rva = rva_of(s), .loose = s->at - held.set_at > NEAR};

    s->held[to].known = false;
    if (!held.known)
        return true;
    reference.import = ps_program_slot(s->program, slot);
    if (reference.import == PS_NO_IMPORT)
        return true;
    if (to == PC && base == IP && s->at >= THUNK_LOAD &&
        !ps_references_add_thunk(s->program, rva_of(s) - THUNK_LOAD, reference.import))
        return false;
    return ps_references_add(s->program, &reference);
}

/* A constant beside the code. */
static void take_literal(pass *s, unsigned to, uint32_t rva)
{
    uint64_t value;

    s->held[to].known = false;
    if (ps_image_uint(s->program->image, rva, 4, &value))
        set(s, to, (uint32_t)value);
}

static uint32_t wide_number(uint32_t word)
{
    return (word >> 16 & 15) << 12 | (word >> 26 & 1) << 11 | (word >> 12 & 7) << 8 | (word & 0xff);
}

static void lose(pass *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        s->held[i].known = false;
    s->held[IP].known = false;
}

static bool add_branch(const pass *s, uint32_t distance, ps_branch_kind kind)
{
    const uint32_t target = rva_of(s) + 4 + distance;

    if (target - s->code->rva >= s->code->size) {
        const ps_section *section = ps_image_section(s->program->image, target);

        if (section == NULL || !ps_section_executes(section))
            return true;
    }
    return ps_references_add_branch(s->program, rva_of(s), target, kind);
}

static uint32_t long_distance(uint32_t word)
{
    const uint32_t sign = word >> 26 & 1;
    const uint32_t i1 = (word >> 13 & 1) ^ sign ^ 1;
    const uint32_t i2 = (word >> 11 & 1) ^ sign ^ 1;
    const uint32_t bits =
        sign << 24 | i1 << 23 | i2 << 22 | (word >> 16 & 0x3ff) << 12 | (word & 0x7ff) << 1;

    return (bits ^ 0x1000000) - 0x1000000U;
}

static uint32_t short_distance(uint32_t word)
{
    const uint32_t bits = (word >> 26 & 1) << 20 | (word >> 11 & 1) << 19 | (word >> 13 & 1) << 18 |
                          (word >> 16 & 0x3f) << 12 | (word & 0x7ff) << 1;

    return (bits ^ 0x100000) - 0x100000U;
}

/* Branches of two halfwords. */
static bool take_branch(pass *s)
{
    const uint32_t word = s->word;

    switch (word & 0xd000) {
    case 0xd000:
        lose(s, VOLATILE_REGISTERS);
        return add_branch(s, long_distance(word), PS_BRANCH_CALL);
    case 0x9000:
        return add_branch(s, long_distance(word), PS_BRANCH_JUMP);
    case 0x8000:
        if ((word >> 22 & 14) != 14)
            return add_branch(s, short_distance(word), PS_BRANCH_CONDITION);
        return true;
    default:
        return true;
    }
}

static bool take_wide(pass *s)
{
    const uint32_t word = s->word;
    const unsigned to = word >> 8 & 15;
    const unsigned base = word >> 16 & 15;

    if ((word & 0xfbf08000) == 0xf2400000) {
        set(s, to, wide_number(word));
    } else if ((word & 0xfbf08000) == 0xf2c00000) {
        if (s->held[to].known)
            set(s, to, (s->held[to].va & 0xffff) | wide_number(word) << 16);
    } else if ((word & 0xff7f0000) == 0xf85f0000) {
        take_literal(s, word >> 12 & 15,
                     pc(s) + ((word >> 23 & 1) != 0 ? word & 0xfff : 0 - (word & 0xfff)));
    } else if ((word & 0xfff00000) == 0xf8d00000) {
        return take_load(s, word >> 12 & 15, base, word & 0xfff);
    } else if ((word & 0xfff00000) == 0xe9d00000) { /* ldrd */
        return take_load(s, word >> 12 & 15, base, (word & 0xff) * 4) &&
               (base == (word >> 12 & 15) || take_load(s, to, base, (word & 0xff) * 4 + 4));
    } else if ((word & 0xf8008000) == 0xf0008000) {
        return take_branch(s);
    }
    return true;
}

static bool take_narrow(pass *s)
{
    const uint32_t half = s->word >> 16;

    if ((half & 0xf800) == 0x4800)
        take_literal(s, half >> 8 & 7, pc(s) + (half & 0xff) * 4);
    else if ((half & 0xf800) == 0x6800)
        return take_load(s, half & 7, half >> 3 & 7, (half >> 6 & 31) * 4);
    else if ((half & 0xff00) == 0x4600)
        s->held[(half >> 4 & 8) | (half & 7)] = s->held[half >> 3 & 15];
    else if ((half & 0xff87) == 0x4780) /* blx */
        lose(s, VOLATILE_REGISTERS);
    else if ((half & 0xff00) == 0xbd00 || half == 0x4770) /* pop {..., pc}; bx lr */
        lose(s, REGISTERS);
    return true;
}

bool ps_arm_references(ps_program *program, const ps_bytes *code)
{
    pass s = {.program = program, .code = code};

    for (s.at = code->rva & 1; s.at + 2 <= code->size; s.at += 2) {
        const uint32_t half = halfword(&s, s.at);

        s.word = half << 16 | halfword(&s, s.at + 2);
        if (half >> 11 > 28 ? !take_wide(&s) : !take_narrow(&s))
            return false;
    }
    return true;
}
