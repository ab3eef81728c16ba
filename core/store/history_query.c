/* history_query.c - questions in SQL, which can only read. */
#include "base/array.h"
#include "store/history.h"

#include <limits.h>
#include <string.h>

enum { STEPS_PER_CALL = 1000 };

struct ps_history_query {
    ps_history *history;
    sqlite3_stmt *statement;
    ps_progress progress;
    uint64_t done; /* thousands of steps */
    bool ended;
};

static int only_reading(void *context, int action, const char *a, const char *b, const char *c,
                        const char *d)
{
    (void)context;
    (void)a;
    (void)c;
    (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return b != NULL && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

/* Names that people can guess, over the tables as they are. */
bool history_views(ps_history *history, ps_error *err)
{
    static const char views[] =
        "CREATE TEMP TABLE clock_step(id INTEGER PRIMARY KEY);"
        "CREATE TEMP VIEW host AS SELECT id, name FROM main.hosts;"
        "CREATE TEMP VIEW snapshot AS SELECT s.id, h.name AS host, s.time, o.word AS origin,"
        " t.word AS time_source, f.path AS source, f.sha256, s.line, s.uptime AS uptime_s, s.rows,"
        " s.reboot AND s.id NOT IN (SELECT id FROM temp.clock_step) AS reboot"
        " FROM main.snapshots s JOIN main.hosts h ON h.id = s.host"
        " LEFT JOIN main.words o ON o.id = s.origin LEFT JOIN main.words t ON t.id = s.time_source"
        " LEFT JOIN main.sources f ON f.id = s.source;"
        "CREATE TEMP TABLE day(host TEXT, day INTEGER, tag TEXT, tag_hex TEXT, pool TEXT,"
        " session, n INTEGER, first_bytes INTEGER, last_bytes INTEGER, least_bytes INTEGER,"
        " most_bytes INTEGER, slope REAL);"
        "CREATE TEMP TABLE driver(host TEXT, time INTEGER, name TEXT, path TEXT, version TEXT,"
        " sha256 TEXT, timestamp INTEGER)";

    return history_run(history, views, err) &&
           (history_sample_table(history) == SQLITE_OK || history_fail(history, err));
}

/* A table of ours is declared in SQL when it is first named, which reading alone would not allow. */
static bool connect_table(ps_history *history, ps_error *err)
{
    sqlite3_stmt *statement = NULL;
    const bool done = sqlite3_prepare_v2(history->db, "SELECT 1 FROM pool_sample", -1, &statement,
                                         NULL) == SQLITE_OK ||
                      history_fail(history, err);

    (void)sqlite3_finalize(statement);
    return done;
}

bool ps_history_query_open(ps_history_query **out, ps_history *history, const char *sql,
                           ps_error *err)
{
    ps_history_query *query;
    const char *rest = "";
    bool done;

    *out = NULL;
    if (!history_flush(history, err) || !history_fill_views(history, sql, err))
        return false;
    query = calloc(1, sizeof *query);
    if (query == NULL)
        return ps_fail_memory(err);
    query->history = history;
    if (!connect_table(history, err)) {
        ps_history_query_close(query);
        return false;
    }
    (void)sqlite3_set_authorizer(history->db, only_reading, NULL);
    done = sqlite3_prepare_v2(history->db, sql, -1, &query->statement, &rest) == SQLITE_OK;
    (void)sqlite3_set_authorizer(history->db, NULL, NULL);
    if (done && query->statement != NULL && rest[strspn(rest, " \t\r\n;")] == '\0' &&
        sqlite3_stmt_readonly(query->statement)) {
        *out = query;
        return true;
    }
    if (done && query->statement != NULL && !sqlite3_stmt_readonly(query->statement)) {
        (void)ps_fail(err, PS_EFORMAT, PS_NOWHERE, "SQL: it can only read"); /* VACUUM INTO */
    } else if (!done) {
        (void)ps_fail(err, PS_EFORMAT, PS_NOWHERE, "SQL: %s%s", sqlite3_errmsg(history->db),
                      sqlite3_errcode(history->db) == SQLITE_AUTH ? " (it can only read)" : "");
    } else {
        (void)ps_fail(err, PS_EFORMAT, PS_NOWHERE, "SQL: one statement is wanted");
    }
    ps_history_query_close(query);
    return false;
}

bool ps_history_clock_step(ps_history *history, int64_t snapshot, ps_error *err)
{
    sqlite3_stmt *insert =
        history_statement(history, "INSERT OR IGNORE INTO temp.clock_step VALUES(?1)", err);

    if (insert == NULL)
        return false;
    (void)sqlite3_bind_int64(insert, 1, snapshot);
    return history_done(history, insert, err);
}

bool ps_history_query_bind(ps_history_query *query, size_t index, const ps_history_value *value,
                           ps_error *err)
{
    sqlite3_stmt *s = query->statement;
    int done = SQLITE_RANGE;

    if (index <= INT_MAX && value->kind == PS_HISTORY_NULL)
        done = sqlite3_bind_null(s, (int)index);
    else if (index <= INT_MAX && value->kind == PS_HISTORY_INTEGER)
        done = sqlite3_bind_int64(s, (int)index, value->integer);
    else if (index <= INT_MAX && value->kind == PS_HISTORY_REAL)
        done = sqlite3_bind_double(s, (int)index, value->real);
    else if (index <= INT_MAX && value->kind == PS_HISTORY_TEXT) {
        done = sqlite3_bind_text64(s, (int)index, value->data, value->size, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    } else if (index <= INT_MAX) {
        done = sqlite3_bind_blob64(s, (int)index, value->data, value->size, SQLITE_TRANSIENT);
    }
    if (done == SQLITE_RANGE)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "SQL: there is no parameter %zu", index);
    return done == SQLITE_OK || history_fail(query->history, err);
}

static int go_on_or_not(void *context)
{
    ps_history_query *query = context;

    return query->progress.step(query->progress.context, ++query->done, 0) ? 0 : 1;
}

void ps_history_query_watch(ps_history_query *query, const ps_progress *progress)
{
    query->progress = progress != NULL ? *progress : (ps_progress){.step = NULL};
}

/* The handler is the connection's, so it is there for no longer than this question is worked on. */
static int step_watched(ps_history_query *query)
{
    int step;

    if (query->progress.step == NULL)
        return sqlite3_step(query->statement);
    sqlite3_progress_handler(query->history->db, STEPS_PER_CALL, go_on_or_not, query);
    step = sqlite3_step(query->statement);
    sqlite3_progress_handler(query->history->db, 0, NULL, NULL);
    return step;
}

bool ps_history_query_next(ps_history_query *query, bool *row, ps_error *err)
{
    int step;

    *row = false;
    if (query->ended)
        return true;
    step = step_watched(query);
    query->ended = step == SQLITE_DONE;
    *row = step == SQLITE_ROW;
    if (step == SQLITE_ROW || step == SQLITE_DONE)
        return true;
    if ((step & 0xff) == SQLITE_INTERRUPT)
        return ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "SQL: stopped");
    return (step & 0xff) == SQLITE_ERROR
               ? ps_fail(err, PS_EFORMAT, PS_NOWHERE, "SQL: %s", sqlite3_errmsg(query->history->db))
               : history_fail(query->history, err);
}

size_t ps_history_query_columns(const ps_history_query *query)
{
    return (size_t)sqlite3_column_count(query->statement);
}

const char *ps_history_query_name(const ps_history_query *query, size_t column)
{
    return column < ps_history_query_columns(query)
               ? sqlite3_column_name(query->statement, (int)column)
               : NULL;
}

ps_history_value ps_history_query_value(const ps_history_query *query, size_t column)
{
    const int i = (int)column;
    ps_history_value value = {.kind = PS_HISTORY_NULL};

    switch (sqlite3_column_type(query->statement, i)) {
    case SQLITE_INTEGER:
        value.kind = PS_HISTORY_INTEGER;
        value.integer = sqlite3_column_int64(query->statement, i);
        break;
    case SQLITE_FLOAT:
        value.kind = PS_HISTORY_REAL;
        value.real = sqlite3_column_double(query->statement, i);
        break;
    case SQLITE_TEXT:
        value.kind = PS_HISTORY_TEXT;
        value.data = sqlite3_column_text(query->statement, i);
        value.size = (size_t)sqlite3_column_bytes(query->statement, i);
        break;
    case SQLITE_BLOB:
        value.kind = PS_HISTORY_BYTES;
        value.data = sqlite3_column_blob(query->statement, i);
        value.size = (size_t)sqlite3_column_bytes(query->statement, i);
        break;
    default:
        break;
    }
    return value;
}

void ps_history_query_close(ps_history_query *query)
{
    if (query == NULL)
        return;
    (void)sqlite3_finalize(query->statement);
    free(query);
}
