/* rollup.h - what each tag did over a time: ends, extremes and the slope of its bytes. */
#ifndef PS_STORE_ROLLUP_H
#define PS_STORE_ROLLUP_H

#include "store/history.h"
#include "store/varint.h"

typedef struct rollup_sums {
    double n, t, v, tt, tv; /* of one run of the machine; values less the first of the run */
    double base;
} rollup_sums;

typedef struct rollup_row {
    ps_history_day it;
    rollup_sums run;
    double sxx, sxy; /* of the runs before, each about its own means */
    uint32_t seen;   /* the snapshot that had it last */
} rollup_row;

/* Zero-initialise before use. */
typedef struct rollup {
    rollup_row *rows;
    size_t count, capacity;
    uint32_t *places; /* rows by hash, +1 */
    size_t place_capacity;
    const ps_reel *reel; /* that `series` is of */
    uint32_t *series;    /* rows by series of the reel, +1 */
    size_t series_capacity;
    uint32_t frames;
    int64_t start; /* time 0 */
} rollup;

/* Take in every row of a snapshot; reboot: it begins a run of the machine. */
bool rollup_add(rollup *r, const ps_reel *reel, const ps_frame *frame, bool reboot, ps_error *err);
/* No more come: rows are in order of tag, pool and session, and have their slopes. */
void rollup_finish(rollup *r);
void rollup_free(rollup *r);

/* Rows as packed bytes, and back. */
bool rollup_pack(const rollup *r, ps_buffer *out, ps_error *err);
bool rollup_unpack(rollup *r, const void *data, size_t size, ps_error *err);

#endif
