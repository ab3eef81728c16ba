/* history_reels.c - which reel a snapshot goes into, and how reels get into the file. */
#include "base/array.h"
#include "store/history.h"

/* --- reading --------------------------------------------------------------------------------- */

static bool open_column(ps_history *history, sqlite3_stmt *query, ps_reel **out, ps_error *err)
{
    const void *data = sqlite3_column_blob(query, 0);
    const size_t size = (size_t)sqlite3_column_bytes(query, 0);
    ps_error own;

    if (data == NULL || history_checksum(data, size) != (uint64_t)sqlite3_column_int64(query, 1))
        return history_damaged(history, err, "a checksum does not fit");
    if (ps_reel_open(out, data, size, &own))
        return true;
    return own.code == PS_ENOMEM ? ps_fail_memory(err) : history_damaged(history, err, own.text);
}

bool history_open_reel(ps_history *history, int64_t row, ps_reel **out, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query =
        history_statement(history, "SELECT data, checksum FROM reels WHERE id = ?1", err);
    bool done;

    *out = NULL;
    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, row);
    if (!history_row(history, query, &own))
        return own.code != PS_OK ? ps_fail(err, own.code, own.offset, "%s", own.text)
                                 : history_damaged(history, err, "snapshots are missing");
    done = open_column(history, query, out, err);
    (void)sqlite3_reset(query);
    return done;
}

static bool read_to_end(ps_history *history, ps_reel *reel, ps_error *err)
{
    const ps_frame *frame;
    ps_error own;

    do {
        if (!ps_reel_next(reel, &frame, &own))
            return own.code == PS_ENOMEM ? ps_fail_memory(err)
                                         : history_damaged(history, err, own.text);
    } while (frame != NULL);
    return true;
}

/* --- writing --------------------------------------------------------------------------------- */

