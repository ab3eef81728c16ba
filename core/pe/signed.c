/* signed.c - signed data as PKCS #7 has it.
 *
 *   ContentInfo { signedData, [0] { SignedData { version, digests, { type, [0] content },
 *     [0] certificates, [1] revocations, signers } } }
 *   SignerInfo { version, { issuer, serial }, digest, [0] attributes, algorithm, signature,
 *     [1] attributes that nobody signed }
 *   Attribute { oid, set of values }
 *
 * A signer with attributes signs these as a set; one of them is the digest of the content. */
#include "pe/signed.h"

#include <string.h>

enum { ATTRIBUTE_LIMIT = 64 };

bool ps_digest_of(const ps_der *algorithm, ps_digest_id *id)
{
    static const struct {
        const char *oid;
        ps_digest_id id;
    } known[] = {
        {"\x2b\x0e\x03\x02\x1a", PS_DIGEST_SHA1},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", PS_DIGEST_SHA256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", PS_DIGEST_SHA384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", PS_DIGEST_SHA512},
        {"\x2a\x86\x48\x86\xf7\x0d\x02\x05", PS_DIGEST_MD5},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", PS_DIGEST_SHA1},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", PS_DIGEST_SHA256},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", PS_DIGEST_SHA384},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", PS_DIGEST_SHA512},
    };
    ps_reader r = algorithm->body;
    ps_der oid;

    if (!ps_der_take(&r, PS_DER_OID, &oid))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        *id = known[i].id;
        if (ps_oid_is(ps_der_span(&oid), known[i].oid))
            return true;
    }
    return false;
}

bool ps_signer_parse(ps_signer *out, ps_reader *r)
{
    ps_der signer;
    ps_der item;
    ps_der name;
    ps_reader algorithm;

    *out = (ps_signer){0};
    if (!ps_der_take(r, PS_DER_SEQUENCE, &signer) ||
        !ps_der_take(&signer.body, PS_DER_INTEGER, &item) ||
        !ps_der_take(&signer.body, PS_DER_SEQUENCE, &item) ||
        !ps_der_take(&item.body, PS_DER_SEQUENCE, &name))
        return false;
    out->issuer = name.whole;
    if (!ps_der_take(&item.body, PS_DER_INTEGER, &name))
        return false;
    out->serial = ps_der_span(&name);
    if (!ps_der_take(&signer.body, PS_DER_SEQUENCE, &item))
        return false;
    out->digest_known = ps_digest_of(&item, &out->digest);
    if (ps_der_maybe(&signer.body, PS_DER_CONTEXT, &item)) {
        out->attributes = item.whole;
        out->signed_attributes = item.body;
    }
    if (!ps_der_take(&signer.body, PS_DER_SEQUENCE, &item))
        return false;
    algorithm = item.body;
    out->padded_otherwise =
        ps_der_take(&algorithm, PS_DER_OID, &item) && ps_oid_is(ps_der_span(&item), PS_OID_RSA_PSS);
    if (!ps_der_take(&signer.body, PS_DER_OCTETS, &item))
        return false;
    out->signature = ps_der_span(&item);
    if (ps_der_maybe(&signer.body, PS_DER_CONTEXT + 1, &item))
        out->other_attributes = item.body;
    else
        out->other_attributes.bad_at = PS_NOWHERE;
    return true;
}

static bool read_content(ps_signed *out, ps_reader *r)
{
    ps_der info;
    ps_der item;
    ps_der value;

    if (!ps_der_take(r, PS_DER_SEQUENCE, &info) || !ps_der_take(&info.body, PS_DER_OID, &item))
        return false;
    out->type = ps_der_span(&item);
    if (ps_der_take(&info.body, PS_DER_CONTEXT, &item) && ps_der_next(&item.body, &value))
        out->content = ps_der_span(&value);
    return true;
}

