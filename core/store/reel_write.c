/* reel_write.c - a snapshot more at the end of a reel. */
#include "base/array.h"
#include "pool/index.h"
#include "store/reel_parts.h"

#include <inttypes.h>

enum {
    /* What a row takes at most: a run, a key and each field as a gap and a difference. */
    ROW_LONGEST = PS_VARINT_LONGEST * (5 + 2 * FIELDS),
    HEAD_LONGEST = PS_VARINT_LONGEST * (12 + PS_MEM_FIELDS + 2 * FIELDS),
};

/* What a snapshot is turned into before anything is written. */
typedef struct draft {
    const ps_snapshot *snapshot;
    size_t rows;
    uint32_t *order;
    uint64_t (*fields)[FIELDS];
    uint64_t (*numbers)[NUMBERS];
} draft;

static void put(ps_reel *reel, uint64_t value) { ps_put_varint(&reel->meta, value); }

static void put_difference(ps_reel *reel, uint64_t before, uint64_t after)
{
    ps_put_difference(&reel->meta, before, after);
}

/* --- places: which string, which series ------------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static bool grow_places(reel_places *places, size_t count)
{
    size_t wanted = places->capacity < 64 ? 64 : places->capacity;

    if (count * 2 < places->capacity)
        return true;
    while (wanted <= count * 2)
        wanted *= 2;
    free(places->at);
    places->at = calloc(wanted, sizeof *places->at);
    places->capacity = places->at == NULL ? 0 : wanted;
    return places->at != NULL;
}

static void place(reel_places *places, uint64_t hash, size_t number)
{
    size_t slot = (size_t)hash & (places->capacity - 1);

    while (places->at[slot] != 0)
        slot = (slot + 1) & (places->capacity - 1);
    places->at[slot] = (uint32_t)number + 1;
}

static uint64_t hash_of_key(ps_tag tag, unsigned pool, int32_t session)
{
    return mix(mix(pool, tag), (uint32_t)session);
}

static uint64_t hash_of_text(const char *data, size_t length)
{
    uint64_t hash = length;

    for (size_t i = 0; i < length; i++)
        hash = mix(hash, (uint8_t)data[i]);
    return hash;
}

/* Every series can be found, and count more; a place that was moved is filled anew. */
static bool prepare_series(ps_reel *reel, size_t count)
{
    reel_places *places = &reel->series_places;
    const size_t before = places->capacity;

    if (!grow_places(places, reel->series_count + count))
        return false;
    for (size_t i = 0; places->capacity != before && i < reel->series_count; i++) {
        const reel_series *s = &reel->series[i];
        place(places, hash_of_key(s->tag, s->pool, s->session), i);
    }
    return true;
}

static bool prepare_strings(ps_reel *reel, size_t count)
{
    reel_places *places = &reel->string_places;
    const size_t before = places->capacity;

    if (!grow_places(places, reel->string_count + count))
        return false;
    for (size_t i = 0; places->capacity != before && i < reel->string_count; i++)
        place(places, hash_of_text(reel->strings[i].text, reel->strings[i].length), i);
    return true;
}

/* The number of a string, which is added to the list where it is new. */
static bool find_string(ps_reel *reel, const char *data, size_t *number, ps_error *err)
{
    const size_t length = strlen(data);
    const uint64_t hash = hash_of_text(data, length);
    size_t slot;

    if (length > STRING_LIMIT)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a note of %zu bytes is over the limit of %d",
                       length, STRING_LIMIT);
    if (!prepare_strings(reel, 1) || !ps_grow((void **)&reel->strings, &reel->string_capacity,
                                              reel->string_count, sizeof *reel->strings))
        return ps_fail_memory(err);
    slot = (size_t)hash & (reel->string_places.capacity - 1);
    for (; reel->string_places.at[slot] != 0;
         slot = (slot + 1) & (reel->string_places.capacity - 1)) {
        *number = reel->string_places.at[slot] - 1;
        if (reel->strings[*number].length == length &&
            memcmp(reel->strings[*number].text, data, length) == 0)
            return true;
    }
    *number = reel->string_count;
    if (!reel_add_string(reel, data, length, err))
        return false;
    reel->string_places.at[slot] = (uint32_t)*number + 1;
    return true;
}

/* --- the draft: what can fail ---------------------------------------------------------------- */

