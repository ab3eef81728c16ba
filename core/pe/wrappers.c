/* wrappers.c - functions that take the tag as a parameter: their callers are call sites, too. */
#include "pe/sites.h"

#include "base/array.h"

enum { WRAPPER_LIMIT = 4096, LEVELS = 3, SEEDS = 16 };

static bool is_wrapper(const ps_search *search, uint32_t rva, uint8_t level)
{
    for (size_t i = 0; i < search->wrapper_count; i++)
        if (search->wrappers[i].rva == rva && search->wrappers[i].level == level)
            return true;
    return false;
}

static bool is_known(const ps_search *search, const ps_wrapper *wrapper)
{
    for (size_t i = 0; i < search->wrapper_count; i++) {
        const ps_wrapper *known = &search->wrappers[i];

        if (known->rva == wrapper->rva && known->location == wrapper->location &&
            known->api == wrapper->api)
            return true;
    }
    return false;
}

bool ps_wrappers_add(ps_search *search, const ps_arguments *from)
{
    ps_wrapper wrapper = {.rva = search->function,
                          .location = (uint32_t)from->tag.u.bits,
                          .api = from->api,
                          .pool = from->pool,
                          .size = from->size,
                          .level = (uint8_t)(from->level + 1),
                          .doubtful = from->doubtful || from->tag.count != PS_CERTAIN};
    void *grown = search->wrappers;

    if (wrapper.level > LEVELS || search->wrapper_count >= WRAPPER_LIMIT ||
        is_known(search, &wrapper))
        return true;
    for (unsigned i = 0; i < from->level; i++)
        wrapper.via[i] = from->via[i];
    wrapper.via[from->level] = search->function;
    if (!ps_grow(&grown, &search->wrapper_capacity, search->wrapper_count,
                 sizeof *search->wrappers)) {
        search->broken = true;
        return false;
    }
    search->wrappers = grown;
    search->wrappers[search->wrapper_count++] = wrapper;
    return true;
}

/* What the wrapper's caller makes of a value that the wrapper hands on. */
static ps_value at_caller(const ps_call *call, const ps_value *value)
{
    if (value->kind != PS_V_PARAMETER)
        return *value;
    if (value->count != PS_CERTAIN)
        return ps_unknown(PS_BY_PATH);
    return ps_frame_parameter(call->state, (uint32_t)value->u.bits, &call->pointer);
}

/* Number of the argument at a location, counted as the machine's C compilers do. */
static uint8_t argument_number(const ps_program *program, uint32_t location)
{
    if ((location & PS_IN_REGISTERS) != 0) {
        switch (location & 0xff) {
        case PS_REG_CX:
            return 0;
        case PS_REG_DX:
            return 1;
        case 8:
            return 2;
        case 9:
            return 3;
        default:
            return 0;
        }
    }
    return (uint8_t)(program->x64 ? location / 8 - 1 : location / 4 - 1);
}

static bool visit_wrapper(void *context, const ps_call *call)
{
    ps_search *search = context;

    if (call->target.import != PS_NO_IMPORT || call->target.rva == 0)
        return true;
    for (size_t i = 0; i < search->wrapper_count; i++) {
        const ps_wrapper wrapper = search->wrappers[i]; /* the list may move below */
        const ps_value tag = ps_value_of(PS_V_PARAMETER, wrapper.location);
        ps_arguments found = {.api = wrapper.api, .rva = call->rva, .lost = call->lost};

        if (wrapper.rva != call->target.rva || wrapper.level != search->level ||
            wrapper.rva == search->function)
            continue;
        found.tag = at_caller(call, &tag);
        found.tag = ps_value_low(&found.tag, 4);
        found.pool = at_caller(call, &wrapper.pool);
        found.size = at_caller(call, &wrapper.size);
        if (wrapper.api->pool_means != PS_POOL_BY_FLAGS)
            found.pool = ps_value_low(&found.pool, 4);
        found.argument = argument_number(&search->program, wrapper.location);
        found.level = wrapper.level;
        found.via = wrapper.via;
        found.doubtful = wrapper.doubtful;
        if (found.tag.kind == PS_V_PARAMETER && !found.lost && !ps_wrappers_add(search, &found))
            return false;
        if (!ps_sites_add(search, &found))
            return false;
    }
    return true;
}

