/* walk.c - one function's control flow, with what registers and stack hold at each point.
 *
 * Blocks are decoded when a path first reaches them and split when a jump lands inside.  Each
 * keeps what holds on entry, joined over all paths; blocks whose entry changed are run again, in
 * the order of addresses, until nothing changes.
 */
#include "pe/walk.h"

#include "base/array.h"

enum {
    BLOCKS_PER_FUNCTION = 8192,
    VISITS_WITH_SETS = 3,
    STEPS_PER_BLOCK = 8,
    TABLE_LIMIT = 512,
    PATHS_LIMIT = 32, /* calls of a function that are looked at path by path */
    PATH_STEPS_PER_FILE = 2000000,
};

typedef struct block {
    uint32_t rva, end;
    uint32_t first, count; /* its instructions */
    uint32_t visits;
    bool falls; /* goes on at end */
    bool reached, pending;
} block;

struct ps_walk {
    const ps_program *program;
    ps_bounds *bounds;
    ps_function place;
    bool lost;   /* a bound was hit in this function */
    bool broken; /* memory is out */
    uint32_t functions, decoded, given_up;
    uint64_t steps, steps_left, path_steps;
    ps_op *ops;
    size_t op_count, op_capacity;
    block *blocks;
    ps_frame *states; /* on entry of each block */
    size_t block_count, block_capacity, state_capacity;
    uint32_t *order; /* blocks by RVA */
    size_t order_capacity;
};

ps_walk *ps_walk_new(const ps_program *program)
{
    ps_walk *walk = calloc(1, sizeof *walk);

    if (walk == NULL)
        return NULL;
    walk->program = program;
    walk->bounds = &program->driver->bounds;
    return walk;
}

void ps_walk_free(ps_walk *walk)
{
    if (walk == NULL)
        return;
    free(walk->ops);
    free(walk->blocks);
    free(walk->states);
    free(walk->order);
    free(walk);
}

uint32_t ps_walk_instructions(const ps_walk *walk) { return walk->decoded; }
uint32_t ps_walk_functions(const ps_walk *walk) { return walk->functions; }
uint32_t ps_walk_given_up(const ps_walk *walk) { return walk->given_up; }

/* Is rva code of the function that is walked?  So is the middle of another: nothing but this
 * function's own code is jumped to there. */
static bool is_inside(const ps_walk *walk, uint32_t rva)
{
    const ps_function *place = &walk->place;
    const ps_function *other;

    if (rva >= place->begin && rva < place->end)
        return true;
    other = ps_program_function(walk->program, rva);
    return other != NULL && (other->root == place->root || other->begin != rva);
}

