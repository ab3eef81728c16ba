/* history_export.c - snapshots as CSV or JSON Lines. */
#include "store/history.h"
#include "store/varint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FLUSH_AT = 1 << 18, NUMBER_LONGEST = 24, LINE_FIXED = 400 };

typedef struct export_state {
    ps_history *history;
    ps_history_format format;
    ps_history_writer writer;
    void *context;
    const char *host;
    ps_buffer out;
    ps_error *err;
    bool failed;
} export_state;

/* --- characters ------------------------------------------------------------------------------ */

static void put(ps_buffer *b, const char *text)
{
    const size_t length = strlen(text);

    memcpy(b->data + b->size, text, length);
    b->size += length;
}

static void put_unsigned(ps_buffer *b, uint64_t value)
{
    char digits[NUMBER_LONGEST];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(b->data + b->size, digits + at, sizeof digits - at);
    b->size += sizeof digits - at;
}

static void put_signed(ps_buffer *b, int64_t value)
{
    if (value < 0)
        b->data[b->size++] = '-';
    put_unsigned(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_hex(ps_buffer *b, uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        b->data[b->size++] = (uint8_t) "0123456789abcdef"[value >> shift & 15];
}

/* A field of CSV: quoted where it must be. */
static void put_field(ps_buffer *b, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        put(b, text);
        return;
    }
    b->data[b->size++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"')
            b->data[b->size++] = '"';
        b->data[b->size++] = (uint8_t)*text;
    }
    b->data[b->size++] = '"';
}

/* A string of JSON; control characters and what is not ASCII stay readable. */
static void put_string(ps_buffer *b, const char *text)
{
    b->data[b->size++] = '"';
    for (; *text != '\0'; text++) {
        const uint8_t c = (uint8_t)*text;

        if (c == '"' || c == '\\')
            b->data[b->size++] = '\\';
        if (c >= 0x20)
            b->data[b->size++] = c;
        else
            b->size += (size_t)snprintf((char *)b->data + b->size, 7, "\\u%04x", c);
    }
    b->data[b->size++] = '"';
}

/* --- CSV ------------------------------------------------------------------------------------- */

static const char *const pools[] = {"nonpaged", "paged"};
static const char *const scopes[] = {"part", "whole", "totals"};

static void put_known(ps_buffer *b, bool known, uint64_t value, bool is_signed)
{
    b->data[b->size++] = ',';
    if (known && is_signed)
        put_signed(b, (int64_t)value);
    else if (known)
        put_unsigned(b, value);
}

static void put_line(const export_state *e, ps_buffer *b, const ps_frame *frame,
                     const ps_sample *sample)
{
    char tag[5];

    ps_tag_text(sample->tag & ~PS_TAG_PROTECTED, tag);
    put_field(b, e->host);
    b->data[b->size++] = ',';
    put_signed(b, frame->time);
    b->data[b->size++] = ',';
    put_field(b, tag);
    b->data[b->size++] = ',';
    put_hex(b, sample->tag);
    b->data[b->size++] = ',';
    put(b, pools[sample->pool]);
    b->data[b->size++] = ',';
    if (sample->session == PS_ALL_SESSIONS)
        put(b, "all");
    else if (sample->session != PS_NO_SESSION)
        put_signed(b, sample->session);
    put_known(b, (sample->known & PS_KNOW_ALLOCS) != 0, sample->allocs, false);
    put_known(b, (sample->known & PS_KNOW_FREES) != 0, sample->frees, false);
    put_known(b, (sample->known & PS_KNOW_DIFF) != 0, (uint64_t)sample->diff, true);
    put_known(b, (sample->known & PS_KNOW_BYTES) != 0, (uint64_t)sample->bytes, true);
}

static bool put_lines(const export_state *e, ps_buffer *b, const ps_reel *reel,
                      const ps_frame *frame)
{
    const size_t names = 2 * strlen(e->host) + 2 * strlen(frame->origin);

    if (!ps_buffer_reserve(b, frame->rows * (LINE_FIXED + names)))
        return false;
    for (size_t i = 0; i < frame->rows; i++) {
        const ps_sample sample = ps_reel_sample(reel, i);

        put_line(e, b, frame, &sample);
        b->data[b->size++] = ',';
        if (i == 0)
            put_field(b, frame->origin);
        b->data[b->size++] = ',';
        if (i == 0)
            put(b, scopes[frame->scope]);
        b->data[b->size++] = '\n';
    }
    return true;
}

/* --- JSON Lines ------------------------------------------------------------------------------ */

static void put_name(ps_buffer *b, const char *name)
{
    if (b->data[b->size - 1] != '{')
        b->data[b->size++] = ',';
    put_string(b, name);
    b->data[b->size++] = ':';
}

static bool put_text(ps_buffer *b, const char *name, const char *text)
{
    if (text == NULL)
        return true;
    if (!ps_buffer_reserve(b, LINE_FIXED + strlen(text) * 6))
        return false;
    put_name(b, name);
    put_string(b, text);
    return true;
}

static void put_integer(ps_buffer *b, const char *name, int64_t value)
{
    put_name(b, name);
    put_signed(b, value);
}

static bool put_origin(export_state *e, ps_buffer *b, int64_t id)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        e->history,
        "SELECT t.word, f.path, f.sha256, s.line FROM snapshots s LEFT JOIN words t ON t.id ="
        " s.time_source LEFT JOIN sources f ON f.id = s.source WHERE s.id = ?1",
        e->err);
    bool done = true;

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, id);
    if (history_row(e->history, query, &own)) {
        done = put_text(b, "time_source", (const char *)sqlite3_column_text(query, 0)) &&
               put_text(b, "source", (const char *)sqlite3_column_text(query, 1)) &&
               put_text(b, "sha256", (const char *)sqlite3_column_text(query, 2));
        if (done && sqlite3_column_type(query, 3) != SQLITE_NULL)
            put_integer(b, "line", sqlite3_column_int64(query, 3));
    }
    (void)sqlite3_reset(query);
    return done || ps_fail_memory(e->err);
}

