/* functions.c - where functions begin and end.
 *
 * x64: .pdata, entries of 12 bytes (begin, end, unwind data).  Unwind data: version and flags (5
 * bits; 4: chained), prologue size, number of codes n, frame, n codes of 2 bytes padded to 4; if
 * chained then the entry of the function that this is a part of.
 * ARM: see unwind_arm.c.
 * x86: targets of calls, the entry point, and prologues behind padding.
 */
#include "base/array.h"
#include "pe/program.h"

#include <string.h>

enum { CHAIN_LIMIT = 32, FLAG_CHAINED = 4 };

bool ps_functions_add(ps_program *program, const ps_function *function)
{
    void *grown = program->functions;

    if (!PS_WITHIN(&program->driver->bounds, driver_functions, program->function_count))
        return true;
    if (!ps_grow(&grown, &program->function_capacity, program->function_count,
                 sizeof *program->functions))
        return false;
    program->functions = grown;
    program->functions[program->function_count++] = *function;
    return true;
}

static int by_begin(const void *a, const void *b)
{
    const uint32_t x = ((const ps_function *)a)->begin;
    const uint32_t y = ((const ps_function *)b)->begin;

    return x < y ? -1 : x > y;
}

void ps_functions_tidy(ps_program *program)
{
    size_t kept = 0;
    bool sorted = true;

    for (size_t i = 1; i < program->function_count; i++)
        sorted = sorted && program->functions[i - 1].begin <= program->functions[i].begin;
    if (!sorted)
        qsort(program->functions, program->function_count, sizeof *program->functions, by_begin);
    for (size_t i = 0; i < program->function_count; i++) {
        const ps_function *function = &program->functions[i];

        if (function->end <= function->begin)
            continue;
        if (kept > 0 && program->functions[kept - 1].begin == function->begin) {
            if (function->certain && !program->functions[kept - 1].certain)
                program->functions[kept - 1] = *function;
            continue;
        }
        if (kept > 0 && program->functions[kept - 1].end > function->begin)
            program->functions[kept - 1].end = function->begin;
        program->functions[kept++] = *function;
    }
    program->function_count = kept;
}

