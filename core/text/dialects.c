/* dialects.c - the list of dialects that are read by a detector and a row function. */
#include "text/dialect.h"

const ps_dialect *const ps_dialects[] = {
    &ps_blocks_dialect,
    &ps_verifier_dialect,
    &ps_tagcsv_dialect,
    NULL,
};
