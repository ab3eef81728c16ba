/* driver_index.c - the driver index: what the scanner made of each file, kept in an SQLite file by path
 * and by content. */
#include "base/error.h"
#include "poolsleuth.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAYOUT = 1, BUSY_MS = 2000 };

typedef enum statement {
    FIND_FILE,
    FIND_DETAIL,
    FIND_TAG,
    FIND_CONTENT,
    ADD_CONTENT,
    ADD_DETAIL,
    ADD_FILE,
    ADD_TAG,
    STATEMENTS,
} statement;

struct ps_driver_index {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

static const char *const texts[STATEMENTS] = {
    [FIND_FILE] = "SELECT c.sha256, c.summary FROM files f JOIN contents c ON c.id = f.content "
                  "WHERE f.path = ?1 AND f.size = ?2 AND f.mtime_ns = ?3 AND f.ctime_ns = ?4",
    [FIND_DETAIL] = "SELECT d.detail FROM contents c JOIN details d ON d.content = c.id "
                    "WHERE c.sha256 = ?1",
    [FIND_TAG] = "SELECT f.path, f.size, f.mtime_ns, f.ctime_ns, c.sha256, c.summary FROM tags t "
                 "JOIN contents c ON c.id = t.content JOIN files f ON f.content = c.id "
                 "WHERE t.tag = ?1 ORDER BY f.path",
    [FIND_CONTENT] = "SELECT id FROM contents WHERE sha256 = ?1",
    [ADD_CONTENT] = "INSERT INTO contents(sha256, summary) VALUES(?1, ?2)",
    [ADD_DETAIL] = "INSERT INTO details(content, detail) VALUES(?1, ?2)",
    [ADD_FILE] = "INSERT OR REPLACE INTO files(path, size, mtime_ns, ctime_ns, content) "
                 "VALUES(?1, ?2, ?3, ?4, ?5)",
    [ADD_TAG] = "INSERT OR IGNORE INTO tags(tag, content) VALUES(?1, ?2)",
};

static const char layout[] =
    "CREATE TABLE scanner(version TEXT NOT NULL);"
    "CREATE TABLE contents(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,"
    " summary BLOB NOT NULL);"
    "CREATE TABLE details(content INTEGER PRIMARY KEY, detail BLOB NOT NULL);"
    "CREATE TABLE files(path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " ctime_ns INTEGER NOT NULL, content INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX files_by_content ON files(content);"
    "CREATE TABLE tags(tag INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY(tag, content))"
    " WITHOUT ROWID;";

static bool fail(const ps_driver_index *index, ps_error *err)
{
    const int code = sqlite3_errcode(index->db);

    return ps_fail(err, code == SQLITE_NOMEM ? PS_ENOMEM : PS_EIO, PS_NOWHERE,
                   "the driver index: %s", sqlite3_errmsg(index->db));
}

static bool run(ps_driver_index *index, const char *sql, ps_error *err)
{
    return sqlite3_exec(index->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(index, err);
}

/* --- opening --------------------------------------------------------------------------------- */

/* The whole number or the text that a query gives first; false where it gives none. */
static bool ask(ps_driver_index *index, const char *sql, int64_t *number, char *text, size_t room)
{
    sqlite3_stmt *query = NULL;
    bool found = false;

    if (sqlite3_prepare_v2(index->db, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW) {
        const unsigned char *value = sqlite3_column_text(query, 0);
        found = value != NULL;
        *number = sqlite3_column_int64(query, 0);
        if (found && text != NULL)
            (void)snprintf(text, room, "%s", (const char *)value);
    }
    (void)sqlite3_finalize(query);
    return found;
}

/* Throw away what another scanner or another layout left behind. */
static bool start_anew(ps_driver_index *index, const char *scanner, ps_error *err)
{
    sqlite3_stmt *insert = NULL;
    bool done;

    if (!run(index,
             "BEGIN IMMEDIATE; DROP TABLE IF EXISTS scanner; DROP TABLE IF EXISTS tags;"
             "DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS contents; DROP TABLE IF EXISTS "
             "details;",
             err) ||
        !run(index, layout, err))
        return false;
    done = sqlite3_prepare_v2(index->db, "INSERT INTO scanner VALUES(?1)", -1, &insert, NULL) ==
               SQLITE_OK &&
           sqlite3_bind_text(insert, 1, scanner, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
           sqlite3_step(insert) == SQLITE_DONE;
    (void)sqlite3_finalize(insert);
    if (!done)
        return fail(index, err);
    return run(index, "PRAGMA user_version = 1; COMMIT", err);
}

static bool is_ours(ps_driver_index *index, const char *scanner)
{
    char version[128] = "";
    int64_t number = 0;

    if (!ask(index, "PRAGMA user_version", &number, NULL, 0) || number != LAYOUT)
        return false;
    return ask(index, "SELECT version FROM scanner", &number, version, sizeof version) &&
           strcmp(version, scanner) == 0;
}

static bool prepare_all(ps_driver_index *index, ps_error *err)
{
    for (int i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(index->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &index->statements[i], NULL) != SQLITE_OK)
            return fail(index, err);
    }
    return true;
}

static bool open_file(ps_driver_index *index, const char *path, const char *scanner, ps_error *err)
{
    if (sqlite3_open_v2(path, &index->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return index->db == NULL ? ps_fail_memory(err) : fail(index, err);
    (void)sqlite3_busy_timeout(index->db, BUSY_MS);
    if (!run(index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", err))
        return false;
    if (!is_ours(index, scanner) && !start_anew(index, scanner, err))
        return false;
    return prepare_all(index, err);
}

static void let_go(ps_driver_index *index)
{
    for (int i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(index->statements[i]);
        index->statements[i] = NULL;
    }
    (void)sqlite3_close_v2(index->db);
    index->db = NULL;
}

/* A file that is no database, or a broken one: what it held can be found out again. */
static bool is_broken(const ps_driver_index *index)
{
    const int code = index->db == NULL ? SQLITE_OK : sqlite3_errcode(index->db) & 0xff;

    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

bool ps_driver_index_open(ps_driver_index **out, const char *path, const char *scanner,
                          ps_error *err)
{
    ps_driver_index *index = calloc(1, sizeof *index);
    ps_error first = {.code = PS_OK};
    bool done;

    *out = NULL;
    if (index == NULL)
        return ps_fail_memory(err);
    done = open_file(index, path, scanner, &first);
    if (!done && is_broken(index)) {
        let_go(index);
        done = unlink(path) == 0 && open_file(index, path, scanner, &first);
    }
    if (done) {
        *out = index;
        return true;
    }
    ps_driver_index_close(index);
    return ps_fail(err, first.code, PS_NOWHERE, "%s: %s", path, first.text);
}

void ps_driver_index_close(ps_driver_index *index)
{
    if (index == NULL)
        return;
    let_go(index);
    free(index);
}

/* --- finding --------------------------------------------------------------------------------- */

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)((uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec);
}

static bool read_stamp(const char *path, ps_driver_index_stamp *stamp)
{
    struct stat file;

    *stamp = (ps_driver_index_stamp){.size = -1};
    if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    stamp->size = file.st_size;
    stamp->mtime_ns = nanoseconds(file.st_mtim);
    stamp->ctime_ns = nanoseconds(file.st_ctim);
    return true;
}

static bool bind_stamp(sqlite3_stmt *query, const char *path, const ps_driver_index_stamp *stamp)
{
    return sqlite3_bind_text(query, 1, path, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_int64(query, 2, stamp->size) == SQLITE_OK &&
           sqlite3_bind_int64(query, 3, stamp->mtime_ns) == SQLITE_OK &&
           sqlite3_bind_int64(query, 4, stamp->ctime_ns) == SQLITE_OK;
}

static sqlite3_stmt *fresh(ps_driver_index *index, statement which)
{
    sqlite3_stmt *query = index->statements[which];

    (void)sqlite3_reset(query);
    (void)sqlite3_clear_bindings(query);
    return query;
}

/* The content of a row, from this column on. */
static void take_content(ps_driver_index_entry *entry, sqlite3_stmt *query, int column)
{
    entry->sha256 = (const char *)sqlite3_column_text(query, column);
    entry->summary = sqlite3_column_blob(query, column + 1);
    entry->summary_size = (size_t)sqlite3_column_bytes(query, column + 1);
}

bool ps_driver_index_find(ps_driver_index *index, const char *path, ps_driver_index_stamp *stamp,
                          ps_driver_index_entry *entry, ps_error *err)
{
    sqlite3_stmt *query = fresh(index, FIND_FILE);
    int step;

    *entry = (ps_driver_index_entry){.path = path};
    if (!read_stamp(path, stamp))
        return true;
    if (!bind_stamp(query, path, stamp))
        return fail(index, err);
    step = sqlite3_step(query);
    if (step == SQLITE_ROW)
        take_content(entry, query, 0);
    return step == SQLITE_ROW || step == SQLITE_DONE || fail(index, err);
}

bool ps_driver_index_detail(ps_driver_index *index, const char *sha256, const void **data,
                            size_t *size, ps_error *err)
{
    sqlite3_stmt *query = fresh(index, FIND_DETAIL);
    int step;

    *data = NULL;
    *size = 0;
    if (sqlite3_bind_text(query, 1, sha256, -1, SQLITE_TRANSIENT) != SQLITE_OK)
        return fail(index, err);
    step = sqlite3_step(query);
    if (step == SQLITE_DONE)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the driver index has no content %s", sha256);
    if (step != SQLITE_ROW)
        return fail(index, err);
    *data = sqlite3_column_blob(query, 0);
    *size = (size_t)sqlite3_column_bytes(query, 0);
    return true;
}

static bool is_unchanged(const char *path, sqlite3_stmt *query)
{
    ps_driver_index_stamp stamp;

    return read_stamp(path, &stamp) && stamp.size == sqlite3_column_int64(query, 1) &&
           stamp.mtime_ns == sqlite3_column_int64(query, 2) &&
           stamp.ctime_ns == sqlite3_column_int64(query, 3);
}

bool ps_driver_index_with_tag(ps_driver_index *index, ps_tag tag, ps_driver_index_visit visit,
                              void *context, ps_error *err)
{
    sqlite3_stmt *query = fresh(index, FIND_TAG);
    int step;

    if (sqlite3_bind_int64(query, 1, tag & ~PS_TAG_PROTECTED) != SQLITE_OK)
        return fail(index, err);
    while ((step = sqlite3_step(query)) == SQLITE_ROW) {
        ps_driver_index_entry entry = {.path = (const char *)sqlite3_column_text(query, 0)};

        take_content(&entry, query, 4);
        if (entry.path == NULL || entry.sha256 == NULL || entry.summary == NULL)
            continue;
        entry.stale = !is_unchanged(entry.path, query);
        if (!visit(context, &entry))
            return ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped");
    }
    return step == SQLITE_DONE || fail(index, err);
}

/* --- adding ---------------------------------------------------------------------------------- */

bool ps_driver_index_begin(ps_driver_index *index, ps_error *err)
{
    return run(index, "BEGIN IMMEDIATE", err);
}

bool ps_driver_index_begin_finding(ps_driver_index *index, ps_error *err)
{
    return run(index, "BEGIN", err);
}

bool ps_driver_index_commit(ps_driver_index *index, ps_error *err)
{
    return run(index, "COMMIT", err);
}

void ps_driver_index_rollback(ps_driver_index *index) { (void)run(index, "ROLLBACK", NULL); }

static bool add_tags(ps_driver_index *index, int64_t content, const ps_tag *tags, size_t count,
                     ps_error *err)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *insert = fresh(index, ADD_TAG);

        if (sqlite3_bind_int64(insert, 1, tags[i] & ~PS_TAG_PROTECTED) != SQLITE_OK ||
            sqlite3_bind_int64(insert, 2, content) != SQLITE_OK ||
            sqlite3_step(insert) != SQLITE_DONE)
            return fail(index, err);
    }
    return true;
}

/* The number of the content, which is added if it is new. */
static bool keep_content(ps_driver_index *index, const ps_driver_index_content *content,
                         int64_t *number, ps_error *err)
{
    sqlite3_stmt *query = fresh(index, FIND_CONTENT);
    int step;

    if (sqlite3_bind_text(query, 1, content->sha256, -1, SQLITE_STATIC) != SQLITE_OK)
        return fail(index, err);
    step = sqlite3_step(query);
    if (step == SQLITE_ROW) {
        *number = sqlite3_column_int64(query, 0);
        (void)sqlite3_reset(query);
        return true;
    }
    if (step != SQLITE_DONE)
        return fail(index, err);
    query = fresh(index, ADD_CONTENT);
    if (sqlite3_bind_text(query, 1, content->sha256, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_blob64(query, 2, content->summary, content->summary_size, SQLITE_STATIC) !=
            SQLITE_OK ||
        sqlite3_step(query) != SQLITE_DONE)
        return fail(index, err);
    *number = sqlite3_last_insert_rowid(index->db);
    query = fresh(index, ADD_DETAIL);
    if (sqlite3_bind_int64(query, 1, *number) != SQLITE_OK ||
        sqlite3_bind_blob64(query, 2, content->detail, content->detail_size, SQLITE_STATIC) !=
            SQLITE_OK ||
        sqlite3_step(query) != SQLITE_DONE)
        return fail(index, err);
    return add_tags(index, *number, content->tags, content->tag_count, err);
}

bool ps_driver_index_add(ps_driver_index *index, const char *path,
                         const ps_driver_index_stamp *stamp, const ps_driver_index_content *content,
                         ps_error *err)
{
    sqlite3_stmt *insert;
    int64_t number = 0;

    if (!keep_content(index, content, &number, err))
        return false;
    insert = fresh(index, ADD_FILE);
    if (!bind_stamp(insert, path, stamp) || sqlite3_bind_int64(insert, 5, number) != SQLITE_OK ||
        sqlite3_step(insert) != SQLITE_DONE)
        return fail(index, err);
    return true;
}