/* Position in the order of the first block that begins behind rva. */
static size_t behind(const ps_walk *walk, uint32_t rva)
{
    size_t low = 0;
    size_t high = walk->block_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (walk->blocks[walk->order[middle]].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Number of a new block in its place, or UINT32_MAX. */
static uint32_t add_block(ps_walk *walk, uint32_t rva)
{
    const size_t at = behind(walk, rva);
    void *blocks = walk->blocks;
    void *states = walk->states;
    void *order = walk->order;
    bool grown = ps_grow(&blocks, &walk->block_capacity, walk->block_count, sizeof *walk->blocks);

    walk->blocks = blocks;
    grown =
        grown && ps_grow(&states, &walk->state_capacity, walk->block_count, sizeof *walk->states);
    walk->states = states;
    grown = grown && ps_grow(&order, &walk->order_capacity, walk->block_count, sizeof *walk->order);
    walk->order = order;
    if (!grown) {
        walk->broken = true;
        return UINT32_MAX;
    }
    for (size_t i = walk->block_count; i > at; i--)
        walk->order[i] = walk->order[i - 1];
    walk->order[at] = (uint32_t)walk->block_count;
    walk->blocks[walk->block_count] = (block){.rva = rva, .end = rva};
    return (uint32_t)walk->block_count++;
}

/* Add the ops of one instruction. */
static bool add_ops(ps_walk *walk, const ps_op *made, unsigned count)
{
    walk->decoded++;
    for (unsigned i = 0; i < count; i++) {
        void *ops = walk->ops;

        if (!ps_grow(&ops, &walk->op_capacity, walk->op_count, sizeof *walk->ops)) {
            walk->broken = true;
            return false;
        }
        walk->ops = ops;
        walk->ops[walk->op_count++] = made[i];
    }
    return true;
}

static bool ends_block(const ps_op *op)
{
    return op->kind == PS_OP_JUMP || op->kind == PS_OP_BRANCH || op->kind == PS_OP_RETURN ||
           op->kind == PS_OP_STOP;
}

/* Where the block that begins at rva must end at the latest. */
static uint32_t next_begin(const ps_walk *walk, uint32_t rva)
{
    const size_t at = behind(walk, rva);

    return at < walk->block_count ? walk->blocks[walk->order[at]].rva : UINT32_MAX;
}

static void decode_block(ps_walk *walk, uint32_t number)
{
    block *b = &walk->blocks[number];
    const uint32_t limit = next_begin(walk, b->rva);
    uint32_t rva = b->rva;
    size_t left;
    const uint8_t *at = ps_image_at(walk->program->image, rva, &left);

    b->first = (uint32_t)walk->op_count;
    while (at != NULL && left > 0 && rva < limit) {
        ps_op ops[PS_OPS_LIMIT];
        const ps_op *last;
        unsigned count;

        if (!PS_WITHIN(walk->bounds, driver_function_instructions, walk->op_count) ||
            !PS_WITHIN(walk->bounds, driver_instructions, walk->decoded)) {
            walk->lost = true;
            break;
        }
        count = ps_code_decode(walk->program->decoder, at, left, rva, ops);
        if (count == 0 || !add_ops(walk, ops, count))
            break;
        last = &ops[count - 1];
        b->count += count;
        at += last->length;
        left -= last->length;
        rva += last->length;
        b->falls = last->kind == PS_OP_BRANCH;
        if (ends_block(last))
            break;
        if (rva >= walk->place.end && !is_inside(walk, rva))
            break;
        b->falls = rva == limit;
    }
    b->end = rva;
}

/* The part of block `number` from its instruction `at` on becomes a block of its own. */
static uint32_t split(ps_walk *walk, uint32_t number, uint32_t at)
{
    const uint32_t rva = walk->ops[walk->blocks[number].first + at].rva;
    const uint32_t made = add_block(walk, rva);
    block *head;
    block *tail;

    if (made == UINT32_MAX)
        return made;
    head = &walk->blocks[number];
    tail = &walk->blocks[made];
    tail->first = head->first + at;
    tail->count = head->count - at;
    tail->end = head->end;
    tail->falls = head->falls;
    head->count = at;
    head->end = rva;
    head->falls = true;
    head->pending = head->reached;
    return made;
}

/* The block that begins at rva, decoded if need be. */
static uint32_t block_at(ps_walk *walk, uint32_t rva)
{
    const size_t at = behind(walk, rva);
    uint32_t number;

    if (at > 0) {
        number = walk->order[at - 1];
        if (walk->blocks[number].rva == rva)
            return number;
        for (uint32_t i = 1; rva < walk->blocks[number].end && i < walk->blocks[number].count; i++)
            if (walk->ops[walk->blocks[number].first + i].rva == rva)
                return split(walk, number, i);
    }
    number = add_block(walk, rva);
    if (number != UINT32_MAX)
        decode_block(walk, number);
    return number;
}

static void reach(ps_walk *walk, uint32_t rva, const ps_frame *state)
{
    uint32_t number;
    block *b;

    if (walk->block_count >= BLOCKS_PER_FUNCTION) {
        walk->lost = true;
        return;
    }
    number = block_at(walk, rva);
    if (number == UINT32_MAX)
        return;
    b = &walk->blocks[number];
    if (!b->reached) {
        ps_frame_copy(&walk->states[number], state);
        b->reached = b->pending = true;
    } else if (ps_frame_join(&walk->states[number], state, rva, b->visits > VISITS_WITH_SETS)) {
        b->pending = true;
    }
}

/* How far a jump that goes by a table of narrow entries looks into it: as the comparison says that
 * guards it, at the end of the block before or in the same one. */
static uint32_t table_limit(const ps_walk *walk, uint32_t jump)
{
    enum { UNGUARDED = 32, LOOK_BACK = 24 };
    size_t at = behind(walk, jump);

    for (unsigned blocks = 0; at > 0 && blocks < 2; blocks++) {
        const block *b = &walk->blocks[walk->order[--at]];

        for (uint32_t i = 0; i < b->count && i < LOOK_BACK; i++) {
            const ps_op *op = &walk->ops[b->first + b->count - 1 - i];
            const bool subtracts = op->kind == PS_OP_COMPUTE && op->arithmetic == PS_A_SUB;
            const ps_operand *with = op->kind == PS_OP_NOTHING ? &op->b : &op->c;

            if ((op->kind == PS_OP_NOTHING || subtracts) && with->kind == PS_ARG_CONST &&
                op->a.reg != walk->program->machine->stack && blocks == 1)
                return with->value >= 0 && with->value < TABLE_LIMIT ? (uint32_t)with->value + 1
                                                                     : UNGUARDED;
        }
    }
    return UNGUARDED;
}

/* Targets of a jump through a table of offsets or addresses. */
static void reach_table(ps_walk *walk, const ps_value *table, unsigned size, uint32_t limit,
                        const ps_frame *state)
{
    const uint32_t start = (uint32_t)table->u.bits;
    const uint32_t base = (uint32_t)walk->program->image->base;
    const bool is_signed = (table->u.bits >> PS_ENTRY_SIGNED & 1) != 0;
    const unsigned shift = (unsigned)(table->u.bits >> PS_ENTRY_SHIFT);

    for (uint32_t i = 0; i < limit; i++) {
        const uint64_t sign = UINT64_C(1) << (size * 8 - 1);
        uint64_t entry;
        uint32_t target;

        if (!ps_image_uint(walk->program->image, start + i * size, size, &entry))
            return;
        if (is_signed)
            entry = (entry ^ sign) - sign;
        target = (uint32_t)(entry << shift) - base;
        if (table->count == 1)
            target += table->base;
        if (!is_inside(walk, target) || target % walk->program->machine->unit != 0)
            return;
        reach(walk, target, state);
    }
}

static unsigned entry_size(const ps_value *table)
{
    return (unsigned)(table->u.bits >> PS_ENTRY_SIZE & 0xff);
}

static void follow_jump(ps_walk *walk, const ps_op *op, const ps_frame *state)
{
    ps_value value;

    unsigned size = op->b.size;

    if (op->b.kind == PS_ARG_CODE) {
        if (is_inside(walk, (uint32_t)op->b.value))
            reach(walk, (uint32_t)op->b.value, state);
        return;
    }
    value = ps_step_read(walk->program, state, &op->b);
    if (op->b.kind == PS_ARG_REGISTER && value.count == 1)
        size = 4; /* an offset that was added to */
    if (value.kind == PS_V_TABLE && entry_size(&value) > 0)
        reach_table(walk, &value, entry_size(&value), table_limit(walk, op->rva), state);
    else if (value.kind == PS_V_TABLE)
        reach_table(walk, &value, size, TABLE_LIMIT, state);
}

/* The state behind one instruction. */
static void advance(const ps_walk *walk, ps_frame *state, const ps_op *op, const ps_op *after)
{
    ps_target target;

    if (op->kind != PS_OP_CALL) {
        ps_step(walk->program, state, op);
        return;
    }
    target = ps_step_target(walk->program, state, op);
    ps_step_call(walk->program, state, op, &target, after, walk->place.root);
}

static void run_block(ps_walk *walk, uint32_t number)
{
    block *b = &walk->blocks[number];
    ps_frame state;
    const ps_op *last;
    ps_op end;

    b->pending = false;
    b->visits++;
    walk->steps += b->count + STEPS_PER_BLOCK;
    ps_frame_copy(&state, &walk->states[number]);
    for (uint32_t i = 0; i < b->count; i++) {
        const ps_op *op = &walk->ops[b->first + i];

        advance(walk, &state, op, i + 1 < b->count ? op + 1 : NULL);
    }
    if (b->falls)
        reach(walk, b->end, &state);
    b = &walk->blocks[number]; /* reach may have moved or split it */
    last = b->count > 0 ? &walk->ops[b->first + b->count - 1] : NULL;
    if (last == NULL || (last->kind != PS_OP_JUMP && last->kind != PS_OP_BRANCH))
        return;
    end = *last;
    follow_jump(walk, &end, &state);
}

/* The steps are spent. */
static void run_out(ps_walk *walk)
{
    walk->lost = true;
    (void)ps_bounds_meet(walk->bounds, walk->steps > walk->bounds->of.driver_steps
                                           ? PS_LIMIT(driver_steps)
                                           : PS_LIMIT(driver_function_steps));
}

/* Run each block that is pending, in order; false if none is. */
static bool run_pending(ps_walk *walk)
{
    bool ran = false;

    walk->steps += walk->block_count / 16;
    for (size_t i = 0; i < walk->block_count && !walk->broken && !walk->lost;) {
        const uint32_t number = walk->order[i];
        const uint32_t rva = walk->blocks[number].rva;

        if (!walk->blocks[number].pending) {
            i++;
            continue;
        }
        if (walk->steps > walk->steps_left)
            run_out(walk);
        run_block(walk, number);
        ran = true;
        i = behind(walk, rva);
    }
    return ran;
}

/* Run blocks until nothing changes. */
static bool settle(ps_walk *walk, ps_error *err)
{
    while (run_pending(walk) && !walk->broken && !walk->lost)
        ;
    return !walk->broken || ps_fail_memory(err);
}

bool ps_walk_function(ps_walk *walk, const ps_function *place, ps_error *err)
{
    ps_frame entry;
    const uint64_t spent = walk->steps;

    walk->place = *place;
    walk->lost = false;
    walk->op_count = 0;
    walk->block_count = 0;
    walk->functions++;
    walk->steps_left = spent + walk->bounds->of.driver_function_steps;
    if (walk->steps_left > walk->bounds->of.driver_steps)
        walk->steps_left = walk->bounds->of.driver_steps;
    ps_frame_enter(&entry, walk->program->machine);
    reach(walk, place->root, &entry);
    if (!settle(walk, err))
        return false;
    walk->given_up += walk->lost;
    return true;
}

bool ps_walk_covers(const ps_walk *walk, uint32_t rva)
{
    const size_t at = behind(walk, rva);
    const block *b;

    if (at == 0)
        return false;
    b = &walk->blocks[walk->order[at - 1]];
    return b->reached && rva < b->end;
}

/* Only the frame is known: stack and frame pointer as they are in the block before. */
static void frame_only(ps_walk *walk, size_t at, ps_frame *state)
{
    const ps_machine *machine = walk->program->machine;
    const ps_frame *before;

    ps_frame_enter(state, machine);
    for (unsigned i = 0; i < machine->registers; i++)
        state->reg[i] = ps_unknown(PS_BY_NO_PATH);
    state->overfull = true;
    if (at == 0)
        return;
    before = &walk->states[walk->order[at - 1]];
    if (before->reg[machine->stack].kind == PS_V_STACK)
        state->reg[machine->stack] = before->reg[machine->stack];
    if (before->reg[machine->frame].kind == PS_V_STACK)
        state->reg[machine->frame] = before->reg[machine->frame];
}

bool ps_walk_seed(ps_walk *walk, uint32_t rva, bool *more, ps_error *err)
{
    const size_t at = behind(walk, rva);
    uint32_t from = walk->place.begin;
    size_t left;
    const uint8_t *bytes;
    ps_frame state;

    *more = false;
    if (at > 0)
        from = walk->blocks[walk->order[at - 1]].end;
    bytes = ps_image_at(walk->program->image, from, &left);
    while (bytes != NULL && left > 0 && from < rva && (*bytes == 0xcc || *bytes == 0x90)) {
        bytes++;
        left--;
        from++;
    }
    if (bytes == NULL || from >= rva)
        return true;
    frame_only(walk, at, &state);
    *more = true;
    reach(walk, from, &state);
    return settle(walk, err);
}

static ps_value callee_pointer(const ps_walk *walk, ps_frame *state, const ps_op *op)
{
    ps_value pointer = ps_frame_stack_pointer(state, op->rva);

    if (op->kind == PS_OP_CALL)
        pointer.u.bits -= walk->program->machine->return_size;
    return pointer;
}

static bool visit_op(const ps_walk *walk, ps_frame *state, const ps_op *op, ps_visit visit,
                     void *context)
{
    ps_call call = {.rva = op->rva, .tail = op->kind != PS_OP_CALL, .lost = walk->lost};

    if (op->kind != PS_OP_CALL && op->kind != PS_OP_JUMP && op->kind != PS_OP_BRANCH)
        return true;
    call.target = ps_step_target(walk->program, state, op);
    if (call.tail && call.target.import == PS_NO_IMPORT &&
        (op->b.kind != PS_ARG_CODE || is_inside(walk, call.target.rva)))
        return true;
    call.state = state;
    call.pointer = callee_pointer(walk, state, op);
    return visit(context, &call);
}

static bool leads_to(const ps_walk *walk, const block *from, uint32_t rva)
{
    const ps_op *last = from->count > 0 ? &walk->ops[from->first + from->count - 1] : NULL;

    if (!from->reached || last == NULL)
        return false;
    if (from->falls && from->end == rva)
        return true;
    return (last->kind == PS_OP_JUMP || last->kind == PS_OP_BRANCH) &&
           last->b.kind == PS_ARG_CODE && last->b.value == rva;
}

static void run_ops(const ps_walk *walk, ps_frame *state, const block *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const ps_op *op = &walk->ops[b->first + i];

        advance(walk, state, op, i + 1 < b->count ? op + 1 : NULL);
    }
}

/* A call through a register, at number `at` of a block in which paths come together: what it calls
 * may be known on each of them.  Visits it once for each. */
static bool visit_paths(ps_walk *walk, const block *b, uint32_t at, ps_visit visit, void *context)
{
    for (size_t i = 0; i < walk->block_count; i++) {
        const block *from = &walk->blocks[i];
        ps_frame state;

        walk->path_steps++;
        if (!leads_to(walk, from, b->rva) || walk->path_steps > PATH_STEPS_PER_FILE)
            continue;
        walk->path_steps += from->count + at;
        ps_frame_copy(&state, &walk->states[i]);
        run_ops(walk, &state, from, from->count);
        run_ops(walk, &state, b, at);
        if (!visit_op(walk, &state, &walk->ops[b->first + at], visit, context))
            return false;
    }
    return true;
}

/* Does a call go to what differs by path?  On ARM that may have been read by such an address. */
static bool is_open(const ps_frame *state, const ps_op *op)
{
    const ps_value *target;

    if ((op->kind != PS_OP_CALL && op->kind != PS_OP_JUMP) || op->b.kind != PS_ARG_REGISTER)
        return false;
    target = &state->reg[op->b.reg];
    return target->kind == PS_V_UNKNOWN &&
           (target->reason == PS_BY_PATH ||
            (target->reason == PS_BY_MEMORY && ps_machine_is_arm(state->machine)));
}

/* paths counts the calls that were looked at path by path. */
static bool visit_block(ps_walk *walk, uint32_t number, unsigned *paths, ps_visit visit,
                        void *context)
{
    const block *b = &walk->blocks[number];
    ps_frame state;
    bool done = true;

    ps_frame_copy(&state, &walk->states[number]);
    for (uint32_t i = 0; i < b->count && done; i++) {
        const ps_op *op = &walk->ops[b->first + i];

        if (is_open(&state, op) && (*paths)++ < PATHS_LIMIT &&
            walk->path_steps < PATH_STEPS_PER_FILE)
            done = visit_paths(walk, b, i, visit, context);
        else
            done = visit_op(walk, &state, op, visit, context);
        advance(walk, &state, op, i + 1 < b->count ? op + 1 : NULL);
    }
    return done;
}

bool ps_walk_calls(ps_walk *walk, ps_visit visit, void *context)
{
    unsigned paths = 0;

    for (size_t i = 0; i < walk->block_count; i++) {
        const uint32_t number = walk->order[i];

        if (walk->blocks[number].reached && !visit_block(walk, number, &paths, visit, context))
            return false;
    }
    return true;
}