static void free_draft(draft *d)
{
    free(d->order);
    free(d->fields);
    free(d->numbers);
}

static bool make_room(ps_reel *reel, draft *d, ps_error *err)
{
    const size_t rows = d->rows, bits = (rows + 1) * NUMBERS * PS_BITS_LONGEST;

    d->order = calloc(rows + 1, sizeof *d->order);
    d->fields = calloc(rows + 1, sizeof *d->fields);
    d->numbers = calloc(rows + 1, sizeof *d->numbers);
    if (d->order == NULL || d->fields == NULL || d->numbers == NULL)
        return ps_fail_memory(err);
    if (!reel_reserve_bits(&reel->bits, bits) || !prepare_series(reel, rows))
        return ps_fail_memory(err);
    if (!reel_reserve_series(reel, rows) || !reel_reserve_order(reel, rows))
        return ps_fail_memory(err);
    return true;
}

/* What the reel says of the row in the same place of the snapshot before, if it is the same. */
static const reel_series *same_place(const ps_reel *reel, size_t i, const ps_row *row)
{
    const reel_series *s = i < reel->rows ? &reel->series[reel->order[i]] : NULL;

    return s != NULL && s->tag == row->tag && s->pool == row->pool && s->session == row->session
               ? s
               : NULL;
}

static bool number_note(ps_reel *reel, size_t i, const ps_row *row, uint64_t *note, ps_error *err)
{
    const reel_series *s = same_place(reel, i, row);
    size_t number = 0;

    *note = 0;
    if (row->note == NULL)
        return true;
    if (s != NULL && s->field[FIELD_NOTE] != 0 &&
        strcmp(reel->strings[s->field[FIELD_NOTE] - 1].text, row->note) == 0) {
        *note = s->field[FIELD_NOTE];
        return true;
    }
    if (!find_string(reel, row->note, &number, err))
        return false;
    *note = number + 1;
    return true;
}

static uint64_t known_or_0(const ps_row *row, unsigned what, uint64_t value)
{
    return (row->known & what) != 0 ? value : 0;
}

static void draft_numbers(const ps_row *row, uint64_t numbers[NUMBERS])
{
    const unsigned both = PS_KNOW_ALLOCS | PS_KNOW_FREES;

    numbers[ALLOCS] = known_or_0(row, PS_KNOW_ALLOCS, row->allocs);
    numbers[BYTES] = known_or_0(row, PS_KNOW_BYTES, (uint64_t)row->bytes);
    numbers[IN_USE] = known_or_0(row, PS_KNOW_DIFF, (uint64_t)row->diff);
    if ((row->known & PS_KNOW_DIFF) == 0 && (row->known & both) == both)
        numbers[IN_USE] = row->allocs - row->frees;
}

static void draft_fields(const ps_row *row, const uint64_t numbers[NUMBERS],
                         uint64_t fields[FIELDS])
{
    const reel_series like = {.number = {numbers[ALLOCS], numbers[IN_USE], numbers[BYTES]}};

    fields[FIELD_KNOWN] = row->known;
    fields[FIELD_FLAGS] = row->flags;
    fields[FIELD_FREES] =
        known_or_0(row, PS_KNOW_FREES, row->frees - (numbers[ALLOCS] - numbers[IN_USE]));
    if ((row->known & PS_KNOW_PER_ALLOC) != 0)
        fields[FIELD_PER_ALLOC] = row->per_alloc - reel_quotient(&like);
    fields[FIELD_DELTA_ALLOCS] = known_or_0(row, PS_KNOW_DELTA_ALLOCS, (uint64_t)row->delta_allocs);
    fields[FIELD_DELTA_FREES] = known_or_0(row, PS_KNOW_DELTA_FREES, (uint64_t)row->delta_frees);
    fields[FIELD_DELTA_BYTES] = known_or_0(row, PS_KNOW_DELTA_BYTES, (uint64_t)row->delta_bytes);
}

static bool draft_rows(ps_reel *reel, draft *d, ps_error *err)
{
    for (size_t i = 0; i < d->rows; i++) {
        const ps_row *row = ps_snapshot_at(d->snapshot, i);
        const ps_row *next = ps_snapshot_at(d->snapshot, i + 1);
        uint64_t *fields = d->fields[i];

        draft_numbers(row, d->numbers[i]);
        draft_fields(row, d->numbers[i], fields);
        if (!number_note(reel, i, row, &fields[FIELD_NOTE], err))
            return false;
        if (next == NULL)
            continue;
        fields[FIELD_LENGTH] = next->offset - row->offset;
        d->fields[i + 1][FIELD_LINE] = (uint64_t)next->line - row->line;
    }
    return true;
}

