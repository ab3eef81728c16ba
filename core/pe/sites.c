/* sites.c - the calls of pool APIs in an image: each function that names an API is walked. */
#include "pe/sites.h"

#include "base/array.h"
#include "pe/reach.h"

#include <string.h>

enum { SEED_LIMIT = 24 };

static const char *reason_of(const ps_value *tag)
{
    static const char *const reasons[] = {
        [PS_BY_COMPUTATION] = "computed",    [PS_BY_MEMORY] = "memory",
        [PS_BY_CALL] = "returned by a call", [PS_BY_PATH] = "differs by path",
        [PS_BY_STACK] = "stack memory",      [PS_BY_NO_PATH] = "not reached",
    };

    switch ((ps_value_kind)tag->kind) {
    case PS_V_UNKNOWN:
        return reasons[tag->reason];
    case PS_V_PARAMETER:
        return "parameter";
    case PS_V_GLOBAL:
        return "global variable";
    case PS_V_TABLE:
        return "table";
    case PS_V_FIELD:
        return "field of a structure";
    case PS_V_BITS:
        return tag->reason == PS_BY_PATH ? reasons[PS_BY_PATH] : reasons[PS_BY_COMPUTATION];
    default:
        return "computed";
    }
}

static bool same_site(const ps_site *a, const ps_site *b)
{
    return a->rva == b->rva && a->api == b->api && a->has_tag == b->has_tag &&
           (!a->has_tag || a->tag == b->tag) && a->detail == b->detail &&
           a->via_count == b->via_count && (a->via_count == 0 || a->via[0] == b->via[0]);
}

/* Append unless it is there: a call may be met in two walks. */
static bool append(ps_search *search, const ps_site *site)
{
    ps_driver *driver = search->driver;
    void *grown = driver->sites;

    for (size_t i = driver->site_count; i-- > 0 && driver->site_count - i < 64;)
        if (same_site(&driver->sites[i], site))
            return true;
    if (!PS_WITHIN(&driver->bounds, driver_sites, driver->site_count))
        return true;
    if (!ps_grow(&grown, &driver->site_capacity, driver->site_count, sizeof *driver->sites)) {
        search->broken = true;
        return false;
    }
    driver->sites = grown;
    driver->sites[driver->site_count++] = *site;
    return true;
}

static void set_constants(ps_site *site, const ps_arguments *from)
{
    const ps_api *api = from->api;

    site->pool_is_flags = api->pool_means == PS_POOL_BY_FLAGS;
    if (api->pool_means == PS_POOL_IS_NONPAGED || api->pool_means == PS_POOL_IS_PAGED) {
        site->has_pool = true;
        site->pool_flags = api->pool_means == PS_POOL_IS_PAGED;
    } else if (from->pool.kind == PS_V_CONST && !from->lost && api->pool_means != PS_POOL_UNSAID) {
        site->has_pool = true;
        site->pool_flags = site->pool_is_flags ? from->pool.u.bits : (uint32_t)from->pool.u.bits;
    }
    if (from->size.kind == PS_V_CONST && !from->lost) {
        site->has_size = true;
        site->size = from->size.u.bits;
    }
}

/* Add a site without a tag. */
static bool add_unknown(ps_search *search, ps_site *site, const ps_value *tag, const char *reason)
{
    site->has_tag = false;
    site->tag = 0;
    site->confidence = PS_LOW;
    site->reason = reason != NULL ? reason : reason_of(tag);
    if (ps_value_tells(tag)) {
        site->known_bits = tag->u.set[0];
        site->known_mask = tag->u.set[1];
    }
    return append(search, site);
}

static bool add_constant(ps_search *search, ps_site *site, uint32_t tag, ps_confidence confidence)
{
    site->has_tag = tag != 0;
    site->tag = tag;
    site->reason = tag != 0 ? NULL : "zero";
    site->confidence = tag == 0 ? PS_LOW : confidence;
    if (confidence == PS_HIGH && !ps_sites_like_tag(tag) && tag != 0)
        site->confidence = PS_MEDIUM;
    return append(search, site);
}

/* One site for each value that is a tag. */
static bool add_set(ps_search *search, ps_site *site, const ps_value *set)
{
    bool done = true;

    for (unsigned i = 0; i < set->count && done; i++)
        done = set->u.set[i] == 0 || add_constant(search, site, set->u.set[i], PS_MEDIUM);
    return done;
}

