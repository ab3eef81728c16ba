/* reel_read.c - the snapshots of a reel, one after the other. */
#include "store/reel_parts.h"

#include <stdlib.h>

static bool damaged(ps_error *err, const char *what)
{
    return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a reel is damaged: %s", what);
}

static bool take_strings(ps_reel *reel, ps_reader *r, ps_error *err)
{
    const uint64_t count = ps_take_varint(r);
    const size_t wanted = reel->string_count + (size_t)count;
    reel_text *moved;

    if (!ps_fits(r, count, 1))
        return damaged(err, "its names");
    if (count == 0)
        return true;
    moved = realloc(reel->strings, wanted * sizeof *moved);
    if (moved == NULL)
        return ps_fail_memory(err);
    reel->strings = moved;
    reel->string_capacity = wanted;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t length = ps_take_varint(r);
        const uint8_t *data = length <= STRING_LIMIT ? ps_take(r, (size_t)length) : NULL;

        if (data == NULL || memchr(data, '\0', (size_t)length) != NULL)
            return damaged(err, "its names");
        if (!reel_add_string(reel, (const char *)data, (size_t)length, err))
            return false;
    }
    reel->strings_told = reel->string_count;
    return true;
}

static void take_memory(ps_reader *r, ps_frame *frame)
{
    frame->memory_known = (uint32_t)ps_take_varint(r) & ((UINT32_C(1) << PS_MEM_FIELDS) - 1);
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++)
        if ((frame->memory_known >> i & 1U) != 0)
            frame->memory[i] = ps_take_difference(r, frame->memory[i]);
}

static bool take_head(ps_reel *reel, ps_reader *r, unsigned flags, ps_error *err)
{
    ps_frame *frame = &reel->frame;

    if (!take_strings(reel, r, err))
        return false;
    frame->id = (int64_t)ps_take_difference(r, (uint64_t)frame->id);
    frame->time = (int64_t)ps_take_difference(r, (uint64_t)frame->time);
    if ((flags & FRAME_SAME_HEAD) == 0) {
        frame->scope = (ps_scope)(ps_take_varint(r) % 3);
        reel->names[0] = (uint32_t)ps_take_varint(r);
        reel->names[1] = (uint32_t)ps_take_varint(r);
    }
    frame->first_line = (uint32_t)ps_take_difference(r, frame->first_line);
    frame->last_line = (uint32_t)ps_take_difference(r, frame->last_line);
    if ((flags & FRAME_NO_MEMORY) == 0)
        take_memory(r, frame);
    if (!ps_reader_good(r) || reel->names[0] == 0 || reel->names[0] > reel->string_count ||
        reel->names[1] > reel->string_count)
        return damaged(err, "a snapshot's head");
    frame->origin = reel->strings[reel->names[0] - 1].text;
    frame->host = reel->names[1] == 0 ? NULL : reel->strings[reel->names[1] - 1].text;
    return true;
}

/* --- the order of rows ----------------------------------------------------------------------- */

static bool take_key(ps_reel *reel, ps_reader *r, const reel_series *like, ps_error *err)
{
    const ps_tag tag = (ps_tag)ps_take_varint(r);
    const uint64_t place = ps_take_varint(r);
    const reel_series copy = like != NULL ? *like : (reel_series){0};
    reel_series *s;

    if (reel->series_count >= SERIES_LIMIT)
        return damaged(err, "too many tags");
    if (!reel_reserve_series(reel, 1))
        return ps_fail_memory(err);
    s = reel_add_series(reel, like != NULL ? &copy : NULL);
    s->tag = tag;
    s->pool = (uint32_t)(place & 1);
    s->session = (int32_t)(int64_t)ps_unzigzag(place >> 1);
    return true;
}

/* Where the rows stand that are read: those so far, and which is expected next. */
typedef struct rows_so_far {
    uint32_t *order;
    size_t count, all;
    uint32_t expected, stamp;
} rows_so_far;

static bool add_row(ps_reel *reel, rows_so_far *rows, uint64_t number)
{
    reel_series *s;

    if (number >= reel->series_count || rows->count == rows->all)
        return false;
    s = &reel->series[number];
    if (s->seen == rows->stamp)
        return false;
    s->seen = rows->stamp;
    rows->order[rows->count++] = (uint32_t)number;
    return true;
}

static bool take_run(ps_reel *reel, ps_reader *r, rows_so_far *rows)
{
    for (uint64_t run = ps_take_varint(r); run > 0; run--) {
        if (!add_row(reel, rows, rows->expected))
            return false;
        rows->expected = reel->series[rows->expected].next;
    }
    return ps_reader_good(r);
}