static void put_memory(ps_buffer *b, const ps_frame *frame)
{
    put_name(b, "memory");
    b->data[b->size++] = '{';
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++) {
        if ((frame->memory_known >> i & 1U) == 0)
            continue;
        put_name(b, ps_memory_name((ps_memory_field)i));
        put_unsigned(b, frame->memory[i]);
    }
    b->data[b->size++] = '}';
}

static bool put_row(ps_buffer *b, const ps_row *row)
{
    const struct {
        const char *name;
        uint64_t value;
        unsigned known;
        bool is_signed;
    } numbers[] = {
        {"allocs", row->allocs, PS_KNOW_ALLOCS, false},
        {"frees", row->frees, PS_KNOW_FREES, false},
        {"diff", (uint64_t)row->diff, PS_KNOW_DIFF, true},
        {"bytes", (uint64_t)row->bytes, PS_KNOW_BYTES, true},
        {"per_alloc", row->per_alloc, PS_KNOW_PER_ALLOC, false},
        {"delta_allocs", (uint64_t)row->delta_allocs, PS_KNOW_DELTA_ALLOCS, true},
        {"delta_frees", (uint64_t)row->delta_frees, PS_KNOW_DELTA_FREES, true},
        {"delta_bytes", (uint64_t)row->delta_bytes, PS_KNOW_DELTA_BYTES, true},
    };
    char tag[5];

    if (!ps_buffer_reserve(b, (size_t)2 * LINE_FIXED))
        return false;
    ps_tag_text(row->tag & ~PS_TAG_PROTECTED, tag);
    b->data[b->size++] = '{';
    put_name(b, "tag_hex");
    b->data[b->size++] = '"';
    put_hex(b, row->tag);
    b->data[b->size++] = '"';
    (void)put_text(b, "tag", tag);
    (void)put_text(b, "pool", pools[row->pool]);
    if (row->session != PS_NO_SESSION)
        put_integer(b, "session", row->session);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if ((row->known & numbers[i].known) == 0)
            continue;
        put_name(b, numbers[i].name);
        if (numbers[i].is_signed)
            put_signed(b, (int64_t)numbers[i].value);
        else
            put_unsigned(b, numbers[i].value);
    }
    put_integer(b, "flags", row->flags);
    put_integer(b, "line", row->line);
    put_name(b, "offset");
    put_unsigned(b, row->offset);
    if (!put_text(b, "note", row->note) || !ps_buffer_reserve(b, 4))
        return false;
    b->data[b->size++] = '}';
    return true;
}

