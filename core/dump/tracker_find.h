/* tracker_find.h - where the tag tables of a kernel are. */
#ifndef PS_DUMP_TRACKER_FIND_H
#define PS_DUMP_TRACKER_FIND_H

#include "dump/tracker.h"

/* Fill in the tables; on false the error says why they are not known. */
bool ps_tracker_find(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);

/* Add the table of the tags that did not fit, where what lies near the tables' variable holds one and
 * no more; it is unknown otherwise.  The sums of the other tables are there. */
bool ps_tracker_find_expansion(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);

#endif
