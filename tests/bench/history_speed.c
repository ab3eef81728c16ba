/* history_speed.c - 30 days of 2,500 tags, one snapshot in five minutes: bytes a sample, and how long it
 * takes to record them and to ask.
 *
 * A quarter of the tags moves all the time, a quarter now and then, the rest never: 27 % of the samples
 * differ from the one before.  The codec to beat is run on the same numbers: a key frame a day and
 * differences in between, each column as zigzag varints, zstd at level 3. */
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { TAGS = 2500, A_DAY = 288, EVERY = 300, COLUMNS = 3, START = 1790000000 };

typedef struct tag_state {
    ps_tag tag;
    int pool, kind; /* 0: always moves, 1: now and then, 2: never */
    bool one_size;
    uint64_t allocs, frees, bytes, rate, size;
} tag_state;

static tag_state tags[TAGS];
static uint64_t seed = UINT64_C(88172645463325252);

static uint64_t below(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 20) % limit;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(const ps_error *err)
{
    printf("failed: %s\n", err->text);
    exit(1);
}

static void begin_load(void)
{
    for (int i = 0; i < TAGS; i++) {
        tag_state *t = &tags[i];

        t->tag = (ps_tag)(0x20202020 + below(0x5A5A5A5A));
        t->pool = (int)below(2);
        t->kind = i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : 2;
        t->rate = UINT64_C(1) << (13 + below(13));
        t->rate += below(t->rate);
        t->size = 16 * (1 + below(64));
        t->one_size = below(8) == 0;
        t->allocs = below(100000);
        t->frees = t->allocs - below(t->allocs / 4 + 1);
        t->bytes = (t->allocs - t->frees) * t->size;
    }
}

static void move_tag(tag_state *t)
{
    const uint64_t made = below(t->rate + 1), before = t->allocs - t->frees;
    uint64_t freed = below(t->rate + 1), held;

    freed = freed > before + made ? before + made : freed;
    t->allocs += made;
    t->frees += freed;
    held = (t->allocs - t->frees) * t->size;
    if (t->one_size || t->frees == t->allocs) {
        t->bytes = held;
        return;
    }
    t->bytes += (made - freed) * t->size + below(t->rate + 1) * 16 - t->rate * 8;
    if (t->bytes > held * 4 + (t->rate << 10))
        t->bytes = held;
}

static size_t move_load(void)
{
    size_t changed = 0;

    for (int i = 0; i < TAGS; i++) {
        if (tags[i].kind == 2 || (tags[i].kind == 1 && below(100) >= 8))
            continue;
        move_tag(&tags[i]);
        changed++;
    }
    return changed;
}

static ps_snapshot *take_snapshot(uint64_t uptime)
{
    ps_snapshot *s;
    ps_error err;

    if (!ps_snapshot_new(&s, "poolmon -n", &err))
        stop(&err);
    ps_snapshot_set_scope(s, PS_SCOPE_WHOLE);
    ps_snapshot_set_memory(s, PS_MEM_UPTIME_S, uptime);
    for (int i = 0; i < TAGS; i++) {
        const tag_state *t = &tags[i];
        const uint64_t diff = t->allocs - t->frees;
        const ps_row row = {.tag = t->tag,
                            .pool = (uint8_t)t->pool,
                            .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES |
                                     PS_KNOW_PER_ALLOC,
                            .session = PS_NO_SESSION,
                            .line = (uint32_t)i + 5,
                            .offset = 400 + (uint64_t)i * 82,
                            .allocs = t->allocs,
                            .frees = t->frees,
                            .diff = (int64_t)diff,
                            .bytes = (int64_t)t->bytes,
                            .per_alloc = diff > 0 ? t->bytes / diff : 0};

        if (!ps_snapshot_add(s, &row, &err))
            stop(&err);
    }
    return s;
}

/* --- the codec to beat ----------------------------------------------------------------------- */

