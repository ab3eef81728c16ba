/* verdict_family.c - 2,500 tags at once: how many of them are accused by chance, with and without the
 * correction for their number, and what that costs a true leak among them.
 *
 * Usage: verdict_family [SERIES].
 */
#include "models.h"
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>

enum { TAGS = 2500, HOUR_S = 3600 };

typedef struct crowd {
    const char *name;
    model *tags;
    double noise;
    model *leak; /* the first tag, or NULL */
    double leak_noise;
} crowd;

static const crowd crowds[] = {
    {"white noise of 1 %", model_white, 1, NULL, 0},
    {"white noise of 10 %", model_white, 10, NULL, 0},
    {"AR(.5) of 1 %", model_ar5, 1, NULL, 0},
    {"AR(.5) of 10 %", model_ar5, 10, NULL, 0},
    {"AR(.9) of 1 %", model_ar9, 1, NULL, 0},
    {"10 % leak in AR(.5) of 1 %", model_ar5, 1, model_leak, 1},
    {"3 % leak in AR(.5) of 1 %", model_ar5, 1, model_small_leak, 0.6},
    {"3 % leak with 2 % noise", model_ar5, 1, model_small_leak, 2},
};

enum { CROWDS = sizeof crowds / sizeof *crowds };

static double bytes[TAGS][MODEL_POINTS];

static void fill(const crowd *kind, size_t run)
{
    draws d = {.state = UINT64_C(0xfa111e) + run * 1000003 + (uint64_t)(kind - crowds) * 7919};

    for (size_t tag = 0; tag < TAGS; tag++) {
        if (tag == 0 && kind->leak != NULL)
            kind->leak(bytes[tag], MODEL_POINTS, kind->leak_noise, &d);
        else
            kind->tags(bytes[tag], MODEL_POINTS, kind->noise, &d);
    }
}

static void must(bool done)
{
    if (!done)
        exit(1);
}

static void feed(ps_trend *trend, size_t i)
{
    ps_snapshot *snapshot = NULL;

    must(ps_snapshot_new(&snapshot, "bench", NULL));
    ps_snapshot_set_scope(snapshot, PS_SCOPE_WHOLE);
    for (uint32_t tag = 0; tag < TAGS; tag++) {
        const ps_row row = {.tag = 0x41414141 + tag,
                            .session = PS_NO_SESSION,
                            .known = PS_KNOW_BYTES,
                            .bytes = (int64_t)(bytes[tag][i] * model_mib)};
        must(ps_snapshot_add(snapshot, &row, NULL));
    }
    must(ps_trend_feed(trend, snapshot, NULL));
    ps_snapshot_close(snapshot);
}

typedef struct tally {
    size_t suspects, leaks; /* chance findings */
    size_t found;           /* of the leak */
} tally;

static void count(double borne, bool has_leak, tally *sums)
{
    int64_t times[MODEL_POINTS];
    ps_thresholds thresholds = ps_thresholds_default();
    ps_trend *trend = NULL;

    for (size_t i = 0; i < MODEL_POINTS; i++)
        times[i] = (int64_t)i * HOUR_S;
    thresholds.false_discovery = borne;
    must(ps_trend_begin(&trend, times, MODEL_POINTS, NULL));
    ps_trend_set_thresholds(trend, &thresholds);
    for (size_t i = 0; i < MODEL_POINTS; i++)
        feed(trend, i);
    must(ps_trend_finish(trend, NULL));
    for (size_t i = 0; i < ps_trend_count(trend); i++) {
        const ps_trend_row *row = ps_trend_at(trend, i);
        if (has_leak && row->tag == 0x41414141) {
            sums->found += row->judged.word == PS_WORD_LEAK;
            continue;
        }
        sums->suspects += row->judged.word == PS_WORD_SUSPECT;
        sums->leaks += row->judged.word == PS_WORD_LEAK;
    }
    ps_trend_close(trend);
}

int main(int argc, char **argv)
{
    const size_t runs = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 8;
    const double n = (double)runs;
    bool holds = true;

    printf("%d tags over %d snapshots, %zu series each: accused by chance in a series\n%-28s %20s  "
           " %s\n",
           TAGS, MODEL_POINTS, runs, "", "alone", "among all (Benjamini-Hochberg, 1 %)");
    for (size_t k = 0; k < CROWDS; k++) {
        const bool has_leak = crowds[k].leak != NULL;
        tally alone = {0}, among = {0};
        for (size_t run = 0; run < runs; run++) {
            fill(&crowds[k], run);
            count(1, has_leak, &alone);
            count(ps_thresholds_default().false_discovery, has_leak, &among);
        }
        printf("%-28s %6.2f LEAK %5.2f SUSPECT %6.2f LEAK %5.2f SUSPECT", crowds[k].name,
               (double)alone.leaks / n, (double)alone.suspects / n, (double)among.leaks / n,
               (double)among.suspects / n);
        if (has_leak)
            printf("  the leak: %.2f, %.2f", (double)alone.found / n, (double)among.found / n);
        printf("\n");
        if (k < 4)
            holds = holds && among.suspects + among.leaks <= runs;
    }
    return holds ? 0 : 1;
}
