/* reel.h - snapshots of one machine in a row as one compressed run of bytes.
 *
 * A reel is written and read from front to back: each snapshot is told by what differs from the one
 * before it.  The first is told whole, so that a reel needs no other. */
#ifndef PS_STORE_REEL_H
#define PS_STORE_REEL_H

#include "base/error.h"

typedef struct ps_reel ps_reel;

/* One snapshot of a reel; valid until the reel moves on. */
typedef struct ps_frame {
    int64_t id, time;
    const char *origin, *host; /* host is NULL where the snapshot names none */
    ps_scope scope;
    uint32_t first_line, last_line, memory_known;
    uint64_t memory[PS_MEM_FIELDS];
    size_t rows;
} ps_frame;

/* The numbers of a row that statistics are made of. */
typedef struct ps_sample {
    ps_tag tag;
    uint8_t pool, known; /* PS_KNOW_* */
    bool changed;        /* since the snapshot before, in the same reel */
    int32_t session;
    size_t series; /* counts the keys of the reel from 0 */
    uint64_t allocs, frees;
    int64_t diff, bytes;
} ps_sample;

enum {
    PS_REEL_ROWS = 1 << 18,     /* of one snapshot at most */
    PS_REEL_ALL_ROWS = 1 << 22, /* of all snapshots, before another is refused */
    PS_REEL_FRAMES = 1024,
    PS_REEL_BYTES = 64 << 20,
};

/* An empty reel, to be written. */
bool ps_reel_new(ps_reel **out, ps_error *err);
/* A reel as ps_reel_seal gave it, at its beginning; the bytes are copied. */
bool ps_reel_open(ps_reel **out, const void *data, size_t size, ps_error *err);
void ps_reel_close(ps_reel *reel);

/* Move on to the next snapshot; *frame is NULL where there is none left. */
bool ps_reel_next(ps_reel *reel, const ps_frame **frame, ps_error *err);
/* Rows of the snapshot at hand, by position. */
ps_sample ps_reel_sample(const ps_reel *reel, size_t index);
/* Series that the reel has named so far. */
size_t ps_reel_series(const ps_reel *reel);
/* The snapshot at hand as it was recorded. */
bool ps_reel_snapshot(const ps_reel *reel, ps_snapshot **out, ps_error *err);

/* Write one more, behind the last; a reel that was opened must be read to its end first.  A reel
 * that refused one for want of memory is as it was. */
bool ps_reel_append(ps_reel *reel, int64_t id, int64_t time, const ps_snapshot *snapshot,
                    ps_error *err);
/* Was the machine started anew between the last snapshot and this one?  False for an empty reel. */
bool ps_reel_reboot(ps_reel *reel, const ps_snapshot *snapshot, bool *reboot, ps_error *err);
/* Would a snapshot of so many rows fit? */
bool ps_reel_fits(const ps_reel *reel, size_t rows);
size_t ps_reel_frames(const ps_reel *reel);
/* The reel as bytes that the caller frees; level is one of zstd. */
bool ps_reel_seal(const ps_reel *reel, int level, uint8_t **data, size_t *size, ps_error *err);

#endif