/* The most bytes of meta that the snapshot can take. */
static size_t longest_meta(const ps_reel *reel, const draft *d)
{
    size_t size = HEAD_LONGEST + d->rows * ROW_LONGEST;

    for (size_t i = reel->strings_told; i < reel->string_count; i++)
        size += reel->strings[i].length + PS_VARINT_LONGEST;
    return size;
}

/* --- the writing: what cannot ---------------------------------------------------------------- */

static void put_strings(ps_reel *reel)
{
    put(reel, reel->string_count - reel->strings_told);
    for (; reel->strings_told < reel->string_count; reel->strings_told++) {
        const reel_text *string = &reel->strings[reel->strings_told];

        put(reel, string->length);
        memcpy(reel->meta.data + reel->meta.size, string->text, string->length);
        reel->meta.size += string->length;
    }
}

/* The series of a row: the first of its key that has no row in this snapshot yet, else a new one. */
static uint32_t match_row(ps_reel *reel, const ps_row *row, uint32_t stamp)
{
    const reel_places *places = &reel->series_places;
    const uint64_t hash = hash_of_key(row->tag, row->pool, row->session);
    size_t slot = (size_t)hash & (places->capacity - 1);
    reel_series *s;

    for (; places->at[slot] != 0; slot = (slot + 1) & (places->capacity - 1)) {
        s = &reel->series[places->at[slot] - 1];
        if (s->tag == row->tag && s->pool == row->pool && s->session == row->session &&
            s->seen != stamp) {
            s->seen = stamp;
            return places->at[slot] - 1;
        }
    }
    places->at[slot] = (uint32_t)reel->series_count + 1;
    s = reel_add_series(reel, NULL);
    s->tag = row->tag;
    s->pool = row->pool;
    s->session = row->session;
    s->seen = stamp;
    return places->at[slot] - 1;
}

/* Whether the rows are those of the snapshot before, in the same order. */
static bool match_rows(ps_reel *reel, draft *d)
{
    const uint32_t stamp = (uint32_t)reel->announced + 1;
    bool same = d->rows == reel->rows;

    for (size_t i = 0; same && i < d->rows; i++)
        same = same_place(reel, i, ps_snapshot_at(d->snapshot, i)) != NULL;
    if (same) {
        if (d->rows > 0)
            memcpy(d->order, reel->order, d->rows * sizeof *d->order);
        return true;
    }
    for (size_t i = 0; i < d->rows; i++)
        d->order[i] = match_row(reel, ps_snapshot_at(d->snapshot, i), stamp);
    return false;
}

static void put_key(ps_reel *reel, uint32_t number, const reel_series *like)
{
    reel_series *s = &reel->series[number];

    put(reel, s->tag);
    put(reel, ps_zigzag((uint64_t)(int64_t)s->session) << 1 | s->pool);
    if (like == NULL)
        return;
    memcpy(s->field, like->field, sizeof s->field);
    s->field[FIELD_FREES] = s->field[FIELD_PER_ALLOC] = 0;
}

/* Runs of rows that follow each other as they did in the snapshot before, and what breaks them.
 * Numbers from `known` on are of series that are new, in the order of their rows. */
static void put_order(ps_reel *reel, const draft *d, uint32_t known)
{
    uint32_t expected = reel_link_order(reel);
    uint64_t run = 0;

    put(reel, d->rows);
    for (size_t i = 0; i < d->rows; i++) {
        const uint32_t number = d->order[i];

        if (number == expected) {
            run++;
            expected = reel->series[number].next;
            continue;
        }
        put(reel, run);
        run = 0;
        if (number < known) {
            put(reel, number + UINT64_C(1));
            expected = reel->series[number].next;
            continue;
        }
        put(reel, 0);
        put_key(reel, number, i > 0 ? &reel->series[d->order[i - 1]] : NULL);
    }
    if (run > 0)
        put(reel, run);
}

