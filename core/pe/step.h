/* step.h - what one instruction does to a state. */
#ifndef PS_PE_STEP_H
#define PS_PE_STEP_H

#include "pe/frame.h"
#include "pe/program.h"

/* What a call or jump goes to: an import, or code at an RVA (0 if that is unknown). */
typedef struct ps_target {
    uint32_t import; /* PS_NO_IMPORT if it is none */
    uint32_t rva;
    bool checks; /* code that checks the target of the next call, and keeps its arguments */
} ps_target;

/* Everything but control flow. */
void ps_step(const ps_program *program, ps_frame *state, const ps_op *op);

/* The value of an operand. */
ps_value ps_step_read(const ps_program *program, const ps_frame *state, const ps_operand *from);

/* Where a call or jump goes. */
ps_target ps_step_target(const ps_program *program, const ps_frame *state, const ps_op *op);

/* What a call that comes back leaves behind.  after is the instruction behind the call, or NULL;
 * entry is where the function that calls begins. */
void ps_step_call(const ps_program *program, ps_frame *state, const ps_op *op,
                  const ps_target *target, const ps_op *after, uint32_t entry);

#endif