static bool take_rows(ps_reel *reel, ps_reader *r, rows_so_far *rows, ps_error *err)
{
    while (rows->count < rows->all) {
        uint64_t number;

        if (!take_run(reel, r, rows))
            return damaged(err, "the order of its rows");
        if (rows->count == rows->all)
            break;
        number = ps_take_varint(r);
        if (number == 0) {
            const size_t last = rows->count;
            number = reel->series_count;
            if (!take_key(reel, r, last > 0 ? &reel->series[rows->order[last - 1]] : NULL, err))
                return false;
            reel->series[number].next = UINT32_MAX;
        } else {
            number--;
            rows->expected = number < reel->series_count ? reel->series[number].next : UINT32_MAX;
        }
        if (!add_row(reel, rows, number))
            return damaged(err, "the order of its rows");
    }
    return true;
}

static bool take_order(ps_reel *reel, ps_reader *r, ps_error *err)
{
    const uint64_t count = ps_take_varint(r);
    rows_so_far rows = {.all = (size_t)count, .stamp = (uint32_t)reel->frames + 1};
    bool done;

    if (!ps_reader_good(r) || count > PS_REEL_ROWS)
        return damaged(err, "the count of its rows");
    rows.order = calloc((size_t)count + 1, sizeof *rows.order);
    if (rows.order == NULL || !reel_reserve_order(reel, (size_t)count)) {
        free(rows.order);
        return ps_fail_memory(err);
    }
    rows.expected = reel_link_order(reel);
    done = take_rows(reel, r, &rows, err);
    if (done) {
        memcpy(reel->order, rows.order, (size_t)count * sizeof *rows.order);
        reel->rows = (size_t)count;
    }
    free(rows.order);
    return done;
}

/* --- what rows hold -------------------------------------------------------------------------- */

/* The next row of a list of gaps; false at its end, or where the list is bad. */
static bool next_listed(const ps_reel *reel, ps_reader *r, uint64_t *next)
{
    const uint64_t gap = ps_take_varint(r);

    if (gap == 0)
        return false;
    if (gap > reel->rows - *next) {
        r->bad_at = r->base;
        return false;
    }
    *next += gap;
    return true;
}

static void take_field(ps_reel *reel, ps_reader *r, reel_field f)
{
    uint64_t next = 0;

    while (next_listed(reel, r, &next)) {
        uint64_t *last = &reel->series[reel->order[next - 1]].field[f];
        *last = ps_take_difference(r, *last);
    }
}

static void take_moved(ps_reel *reel, ps_reader *r)
{
    uint64_t next = 0;

    while (next_listed(reel, r, &next)) {
        reel_series *s = &reel->series[reel->order[next - 1]];
        s->moved = !s->moved;
    }
}

static void take_numbers(ps_reel *reel)
{
    ps_bit_reader bits = {
        .data = reel->bits.data, .size = (size_t)((reel->bits_total + 7) / 8), .at = reel->bits_at};

    for (size_t i = 0; i < reel->rows; i++) {
        reel_series *s = &reel->series[reel->order[i]];
        uint64_t *sums = s->age == 0 ? reel->fresh_sum : s->sum;
        uint64_t told[NUMBERS];

        if (!s->moved)
            continue;
        for (int n = 0; n < NUMBERS; n++)
            told[n] = ps_unzigzag(ps_bits_take_number(&bits, &sums[n])) +
                      reel_expected(s, (reel_number)n, told);
        reel_move(s, told);
    }
    reel->bits_at = bits.at;
}

static bool notes_are_there(const ps_reel *reel)
{
    for (size_t i = 0; i < reel->rows; i++)
        if (reel->series[reel->order[i]].field[FIELD_NOTE] > reel->string_count)
            return false;
    return true;
}

static bool take_frame(ps_reel *reel, ps_reader *r, ps_error *err)
{
    const uint64_t flags = ps_take_varint(r);

    if (flags > FRAME_FLAGS || !take_head(reel, r, (unsigned)flags, err))
        return flags <= FRAME_FLAGS ? false : damaged(err, "a snapshot's head");
    if ((flags & FRAME_SAME_ORDER) == 0 && !take_order(reel, r, err))
        return false;
    reel->frame.rows = reel->rows;
    reel->all_rows += reel->rows;
    if (reel->rows > 0) {
        reel->line = ps_take_difference(r, reel->line);
        reel->offset = ps_take_difference(r, reel->offset);
    }
    for (int f = 0; f < FIELDS; f++)
        take_field(reel, r, (reel_field)f);
    take_moved(reel, r);
    if (!ps_reader_good(r) || !notes_are_there(reel))
        return damaged(err, "its rows");
    if (reel->all_rows > PS_REEL_ALL_ROWS + PS_REEL_ROWS)
        return damaged(err, "too many rows");
    take_numbers(reel);
    return reel->bits_at <= reel->bits_total || damaged(err, "its numbers end too early");
}

