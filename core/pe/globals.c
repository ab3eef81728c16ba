/* globals.c - what a variable of the image can hold, where all that writes to it is in sight: what
 * the file has for it, and the constants that instructions of x86 and x64 move there.
 *
 * Code is searched byte by byte for operands that name the variable; each must belong to an
 * instruction that reads it or moves a constant to it.  Its address elsewhere means that anything may
 * be written through that. */
#include "pe/globals.h"

#include <string.h>

typedef enum use {
    USE_NONE,  /* no operand */
    USE_READS, /* or compares */
    USE_SETS,  /* to the four bytes behind the operand */
    USE_OTHER,
} use;

typedef struct search {
    const ps_program *program;
    uint32_t rva;
    ps_value value; /* of constants that are moved there */
    bool lost;
} search;

/* What an instruction does whose opcode, ModRM byte and operand end before operand; *behind is how
 * many bytes of a constant follow. */
static use classify(const uint8_t *operand, unsigned *behind)
{
    static const uint8_t reads[] = {0x03, 0x0b, 0x23, 0x2b, 0x33, 0x38, 0x39,
                                    0x3a, 0x3b, 0x63, 0x84, 0x85, 0x8b};
    static const uint8_t long_reads[] = {0xb6, 0xb7, 0xbe, 0xbf, 0x10, 0x28, 0x6e, 0x6f};
    const uint8_t opcode = operand[-2];
    const uint8_t extension = operand[-1] >> 3 & 7;

    *behind = 0;
    if (operand[-3] == 0x0f &&
        ((opcode & 0xf0) == 0x40 || memchr(long_reads, opcode, sizeof long_reads) != NULL))
        return USE_READS;
    if (memchr(reads, opcode, sizeof reads) != NULL || (opcode == 0xff && extension == 6))
        return USE_READS;
    if (opcode == 0xc7 || opcode == 0x81 || opcode == 0x69 || (opcode == 0xf7 && extension == 0))
        *behind = 4;
    if (opcode == 0x83 || opcode == 0x80 || opcode == 0x6b || opcode == 0xc6 ||
        (opcode == 0xf6 && extension == 0))
        *behind = 1;
    if (opcode == 0xc7 && extension == 0)
        return USE_SETS;
    if (*behind > 0 && (opcode == 0x69 || opcode == 0x6b || (opcode & 0xf6) == 0xf6 ||
                        ((opcode & 0xf0) == 0x80 && extension == 7)))
        return USE_READS;
    return USE_OTHER;
}

static void take(search *s, use what, uint32_t constant)
{
    const ps_value value = ps_const(constant);

    if (what == USE_OTHER)
        s->lost = true;
    if (what != USE_SETS || constant == 0)
        return;
    s->value = s->value.kind == PS_V_UNKNOWN ? value : ps_value_join(&s->value, &value, false);
    s->lost |= s->value.kind == PS_V_UNKNOWN || s->value.kind == PS_V_BITS;
}

/* Operands relative to the instruction's end. */
static void search_x64(search *s, const uint8_t *at, uint32_t rva, size_t size)
{
    for (size_t p = 3; p + 8 <= size && !s->lost; p++) {
        unsigned behind;
        use what;

        if ((at[p - 1] & 0xc7) != 5 || s->rva - (rva + (uint32_t)p + 4 + ps_word_at(at + p)) > 4)
            continue;
        what = classify(at + p, &behind);
        if (rva + (uint32_t)p + 4 + ps_word_at(at + p) + behind == s->rva)
            take(s, what, ps_word_at(at + p + 4));
    }
}

/* Operands that are the address. */
static void search_x86(search *s, const uint8_t *at, size_t size)
{
    const uint32_t va = s->rva + (uint32_t)s->program->image->base;

    for (size_t p = 3; p + 8 <= size && !s->lost; p++) {
        unsigned behind;
        use what = USE_OTHER;

        if (ps_word_at(at + p) != va)
            continue;
        if ((at[p - 1] & 0xc7) == 5)
            what = classify(at + p, &behind);
        else if (at[p - 1] == 0xa1)
            what = USE_READS;
        take(s, what, ps_word_at(at + p + 4));
    }
}

static void search_data(search *s, const uint8_t *at, size_t size)
{
    const uint64_t va = s->rva + s->program->image->base;
    uint8_t bytes[8];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(va >> 8 * i);
    s->lost |= memmem(at, size, bytes, s->program->machine->width) != NULL;
}

static void search_section(search *s, const ps_section *section)
{
    const uint32_t backed = ps_section_backed(s->program->image, section);
    size_t left;
    const uint8_t *at = ps_image_at(s->program->image, section->rva, &left);

    if (at == NULL)
        return;
    if (left > backed)
        left = backed;
    if (!ps_section_executes(section))
        search_data(s, at, left);
    else if (s->program->x64)
        search_x64(s, at, section->rva, left);
    else
        search_x86(s, at, left);
}

static ps_value find_value(const ps_program *program, uint32_t rva)
{
    const ps_image *image = program->image;
    search s = {.program = program, .rva = rva, .value = ps_unknown(PS_BY_MEMORY)};
    size_t budget = image->size;
    uint64_t initial = 0;

    if (ps_machine_is_arm(program->machine))
        return s.value;
    if (ps_image_uint(image, rva, 4, &initial))
        take(&s, USE_SETS, (uint32_t)initial);
    for (size_t i = 0; i < image->section_count && !s.lost; i++) {
        const ps_section *section = &image->sections[i];

        if (section->file_size > budget)
            return ps_unknown(PS_BY_MEMORY);
        budget -= section->file_size;
        search_section(&s, section);
    }
    return s.lost ? ps_unknown(PS_BY_MEMORY) : s.value;
}

ps_value ps_globals_value(ps_globals *globals, const ps_program *program, uint32_t rva)
{
    for (unsigned i = 0; i < globals->count; i++)
        if (globals->known[i].rva == rva)
            return globals->known[i].value;
    if (globals->count == PS_GLOBALS_CACHED)
        return ps_unknown(PS_BY_MEMORY);
    globals->known[globals->count].rva = rva;
    globals->known[globals->count].value = find_value(program, rva);
    return globals->known[globals->count++].value;
}
