/* history.h - what the files of the history share.
 *
 *   words      texts that come again and again: origins, sources of time
 *   hosts      machines, and aliases: other names of theirs
 *   sources    files that snapshots came from
 *   snapshots  one row each: when, whence, which reel; content is a hash of what it holds
 *   reels      what they hold: up to 288 snapshots of a machine in a row (reel.h), with a checksum
 *   days       what each tag did on a day of UTC; made again from the reels where a row is missing
 *   contents   lists of drivers and of processes, packed, each once
 *   inventories  which list a machine had when
 */
#ifndef PS_STORE_HISTORY_H
#define PS_STORE_HISTORY_H

#include "base/error.h"
#include "store/reel.h"

#include <sqlite3.h>

enum {
    HISTORY_ID = 0x50534C48, /* application_id: "PSLH" */
    HISTORY_LAYOUT = 1,      /* user_version */
    HISTORY_STATEMENTS = 96,
    HISTORY_REELS = 48, /* held open at a time */
    REEL_FULL = 288,
    REEL_LEVEL = 9,
    SECONDS_PER_DAY = 86400,
};

/* The reel of a host that is being written: what comes next for the time from `last` on and before
 * `until` goes to its end. */
typedef struct open_reel {
    ps_reel *reel; /* NULL: the place is free */
    int64_t row, host, first, last, until;
    bool dirty;
    uint64_t used;
} open_reel;

/* Where a snapshot belongs. */
typedef struct history_place {
    int64_t host, row, time;
} history_place;

struct ps_history {
    sqlite3 *db;
    char *path;
    int busy_ms;
    bool read_only;
    bool inside;  /* a transaction that the caller began */
    bool spoiled; /* and in which something failed half-way */
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } statements[HISTORY_STATEMENTS];
    open_reel reels[HISTORY_REELS];
    uint64_t clock;
    int64_t next_reel; /* 0: to be asked for */
};

/* --- the database ---------------------------------------------------------------------------- */

/* What SQLite says, as an error with the file's name. */
bool history_fail(const ps_history *history, ps_error *err);
bool history_damaged(const ps_history *history, ps_error *err, const char *what);
bool history_run(ps_history *history, const char *sql, ps_error *err);

/* A statement that is kept for the next time, reset and without bindings; sql must be a literal.
 * NULL with err filled in where it cannot be made.  Not for calls that may nest. */
sqlite3_stmt *history_statement(ps_history *history, const char *sql, ps_error *err);

/* Step a statement that gives no rows, and reset it. */
bool history_done(ps_history *history, sqlite3_stmt *statement, ps_error *err);

/* Whether it gives a row; false with err->code PS_OK where there is none. */
bool history_row(ps_history *history, sqlite3_stmt *statement, ps_error *err);

/* Create the tables of a new file, or refuse a file that is no history of this layout. */
bool history_layout(ps_history *history, ps_error *err);

/* What SQL may ask for: views and tables of this connection alone; and what is filled for a question. */
bool history_views(ps_history *history, ps_error *err);
int history_sample_table(ps_history *history);
bool history_fill_views(ps_history *history, const char *sql, ps_error *err);

/* Between these, what is written counts as a whole; inside a transaction of the caller's they do
 * nothing but mark it as spoiled when something fails.  Returns done. */
bool history_enter(ps_history *history, ps_error *err);
bool history_leave(ps_history *history, bool done, ps_error *err);

/* --- hosts and reels ------------------------------------------------------------------------- */

/* The row of a host by name or alias; 0 where there is none. */
bool history_host(ps_history *history, const char *name, int64_t *host, ps_error *err);

bool history_add_host(ps_history *history, const char *name, int64_t *host, ps_error *err);

/* The same, and what open reels hold is written; a host that is not known is an error. */
bool history_known_host(ps_history *history, const char *name, int64_t *host, ps_error *err);

/* Every driver of every inventory of a host. */
typedef bool (*history_driver_visit)(void *context, int64_t time, const ps_history_driver *driver);
bool history_drivers(ps_history *history, const char *host, history_driver_visit visit,
                     void *context, ps_error *err);

/* Make and keep the days of a host up to a time. */
bool history_keep_days(ps_history *history, int64_t host, int64_t before, ps_error *err);

/* 64 bits of what size bytes hold. */
uint64_t history_checksum(const void *data, size_t size);
uint64_t history_content(const ps_snapshot *snapshot);

/* Put a snapshot, whose row stands in the table, into the reel where it belongs by its time. */
bool history_splice(ps_history *history, const history_place *place, const ps_snapshot *snapshot,
                    ps_error *err);

/* Write a reel anew without what is before a time, and two neighbours as one. */
bool history_cut_front(ps_history *history, int64_t row, int64_t before, ps_error *err);
bool history_join_reels(ps_history *history, int64_t first, int64_t second, ps_error *err);

/* Open a reel by its row; a checksum that does not fit is an error. */
bool history_open_reel(ps_history *history, int64_t row, ps_reel **out, ps_error *err);

typedef struct history_range {
    int64_t from, to; /* both ends count */
} history_range;

/* Every snapshot of a range in order of time.  A visit that returns false with err filled in ends it. */
typedef bool (*history_visit)(void *context, const ps_reel *reel, const ps_frame *frame,
                              ps_error *err);
bool history_walk(ps_history *history, const char *host, const history_range *range,
                  history_visit visit, void *context, ps_error *err);
/* The same for a host's row, without what open reels hold. */
bool history_walk_host(ps_history *history, int64_t host, const history_range *range,
                       history_visit visit, void *context, ps_error *err);

/* Write what open reels hold, and forget them. */
bool history_flush(ps_history *history, ps_error *err);
void history_forget(ps_history *history);

/* Is it a time that is kept?  In a crafted file it may be none. */
bool history_time_fits(int64_t time);

/* The day that a moment belongs to, counted from 1970. */
int64_t history_day(int64_t time);

#endif