bool ps_sites_add(ps_search *search, const ps_arguments *from)
{
    ps_site site = {.api = from->api->name,
                    .role = (ps_site_role)from->api->role,
                    .rva = from->rva,
                    .function_rva = search->function,
                    .argument = from->argument,
                    .detail = from->detail,
                    .confidence = PS_LOW,
                    .via_count = from->level};

    for (unsigned i = 0; i < from->level; i++)
        site.via[i] = from->via[i];
    set_constants(&site, from);
    if (from->lost || from->api->tag == PS_NO_ARGUMENT) {
        site.reason = from->api->tag == PS_NO_ARGUMENT ? "untagged" : "function too large";
        site.confidence = from->api->tag == PS_NO_ARGUMENT ? PS_HIGH : PS_LOW;
        return append(search, &site);
    }
    if (from->reason != NULL)
        return add_unknown(search, &site, &from->tag, from->reason);
    if (from->tag.kind == PS_V_CONST)
        return add_constant(search, &site, (uint32_t)from->tag.u.bits,
                            from->level > 1 || from->doubtful ? PS_MEDIUM : PS_HIGH);
    if (from->tag.kind == PS_V_SET)
        return add_set(search, &site, &from->tag);
    if (from->tag.kind == PS_V_PARAMETER && from->tag.count == PS_OR_CONST && from->tag.base != 0 &&
        !add_constant(search, &site, from->tag.base, PS_MEDIUM))
        return false;
    return add_unknown(search, &site, &from->tag, NULL);
}

static void settle_global(ps_search *search, ps_arguments *found)
{
    const ps_value value =
        ps_globals_value(&search->globals, &search->program, (uint32_t)found->tag.u.bits);

    if (value.kind == PS_V_UNKNOWN)
        return;
    found->tag = value;
    found->doubtful = true;
    if (found->detail == NULL)
        found->detail = "variable that only constants are written to";
}

bool ps_sites_take(ps_search *search, const ps_call *call, ps_arguments *found)
{
    if (found->path == PS_PATH_VALUE && found->tag.kind == PS_V_FIELD) {
        found->path = PS_PATH_FIELD;
        found->offset = found->tag.base;
        found->tag = ps_value_of(PS_V_PARAMETER, found->tag.u.bits);
    }
    if (found->path != PS_PATH_VALUE && !found->lost && found->tag.kind != PS_V_PARAMETER)
        return ps_structs_take(search, call, found);
    if (found->tag.kind == PS_V_PARAMETER && !found->lost && !ps_wrappers_add(search, found))
        return false;
    if (found->path == PS_PATH_FIELD)
        found->reason = "field of a parameter";
    if (found->path == PS_PATH_VALUE && found->tag.kind == PS_V_GLOBAL)
        settle_global(search, found);
    if (found->path == PS_PATH_VALUE && found->tag.kind == PS_V_TABLE)
        return ps_tables_take(search, found);
    return ps_sites_add(search, found);
}

bool ps_sites_add_unknown(ps_search *search, const ps_api *api, uint32_t rva, uint32_t function,
                          const char *reason)
{
    const ps_site site = {.api = api->name,
                          .role = (ps_site_role)api->role,
                          .rva = rva,
                          .function_rva = function,
                          .argument = api->tag == PS_NO_ARGUMENT ? 0 : (uint8_t)api->tag,
                          .reason = reason,
                          .confidence = PS_LOW};
    return append(search, &site);
}

/* Where argument number i stands on entry of a function of the API's kind. */
static uint32_t argument_location(const ps_program *program, const ps_api *api, int i)
{
    const bool shifted = api->wide_first && i > 0 && program->machine->width == 4;

    return ps_machine_location(program->machine, (unsigned)i + shifted);
}

static ps_value argument(const ps_search *search, const ps_api *api, const ps_call *call, int i)
{
    if (i == PS_NO_ARGUMENT)
        return ps_unknown(PS_BY_COMPUTATION);
    return ps_frame_parameter(call->state, argument_location(&search->program, api, i),
                              &call->pointer);
}

static bool see(ps_search *search, uint32_t import)
{
    void *grown = search->seen;

    for (size_t i = 0; i < search->seen_count; i++)
        if (search->seen[i] == import)
            return true;
    if (!ps_grow(&grown, &search->seen_capacity, search->seen_count, sizeof *search->seen)) {
        search->broken = true;
        return false;
    }
    search->seen = grown;
    search->seen[search->seen_count++] = import;
    return true;
}

