/* varint.c - bytes that grow, and lists that are packed. */
#include "store/varint.h"

#include <stdlib.h>
#include <zstd.h>

enum { PACKED_LIMIT = 32 << 20, PACKED_LEVEL = 9 };

bool ps_buffer_reserve(ps_buffer *b, size_t size)
{
    size_t wanted = b->capacity < 4096 ? 4096 : b->capacity;
    uint8_t *moved;

    if (b->data != NULL && size <= b->capacity - b->size)
        return true;
    while (wanted - b->size < size) {
        if (wanted > SIZE_MAX / 2)
            return false;
        wanted *= 2;
    }
    moved = realloc(b->data, wanted);
    if (moved == NULL)
        return false;
    b->data = moved;
    b->capacity = wanted;
    return true;
}

bool ps_buffer_pack(const ps_buffer *raw, ps_buffer *out, ps_error *err)
{
    const size_t bound = ZSTD_compressBound(raw->size);
    size_t length;

    if (!ps_buffer_reserve(out, bound + PS_VARINT_LONGEST))
        return ps_fail_memory(err);
    ps_put_varint(out, raw->size);
    length = ZSTD_compress(out->data + out->size, bound, raw->data, raw->size, PACKED_LEVEL);
    if (ZSTD_isError(length))
        return ps_fail_memory(err);
    out->size += length;
    return true;
}

bool ps_buffer_unpack(ps_buffer *raw, const void *data, size_t size, ps_error *err)
{
    ps_reader r = ps_reader_of(data, size, 0);
    const uint64_t announced = ps_take_varint(&r);
    size_t length;

    if (!ps_reader_good(&r) || announced > PACKED_LIMIT)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a list is damaged");
    if (!ps_buffer_reserve(raw, (size_t)announced + 1))
        return ps_fail_memory(err);
    length = ZSTD_decompress(raw->data, (size_t)announced, r.at, r.left);
    if (ZSTD_isError(length) || length != announced)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a list does not unpack");
    raw->size = length;
    return true;
}
