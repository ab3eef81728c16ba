/* history.c - the history file: opened, closed. */
#include "store/history.h"
#include "base/array.h"

#include <string.h>
#include <sys/stat.h>

enum { DEFAULT_BUSY_MS = 10000, LONGEST_VALUE = 128 << 20 };

/* The file may be crafted: its schema is not trusted, and no SQL reaches into its pages. */
static bool guard(ps_history *history, ps_error *err)
{
    sqlite3 *db = history->db;

    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
    (void)sqlite3_busy_timeout(db, history->busy_ms);
    return history_run(history, "PRAGMA cell_size_check = ON; PRAGMA synchronous = NORMAL", err);
}

static bool open_name(ps_history *history, const char *name, int mode, ps_error *err)
{
    if (sqlite3_open_v2(name, &history->db, mode | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return history->db == NULL ? ps_fail_memory(err) : history_fail(history, err);
    return guard(history, err) && history_layout(history, err) && history_views(history, err);
}

static void close_file(ps_history *history)
{
    history_forget(history);
    for (size_t i = 0; i < HISTORY_STATEMENTS; i++)
        (void)sqlite3_finalize(history->statements[i].statement);
    memset(history->statements, 0, sizeof history->statements);
    (void)sqlite3_close_v2(history->db);
    history->db = NULL;
}

/* Readers share a file beside the history, which they cannot make where they may not write. */
static bool is_not_ours_to_write(const ps_history *history)
{
    const int code = history->db == NULL ? SQLITE_OK : sqlite3_errcode(history->db) & 0xff;

    return code == SQLITE_READONLY || code == SQLITE_CANTOPEN;
}

/* Does a log beside the history hold what is not in it yet? */
static bool is_being_written(const char *path)
{
    const size_t length = strlen(path);
    char *log = ps_alloc(length, sizeof "-wal", 1);
    struct stat about;
    bool has_log = true;

    if (log != NULL) {
        memcpy(log, path, length);
        memcpy(log + length, "-wal", sizeof "-wal");
        has_log = stat(log, &about) == 0 && about.st_size > 0;
    }
    free(log);
    return has_log;
}

/* Open the history as a file that nobody changes, for which SQLite wants a name of this form. */
static bool open_unchanging(ps_history *history, ps_error *err)
{
    static const char head[] = "file:", tail[] = "?immutable=1", digits[] = "0123456789abcdef";
    char *name = ps_alloc(sizeof head + sizeof tail, strlen(history->path), 3), *to = name;
    bool ok;

    if (name == NULL)
        return ps_fail_memory(err);
    memcpy(to, head, sizeof head);
    to += sizeof head - 1;
    for (const char *from = history->path; *from != '\0'; from++) {
        *to++ = '%';
        *to++ = digits[(unsigned char)*from >> 4];
        *to++ = digits[(unsigned char)*from & 15];
    }
    memcpy(to, tail, sizeof tail);
    ok = open_name(history, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    free(name);
    return ok;
}

static bool open_file(ps_history *history, ps_error *err)
{
    if (!history->read_only)
        return open_name(history, history->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (open_name(history, history->path, SQLITE_OPEN_READONLY, err))
        return true;
    if (!is_not_ours_to_write(history) || is_being_written(history->path))
        return false;
    close_file(history);
    return open_unchanging(history, err);
}

bool ps_history_open(ps_history **out, const char *path, const ps_history_options *options,
                     ps_error *err)
{
    ps_history *history = calloc(1, sizeof *history);

    *out = NULL;
    if (history == NULL)
        return ps_fail_memory(err);
    history->read_only = options != NULL && options->read_only;
    history->busy_ms = options != NULL && options->busy_ms > 0 ? options->busy_ms : DEFAULT_BUSY_MS;
    history->path = ps_alloc(strlen(path), 1, 1);
    if (history->path != NULL)
        memcpy(history->path, path, strlen(path) + 1);
    if ((history->path != NULL || ps_fail_memory(err)) && open_file(history, err)) {
        *out = history;
        return true;
    }
    ps_history_close(history);
    return false;
}

void ps_history_close(ps_history *history)
{
    if (history == NULL)
        return;
    close_file(history);
    free(history->path);
    free(history);
}

const char *ps_history_path(const ps_history *history) { return history->path; }