/* A call of an API. */
static bool visit_api(void *context, const ps_call *call)
{
    ps_search *search = context;
    ps_arguments found = {.rva = call->rva, .lost = call->lost};
    const ps_api *api;
    ps_value first = ps_const(0);

    if (call->target.import == PS_NO_IMPORT)
        return true;
    api = search->program.apis[call->target.import];
    if (api == NULL || api->table)
        return true;
    if (!see(search, call->target.import))
        return false;
    if (api->function_zero) {
        first = argument(search, api, call, 0);
        if (first.kind == PS_V_CONST && (uint32_t)first.u.bits != 0)
            return true;
    }
    found.api = api;
    found.argument = api->tag == PS_NO_ARGUMENT ? 0 : (uint8_t)api->tag;
    found.tag = argument(search, api, call, api->tag);
    if (api->structure != PS_NO_STRUCTURE)
        found.path = PS_PATH_STRUCTURE;
    else
        found.tag = ps_value_low(&found.tag, 4);
    found.pool = argument(search, api, call, api->pool);
    found.size = argument(search, api, call, api->size);
    if (first.kind != PS_V_CONST)
        found.tag = ps_unknown(PS_BY_COMPUTATION);
    if (search->program.machine->width == 4 || api->pool_means == PS_POOL_BY_TYPE)
        found.pool = ps_value_low(&found.pool, 4);
    return ps_sites_take(search, call, &found);
}

/* Code that the entry does not lead to: exception handlers, targets of unread jump tables. */
static bool seed(ps_search *search, const ps_reference *reference, size_t count, ps_error *err)
{
    int seeds = 0;

    for (size_t i = 0; i < count; i++) {
        bool more = true;

        while (more && seeds++ < SEED_LIMIT && !ps_walk_covers(search->walk, reference[i].rva))
            if (!ps_walk_seed(search->walk, reference[i].rva, &more, err))
                return false;
    }
    return true;
}

static bool report_unreached(ps_search *search, const ps_reference *reference, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const ps_api *api = search->program.apis[reference[i].import];
        uint32_t at = reference[i].call;
        bool seen = false;

        if (api->table)
            continue;
        if (at == 0 && ps_machine_is_arm(search->program.machine) && !reference[i].loose)
            at = reference[i].rva; /* a load for the call that comes after it */
        if (!ps_walk_covers(search->walk, reference[i].rva)) {
            if (at != 0 && !ps_sites_add_unknown(search, api, at, search->function, "not reached"))
                return false;
            continue;
        }
        for (size_t k = 0; k < search->seen_count; k++)
            seen = seen || search->seen[k] == reference[i].import;
        if (!seen && reference[i].call == 0 && !reference[i].loose &&
            !ps_sites_add_unknown(search, api, reference[i].rva, search->function, "address taken"))
            return false;
    }
    return true;
}

static bool walk_place(ps_search *search, const ps_function *place, const ps_reference *references,
                       size_t count, ps_error *err)
{
    search->function = place->root;
    search->seen_count = 0;
    if (!ps_walk_function(search->walk, place, err) || !seed(search, references, count, err))
        return false;
    (void)ps_walk_calls(search->walk, visit_api, search);
    if (!search->broken && report_unreached(search, references, count))
        return true;
    return ps_fail_memory(err);
}

typedef struct task {
    uint32_t root;
    ps_function place;
    ps_reference reference;
} task;

static int by_root(const void *a, const void *b)
{
    const task *x = a;
    const task *y = b;

    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    return x->reference.rva < y->reference.rva ? -1 : x->reference.rva > y->reference.rva;
}

/* Look for the functions that nothing announces around the references. */
static bool sweep(ps_search *search, ps_error *err)
{
    ps_program *program = &search->program;
    uint32_t *rvas = ps_alloc(0, program->reference_count, sizeof *rvas);
    bool done;

    if (rvas == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < program->reference_count; i++)
        rvas[i] = program->references[i].rva;
    done = ps_functions_sweep(program, rvas, program->reference_count, err);
    free(rvas);
    return done;
}

/* How far into a thunk the reference to its import's slot is. */
static uint32_t thunk_load(const ps_program *program)
{
    switch (program->machine->id) {
    case PS_MACHINE_ARM64:
        return 4;
    case PS_MACHINE_ARM:
        return 8;
    default:
        return 2;
    }
}

