/* history_days.c - what tags did on each day: made from the snapshots once, and kept. */
#include "base/array.h"
#include "store/history.h"
#include "store/rollup.h"

/* --- one range ------------------------------------------------------------------------------- */

typedef struct numbers {
    int64_t *at;
    size_t count, capacity;
} numbers;

/* The first column of a query. */
static bool list_numbers(ps_history *history, sqlite3_stmt *query, numbers *list, ps_error *err)
{
    ps_error own = {.code = PS_OK};

    while (history_row(history, query, &own)) {
        if (!ps_grow((void **)&list->at, &list->capacity, list->count, sizeof *list->at)) {
            (void)sqlite3_reset(query);
            return ps_fail_memory(err);
        }
        list->at[list->count++] = sqlite3_column_int64(query, 0);
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

static bool bind_range(sqlite3_stmt *query, int64_t host, int64_t from, int64_t to)
{
    return query != NULL && sqlite3_bind_int64(query, 1, host) == SQLITE_OK &&
           sqlite3_bind_int64(query, 2, from) == SQLITE_OK &&
           sqlite3_bind_int64(query, 3, to) == SQLITE_OK;
}

/* A range that is rolled up, and the snapshots in it that begin a run of the machine, in order. */
typedef struct rolling {
    rollup *to;
    numbers starts;
    size_t next;
} rolling;

static bool take_frame(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    rolling *r = context;
    const bool start = r->next < r->starts.count && r->starts.at[r->next] == frame->id;

    r->next += start;
    return rollup_add(r->to, reel, frame, start, err);
}

static bool roll_up(ps_history *history, int64_t host, const history_range *range, rollup *to,
                    ps_error *err)
{
    sqlite3_stmt *query = history_statement(history,
                                            "SELECT id FROM snapshots WHERE host = ?1 AND time"
                                            " BETWEEN ?2 AND ?3 AND reboot ORDER BY time, id",
                                            err);
    rolling r = {.to = to};
    const bool done = bind_range(query, host, range->from, range->to) &&
                      list_numbers(history, query, &r.starts, err) &&
                      history_walk_host(history, host, range, take_frame, &r, err);

    free(r.starts.at);
    if (done)
        rollup_finish(to);
    return done;
}

static bool visit_rows(const rollup *r, int64_t day, const ps_tag *tag, ps_history_day_visit visit,
                       void *context)
{
    for (size_t i = 0; i < r->count; i++) {
        ps_history_day row = r->rows[i].it;

        row.day = day;
        if ((tag == NULL || row.tag == (*tag & ~PS_TAG_PROTECTED)) && !visit(context, &row))
            return false;
    }
    return true;
}

bool ps_history_slopes(ps_history *history, const char *host, const int64_t range[2],
                       ps_history_day_visit visit, void *context, ps_error *err)
{
    const history_range both = {.from = range[0], .to = range[1]};
    rollup r = {0};
    int64_t number;
    bool done = history_known_host(history, host, &number, err) &&
                roll_up(history, number, &both, &r, err) &&
                (visit_rows(&r, 0, NULL, visit, context) ||
                 ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped"));

    rollup_free(&r);
    return done;
}

/* --- days ------------------------------------------------------------------------------------ */

static bool make_day(ps_history *history, int64_t host, int64_t day, rollup *r, ps_error *err)
{
    const history_range range = {.from = day * SECONDS_PER_DAY,
                                 .to = day * SECONDS_PER_DAY + SECONDS_PER_DAY - 1};

    return roll_up(history, host, &range, r, err);
}

static bool keep_day(ps_history *history, int64_t host, int64_t day, const rollup *r, ps_error *err)
{
    sqlite3_stmt *insert = history_statement(
        history, "INSERT OR REPLACE INTO days(host, day, checksum, data) VALUES(?1, ?2, ?3, ?4)",
        err);
    ps_buffer packed = {0};
    bool done = false;

    if (insert == NULL)
        return false;
    if (rollup_pack(r, &packed, err)) {
        (void)sqlite3_bind_int64(insert, 1, host);
        (void)sqlite3_bind_int64(insert, 2, day);
        (void)sqlite3_bind_int64(insert, 3, (int64_t)history_checksum(packed.data, packed.size));
        (void)sqlite3_bind_blob64(insert, 4, packed.data, packed.size, SQLITE_STATIC);
        done = history_done(history, insert, err);
        (void)sqlite3_clear_bindings(insert);
    }
    free(packed.data);
    return done;
}

/* A day that is kept; *found is false where it is not. */
static bool load_day(ps_history *history, int64_t host, int64_t day, rollup *r, bool *found,
                     ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        history, "SELECT data, checksum FROM days WHERE host = ?1 AND day = ?2", err);
    const void *data;
    size_t size;
    bool done;

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, host);
    (void)sqlite3_bind_int64(query, 2, day);
    *found = history_row(history, query, &own);
    if (!*found)
        return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
    data = sqlite3_column_blob(query, 0);
    size = (size_t)sqlite3_column_bytes(query, 0);
    done = data != NULL && history_checksum(data, size) == (uint64_t)sqlite3_column_int64(query, 1)
               ? rollup_unpack(r, data, size, err)
               : history_damaged(history, err, "a day's checksum does not fit");
    (void)sqlite3_reset(query);
    return done;
}

/* Days that have snapshots or are kept, in order. */
static bool list_days(ps_history *history, int64_t host, const int64_t range[2], numbers *list,
                      ps_error *err)
{
    sqlite3_stmt *query = history_statement(
        history,
        "SELECT day FROM days WHERE host = ?1 AND day BETWEEN ?2 AND ?3 UNION"
        " SELECT (time - ((time % 86400) + 86400) % 86400) / 86400 FROM snapshots WHERE host = ?1"
        " AND time BETWEEN ?2 * 86400 AND ?3 * 86400 + 86399 ORDER BY 1",
        err);

    return bind_range(query, host, history_day(range[0]), history_day(range[1])) &&
           list_numbers(history, query, list, err);
}

static bool one_day(ps_history *history, int64_t host, int64_t day, rollup *r, ps_error *err)
{
    bool found = false;

    if (!load_day(history, host, day, r, &found, err))
        return false;
    if (found)
        return true;
    if (!make_day(history, host, day, r, err))
        return false;
    return history->read_only || keep_day(history, host, day, r, err);
}

bool history_keep_days(ps_history *history, int64_t host, int64_t before, ps_error *err)
{
    const int64_t range[2] = {-(INT64_C(1) << 38), before};
    numbers list = {0};
    bool done = list_days(history, host, range, &list, err);

    for (size_t i = 0; done && i < list.count; i++) {
        rollup r = {0};
        done = one_day(history, host, list.at[i], &r, err);
        rollup_free(&r);
    }
    free(list.at);
    return done;
}

/* Keeping days is worth a transaction, but not a failure: another program may be writing. */
static bool enter_to_keep(ps_history *history)
{
    return !history->read_only && history_enter(history, NULL);
}

bool ps_history_days(ps_history *history, const ps_history_days_of *of, ps_history_day_visit visit,
                     void *context, ps_error *err)
{
    static const int64_t most = INT64_C(1) << 38;
    const int64_t ends[2] = {of->from < -most ? -most : of->from, of->to > most ? most : of->to};
    const bool read_only = history->read_only;
    numbers list = {0};
    int64_t number;
    bool entered, done;

    if (!history_known_host(history, of->host, &number, err))
        return false;
    entered = enter_to_keep(history);
    history->read_only = !entered;
    done = list_days(history, number, ends, &list, err);
    for (size_t i = 0; done && i < list.count; i++) {
        rollup r = {0};
        done = one_day(history, number, list.at[i], &r, err) &&
               (visit_rows(&r, list.at[i], of->tag, visit, context) ||
                ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped"));
        rollup_free(&r);
    }
    free(list.at);
    history->read_only = read_only;
    return entered ? history_leave(history, done, err) : done;
}
