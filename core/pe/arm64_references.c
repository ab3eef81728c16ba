/* arm64_references.c - one pass over ARM64 code: what may name an import slot, and the direct
 * branches.
 *
 * An address takes two instructions, adrp for the page and add or a load for the rest, with others
 * between them.  The pass follows registers in the order of addresses; one that may have been
 * written meanwhile makes a loose reference, and the walk decides in the end.
 */
#include "pe/program.h"

enum { ADDRESSES = 31, THUNK_WORDS = 4, VOLATILE_REGISTERS = 19 };

typedef struct address {
    int64_t rva;
    bool known, stale;
} address;

typedef struct pass {
    ps_program *program;
    const ps_bytes *code;
    uint32_t at; /* offset of the instruction in the code */
    uint32_t word;
    address held[32];
} pass;

static uint32_t rva_of(const pass *s) { return s->code->rva + s->at; }

static int32_t signed_bits(uint32_t word, unsigned high, unsigned low)
{
    const uint32_t sign = 1U << (high - low);
    const uint32_t bits = word >> low & (sign * 2 - 1);

    return (int32_t)(bits ^ sign) - (int32_t)sign;
}

static void set(pass *s, unsigned reg, int64_t rva, bool stale)
{
    s->held[reg] = (address){.rva = rva, .known = reg < ADDRESSES, .stale = stale};
}

/* A load from a known address, which may be an import's slot. */
static bool take_load(pass *s, unsigned base, int64_t offset)
{
    const address *held = &s->held[base];
    const int64_t slot = held->rva + offset;
    ps_reference reference = {.rva = rva_of(s), .loose = held->stale};

    if (!held->known || slot <= 0 || slot > UINT32_MAX)
        return true;
    reference.import = ps_program_slot(s->program, (uint32_t)slot);
    return reference.import == PS_NO_IMPORT || ps_references_add(s->program, &reference);
}

/* The constant beside the code that a literal load reads, as an address. */
static void take_literal(pass *s, unsigned reg)
{
    const uint32_t at = rva_of(s) + (uint32_t)signed_bits(s->word, 23, 5) * 4;
    uint64_t va;

    s->held[reg].stale = true;
    if (ps_image_uint(s->program->image, at, 8, &va) && va > s->program->image->base &&
        va - s->program->image->base <= UINT32_MAX)
        set(s, reg, (int64_t)(va - s->program->image->base), false);
}

/* Instructions that make or move an address; false if this is none. */
static bool take_address(pass *s)
{
    const uint32_t word = s->word;
    const unsigned rd = word & 31;
    const address *from = &s->held[word >> 5 & 31];
    int64_t by;

    if ((word & 0x1f000000) == 0x10000000) { /* adr, adrp */
        by = (int64_t)signed_bits(word, 23, 5) * 4 + (int64_t)(word >> 29 & 3);
        if (word >> 31 != 0)
            by = (int64_t)(rva_of(s) & ~0xfffU) + by * 0x1000;
        else
            by += rva_of(s);
        set(s, rd, by, false);
        return true;
    }
    if ((word & 0xff800000) == 0x91000000 && from->known) { /* add */
        by = (int64_t)(word >> 10 & 0xfff) << ((word >> 22 & 1) != 0 ? 12 : 0);
        set(s, rd, from->rva + by, from->stale);
        return true;
    }
    if ((word & 0xffe0ffe0) == 0xaa0003e0 && s->held[word >> 16 & 31].known) { /* mov */
        s->held[rd] = s->held[word >> 16 & 31];
        return true;
    }
    if ((word & 0xff000000) == 0x58000000) {
        take_literal(s, rd);
        return true;
    }
    return false;
}

/* Loads of 64 bits: ldr, ldp, and the ordered ones. */
static bool take_loads(pass *s)
{
    const uint32_t word = s->word;
    const unsigned base = word >> 5 & 31;
    const int64_t offset = (int64_t)signed_bits(word, 21, 15) * 8;

    if ((word & 0xffc00000) == 0xf9400000)
        return take_load(s, base, (int64_t)(word >> 10 & 0xfff) * 8);
    if ((word & 0xffe00c00) == 0xf8400000)
        return take_load(s, base, signed_bits(word, 20, 12));
    if ((word & 0xff7ffc00) == 0xc85ffc00 || (word & 0xfffffc00) == 0xc8dffc00 ||
        (word & 0xfffffc00) == 0xc8df7c00 || (word & 0xfffffc00) == 0xf8bfc000)
        return take_load(s, base, 0);
    if ((word & 0xffc00000) == 0xa9400000)
        return take_load(s, base, offset) && take_load(s, base, offset + 8);
    return true;
}

