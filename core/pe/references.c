/* references.c - one pass over the bytes of the code sections: what may name an import slot, and
 * what may be a direct call or jump.  Bytes are not aligned to instructions here; that a four-byte
 * number happens to hit a slot or an entry is rare, and the walk decides in the end. */
#include "base/array.h"
#include "pe/program.h"

#include <string.h>

static int by_rva(const void *a, const void *b)
{
    const uint32_t x = ((const ps_import_slot *)a)->rva;
    const uint32_t y = ((const ps_import_slot *)b)->rva;

    return x < y ? -1 : x > y;
}

uint32_t ps_program_slot(const ps_program *program, uint32_t rva)
{
    const ps_import_slot key = {.rva = rva};
    const ps_import_slot *found;

    if (program->slot_count == 0 || rva < program->slots[0].rva ||
        rva > program->slots[program->slot_count - 1].rva)
        return PS_NO_IMPORT;
    found = bsearch(&key, program->slots, program->slot_count, sizeof key, by_rva);
    return found != NULL ? found->import : PS_NO_IMPORT;
}

static int thunk_by_rva(const void *a, const void *b)
{
    const uint32_t x = ((const ps_thunk *)a)->rva;
    const uint32_t y = ((const ps_thunk *)b)->rva;

    return x < y ? -1 : x > y;
}

const ps_thunk *ps_program_thunk(const ps_program *program, uint32_t rva)
{
    const ps_thunk key = {.rva = rva};

    if (program->thunk_count == 0)
        return NULL;
    return bsearch(&key, program->thunks, program->thunk_count, sizeof key, thunk_by_rva);
}

/* The framework's functions, numbered behind the imports. */
static size_t add_framework(ps_program *program, size_t count)
{
    const uint32_t first = (uint32_t)program->driver->import_count;

    for (uint32_t i = 0; i < PS_WDF_COUNT; i++) {
        program->apis[first + i] = ps_api_of_framework((ps_framework_api)i);
        if (ps_kmdf_slot(&program->kmdf, (ps_framework_api)i, &program->slots[count].rva))
            program->slots[count++].import = first + i;
    }
    return count;
}

static bool read_slots(ps_program *program, ps_error *err)
{
    const ps_driver *driver = program->driver;
    size_t count = driver->import_count;

    if (count == 0)
        return true;
    program->slots = ps_alloc(0, count + PS_WDF_COUNT, sizeof *program->slots);
    program->apis = ps_alloc(0, count + PS_WDF_COUNT, sizeof(const ps_api *));
    if (program->slots == NULL || program->apis == NULL) {
        (void)ps_fail_memory(err);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const ps_import *import = &driver->imports[i];

        program->slots[i] = (ps_import_slot){import->slot_rva, (uint32_t)i};
        program->apis[i] = import->name != NULL ? ps_api_find(import->name) : NULL;
    }
    count = add_framework(program, count);
    qsort(program->slots, count, sizeof *program->slots, by_rva);
    program->slot_count = count;
    return true;
}

bool ps_references_add_branch(ps_program *program, uint32_t source, uint32_t target,
                              ps_branch_kind kind)
{
    void *grown = program->branches;

    if (!PS_WITHIN(&program->driver->bounds, driver_branches, program->branch_count))
        return true;
    if (!ps_grow(&grown, &program->branch_capacity, program->branch_count,
                 sizeof *program->branches))
        return false;
    program->branches = grown;
    program->branches[program->branch_count++] =
        (ps_branch){.source = source, .target = target, .kind = (uint8_t)kind};
    return true;
}

bool ps_references_add(ps_program *program, const ps_reference *reference)
{
    void *grown = program->references;

    if (program->apis[reference->import] == NULL ||
        !PS_WITHIN(&program->driver->bounds, driver_references, program->reference_count))
        return true;
    if (!ps_grow(&grown, &program->reference_capacity, program->reference_count,
                 sizeof *program->references))
        return false;
    program->references = grown;
    program->references[program->reference_count++] = *reference;
    return true;
}

bool ps_references_add_thunk(ps_program *program, uint32_t rva, uint32_t import)
{
    void *grown = program->thunks;

    if (!PS_WITHIN(&program->driver->bounds, driver_references, program->thunk_count))
        return true;
    if (!ps_grow(&grown, &program->thunk_capacity, program->thunk_count, sizeof *program->thunks))
        return false;
    program->thunks = grown;
    program->thunks[program->thunk_count++] = (ps_thunk){.rva = rva, .import = import};
    return true;
}

/* A slot named at bytes p of the section. */
static bool take_slot(ps_program *program, const ps_bytes *code, uint32_t p, uint32_t slot)
{
    const uint32_t import = ps_program_slot(program, slot);
    ps_reference reference = {.rva = code->rva + p, .import = import};
    const uint8_t *at = code->at + p;

    if (import == PS_NO_IMPORT)
        return true;
    if (p >= 2 && at[-2] == 0xff && (at[-1] == 0x15 || at[-1] == 0x25))
        reference.call = code->rva + p - 2;
    if (reference.call != 0 && at[-1] == 0x25 &&
        !ps_references_add_thunk(program, reference.call, import))
        return false;
    return ps_references_add(program, &reference);
}