static bool store(ps_history *history, const open_reel *o, ps_error *err)
{
    sqlite3_stmt *insert = history_statement(
        history,
        "INSERT OR REPLACE INTO reels(id, host, first, last, snapshots, checksum, data)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        err);
    uint8_t *data;
    size_t size;
    bool done;

    if (insert == NULL || !ps_reel_seal(o->reel, REEL_LEVEL, &data, &size, err))
        return false;
    (void)sqlite3_bind_int64(insert, 1, o->row);
    (void)sqlite3_bind_int64(insert, 2, o->host);
    (void)sqlite3_bind_int64(insert, 3, o->first);
    (void)sqlite3_bind_int64(insert, 4, o->last);
    (void)sqlite3_bind_int64(insert, 5, (int64_t)ps_reel_frames(o->reel));
    (void)sqlite3_bind_int64(insert, 6, (int64_t)history_checksum(data, size));
    (void)sqlite3_bind_blob64(insert, 7, data, size, SQLITE_STATIC);
    done = history_done(history, insert, err);
    (void)sqlite3_clear_bindings(insert);
    free(data);
    return done;
}

static bool mark(ps_history *history, int64_t snapshot, bool reboot, ps_error *err)
{
    sqlite3_stmt *update = history_statement(
        history, "UPDATE snapshots SET reboot = ?2 WHERE id = ?1 AND reboot <> ?2", err);

    if (update == NULL)
        return false;
    (void)sqlite3_bind_int64(update, 1, snapshot);
    (void)sqlite3_bind_int64(update, 2, reboot);
    return history_done(history, update, err);
}

static bool move(ps_history *history, int64_t snapshot, int64_t reel, ps_error *err)
{
    sqlite3_stmt *update =
        history_statement(history, "UPDATE snapshots SET reel = ?2 WHERE id = ?1", err);

    if (update == NULL)
        return false;
    (void)sqlite3_bind_int64(update, 1, snapshot);
    (void)sqlite3_bind_int64(update, 2, reel);
    return history_done(history, update, err);
}

/* One whole number; fallback where there is no row or it is NULL. */
static bool ask(ps_history *history, sqlite3_stmt *query, int64_t fallback, int64_t *number,
                ps_error *err)
{
    ps_error own = {.code = PS_OK};

    *number = fallback;
    if (history_row(history, query, &own)) {
        if (sqlite3_column_type(query, 0) != SQLITE_NULL)
            *number = sqlite3_column_int64(query, 0);
        (void)sqlite3_reset(query);
        return true;
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

/* What follows the reel was compared with what stood before it until now. */
static bool compare_next(ps_history *history, open_reel *o, ps_error *err)
{
    sqlite3_stmt *query = history_statement(history,
                                            "SELECT id FROM reels WHERE host = ?1 AND first >= ?2 "
                                            "AND id <> ?3 ORDER BY first, id LIMIT 1",
                                            err);
    const ps_frame *frame = NULL;
    ps_snapshot *snapshot = NULL;
    ps_reel *next = NULL;
    bool reboot, done = false;
    int64_t row;

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, o->host);
    (void)sqlite3_bind_int64(query, 2, o->last);
    (void)sqlite3_bind_int64(query, 3, o->row);
    if (!ask(history, query, 0, &row, err) || row == 0)
        return row == 0;
    if (history_open_reel(history, row, &next, err) && ps_reel_next(next, &frame, err) &&
        frame != NULL && ps_reel_snapshot(next, &snapshot, err) &&
        ps_reel_reboot(o->reel, snapshot, &reboot, err))
        done = mark(history, frame->id, reboot, err);
    ps_snapshot_close(snapshot);
    ps_reel_close(next);
    return done;
}

static bool flush_one(ps_history *history, open_reel *o, ps_error *err)
{
    if (o->reel == NULL || !o->dirty)
        return true;
    if (!store(history, o, err) || (o->until != INT64_MAX && !compare_next(history, o, err)))
        return false;
    o->dirty = false;
    return true;
}

bool history_flush(ps_history *history, ps_error *err)
{
    for (size_t i = 0; i < HISTORY_REELS; i++)
        if (!flush_one(history, &history->reels[i], err))
            return false;
    return true;
}

static void drop(open_reel *o)
{
    ps_reel_close(o->reel);
    *o = (open_reel){0};
}

void history_forget(ps_history *history)
{
    for (size_t i = 0; i < HISTORY_REELS; i++)
        drop(&history->reels[i]);
    history->next_reel = 0;
}

/* --- the place of a snapshot ----------------------------------------------------------------- */

static bool new_row(ps_history *history, int64_t *row, ps_error *err)
{
    if (history->next_reel == 0) {
        sqlite3_stmt *query = history_statement(history, "SELECT max(id) + 1 FROM reels", err);
        if (query == NULL || !ask(history, query, 1, &history->next_reel, err))
            return false;
    }
    *row = history->next_reel++;
    return true;
}

static open_reel *cached(ps_history *history, int64_t host)
{
    for (size_t i = 0; i < HISTORY_REELS; i++)
        if (history->reels[i].reel != NULL && history->reels[i].host == host)
            return &history->reels[i];
    return NULL;
}

/* A free place; the one that was used longest ago is made free. */
static open_reel *free_place(ps_history *history, ps_error *err)
{
    open_reel *oldest = &history->reels[0];

    for (size_t i = 0; i < HISTORY_REELS; i++) {
        open_reel *o = &history->reels[i];
        if (o->reel == NULL)
            return o;
        if (o->used < oldest->used)
            oldest = o;
    }
    if (!flush_one(history, oldest, err))
        return NULL;
    drop(oldest);
    return oldest;
}

/* A new reel for what comes at a time. */
static bool start(ps_history *history, open_reel *o, const history_place *place, int64_t until,
                  ps_error *err)
{
    *o =
        (open_reel){.host = place->host, .first = place->time, .last = place->time, .until = until};
    return new_row(history, &o->row, err) && ps_reel_new(&o->reel, err);
}

/* The reel that begins last at or before the time; its row is 0 where there is none. */
static bool find_before(ps_history *history, const history_place *place, open_reel *found,
                        ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(history,
                                            "SELECT id, first, last FROM reels WHERE host = ?1 AND"
                                            " first <= ?2 ORDER BY first DESC, id DESC LIMIT 1",
                                            err);

    *found = (open_reel){.host = place->host};
    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, place->host);
    (void)sqlite3_bind_int64(query, 2, place->time);
    if (history_row(history, query, &own)) {
        found->row = sqlite3_column_int64(query, 0);
        found->first = sqlite3_column_int64(query, 1);
        found->last = sqlite3_column_int64(query, 2);
        (void)sqlite3_reset(query);
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

static bool find_until(ps_history *history, const history_place *place, int64_t *until,
                       ps_error *err)
{
    sqlite3_stmt *query = history_statement(
        history, "SELECT min(first) FROM reels WHERE host = ?1 AND first > ?2", err);

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, place->host);
    (void)sqlite3_bind_int64(query, 2, place->time);
    return ask(history, query, INT64_MAX, until, err);
}

static bool append(ps_history *history, open_reel *o, const history_place *place,
                   const ps_snapshot *snapshot, ps_error *err)
{
    bool reboot = false;

    if (!ps_reel_reboot(o->reel, snapshot, &reboot, err))
        return false;
    if (reboot || ps_reel_frames(o->reel) >= REEL_FULL ||
        !ps_reel_fits(o->reel, ps_snapshot_count(snapshot))) {
        const int64_t until = o->until;

        o->until = place->time; /* what follows is compared here */
        if (o->dirty && !store(history, o, err))
            return false;
        drop(o);
        if (!start(history, o, place, until, err))
            return false;
    }
    if (!ps_reel_append(o->reel, place->row, place->time, snapshot, err))
        return false;
    o->last = place->time;
    o->dirty = true;
    o->used = ++history->clock;
    return move(history, place->row, o->row, err) &&
           (!reboot || mark(history, place->row, true, err));
}

/* --- a snapshot between others --------------------------------------------------------------- */

/* A reel that is written anew with one more: in two halves where it was full. */
typedef struct cut {
    ps_history *history;
    open_reel to;
    size_t half;
} cut;

static bool add_to_cut(cut *c, const history_place *place, const ps_snapshot *snapshot,
                       bool compare, ps_error *err)
{
    bool reboot = false;

    if (compare && (!ps_reel_reboot(c->to.reel, snapshot, &reboot, err) ||
                    !mark(c->history, place->row, reboot, err)))
        return false;
    if (ps_reel_frames(c->to.reel) >= c->half ||
        !ps_reel_fits(c->to.reel, ps_snapshot_count(snapshot))) {
        if (!store(c->history, &c->to, err))
            return false;
        drop(&c->to);
        if (!start(c->history, &c->to, place, INT64_MAX, err))
            return false;
    }
    c->to.last = place->time;
    return ps_reel_append(c->to.reel, place->row, place->time, snapshot, err) &&
           move(c->history, place->row, c->to.row, err);
}

static bool copy_around(cut *c, ps_reel *from, const history_place *place,
                        const ps_snapshot *snapshot, ps_error *err)
{
    const ps_frame *frame;
    bool placed = false, after = false;

    while (ps_reel_next(from, &frame, err) && frame != NULL) {
        const history_place old = {.host = place->host, .row = frame->id, .time = frame->time};
        ps_snapshot *copy;
        bool done;

        if (!placed && frame->time > place->time) {
            placed = after = true;
            if (!add_to_cut(c, place, snapshot, true, err))
                return false;
        }
        if (!ps_reel_snapshot(from, &copy, err))
            return false;
        done = add_to_cut(c, &old, copy, after, err);
        after = false;
        ps_snapshot_close(copy);
        if (!done)
            return false;
    }
    return placed && frame == NULL;
}

static bool place_inside(ps_history *history, const open_reel *found, const history_place *place,
                         const ps_snapshot *snapshot, ps_error *err)
{
    cut c = {.history = history, .to = *found};
    ps_error own = {.code = PS_EFORMAT, .text = "a reel's times"};
    ps_reel *from = NULL;
    bool done = false;

    c.to.until = INT64_MAX;
    if (history_open_reel(history, found->row, &from, err) && ps_reel_new(&c.to.reel, err)) {
        const size_t frames = ps_reel_frames(from);

        c.half = frames < REEL_FULL ? REEL_FULL : frames / 2 + 1;
        done = copy_around(&c, from, place, snapshot, &own) ? store(history, &c.to, err)
               : own.code == PS_EFORMAT ? history_damaged(history, err, own.text)
                                        : ps_fail(err, own.code, own.offset, "%s", own.text);
    }
    ps_reel_close(c.to.reel);
    ps_reel_close(from);
    return done;
}

/* Make the reel whose end the snapshot belongs to the open one of its host. */
static bool open_for(ps_history *history, const open_reel *found, const history_place *place,
                     ps_error *err)
{
    open_reel *o = free_place(history, err);
    ps_reel *reel = NULL;
    int64_t until;

    if (o == NULL || !find_until(history, place, &until, err))
        return false;
    if (found->row == 0)
        return start(history, o, place, until, err);
    if (!history_open_reel(history, found->row, &reel, err) || !read_to_end(history, reel, err)) {
        ps_reel_close(reel);
        return false;
    }
    *o = *found;
    o->reel = reel;
    o->until = until;
    return true;
}

bool history_splice(ps_history *history, const history_place *place, const ps_snapshot *snapshot,
                    ps_error *err)
{
    open_reel *o = cached(history, place->host);
    open_reel found;

    if (o != NULL && place->time >= o->last && place->time < o->until)
        return append(history, o, place, snapshot, err);
    if (o != NULL) {
        if (!flush_one(history, o, err))
            return false;
        drop(o);
    }
    if (!find_before(history, place, &found, err))
        return false;
    if (found.row != 0 && place->time < found.last)
        return place_inside(history, &found, place, snapshot, err);
    return open_for(history, &found, place, err) &&
           append(history, cached(history, place->host), place, snapshot, err);
}

/* --- reels that are written anew -------------------------------------------------------------- */

/* Copy what is left of a reel, from a time on, to the end of another. */
static bool copy_from(ps_history *history, ps_reel *from, int64_t time, open_reel *to, bool moved,
                      ps_error *err)
{
    const ps_frame *frame = NULL;
    ps_error own = {.code = PS_OK};

    while (ps_reel_next(from, &frame, &own) && frame != NULL) {
        ps_snapshot *copy;
        bool done;

        if (frame->time < time)
            continue;
        if (ps_reel_frames(to->reel) == 0)
            to->first = frame->time;
        to->last = frame->time;
        if (!ps_reel_snapshot(from, &copy, err))
            return false;
        done = ps_reel_append(to->reel, frame->id, frame->time, copy, err) &&
               (!moved || move(history, frame->id, to->row, err));
        ps_snapshot_close(copy);
        if (!done)
            return false;
    }
    return own.code == PS_OK || own.code == PS_ENOMEM ? own.code == PS_OK || ps_fail_memory(err)
                                                      : history_damaged(history, err, own.text);
}

static bool remove_reel(ps_history *history, int64_t row, ps_error *err)
{
    sqlite3_stmt *removal = history_statement(history, "DELETE FROM reels WHERE id = ?1", err);

    if (removal == NULL)
        return false;
    (void)sqlite3_bind_int64(removal, 1, row);
    return history_done(history, removal, err);
}

static bool host_of(ps_history *history, int64_t row, int64_t *host, ps_error *err)
{
    sqlite3_stmt *query = history_statement(history, "SELECT host FROM reels WHERE id = ?1", err);

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, row);
    return ask(history, query, 0, host, err);
}

bool history_cut_front(ps_history *history, int64_t row, int64_t before, ps_error *err)
{
    open_reel to = {.row = row};
    ps_reel *from = NULL;
    bool done = host_of(history, row, &to.host, err) &&
                history_open_reel(history, row, &from, err) && ps_reel_new(&to.reel, err) &&
                copy_from(history, from, before, &to, false, err);

    if (done)
        done =
            ps_reel_frames(to.reel) > 0 ? store(history, &to, err) : remove_reel(history, row, err);
    ps_reel_close(to.reel);
    ps_reel_close(from);
    return done;
}

bool history_join_reels(ps_history *history, int64_t first, int64_t second, ps_error *err)
{
    open_reel to = {.row = first};
    ps_reel *a = NULL, *b = NULL;
    const bool done = host_of(history, first, &to.host, err) &&
                      history_open_reel(history, first, &a, err) &&
                      history_open_reel(history, second, &b, err) && ps_reel_new(&to.reel, err) &&
                      copy_from(history, a, INT64_MIN, &to, false, err) &&
                      copy_from(history, b, INT64_MIN, &to, true, err) &&
                      remove_reel(history, second, err) && store(history, &to, err);

    ps_reel_close(to.reel);
    ps_reel_close(b);
    ps_reel_close(a);
    return done;
}
