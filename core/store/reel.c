/* reel.c - a reel as a whole: made, opened, packed, given back. */
#include "base/array.h"
#include "store/reel_parts.h"

#include <zstd.h>

bool reel_reserve_bits(ps_bits *b, size_t size)
{
    ps_buffer raw = {.data = b->data, .size = b->size, .capacity = b->capacity};
    const bool done = ps_buffer_reserve(&raw, size);

    b->data = raw.data;
    b->capacity = raw.capacity;
    return done;
}

bool reel_reserve_series(ps_reel *reel, size_t count)
{
    const size_t wanted = reel->series_count + count;
    reel_series *moved;

    if (wanted <= reel->series_capacity)
        return true;
    moved = realloc(reel->series, (wanted + wanted / 4) * sizeof *moved);
    if (moved == NULL)
        return false;
    reel->series = moved;
    reel->series_capacity = wanted + wanted / 4;
    return true;
}

bool reel_reserve_order(ps_reel *reel, size_t count)
{
    uint32_t *moved;

    if (count < reel->order_capacity)
        return true;
    moved = realloc(reel->order, (count + 1) * sizeof *moved);
    if (moved == NULL)
        return false;
    reel->order = moved;
    reel->order_capacity = count + 1;
    return true;
}

uint32_t reel_link_order(ps_reel *reel)
{
    for (size_t i = 0; i < reel->series_count; i++)
        reel->series[i].next = UINT32_MAX;
    for (size_t i = 1; i < reel->rows; i++)
        reel->series[reel->order[i - 1]].next = reel->order[i];
    return reel->rows > 0 ? reel->order[0] : UINT32_MAX;
}

bool ps_reel_new(ps_reel **out, ps_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL || ps_fail_memory(err);
}

void ps_reel_close(ps_reel *reel)
{
    if (reel == NULL)
        return;
    for (size_t i = 0; i < reel->string_count; i++)
        free(reel->strings[i].text);
    free(reel->strings);
    free(reel->series);
    free(reel->order);
    free(reel->series_places.at);
    free(reel->string_places.at);
    free(reel->meta.data);
    free(reel->bits.data);
    free(reel);
}

size_t ps_reel_frames(const ps_reel *reel) { return reel->announced; }

size_t ps_reel_series(const ps_reel *reel) { return reel->series_count; }

bool ps_reel_fits(const ps_reel *reel, size_t rows)
{
    return reel->announced < PS_REEL_FRAMES && reel->series_count + rows <= SERIES_LIMIT &&
           (reel->announced == 0 || reel->all_rows + rows <= PS_REEL_ALL_ROWS) &&
           reel->meta.size + reel->bits.size < PS_REEL_BYTES / 4;
}

reel_series *reel_add_series(ps_reel *reel, const reel_series *like)
{
    reel_series *s = &reel->series[reel->series_count++];
    reel_series fresh = {0};

    if (like != NULL) {
        memcpy(fresh.field, like->field, sizeof fresh.field);
        fresh.field[FIELD_PER_ALLOC] = fresh.field[FIELD_FREES] = 0;
    }
    *s = fresh;
    return s;
}

bool reel_add_string(ps_reel *reel, const char *data, size_t length, ps_error *err)
{
    char *copy = ps_alloc(length, 1, 1);

    if (copy == NULL)
        return ps_fail_memory(err);
    memcpy(copy, data, length);
    copy[length] = '\0';
    reel->strings[reel->string_count++] = (reel_text){.text = copy, .length = (uint32_t)length};
    return true;
}

/* --- packing --------------------------------------------------------------------------------- */

static void put_head(const ps_reel *reel, size_t packed, uint64_t bits, ps_buffer *b)
{
    b->data[b->size++] = REEL_VERSION;
    ps_put_varint(b, reel->announced);
    ps_put_varint(b, reel->meta.size);
    ps_put_varint(b, packed);
    ps_put_varint(b, bits);
}