/* What else is written by instructions that compute or load. */
static void take_writes(pass *s)
{
    const uint32_t word = s->word;
    const unsigned class = word >> 25 & 15;
    const bool loads = (class & 5) == 4;
    const bool vector = (class & 7) == 7 || (loads && (word >> 26 & 1) != 0);

    if (vector || (class & 14) == 10)
        return;
    if (loads && (word & 0x3a000000) == 0x28000000) { /* pairs */
        if ((word >> 22 & 1) != 0)
            s->held[word & 31].stale = s->held[word >> 10 & 31].stale = true;
        return;
    }
    if (!loads || (word >> 22 & 3) != 0)
        s->held[word & 31].stale = true;
}

static bool add_branch(const pass *s, int64_t distance, ps_branch_kind kind)
{
    const int64_t target = (int64_t)rva_of(s) + distance;

    if (target <= 0 || target > UINT32_MAX)
        return true;
    if ((uint64_t)target - s->code->rva >= s->code->size) {
        const ps_section *section = ps_image_section(s->program->image, (uint32_t)target);

        if (section == NULL || !ps_section_executes(section))
            return true;
    }
    return ps_references_add_branch(s->program, rva_of(s), (uint32_t)target, kind);
}

/* What a call does not keep; or, where code goes on that is reached from elsewhere, all. */
static void lose(pass *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        s->held[i].stale = true;
}

/* br: with the instructions before it perhaps a thunk, adrp, add or none, load, br. */
static bool take_thunk(const pass *s)
{
    const unsigned target = s->word >> 5 & 31;

    for (uint32_t words = THUNK_WORDS - 1; words < THUNK_WORDS + 1; words++) {
        const uint32_t begin = s->at - (words - 1) * 4;
        pass thunk = {.program = s->program, .code = s->code, .at = begin};
        uint32_t word;
        uint32_t import;
        int64_t slot;

        if (s->at < (words - 1) * 4)
            return true;
        for (; thunk.at + 4 < s->at; thunk.at += 4) {
            thunk.word = ps_word_at(s->code->at + thunk.at);
            if (!take_address(&thunk))
                break;
        }
        word = ps_word_at(s->code->at + s->at - 4);
        slot = (word & 0xffc00000) == 0xf9400000 ? (int64_t)(word >> 10 & 0xfff) * 8 : 0;
        if (thunk.at + 4 != s->at || (word & 31) != target || !thunk.held[word >> 5 & 31].known ||
            ((word & 0xffc00000) != 0xf9400000 && (word & 0xfffffc00) != 0xc8dffc00))
            continue;
        slot += thunk.held[word >> 5 & 31].rva;
        import = slot > 0 && slot <= UINT32_MAX ? ps_program_slot(s->program, (uint32_t)slot)
                                                : PS_NO_IMPORT;
        if (import != PS_NO_IMPORT)
            return ps_references_add_thunk(s->program, s->code->rva + begin, import);
    }
    return true;
}

static bool take_branch(pass *s)
{
    const uint32_t word = s->word;

    if ((word & 0xfc000000) == 0x94000000) {
        lose(s, VOLATILE_REGISTERS);
        return add_branch(s, (int64_t)signed_bits(word, 25, 0) * 4, PS_BRANCH_CALL);
    }
    if ((word & 0xfc000000) == 0x14000000) {
        lose(s, ADDRESSES);
        return add_branch(s, (int64_t)signed_bits(word, 25, 0) * 4, PS_BRANCH_JUMP);
    }
    if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000)
        return add_branch(s, (int64_t)signed_bits(word, 23, 5) * 4, PS_BRANCH_CONDITION);
    if ((word & 0x7e000000) == 0x36000000)
        return add_branch(s, (int64_t)signed_bits(word, 18, 5) * 4, PS_BRANCH_CONDITION);
    if ((word & 0xfe1f0000) == 0xd61f0000) /* br, blr, ret */
        lose(s, (word >> 21 & 7) == 1 ? VOLATILE_REGISTERS : ADDRESSES);
    if ((word & 0xfffffc1f) == 0xd61f0000)
        return take_thunk(s);
    return true;
}

bool ps_arm64_references(ps_program *program, const ps_bytes *code)
{
    pass s = {.program = program, .code = code};

    for (s.at = (0U - code->rva) & 3; s.at + 4 <= code->size; s.at += 4) {
        s.word = ps_word_at(code->at + s.at);
        if ((s.word >> 25 & 14) == 10) {
            if (!take_branch(&s))
                return false;
            continue;
        }
        if (!take_loads(&s))
            return false;
        if (!take_address(&s))
            take_writes(&s);
    }
    return true;
}
