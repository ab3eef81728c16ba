/* trend_speed.c - 30 days of 2,500 tags every 5 minutes, fed to a trend one snapshot at a time. */
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TAGS = 2500, SNAPSHOTS = 8640, STEP_S = 300 };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A third of the tags never changes, a third churns, a third wanders. */
static ps_snapshot *make_snapshot(size_t number, uint64_t *state, int64_t *held)
{
    ps_snapshot *snapshot = NULL;

    if (!ps_snapshot_new(&snapshot, "bench", NULL))
        exit(1);
    ps_snapshot_set_scope(snapshot, PS_SCOPE_WHOLE);
    for (uint32_t tag = 0; tag < TAGS; tag++) {
        ps_row row = {.tag = 0x41414141 + tag,
                      .pool = tag & 1,
                      .session = PS_NO_SESSION,
                      .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES};
        if (tag % 3 == 1)
            held[tag] = 1000 + (int64_t)(next_random(state) % 100);
        else if (tag % 3 == 2)
            held[tag] += (int64_t)(next_random(state) % 3) - 1;
        row.allocs = 1000 + number * 10 + (uint64_t)held[tag];
        row.frees = 1000 + number * 10;
        row.diff = held[tag];
        row.bytes = held[tag] * 256;
        if (!ps_snapshot_add(snapshot, &row, NULL))
            exit(1);
    }
    return snapshot;
}

int main(void)
{
    static int64_t times[SNAPSHOTS], held[TAGS];
    uint64_t state = 1;
    double fed = 0, begin;
    ps_trend *trend = NULL;

    for (size_t i = 0; i < SNAPSHOTS; i++)
        times[i] = (int64_t)i * STEP_S;
    for (size_t i = 0; i < TAGS; i++)
        held[i] = 1000;
    if (!ps_trend_begin(&trend, times, SNAPSHOTS, NULL))
        return 1;
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        ps_snapshot *snapshot = make_snapshot(i, &state, held);
        begin = seconds();
        if (!ps_trend_feed(trend, snapshot, NULL))
            return 1;
        fed += seconds() - begin;
        ps_snapshot_close(snapshot);
    }
    begin = seconds();
    if (!ps_trend_finish(trend, NULL))
        return 1;
    printf("trend of %d snapshots x %d tags: fed in %.3f s (%.1f ns a row), measured in %.3f s\n",
           SNAPSHOTS, TAGS, fed, fed * 1e9 / SNAPSHOTS / TAGS, seconds() - begin);
    ps_trend_close(trend);
    return 0;
}
