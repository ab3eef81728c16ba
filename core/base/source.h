/* source.h - what the core asks of a source beyond the public header. */
#ifndef PS_BASE_SOURCE_H
#define PS_BASE_SOURCE_H

#include "poolsleuth.h"

/* Has the system refused a read since the source was opened? */
bool ps_source_has_failed(const ps_source *source);

#endif
