/* walk.h - one function's control flow, with what registers and stack hold at each point. */
#ifndef PS_PE_WALK_H
#define PS_PE_WALK_H

#include "pe/step.h"

typedef struct ps_walk ps_walk;

/* A call, or a jump out of the function. */
typedef struct ps_call {
    uint32_t rva;
    bool tail; /* a jump: the callee returns to this function's caller */
    bool lost; /* the walk gave up on the function: what the state says is not to be trusted */
    ps_target target;
    const ps_frame *state;
    ps_value pointer; /* the stack pointer on entry of the callee */
} ps_call;

typedef bool (*ps_visit)(void *context, const ps_call *call);

ps_walk *ps_walk_new(const ps_program *program);
void ps_walk_free(ps_walk *walk);

/* Follow the function at place->root from its entry.  False only when memory is out. */
bool ps_walk_function(ps_walk *walk, const ps_function *place, ps_error *err);

/* Was the instruction at rva reached? */
bool ps_walk_covers(const ps_walk *walk, uint32_t rva);

/* Follow on from code before rva that no path has reached (exception handlers, jump tables), with
 * nothing known but the frame; *more tells whether that found anything new. */
bool ps_walk_seed(ps_walk *walk, uint32_t rva, bool *more, ps_error *err);

/* Visit every call that was reached, in the order of addresses.  False when visit says so. */
bool ps_walk_calls(ps_walk *walk, ps_visit visit, void *context);

/* Instructions decoded so far by this object; the work is bounded for a file. */
uint32_t ps_walk_instructions(const ps_walk *walk);
uint32_t ps_walk_functions(const ps_walk *walk);

/* Walks that were given up at a bound. */
uint32_t ps_walk_given_up(const ps_walk *walk);

#endif