bool ps_reel_seal(const ps_reel *reel, int level, uint8_t **data, size_t *size, ps_error *err)
{
    const size_t bound = ZSTD_compressBound(reel->meta.size);
    const size_t words = reel->bits.size, tail = (reel->bits.count + 7) / 8;
    const uint64_t bits = (uint64_t)words * 8 + reel->bits.count;
    uint8_t *packed = malloc(bound);
    ps_buffer made = {0};
    size_t length;

    if (packed == NULL ||
        !ps_buffer_reserve(&made, bound + words + 8 + PS_VARINT_LONGEST * (size_t)5)) {
        free(packed);
        return ps_fail_memory(err);
    }
    length = ZSTD_compress(packed, bound, reel->meta.data, reel->meta.size, level);
    if (ZSTD_isError(length)) {
        free(packed);
        free(made.data);
        return ps_fail_memory(err);
    }
    put_head(reel, length, bits, &made);
    memcpy(made.data + made.size, packed, length);
    made.size += length;
    if (words > 0)
        memcpy(made.data + made.size, reel->bits.data, words);
    made.size += words;
    for (size_t i = 0; i < tail; i++)
        made.data[made.size++] = (uint8_t)(reel->bits.held >> 8 * i);
    free(packed);
    *data = made.data;
    *size = made.size;
    return true;
}

/* --- opening --------------------------------------------------------------------------------- */

static bool unpack_meta(ps_reel *reel, const uint8_t *packed, size_t size, uint64_t raw,
                        ps_error *err)
{
    size_t length;

    if (raw > PS_REEL_BYTES || raw > (uint64_t)size * 20000 + 4096)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a reel announces %llu bytes from %zu",
                       (unsigned long long)raw, size);
    if (!ps_buffer_reserve(&reel->meta, (size_t)raw + 1))
        return ps_fail_memory(err);
    length = ZSTD_decompress(reel->meta.data, (size_t)raw, packed, size);
    if (ZSTD_isError(length) || length != raw)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a reel does not unpack");
    reel->meta.size = length;
    return true;
}

/* What is written later goes on at the last whole word. */
static bool take_bits(ps_reel *reel, const uint8_t *data, size_t size, ps_error *err)
{
    ps_bits *bits = &reel->bits;

    if (!reel_reserve_bits(bits, size + PS_BITS_PADDING))
        return ps_fail_memory(err);
    memcpy(bits->data, data, size);
    memset(bits->data + size, 0, PS_BITS_PADDING);
    bits->size = (size_t)(reel->bits_total / 32 * 4);
    bits->count = (unsigned)(reel->bits_total % 32);
    for (size_t i = bits->size; i < size; i++)
        bits->held |= (uint64_t)bits->data[i] << 8 * (i - bits->size);
    return true;
}

static bool open_parts(ps_reel *reel, const void *data, size_t size, ps_error *err)
{
    ps_reader r = ps_reader_of(data, size, 0);
    const uint8_t version = ps_u8(&r);
    const uint64_t frames = ps_take_varint(&r), raw = ps_take_varint(&r);
    const uint64_t packed = ps_take_varint(&r), bits = ps_take_varint(&r);
    const uint8_t *meta, *rest;

    if (!ps_reader_good(&r) || version != REEL_VERSION || frames > PS_REEL_FRAMES ||
        packed > r.left || bits / 8 > r.left || (bits + 7) / 8 != r.left - packed)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a reel's head contradicts itself");
    meta = ps_take(&r, (size_t)packed);
    rest = ps_take(&r, (size_t)((bits + 7) / 8));
    reel->announced = (size_t)frames;
    reel->bits_total = bits;
    return unpack_meta(reel, meta, (size_t)packed, raw, err) &&
           take_bits(reel, rest, (size_t)((bits + 7) / 8), err);
}

bool ps_reel_open(ps_reel **out, const void *data, size_t size, ps_error *err)
{
    ps_reel *reel;

    *out = NULL;
    if (data == NULL || size > PS_REEL_BYTES)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "a reel of %zu bytes", size);
    if (!ps_reel_new(&reel, err))
        return false;
    if (!open_parts(reel, data, size, err)) {
        ps_reel_close(reel);
        return false;
    }
    *out = reel;
    return true;
}
