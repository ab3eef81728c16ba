/* history_lists.c - which drivers and processes a machine had when.
 *
 *   a list     count, then each item's texts (0, or 1 + length, and bytes) and numbers, as varints,
 *              packed; a list that did not change is there once
 */
#include "base/arena.h"
#include "base/array.h"
#include "store/history.h"
#include "store/varint.h"

#include <string.h>
#include <strings.h>

enum { DRIVERS, PROCESSES, TEXT_LIMIT = 1 << 15, ITEM_LIMIT = 1 << 16, PROCESS_NUMBERS = 5 };

/* --- packing --------------------------------------------------------------------------------- */

static size_t text_room(const char *text)
{
    return PS_VARINT_LONGEST + (text == NULL ? 0 : strnlen(text, TEXT_LIMIT));
}

static void put_text(ps_buffer *b, const char *text)
{
    const size_t length = text == NULL ? 0 : strnlen(text, TEXT_LIMIT);

    ps_put_varint(b, text == NULL ? 0 : length + 1);
    if (length > 0)
        memcpy(b->data + b->size, text, length);
    b->size += length;
}

static bool pack_drivers(const ps_history_driver *drivers, size_t count, ps_buffer *raw)
{
    if (!ps_buffer_reserve(raw, PS_VARINT_LONGEST))
        return false;
    ps_put_varint(raw, count);
    for (size_t i = 0; i < count; i++) {
        const ps_history_driver *d = &drivers[i];

        if (!ps_buffer_reserve(raw, PS_VARINT_LONGEST + text_room(d->name) + text_room(d->path) +
                                        text_room(d->version) + text_room(d->sha256)))
            return false;
        put_text(raw, d->name);
        put_text(raw, d->path);
        put_text(raw, d->version);
        put_text(raw, d->sha256);
        ps_put_varint(raw, d->timestamp);
    }
    return true;
}

static bool pack_processes(const ps_history_process *processes, size_t count, ps_buffer *raw)
{
    if (!ps_buffer_reserve(raw, PS_VARINT_LONGEST))
        return false;
    ps_put_varint(raw, count);
    for (size_t i = 0; i < count; i++) {
        const ps_history_process *p = &processes[i];
        const int64_t numbers[PROCESS_NUMBERS] = {p->pid, p->handles, p->threads, p->paged_bytes,
                                                  p->nonpaged_bytes};

        if (!ps_buffer_reserve(raw,
                               text_room(p->name) + (size_t)PROCESS_NUMBERS * PS_VARINT_LONGEST))
            return false;
        put_text(raw, p->name);
        for (int n = 0; n < PROCESS_NUMBERS; n++)
            ps_put_varint(raw, ps_zigzag((uint64_t)numbers[n]));
    }
    return true;
}

/* What a list is unpacked into. */
typedef struct list {
    ps_arena arena;
    ps_history_driver *drivers;
    ps_history_process *processes;
    size_t count;
} list;

static void free_list(list *l)
{
    ps_arena_free(&l->arena);
    free(l->drivers);
    free(l->processes);
    *l = (list){0};
}

static const char *take_text(list *l, ps_reader *r, bool *no_memory)
{
    const uint64_t length = ps_take_varint(r);
    const uint8_t *data;
    const char *copy;

    if (length == 0 || length > TEXT_LIMIT + 1) {
        if (length != 0 && r->bad_at == PS_NOWHERE)
            r->bad_at = r->base;
        return NULL;
    }
    data = ps_take(r, (size_t)length - 1);
    if (data == NULL)
        return NULL;
    copy = ps_arena_copy(&l->arena, (const char *)data, (size_t)length - 1);
    *no_memory = *no_memory || copy == NULL;
    return copy;
}

static void take_driver(list *l, ps_reader *r, ps_history_driver *d, bool *no_memory)
{
    d->name = take_text(l, r, no_memory);
    d->path = take_text(l, r, no_memory);
    d->version = take_text(l, r, no_memory);
    d->sha256 = take_text(l, r, no_memory);
    d->timestamp = (uint32_t)ps_take_varint(r);
}

static void take_process(list *l, ps_reader *r, ps_history_process *p, bool *no_memory)
{
    int64_t *const numbers[PROCESS_NUMBERS] = {&p->pid, &p->handles, &p->threads, &p->paged_bytes,
                                               &p->nonpaged_bytes};

    p->name = take_text(l, r, no_memory);
    for (int n = 0; n < PROCESS_NUMBERS; n++)
        *numbers[n] = (int64_t)ps_unzigzag(ps_take_varint(r));
}

static bool take_list(list *l, int kind, const ps_buffer *raw, ps_error *err)
{
    ps_reader r = ps_reader_of(raw->data, raw->size, 0);
    const uint64_t count = ps_take_varint(&r);
    bool no_memory = false;

    if (!ps_fits(&r, count, 5) || count > ITEM_LIMIT)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a list is damaged");
    l->drivers = kind == DRIVERS ? calloc((size_t)count + 1, sizeof *l->drivers) : NULL;
    l->processes = kind == PROCESSES ? calloc((size_t)count + 1, sizeof *l->processes) : NULL;
    if (l->drivers == NULL && l->processes == NULL)
        return ps_fail_memory(err);
    l->count = (size_t)count;
    for (size_t i = 0; i < l->count && !no_memory; i++) {
        if (kind == DRIVERS)
            take_driver(l, &r, &l->drivers[i], &no_memory);
        else
            take_process(l, &r, &l->processes[i], &no_memory);
    }
    if (no_memory)
        return ps_fail_memory(err);
    return ps_reader_good(&r) || ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a list is damaged");
}

