/* authenticode.c - what one signature says and what it is worth. */
#include "pe/authenticode.h"

#include "pe/text.h"

#include <string.h>

enum { CHAIN_LIMIT = 8 };

const char *ps_signature_status_name(ps_signature_status status)
{
    static const char *const names[] = {"bad-signature", "digest-mismatch", "test-signed",
                                        "expired",       "unknown-root",    "chained"};

    return status < sizeof names / sizeof *names ? names[status] : "unknown";
}

/* The certificates that the file itself offers, from the signer up, by name: nothing is verified. */
static bool offer_chain(const ps_judge *judge, const ps_signed *data, const ps_x509 *leaf,
                        ps_signature *out)
{
    ps_certificate *chain = ps_arena_take(judge->arena, CHAIN_LIMIT * sizeof *chain);
    ps_x509 at = *leaf;

    if (chain == NULL)
        return false;
    out->chain = chain;
    while (out->chain_count < CHAIN_LIMIT) {
        if (!ps_x509_describe(&at, judge->arena, &chain[out->chain_count]))
            return false;
        out->chain_count++;
        if (ps_bytes_equal(at.issuer, at.subject) ||
            !ps_x509_find_subject(&at, data->certificates, at.issuer))
            break;
    }
    return true;
}

static bool is_test_name(const char *name)
{
    static const char *const words[] = {
        "WDKTestCert",    "Test Root",    "Testing Root",
        "Test Cert",      "TestCert",     "Test PCA",
        "Testing PCA",    "Test Signing", "Development Root Certificate",
        "Development PCA"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

/* Why a signature is one for testing, or NULL. */
static const char *test_reason(const ps_x509 *leaf, const ps_signature *from)
{
    if (ps_bytes_equal(leaf->issuer, leaf->subject))
        return "the signer vouches for itself";
    for (size_t i = 0; i < from->chain_count; i++)
        if (is_test_name(from->chain[i].issuer))
            return "a test authority vouches for the signer";
    return is_test_name(from->chain[0].subject) ? "a test certificate" : NULL;
}

static const char *expiry_reason(const ps_x509 *leaf, const ps_signature *from, int64_t when)
{
    if (leaf->not_before != PS_NO_TIME && when < leaf->not_before)
        return from->time == PS_NO_TIME ? "the signer's certificate is not valid yet"
                                        : "signed before the signer's certificate was valid";
    if (leaf->not_after == PS_NO_TIME || when <= leaf->not_after)
        return NULL;
    if (from->time == PS_NO_TIME)
        return "no time of signing is proved, and the signer's certificate has expired";
    if (when != from->time)
        return "the signer's certificate is for its lifetime only, and has expired";
    return "signed after the signer's certificate had expired";
}

static void limit(ps_signature *out, ps_signature_status status, const char *reason)
{
    out->status = status;
    out->reason = reason;
}

/* With roots: a verified way to one of them is all that counts but the signer's own dates. */
static bool judge_chain(const ps_judge *judge, const ps_signed *data, const ps_x509 *leaf,
                        int64_t when, ps_signature *out)
{
    ps_chain chain;

    limit(out, PS_SIGNATURE_UNKNOWN_ROOT, "no root was given to check it against");
    if (judge->trust == NULL || judge->trust->root_count == 0)
        return true;
    if (!ps_trust_chain(judge->trust, leaf, data->certificates, when, judge->arena, &chain))
        return false;
    out->reason = chain.why;
    if (chain.expired)
        out->status = PS_SIGNATURE_EXPIRED;
    if (!chain.chained)
        return true;
    out->chain = chain.certificates;
    out->chain_count = chain.count;
    if (leaf->has_usages && !ps_x509_has_usage(leaf, PS_OID_CODE_SIGNING))
        out->reason = "the signer's certificate is not for signing code";
    else
        limit(out, PS_SIGNATURE_CHAINED, NULL);
    return true;
}

static bool judge_holding(const ps_judge *judge, const ps_signed *data, const ps_x509 *leaf,
                          ps_signature *out)
{
    int64_t when = judge->now;
    const char *test = test_reason(leaf, out);
    const char *expired;

    if (out->time != PS_NO_TIME && !ps_x509_has_usage(leaf, PS_OID_LIFETIME))
        when = out->time;
    if (!judge_chain(judge, data, leaf, when, out))
        return false;
    expired = expiry_reason(leaf, out, when);
    if (test != NULL && out->status != PS_SIGNATURE_CHAINED)
        limit(out, PS_SIGNATURE_TEST, test);
    else if (expired != NULL)
        limit(out, PS_SIGNATURE_EXPIRED, expired);
    return true;
}

static bool join_reasons(const ps_judge *judge, ps_signature *out, const char *stamp_why)
{
    if (stamp_why == NULL)
        return true;
    out->reason =
        ps_arena_print(judge->arena, "%s%stimestamp: %s", out->reason != NULL ? out->reason : "",
                       out->reason != NULL ? "; " : "", stamp_why);
    return out->reason != NULL;
}

/* SpcSpOpusInfo: the name that the signer gave the program. */
static bool read_program(const ps_judge *judge, const ps_signed *data, ps_signature *out)
{
    ps_der value;
    ps_der name;
    ps_der text;

    if (!ps_attribute(data->signer.signed_attributes, PS_OID_PROGRAM, &value) ||
        !ps_der_maybe(&value.body, PS_DER_CONTEXT, &name) || !ps_der_next(&name.body, &text) ||
        text.body.left == 0)
        return true;
    out->program =
        ps_text_of(judge->arena, text.tag == PS_DER_PLAIN ? PS_DER_BMP_STRING : PS_DER_UTF8,
                   ps_der_span(&text));
    return out->program != NULL;
}

bool ps_judge_signed(const ps_judge *judge, const ps_signed *data, ps_signature *out)
{
    const char *stamp_why = NULL;
    const char *why;
    ps_x509 leaf;

    out->time = PS_NO_TIME;
    limit(out, PS_SIGNATURE_BAD, "the signer's certificate is missing");
    if (!ps_x509_find(&leaf, data->certificates, data->signer.issuer, data->signer.serial))
        return true;
    if (!offer_chain(judge, data, &leaf, out) ||
        !ps_x509_usages(&leaf, judge->arena, &out->usages, &out->usage_count) ||
        !read_program(judge, data, out))
        return false;
    why = ps_signer_verify(&data->signer, &leaf, data->content);
    if (why != NULL) {
        out->reason = why;
        return true;
    }
    return ps_judge_time(judge, data, out, &stamp_why) && judge_holding(judge, data, &leaf, out) &&
           join_reasons(judge, out, stamp_why);
}
