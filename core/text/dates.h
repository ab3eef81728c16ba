/* dates.h - points in time of a list, whose day and month may stand in either order. */
#ifndef PS_TEXT_DATES_H
#define PS_TEXT_DATES_H

#include "text/items.h"

/* What the dates of one list have shown so far.  All zero before the first. */
typedef struct ps_dates {
    bool month_only, day_only; /* one was a date in this order alone */
    bool unsure;               /* one could be read in both */
    unsigned turns[2];         /* how often the time went the other way, read in either order */
    int course[2];             /* 1: later, -1: earlier, as it went last */
    int64_t last[2];
    bool any;
} ps_dates;

/* The moment in the span, also with the time of day before the date; zoned says whether it names
 * its zone.  Where both orders fit it is read with the month first, until ps_dates_settle. */
bool ps_dates_read(ps_dates *dates, ps_span span, int64_t *time, bool *zoned);

/* The order that all dates of the list have: moments of the items from first on, which lie at
 * offset in their struct, are set right, or forgotten with a remark where nothing tells. */
void ps_dates_settle(const ps_dates *dates, ps_reading *reading, ps_item_kind kind, size_t first,
                     size_t offset);

#endif