/* --- keeping --------------------------------------------------------------------------------- */

static bool find_content(ps_history *history, const ps_buffer *packed, int64_t *row, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        history, "SELECT id FROM contents WHERE checksum = ?1 AND data = ?2", err);

    *row = 0;
    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, (int64_t)history_checksum(packed->data, packed->size));
    (void)sqlite3_bind_blob64(query, 2, packed->data, packed->size, SQLITE_STATIC);
    if (history_row(history, query, &own))
        *row = sqlite3_column_int64(query, 0);
    (void)sqlite3_reset(query);
    (void)sqlite3_clear_bindings(query);
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

static bool add_content(ps_history *history, const ps_buffer *packed, int64_t *row, ps_error *err)
{
    sqlite3_stmt *insert;
    bool done;

    if (!find_content(history, packed, row, err) || *row != 0)
        return *row != 0;
    insert = history_statement(history, "INSERT INTO contents(checksum, data) VALUES(?1, ?2)", err);
    if (insert == NULL)
        return false;
    (void)sqlite3_bind_int64(insert, 1, (int64_t)history_checksum(packed->data, packed->size));
    (void)sqlite3_bind_blob64(insert, 2, packed->data, packed->size, SQLITE_STATIC);
    done = history_done(history, insert, err);
    (void)sqlite3_clear_bindings(insert);
    *row = sqlite3_last_insert_rowid(history->db);
    return done;
}

static bool add_inventory(ps_history *history, const char *host, int kind, int64_t time,
                          const ps_buffer *packed, ps_error *err)
{
    sqlite3_stmt *insert;
    int64_t number, content;

    if (!history_add_host(history, host, &number, err) ||
        !add_content(history, packed, &content, err))
        return false;
    insert = history_statement(history,
                               "INSERT OR REPLACE INTO inventories(host, kind, time, content)"
                               " VALUES(?1, ?2, ?3, ?4)",
                               err);
    if (insert == NULL)
        return false;
    (void)sqlite3_bind_int64(insert, 1, number);
    (void)sqlite3_bind_int64(insert, 2, kind);
    (void)sqlite3_bind_int64(insert, 3, time);
    (void)sqlite3_bind_int64(insert, 4, content);
    return history_done(history, insert, err);
}

/* Pack the raw bytes, whose making went well or not, and keep them. */
static bool keep(ps_history *history, const char *host, int kind, int64_t time,
                 const ps_buffer *raw, ps_error *err)
{
    ps_buffer packed = {0};
    bool done = ps_buffer_pack(raw, &packed, err) && history_enter(history, err);

    if (done)
        done = history_leave(history, add_inventory(history, host, kind, time, &packed, err), err);
    free(packed.data);
    return done;
}

static bool check_list(const char *host, size_t count, ps_error *err)
{
    if (host == NULL || *host == '\0')
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the list has no host: give one");
    return count <= ITEM_LIMIT ||
           ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a list of %zu: at most %d", count, ITEM_LIMIT);
}

bool ps_history_record_drivers(ps_history *history, const char *host, int64_t time,
                               const ps_history_driver *drivers, size_t count, ps_error *err)
{
    ps_buffer raw = {0};
    const bool done = check_list(host, count, err) &&
                      (pack_drivers(drivers, count, &raw) || ps_fail_memory(err)) &&
                      keep(history, host, DRIVERS, time, &raw, err);

    free(raw.data);
    return done;
}

