/* history_import.c - snapshots from CSV or JSON Lines, line by line. */
#include "store/import.h"

#include "base/array.h"
#include "base/limits.h"

#include <string.h>

enum { WINDOW = 1 << 20 };

bool import_fail(const import_state *s, ps_error *err, const char *what)
{
    return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "line %llu: %s",
                   (unsigned long long)s->counts->lines, what);
}

bool import_record(import_state *s, ps_error *err)
{
    const ps_history_origin origin = {.time = s->time,
                                      .time_source = s->time_source,
                                      .source = s->source,
                                      .sha256 = s->sha256,
                                      .line = s->line};
    bool added = false, done;

    if (s->snapshot == NULL)
        return true;
    done = ps_history_record(s->history, s->host, s->snapshot, &origin, &added, err);
    s->counts->snapshots++;
    s->counts->added += added;
    ps_snapshot_close(s->snapshot);
    s->snapshot = NULL;
    return done;
}

/* --- lines ----------------------------------------------------------------------------------- */

typedef struct line_reader {
    ps_source *source;
    uint64_t offset;
    uint8_t *data;
    size_t capacity, begin, end;
    bool finished;
    ps_bounds bounds;
} line_reader;

static bool too_long(const line_reader *r, ps_error *err)
{
    return ps_bounds_fail(&r->bounds, PS_LIMIT(history_line_bytes), r->offset, err);
}

static bool more(line_reader *r, ps_error *err)
{
    size_t got = 0;

    memmove(r->data, r->data + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    if (r->end > r->bounds.of.history_line_bytes)
        return too_long(r, err);
    if (r->capacity - r->end < WINDOW) {
        const size_t wanted = r->capacity + WINDOW + r->capacity / 2;
        uint8_t *moved = realloc(r->data, wanted);

        if (moved == NULL)
            return ps_fail_memory(err);
        r->data = moved;
        r->capacity = wanted;
    }
    if (!ps_source_read(r->source, r->offset, r->data + r->end, WINDOW, &got, err))
        return false;
    r->offset += got;
    r->end += got;
    r->finished = got < WINDOW;
    return true;
}

/* The next line, ended by a NUL instead of its newline; *line is NULL at the end. */
static bool next_line(line_reader *r, char **line, size_t *size, ps_error *err)
{
    size_t looked = r->begin;
    uint8_t *end = NULL;

    *line = NULL;
    for (;;) {
        if (r->end > looked)
            end = memchr(r->data + looked, '\n', r->end - looked);
        if (end != NULL || r->finished)
            break;
        looked = r->end - r->begin;
        if (!more(r, err))
            return false;
    }
    if (end == NULL && r->begin == r->end)
        return true;
    if (end == NULL)
        end = r->data + r->end;
    *line = (char *)r->data + r->begin;
    *size = (size_t)(end - r->data) - r->begin;
    if (*size > r->bounds.of.history_line_bytes)
        return too_long(r, err);
    r->begin += *size + (r->begin + *size < r->end);
    while (*size > 0 && ((*line)[*size - 1] == '\r' || (*line)[*size - 1] == '\0'))
        --*size;
    *end = '\0';
    (*line)[*size] = '\0';
    return true;
}

static bool import_lines(import_state *s, line_reader *r, ps_error *err)
{
    char *line;
    size_t size;

    while (next_line(r, &line, &size, err)) {
        if (line == NULL)
            return import_record(s, err);
        s->counts->lines++;
        if (s->counts->lines == 1 && size >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            line += 3;
            size -= 3;
        }
        if (size == 0)
            continue;
        if (line[0] == '{' ? !import_json_line(s, line, size, err)
                           : !import_csv_line(s, line, size, err))
            return false;
    }
    return false;
}

bool ps_history_import(ps_history *history, ps_source *source, ps_history_imported *imported,
                       ps_error *err)
{
    return ps_history_import_within(history, source, imported, NULL, err);
}

bool ps_history_import_within(ps_history *history, ps_source *source, ps_history_imported *imported,
                              const ps_limits *limits, ps_error *err)
{
    import_state s = {.history = history, .counts = imported};
    line_reader r = {.source = source};
    const bool outer = history->inside;
    bool done = false;

    *imported = (ps_history_imported){0};
    if (!ps_bounds_open(&r.bounds, limits, err) || (!outer && !ps_history_begin(history, err)))
        return false;
    r.data = malloc(WINDOW + 1);
    r.capacity = WINDOW;
    if (r.data == NULL)
        (void)ps_fail_memory(err);
    else
        done = import_lines(&s, &r, err);
    history->spoiled = history->spoiled || !done;
    ps_snapshot_close(s.snapshot);
    ps_arena_free(&s.texts);
    free(r.data);
    if (outer)
        return done;
    if (!done)
        ps_history_rollback(history);
    return done && ps_history_commit(history, err);
}