/* The first of them, as many as there may be. */
static ps_reader cut_bag(ps_reader bag, ps_bounds *bounds)
{
    ps_reader rest = bag;
    ps_der item;

    for (size_t i = 0; i < bounds->of.driver_certificates; i++)
        if (!ps_der_next(&rest, &item))
            return bag;
    if (rest.left > 0) {
        (void)ps_bounds_meet(bounds, PS_LIMIT(driver_certificates));
        bag.left -= rest.left;
    }
    return bag;
}

const char *ps_signed_parse(ps_signed *out, ps_bytes bytes, ps_bounds *bounds)
{
    ps_reader r = ps_span_reader(bytes);
    ps_der item;
    ps_der body;

    *out = (ps_signed){.certificates = ps_reader_of(bytes.data, 0, 0)};
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &body) || !ps_der_take(&body.body, PS_DER_OID, &item))
        return "is no PKCS #7 structure";
    if (!ps_oid_is(ps_der_span(&item), PS_OID_SIGNED_DATA))
        return "is a PKCS #7 structure without signed data";
    if (!ps_der_take(&body.body, PS_DER_CONTEXT, &item) ||
        !ps_der_take(&item.body, PS_DER_SEQUENCE, &body) ||
        !ps_der_take(&body.body, PS_DER_INTEGER, &item) ||
        !ps_der_take(&body.body, PS_DER_SET, &item) || !read_content(out, &body.body))
        return "the signed data is malformed";
    if (ps_der_maybe(&body.body, PS_DER_CONTEXT, &item))
        out->certificates = cut_bag(item.body, bounds);
    (void)ps_der_maybe(&body.body, PS_DER_CONTEXT + 1, &item);
    if (!ps_der_take(&body.body, PS_DER_SET, &item))
        return "the signed data is malformed";
    if (item.body.left == 0)
        return "nobody signed it";
    return ps_signer_parse(&out->signer, &item.body) ? NULL : "the signer's entry is malformed";
}

bool ps_attribute(ps_reader attributes, const char *encoded, ps_der *value)
{
    ps_der attribute;

    for (int i = 0; i < ATTRIBUTE_LIMIT && ps_der_next(&attributes, &attribute); i++) {
        ps_der oid;
        ps_der set;

        if (ps_der_take(&attribute.body, PS_DER_OID, &oid) &&
            ps_oid_is(ps_der_span(&oid), encoded) &&
            ps_der_take(&attribute.body, PS_DER_SET, &set) && ps_der_next(&set.body, value))
            return true;
    }
    return false;
}

/* The signed attributes must hold the content's digest; what is signed is then their own. */
static const char *digest_attributes(const ps_signer *signer, uint8_t digest[PS_DIGEST_LIMIT])
{
    static const uint8_t set = PS_DER_SET;
    const ps_bytes spans[] = {{&set, 1},
                              {signer->attributes.data + 1, signer->attributes.size - 1}};
    const size_t size = ps_digest_size(signer->digest);
    ps_der stated;

    if (!ps_attribute(signer->signed_attributes, PS_OID_MESSAGE_DIGEST, &stated) ||
        stated.body.left != size)
        return "the signer's attributes have no digest";
    if (memcmp(stated.body.at, digest, size) != 0)
        return "the content is not what was signed";
    return ps_digest_spans(signer->digest, spans, 2, digest, NULL) ? NULL : "libcrypto refuses";
}

const char *ps_signer_verify(const ps_signer *signer, const ps_x509 *by, ps_bytes content)
{
    uint8_t digest[PS_DIGEST_LIMIT];
    const char *why = NULL;

    if (!signer->digest_known)
        return "the digest algorithm is not supported";
    if (signer->padded_otherwise)
        return "RSA-PSS is not supported";
    if (!ps_digest_spans(signer->digest, &content, 1, digest, NULL))
        return "libcrypto refuses the digest algorithm";
    if (signer->attributes.size > 0)
        why = digest_attributes(signer, digest);
    return why != NULL ? why : ps_x509_verify(by, signer->digest, digest, signer->signature);
}