bool ps_history_record_processes(ps_history *history, const char *host, int64_t time,
                                 const ps_history_process *processes, size_t count, ps_error *err)
{
    ps_buffer raw = {0};
    const bool done = check_list(host, count, err) &&
                      (pack_processes(processes, count, &raw) || ps_fail_memory(err)) &&
                      keep(history, host, PROCESSES, time, &raw, err);

    free(raw.data);
    return done;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Inventories of a range in order of time: fields are asked for one by one, since a visit may use
 * the history. */
typedef struct inventory {
    int64_t host, time, content;
    int kind;
} inventory;

static bool next_inventory(ps_history *history, inventory *at, bool backwards, bool *found,
                           ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query =
        backwards ? history_statement(history,
                                      "SELECT time, content FROM inventories WHERE host = ?1 AND"
                                      " kind = ?2 AND time < ?3 ORDER BY time DESC LIMIT 1",
                                      err)
                  : history_statement(history,
                                      "SELECT time, content FROM inventories WHERE host = ?1 AND"
                                      " kind = ?2 AND time >= ?3 ORDER BY time LIMIT 1",
                                      err);

    *found = false;
    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, at->host);
    (void)sqlite3_bind_int64(query, 2, at->kind);
    (void)sqlite3_bind_int64(query, 3, at->time);
    if (history_row(history, query, &own)) {
        *found = true;
        at->time = sqlite3_column_int64(query, 0);
        at->content = sqlite3_column_int64(query, 1);
        (void)sqlite3_reset(query);
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

static bool load_list(ps_history *history, const inventory *at, list *l, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query =
        history_statement(history, "SELECT data, checksum FROM contents WHERE id = ?1", err);
    ps_buffer raw = {0};
    bool done = false;

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, at->content);
    if (history_row(history, query, &own)) {
        const void *data = sqlite3_column_blob(query, 0);
        const size_t size = (size_t)sqlite3_column_bytes(query, 0);

        done =
            data != NULL && history_checksum(data, size) == (uint64_t)sqlite3_column_int64(query, 1)
                ? ps_buffer_unpack(&raw, data, size, err) && take_list(l, at->kind, &raw, err)
                : history_damaged(history, err, "a list's checksum does not fit");
        (void)sqlite3_reset(query);
    } else {
        (void)history_damaged(history, err, own.code == PS_OK ? "a list is missing" : own.text);
    }
    free(raw.data);
    return done;
}

static int text_order(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcasecmp(a, b);
}

static int by_name(const void *left, const void *right)
{
    const ps_history_driver *a = left, *b = right;
    const int by = text_order(a->name, b->name);

    return by != 0 ? by : text_order(a->path, b->path);
}

/* What is not known on one side is no difference. */
static bool differs(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcasecmp(a, b) != 0;
}

static bool driver_changed(const ps_history_driver *a, const ps_history_driver *b)
{
    return differs(a->version, b->version) || differs(a->sha256, b->sha256) ||
           differs(a->path, b->path) ||
           (a->timestamp != 0 && b->timestamp != 0 && a->timestamp != b->timestamp);
}

static bool compare_lists(const list *before, const list *after, int64_t time,
                          ps_history_driver_visit visit, void *context)
{
    size_t i = 0, j = 0;

    while (i < before->count || j < after->count) {
        ps_history_driver_change change = {.time = time};
        int by = i == before->count ? 1 : -1;

        if (i < before->count && j < after->count)
            by = text_order(before->drivers[i].name, after->drivers[j].name);
        change.before = by <= 0 ? &before->drivers[i++] : NULL;
        change.after = by >= 0 ? &after->drivers[j++] : NULL;
        if ((by != 0 || driver_changed(change.before, change.after)) && !visit(context, &change))
            return false;
    }
    return true;
}

bool ps_history_driver_changes(ps_history *history, const char *host, const int64_t range[2],
                               ps_history_driver_visit visit, void *context, ps_error *err)
{
    inventory at = {.kind = DRIVERS, .time = range[0]}, earlier;
    list before = {0}, after = {0};
    bool found = false, any = false;
    bool done = history_known_host(history, host, &at.host, err);

    earlier = at;
    done = done && next_inventory(history, &earlier, true, &any, err) &&
           (!any || load_list(history, &earlier, &before, err));
    while (done && (done = next_inventory(history, &at, false, &found, err)) && found &&
           at.time <= range[1]) {
        done = load_list(history, &at, &after, err);
        if (after.count > 0)
            qsort(after.drivers, after.count, sizeof *after.drivers, by_name);
        if (before.count > 0)
            qsort(before.drivers, before.count, sizeof *before.drivers, by_name);
        done = done && (!any || compare_lists(&before, &after, at.time, visit, context) ||
                        ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped"));
        free_list(&before);
        before = after;
        after = (list){0};
        any = true;
        if (at.time++ == INT64_MAX)
            break;
    }
    free_list(&before);
    free_list(&after);
    return done;
}

bool ps_history_processes(ps_history *history, const char *host, const int64_t range[2],
                          ps_history_process_visit visit, void *context, ps_error *err)
{
    inventory at = {.kind = PROCESSES, .time = range[0]};
    bool found = false;
    bool done = history_known_host(history, host, &at.host, err);

    while (done && (done = next_inventory(history, &at, false, &found, err)) && found &&
           at.time <= range[1]) {
        list l = {0};

        done = load_list(history, &at, &l, err);
        for (size_t i = 0; done && i < l.count; i++)
            done = visit(context, at.time, &l.processes[i]) ||
                   ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped");
        free_list(&l);
        if (at.time++ == INT64_MAX)
            break;
    }
    return done;
}

bool history_drivers(ps_history *history, const char *host, history_driver_visit visit,
                     void *context, ps_error *err)
{
    inventory at = {.kind = DRIVERS, .time = INT64_MIN};
    bool found = false;
    bool done = history_known_host(history, host, &at.host, err);

    while (done && (done = next_inventory(history, &at, false, &found, err)) && found) {
        list l = {0};

        done = load_list(history, &at, &l, err);
        for (size_t i = 0; done && i < l.count; i++)
            done = visit(context, at.time, &l.drivers[i]);
        free_list(&l);
        if (at.time++ == INT64_MAX)
            break;
    }
    return done;
}