bool ps_reel_next(ps_reel *reel, const ps_frame **frame, ps_error *err)
{
    ps_reader r;

    *frame = NULL;
    if (reel->frames == reel->announced)
        return true;
    r = ps_reader_of(reel->meta.data + reel->meta_at, reel->meta.size - reel->meta_at, 0);
    if (!take_frame(reel, &r, err))
        return false;
    reel->meta_at = reel->meta.size - r.left;
    reel->frames++;
    if (reel->frames == reel->announced && (r.left > 0 || reel->bits_at != reel->bits_total))
        return damaged(err, "more than it announces");
    *frame = &reel->frame;
    return true;
}

/* --- rows ------------------------------------------------------------------------------------ */

static uint64_t frees_of(const reel_series *s)
{
    return s->number[ALLOCS] - s->number[IN_USE] + s->field[FIELD_FREES];
}

ps_sample ps_reel_sample(const ps_reel *reel, size_t index)
{
    const size_t number = reel->order[index];
    const reel_series *s = &reel->series[number];
    const uint8_t known = (uint8_t)s->field[FIELD_KNOWN];

    return (ps_sample){
        .tag = s->tag,
        .pool = (uint8_t)s->pool,
        .known = known,
        .changed = s->moved,
        .session = s->session,
        .series = number,
        .allocs = s->number[ALLOCS],
        .frees = (known & PS_KNOW_FREES) != 0 ? frees_of(s) : 0,
        .diff = (known & PS_KNOW_DIFF) != 0 ? (int64_t)s->number[IN_USE] : 0,
        .bytes = (int64_t)s->number[BYTES],
    };
}

static ps_row row_of(const ps_reel *reel, size_t index)
{
    const reel_series *s = &reel->series[reel->order[index]];
    const ps_sample sample = ps_reel_sample(reel, index);
    const uint64_t note = s->field[FIELD_NOTE];

    return (ps_row){
        .tag = sample.tag,
        .pool = sample.pool,
        .known = sample.known,
        .flags = (uint16_t)s->field[FIELD_FLAGS],
        .session = sample.session,
        .allocs = sample.allocs,
        .frees = sample.frees,
        .diff = sample.diff,
        .bytes = sample.bytes,
        .per_alloc =
            (sample.known & PS_KNOW_PER_ALLOC) != 0 ? s->quotient + s->field[FIELD_PER_ALLOC] : 0,
        .delta_allocs = (int64_t)s->field[FIELD_DELTA_ALLOCS],
        .delta_frees = (int64_t)s->field[FIELD_DELTA_FREES],
        .delta_bytes = (int64_t)s->field[FIELD_DELTA_BYTES],
        .note = note == 0 ? NULL : reel->strings[note - 1].text,
    };
}

static bool add_rows(const ps_reel *reel, ps_snapshot *snapshot, ps_error *err)
{
    uint64_t line = reel->line, offset = reel->offset;

    for (size_t i = 0; i < reel->rows; i++) {
        const reel_series *s = &reel->series[reel->order[i]];
        ps_row row = row_of(reel, i);

        line += i > 0 ? s->field[FIELD_LINE] : 0;
        row.line = (uint32_t)line;
        row.offset = offset;
        offset += s->field[FIELD_LENGTH];
        if (!ps_snapshot_add(snapshot, &row, err))
            return false;
    }
    return true;
}

bool ps_reel_snapshot(const ps_reel *reel, ps_snapshot **out, ps_error *err)
{
    const ps_frame *frame = &reel->frame;

    if (!ps_snapshot_new(out, frame->origin, err))
        return false;
    ps_snapshot_set_time(*out, frame->time);
    ps_snapshot_set_scope(*out, frame->scope);
    ps_snapshot_set_lines(*out, frame->first_line, frame->last_line);
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++)
        if ((frame->memory_known >> i & 1U) != 0)
            ps_snapshot_set_memory(*out, (ps_memory_field)i, frame->memory[i]);
    if ((frame->host == NULL || ps_snapshot_set_host(*out, frame->host, err)) &&
        add_rows(reel, *out, err))
        return true;
    ps_snapshot_close(*out);
    *out = NULL;
    return false;
}
