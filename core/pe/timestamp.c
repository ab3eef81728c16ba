/* timestamp.c - when a signature existed, by those who signed it in turn.
 *
 *   countersignature: SignerInfo over the signature; the time is among its signed attributes
 *   RFC 3161: signed data of its own; TSTInfo { version, policy, { algorithm, digest of the
 *     signature }, serial, time, ... } */
#include "pe/authenticode.h"

#include <string.h>

/* A countersignature that was read: its signer, the bytes that it signs, the certificates. */
typedef struct stamp {
    const char *kind;
    const ps_signer *signer;
    ps_bytes content;
    ps_reader certificates;
    int64_t time;
} stamp;

/* Takes the time over if the countersignature holds; *why says what is wrong otherwise. */
static bool take(const ps_judge *judge, const stamp *from, ps_signature *out, const char **why)
{
    ps_chain chain = {.chained = true};
    ps_x509 by;

    *why = "its certificate is missing";
    if (!ps_x509_find(&by, from->certificates, from->signer->issuer, from->signer->serial))
        return true;
    *why = ps_signer_verify(from->signer, &by, from->content);
    if (*why != NULL)
        return true;
    *why = "its certificate is not for stamping times";
    if (by.has_usages && !ps_x509_has_usage(&by, PS_OID_TIME_STAMPING))
        return true;
    *why = "it states no time";
    if (from->time == PS_NO_TIME)
        return true;
    *why = "its certificate was not valid then";
    if (from->time < by.not_before || from->time > by.not_after)
        return true;
    *why = NULL;
    if (judge->trust != NULL && judge->trust->root_count > 0 &&
        !ps_trust_chain(judge->trust, &by, from->certificates, from->time, judge->arena, &chain))
        return false;
    out->time = from->time;
    out->time_source = from->kind;
    out->time_signer = ps_x509_name(judge->arena, by.subject);
    if (!chain.chained)
        *why = "it does not lead to a root that was given";
    return out->time_signer != NULL;
}

static bool take_countersignature(const ps_judge *judge, const ps_signed *data, ps_signature *out,
                                  const char **why)
{
    ps_der value;
    ps_signer signer;
    ps_reader whole;
    ps_der time;
    stamp from = {.kind = "countersignature",
                  .signer = &signer,
                  .content = data->signer.signature,
                  .certificates = data->certificates,
                  .time = PS_NO_TIME};

    if (!ps_attribute(data->signer.other_attributes, PS_OID_COUNTERSIGNATURE, &value))
        return true;
    *why = "it is malformed";
    whole = ps_span_reader(value.whole);
    if (!ps_signer_parse(&signer, &whole))
        return true;
    if (ps_attribute(signer.signed_attributes, PS_OID_SIGNING_TIME, &time))
        from.time = ps_der_time(&time);
    return take(judge, &from, out, why);
}

/* Reads TSTInfo; false unless it speaks of this signature. */
static bool read_info(ps_bytes content, ps_bytes signature, int64_t *time)
{
    ps_reader r = ps_span_reader(content);
    uint8_t digest[PS_DIGEST_LIMIT];
    ps_digest_id id;
    ps_der info;
    ps_der imprint;
    ps_der item;

    if (!ps_der_take(&r, PS_DER_SEQUENCE, &info) ||
        !ps_der_take(&info.body, PS_DER_INTEGER, &item) ||
        !ps_der_take(&info.body, PS_DER_OID, &item) ||
        !ps_der_take(&info.body, PS_DER_SEQUENCE, &imprint) ||
        !ps_der_take(&info.body, PS_DER_INTEGER, &item) || !ps_der_next(&info.body, &item))
        return false;
    *time = ps_der_time(&item);
    if (!ps_der_take(&imprint.body, PS_DER_SEQUENCE, &item) || !ps_digest_of(&item, &id) ||
        !ps_der_take(&imprint.body, PS_DER_OCTETS, &item) || item.body.left != ps_digest_size(id) ||
        !ps_digest_spans(id, &signature, 1, digest, NULL))
        return false;
    return memcmp(item.body.at, digest, ps_digest_size(id)) == 0;
}

static bool take_token(const ps_judge *judge, const ps_signed *data, ps_signature *out,
                       const char **why)
{
    ps_der value;
    ps_signed token;
    stamp from = {.kind = "rfc3161", .signer = &token.signer, .time = PS_NO_TIME};

    if (!ps_attribute(data->signer.other_attributes, PS_OID_TIMESTAMP, &value))
        return true;
    *why = ps_signed_parse(&token, value.whole, judge->bounds);
    if (*why != NULL)
        return true;
    *why = "it is not about this signature";
    if (!ps_oid_is(token.type, PS_OID_TIME_INFO) ||
        !read_info(token.content, data->signer.signature, &from.time))
        return true;
    from.content = token.content;
    from.certificates = token.certificates;
    return take(judge, &from, out, why);
}

bool ps_judge_time(const ps_judge *judge, const ps_signed *data, ps_signature *out,
                   const char **why)
{
    out->time = PS_NO_TIME;
    *why = NULL;
    if (!take_token(judge, data, out, why))
        return false;
    return out->time != PS_NO_TIME || take_countersignature(judge, data, out, why);
}