/* References, each with its function, those of one function together. */
static size_t plan(const ps_program *program, task *tasks)
{
    size_t count = 0;

    for (size_t i = 0; i < program->reference_count; i++) {
        const ps_reference *reference = &program->references[i];
        const ps_thunk *thunk = ps_program_thunk(program, reference->rva - thunk_load(program));
        const ps_function *place = ps_program_function(program, reference->rva);

        if (place == NULL || (thunk != NULL && (thunk->called || thunk->rva == place->root)))
            continue; /* an import's thunk is not a call of it */
        tasks[count++] = (task){place->root, *place, *reference};
    }
    if (count > 1)
        qsort(tasks, count, sizeof *tasks, by_root);
    return count;
}

static bool walk_tasks(ps_search *search, const task *tasks, size_t count, ps_error *err)
{
    ps_reference *references = ps_alloc(0, count + 1, sizeof *references);
    bool done = true;
    size_t end;

    if (references == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < count && done; i = end) {
        const ps_function place = ps_program_root(&search->program, &tasks[i].place);

        for (end = i; end < count && tasks[end].root == tasks[i].root; end++)
            references[end - i] = tasks[end].reference;
        done = walk_place(search, &place, references, end - i, err);
    }
    free(references);
    return done;
}

static bool find_sites(ps_search *search, ps_error *err)
{
    const size_t references = search->program.reference_count;
    task *tasks;
    bool done;

    if (references == 0)
        return true;
    tasks = ps_alloc(0, references, sizeof *tasks);
    if (tasks == NULL)
        return ps_fail_memory(err);
    done = sweep(search, err) && walk_tasks(search, tasks, plan(&search->program, tasks), err) &&
           ps_wrappers_follow(search, err);
    free(tasks);
    return done;
}

static int by_rva(const void *a, const void *b)
{
    const ps_site *x = a;
    const ps_site *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    if (x->tag != y->tag)
        return x->tag < y->tag ? -1 : 1;
    return strcmp(x->api, y->api);
}

static bool open_search(ps_search *search, ps_driver *driver, ps_error *err)
{
    ps_program *program = &search->program;

    search->driver = program->driver = driver;
    program->image = &driver->image;
    program->x64 = driver->image.machine == PS_MACHINE_X64;
    program->machine = ps_machine_find(driver->image.machine);
    program->decoder = ps_decoder_new(driver->image.machine, driver->image.base);
    program->pops = calloc(1, sizeof *program->pops);
    search->walk = ps_walk_new(program);
    if (program->decoder == NULL || program->pops == NULL || search->walk == NULL)
        return ps_fail_memory(err);
    ps_kmdf_find(&program->kmdf, driver);
    driver->facts.kmdf_major = program->kmdf.major;
    driver->facts.kmdf_minor = program->kmdf.minor;
    driver->facts.has_kmdf = program->kmdf.found;
    if (!ps_references_read(program, err))
        return false;
    for (size_t i = 0; i < program->reference_count && !program->structures; i++) {
        const ps_api *api = program->apis[program->references[i].import];

        program->structures = api->structure != PS_NO_STRUCTURE || api->table;
    }
    return true;
}

static void close_search(ps_search *search)
{
    ps_program *program = &search->program;

    ps_decoder_free(program->decoder);
    ps_walk_free(search->walk);
    free(program->apis);
    free(program->slots);
    free(program->references);
    free(program->thunks);
    free(program->branches);
    free(program->functions);
    free(program->pops);
    free(search->wrappers);
    free(search->seen);
    free(search->calls);
}

/* Say so where a bound has cut the work short. */
static bool note_bounds(ps_search *search, ps_error *err)
{
    ps_driver *driver = search->driver;
    const uint32_t given_up = ps_walk_given_up(search->walk);

    return given_up == 0 || ps_driver_note(driver, PS_FLAGGED, PS_NOWHERE, err,
                                           "%u functions are too large to follow", given_up);
}

bool ps_sites_read(ps_driver *driver, ps_error *err)
{
    ps_search search = {0};
    bool done = open_search(&search, driver, err);

    if (done && search.program.reference_count > 0)
        done = ps_functions_read(&search.program, err) && find_sites(&search, err);
    if (done) {
        driver->facts.functions = ps_walk_functions(search.walk);
        driver->facts.instructions = ps_walk_instructions(search.walk);
        if (driver->site_count > 1)
            qsort(driver->sites, driver->site_count, sizeof *driver->sites, by_rva);
        done = note_bounds(&search, err) && ps_reach_mark(&search.program, err);
    }
    close_search(&search);
    return done;
}
