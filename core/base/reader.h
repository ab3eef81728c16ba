/* reader.h - the only way the core looks at binary bytes that it was handed.
 *
 * A reader walks a span of untrusted bytes.  The first read that does not fit marks it bad; every
 * later read yields zero and stays bad.  A parser reads a whole record straight through and asks
 * ps_reader_ok once, before it believes any of it.  Nothing here allocates, casts bytes to a
 * struct, or adds two lengths.
 */
#ifndef PS_BASE_READER_H
#define PS_BASE_READER_H

#include "base/error.h"

typedef struct ps_reader {
    const uint8_t *at;
    size_t left;
    uint64_t base;   /* offset of *at in the whole input, for messages */
    uint64_t bad_at; /* PS_NOWHERE while every read has fitted */
} ps_reader;

static inline ps_reader ps_reader_of(const void *data, size_t size, uint64_t base)
{
    return (ps_reader){.at = data, .left = size, .base = base, .bad_at = PS_NOWHERE};
}

/* A reader over size bytes at offset of a larger span; bad from the start if they do not fit. */
static inline ps_reader ps_reader_at(const void *data, size_t total, uint64_t offset, uint64_t size)
{
    ps_reader r = ps_reader_of(data, 0, offset);

    if (offset > total || size > total - offset)
        r.bad_at = offset < total ? offset : total;
    else if (data != NULL)
        r = ps_reader_of((const uint8_t *)data + offset, (size_t)size, offset);
    return r;
}

/* Take n bytes, or NULL if fewer are left. */
static inline const uint8_t *ps_take(ps_reader *r, size_t n)
{
    const uint8_t *p = r->at;

    if (r->bad_at != PS_NOWHERE)
        return NULL;
    if (n > r->left) {
        r->bad_at = r->base;
        return NULL;
    }
    if (n > 0)
        r->at += n;
    r->left -= n;
    r->base += n;
    return p;
}

static inline void ps_skip(ps_reader *r, size_t n) { (void)ps_take(r, n); }

/* Little-endian unsigned integer of n <= 8 bytes; 0 once the reader is bad. */
static inline uint64_t ps_uint(ps_reader *r, size_t n)
{
    const uint8_t *p = ps_take(r, n);
    uint64_t v = 0;

    if (p != NULL)
        for (size_t i = n; i-- > 0;)
            v = v << 8 | p[i];
    return v;
}

static inline uint8_t ps_u8(ps_reader *r) { return (uint8_t)ps_uint(r, 1); }
static inline uint16_t ps_u16(ps_reader *r) { return (uint16_t)ps_uint(r, 2); }
static inline uint32_t ps_u32(ps_reader *r) { return (uint32_t)ps_uint(r, 4); }
static inline uint64_t ps_u64(ps_reader *r) { return ps_uint(r, 8); }

/* Would count records of size bytes fit in what is left?  Ask before allocating for them. */
static inline bool ps_fits(const ps_reader *r, uint64_t count, size_t size)
{
    return r->bad_at == PS_NOWHERE && count <= r->left / size;
}

static inline bool ps_reader_good(const ps_reader *r) { return r->bad_at == PS_NOWHERE; }

static inline bool ps_reader_ok(const ps_reader *r, ps_error *err, const char *what)
{
    if (r->bad_at == PS_NOWHERE)
        return true;
    return ps_fail(err, PS_ETRUNCATED, r->bad_at, "%s: input ends too early", what);
}

#endif