static bool put_rows(ps_buffer *b, const ps_snapshot *snapshot)
{
    if (!ps_buffer_reserve(b, LINE_FIXED))
        return false;
    put_name(b, "rows");
    b->data[b->size++] = '[';
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
        if (i > 0)
            b->data[b->size++] = ',';
        if (!put_row(b, ps_snapshot_at(snapshot, i)))
            return false;
    }
    put(b, "]}\n");
    return true;
}

static bool put_object(export_state *e, ps_buffer *b, const ps_reel *reel, const ps_frame *frame)
{
    ps_snapshot *snapshot;
    bool done;

    if (!ps_buffer_reserve(b, (size_t)LINE_FIXED * 16))
        return ps_fail_memory(e->err);
    b->data[b->size++] = '{';
    if (!put_text(b, "host", e->host) || !put_text(b, "named", frame->host) ||
        !put_text(b, "origin", frame->origin) || !put_text(b, "scope", scopes[frame->scope]) ||
        !ps_buffer_reserve(b, (size_t)LINE_FIXED * 16))
        return ps_fail_memory(e->err);
    put_integer(b, "time", frame->time);
    put_integer(b, "first_line", frame->first_line);
    put_integer(b, "last_line", frame->last_line);
    put_memory(b, frame);
    if (!put_origin(e, b, frame->id) || !ps_reel_snapshot(reel, &snapshot, e->err))
        return false;
    done = put_rows(b, snapshot);
    ps_snapshot_close(snapshot);
    return done || ps_fail_memory(e->err);
}

/* --- both ------------------------------------------------------------------------------------ */

static bool write_out(export_state *e, size_t least, ps_error *err)
{
    bool done;

    if (e->out.size <= least)
        return true;
    done = e->writer(e->context, e->out.data, e->out.size, err);
    e->out.size = 0;
    return done;
}

static bool export_frame(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    export_state *e = context;

    e->err = err;
    if (e->format == PS_HISTORY_CSV ? !put_lines(e, &e->out, reel, frame) && !ps_fail_memory(err)
                                    : !put_object(e, &e->out, reel, frame))
        return false;
    return write_out(e, FLUSH_AT, err);
}

static bool export_host(void *context, const ps_history_host *host)
{
    static const history_range all = {.from = INT64_MIN, .to = INT64_MAX};
    export_state *e = context;
    ps_error *err = e->err;

    e->host = host->name;
    e->failed = !history_walk(e->history, host->name, &all, export_frame, e, err);
    e->err = err;
    return !e->failed;
}

bool ps_history_export(ps_history *history, const char *host, ps_history_format format,
                       ps_history_writer writer, void *context, ps_error *err)
{
    static const char header[] =
        "host,time,tag,tag_hex,pool,session,allocs,frees,diff,bytes,origin,scope\n";
    export_state e = {
        .history = history, .format = format, .writer = writer, .context = context, .err = err};
    const ps_history_host one = {.name = host};
    ps_error own;
    bool done = ps_buffer_reserve(&e.out, FLUSH_AT) || ps_fail_memory(err);

    if (done && format == PS_HISTORY_CSV)
        put(&e.out, header);
    if (done && host != NULL)
        done = export_host(&e, &one);
    else if (done && !ps_history_hosts(history, export_host, &e, &own))
        done = e.failed ? false : ps_fail(err, own.code, own.offset, "%s", own.text);
    done = done && write_out(&e, 0, err);
    free(e.out.data);
    return done;
}
