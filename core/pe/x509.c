/* x509.c - certificates as far as signatures need them.
 *
 *   Certificate { tbs { [0] version, serial, algorithm, issuer, validity { from, to }, subject,
 *     key { algorithm { oid, parameters }, bits }, [1], [2], [3] { extensions } }, algorithm, bits }
 *   Extension { oid, critical?, octets }
 */
#include "pe/x509.h"

#include "pe/text.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

enum { KEY_LIMIT = 8192, MODULUS_LIMIT = 2049, EXPONENT_LIMIT = 64 };
enum { EXTENSION_LIMIT = 64, NAME_LIMIT = 64, USAGE_LIMIT = 16 };

static void read_extensions(ps_x509 *out, ps_reader tbs)
{
    ps_der outer;
    ps_der list;
    ps_der extension;

    (void)ps_der_maybe(&tbs, PS_DER_PLAIN + 1, &outer);
    (void)ps_der_maybe(&tbs, PS_DER_PLAIN + 2, &outer);
    if (!ps_der_maybe(&tbs, PS_DER_CONTEXT + 3, &outer) ||
        !ps_der_take(&outer.body, PS_DER_SEQUENCE, &list))
        return;
    for (int i = 0; i < EXTENSION_LIMIT && ps_der_next(&list.body, &extension); i++) {
        ps_der oid;
        ps_der value;
        ps_der usages;

        if (!ps_der_take(&extension.body, PS_DER_OID, &oid) ||
            !ps_oid_is(ps_der_span(&oid), PS_OID_USAGES))
            continue;
        (void)ps_der_maybe(&extension.body, 0x01, &value);
        if (ps_der_take(&extension.body, PS_DER_OCTETS, &value) &&
            ps_der_take(&value.body, PS_DER_SEQUENCE, &usages)) {
            out->usages = usages.body;
            out->has_usages = true;
        }
    }
}

bool ps_x509_parse(ps_x509 *out, ps_bytes whole)
{
    ps_reader r = ps_span_reader(whole);
    ps_der item;
    ps_der tbs;
    ps_der validity;
    ps_der from;
    ps_der to;

    *out = (ps_x509){.whole = whole, .not_before = PS_NO_TIME, .not_after = PS_NO_TIME};
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &item) || !ps_der_take(&item.body, PS_DER_SEQUENCE, &tbs))
        return false;
    (void)ps_der_maybe(&tbs.body, PS_DER_CONTEXT, &item);
    if (!ps_der_take(&tbs.body, PS_DER_INTEGER, &item))
        return false;
    out->serial = ps_der_span(&item);
    if (!ps_der_take(&tbs.body, PS_DER_SEQUENCE, &validity) || /* the algorithm, passed over */
        !ps_der_take(&tbs.body, PS_DER_SEQUENCE, &item))
        return false;
    out->issuer = item.whole;
    if (!ps_der_take(&tbs.body, PS_DER_SEQUENCE, &validity) ||
        !ps_der_next(&validity.body, &from) || !ps_der_next(&validity.body, &to))
        return false;
    out->not_before = ps_der_time(&from);
    out->not_after = ps_der_time(&to);
    if (!ps_der_take(&tbs.body, PS_DER_SEQUENCE, &item))
        return false;
    out->subject = item.whole;
    if (!ps_der_take(&tbs.body, PS_DER_SEQUENCE, &item))
        return false;
    out->key = item.whole;
    read_extensions(out, tbs.body);
    return true;
}

bool ps_x509_find(ps_x509 *out, ps_reader bag, ps_bytes issuer, ps_bytes serial)
{
    ps_der item;
    ps_x509 candidate;
    bool found = false;

    while (ps_der_next(&bag, &item)) {
        if (!ps_x509_parse(&candidate, item.whole) || !ps_bytes_equal(candidate.serial, serial))
            continue;
        if (ps_bytes_equal(candidate.issuer, issuer)) {
            *out = candidate;
            return true;
        }
        if (!found) /* the same name may be written with another kind of string */
            *out = candidate;
        found = true;
    }
    return found;
}

bool ps_x509_find_subject(ps_x509 *out, ps_reader bag, ps_bytes subject)
{
    ps_der item;

    while (ps_der_next(&bag, &item))
        if (ps_x509_parse(out, item.whole) && ps_bytes_equal(out->subject, subject))
            return true;
    return false;
}

/* How well an attribute of a name serves to call its owner; 0: not at all. */
static int worth_of(ps_bytes oid)
{
    if (ps_oid_is(oid, PS_OID_COMMON_NAME))
        return 3;
    if (ps_oid_is(oid, PS_OID_UNIT))
        return 2;
    return ps_oid_is(oid, PS_OID_ORGANIZATION) ? 1 : 0;
}

const char *ps_x509_name(ps_arena *arena, ps_bytes name)
{
    ps_reader r = ps_span_reader(name);
    ps_der list;
    ps_der set;
    ps_der best = {.tag = PS_DER_UTF8};
    int best_worth = 0;

    if (!ps_der_take(&r, PS_DER_SEQUENCE, &list))
        return ps_arena_copy(arena, "", 0);
    for (int i = 0; i < NAME_LIMIT && ps_der_next(&list.body, &set); i++) {
        ps_der attribute;
        ps_der oid;
        ps_der value;

        if (!ps_der_next(&set.body, &attribute) ||
            !ps_der_take(&attribute.body, PS_DER_OID, &oid) ||
            !ps_der_next(&attribute.body, &value) || worth_of(ps_der_span(&oid)) < best_worth ||
            worth_of(ps_der_span(&oid)) == 0)
            continue;
        best_worth = worth_of(ps_der_span(&oid));
        best = value;
    }
    return ps_text_of(arena, best.tag, ps_der_span(&best));
}

