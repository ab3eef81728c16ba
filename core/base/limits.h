/* limits.h - the bounds of a reader: their defaults stand in limits.c and nowhere else. */
#ifndef PS_BASE_LIMITS_H
#define PS_BASE_LIMITS_H

#include "poolsleuth.h"

/* What arrays have room for: no limit is larger. */
enum {
    PS_MOST_SIGNATURES = 16,
    PS_MOST_ROW_BYTES = 4096,
    PS_MOST_COUNTER_HOSTS = 16,
    PS_LEAST_LINE_BYTES = 16
};

/* The number of a limit, by its field. */
#define PS_LIMIT(field)                                                                            \
    ((unsigned)((offsetof(ps_limits, field) - offsetof(ps_limits, input_bytes)) / sizeof(uint64_t)))

/* Limits without zeros, and which of them were met. */
typedef struct ps_bounds {
    ps_limits of;
    uint64_t met; /* bit PS_LIMIT of the field */
} ps_bounds;

/* Bounds as they were asked for (NULL: the defaults), none met.  False where they cannot be: the caller
 * knows limits that this library does not, or one is out of its range. */
bool ps_bounds_open(ps_bounds *bounds, const ps_limits *asked, ps_error *err);

/* A limit was met: false. */
bool ps_bounds_meet(ps_bounds *bounds, unsigned limit);

static inline bool ps_bounds_met(const ps_bounds *bounds, unsigned limit)
{
    return (bounds->met >> limit & 1U) != 0;
}

/* Is there room for one more than count?  Where there is none, that is remembered. */
#define PS_WITHIN(bounds, field, count)                                                            \
    ((count) < (bounds)->of.field || ps_bounds_meet(bounds, PS_LIMIT(field)))

/* "more than 512 sections: the rest is left out (limit driver_sections)" */
typedef struct ps_limit_text {
    char text[160];
} ps_limit_text;
ps_limit_text ps_bounds_text(const ps_bounds *bounds, unsigned limit);

/* Fail with PS_ELIMIT and that text. */
bool ps_bounds_fail(const ps_bounds *bounds, unsigned limit, uint64_t offset, ps_error *err);

/* The name of a limit, NULL behind the last; and its value. */
const char *ps_limit_name(unsigned limit);
uint64_t *ps_limit_value(ps_limits *of, unsigned limit);

#endif
