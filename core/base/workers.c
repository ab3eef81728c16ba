/* workers.c - a crew of threads that takes indices from one counter. */
#include "base/workers.h"
#include "base/error.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 50 };

struct ps_crew {
    ps_work work;
    void *context;
    size_t count;
    const ps_progress *progress;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t ended; /* signalled when a thread ends */
    size_t next, done;
    unsigned running;
    bool stop, cancelled;
    bool alone;          /* the caller's thread does the work, and reports in between */
    struct timespec due; /* of its next report */
    size_t failed_at;    /* index of the error; count while there is none */
    ps_error error;
};

typedef struct seat {
    pthread_t thread;
    ps_worker worker;
} seat;

unsigned ps_workers_threads(unsigned wanted, size_t count)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = wanted;

    if (wanted == 0)
        threads = cores > 0 ? (size_t)cores : 1;
    if (threads > PS_WORKERS_LIMIT)
        threads = PS_WORKERS_LIMIT;
    if (threads > count)
        threads = count;
    return threads > 0 ? (unsigned)threads : 1;
}

/* The next index to do, or false when there is none left to start. */
static bool take_index(ps_crew *crew, size_t *index)
{
    bool taken;

    (void)pthread_mutex_lock(&crew->lock);
    taken = !crew->stop && crew->next < crew->count;
    if (taken)
        *index = crew->next++;
    (void)pthread_mutex_unlock(&crew->lock);
    return taken;
}

static void do_index(const ps_worker *worker, size_t index)
{
    ps_crew *crew = worker->crew;
    ps_error error = {.code = PS_OK, .offset = PS_NOWHERE};
    const bool good = crew->work(worker, index, &error);

    (void)pthread_mutex_lock(&crew->lock);
    if (good) {
        crew->done++;
    } else {
        crew->stop = true;
        if (index < crew->failed_at) {
            crew->failed_at = index;
            crew->error = error;
        }
    }
    (void)pthread_mutex_unlock(&crew->lock);
}

static void *thread_main(void *argument)
{
    const ps_worker *worker = argument;
    ps_crew *crew = worker->crew;
    size_t index = 0;

    while (take_index(crew, &index))
        do_index(worker, index);
    (void)pthread_mutex_lock(&crew->lock);
    crew->running--;
    (void)pthread_cond_signal(&crew->ended);
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

static struct timespec in_one_step(struct timespec now)
{
    now.tv_nsec += STEP_MS * 1000000L;
    if (now.tv_nsec >= 1000000000L) {
        now.tv_nsec -= 1000000000L;
        now.tv_sec++;
    }
    return now;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Tell the caller; called without the lock, by the caller's thread alone. */
static void report(ps_crew *crew)
{
    size_t done;
    bool stop;

    if (crew->progress == NULL || crew->progress->step == NULL)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    done = crew->done;
    stop = crew->stop;
    (void)pthread_mutex_unlock(&crew->lock);
    if (stop || crew->progress->step(crew->progress->context, done, crew->count))
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->stop = true;
    crew->cancelled = done < crew->count;
    (void)pthread_mutex_unlock(&crew->lock);
}

/* Tell the caller if that is due. */
static void report_in_time(ps_crew *crew)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (is_before(&now, &crew->due))
        return;
    crew->due = in_one_step(now);
    report(crew);
}

bool ps_worker_stopped(const ps_worker *worker)
{
    bool stop;

    if (worker->crew->alone)
        report_in_time(worker->crew);
    (void)pthread_mutex_lock(&worker->crew->lock);
    stop = worker->crew->stop;
    (void)pthread_mutex_unlock(&worker->crew->lock);
    return stop;
}

static void run_alone(ps_crew *crew)
{
    const ps_worker worker = {.context = crew->context, .crew = crew};
    size_t index = 0;

    crew->alone = true;
    while (take_index(crew, &index)) {
        do_index(&worker, index);
        report_in_time(crew);
    }
}

/* Start up to threads of them; returns how many run. */
static unsigned start(ps_crew *crew, seat *seats, unsigned threads)
{
    sigset_t all, before;
    unsigned started = 0;

    crew->running = threads;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay with the caller's thread */
    for (; started < threads; started++) {
        seats[started].worker =
            (ps_worker){.context = crew->context, .number = started, .crew = crew};
        if (pthread_create(&seats[started].thread, NULL, thread_main, &seats[started].worker) != 0)
            break;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_mutex_lock(&crew->lock);
    crew->running -= threads - started;
    (void)pthread_mutex_unlock(&crew->lock);
    return started;
}

/* Wait until a thread ends or a step has passed; whether any still runs. */
static bool wait_step(ps_crew *crew)
{
    struct timespec now, due;
    bool running;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    due = in_one_step(now);
    (void)pthread_mutex_lock(&crew->lock);
    if (crew->running > 0)
        (void)pthread_cond_timedwait(&crew->ended, &crew->lock, &due);
    running = crew->running > 0;
    (void)pthread_mutex_unlock(&crew->lock);
    return running;
}

static void run_together(ps_crew *crew, unsigned threads)
{
    seat seats[PS_WORKERS_LIMIT];
    const unsigned started = start(crew, seats, threads);

    if (started == 0) {
        run_alone(crew);
        return;
    }
    while (wait_step(crew))
        report(crew);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(seats[i].thread, NULL);
}

static bool make_locks(ps_crew *crew)
{
    pthread_condattr_t attributes;
    bool made = false;

    if (pthread_mutex_init(&crew->lock, NULL) != 0)
        return false;
    if (pthread_condattr_init(&attributes) == 0) {
        made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
               pthread_cond_init(&crew->ended, &attributes) == 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (!made)
        (void)pthread_mutex_destroy(&crew->lock);
    return made;
}

bool ps_workers_run(ps_work work, void *context, size_t count, unsigned threads,
                    const ps_progress *progress, ps_error *err)
{
    ps_crew crew = {
        .work = work, .context = context, .count = count, .progress = progress, .failed_at = count};

    if (!make_locks(&crew))
        return ps_fail_memory(err);
    if (threads > PS_WORKERS_LIMIT)
        threads = PS_WORKERS_LIMIT;
    if (threads > 1)
        run_together(&crew, threads);
    else
        run_alone(&crew);
    report(&crew);
    (void)pthread_cond_destroy(&crew.ended);
    (void)pthread_mutex_destroy(&crew.lock);
    if (crew.failed_at < count) {
        if (err != NULL)
            *err = crew.error;
        return false;
    }
    if (crew.cancelled)
        return ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped after %zu of %zu", crew.done,
                       count);
    return true;
}
