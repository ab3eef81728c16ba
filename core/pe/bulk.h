/* bulk.h - memory that is filled or copied many bytes at a time. */
#ifndef PS_PE_BULK_H
#define PS_PE_BULK_H

#include "pe/step.h"

/* A move to, from or between vector registers, and what clears one. */
void ps_bulk_vector(const ps_program *program, ps_frame *state, const ps_op *op);

/* Forget the vector registers among the clobbers. */
void ps_bulk_clobber(ps_frame *state, uint64_t clobbers);

/* A string instruction. */
void ps_bulk_string(const ps_program *program, ps_frame *state, const ps_op *op);

/* A call of memset or memcpy, by import or in the image: read before the call, written when it has
 * come back. */
typedef struct ps_bulk_call {
    bool fills, copies;
    ps_value to, from;
    uint32_t size;
} ps_bulk_call;

ps_bulk_call ps_bulk_of_call(const ps_program *program, ps_frame *state, const ps_op *op,
                             const ps_target *target);
void ps_bulk_apply(const ps_program *program, ps_frame *state, const ps_bulk_call *call);

#endif
