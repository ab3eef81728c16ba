/* totals.h - totals of memory from the kernel's variables. */
#ifndef PS_DUMP_TOTALS_H
#define PS_DUMP_TOTALS_H

#include "dump/kernel.h"

/* Set what is known: by the debugger data, else by the kernel's state where the PDB tells its
 * layout. */
void ps_totals_read(ps_kernel *kernel, ps_snapshot *snapshot);

#endif
