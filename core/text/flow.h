/* flow.h - tables whose lines are gone: one cell a line, or all rows in one line. */
#ifndef PS_TEXT_FLOW_H
#define PS_TEXT_FLOW_H

#include "text/dialect.h"

/* Does the span hold a table's header and a row behind it? */
bool ps_flow_is_flat(ps_span body);

extern const ps_dialect ps_flow;

#endif
