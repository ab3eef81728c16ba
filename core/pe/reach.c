/* reach.c - which functions something leads to: the entry point, addresses in data, and from these
 * on whatever code refers to.  Four bytes of code that happen to name a function count as well: a
 * site is called unreachable only where nothing at all speaks for it. */
#include "pe/reach.h"

#include "base/array.h"

#include <string.h>

enum { EDGE_LIMIT = 2000000, FILTER_BITS = 16, ROUNDS = 64, LONGEST = 65536 };

typedef struct edge {
    uint32_t from, to; /* functions by their number */
} edge;

typedef struct reach {
    const ps_program *program;
    uint8_t filter[(1 << FILTER_BITS) / 8]; /* of the functions' first addresses */
    uint8_t *reached;                       /* a byte for each function */
    edge *edges;
    size_t edge_count, edge_capacity;
    uint32_t first, span; /* of the functions */
    bool broken;          /* memory is out */
} reach;

static uint32_t hash(uint32_t rva) { return (rva * 2654435761U) >> (32 - FILTER_BITS); }

/* The function that a stretch belongs to. */
static size_t owner_of(const ps_program *program, size_t i)
{
    const ps_function *function = &program->functions[i];
    const ps_function *root;

    if (function->root == function->begin)
        return i;
    root = ps_program_function(program, function->root);
    return root != NULL ? (size_t)(root - program->functions) : i;
}

/* Is a function entered at rva?  Its number, or SIZE_MAX. */
static inline size_t entered_at(const reach *r, uint32_t rva)
{
    const uint32_t h = hash(rva);
    size_t i;

    if (rva - r->first > r->span || (r->filter[h / 8] >> h % 8 & 1) == 0)
        return SIZE_MAX;
    i = ps_functions_before(r->program, rva);
    return i != SIZE_MAX && r->program->functions[i].begin == rva ? i : SIZE_MAX;
}

/* Where the ends of functions are a guess, what leads into the middle of one leads to it, too. */
static size_t inside(const reach *r, uint32_t rva)
{
    const size_t i =
        rva - r->first > r->span + LONGEST ? SIZE_MAX : ps_functions_before(r->program, rva);

    return i != SIZE_MAX && (!r->program->x64 || !r->program->functions[i].certain) &&
                   rva < r->program->functions[i].end
               ? i
               : SIZE_MAX;
}

static void refer(reach *r, uint32_t source, size_t to)
{
    const ps_function *from;
    void *grown = r->edges;

    if (to == SIZE_MAX)
        return;
    from = ps_program_function(r->program, source);
    if (from == NULL || r->edge_count >= EDGE_LIMIT) {
        r->reached[owner_of(r->program, to)] = 1;
        return;
    }
    if (!ps_grow(&grown, &r->edge_capacity, r->edge_count, sizeof *r->edges)) {
        r->broken = true;
        return;
    }
    r->edges = grown;
    r->edges[r->edge_count++] =
        (edge){(uint32_t)owner_of(r->program, (size_t)(from - r->program->functions)),
               (uint32_t)owner_of(r->program, to)};
}

static void read_code(reach *r, const uint8_t *at, uint32_t rva, size_t size)
{
    const uint32_t base = (uint32_t)r->program->image->base;

    for (size_t p = 0; p + 4 <= size && !r->broken; p++) {
        const uint32_t number = ps_word_at(at + p);

        refer(r, rva + (uint32_t)p, entered_at(r, rva + (uint32_t)p + 4 + number));
        if (!r->program->x64)
            refer(r, rva + (uint32_t)p, inside(r, number - base));
        if (at[p] == 0xeb) {
            const uint32_t back = at[p + 1] >= 0x80 ? 256 : 0;

            refer(r, rva + (uint32_t)p, entered_at(r, rva + (uint32_t)p + 2 + at[p + 1] - back));
        }
    }
}

static void read_branches(reach *r)
{
    const ps_program *program = r->program;

    for (size_t i = 0; i < program->branch_count && !r->broken; i++)
        refer(r, program->branches[i].source, inside(r, program->branches[i].target));
}

static void lead_to(reach *r, uint32_t rva)
{
    size_t to = entered_at(r, rva);

    if (to == SIZE_MAX && !r->program->x64)
        to = inside(r, rva);
    if (to != SIZE_MAX)
        r->reached[owner_of(r->program, to)] = 1;
}

/* Addresses and offsets in data; the table of all functions is none. */
static void read_data(reach *r, const uint8_t *at, uint32_t rva, size_t size)
{
    const ps_image *image = r->program->image;
    const uint32_t table = image->directory[PS_DIRECTORY_EXCEPTION].rva;
    const uint32_t table_size = image->directory[PS_DIRECTORY_EXCEPTION].size;

    for (size_t p = 0; p + 4 <= size; p += 4) {
        const uint32_t number = ps_word_at(at + p);

        if (table != 0 && rva + (uint32_t)p - table < table_size)
            continue;
        lead_to(r, number);
        lead_to(r, number - (uint32_t)image->base);
    }
}

static void read_sections(reach *r)
{
    const ps_image *image = r->program->image;
    size_t budget = image->size;

    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        const uint32_t backed = ps_section_backed(image, section);
        size_t left;
        const uint8_t *at = ps_image_at(image, section->rva, &left);

        if (at == NULL || section->file_size > budget)
            continue;
        budget -= section->file_size;
        if (left > backed)
            left = backed;
        if (ps_section_executes(section))
            read_code(r, at, section->rva, left);
        else
            read_data(r, at, section->rva, left);
    }
}

static void spread(reach *r)
{
    bool changed = true;

    for (int round = 0; round < ROUNDS && changed; round++) {
        changed = false;
        for (size_t i = 0; i < r->edge_count; i++) {
            const edge *e = &r->edges[i];

            changed |= r->reached[e->from] != 0 && r->reached[e->to] == 0;
            r->reached[e->to] |= r->reached[e->from];
        }
    }
    if (changed)
        memset(r->reached, 1, r->program->function_count);
}

static void prepare(reach *r)
{
    const ps_program *program = r->program;
    const size_t count = program->function_count;

    r->first = program->functions[0].begin;
    r->span = program->functions[count - 1].begin - r->first;
    for (size_t i = 0; i < count; i++) {
        const uint32_t h = hash(program->functions[i].begin);

        r->filter[h / 8] |= (uint8_t)(1 << h % 8);
    }
    lead_to(r, program->image->entry);
}

static void mark(const reach *r)
{
    ps_driver *driver = r->program->driver;

    for (size_t i = 0; i < driver->site_count; i++) {
        const size_t at = ps_functions_before(r->program, driver->sites[i].function_rva);

        if (driver->sites[i].function_rva != 0 && at != SIZE_MAX)
            driver->sites[i].unreachable = r->reached[owner_of(r->program, at)] == 0;
    }
}

bool ps_reach_mark(const ps_program *program, ps_error *err)
{
    reach *r;
    bool done;

    if (ps_machine_is_arm(program->machine) || program->function_count == 0 ||
        program->driver->site_count == 0 || program->driver->facts.packed)
        return true;
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return ps_fail_memory(err);
    r->program = program;
    r->reached = calloc(program->function_count, 1);
    if (r->reached != NULL) {
        prepare(r);
        read_sections(r);
        read_branches(r);
        spread(r);
        if (!r->broken)
            mark(r);
    }
    done = r->reached != NULL && !r->broken;
    free(r->reached);
    free(r->edges);
    free(r);
    return done || ps_fail_memory(err);
}