bool ps_x509_describe(const ps_x509 *from, ps_arena *arena, ps_certificate *out)
{
    ps_bytes serial = from->serial;
    char *hex;

    while (serial.size > 1 && *serial.data == 0) {
        serial.data++;
        serial.size--;
    }
    if (serial.size > 64)
        serial.size = 64;
    *out = (ps_certificate){.subject = ps_x509_name(arena, from->subject),
                            .issuer = ps_x509_name(arena, from->issuer),
                            .not_before = from->not_before,
                            .not_after = from->not_after};
    hex = ps_arena_take(arena, serial.size * 2 + 1);
    if (out->subject == NULL || out->issuer == NULL || hex == NULL)
        return false;
    ps_hex(hex, serial.data, serial.size);
    out->serial = hex;
    return true;
}

bool ps_x509_has_usage(const ps_x509 *from, const char *encoded)
{
    ps_reader usages = from->usages;
    ps_der oid;

    for (int i = 0; from->has_usages && i < USAGE_LIMIT && ps_der_next(&usages, &oid); i++)
        if (oid.tag == PS_DER_OID && ps_oid_is(ps_der_span(&oid), encoded))
            return true;
    return false;
}

bool ps_x509_usages(const ps_x509 *from, ps_arena *arena, const char *const **names, size_t *count)
{
    ps_reader usages = from->usages;
    const char **list;
    ps_der oid;

    *names = NULL;
    *count = 0;
    if (!from->has_usages)
        return true;
    list = ps_arena_take(arena, USAGE_LIMIT * sizeof *list);
    if (list == NULL)
        return false;
    while (*count < USAGE_LIMIT && ps_der_next(&usages, &oid)) {
        if (oid.tag != PS_DER_OID)
            continue;
        list[*count] = ps_usage_name(arena, ps_der_span(&oid));
        if (list[*count] == NULL)
            return false;
        (*count)++;
    }
    *names = list;
    return true;
}

/* An RSA key from its two numbers: many times faster than to let libcrypto find out what it is. */
static EVP_PKEY *rsa_key(ps_reader bits)
{
    uint8_t modulus[MODULUS_LIMIT];
    uint8_t exponent[EXPONENT_LIMIT];
    OSSL_PARAM numbers[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
    ps_der n;
    ps_der e;
    EVP_PKEY_CTX *context;
    EVP_PKEY *key = NULL;

    ps_skip(&bits, 1); /* how many bits of the last byte are not used: none */
    if (!ps_der_take(&bits, PS_DER_SEQUENCE, &n))
        return NULL;
    bits = n.body;
    if (!ps_der_take(&bits, PS_DER_INTEGER, &n) || !ps_der_take(&bits, PS_DER_INTEGER, &e) ||
        n.body.left > sizeof modulus || e.body.left > sizeof exponent)
        return NULL;
    for (size_t i = 0; i < n.body.left; i++)
        modulus[i] = n.body.at[n.body.left - 1 - i];
    for (size_t i = 0; i < e.body.left; i++)
        exponent[i] = e.body.at[e.body.left - 1 - i];
    numbers[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, n.body.left);
    numbers[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, e.body.left);
    context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, numbers) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* RSA, or EC on a curve that has a name: the work that a key can cause is bounded. */
static const char *read_key(const ps_x509 *by, EVP_PKEY **out)
{
    const uint8_t *at = by->key.data;
    ps_reader r = ps_span_reader(by->key);
    ps_der key;
    ps_der algorithm;
    ps_der oid;
    ps_der bits;

    *out = NULL;
    if (by->key.size > KEY_LIMIT)
        return "the signer's key is too long";
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &key) ||
        !ps_der_take(&key.body, PS_DER_SEQUENCE, &algorithm) ||
        !ps_der_take(&algorithm.body, PS_DER_OID, &oid) ||
        !ps_der_take(&key.body, PS_DER_BITS, &bits))
        return "the signer's key is malformed";
    if (ps_oid_is(ps_der_span(&oid), PS_OID_RSA))
        *out = rsa_key(bits.body);
    else if (ps_oid_is(ps_der_span(&oid), PS_OID_EC) &&
             ps_der_maybe(&algorithm.body, PS_DER_OID, &bits))
        *out = d2i_PUBKEY(NULL, &at, (long)by->key.size);
    else
        return "the signer's key is of a kind that is not supported";
    if (*out != NULL)
        return NULL;
    ERR_clear_error();
    return "libcrypto cannot read the signer's key";
}

static bool fits(EVP_PKEY *key, const EVP_MD *method, ps_bytes digest, ps_bytes signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    const bool good =
        context != NULL && EVP_PKEY_verify_init(context) > 0 &&
        (method == NULL || EVP_PKEY_CTX_set_signature_md(context, method) > 0) &&
        EVP_PKEY_verify(context, signature.data, signature.size, digest.data, digest.size) == 1;

    EVP_PKEY_CTX_free(context);
    return good;
}

const char *ps_x509_verify(const ps_x509 *by, ps_digest_id id, const uint8_t *digest,
                           ps_bytes signature)
{
    const ps_bytes bytes = {digest, ps_digest_size(id)};
    EVP_PKEY *key;
    const char *why = read_key(by, &key);

    if (why != NULL)
        return why;
    /* Old time stampers signed the bare digest, without its algorithm in front. */
    if (!fits(key, EVP_get_digestbyname(ps_digest_name(id)), bytes, signature) &&
        !(EVP_PKEY_is_a(key, "RSA") == 1 && fits(key, NULL, bytes, signature)))
        why = "the signature does not fit the signer's key";
    EVP_PKEY_free(key);
    if (why != NULL)
        ERR_clear_error();
    return why;
}
