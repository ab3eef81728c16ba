/* workers.h - one function over many indices, on all cores. */
#ifndef PS_BASE_WORKERS_H
#define PS_BASE_WORKERS_H

#include "poolsleuth.h"

enum { PS_WORKERS_LIMIT = 64 };

typedef struct ps_crew ps_crew;

/* What an item's function is told about where it runs. */
typedef struct ps_worker {
    void *context;   /* the caller's */
    unsigned number; /* 0 .. threads - 1; no two items with one number run at the same time */
    ps_crew *crew;
} ps_worker;

/* Do item index.  Returning false with err filled in ends the whole work; a failure that concerns
 * this item alone belongs into the caller's results instead. */
typedef bool (*ps_work)(const ps_worker *worker, size_t index, ps_error *err);

/* How many threads to use for count items when the caller asks for wanted (0: one a core); at
 * least 1, at most PS_WORKERS_LIMIT. */
unsigned ps_workers_threads(unsigned wanted, size_t count);

/* Run work for every index in 0 .. count - 1.  Items start in order and end in any.  With one
 * thread everything runs on the caller's.  progress (may be NULL) is called on the caller's thread
 * only.  False when an item failed (the error of the lowest index that did) or with PS_ECANCELLED
 * when progress said stop: items that had not started then never ran.  No thread outlives the call.
 * threads comes from ps_workers_threads; fewer run where the system refuses that many. */
PS_NODISCARD bool ps_workers_run(ps_work work, void *context, size_t count, unsigned threads,
                                 const ps_progress *progress, ps_error *err);

/* Whether the work is ending early: an item that takes long asks now and then, and returns. */
bool ps_worker_stopped(const ps_worker *worker);

#endif