static int place_by_root(const void *a, const void *b)
{
    const ps_function *x = a;
    const ps_function *y = b;

    return x->root < y->root ? -1 : x->root > y->root;
}

static bool add_call(ps_search *search, size_t *capacity, uint32_t source)
{
    void *grown = search->calls;

    if (!ps_grow(&grown, capacity, search->call_count, sizeof *search->calls))
        return false;
    search->calls = grown;
    search->calls[search->call_count++] = source;
    return true;
}

/* Jumps to a wrapper with a displacement of one byte. */
static bool find_short_jumps(ps_search *search, size_t *capacity, uint32_t rva)
{
    const uint32_t first = rva > 129 ? rva - 129 : 0;
    size_t left;
    const uint8_t *at = ps_image_at(search->program.image, first, &left);

    for (uint32_t i = 0; at != NULL && i < 256 && i + 2 <= left; i++)
        if (at[i] == 0xeb && first + i + 2 + at[i + 1] - (at[i + 1] >= 0x80 ? 0x100U : 0U) == rva &&
            !add_call(search, capacity, first + i))
            return false;
    return true;
}

static int by_rva(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Where the wrappers of this level are called from, in order. */
static bool find_calls(ps_search *search)
{
    const ps_program *program = &search->program;
    size_t capacity = 0;

    for (size_t i = 0; i < program->branch_count; i++)
        if (is_wrapper(search, program->branches[i].target, search->level) &&
            !add_call(search, &capacity, program->branches[i].source))
            return false;
    for (size_t i = 0; i < search->wrapper_count; i++)
        if (search->wrappers[i].level == search->level &&
            !find_short_jumps(search, &capacity, search->wrappers[i].rva))
            return false;
    if (search->call_count > 1)
        qsort(search->calls, search->call_count, sizeof *search->calls, by_rva);
    return true;
}

/* The functions that hold these calls. */
static size_t find_callers(const ps_search *search, const uint32_t *calls, size_t count,
                           ps_function *callers)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const ps_function *place = ps_program_function(&search->program, calls[i]);

        if (place != NULL)
            callers[found++] = *place;
    }
    if (found > 1)
        qsort(callers, found, sizeof *callers, place_by_root);
    return found;
}

/* The calls in code that the walk did not reach from the entry. */
static bool seed_calls(ps_search *search, uint32_t root, ps_error *err)
{
    const ps_program *program = &search->program;
    int seeds = 0;

    for (size_t i = 0; i < search->call_count; i++) {
        const ps_function *place = ps_program_function(program, search->calls[i]);
        bool more = true;

        if (place == NULL || place->root != root)
            continue;
        while (more && seeds++ < SEEDS && !ps_walk_covers(search->walk, search->calls[i]))
            if (!ps_walk_seed(search->walk, search->calls[i], &more, err))
                return false;
    }
    return true;
}

static bool follow_level(ps_search *search, const ps_function *callers, size_t count, ps_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ps_function place = callers[i];

        if (i > 0 && callers[i - 1].root == place.root)
            continue;
        if (place.root < place.begin || place.root >= place.end) {
            const ps_function *root = ps_program_function(&search->program, place.root);

            if (root != NULL)
                place = *root;
            place.root = callers[i].root;
        }
        search->function = place.root;
        if (!ps_walk_function(search->walk, &place, err) || !seed_calls(search, place.root, err))
            return false;
        if (!ps_walk_calls(search->walk, visit_wrapper, search))
            return ps_fail_memory(err);
    }
    return true;
}

static bool follow_calls(ps_search *search, ps_error *err)
{
    ps_function *callers;
    bool done;

    if (search->call_count == 0)
        return true;
    if (!ps_functions_sweep(&search->program, search->calls, search->call_count, err))
        return false;
    callers = ps_alloc(0, search->call_count, sizeof *callers);
    if (callers == NULL)
        return ps_fail_memory(err);
    done = follow_level(search, callers,
                        find_callers(search, search->calls, search->call_count, callers), err);
    free(callers);
    return done;
}

bool ps_wrappers_follow(ps_search *search, ps_error *err)
{
    bool done = true;

    for (search->level = 1; search->level <= LEVELS && done; search->level++) {
        search->call_count = 0;
        done = find_calls(search) || ps_fail_memory(err);
        done = done && follow_calls(search, err);
        free(search->calls);
        search->calls = NULL;
    }
    return done;
}
