/* sweep.h - all physical memory of a container, page by page, holes of the file left out. */
#ifndef PS_DUMP_SWEEP_H
#define PS_DUMP_SWEEP_H

#include "dump/container.h"

/* Sees one page; false ends the sweep. */
typedef bool (*ps_sweep_visit)(void *context, uint64_t address, const uint8_t *page);

/* Show every page that lies whole in the file, in the order of addresses.  False when the file
 * cannot be read, memory is out or the caller's progress cancels. */
bool ps_sweep(ps_container_file *file, ps_sweep_visit visit, void *context, ps_error *err);

#endif
