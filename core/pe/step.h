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

/* Bases of slots that are no stack: vector registers, and memory of the image at an RVA that the
 * function has written. */
#define PS_BASE_VECTORS UINT32_C(0xfffffffe)
#define PS_BASE_IMAGE UINT32_C(0xffffffff)

/* The address that a memory operand names. */
ps_value ps_step_address(const ps_program *program, const ps_frame *state, const ps_operand *from);

/* An address of the stack or of the image, moved. */
ps_value ps_step_moved(const ps_value *address, int64_t by);

/* Memory at an address: stack, or image. */
ps_value ps_step_load(const ps_program *program, const ps_frame *state, const ps_value *address,
                      unsigned size);
void ps_step_store(const ps_program *program, ps_frame *state, const ps_value *address,
                   unsigned size, const ps_value *value);
void ps_step_write(const ps_program *program, ps_frame *state, const ps_operand *to,
                   const ps_value *value);

/* The RVA of an address in the image; false if it is none. */
bool ps_step_rva(const ps_program *program, uint64_t va, uint32_t *rva);

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
