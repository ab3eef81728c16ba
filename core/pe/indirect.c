/* indirect.c - SpcIndirectData: which digest of the image was signed.
 *
 *   SpcIndirectData { { oid, SpcPeImageData { flags, [0] [2] | [0] [1] { class, octets } } },
 *     { digest algorithm, digest } }
 *   octets, where there are page hashes: set { { oid, set { octets } } } */
#include "pe/authenticode.h"

/* Page hashes stand in the serialised object of the image's link. */
static void read_pages(ps_indirect *out, ps_reader data)
{
    ps_der item;
    ps_der oid;

    if (!ps_der_take(&data, PS_DER_SEQUENCE, &item))
        return;
    data = item.body;
    (void)ps_der_maybe(&data, PS_DER_BITS, &item);
    if (!ps_der_take(&data, PS_DER_CONTEXT, &item) ||
        !ps_der_maybe(&item.body, PS_DER_CONTEXT + 1, &item) ||
        !ps_der_take(&item.body, PS_DER_OCTETS, &oid) ||
        !ps_der_take(&item.body, PS_DER_OCTETS, &item) ||
        !ps_der_take(&item.body, PS_DER_SET, &item) ||
        !ps_der_take(&item.body, PS_DER_SEQUENCE, &item) ||
        !ps_der_take(&item.body, PS_DER_OID, &oid))
        return;
    if (ps_oid_is(ps_der_span(&oid), PS_OID_PAGES_SHA1))
        out->pages_id = PS_DIGEST_SHA1;
    else if (ps_oid_is(ps_der_span(&oid), PS_OID_PAGES_SHA256))
        out->pages_id = PS_DIGEST_SHA256;
    else
        return;
    if (ps_der_take(&item.body, PS_DER_SET, &item) && ps_der_take(&item.body, PS_DER_OCTETS, &item))
        out->pages = ps_der_span(&item);
}

bool ps_indirect_parse(ps_indirect *out, ps_bytes content)
{
    ps_reader r = ps_span_reader(content);
    ps_der data;
    ps_der info;
    ps_der item;

    *out = (ps_indirect){.id = PS_DIGEST_SHA1};
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &data) || !ps_der_take(&data.body, PS_DER_OID, &item) ||
        !ps_der_take(&r, PS_DER_SEQUENCE, &info) ||
        !ps_der_take(&info.body, PS_DER_SEQUENCE, &item) || !ps_digest_of(&item, &out->id) ||
        !ps_der_take(&info.body, PS_DER_OCTETS, &item) || item.body.left != ps_digest_size(out->id))
        return false;
    out->digest = ps_der_span(&item);
    read_pages(out, data.body);
    return true;
}
