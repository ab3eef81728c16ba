/* rollup.c - what each tag did over a time. */
#include "store/rollup.h"

#include "base/array.h"

#include <string.h>

enum { ROLLUP_LIMIT = 1 << 20, ROW_LONGEST = 9 * PS_VARINT_LONGEST };

static const double seconds_per_hour = 3600;

static size_t slot_of(const rollup *r, ps_tag tag, unsigned pool, int32_t session)
{
    uint64_t hash = tag * UINT64_C(0x9E3779B97F4A7C15);

    hash = (hash ^ hash >> 32 ^ pool ^ (uint64_t)(uint32_t)session << 1) *
           UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> 32) & (r->place_capacity - 1);
}

static bool is_row(const ps_history_day *row, ps_tag tag, unsigned pool, int32_t session)
{
    return row->tag == tag && row->pool == pool && row->session == session;
}

static bool grow_places(rollup *r, ps_error *err)
{
    const size_t wanted = r->place_capacity == 0 ? 4096 : r->place_capacity * 2;

    if (r->count * 2 < r->place_capacity)
        return true;
    free(r->places);
    r->places = calloc(wanted, sizeof *r->places);
    r->place_capacity = r->places == NULL ? 0 : wanted;
    if (r->places == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < r->count; i++) {
        const ps_history_day *row = &r->rows[i].it;
        size_t slot = slot_of(r, row->tag, row->pool, row->session);

        while (r->places[slot] != 0)
            slot = (slot + 1) & (r->place_capacity - 1);
        r->places[slot] = (uint32_t)i + 1;
    }
    return true;
}

/* The row of a sample, made where it is new. */
static bool find_row(rollup *r, const ps_sample *sample, uint32_t *number, ps_error *err)
{
    const ps_tag tag = sample->tag & ~PS_TAG_PROTECTED;
    size_t slot;

    if (!grow_places(r, err))
        return false;
    slot = slot_of(r, tag, sample->pool, sample->session);
    for (; r->places[slot] != 0; slot = (slot + 1) & (r->place_capacity - 1)) {
        *number = r->places[slot];
        if (is_row(&r->rows[*number - 1].it, tag, sample->pool, sample->session))
            return true;
    }
    if (r->count >= ROLLUP_LIMIT)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "more than %d tags", ROLLUP_LIMIT);
    if (!ps_grow((void **)&r->rows, &r->capacity, r->count, sizeof *r->rows))
        return ps_fail_memory(err);
    r->rows[r->count++] =
        (rollup_row){.it = {.tag = tag, .pool = sample->pool, .session = sample->session}};
    *number = r->places[slot] = (uint32_t)r->count;
    return true;
}

static bool use_reel(rollup *r, const ps_reel *reel, ps_error *err)
{
    const size_t wanted = ps_reel_series(reel);
    uint32_t *moved;

    if (r->reel != reel && r->series != NULL)
        memset(r->series, 0, r->series_capacity * sizeof *r->series);
    r->reel = reel;
    if (wanted <= r->series_capacity)
        return true;
    moved = realloc(r->series, (wanted + 1024) * sizeof *moved);
    if (moved == NULL)
        return ps_fail_memory(err);
    memset(moved + r->series_capacity, 0, (wanted + 1024 - r->series_capacity) * sizeof *moved);
    r->series = moved;
    r->series_capacity = wanted + 1024;
    return true;
}

static void end_run(rollup_row *row)
{
    const rollup_sums *s = &row->run;

    if (s->n > 1) {
        row->sxx += s->tt - s->t * s->t / s->n;
        row->sxy += s->tv - s->t * s->v / s->n;
    }
    row->run = (rollup_sums){0};
}

static void add_value(rollup_row *row, double time, int64_t bytes)
{
    ps_history_day *it = &row->it;
    rollup_sums *s = &row->run;
    double value;

    if (it->n == 0)
        it->first_bytes = it->least_bytes = it->most_bytes = bytes;
    if (bytes < it->least_bytes)
        it->least_bytes = bytes;
    if (bytes > it->most_bytes)
        it->most_bytes = bytes;
    it->last_bytes = bytes;
    it->n++;
    if (s->n < 1)
        s->base = (double)bytes;
    value = (double)bytes - s->base;
    s->n += 1;
    s->t += time;
    s->v += value;
    s->tt += time * time;
    s->tv += time * value;
}

bool rollup_add(rollup *r, const ps_reel *reel, const ps_frame *frame, bool reboot, ps_error *err)
{
    double time;

    if (r->frames++ == 0)
        r->start = frame->time;
    time = (double)(frame->time - r->start) / seconds_per_hour;
    if (!use_reel(r, reel, err))
        return false;
    for (size_t i = 0; reboot && i < r->count; i++)
        end_run(&r->rows[i]);
    for (size_t i = 0; i < frame->rows; i++) {
        const ps_sample sample = ps_reel_sample(reel, i);
        rollup_row *row;

        if ((sample.known & PS_KNOW_BYTES) == 0)
            continue;
        if (r->series[sample.series] == 0 && !find_row(r, &sample, &r->series[sample.series], err))
            return false;
        row = &r->rows[r->series[sample.series] - 1];
        if (row->seen == r->frames)
            continue;
        row->seen = r->frames;
        add_value(row, time, sample.bytes);
    }
    return true;
}

