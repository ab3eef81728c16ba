/* offsets.h - where a field of a kernel structure is, and where the kernel's variables are: by its
 * PDB, else by what is known of its build. */
#ifndef PS_DUMP_OFFSETS_H
#define PS_DUMP_OFFSETS_H

#include "dump/kernel.h"

/* The offset of a field; false where neither the PDB nor the built-in table knows it. */
bool ps_offset(const ps_kernel *kernel, const char *structure, const char *field, uint64_t *offset);

/* One of several fields that are asked for together. */
typedef struct ps_offset_want {
    const char *field;
    uint64_t *offset;
    bool optional; /* its offset is PS_OFFSET_UNKNOWN where it is not known */
} ps_offset_want;

#define PS_OFFSET_UNKNOWN UINT64_MAX

/* All of them, or an error that says which symbols are needed. */
bool ps_offsets(const ps_kernel *kernel, const char *structure, const ps_offset_want *wants,
                size_t count, ps_error *err);

/* The build whose built-in offsets stand in for the kernel's: its own or the nearest older one that
 * is known; 0 where a PDB is there or nothing is known. */
uint32_t ps_offsets_build(const ps_kernel *kernel);

/* The kernel's PDB as a remark names it, with a comma before it: its name, GUID and age; empty where the
 * dump does not say. */
typedef struct ps_wanted_text {
    char text[80];
} ps_wanted_text;
ps_wanted_text ps_wanted_pdb(const ps_kernel *kernel);

/* Say that `what` is not known without the kernel's PDB, and which that is. */
bool ps_symbols_needed(const ps_kernel *kernel, const char *what, ps_error *err);

/* False where a dump is of a kind that holds none of the kernel's variables. */
bool ps_holds_variables(const ps_kernel *kernel, ps_error *err);
/* The address of a variable by symbol, else by the debugger data's field (0: it has none). */
bool ps_variable(ps_kernel *kernel, const char *name, size_t kdbg_field, uint64_t *address,
                 ps_error *err);
/* size bytes at an address; 0 stands for a pointer.  The error names `what` and why not. */
bool ps_fetch(ps_space *space, uint64_t address, size_t size, const char *what, uint64_t *value,
              ps_error *err);
/* Both at once. */
bool ps_variable_value(ps_kernel *kernel, const char *name, size_t size, uint64_t *value,
                       ps_error *err);

/* Addresses of the upper half are the kernel's. */
bool ps_is_kernel_address(const ps_space *space, uint64_t address);

#endif
