/* reel_sample.c - see reel_sample.h. */
#include "support/reel_sample.h"

#include "poolsleuth.h"
#include "store/reel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void add_snapshot(ps_reel *reel, unsigned n, unsigned tags)
{
    ps_snapshot *snapshot;

    assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
    for (unsigned i = 0; i < tags; i++) {
        const ps_row row = {.tag = 0x61616141 + i,
                            .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_BYTES,
                            .session = PS_NO_SESSION,
                            .allocs = 100 + (uint64_t)n * i,
                            .frees = 10,
                            .bytes = 4096 + (int64_t)n * 100 * i};
        assert_true(ps_snapshot_add(snapshot, &row, NULL));
    }
    assert_true(ps_reel_append(reel, n + 1, 1790000000 + (int64_t)n * 600, snapshot, NULL));
    ps_snapshot_close(snapshot);
}

uint8_t *reel_sample(unsigned snapshots, unsigned tags, size_t *size)
{
    ps_reel *reel;
    uint8_t *bytes;

    assert_true(ps_reel_new(&reel, NULL));
    for (unsigned n = 0; n < snapshots; n++)
        add_snapshot(reel, n, tags);
    assert_true(ps_reel_seal(reel, 3, &bytes, size, NULL));
    ps_reel_close(reel);
    return bytes;
}
