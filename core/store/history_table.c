/* history_table.c - the table pool_sample: every row of every snapshot, for SQL. */
#include "base/array.h"
#include "store/history.h"

#include <stdio.h>
#include <string.h>

enum column {
    HOST,
    TIME,
    TAG,
    TAG_HEX,
    POOL,
    SESSION,
    ALLOCS,
    FREES,
    DIFF,
    BYTES,
    SNAPSHOT,
};

/* What a query asks for: bits of idxNum, whose values come in this order. */
enum asked { BY_HOST = 1, FROM_TIME = 2, TO_TIME = 4, BY_TAG = 8, ASKED = 4 };

typedef struct sample_table {
    sqlite3_vtab base;
    ps_history *history;
} sample_table;

typedef struct sample_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *reels; /* id and host of those that may have what is asked for */
    ps_reel *reel;
    const ps_frame *frame; /* NULL: at the end */
    size_t row;
    int64_t from, to, counted;
    bool by_tag;
    char tag[5];
} sample_cursor;

static int connect(sqlite3 *db, void *context, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **message)
{
    sample_table *table;
    const int done = sqlite3_declare_vtab(
        db, "CREATE TABLE x(host TEXT, time INTEGER, tag TEXT, tag_hex TEXT, pool TEXT,"
            " session INTEGER, allocs INTEGER, frees INTEGER, diff INTEGER, bytes INTEGER,"
            " snapshot INTEGER)");

    (void)argc;
    (void)argv;
    (void)message;
    if (done != SQLITE_OK)
        return done;
    table = sqlite3_malloc(sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (sample_table){.history = context};
    *out = &table->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int asked_by(const struct sqlite3_index_constraint *c)
{
    if (!c->usable)
        return 0;
    if (c->iColumn == HOST && c->op == SQLITE_INDEX_CONSTRAINT_EQ)
        return BY_HOST;
    if (c->iColumn == TAG && c->op == SQLITE_INDEX_CONSTRAINT_EQ)
        return BY_TAG;
    if (c->iColumn != TIME)
        return 0;
    if (c->op == SQLITE_INDEX_CONSTRAINT_GE || c->op == SQLITE_INDEX_CONSTRAINT_GT)
        return FROM_TIME;
    if (c->op == SQLITE_INDEX_CONSTRAINT_LE || c->op == SQLITE_INDEX_CONSTRAINT_LT)
        return TO_TIME;
    return c->op == SQLITE_INDEX_CONSTRAINT_EQ ? FROM_TIME | TO_TIME : 0;
}

/* SQLite looks at every row again, so that a bound need not be sharp. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int chosen[ASKED] = {-1, -1, -1, -1}, next = 1;

    (void)table;
    info->estimatedCost = 1e9;
    for (int i = 0; i < info->nConstraint; i++) {
        for (int bit = 0; bit < ASKED; bit++) {
            if ((asked_by(&info->aConstraint[i]) >> bit & 1) != 0 && chosen[bit] < 0 &&
                (bit != 2 || chosen[1] != i))
                chosen[bit] = i;
        }
    }
    for (int bit = 0; bit < ASKED; bit++) {
        if (chosen[bit] < 0)
            continue;
        info->idxNum |= 1 << bit;
        info->aConstraintUsage[chosen[bit]].argvIndex = next++;
        info->estimatedCost /= 30;
    }
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    sample_cursor *cursor = sqlite3_malloc(sizeof *cursor);

    (void)table;
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (sample_cursor){0};
    *out = &cursor->base;
    return SQLITE_OK;
}

static void let_go(sample_cursor *cursor)
{
    (void)sqlite3_finalize(cursor->reels);
    ps_reel_close(cursor->reel);
    cursor->reels = NULL;
    cursor->reel = NULL;
    cursor->frame = NULL;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
    let_go((sample_cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

static int refuse(sample_cursor *cursor, const ps_error *err)
{
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_mprintf("%s", err->text);
    cursor->frame = NULL;
    return err->code == PS_ENOMEM ? SQLITE_NOMEM : SQLITE_ERROR;
}

static bool is_asked_for(const sample_cursor *cursor)
{
    char tag[5];

    if (!cursor->by_tag)
        return true;
    ps_tag_text(ps_reel_sample(cursor->reel, cursor->row).tag & ~PS_TAG_PROTECTED, tag);
    return strcmp(tag, cursor->tag) == 0;
}

/* The next snapshot of the time that is asked for. */
static int next_frame(sample_cursor *cursor)
{
    ps_history *history = ((sample_table *)cursor->base.pVtab)->history;
    ps_error err;

    for (;;) {
        int step;

        while (cursor->reel != NULL) {
            if (!ps_reel_next(cursor->reel, &cursor->frame, &err))
                return refuse(cursor, &err);
            if (cursor->frame == NULL)
                break;
            if (cursor->frame->time >= cursor->from && cursor->frame->time <= cursor->to)
                return SQLITE_OK;
        }
        ps_reel_close(cursor->reel);
        cursor->reel = NULL;
        step = sqlite3_step(cursor->reels);
        if (step == SQLITE_DONE)
            return SQLITE_OK;
        if (step != SQLITE_ROW) {
            (void)history_fail(history, &err);
            return refuse(cursor, &err);
        }
        if (!history_open_reel(history, sqlite3_column_int64(cursor->reels, 0), &cursor->reel,
                               &err))
            return refuse(cursor, &err);
    }
}

/* From this row on, the next that is asked for. */
static int settle(sample_cursor *cursor)
{
    while (cursor->frame != NULL) {
        int done;

        for (; cursor->row < cursor->frame->rows; cursor->row++)
            if (is_asked_for(cursor))
                return SQLITE_OK;
        cursor->row = 0;
        done = next_frame(cursor);
        if (done != SQLITE_OK)
            return done;
    }
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base)
{
    sample_cursor *cursor = (sample_cursor *)base;

    cursor->row++;
    cursor->counted++;
    return settle(cursor);
}

static void take_question(sample_cursor *cursor, int asked, sqlite3_value **values)
{
    int next = (asked & BY_HOST) != 0;

    cursor->from = INT64_MIN;
    cursor->to = INT64_MAX;
    if ((asked & FROM_TIME) != 0 && sqlite3_value_numeric_type(values[next]) == SQLITE_INTEGER)
        cursor->from = sqlite3_value_int64(values[next]);
    next += (asked & FROM_TIME) != 0;
    if ((asked & TO_TIME) != 0 && sqlite3_value_numeric_type(values[next]) == SQLITE_INTEGER)
        cursor->to = sqlite3_value_int64(values[next]);
    next += (asked & TO_TIME) != 0;
    cursor->by_tag = (asked & BY_TAG) != 0 && sqlite3_value_text(values[next]) != NULL &&
                     sqlite3_value_bytes(values[next]) == 4;
    if (cursor->by_tag)
        (void)snprintf(cursor->tag, sizeof cursor->tag, "%s",
                       (const char *)sqlite3_value_text(values[next]));
}

static int filter(sqlite3_vtab_cursor *base, int asked, const char *text, int argc,
                  sqlite3_value **values)
{
    static const char sql[] =
        "SELECT r.id, h.name FROM main.reels r JOIN main.hosts h ON h.id = r.host"
        " WHERE (?1 IS NULL OR h.name = ?1) AND r.first <= ?3 AND r.last >= ?2"
        " ORDER BY h.name, r.first, r.id";
    sample_cursor *cursor = (sample_cursor *)base;
    ps_history *history = ((sample_table *)base->pVtab)->history;
    int done;

    (void)text;
    (void)argc;
    let_go(cursor);
    cursor->row = 0;
    cursor->counted = 0;
    take_question(cursor, asked, values);
    done = sqlite3_prepare_v2(history->db, sql, -1, &cursor->reels, NULL);
    if (done != SQLITE_OK)
        return done;
    if ((asked & BY_HOST) != 0)
        (void)sqlite3_bind_value(cursor->reels, 1, values[0]);
    (void)sqlite3_bind_int64(cursor->reels, 2, cursor->from);
    (void)sqlite3_bind_int64(cursor->reels, 3, cursor->to);
    done = next_frame(cursor);
    return done == SQLITE_OK ? settle(cursor) : done;
}

static int at_end(sqlite3_vtab_cursor *base) { return ((sample_cursor *)base)->frame == NULL; }

static void put_number(sqlite3_context *context, bool known, uint64_t value)
{
    if (known)
        sqlite3_result_int64(context, (int64_t)value);
}

static void put_tag(sqlite3_context *context, const ps_sample *sample, bool hex)
{
    char text[9];

    if (hex)
        (void)snprintf(text, sizeof text, "%08x", sample->tag);
    else
        ps_tag_text(sample->tag & ~PS_TAG_PROTECTED, text);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void put_session(sqlite3_context *context, int32_t session)
{
    if (session == PS_ALL_SESSIONS)
        sqlite3_result_text(context, "all", -1, SQLITE_STATIC);
    else if (session != PS_NO_SESSION)
        sqlite3_result_int(context, session);
}

static int get_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const sample_cursor *cursor = (sample_cursor *)base;
    const ps_sample sample = ps_reel_sample(cursor->reel, cursor->row);

    switch (column) {
    case HOST:
        sqlite3_result_value(context, sqlite3_column_value(cursor->reels, 1));
        break;
    case TIME:
        sqlite3_result_int64(context, cursor->frame->time);
        break;
    case TAG:
    case TAG_HEX:
        put_tag(context, &sample, column == TAG_HEX);
        break;
    case POOL:
        sqlite3_result_text(context, sample.pool == PS_POOL_PAGED ? "paged" : "nonpaged", -1,
                            SQLITE_STATIC);
        break;
    case SESSION:
        put_session(context, sample.session);
        break;
    case ALLOCS:
        put_number(context, (sample.known & PS_KNOW_ALLOCS) != 0, sample.allocs);
        break;
    case FREES:
        put_number(context, (sample.known & PS_KNOW_FREES) != 0, sample.frees);
        break;
    case DIFF:
        put_number(context, (sample.known & PS_KNOW_DIFF) != 0, (uint64_t)sample.diff);
        break;
    case BYTES:
        put_number(context, (sample.known & PS_KNOW_BYTES) != 0, (uint64_t)sample.bytes);
        break;
    default:
        sqlite3_result_int64(context, cursor->frame->id);
    }
    return SQLITE_OK;
}

static int get_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = ((sample_cursor *)base)->counted;
    return SQLITE_OK;
}

int history_sample_table(ps_history *history)
{
    static const sqlite3_module module = {.xConnect = connect,
                                          .xBestIndex = best_index,
                                          .xDisconnect = disconnect,
                                          .xOpen = open_cursor,
                                          .xClose = close_cursor,
                                          .xFilter = filter,
                                          .xNext = next_row,
                                          .xEof = at_end,
                                          .xColumn = get_column,
                                          .xRowid = get_rowid};

    return sqlite3_create_module(history->db, "pool_sample", &module, history);
}
