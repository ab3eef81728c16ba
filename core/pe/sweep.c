/* sweep.c - functions that nothing announces: code is read straight through, and a function ends
 * where control does not go on and no jump from before leads further. */
#include "pe/program.h"

enum { ALIGNMENT = 16, TABLES = 8, ENTRIES = 512, EXTENT = 0x10000 };

typedef struct sweep {
    ps_program *program;
    const uint8_t *at;
    size_t left;
    uint32_t rva, end;
    ps_op op;
    uint32_t tables[TABLES]; /* further on, of this function's jumps perhaps */
    unsigned table_count;
} sweep;

static void advance(sweep *s, uint32_t bytes)
{
    s->at += bytes;
    s->left -= bytes;
    s->rva += bytes;
}

/* Read the next instruction; what is none is one byte of nothing. */
static bool next(sweep *s)
{
    ps_op ops[PS_OPS_LIMIT];
    unsigned count;

    if (s->rva >= s->end || s->left == 0)
        return false;
    count = ps_code_decode(s->program->decoder, s->at, s->left, s->rva, ops);
    s->op = (ps_op){.rva = s->rva, .kind = PS_OP_STOP, .length = s->program->machine->unit};
    if (count > 0)
        s->op = ops[count - 1];
    if (s->op.length > s->left)
        return false;
    advance(s, s->op.length);
    return true;
}

static bool is_padding(const sweep *s)
{
    const ps_op *op = &s->op;

    return op->kind == PS_OP_PADDING ||
           (op->kind == PS_OP_STOP && op->length == s->program->machine->unit);
}

/* Does a jump to target stay in the function?  One that goes to where functions begin does not. */
static bool stays(const sweep *s, const ps_op *op, uint32_t target)
{
    const uint8_t *there;

    if (target <= op->rva || target >= s->end)
        return false;
    if (ps_machine_is_arm(s->program->machine))
        return op->kind == PS_OP_BRANCH || !ps_functions_is_prologue(s->program, target);
    if (op->kind == PS_OP_BRANCH || target % ALIGNMENT != 0 || op->length < 5)
        return true;
    if (target - s->rva >= s->left)
        return false;
    there = s->at + (target - s->rva);
    return target - s->rva == 0 ||
           (there[-1] != 0xcc && there[-1] != 0x90 && there[-1] != 0xc3 && there[-1] != 0);
}

/* Code may name a table of what it jumps to: of offsets from the table, or on x86 of addresses. */
static void note_table(sweep *s)
{
    const ps_op *op = &s->op;

    if ((op->kind == PS_OP_ADDRESS || (op->kind == PS_OP_JUMP && op->b.index != PS_REG_NONE)) &&
        op->b.kind == PS_ARG_IMAGE && s->table_count < TABLES)
        s->tables[s->table_count++] = (uint32_t)op->b.value;
}

/* What the entries of a table are relative to. */
static uint32_t table_base(const sweep *s, uint32_t table)
{
    return s->program->x64 ? table : 0 - (uint32_t)s->program->image->base;
}

/* The furthest place that an indirect jump of the function at begin can lead to. */
static uint32_t furthest_by_table(const sweep *s, uint32_t begin, uint32_t furthest)
{
    for (unsigned i = 0; i < s->table_count; i++) {
        uint64_t entry;

        for (uint32_t k = 0; k < ENTRIES; k++) {
            uint32_t target;

            if (!ps_image_uint(s->program->image, s->tables[i] + k * 4, 4, &entry))
                break;
            target = table_base(s, s->tables[i]) + (uint32_t)entry;
            if (target - begin >= EXTENT || target >= s->end)
                break;
            if (target > furthest)
                furthest = target;
        }
    }
    return furthest;
}

/* Pass over a table at this place whose entries lead into the function at begin. */
static void skip_tables(sweep *s, uint32_t begin)
{
    const uint32_t function_end = s->rva;

    for (unsigned i = 0; i < s->table_count; i++) {
        const uint32_t table = s->tables[i];
        const uint32_t base = table_base(s, table);
        uint64_t entry;

        if (table < s->rva || table - s->rva >= ALIGNMENT || table - s->rva >= s->left)
            continue;
        if (!ps_image_uint(s->program->image, table, 4, &entry) ||
            base + (uint32_t)entry - begin >= function_end - begin)
            continue;
        advance(s, table - s->rva);
        while (s->left > 4 && ps_image_uint(s->program->image, s->rva, 4, &entry) &&
               base + (uint32_t)entry - begin < function_end - begin)
            advance(s, 4);
    }
    s->table_count = 0;
}

static bool add(sweep *s, uint32_t begin)
{
    const ps_function function = {.begin = begin, .end = s->rva, .root = begin, .certain = true};

    return ps_functions_add(s->program, &function);
}

/* The functions from begin to end, one after the other. */
static bool sweep_range(ps_program *program, uint32_t begin, uint32_t end)
{
    sweep s = {.program = program, .rva = begin, .end = end};
    uint32_t furthest = begin;
    bool inside = false;

    s.at = ps_image_at(program->image, begin, &s.left);
    while (s.at != NULL && next(&s)) {
        const ps_op *op = &s.op;

        if (!inside && is_padding(&s))
            continue;
        if (!inside)
            begin = furthest = op->rva;
        inside = true;
        note_table(&s);
        if ((op->kind == PS_OP_BRANCH || op->kind == PS_OP_JUMP) && op->b.kind == PS_ARG_CODE &&
            stays(&s, op, (uint32_t)op->b.value) && (uint32_t)op->b.value > furthest)
            furthest = (uint32_t)op->b.value;
        if (op->kind == PS_OP_JUMP && op->b.kind != PS_ARG_CODE)
            furthest = furthest_by_table(&s, begin, furthest);
        if (op->kind != PS_OP_JUMP && op->kind != PS_OP_RETURN && op->kind != PS_OP_STOP)
            continue;
        if (s.rva <= furthest)
            continue;
        inside = false;
        if (!add(&s, begin))
            return false;
        skip_tables(&s, begin);
    }
    return !inside || add(&s, begin);
}

/* The stretch around rva of which no function is certain. */
static bool find_stretch(const ps_program *program, uint32_t rva, uint32_t *begin, uint32_t *end)
{
    const ps_section *section = ps_image_section(program->image, rva);
    size_t i = ps_functions_before(program, rva);

    if (section == NULL || !ps_section_executes(section))
        return false;
    *begin = section->rva;
    *end = section->rva + section->file_size;
    if (i != SIZE_MAX && program->functions[i].certain) {
        if (rva < program->functions[i].end)
            return false;
        if (program->functions[i].end > *begin)
            *begin = program->functions[i].end;
    } else if (i != SIZE_MAX && program->functions[i].begin > *begin) {
        *begin = program->functions[i].begin;
    }
    if (i + 1 < program->function_count && program->functions[i + 1].begin < *end)
        *end = program->functions[i + 1].begin;
    return *begin < *end;
}

bool ps_functions_sweep(ps_program *program, const uint32_t *rvas, size_t count, ps_error *err)
{
    const size_t known = program->function_count;
    uint32_t done = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t all = program->function_count;
        uint32_t begin;
        uint32_t end;
        bool found;

        program->function_count = known; /* the rest is not in order yet */
        found = rvas[i] >= done && find_stretch(program, rvas[i], &begin, &end);
        program->function_count = all;
        if (!found)
            continue;
        if (!sweep_range(program, begin, end))
            return ps_fail_memory(err);
        done = end;
    }
    ps_functions_tidy(program);
    return true;
}