size_t ps_functions_before(const ps_program *program, uint32_t rva)
{
    size_t low = 0;
    size_t high = program->function_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (program->functions[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? SIZE_MAX : low - 1;
}

const ps_function *ps_program_function(const ps_program *program, uint32_t rva)
{
    const size_t i = ps_functions_before(program, rva);

    return i != SIZE_MAX && rva < program->functions[i].end ? &program->functions[i] : NULL;
}

ps_function ps_program_root(const ps_program *program, const ps_function *stretch)
{
    ps_function root = *stretch;
    const ps_function *entered;

    if (stretch->root >= stretch->begin && stretch->root < stretch->end)
        return root;
    entered = ps_program_function(program, stretch->root);
    if (entered != NULL)
        root = *entered;
    root.root = stretch->root;
    return root;
}

/* Follow chained unwind data to the function that it belongs to. */
static void find_root(const ps_image *image, ps_function *function, uint32_t unwind)
{
    for (int i = 0; i < CHAIN_LIMIT; i++) {
        ps_reader r = ps_image_reader(image, unwind & ~3U, 4 + 512 + 12);
        uint8_t flags;
        uint8_t prologue;
        uint8_t codes;

        if ((unwind & 1) != 0) { /* names another entry instead */
            function->root = ps_u32(&r);
            ps_skip(&r, 4);
            unwind = ps_u32(&r);
            continue;
        }
        flags = ps_u8(&r) >> 3;
        prologue = ps_u8(&r);
        codes = ps_u8(&r);
        if (i == 0)
            function->continues = prologue == 0 && codes > 0 && (flags & FLAG_CHAINED) == 0;
        if (!ps_reader_good(&r) || (flags & FLAG_CHAINED) == 0)
            return;
        ps_skip(&r, 1 + (size_t)(codes + 1) / 2 * 4);
        function->root = ps_u32(&r);
        ps_skip(&r, 4);
        unwind = ps_u32(&r);
        if (!ps_reader_good(&r))
            return;
    }
}

static bool read_table(ps_program *program, ps_error *err)
{
    const ps_image *image = program->image;
    ps_reader r = ps_image_reader(image, image->directory[PS_DIRECTORY_EXCEPTION].rva,
                                  image->directory[PS_DIRECTORY_EXCEPTION].size);

    if (image->directory[PS_DIRECTORY_EXCEPTION].rva == 0)
        return true;
    while (ps_fits(&r, 1, 12)) {
        ps_function function = {.begin = ps_u32(&r), .certain = true};
        uint32_t unwind;

        function.end = ps_u32(&r);
        function.root = function.begin;
        unwind = ps_u32(&r);
        if (function.end <= function.begin || !ps_image_is_code(program->image, function.begin))
            continue;
        find_root(image, &function, unwind);
        if (!ps_image_is_code(program->image, function.root))
            function.root = function.begin;
        if (!ps_functions_add(program, &function))
            return ps_fail_memory(err);
    }
    ps_functions_tidy(program);
    return true;
}

/* A stretch with a frame that nothing calls is a part of the function that jumps to it. */
static void adopt(ps_program *program)
{
    for (size_t i = 0; i < program->branch_count; i++) {
        const ps_branch *branch = &program->branches[i];
        const size_t at = ps_functions_before(program, branch->target);
        const ps_function *from;

        if (at == SIZE_MAX || program->functions[at].begin != branch->target ||
            !program->functions[at].continues)
            continue;
        if (branch->kind == PS_BRANCH_CALL) {
            program->functions[at].continues = false;
            program->functions[at].root = program->functions[at].begin;
            continue;
        }
        from = ps_program_function(program, branch->source);
        if (from != NULL && from->root != branch->target &&
            program->functions[at].root == program->functions[at].begin && !from->continues)
            program->functions[at].root = from->root;
    }
}

static bool is_padding(uint8_t byte) { return byte == 0xcc || byte == 0x90; }

/* Does a function end before at[0]? */
static bool follows_end(const uint8_t *at, size_t before)
{
    if (before == 0)
        return true;
    if (is_padding(at[-1]) || at[-1] == 0xc3)
        return true;
    return before >= 3 && at[-3] == 0xc2 && at[-1] == 0;
}

static bool is_prologue(const uint8_t *at, size_t left)
{
    if (left < 5)
        return false;
    if (at[0] == 0x8b && at[1] == 0xff)
        at += 2;
    return at[0] == 0x55 && ((at[1] == 0x8b && at[2] == 0xec) || (at[1] == 0x89 && at[2] == 0xe5));
}

static bool find_prologues(ps_program *program, const ps_section *section, ps_error *err)
{
    size_t left;
    const uint8_t *at = ps_image_at(program->image, section->rva, &left);

    for (size_t i = 0; at != NULL && i + 5 <= left; i++) {
        const uint32_t rva = section->rva + (uint32_t)i;

        if ((at[i] != 0x55 && at[i] != 0x8b) || !is_prologue(at + i, left - i) ||
            !follows_end(at + i, i))
            continue;
        if (!ps_functions_add(program, &(ps_function){.begin = rva, .root = rva}))
            return ps_fail_memory(err);
    }
    return true;
}

/* Is this where a call's four bytes would point by accident: behind code that goes on, and not at
 * what functions begin with?  x86 only, where calls are found by their bytes. */
static bool is_accident(const ps_program *program, uint32_t target)
{
    static const uint8_t begins[] = {0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57, 0x6a,
                                     0x68, 0x83, 0x81, 0x8b, 0x33, 0xa1, 0xb8, 0xe9};
    const ps_section *section = ps_image_section(program->image, target);
    const size_t before = section != NULL ? target - section->rva : 0;
    size_t left;
    const uint8_t *at = ps_image_at(program->image, target, &left);

    if (ps_machine_is_arm(program->machine) || at == NULL || before < 5 || follows_end(at, before))
        return false;
    if (at[-5] == 0xe9 || at[-2] == 0xeb || (program->x64 && (*at & 0xf0) == 0x40))
        return false;
    return memchr(begins, *at, sizeof begins) == NULL;
}

/* Code that is called, outside the functions that are known. */
static bool add_called(ps_program *program)
{
    const size_t known = program->function_count;

    for (size_t i = 0; i < program->branch_count; i++) {
        const uint32_t target = program->branches[i].target;
        const size_t all = program->function_count;
        bool is_known;

        if (program->branches[i].kind != PS_BRANCH_CALL)
            continue;
        program->function_count = known; /* the rest is not in order yet */
        is_known = ps_program_function(program, target) != NULL;
        program->function_count = all;
        if (!is_known && ps_program_thunk(program, target) == NULL &&
            !is_accident(program, target) &&
            !ps_functions_add(program, &(ps_function){.begin = target, .root = target}))
            return false;
    }
    return true;
}

/* What was added behind `known` goes to the end of its section, until the next one cuts it. */
static void lengthen(ps_program *program, size_t known)
{
    for (size_t i = known; i < program->function_count; i++) {
        ps_function *function = &program->functions[i];
        const ps_section *section = ps_image_section(program->image, function->begin);

        function->end = section != NULL ? section->rva + section->file_size : 0;
    }
    ps_functions_tidy(program);
}

static bool find_entries(ps_program *program, ps_error *err)
{
    const ps_image *image = program->image;
    const uint32_t entry = image->entry;
    size_t budget = image->size;

    if ((ps_image_is_code(program->image, entry) &&
         !ps_functions_add(program, &(ps_function){.begin = entry, .root = entry})) ||
        !add_called(program))
        return ps_fail_memory(err);
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];

        if (!ps_section_executes(section) || section->file_size > budget)
            continue;
        budget -= section->file_size;
        if (!find_prologues(program, section, err))
            return false;
    }
    lengthen(program, 0);
    return true;
}

bool ps_functions_read(ps_program *program, ps_error *err)
{
    bool continues = false;
    size_t known;

    if (program->machine->id == PS_MACHINE_X86)
        return find_entries(program, err);
    if (program->x64 ? !read_table(program, err) : !ps_functions_read_arm(program, err))
        return false;
    for (size_t i = 0; i < program->function_count; i++)
        continues = continues || program->functions[i].continues;
    if (continues)
        adopt(program);
    known = program->function_count;
    if (!add_called(program))
        return ps_fail_memory(err);
    lengthen(program, known);
    return true;
}
