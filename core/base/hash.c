/* hash.c - SHA-256 of a source, through libcrypto. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { HASH_WINDOW = 1 << 18 };

static bool feed(EVP_MD_CTX *context, ps_source *source, uint8_t *window, ps_error *err)
{
    const uint64_t size = ps_source_size(source);
    uint64_t offset = 0;

    while (offset < size) {
        size_t got = 0;
        if (!ps_source_read(source, offset, window, HASH_WINDOW, &got, err))
            return false;
        if (EVP_DigestUpdate(context, window, got) != 1)
            return ps_fail(err, PS_EUNSUPPORTED, offset, "SHA-256: libcrypto refuses");
        offset += got;
    }
    return true;
}

bool ps_source_sha256(ps_source *source, char hex[65], ps_error *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint8_t *window = malloc(HASH_WINDOW);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = false;

    if (window == NULL || context == NULL)
        (void)ps_fail_memory(err);
    else if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        (void)ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "SHA-256: libcrypto refuses");
    else if (feed(context, source, window, err))
        done = EVP_DigestFinal_ex(context, digest, NULL) == 1 ||
               ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "SHA-256: libcrypto refuses");
    hex[0] = '\0';
    if (done)
        ps_hex(hex, digest, 32);
    EVP_MD_CTX_free(context);
    free(window);
    return done;
}
