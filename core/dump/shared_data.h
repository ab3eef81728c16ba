/* shared_data.h - the page that the kernel shares with every program, at an address of its own. */
#ifndef PS_DUMP_SHARED_DATA_H
#define PS_DUMP_SHARED_DATA_H

#include "dump/kernel.h"

/* Does the space map it, and does it look like one as far as the dump has it? */
bool ps_shared_data_is_mapped(ps_space *space);

/* Fill the facts of an image without a header with what the kernel says of itself. */
void ps_kernel_facts(ps_kernel *kernel);

#endif
