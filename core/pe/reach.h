/* reach.h - which functions something leads to. */
#ifndef PS_PE_REACH_H
#define PS_PE_REACH_H

#include "pe/program.h"

/* Mark the sites in functions that neither the entry point nor data nor code that these lead to
 * refers to.  x86 and x64.  False only when memory is out. */
bool ps_reach_mark(const ps_program *program, ps_error *err);

#endif
