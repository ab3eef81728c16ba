/* trust.c - roots that the user gave, and ways to them. */
#include "pe/trust.h"

#include "base/array.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

enum { CHAIN_LIMIT = 16 };

bool ps_trust_new(ps_trust **out, ps_error *err)
{
    ps_trust *trust = calloc(1, sizeof *trust);

    *out = NULL;
    if (trust == NULL)
        return ps_fail_memory(err);
    trust->now = (int64_t)time(NULL);
    trust->store = X509_STORE_new();
    if (trust->store == NULL) {
        ps_trust_close(trust);
        return ps_fail_memory(err);
    }
    *out = trust;
    return true;
}

bool ps_trust_add_roots(ps_trust *trust, const void *pem, size_t size, ps_error *err)
{
    BIO *from = NULL;
    size_t added = 0;
    X509 *root;

    if (size == 0) /* which libcrypto does not take */
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "has no certificate in PEM");
    if (size <= INT_MAX)
        from = BIO_new_mem_buf(pem, (int)size);
    if (from == NULL)
        return ps_fail_memory(err);
    while ((root = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL) {
        if (X509_STORE_add_cert(trust->store, root) == 1)
            added++;
        X509_free(root);
    }
    BIO_free(from);
    ERR_clear_error();
    trust->root_count += added;
    return added > 0 || ps_fail(err, PS_EFORMAT, PS_NOWHERE, "has no certificate in PEM");
}

size_t ps_trust_root_count(const ps_trust *trust) { return trust->root_count; }

size_t ps_trust_catalog_count(const ps_trust *trust) { return trust->catalog_count; }

size_t ps_trust_member_count(const ps_trust *trust)
{
    size_t count = 0;

    for (size_t i = 0; i < trust->catalog_count; i++)
        count += trust->catalogs[i].member_count;
    return count;
}

void ps_trust_close(ps_trust *trust)
{
    if (trust == NULL)
        return;
    for (size_t i = 0; i < trust->catalog_count; i++)
        free(trust->catalogs[i].members);
    free(trust->catalogs);
    X509_STORE_free(trust->store);
    ps_arena_free(&trust->arena);
    free(trust);
}

/* Certificates as libcrypto has them; NULL when memory is out.  What it cannot read is left out. */
static STACK_OF(X509) * stack_of(ps_reader bag)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    ps_der item;

    while (stack != NULL && ps_der_next(&bag, &item)) {
        const uint8_t *at = item.whole.data;
        X509 *certificate = d2i_X509(NULL, &at, (long)item.whole.size);

        if (certificate != NULL && sk_X509_push(stack, certificate) == 0)
            X509_free(certificate);
    }
    return stack;
}

/* Signers' certificates may have critical extensions of their maker's own. */
static int accept_own_extensions(int good, X509_STORE_CTX *context)
{
    return good != 0 ||
           X509_STORE_CTX_get_error(context) == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION;
}

static bool describe_chain(X509_STORE_CTX *context, ps_arena *arena, ps_chain *out)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    const int count = sk_X509_num(chain) < CHAIN_LIMIT ? sk_X509_num(chain) : CHAIN_LIMIT;

    out->certificates = ps_arena_take(arena, sizeof *out->certificates * CHAIN_LIMIT);
    if (out->certificates == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        unsigned char *bytes = NULL;
        const int size = i2d_X509(sk_X509_value(chain, i), &bytes);
        ps_x509 certificate;
        bool done = true;

        if (size > 0 && ps_x509_parse(&certificate, (ps_bytes){bytes, (size_t)size}))
            done = ps_x509_describe(&certificate, arena, &out->certificates[out->count++]);
        OPENSSL_free(bytes);
        if (!done)
            return false;
    }
    return true;
}

static bool verify(X509_STORE_CTX *context, int64_t when, ps_arena *arena, ps_chain *out)
{
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
    int error;

    X509_VERIFY_PARAM_set_time(rules, (time_t)when);
    X509_VERIFY_PARAM_set_depth(rules, CHAIN_LIMIT);
    (void)X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_verify_cb(context, accept_own_extensions);
    out->chained = X509_verify_cert(context) == 1;
    error = X509_STORE_CTX_get_error(context);
    if (out->chained)
        return describe_chain(context, arena, out);
    out->expired = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
    out->why = X509_verify_cert_error_string(error);
    return true;
}

bool ps_trust_chain(const ps_trust *trust, const ps_x509 *leaf, ps_reader bag, int64_t when,
                    ps_arena *arena, ps_chain *out)
{
    const uint8_t *at = leaf->whole.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)leaf->whole.size);
    STACK_OF(X509) *others = stack_of(bag);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool done = true;

    *out = (ps_chain){.why = "libcrypto cannot read the signer's certificate"};
    if (certificate != NULL && others != NULL && context != NULL &&
        X509_STORE_CTX_init(context, trust->store, certificate, others) == 1)
        done = verify(context, when, arena, out);
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(others, X509_free);
    X509_free(certificate);
    ERR_clear_error();
    return done;
}