static void put_memory(ps_reel *reel, const ps_frame *frame)
{
    ps_frame *before = &reel->frame;

    put(reel, frame->memory_known);
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++) {
        if ((frame->memory_known >> i & 1U) == 0)
            continue;
        put_difference(reel, before->memory[i], frame->memory[i]);
        before->memory[i] = frame->memory[i];
    }
    before->memory_known = frame->memory_known;
}

/* One field of every row where it is not what the series had last. */
static void put_field(ps_reel *reel, const draft *d, reel_field f)
{
    size_t next = 0;

    for (size_t i = 0; i < d->rows; i++) {
        uint64_t *last = &reel->series[d->order[i]].field[f];

        if (d->fields[i][f] == *last)
            continue;
        put(reel, i - next + 1);
        put_difference(reel, *last, d->fields[i][f]);
        *last = d->fields[i][f];
        next = i + 1;
    }
    put(reel, 0);
}

static void put_moved(ps_reel *reel, const draft *d)
{
    size_t next = 0;

    for (size_t i = 0; i < d->rows; i++) {
        reel_series *s = &reel->series[d->order[i]];
        const bool moved = memcmp(s->number, d->numbers[i], sizeof s->number) != 0;

        if (moved == s->moved)
            continue;
        put(reel, i - next + 1);
        s->moved = moved;
        next = i + 1;
    }
    put(reel, 0);
}

static void put_numbers(ps_reel *reel, const draft *d)
{
    for (size_t i = 0; i < d->rows; i++) {
        reel_series *s = &reel->series[d->order[i]];
        uint64_t *sums = s->age == 0 ? reel->fresh_sum : s->sum;

        if (!s->moved)
            continue;
        for (int n = 0; n < NUMBERS; n++) {
            const uint64_t expected = reel_expected(s, (reel_number)n, d->numbers[i]);
            ps_bits_put_number(&reel->bits, ps_zigzag(d->numbers[i][n] - expected), &sums[n]);
        }
        reel_move(s, d->numbers[i]);
    }
}

static ps_frame frame_of(const ps_snapshot *snapshot, int64_t id, int64_t time)
{
    ps_frame frame = {.id = id,
                      .time = time,
                      .scope = ps_snapshot_scope(snapshot),
                      .rows = ps_snapshot_count(snapshot)};

    ps_snapshot_lines(snapshot, &frame.first_line, &frame.last_line);
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++)
        if (ps_snapshot_memory(snapshot, (ps_memory_field)i, &frame.memory[i]))
            frame.memory_known |= UINT32_C(1) << i;
    return frame;
}

static void put_head(ps_reel *reel, const ps_frame *frame, const uint32_t names[2], unsigned flags)
{
    ps_frame *before = &reel->frame;

    put(reel, flags);
    put_strings(reel);
    put_difference(reel, (uint64_t)before->id, (uint64_t)frame->id);
    put_difference(reel, (uint64_t)before->time, (uint64_t)frame->time);
    if ((flags & FRAME_SAME_HEAD) == 0) {
        put(reel, frame->scope);
        put(reel, names[0]);
        put(reel, names[1]);
    }
    put_difference(reel, before->first_line, frame->first_line);
    put_difference(reel, before->last_line, frame->last_line);
    if ((flags & FRAME_NO_MEMORY) == 0)
        put_memory(reel, frame);
    before->id = frame->id;
    before->time = frame->time;
    before->scope = frame->scope;
    before->first_line = frame->first_line;
    before->last_line = frame->last_line;
    reel->names[0] = names[0];
    reel->names[1] = names[1];
}

static void put_first_row(ps_reel *reel, draft *d)
{
    const ps_row *first = ps_snapshot_at(d->snapshot, 0);

    if (first == NULL)
        return;
    put_difference(reel, reel->line, first->line);
    put_difference(reel, reel->offset, first->offset);
    reel->line = first->line;
    reel->offset = first->offset;
    d->fields[0][FIELD_LINE] = reel->series[d->order[0]].field[FIELD_LINE];
    d->fields[d->rows - 1][FIELD_LENGTH] = reel->series[d->order[d->rows - 1]].field[FIELD_LENGTH];
}

