/* bits.h - whole numbers as runs of bits: Rice codes whose width follows the values.
 *
 * A value v under a width of k bits is v >> k ones, a zero, and the low k bits of v.  Where that would
 * be 20 ones or more: 20 ones, six bits that say how many bits follow, less one, and those. */
#ifndef PS_STORE_BITS_H
#define PS_STORE_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PS_BITS_ESCAPE = 20,
    PS_BITS_WIDEST = 36,
    PS_BITS_PADDING = 16, /* zero bytes behind what is read */
    PS_BITS_LONGEST = 12, /* bytes that one code takes at most */
    PS_BITS_MEMORY = 3,   /* a running mean over about 2^3 values */
};

/* Written: whole words of 32 bits are in data, the rest is held.  Room is the caller's business. */
typedef struct ps_bits {
    uint8_t *data;
    size_t size, capacity;
    uint64_t held;
    unsigned count; /* of bits held, under 32 */
} ps_bits;

/* Read: data has PS_BITS_PADDING zero bytes behind its size; at may pass the end, which the caller
 * checks now and then. */
typedef struct ps_bit_reader {
    const uint8_t *data;
    size_t size;
    uint64_t at;
} ps_bit_reader;

static inline uint64_t ps_bits_mask(unsigned count) { return (UINT64_C(1) << count) - 1; }

/* count is 32 at most, value has no other bits. */
static inline void ps_bits_put(ps_bits *bits, uint64_t value, unsigned count)
{
    bits->held |= value << bits->count;
    bits->count += count;
    if (bits->count < 32)
        return;
    for (unsigned i = 0; i < 4; i++)
        bits->data[bits->size++] = (uint8_t)(bits->held >> 8 * i);
    bits->held >>= 32;
    bits->count -= 32;
}

static inline unsigned ps_bits_length(uint64_t value)
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* The width for values whose running sum this is. */
static inline unsigned ps_bits_width(uint64_t sum)
{
    const unsigned length = ps_bits_length((sum - (sum >> 2)) >> PS_BITS_MEMORY);
    const unsigned width = length == 0 ? 0 : length - 1;

    return width < PS_BITS_WIDEST ? width : PS_BITS_WIDEST;
}

static inline void ps_bits_learn(uint64_t *sum, uint64_t value)
{
    const uint64_t most = UINT64_C(1) << PS_BITS_WIDEST;
    const uint64_t step = value < most ? value : most;

    *sum = *sum == 0 ? step << PS_BITS_MEMORY : *sum - (*sum >> PS_BITS_MEMORY) + step;
}

static inline void ps_bits_put_number(ps_bits *bits, uint64_t value, uint64_t *sum)
{
    const unsigned width = ps_bits_width(*sum);
    const uint64_t ones = value >> width;

    ps_bits_learn(sum, value);
    if (ones < PS_BITS_ESCAPE) {
        ps_bits_put(bits, ps_bits_mask((unsigned)ones), (unsigned)ones + 1);
        ps_bits_put(bits, value & ps_bits_mask(width < 32 ? width : 32), width < 32 ? width : 32);
        if (width > 32)
            ps_bits_put(bits, value >> 32 & ps_bits_mask(width - 32), width - 32);
        return;
    }
    ps_bits_put(bits, ps_bits_mask(PS_BITS_ESCAPE), PS_BITS_ESCAPE);
    ps_bits_put(bits, ps_bits_length(value) - 1, 6);
    ps_bits_put(bits, value & ps_bits_mask(32),
                ps_bits_length(value) < 32 ? ps_bits_length(value) : 32);
    if (ps_bits_length(value) > 32)
        ps_bits_put(bits, value >> 32, ps_bits_length(value) - 32);
}

/* At least 57 bits from here on. */
static inline uint64_t ps_bits_window(const ps_bit_reader *bits)
{
    const uint64_t byte = bits->at >> 3;
    uint64_t word;

    if (byte > bits->size)
        return 0;
    memcpy(&word, bits->data + byte, sizeof word);
    return word >> (bits->at & 7);
}

static inline uint64_t ps_bits_take(ps_bit_reader *bits, unsigned count)
{
    const uint64_t value = ps_bits_window(bits) & ps_bits_mask(count);

    bits->at += count;
    return value;
}

static inline uint64_t ps_bits_take_number(ps_bit_reader *bits, uint64_t *sum)
{
    const unsigned width = ps_bits_width(*sum);
    const uint64_t window = ps_bits_window(bits);
    const unsigned ones = (unsigned)__builtin_ctzll(~window | UINT64_C(1) << PS_BITS_ESCAPE);
    uint64_t value;

    if (ones < PS_BITS_ESCAPE) {
        value = (uint64_t)ones << width | (window >> (ones + 1) & ps_bits_mask(width));
        bits->at += ones + 1 + width;
    } else {
        unsigned length;
        bits->at += PS_BITS_ESCAPE;
        length = (unsigned)ps_bits_take(bits, 6) + 1;
        value = ps_bits_take(bits, length < 32 ? length : 32);
        if (length > 32)
            value |= ps_bits_take(bits, length - 32) << 32;
    }
    ps_bits_learn(sum, value);
    return value;
}

#endif
