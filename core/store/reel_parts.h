/* reel_parts.h - what the files of the reel share.
 *
 *   reel     version, snapshots, bytes of meta, of packed meta, bits (all varints but the first
 *             byte); packed meta (zstd); bits
 *   meta      a snapshot after the other:
 *               flags; strings that are new; id, time (differences)
 *               head    scope, origin, host           unless as before
 *               lines   first, last (differences)
 *               memory  mask, differences             unless none is known before and now
 *               order   count; runs of rows as before, and series or new keys that come in between;
 *                       unless as before
 *               place   line and offset of the first row (differences)
 *               fields  lists of (gap, difference): what a series has besides its three numbers
 *               moved   which rows' numbers differ: gaps between rows for which that changed
 *   bits      for each row that moved: allocs, diff and bytes, less what was expected, as Rice codes
 *
 * Differences are zigzag varints.  Unknown numbers are 0 here; `known` tells them apart.
 */
#ifndef PS_STORE_REEL_PARTS_H
#define PS_STORE_REEL_PARTS_H

#include "store/bits.h"
#include "store/reel.h"
#include "store/varint.h"

enum { REEL_VERSION = 1, SERIES_LIMIT = 1 << 19, STRING_LIMIT = 1 << 16 };

enum { FRAME_SAME_HEAD = 1, FRAME_SAME_ORDER = 2, FRAME_NO_MEMORY = 4, FRAME_FLAGS = 7 };

/* What a series has besides its three numbers; each is told where it changes. */
typedef enum reel_field {
    FIELD_LINE,      /* lines from the row before to this one */
    FIELD_LENGTH,    /* bytes from this row to the next */
    FIELD_KNOWN,     /* PS_KNOW_* */
    FIELD_FLAGS,     /* PS_ROW_* */
    FIELD_NOTE,      /* 0, or 1 + number of the string */
    FIELD_FREES,     /* frees beyond allocs - diff */
    FIELD_PER_ALLOC, /* per_alloc beyond bytes / diff */
    FIELD_DELTA_ALLOCS,
    FIELD_DELTA_FREES,
    FIELD_DELTA_BYTES,
    FIELDS,
} reel_field;

typedef enum reel_number { ALLOCS, IN_USE, BYTES, NUMBERS } reel_number;

typedef struct reel_series {
    uint64_t number[NUMBERS];
    uint64_t sum[NUMBERS]; /* of what was not expected: see bits.h */
    uint64_t quotient;     /* bytes / in use */
    uint64_t drift;        /* how allocs move */
    uint64_t field[FIELDS];
    ps_tag tag;
    uint32_t pool, next, seen; /* next in the order; the snapshot that has it */
    int32_t session;
    bool moved;
    uint8_t age; /* told so often: 0, 1, or more */
} reel_series;

/* Numbers by hash, open addressing; 0 is empty. */
typedef struct reel_places {
    uint32_t *at;
    size_t capacity; /* a power of two, or 0 */
} reel_places;

typedef struct reel_text {
    char *text;
    uint32_t length;
} reel_text;

struct ps_reel {
    reel_series *series;
    size_t series_count, series_capacity;
    uint32_t *order; /* rows of the snapshot at hand: numbers of series */
    size_t rows, order_capacity;
    reel_text *strings; /* each an allocation of its own */
    size_t string_count, string_capacity;
    reel_places series_places, string_places; /* for writing only */
    uint64_t fresh_sum[NUMBERS];
    ps_buffer meta;
    ps_bits bits;
    size_t frames, announced; /* read or written so far; in all */
    uint64_t all_rows;
    size_t meta_at;
    uint64_t bits_at, bits_total; /* while it is read */
    uint64_t line, offset;        /* of the first row */
    ps_frame frame;
    uint32_t names[2];   /* of origin and host: 0, or 1 + number of the string */
    size_t strings_told; /* so many have been written */
};

/* Make room for so much more than there is; false when memory is out. */
bool reel_reserve_bits(ps_bits *b, size_t size);
bool reel_reserve_series(ps_reel *reel, size_t count);
bool reel_reserve_order(ps_reel *reel, size_t count);

static inline uint64_t reel_quotient(const reel_series *s)
{
    const int64_t in_use = (int64_t)s->number[IN_USE], held = (int64_t)s->number[BYTES];

    return in_use > 0 && held > 0 ? (uint64_t)held / (uint64_t)in_use : 0;
}

/* The number that is expected, from those that are told before it. */
static inline uint64_t reel_expected(const reel_series *s, reel_number n,
                                     const uint64_t told[NUMBERS])
{
    if (n == ALLOCS)
        return s->number[ALLOCS] + s->drift;
    if (n == IN_USE)
        return s->number[IN_USE];
    return s->number[BYTES] + (told[IN_USE] - s->number[IN_USE]) * s->quotient;
}

/* Take over the numbers that were told. */
static inline void reel_move(reel_series *s, const uint64_t told[NUMBERS])
{
    const uint64_t step = told[ALLOCS] - s->number[ALLOCS];

    if (s->age == 1)
        s->drift = step;
    else if (s->age > 1)
        s->drift += (uint64_t)((int64_t)(step - s->drift) / 8);
    s->age = s->age == 0 ? 1 : 2;
    for (int n = 0; n < NUMBERS; n++)
        s->number[n] = told[n];
    s->quotient = reel_quotient(s);
}

/* A series at the end of the list, as like to another as can be guessed; there must be room. */
reel_series *reel_add_series(ps_reel *reel, const reel_series *like);

/* Let each series of the order know the next; the first, or UINT32_MAX where there is none. */
uint32_t reel_link_order(ps_reel *reel);

/* A copy of a string at the end of the list; there must be room in the list. */
bool reel_add_string(ps_reel *reel, const char *data, size_t length, ps_error *err);

#endif
