/* digest.h - message digests of spans of bytes, through libcrypto. */
#ifndef PS_BASE_DIGEST_H
#define PS_BASE_DIGEST_H

#include "base/error.h"

enum { PS_DIGEST_LIMIT = 64 }; /* bytes of the longest digest */

typedef struct ps_bytes {
    const uint8_t *data;
    size_t size;
} ps_bytes;

typedef enum ps_digest_id {
    PS_DIGEST_MD5,
    PS_DIGEST_SHA1,
    PS_DIGEST_SHA256,
    PS_DIGEST_SHA384,
    PS_DIGEST_SHA512,
    PS_DIGEST_COUNT,
} ps_digest_id;

/* "md5", "sha1", ... */
const char *ps_digest_name(ps_digest_id id);
size_t ps_digest_size(ps_digest_id id);

/* The digest of the spans in a row; ps_digest_size bytes of out are filled in. */
bool ps_digest_spans(ps_digest_id id, const ps_bytes *spans, size_t count,
                     uint8_t out[PS_DIGEST_LIMIT], ps_error *err);

/* size bytes as lower-case hex with a NUL: 2 * size + 1 characters. */
void ps_hex(char *to, const uint8_t *bytes, size_t size);

static inline bool ps_bytes_equal(ps_bytes a, ps_bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (a.data[i] != b.data[i])
            return false;
    return true;
}

#endif