/* A call or jump whose displacement is at bytes p of the section. */
static bool take_branch(ps_program *program, const ps_bytes *code, uint32_t p, uint32_t target)
{
    const uint8_t opcode = code->at[p - 1];
    const bool conditional = opcode >= 0x80 && opcode <= 0x8f && p >= 2 && code->at[p - 2] == 0x0f;

    if ((opcode & 0xfe) != 0xe8 && !conditional)
        return true;
    if (target - code->rva >= code->size && !ps_image_is_code(program->image, target))
        return true;
    if (conditional)
        return ps_references_add_branch(program, code->rva + p - 2, target, PS_BRANCH_CONDITION);
    return ps_references_add_branch(program, code->rva + p - 1, target,
                                    opcode == 0xe8 ? PS_BRANCH_CALL : PS_BRANCH_JUMP);
}

/* Do the bytes before end in the opcode of a direct call or jump? */
static inline bool may_branch(const uint8_t *at)
{
    return (at[-1] & 0xfe) == 0xe8 || (at[-1] & 0xf0) == 0x80;
}

static bool scan_x86(ps_program *program, const ps_bytes *code)
{
    const uint32_t first = program->slots[0].rva;
    const uint32_t span = program->slots[program->slot_count - 1].rva - first;
    const uint32_t base = (uint32_t)program->image->base;

    for (uint32_t p = 1; p + 4 <= code->size; p++) {
        const uint8_t *at = code->at + p;
        const uint32_t number =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        const uint32_t relative = code->rva + p + 4 + number;
        const uint32_t slot = program->x64 ? relative : number - base;

        if (slot - first <= span && !take_slot(program, code, p, slot))
            return false;
        if (may_branch(at) && !take_branch(program, code, p, relative))
            return false;
    }
    return true;
}

static bool scan_code(ps_program *program, const ps_bytes *code)
{
    switch (program->machine->id) {
    case PS_MACHINE_ARM64:
        return ps_arm64_references(program, code);
    case PS_MACHINE_ARM:
        return ps_arm_references(program, code);
    default:
        return scan_x86(program, code);
    }
}

/* Those thunks that something calls are entries of imports. */
static void mark_called(ps_program *program)
{
    if (program->thunk_count == 0)
        return;
    qsort(program->thunks, program->thunk_count, sizeof *program->thunks, thunk_by_rva);
    for (size_t i = 0; i < program->branch_count; i++) {
        const ps_thunk key = {.rva = program->branches[i].target};
        ps_thunk *thunk;

        if (program->branches[i].kind == PS_BRANCH_CONDITION)
            continue;
        thunk = bsearch(&key, program->thunks, program->thunk_count, sizeof key, thunk_by_rva);
        if (thunk != NULL)
            thunk->called = true;
    }
}

/* What calls a thunk refers to its import. */
static bool refer_through_thunks(ps_program *program)
{
    const size_t count = program->thunk_count == 0 ? 0 : program->branch_count;

    for (size_t i = 0; i < count; i++) {
        const ps_branch *branch = &program->branches[i];
        const ps_thunk *thunk = ps_program_thunk(program, branch->target);
        ps_reference reference = {.rva = branch->source, .call = branch->source};

        if (thunk == NULL || !thunk->called || branch->kind == PS_BRANCH_CONDITION)
            continue;
        reference.import = thunk->import;
        if (!ps_machine_is_arm(program->machine))
            reference.rva++;
        if (!ps_references_add(program, &reference))
            return false;
    }
    return true;
}

static int reference_by_rva(const void *a, const void *b)
{
    const uint32_t x = ((const ps_reference *)a)->rva;
    const uint32_t y = ((const ps_reference *)b)->rva;

    return x < y ? -1 : x > y;
}

/* The pointer to what checks the targets of calls, which the load configuration names. */
static void find_guard_check(ps_program *program)
{
    enum { LOAD_CONFIGURATION = 10, POINTER_32 = 0x48, POINTER_64 = 0x70 };
    const ps_image *image = program->image;
    const uint8_t width = program->machine->width;
    const uint32_t at = image->directory[LOAD_CONFIGURATION].rva;
    uint64_t va;

    if (at == 0 || !ps_machine_is_arm(program->machine) ||
        !ps_image_uint(image, at + (width == 8 ? POINTER_64 : POINTER_32), width, &va) ||
        va <= image->base || va - image->base > UINT32_MAX)
        return;
    program->guard_check = (uint32_t)(va - image->base);
}

bool ps_references_read(ps_program *program, ps_error *err)
{
    const ps_image *image = program->image;
    size_t budget = image->size; /* sections of a sound image do not share bytes */

    if (!read_slots(program, err))
        return false;
    find_guard_check(program);
    for (size_t i = 0; i < image->section_count && program->slot_count > 0; i++) {
        const ps_section *section = &image->sections[i];
        ps_bytes code = {.rva = section->rva};
        size_t left;

        if (!ps_section_executes(section))
            continue;
        code.at = ps_image_at(image, section->rva, &left);
        code.size = (uint32_t)(left < section->file_size ? left : section->file_size);
        if (code.at == NULL || code.size > budget)
            continue;
        budget -= code.size;
        if (!scan_code(program, &code))
            return ps_fail_memory(err);
    }
    mark_called(program);
    if (!refer_through_thunks(program))
        return ps_fail_memory(err);
    if (program->reference_count > 0)
        qsort(program->references, program->reference_count, sizeof *program->references,
              reference_by_rva);
    return true;
}
