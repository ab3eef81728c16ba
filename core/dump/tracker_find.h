/* tracker_find.h - where the tag tables of a kernel are. */
#ifndef PS_DUMP_TRACKER_FIND_H
#define PS_DUMP_TRACKER_FIND_H

#include "dump/tracker.h"

/* Where PoolTrackTable is: as the debugger data name it, or as the kernel's own data give it away; 0 if
 * neither does. */
uint64_t ps_tracker_variable(ps_kernel *kernel);
/* The tables' size, by what lies around their variable; 0 if nothing there is one. */
uint64_t ps_tracker_size_near(ps_kernel *kernel, uint64_t variable);
/* The array of the processors' tables, which begins with a table's address; 0 if there is none. */
uint64_t ps_tracker_array(ps_kernel *kernel, uint64_t variable, uint64_t table);

/* Fill in the tables; on false the error says why they are not known. */
bool ps_tracker_find(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);

/* Add the table of the tags that did not fit, where what lies near the tables' variable holds one and
 * no more; it is unknown otherwise.  The sums of the other tables are there. */
bool ps_tracker_find_expansion(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);

#endif
