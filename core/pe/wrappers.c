/* wrappers.c - functions that take the tag as a parameter: their callers are call sites, too. */
#include "base/array.h"
#include "pe/sites.h"

enum { WRAPPER_LIMIT = 4096, CALL_LIMIT = 200000, LEVELS = 3, SEEDS = 16 };

static bool is_known(const ps_search *search, const ps_wrapper *wrapper)
{
    for (size_t i = 0; i < search->wrapper_count; i++) {
        const ps_wrapper *known = &search->wrappers[i];

        if (known->rva == wrapper->rva && known->location == wrapper->location &&
            known->api == wrapper->api && known->path == wrapper->path &&
            known->offset == wrapper->offset)
            return true;
    }
    return false;
}

bool ps_wrappers_add(ps_search *search, const ps_arguments *from)
{
    ps_wrapper wrapper = {.rva = search->function,
                          .location = (uint32_t)from->tag.u.bits,
                          .path = from->path,
                          .offset = from->offset,
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

static int by_rva(const void *a, const void *b)
{
    const ps_wrapper *x = a;
    const ps_wrapper *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return x->location < y->location ? -1 : x->location > y->location;
}

/* The first wrapper of the level at rva, or NULL. */
static const ps_wrapper *find_wrapper(const ps_search *search, uint32_t rva)
{
    size_t low = search->level_begin;
    size_t high = search->level_end;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (search->wrappers[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low < search->level_end && search->wrappers[low].rva == rva ? &search->wrappers[low]
                                                                       : NULL;
}

static bool take_call(ps_search *search, const ps_call *call, const ps_wrapper *wrapper)
{
    const ps_value tag = ps_value_of(PS_V_PARAMETER, wrapper->location);
    ps_arguments found = {.api = wrapper->api,
                          .path = wrapper->path,
                          .offset = wrapper->offset,
                          .rva = call->rva,
                          .lost = call->lost};

    found.tag = at_caller(call, &tag);
    if (found.path == PS_PATH_VALUE)
        found.tag = ps_value_low(&found.tag, 4);
    found.pool = at_caller(call, &wrapper->pool);
    found.size = at_caller(call, &wrapper->size);
    if (wrapper->api->pool_means != PS_POOL_BY_FLAGS)
        found.pool = ps_value_low(&found.pool, 4);
    found.argument = ps_machine_argument(search->program.machine, wrapper->location);
    found.level = wrapper->level;
    found.via = wrapper->via;
    found.doubtful = wrapper->doubtful;
    return ps_sites_take(search, call, &found);
}

static bool visit_wrapper(void *context, const ps_call *call)
{
    ps_search *search = context;
    const ps_wrapper *first = NULL;
    size_t at;

    if (call->target.import == PS_NO_IMPORT && call->target.rva != search->function)
        first = find_wrapper(search, call->target.rva);
    if (first == NULL)
        return true;
    for (at = (size_t)(first - search->wrappers);
         at < search->level_end && search->wrappers[at].rva == call->target.rva; at++) {
        const ps_wrapper wrapper = search->wrappers[at]; /* the list may move */

        if (!take_call(search, call, &wrapper))
            return false;
    }
    return true;
}

static bool add_call(ps_search *search, uint32_t source)
{
    void *grown = search->calls;

    if (search->call_count >= CALL_LIMIT)
        return true;
    if (!ps_grow(&grown, &search->call_capacity, search->call_count, sizeof *search->calls))
        return false;
    search->calls = grown;
    search->calls[search->call_count++] = source;
    return true;
}

/* Jumps to a wrapper with a displacement of one byte. */
static bool find_short_jumps(ps_search *search, uint32_t rva)
{
    enum { FURTHEST = 129 };
    const ps_section *section = ps_image_section(search->program.image, rva);
    const uint32_t begin = section != NULL ? section->rva : rva;
    const uint32_t first = rva - begin > FURTHEST ? rva - FURTHEST : begin;
    size_t left;
    const uint8_t *at = ps_image_at(search->program.image, first, &left);
    bool done = true;

    for (uint32_t i = 0; at != NULL && i < 256 && i + 2 <= left && done; i++) {
        const uint32_t distance = at[i + 1] - (at[i + 1] >= 0x80 ? 0x100U : 0U);

        if (at[i] == 0xeb && first + i + 2 + distance == rva)
            done = add_call(search, first + i);
    }
    return done;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Where the wrappers of this level are called from, in order. */
static bool find_calls(ps_search *search)
{
    const ps_program *program = &search->program;
    bool done = true;

    search->call_count = 0;
    for (size_t i = 0; i < program->branch_count && done; i++)
        if (find_wrapper(search, program->branches[i].target) != NULL)
            done = add_call(search, program->branches[i].source);
    for (size_t i = search->level_begin; i < search->level_end && done; i++)
        done = find_short_jumps(search, search->wrappers[i].rva);
    if (search->call_count > 1)
        qsort(search->calls, search->call_count, sizeof *search->calls, by_number);
    return done;
}

typedef struct caller {
    ps_function place;
    uint32_t call;
} caller;

static int by_root(const void *a, const void *b)
{
    const caller *x = a;
    const caller *y = b;

    if (x->place.root != y->place.root)
        return x->place.root < y->place.root ? -1 : 1;
    return x->call < y->call ? -1 : x->call > y->call;
}

/* Each call with its function, those of one function together. */
static size_t find_callers(const ps_search *search, caller *callers)
{
    size_t found = 0;

    for (size_t i = 0; i < search->call_count; i++) {
        const ps_function *place = ps_program_function(&search->program, search->calls[i]);

        if (place != NULL)
            callers[found++] = (caller){*place, search->calls[i]};
    }
    if (found > 1)
        qsort(callers, found, sizeof *callers, by_root);
    return found;
}

/* Walk the function of count calls, those too that its entry does not lead to. */
static bool walk_caller(ps_search *search, const caller *callers, size_t count, ps_error *err)
{
    const ps_function place = ps_program_root(&search->program, &callers->place);
    int seeds = 0;

    search->function = place.root;
    if (!ps_walk_function(search->walk, &place, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool more = true;

        while (more && seeds++ < SEEDS && !ps_walk_covers(search->walk, callers[i].call))
            if (!ps_walk_seed(search->walk, callers[i].call, &more, err))
                return false;
    }
    return ps_walk_calls(search->walk, visit_wrapper, search) || ps_fail_memory(err);
}

static bool follow_calls(ps_search *search, ps_error *err)
{
    caller *callers;
    size_t count;
    bool done = true;
    size_t end;

    if (search->call_count == 0)
        return true;
    if (!ps_functions_sweep(&search->program, search->calls, search->call_count, err))
        return false;
    callers = ps_alloc(0, search->call_count, sizeof *callers);
    if (callers == NULL)
        return ps_fail_memory(err);
    count = find_callers(search, callers);
    for (size_t i = 0; i < count && done; i = end) {
        for (end = i; end < count && callers[end].place.root == callers[i].place.root; end++)
            ;
        done = walk_caller(search, callers + i, end - i, err);
    }
    free(callers);
    return done;
}

bool ps_wrappers_follow(ps_search *search, ps_error *err)
{
    bool done = true;

    for (int level = 1; level <= LEVELS && done; level++) {
        search->level_begin = search->level_end;
        search->level_end = search->wrapper_count;
        if (search->level_begin == search->level_end)
            return true;
        qsort(search->wrappers + search->level_begin, search->level_end - search->level_begin,
              sizeof *search->wrappers, by_rva);
        done = (find_calls(search) || ps_fail_memory(err)) && follow_calls(search, err);
    }
    return done;
}
