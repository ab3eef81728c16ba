/* trend.h - the inside of a trend: what each tag did so far.
 *
 * Snapshots come one by one and may be gone afterwards.  Each tag keeps sums, its newest row and a
 * column of at most THIN_TO values, evenly spread over the series, for slopes and tests.
 */
#ifndef PS_POOL_TREND_H
#define PS_POOL_TREND_H

#include "base/arena.h"
#include "poolsleuth.h"

enum { PS_THIN_TO = 192 };

/* Sums over the snapshots so far.  They are touched once a row: no larger than need be. */
typedef struct ps_moved {
    uint32_t points, intervals, rises, falls;
    int64_t first, least, most, last, growth, diff_growth; /* bytes, but for the last */
    uint64_t allocs, frees;
    bool has_diff_growth, has_freed, wrapped;
} ps_moved;

typedef struct ps_followed {
    uint64_t key;      /* session, pool, tag without bit 31 */
    const ps_row *now; /* in the snapshot at hand; NULL where absent */
    uint32_t met;      /* number of the newest snapshot that has it, from 1; 0 if none */
    uint32_t previous; /* snapshot of the newest known bytes, from 1; 0 if none */
    bool has_diff;     /* there */
    int64_t diff;
    ps_moved moved;
    ps_row last; /* the newest row */
} ps_followed;

struct ps_trend {
    size_t count, fed;   /* snapshots announced, and fed */
    double *clock;       /* hours since the first snapshot; NULL without times */
    uint32_t *runs;      /* of the machine, one a snapshot */
    uint32_t *thin_runs; /* likewise, one a value of a column */
    size_t thinned;      /* values of a column */
    size_t next_thin;    /* the value that comes next */
    uint64_t uptime_s;
    bool has_uptime;
    ps_arena notes;
    ps_followed absent; /* what is known of a tag that no snapshot has had */
    double *absent_column;
    ps_followed *followed;
    double *columns; /* of each tag: bytes, then allocations in use; NAN where unknown */
    size_t followed_count, followed_capacity, column_capacity;
    uint32_t *order; /* place in followed of each row of the snapshot before */
    size_t order_count, order_capacity;
    uint32_t *slots; /* hash table: place in followed + 1, 0 where free */
    size_t slot_count;
    bool failed;        /* a snapshot was not taken, or in part */
    ps_trend_row *rows; /* sorted, once finished */
    uint32_t *places;   /* of each row in followed */
    size_t row_count;
    ps_thresholds thresholds;
    size_t tested; /* tags that moved over enough points */
    double limit;  /* the largest p that stands among them */
};

/* False with err where a snapshot failed, or the trend is finished. */
bool ps_trend_may_go_on(const ps_trend *trend, ps_error *err);

/* Snapshot that value k of a column is from. */
size_t ps_trend_thin_index(const ps_trend *trend, size_t k);

/* Bytes of a tag, thinned; allocations in use follow behind `thinned` of them. */
const double *ps_trend_column(const ps_trend *trend, size_t place);

#endif
