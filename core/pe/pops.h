/* pops.h - how many bytes of arguments an x86 function takes off the stack when it returns. */
#ifndef PS_PE_POPS_H
#define PS_PE_POPS_H

#include "pe/program.h"

/* Sorted by name. */
typedef struct ps_pops_row {
    const char *name;
    uint8_t bytes;
} ps_pops_row;
extern const ps_pops_row ps_pops_rows[];
extern const size_t ps_pops_row_count;

/* Of an import; -1 if it is not known. */
int ps_pops_of_import(const ps_import *import);

/* Of code in the image, by its return instruction; -1 if none is found. */
int ps_pops_of_code(const ps_program *program, uint32_t rva);

/* Does the code build its caller's frame (exception registration helpers do)? */
bool ps_pops_frame(const ps_program *program, uint32_t rva);

#endif
