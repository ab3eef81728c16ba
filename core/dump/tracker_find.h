/* tracker_find.h - where the tag tables of a kernel are. */
#ifndef PS_DUMP_TRACKER_FIND_H
#define PS_DUMP_TRACKER_FIND_H

#include "dump/tracker.h"

/* Fill in the tables; on false the error says why they are not known. */
bool ps_tracker_find(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);

#endif