static void write_frame(ps_reel *reel, draft *d, const ps_frame *frame, const uint32_t names[2])
{
    const uint32_t known = (uint32_t)reel->series_count;
    const bool same_order = match_rows(reel, d);
    unsigned flags = same_order ? FRAME_SAME_ORDER : 0;

    if (reel->announced > 0 && frame->scope == reel->frame.scope && names[0] == reel->names[0] &&
        names[1] == reel->names[1])
        flags |= FRAME_SAME_HEAD;
    if (frame->memory_known == 0 && reel->frame.memory_known == 0)
        flags |= FRAME_NO_MEMORY;
    put_head(reel, frame, names, flags);
    if (!same_order)
        put_order(reel, d, known);
    if (d->rows > 0)
        memcpy(reel->order, d->order, d->rows * sizeof *d->order);
    reel->rows = d->rows;
    put_first_row(reel, d);
    for (int f = 0; f < FIELDS; f++)
        put_field(reel, d, (reel_field)f);
    put_moved(reel, d);
    put_numbers(reel, d);
    reel->all_rows += d->rows;
    reel->announced++;
    reel->frames++;
}

bool ps_reel_append(ps_reel *reel, int64_t id, int64_t time, const ps_snapshot *snapshot,
                    ps_error *err)
{
    draft d = {.snapshot = snapshot, .rows = ps_snapshot_count(snapshot)};
    const ps_frame frame = frame_of(snapshot, id, time);
    const char *host = ps_snapshot_host(snapshot);
    size_t origin = 0, machine = 0;
    bool done = false;

    if (d.rows > PS_REEL_ROWS)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a snapshot of %zu rows: at most %d are kept",
                       d.rows, PS_REEL_ROWS);
    if (reel->frames != reel->announced || !ps_reel_fits(reel, d.rows))
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "the reel takes no more");
    if (make_room(reel, &d, err) && find_string(reel, ps_snapshot_origin(snapshot), &origin, err) &&
        (host == NULL || find_string(reel, host, &machine, err)) && draft_rows(reel, &d, err)) {
        done = ps_buffer_reserve(&reel->meta, longest_meta(reel, &d)) || ps_fail_memory(err);
        if (done) {
            write_frame(
                reel, &d, &frame,
                (const uint32_t[]){(uint32_t)origin + 1, host == NULL ? 0 : (uint32_t)machine + 1});
        }
    }
    free_draft(&d);
    return done;
}

/* --- restarts -------------------------------------------------------------------------------- */

static const reel_series *find_series(const ps_reel *reel, size_t i, const ps_row *row)
{
    const reel_series *s = same_place(reel, i, row);
    const reel_places *places = &reel->series_places;
    size_t slot = (size_t)hash_of_key(row->tag, row->pool, row->session) & (places->capacity - 1);

    if (s != NULL)
        return s;
    for (; places->at[slot] != 0; slot = (slot + 1) & (places->capacity - 1)) {
        s = &reel->series[places->at[slot] - 1];
        if (s->tag == row->tag && s->pool == row->pool && s->session == row->session)
            return s;
    }
    return NULL;
}

static bool counters_fell(const ps_reel *reel, const ps_snapshot *snapshot)
{
    size_t compared = 0, fell = 0;
    uint64_t advance;
    bool wrapped;

    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
        const ps_row *row = ps_snapshot_at(snapshot, i);
        const reel_series *s = find_series(reel, i, row);

        if (s == NULL || (row->known & s->field[FIELD_KNOWN] & PS_KNOW_ALLOCS) == 0 ||
            s->number[ALLOCS] == 0)
            continue;
        compared++;
        fell += !ps_counter_advance(s->number[ALLOCS], row->allocs, &advance, &wrapped);
    }
    return ps_counters_restarted(compared, fell);
}

bool ps_reel_reboot(ps_reel *reel, const ps_snapshot *snapshot, bool *reboot, ps_error *err)
{
    const ps_frame *last = &reel->frame;
    uint64_t uptime;

    *reboot = false;
    if (reel->frames == 0)
        return true;
    if ((last->memory_known >> PS_MEM_UPTIME_S & 1U) != 0 &&
        ps_snapshot_memory(snapshot, PS_MEM_UPTIME_S, &uptime)) {
        *reboot = uptime < last->memory[PS_MEM_UPTIME_S];
        return true;
    }
    if (!prepare_series(reel, ps_snapshot_count(snapshot)))
        return ps_fail_memory(err);
    *reboot = counters_fell(reel, snapshot);
    return true;
}
