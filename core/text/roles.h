/* roles.h - what a column, a field or a key of a table of pool tags holds, by its heading. */
#ifndef PS_TEXT_ROLES_H
#define PS_TEXT_ROLES_H

#include "text/numbers.h"

typedef enum ps_role_kind {
    PS_ROLE_NONE,
    PS_ROLE_TAG,
    PS_ROLE_TAG_HEX,
    PS_ROLE_POOL, /* a word that names the pool of the row */
    PS_ROLE_SESSION,
    PS_ROLE_TIME,
    PS_ROLE_TIME_UTC,
    PS_ROLE_HOST,
    PS_ROLE_BINARY, /* the driver */
    PS_ROLE_NOTE,
    PS_ROLE_FLAGS,
    PS_ROLE_ADDRESS, /* of a block of pool */
    PS_ROLE_STATE,   /* of a block: allocated or free */
    PS_ROLE_NUMBER,
} ps_role_kind;

typedef enum ps_measure {
    PS_MEASURE_ALLOCS,
    PS_MEASURE_FREES,
    PS_MEASURE_DIFF,
    PS_MEASURE_BYTES,
    PS_MEASURE_PER_ALLOC,
    PS_MEASURE_DELTA_ALLOCS,
    PS_MEASURE_DELTA_FREES,
    PS_MEASURE_DELTA_DIFF,
    PS_MEASURE_DELTA_BYTES,
    PS_MEASURES,
} ps_measure;

/* Which pool a number is of. */
typedef enum ps_side {
    PS_SIDE_NONPAGED,
    PS_SIDE_PAGED,
    PS_SIDE_ROW,  /* the one that the row names */
    PS_SIDE_BOTH, /* the sum of both */
    PS_SIDES,
} ps_side;

typedef struct ps_role {
    ps_role_kind kind;
    ps_measure measure; /* of PS_ROLE_NUMBER, like the next two */
    ps_side side;
    int shift; /* of the unit in the heading: 0, 10, 20 or 30 */
} ps_role;

/* PS_ROLE_NONE for a heading that is not known. */
ps_role ps_role_of(ps_span heading);

/* Does "tag" stand anywhere in it?  Headings of a table of tags say so, most lines do not. */
bool ps_has_tag_word(ps_span span);

/* "Nonp", "Non-Paged", "NonPagedPoolNx", "Paged" and the like. */
bool ps_read_pool(ps_span word, ps_pool *pool);

#endif
