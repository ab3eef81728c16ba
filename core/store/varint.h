/* varint.h - bytes that grow, and whole numbers as seven bits a byte, the least first. */
#ifndef PS_STORE_VARINT_H
#define PS_STORE_VARINT_H

#include "base/reader.h"

enum { PS_VARINT_LONGEST = 10 };

typedef struct ps_buffer {
    uint8_t *data;
    size_t size, capacity;
} ps_buffer;

/* Make room for size bytes more than there are; false when memory is out. */
bool ps_buffer_reserve(ps_buffer *b, size_t size);

/* The bytes of raw, compressed, behind those of out; and back: what is damaged, or would be over
 * 32 MiB, is an error. */
bool ps_buffer_pack(const ps_buffer *raw, ps_buffer *out, ps_error *err);
bool ps_buffer_unpack(ps_buffer *raw, const void *data, size_t size, ps_error *err);

/* There must be room. */
static inline void ps_put_varint(ps_buffer *b, uint64_t value)
{
    while (value >= 0x80) {
        b->data[b->size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    b->data[b->size++] = (uint8_t)value;
}

/* 0 once the reader is bad. */
static inline uint64_t ps_take_varint(ps_reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && r->left > 0; shift += 7) {
        const uint8_t byte = *r->at++;
        r->left--;
        r->base++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    if (r->bad_at == PS_NOWHERE)
        r->bad_at = r->base;
    return 0;
}

/* A difference of either sign as a number that is small where it is. */
static inline uint64_t ps_zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}
static inline uint64_t ps_unzigzag(uint64_t value) { return value >> 1 ^ (0 - (value & 1)); }

static inline void ps_put_difference(ps_buffer *b, uint64_t before, uint64_t after)
{
    ps_put_varint(b, ps_zigzag(after - before));
}
static inline uint64_t ps_take_difference(ps_reader *r, uint64_t before)
{
    return before + ps_unzigzag(ps_take_varint(r));
}

#endif