static size_t put_varint(uint8_t *to, uint64_t value)
{
    size_t n = 0;

    while (value >= 0x80) {
        to[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[n++] = (uint8_t)value;
    return n;
}

static size_t plain_size(const tag_state *before)
{
    static uint8_t raw[TAGS * COLUMNS * 10], packed[sizeof raw + 4096];
    size_t size = 0;

    for (int column = 0; column < COLUMNS; column++)
        for (int i = 0; i < TAGS; i++) {
            const tag_state *a = &before[i], *b = &tags[i];
            const uint64_t moved[COLUMNS] = {b->allocs - a->allocs,
                                             b->allocs - b->frees - (a->allocs - a->frees),
                                             b->bytes - a->bytes};
            size += put_varint(raw + size, moved[column] << 1 ^ (0 - (moved[column] >> 63)));
        }
    return ZSTD_compress(packed, sizeof packed, raw, size, 3);
}

/* --- recording ------------------------------------------------------------------------------- */

typedef struct load_facts {
    uint64_t changed, plain_bytes;
    double seconds;
} load_facts;

static load_facts record_all(ps_history *history, int snapshots)
{
    static tag_state before[TAGS];
    load_facts facts = {0};
    ps_error err;
    double at = now();
    bool added;

    if (!ps_history_begin(history, &err))
        stop(&err);
    facts.seconds += now() - at;
    for (int n = 0; n < snapshots; n++) {
        const ps_history_origin origin = {.time = START + (int64_t)n * EVERY,
                                          .time_source = "content"};
        ps_snapshot *s;

        memcpy(before, tags, sizeof before);
        facts.changed += move_load();
        if (n % A_DAY == 0)
            memset(before, 0, sizeof before);
        facts.plain_bytes += plain_size(before);
        s = take_snapshot((uint64_t)n * EVERY + 1000);
        at = now();
        if (!ps_history_record(history, "SRV01", s, &origin, &added, &err) || !added)
            stop(&err);
        facts.seconds += now() - at;
        ps_snapshot_close(s);
    }
    at = now();
    if (!ps_history_commit(history, &err))
        stop(&err);
    facts.seconds += now() - at;
    return facts;
}

/* --- questions ------------------------------------------------------------------------------- */

static double growth(ps_history *history, int64_t from, int64_t to)
{
    ps_snapshot *first, *last;
    ps_diff *diff;
    ps_error err;
    const double at = now();

    if (!ps_history_ends(history, "SRV01", (const int64_t[2]){from, to}, &first, &last, &err) ||
        !ps_diff_open(&diff, first, last, &err))
        stop(&err);
    ps_diff_close(diff);
    ps_snapshot_close(first);
    ps_snapshot_close(last);
    return now() - at;
}

static bool count_day(void *context, const ps_history_day *day)
{
    *(size_t *)context += day->n > 0;
    return true;
}

static double slopes(ps_history *history)
{
    const int64_t all[2] = {INT64_MIN, INT64_MAX};
    size_t rows = 0;
    ps_error err;
    const double at = now();

    if (!ps_history_slopes(history, "SRV01", all, count_day, &rows, &err))
        stop(&err);
    return now() - at;
}

static double days(ps_history *history)
{
    const ps_history_days_of of = {
        .host = "SRV01", .tag = &tags[0].tag, .from = INT64_MIN, .to = INT64_MAX};
    size_t rows = 0;
    ps_error err;
    const double at = now();

    if (!ps_history_days(history, &of, count_day, &rows, &err))
        stop(&err);
    return now() - at;
}

static double trend(ps_history *history, int64_t every)
{
    const int64_t all[2] = {INT64_MIN, INT64_MAX};
    ps_history_trend made;
    ps_error err;
    const double at = now();

    if (!ps_history_trend_open(&made, history, "SRV01", all, every, &err))
        stop(&err);
    ps_history_trend_close(&made);
    return now() - at;
}

static void remove_file(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[300];

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static double file_size(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 ? (double)file.st_size : 0;
}

/* --- CSV ------------------------------------------------------------------------------------- */

static bool write_file(void *context, const void *data, size_t size, ps_error *err)
{
    if (fwrite(data, 1, size, context) == size)
        return true;
    err->code = PS_EIO;
    return false;
}

/* Write days of it as CSV, and read them into a history of their own. */
static void csv(ps_history *history, const char *path)
{
    char text[300], other[300];
    ps_history_imported imported;
    ps_history *copy;
    ps_source *source;
    ps_error err;
    FILE *file;
    double at = now(), out, in;

    (void)snprintf(text, sizeof text, "%s.csv", path);
    (void)snprintf(other, sizeof other, "%s.copy", path);
    file = fopen(text, "wb");
    if (file == NULL ||
        !ps_history_export(history, "SRV01", PS_HISTORY_CSV, write_file, file, &err) ||
        fclose(file) != 0)
        stop(&err);
    out = now() - at;
    at = now();
    if (!ps_source_open(&source, text, &err) || !ps_history_open(&copy, other, NULL, &err) ||
        !ps_history_import(copy, source, &imported, &err))
        stop(&err);
    in = now() - at;
    ps_source_close(source);
    ps_history_close(copy);
    printf("CSV of %.0f MB          %8.1f s out, %.1f s in: %.2f M lines/s, %.0f snapshots/s,"
           " %.2f bytes a sample\n",
           file_size(text) / 1e6, out, in, (double)imported.lines / in / 1e6,
           (double)imported.added / in, file_size(other) / (double)(imported.lines - 1));
    (void)unlink(text);
    remove_file(other);
}

static void ask(ps_history *history, int64_t end)
{
    const double cold = days(history), warm = days(history);

    printf("growth of all tags      %8.1f ms over a day, %.1f ms over all (to beat: 38, 19)\n",
           1e3 * growth(history, end - A_DAY * EVERY, end), 1e3 * growth(history, START, end));
    printf("slope of all tags       %8.2f s, least squares over every sample (to beat: 0.43)\n",
           slopes(history));
    printf("days of one tag         %8.1f ms when they are made, %.1f ms from then on\n",
           1e3 * cold, 1e3 * warm);
    printf("trend of all tags       %8.2f s from one snapshot in 3 hours, %.2f s from all\n",
           trend(history, 3 * 3600), trend(history, 0));
}

int main(int argc, char **argv)
{
    const int snapshots = (argc > 1 ? atoi(argv[1]) : 30) * A_DAY;
    const double samples = (double)snapshots * TAGS;
    char path[] = "/tmp/history-speed-XXXXXX";
    const int handle = mkstemp(path);
    ps_history *history;
    load_facts facts;
    ps_error err;

    if (handle < 0)
        return 1;
    (void)close(handle);
    begin_load();
    if (!ps_history_open(&history, path, NULL, &err))
        stop(&err);
    facts = record_all(history, snapshots);
    ps_history_close(history);
    printf("%d snapshots of %d tags, %.1f M samples, %.1f %% differ from the one before\n",
           snapshots, TAGS, samples / 1e6, 100 * (double)facts.changed / samples);
    printf("bytes a sample          %8.2f in the file (%.1f MiB); key and delta blobs have %.2f\n",
           file_size(path) / samples, file_size(path) / 1048576,
           (double)facts.plain_bytes / samples);
    printf("recorded                %8.0f snapshots/s in one transaction, %.2f ms each\n",
           snapshots / facts.seconds, 1e3 * facts.seconds / snapshots);
    if (!ps_history_open(&history, path, NULL, &err))
        stop(&err);
    ask(history, START + (int64_t)(snapshots - 1) * EVERY);
    csv(history, path);
    ps_history_close(history);
    remove_file(path);
    return 0;
}
