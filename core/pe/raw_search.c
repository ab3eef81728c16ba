/* raw_search.c - count a byte string in many files.
 *
 * Each thread reads its files through one window; windows overlap by the needle's length less one,
 * so that no occurrence is lost or counted twice.  Within a window, the first and the last byte of
 * the needle are compared at 16 or 32 places at once, and only where both match is the rest looked
 * at.
 */
#include "base/array.h"
#include "base/error.h"
#include "base/workers.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    NEEDLE_LIMIT = 256,
    WINDOW = 1 << 17,
    HOLES_FROM = 1 << 20, /* smaller files are not asked for holes */
};

typedef struct needle {
    const uint8_t *bytes;
    size_t size;
    bool zeros; /* holes of a file match too */
} needle;

/* Where a window's occurrences go. */
typedef struct tally {
    uint64_t count;
    size_t first; /* in this window */
} tally;

typedef void (*searcher)(const needle *wanted, const uint8_t *data, size_t size, tally *found);

typedef struct search {
    needle wanted;
    searcher find;
    const char *const *paths;
    ps_raw_hits *hits;
    uint8_t *windows[PS_WORKERS_LIMIT];
} search;

static void add_hit(tally *found, size_t at)
{
    if (found->count++ == 0)
        found->first = at;
}

/* Occurrences that begin at from or later, one by one. */
static void find_from(const needle *wanted, const uint8_t *data, size_t size, size_t from,
                      tally *found)
{
    while (size >= wanted->size && from <= size - wanted->size) {
        const size_t places = size - wanted->size + 1 - from;
        const uint8_t *at = memchr(data + from, wanted->bytes[0], places);
        if (at == NULL)
            return;
        from = (size_t)(at - data);
        if (memcmp(at, wanted->bytes, wanted->size) == 0)
            add_hit(found, from);
        from++;
    }
}

#if defined(__x86_64__)

static void check_places(const needle *wanted, const uint8_t *data, size_t base, uint64_t places,
                         tally *found)
{
    while (places != 0) {
        const size_t at = base + (size_t)__builtin_ctzll(places);
        if (memcmp(data + at, wanted->bytes, wanted->size) == 0)
            add_hit(found, at);
        places &= places - 1;
    }
}

static uint64_t places_sse2(const uint8_t *at, size_t last, __m128i head, __m128i tail)
{
    const __m128i a = _mm_loadu_si128((const void *)at);
    const __m128i b = _mm_loadu_si128((const void *)(at + last));

    return (uint32_t)_mm_movemask_epi8(
        _mm_and_si128(_mm_cmpeq_epi8(a, head), _mm_cmpeq_epi8(b, tail)));
}

static void find_sse2(const needle *wanted, const uint8_t *data, size_t size, tally *found)
{
    const size_t last = wanted->size - 1;
    const __m128i head = _mm_set1_epi8((char)wanted->bytes[0]);
    const __m128i tail = _mm_set1_epi8((char)wanted->bytes[last]);
    size_t at = 0;

    for (; size >= last + 32 && at <= size - last - 32; at += 32) {
        const uint64_t low = places_sse2(data + at, last, head, tail);
        const uint64_t high = places_sse2(data + at + 16, last, head, tail);
        if ((low | high) != 0)
            check_places(wanted, data, at, low | high << 16, found);
    }
    find_from(wanted, data, size, at, found);
}

__attribute__((target("avx2"))) static uint64_t places_avx2(const uint8_t *at, size_t last,
                                                            __m256i head, __m256i tail)
{
    const __m256i a = _mm256_loadu_si256((const void *)at);
    const __m256i b = _mm256_loadu_si256((const void *)(at + last));

    return (uint32_t)_mm256_movemask_epi8(
        _mm256_and_si256(_mm256_cmpeq_epi8(a, head), _mm256_cmpeq_epi8(b, tail)));
}

__attribute__((target("avx2"))) static void find_avx2(const needle *wanted, const uint8_t *data,
                                                      size_t size, tally *found)
{
    const size_t last = wanted->size - 1;
    const __m256i head = _mm256_set1_epi8((char)wanted->bytes[0]);
    const __m256i tail = _mm256_set1_epi8((char)wanted->bytes[last]);
    size_t at = 0;

    for (; size >= last + 64 && at <= size - last - 64; at += 64) {
        const uint64_t low = places_avx2(data + at, last, head, tail);
        const uint64_t high = places_avx2(data + at + 32, last, head, tail);
        if ((low | high) != 0)
            check_places(wanted, data, at, low | high << 32, found);
    }
    find_from(wanted, data, size, at, found);
}

static searcher best_searcher(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? find_avx2 : find_sse2;
}

#else

static void find_plain(const needle *wanted, const uint8_t *data, size_t size, tally *found)
{
    find_from(wanted, data, size, 0, found);
}

