/* when.h - points in time as logs print them. */
#ifndef PS_TEXT_WHEN_H
#define PS_TEXT_WHEN_H

#include "text/numbers.h"

/* The whole span as date and time, in a form that can mean one moment only: 2026-11-01 00:05:00,
 * Sun Nov  1 00:05:00.123 2026 (UTC + 1:00), Wed 11/25/2026 0:05:00.  Seconds since 1970; a time of
 * unknown zone as if it were UTC. */
bool ps_read_time(ps_span span, int64_t *seconds);

/* A date and time whose day and month may stand in either order: 05/04/2025 is in May for some and
 * in April for others.  Where the form leaves no choice, both are the same. */
typedef struct ps_when {
    bool month_first_fits, day_first_fits; /* one of them at least */
    int64_t month_first, day_first;
} ps_when;

bool ps_read_when(ps_span span, ps_when *when);

/* The whole span as a time of day, "8:05", "08:05:00.12", "08:05 AM", in seconds. */
bool ps_read_clock(ps_span span, int64_t *seconds);

/* "2 days 1:02:03.456" in seconds. */
bool ps_read_uptime(ps_span span, uint64_t *seconds);

#endif
