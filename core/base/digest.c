/* digest.c - message digests of spans of bytes, through libcrypto. */
#include "base/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static const struct {
    const char *name;
    size_t size;
    const EVP_MD *(*method)(void);
} digests[PS_DIGEST_COUNT] = {
    [PS_DIGEST_MD5] = {"md5", 16, EVP_md5},
    [PS_DIGEST_SHA1] = {"sha1", 20, EVP_sha1},
    [PS_DIGEST_SHA256] = {"sha256", 32, EVP_sha256},
    [PS_DIGEST_SHA384] = {"sha384", 48, EVP_sha384},
    [PS_DIGEST_SHA512] = {"sha512", 64, EVP_sha512},
};

const char *ps_digest_name(ps_digest_id id) { return digests[id].name; }

size_t ps_digest_size(ps_digest_id id) { return digests[id].size; }

bool ps_digest_spans(ps_digest_id id, const ps_bytes *spans, size_t count,
                     uint8_t out[PS_DIGEST_LIMIT], ps_error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done;

    if (context == NULL)
        return ps_fail_memory(err);
    done = EVP_DigestInit_ex(context, digests[id].method(), NULL) == 1;
    for (size_t i = 0; done && i < count; i++)
        done = spans[i].size == 0 || EVP_DigestUpdate(context, spans[i].data, spans[i].size) == 1;
    done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (done)
        return true;
    ERR_clear_error();
    return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "%s: libcrypto refuses", digests[id].name);
}

void ps_hex(char *to, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    to[2 * size] = '\0';
}
