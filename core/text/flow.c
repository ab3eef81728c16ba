/* flow.c - tables whose lines are gone: one cell a line, or all rows in one line. */
#include "text/flow.h"

bool ps_flow_is_flat(ps_span body) { return body.at == NULL; }
