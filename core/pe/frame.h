/* frame.h - registers and stack slots at one point of a function. */
#ifndef PS_PE_FRAME_H
#define PS_PE_FRAME_H

#include "pe/code.h"
#include "pe/machine.h"
#include "pe/value.h"

enum { PS_SLOT_LIMIT = 48 };

/* size bytes of stack at offset from a base.  Base 0 is the stack pointer on entry, which points
 * at the return address where calls push one; others begin where the stack pointer became uncertain. */
typedef struct ps_slot {
    uint32_t base;
    int32_t offset;
    int32_t size; /* up to what an instruction stores: XSAVE's area has thousands */
    ps_value value;
} ps_slot;

typedef struct ps_frame {
    const ps_machine *machine;
    uint16_t count;
    bool overfull; /* a slot above the entry was not kept: parameters on the stack are unknown */
    ps_slot slots[PS_SLOT_LIMIT];
    ps_value reg[PS_REG_COUNT];
} ps_frame;

/* Every register and stack parameter holds what it held on entry. */
void ps_frame_enter(ps_frame *state, const ps_machine *machine);

void ps_frame_copy(ps_frame *to, const ps_frame *from);

/* Merge another way of getting to the code at rva; true if that changed anything. */
bool ps_frame_join(ps_frame *into, const ps_frame *from, uint32_t rva, bool few);

/* The stack pointer's value; where it is unknown a new base is begun, named for rva. */
ps_value ps_frame_stack_pointer(ps_frame *state, uint32_t rva);

ps_value ps_frame_load(const ps_frame *state, const ps_value *address, unsigned size);
void ps_frame_store(ps_frame *state, const ps_value *address, unsigned size, const ps_value *value);

/* Forget size bytes; 0 for everything from there up to the function's entry. */
void ps_frame_forget(ps_frame *state, const ps_value *address, unsigned size);

/* Something unknown is written to some element of the array that begins at the address: forget what is
 * known from there on without a gap. */
void ps_frame_forget_array(ps_frame *state, const ps_value *address);

/* Forget what lies below the stack pointer. */
void ps_frame_drop_below(ps_frame *state, const ps_value *pointer);

/* What the location of a parameter (see value.h) holds; pointer is what the stack pointer will be
 * on entry of the callee. */
ps_value ps_frame_parameter(const ps_frame *state, uint32_t location, const ps_value *pointer);

#endif