static searcher best_searcher(void) { return find_plain; }

#endif

/* Search begin .. end of a source, window after window. */
static bool search_range(const search *all, const ps_worker *worker, ps_source *source,
                         const uint64_t range[2], ps_raw_hits *hits)
{
    uint8_t *window = all->windows[worker->number];
    const size_t overlap = all->wanted.size - 1;
    uint64_t offset = range[0];

    while (offset < range[1]) {
        tally found = {0};
        size_t got = 0;
        size_t size = WINDOW;
        if (size > range[1] - offset)
            size = (size_t)(range[1] - offset);
        if (!ps_source_read(source, offset, window, size, &got, &hits->error))
            return false;
        if (ps_worker_stopped(worker))
            return ps_fail(&hits->error, PS_ECANCELLED, offset, "was not searched to its end");
        all->find(&all->wanted, window, got, &found);
        if (found.count > 0 && hits->count == 0)
            hits->first_offset = offset + found.first;
        hits->count += found.count;
        if (offset + got >= range[1])
            return true;
        offset += got - overlap;
    }
    return true;
}

/* Search the ranges that are not holes, each with as much of its neighbour holes as an occurrence
 * can reach into. */
static bool search_data(const search *all, const ps_worker *worker, ps_source *source,
                        ps_raw_hits *hits)
{
    const uint64_t size = ps_source_size(source), reach = all->wanted.size - 1;
    uint64_t offset = 0, begin = 0, end = 0, searched = 0;

    while (offset < size) {
        uint64_t range[2];
        if (!ps_source_next_data(source, offset, &begin, &end, &hits->error))
            return false;
        if (begin >= end)
            return true;
        range[0] = begin > reach ? begin - reach : 0;
        range[1] = end < size && size - end > reach ? end + reach : size;
        if (range[0] < searched)
            range[0] = searched;
        if (!search_range(all, worker, source, range, hits))
            return false;
        searched = range[1] - reach;
        offset = end;
    }
    return true;
}

static void search_source(const search *all, const ps_worker *worker, ps_source *source,
                          ps_raw_hits *hits)
{
    const uint64_t size = ps_source_size(source);
    const uint64_t whole[2] = {0, size};

    if (size >= HOLES_FROM && !all->wanted.zeros)
        (void)search_data(all, worker, source, hits);
    else
        (void)search_range(all, worker, source, whole, hits);
}

static bool search_file(const ps_worker *worker, size_t index, ps_error *err)
{
    const search *all = worker->context;
    ps_raw_hits *hits = &all->hits[index];
    ps_source *source;

    (void)err;
    hits->error = (ps_error){.code = PS_OK, .offset = PS_NOWHERE};
    if (!ps_source_open(&source, all->paths[index], &hits->error))
        return true;
    search_source(all, worker, source, hits);
    ps_source_close(source);
    return true;
}

static bool take_needle(needle *wanted, const void *bytes, size_t size, ps_error *err)
{
    if (size == 0 || size > NEEDLE_LIMIT)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a search string has 1 to %d bytes, not %zu",
                       NEEDLE_LIMIT, size);
    *wanted = (needle){.bytes = bytes, .size = size, .zeros = true};
    for (size_t i = 0; i < size; i++)
        wanted->zeros = wanted->zeros && wanted->bytes[i] == 0;
    return true;
}

static bool run(search *all, size_t count, const ps_scan_options *options, ps_error *err)
{
    const unsigned threads = ps_workers_threads(options->threads, count);
    uint8_t *windows = ps_alloc(0, threads, WINDOW);
    ps_error stop = {.code = PS_OK};
    bool done;

    if (windows == NULL)
        return ps_fail_memory(err);
    for (unsigned i = 0; i < threads; i++)
        all->windows[i] = windows + (size_t)i * WINDOW;
    done = ps_workers_run(search_file, all, count, threads, &options->progress, &stop) ||
           stop.code == PS_ECANCELLED || ps_fail(err, stop.code, stop.offset, "%s", stop.text);
    free(windows);
    return done;
}

/* NOLINTNEXTLINE(readability-function-size): seven parameters by the public declaration. */
bool ps_raw_search(const char *const *paths, size_t count, const void *needle_bytes,
                   size_t needle_size, const ps_scan_options *options, ps_raw_hits *hits,
                   ps_error *err)
{
    const ps_scan_options plain = {0};
    search all = {.find = best_searcher(), .paths = paths, .hits = hits};

    if (!take_needle(&all.wanted, needle_bytes, needle_size, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        hits[i] = (ps_raw_hits){.path = paths[i]};
        (void)ps_fail(&hits[i].error, PS_ECANCELLED, PS_NOWHERE,
                      "was not searched: stopped before");
    }
    return run(&all, count, options != NULL ? options : &plain, err);
}