static int by_key(const void *left, const void *right)
{
    const ps_history_day *a = &((const rollup_row *)left)->it;
    const ps_history_day *b = &((const rollup_row *)right)->it;

    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    if (a->pool != b->pool)
        return a->pool < b->pool ? -1 : 1;
    return (a->session > b->session) - (a->session < b->session);
}

void rollup_finish(rollup *r)
{
    for (size_t i = 0; i < r->count; i++) {
        rollup_row *row = &r->rows[i];

        end_run(row);
        row->it.has_slope = row->sxx > 0;
        row->it.slope = row->sxx > 0 ? row->sxy / row->sxx : 0;
    }
    if (r->count > 0)
        qsort(r->rows, r->count, sizeof *r->rows, by_key);
}

void rollup_free(rollup *r)
{
    free(r->rows);
    free(r->places);
    free(r->series);
    *r = (rollup){0};
}

/* --- packing --------------------------------------------------------------------------------- */

static void put_row(ps_buffer *b, const ps_history_day *row, ps_tag before)
{
    uint64_t bits;

    memcpy(&bits, &row->slope, sizeof bits);
    ps_put_varint(b, row->tag - before);
    ps_put_varint(b, ps_zigzag((uint64_t)(int64_t)row->session) << 1 | row->pool);
    ps_put_varint(b, (uint64_t)row->n << 1 | row->has_slope);
    ps_put_varint(b, ps_zigzag((uint64_t)row->first_bytes));
    ps_put_difference(b, (uint64_t)row->first_bytes, (uint64_t)row->last_bytes);
    ps_put_difference(b, (uint64_t)row->least_bytes, (uint64_t)row->first_bytes);
    ps_put_difference(b, (uint64_t)row->first_bytes, (uint64_t)row->most_bytes);
    ps_put_varint(b, bits >> 20); /* a slope of 9 digits is enough, and 0 takes one byte */
}

static void take_row(ps_reader *r, ps_history_day *row, ps_tag before)
{
    uint64_t word, bits;

    row->tag = before + (ps_tag)ps_take_varint(r);
    word = ps_take_varint(r);
    row->pool = (uint8_t)(word & 1);
    row->session = (int32_t)(int64_t)ps_unzigzag(word >> 1);
    word = ps_take_varint(r);
    row->n = (uint32_t)(word >> 1);
    row->has_slope = (word & 1) != 0;
    row->first_bytes = (int64_t)ps_unzigzag(ps_take_varint(r));
    row->last_bytes = (int64_t)ps_take_difference(r, (uint64_t)row->first_bytes);
    row->least_bytes = (int64_t)((uint64_t)row->first_bytes - ps_unzigzag(ps_take_varint(r)));
    row->most_bytes = (int64_t)ps_take_difference(r, (uint64_t)row->first_bytes);
    bits = ps_take_varint(r) << 20;
    memcpy(&row->slope, &bits, sizeof row->slope);
}

bool rollup_pack(const rollup *r, ps_buffer *out, ps_error *err)
{
    ps_buffer raw = {0};
    bool done = ps_buffer_reserve(&raw, PS_VARINT_LONGEST + r->count * ROW_LONGEST);

    if (!done)
        return ps_fail_memory(err);
    ps_put_varint(&raw, r->count);
    for (size_t i = 0; i < r->count; i++)
        put_row(&raw, &r->rows[i].it, i > 0 ? r->rows[i - 1].it.tag : 0);
    done = ps_buffer_pack(&raw, out, err);
    free(raw.data);
    return done;
}

static bool take_rows(rollup *r, const ps_buffer *raw, ps_error *err)
{
    ps_reader reader = ps_reader_of(raw->data, raw->size, 0);
    const uint64_t count = ps_take_varint(&reader);

    if (!ps_fits(&reader, count, 8))
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a day is damaged");
    r->rows = calloc((size_t)count + 1, sizeof *r->rows);
    if (r->rows == NULL)
        return ps_fail_memory(err);
    for (uint64_t i = 0; i < count; i++)
        take_row(&reader, &r->rows[i].it, i > 0 ? r->rows[i - 1].it.tag : 0);
    r->count = (size_t)count;
    return ps_reader_good(&reader) || ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a day is damaged");
}

bool rollup_unpack(rollup *r, const void *data, size_t size, ps_error *err)
{
    ps_buffer raw = {0};
    const bool done = ps_buffer_unpack(&raw, data, size, err) && take_rows(r, &raw, err);

    free(raw.data);
    return done;
}
