/* history_record.c - snapshots that are put into the history. */
#include "store/history.h"

#include <string.h>

/* --- hashes ---------------------------------------------------------------------------------- */

static const uint64_t hash_start = UINT64_C(0xD6E8FEB86659FD93);

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

uint64_t history_checksum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = mix(hash_start, size), word;
    size_t i = 0;

    for (; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = mix(hash, word);
    }
    for (word = 0; i < size; i++)
        word = word << 8 | bytes[i];
    return mix(hash, word);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text == NULL ? mix(hash, 0) : mix(hash, history_checksum(text, strlen(text)));
}

static uint64_t mix_row(uint64_t hash, const ps_row *row)
{
    const uint64_t key = row->tag | (uint64_t)row->pool << 32 | (uint64_t)row->known << 40;

    hash = mix(mix(hash, key), (uint32_t)row->session | (uint64_t)row->flags << 32);
    if ((row->known & PS_KNOW_ALLOCS) != 0)
        hash = mix(hash, row->allocs);
    if ((row->known & PS_KNOW_FREES) != 0)
        hash = mix(hash, row->frees);
    if ((row->known & PS_KNOW_DIFF) != 0)
        hash = mix(hash, (uint64_t)row->diff);
    if ((row->known & PS_KNOW_BYTES) != 0)
        hash = mix(hash, (uint64_t)row->bytes);
    return row->note == NULL ? hash : mix_text(hash, row->note);
}

/* Where its lines stand in a file is no part of a snapshot: a copy of it elsewhere is the same. */
uint64_t history_content(const ps_snapshot *snapshot)
{
    uint64_t hash =
        mix_text(mix(hash_start, ps_snapshot_scope(snapshot)), ps_snapshot_origin(snapshot));
    uint64_t value;

    for (unsigned i = 0; i < PS_MEM_FIELDS; i++)
        if (ps_snapshot_memory(snapshot, (ps_memory_field)i, &value))
            hash = mix(mix(hash, i), value);
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++)
        hash = mix_row(hash, ps_snapshot_at(snapshot, i));
    return hash;
}

int64_t history_day(int64_t time)
{
    return time >= 0 ? time / SECONDS_PER_DAY : -((SECONDS_PER_DAY - 1 - time) / SECONDS_PER_DAY);
}

/* --- names ----------------------------------------------------------------------------------- */

bool history_host(ps_history *history, const char *name, int64_t *host, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        history,
        "SELECT id FROM hosts WHERE name = ?1 UNION ALL SELECT host FROM aliases WHERE name = ?1",
        err);

    *host = 0;
    if (query == NULL)
        return false;
    (void)sqlite3_bind_text(query, 1, name, -1, SQLITE_STATIC);
    if (history_row(history, query, &own)) {
        *host = sqlite3_column_int64(query, 0);
        (void)sqlite3_reset(query);
        return true;
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

bool history_add_host(ps_history *history, const char *name, int64_t *host, ps_error *err)
{
    sqlite3_stmt *insert;

    if (!history_host(history, name, host, err))
        return false;
    if (*host != 0)
        return true;
    insert = history_statement(history, "INSERT INTO hosts(name) VALUES(?1)", err);
    if (insert == NULL)
        return false;
    (void)sqlite3_bind_text(insert, 1, name, -1, SQLITE_STATIC);
    if (!history_done(history, insert, err))
        return false;
    *host = sqlite3_last_insert_rowid(history->db);
    return true;
}

static bool add_word(ps_history *history, const char *word, int64_t *number, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(history, "SELECT id FROM words WHERE word = ?1", err);

    *number = 0;
    if (query == NULL || word == NULL)
        return query != NULL;
    (void)sqlite3_bind_text(query, 1, word, -1, SQLITE_STATIC);
    if (history_row(history, query, &own)) {
        *number = sqlite3_column_int64(query, 0);
        (void)sqlite3_reset(query);
        return true;
    }
    if (own.code != PS_OK)
        return ps_fail(err, own.code, own.offset, "%s", own.text);
    query = history_statement(history, "INSERT INTO words(word) VALUES(?1)", err);
    if (query == NULL)
        return false;
    (void)sqlite3_bind_text(query, 1, word, -1, SQLITE_STATIC);
    if (!history_done(history, query, err))
        return false;
    *number = sqlite3_last_insert_rowid(history->db);
    return true;
}

/* Many snapshots of one file follow each other, so the newest row is looked at first. */
static bool add_source(ps_history *history, const ps_history_origin *origin, int64_t *number,
                       ps_error *err)
{
    static const char newest[] = "SELECT id FROM (SELECT * FROM sources ORDER BY id DESC LIMIT 1)"
                                 " WHERE path = ?1 AND sha256 IS ?2";
    static const char insert[] = "INSERT INTO sources(path, sha256) VALUES(?1, ?2)";
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *statement;

    *number = 0;
    if (origin->source == NULL)
        return true;
    statement = history_statement(history, newest, err);
    if (statement == NULL)
        return false;
    (void)sqlite3_bind_text(statement, 1, origin->source, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, origin->sha256, -1, SQLITE_STATIC);
    if (history_row(history, statement, &own)) {
        *number = sqlite3_column_int64(statement, 0);
        (void)sqlite3_reset(statement);
        return true;
    }
    if (own.code != PS_OK)
        return ps_fail(err, own.code, own.offset, "%s", own.text);
    statement = history_statement(history, insert, err);
    if (statement == NULL)
        return false;
    (void)sqlite3_bind_text(statement, 1, origin->source, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, origin->sha256, -1, SQLITE_STATIC);
    if (!history_done(history, statement, err))
        return false;
    *number = sqlite3_last_insert_rowid(history->db);
    return true;
}

/* --- a snapshot ------------------------------------------------------------------------------ */

bool history_time_fits(int64_t time)
{
    static const int64_t limit = INT64_C(1) << 38; /* the year 10680 */

    return time > -limit && time < limit;
}

/* What is known of the snapshot at hand. */
typedef struct entry {
    const ps_snapshot *snapshot;
    const ps_history_origin *origin;
    history_place place;
    int64_t content;
} entry;

static bool is_known(ps_history *history, const entry *e, bool *known, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        history, "SELECT 1 FROM snapshots WHERE host = ?1 AND time = ?2 AND content = ?3", err);

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, e->place.host);
    (void)sqlite3_bind_int64(query, 2, e->place.time);
    (void)sqlite3_bind_int64(query, 3, e->content);
    *known = history_row(history, query, &own);
    (void)sqlite3_reset(query);
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

