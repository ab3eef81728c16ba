/* machine.h - how the code of each machine passes arguments and keeps its stack. */
#ifndef PS_PE_MACHINE_H
#define PS_PE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { PS_ARGUMENT_REGISTERS = 8 };

typedef struct ps_machine {
    uint16_t id;       /* PS_MACHINE_* */
    uint8_t width;     /* bytes of a pointer */
    uint8_t unit;      /* bytes that instructions are aligned to */
    uint8_t registers; /* that the walk follows */
    uint8_t stack, frame, result;
    uint8_t argument_count; /* of arguments in registers */
    uint8_t arguments[PS_ARGUMENT_REGISTERS];
    uint8_t homeless;    /* arguments that have no place on the stack */
    uint8_t return_size; /* bytes that a call pushes */
    uint64_t parameters; /* a bit for each register that may hold an argument */
    uint64_t volatiles;  /* a bit for each register that a call does not preserve */
} ps_machine;

/* The machine with that number in a file's header, or NULL. */
const ps_machine *ps_machine_find(uint16_t id);

/* Where argument i stands on entry of a function, as value.h names locations; and back.  A 64-bit
 * argument of a 32-bit machine counts as two. */
uint32_t ps_machine_location(const ps_machine *machine, unsigned i);
uint8_t ps_machine_argument(const ps_machine *machine, uint32_t location);

/* Does the machine have fixed-width or Thumb code rather than x86's? */
static inline bool ps_machine_is_arm(const ps_machine *machine)
{
    return machine->return_size == 0;
}

#endif
