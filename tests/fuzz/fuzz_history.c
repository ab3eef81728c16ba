/* fuzz_history.c - any bytes as a reel of a history: as they are, and as what zstd packed. */
#include "store/reel.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 32, MOST_FRAMES = 64 };

static void look_at(const ps_reel *reel, const ps_frame *frame)
{
    ps_snapshot *snapshot;

    for (size_t i = 0; i < frame->rows && i < 16; i++)
        if (ps_reel_sample(reel, i).series >= ps_reel_series(reel))
            abort();
    if (!ps_reel_snapshot(reel, &snapshot, NULL))
        return;
    if (ps_snapshot_count(snapshot) != frame->rows)
        abort();
    ps_snapshot_close(snapshot);
}

static void read_reel(const uint8_t *data, size_t size)
{
    const ps_frame *frame;
    ps_snapshot *extra;
    ps_reel *reel;
    size_t frames = 0;
    bool sound;

    if (!ps_reel_open(&reel, data, size, NULL))
        return;
    while ((sound = ps_reel_next(reel, &frame, NULL)) && frame != NULL)
        if (frames++ < MOST_FRAMES)
            look_at(reel, frame);
    if (sound && ps_snapshot_new(&extra, "poolmon", NULL)) {
        uint8_t *again;
        size_t length;

        if (ps_reel_append(reel, 1, 1, extra, NULL) && ps_reel_seal(reel, 1, &again, &length, NULL))
            free(again);
        ps_snapshot_close(extra);
    }
    ps_reel_close(reel);
}

static size_t put(uint8_t *to, uint64_t value)
{
    size_t n = 0;

    while (value >= 0x80) {
        to[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[n++] = (uint8_t)value;
    return n;
}

/* The first byte says how many snapshots there are, the second how much of the rest is bits. */
static void wrap_reel(const uint8_t *data, size_t size)
{
    const size_t bits = (size - 2) * data[1] / 512, meta = size - 2 - bits;
    const size_t bound = ZSTD_compressBound(meta);
    uint8_t *made = malloc(HEAD + bound + bits);
    size_t length, at = 0;

    if (made == NULL)
        return;
    length = ZSTD_compress(made + HEAD, bound, data + 2, meta, 1);
    made[at++] = 1;
    at += put(made + at, data[0] % 40);
    at += put(made + at, meta);
    at += put(made + at, length);
    at += put(made + at, bits * 8);
    memmove(made + at, made + HEAD, length);
    memcpy(made + at + length, data + 2 + meta, bits);
    read_reel(made, at + length + bits);
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_reel(data, size);
    if (size > 2)
        wrap_reel(data, size);
    return 0;
}