static void bind_number(sqlite3_stmt *statement, int place, int64_t number)
{
    if (number != 0)
        (void)sqlite3_bind_int64(statement, place, number);
}

/* The row gets its number before the reel does its place: the reel names the number. */
static bool add_row(ps_history *history, entry *e, ps_error *err)
{
    int64_t origin, time_source, source;
    uint64_t uptime;
    sqlite3_stmt *insert;

    if (!add_word(history, ps_snapshot_origin(e->snapshot), &origin, err) ||
        !add_word(history, e->origin->time_source, &time_source, err) ||
        !add_source(history, e->origin, &source, err))
        return false;
    insert = history_statement(history,
                               "INSERT INTO snapshots(host, time, content, reel, rows, reboot,"
                               " uptime, origin, time_source, source, line)"
                               " VALUES(?1, ?2, ?3, 0, ?4, 0, ?5, ?6, ?7, ?8, ?9)",
                               err);
    if (insert == NULL)
        return false;
    (void)sqlite3_bind_int64(insert, 1, e->place.host);
    (void)sqlite3_bind_int64(insert, 2, e->place.time);
    (void)sqlite3_bind_int64(insert, 3, e->content);
    (void)sqlite3_bind_int64(insert, 4, (int64_t)ps_snapshot_count(e->snapshot));
    if (ps_snapshot_memory(e->snapshot, PS_MEM_UPTIME_S, &uptime))
        (void)sqlite3_bind_int64(insert, 5, (int64_t)uptime);
    (void)sqlite3_bind_int64(insert, 6, origin);
    bind_number(insert, 7, time_source);
    bind_number(insert, 8, source);
    bind_number(insert, 9, e->origin->line);
    if (!history_done(history, insert, err))
        return false;
    e->place.row = sqlite3_last_insert_rowid(history->db);
    return true;
}

static bool forget_day(ps_history *history, const entry *e, ps_error *err)
{
    sqlite3_stmt *removal =
        history_statement(history, "DELETE FROM days WHERE host = ?1 AND day = ?2", err);

    if (removal == NULL)
        return false;
    (void)sqlite3_bind_int64(removal, 1, e->place.host);
    (void)sqlite3_bind_int64(removal, 2, history_day(e->place.time));
    return history_done(history, removal, err);
}

static bool record(ps_history *history, const char *host, entry *e, bool *added, ps_error *err)
{
    bool known = false;

    if (!history_add_host(history, host, &e->place.host, err) || !is_known(history, e, &known, err))
        return false;
    if (known)
        return true;
    if (!add_row(history, e, err) || !history_splice(history, &e->place, e->snapshot, err) ||
        !forget_day(history, e, err))
        return false;
    *added = true;
    return true;
}

bool ps_history_record(ps_history *history, const char *host, const ps_snapshot *snapshot,
                       const ps_history_origin *origin, bool *added, ps_error *err)
{
    static const ps_history_origin none = {.time = PS_NO_TIME};
    entry e = {.snapshot = snapshot, .origin = origin != NULL ? origin : &none};

    *added = false;
    e.place.time = e.origin->time != PS_NO_TIME ? e.origin->time : ps_snapshot_time(snapshot);
    if (e.place.time == PS_NO_TIME)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the snapshot has no time: give one");
    if (!history_time_fits(e.place.time))
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the snapshot's time is out of range");
    if (host == NULL || *host == '\0')
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the snapshot has no host: give one");
    if (ps_snapshot_count(snapshot) > PS_REEL_ROWS)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a snapshot of %zu rows: at most %d are kept",
                       ps_snapshot_count(snapshot), PS_REEL_ROWS);
    e.content = (int64_t)history_content(snapshot);
    if (!history_enter(history, err))
        return false;
    return history_leave(history, record(history, host, &e, added, err), err);
}
