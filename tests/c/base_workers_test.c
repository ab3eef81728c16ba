/* base_workers_test.c - every index runs once, progress stays on the caller's thread, and errors,
 * cancelling and refused threads end the work cleanly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/workers.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { ITEMS = 1000 };

typedef struct job {
    atomic_int runs[ITEMS];
    atomic_int busy[PS_WORKERS_LIMIT];
    atomic_int clashes;
    size_t fail_from;
} job;

static bool count_item(const ps_worker *worker, size_t index, ps_error *err)
{
    job *all = worker->context;

    if (atomic_fetch_add(&all->busy[worker->number], 1) != 0)
        atomic_fetch_add(&all->clashes, 1);
    atomic_fetch_add(&all->runs[index], 1);
    atomic_fetch_sub(&all->busy[worker->number], 1);
    if (index >= all->fail_from)
        return ps_fail(err, PS_EFORMAT, index, "item %zu is bad", index);
    return true;
}

static void every_index_runs_once(void **state)
{
    static const unsigned threads[] = {1, 2, 5, PS_WORKERS_LIMIT, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        static job all;
        memset(&all, 0, sizeof all);
        all.fail_from = ITEMS;
        assert_true(ps_workers_run(count_item, &all, ITEMS, threads[i], NULL, NULL));
        for (size_t k = 0; k < ITEMS; k++)
            assert_int_equal(all.runs[k], 1);
        assert_int_equal(all.clashes, 0);
    }
}

static void no_items_is_no_work(void **state)
{
    (void)state;
    assert_true(ps_workers_run(count_item, NULL, 0, 1, NULL, NULL));
    assert_true(ps_workers_run(count_item, NULL, 0, 4, NULL, NULL));
}

static void the_error_of_the_lowest_index_wins(void **state)
{
    for (unsigned threads = 1; threads <= 4; threads++) {
        static job all;
        ps_error err;
        memset(&all, 0, sizeof all);
        all.fail_from = 700;
        assert_false(ps_workers_run(count_item, &all, ITEMS, threads, NULL, &err));
        assert_int_equal(err.code, PS_EFORMAT);
        assert_int_equal(err.offset, 700);
        assert_string_equal(err.text, "item 700 is bad");
        assert_int_equal(all.runs[ITEMS - 1], 0);
    }
    (void)state;
}

typedef struct watcher {
    pthread_t thread;
    uint64_t steps, last, total;
    uint64_t stop_at;
    bool elsewhere;
} watcher;

static bool watch(void *context, uint64_t done, uint64_t total)
{
    watcher *w = context;

    w->elsewhere = w->elsewhere || !pthread_equal(w->thread, pthread_self());
    w->steps++;
    w->last = done;
    w->total = total;
    return w->steps < w->stop_at;
}

static void progress_is_told_on_the_callers_thread(void **state)
{
    for (unsigned threads = 1; threads <= 3; threads++) {
        static job all;
        watcher w = {.thread = pthread_self(), .stop_at = UINT64_MAX};
        const ps_progress progress = {.step = watch, .context = &w};
        memset(&all, 0, sizeof all);
        all.fail_from = ITEMS;
        assert_true(ps_workers_run(count_item, &all, ITEMS, threads, &progress, NULL));
        assert_false(w.elsewhere);
        assert_true(w.steps >= 1);
        assert_int_equal(w.last, ITEMS);
        assert_int_equal(w.total, ITEMS);
    }
    (void)state;
}

/* Runs until it is told to stop. */
static bool endless_item(const ps_worker *worker, size_t index, ps_error *err)
{
    (void)index;
    (void)err;
    while (!ps_worker_stopped(worker)) {}
    return true;
}

static void progress_cancels_even_a_long_item(void **state)
{
    for (unsigned threads = 1; threads <= 3; threads++) {
        watcher w = {.thread = pthread_self(), .stop_at = 2};
        const ps_progress progress = {.step = watch, .context = &w};
        ps_error err;
        assert_false(ps_workers_run(endless_item, NULL, ITEMS, threads, &progress, &err));
        assert_int_equal(err.code, PS_ECANCELLED);
        assert_int_equal(w.steps, 2);
        assert_false(w.elsewhere);
    }
    (void)state;
}

static void threads_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(ps_workers_threads(0, 0), 1);
    assert_int_equal(ps_workers_threads(8, 3), 3);
    assert_int_equal(ps_workers_threads(8, 300), 8);
    assert_int_equal(ps_workers_threads(100000, 100000), PS_WORKERS_LIMIT);
    assert_true(ps_workers_threads(0, 100) >= 1);
}

static int threads_left = 1000;

/* Stands before the C library's: refuses once threads_left are used up. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (threads_left-- <= 0)
        return EAGAIN;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, start, argument);
}

static void refused_threads_leave_the_work_to_fewer(void **state)
{
    for (int granted = 0; granted <= 2; granted++) {
        static job all;
        memset(&all, 0, sizeof all);
        all.fail_from = ITEMS;
        threads_left = granted;
        assert_true(ps_workers_run(count_item, &all, ITEMS, 8, NULL, NULL));
        for (size_t k = 0; k < ITEMS; k++)
            assert_int_equal(all.runs[k], 1);
    }
    threads_left = 1000;
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_runs_once),
        cmocka_unit_test(no_items_is_no_work),
        cmocka_unit_test(the_error_of_the_lowest_index_wins),
        cmocka_unit_test(progress_is_told_on_the_callers_thread),
        cmocka_unit_test(progress_cancels_even_a_long_item),
        cmocka_unit_test(threads_are_bounded),
        cmocka_unit_test(refused_threads_leave_the_work_to_fewer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
