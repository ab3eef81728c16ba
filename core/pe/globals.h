/* globals.h - what a variable of the image can hold, where all that writes to it is in sight. */
#ifndef PS_PE_GLOBALS_H
#define PS_PE_GLOBALS_H

#include "pe/program.h"
#include "pe/value.h"

enum { PS_GLOBALS_CACHED = 16 };

typedef struct ps_globals {
    unsigned count;
    struct {
        uint32_t rva;
        ps_value value;
    } known[PS_GLOBALS_CACHED];
} ps_globals;

/* The numbers of four bytes that the variable at rva can hold; unknown if some code does with it
 * what is not understood.  A file has answers for PS_GLOBALS_CACHED variables. */
ps_value ps_globals_value(ps_globals *globals, const ps_program *program, uint32_t rva);

#endif
