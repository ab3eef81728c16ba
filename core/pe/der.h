/* der.h - ASN.1 in its distinguished encoding: one item after the other, nothing copied.
 *
 * An item is a tag, a length and that many bytes.  A reader over the bytes of one item gives the
 * items inside.  What is malformed marks the reader bad, as reading past an end does. */
#ifndef PS_PE_DER_H
#define PS_PE_DER_H

#include "base/digest.h"
#include "base/reader.h"

enum ps_der_tag {
    PS_DER_INTEGER = 0x02,
    PS_DER_BITS = 0x03,
    PS_DER_OCTETS = 0x04,
    PS_DER_OID = 0x06,
    PS_DER_UTF8 = 0x0c,
    PS_DER_UTC_TIME = 0x17,
    PS_DER_TIME = 0x18,
    PS_DER_UNIVERSAL_STRING = 0x1c,
    PS_DER_BMP_STRING = 0x1e,
    PS_DER_SEQUENCE = 0x30,
    PS_DER_SET = 0x31,
    PS_DER_CONTEXT = 0xa0, /* plus the number: constructed */
    PS_DER_PLAIN = 0x80,   /* plus the number: primitive */
};

typedef struct ps_der {
    uint8_t tag;
    ps_bytes whole; /* with its tag and length */
    ps_reader body; /* what is inside */
} ps_der;

/* Take the next item; false at the end, or with the reader bad where there is no good one; item is
 * then as it was.  r may be the body of the item that is filled in. */
bool ps_der_next(ps_reader *r, ps_der *item);

/* Take an item that must have this tag: another one marks the reader bad. */
bool ps_der_take(ps_reader *r, uint8_t tag, ps_der *item);

/* Take the next item only if it has this tag. */
bool ps_der_maybe(ps_reader *r, uint8_t tag, ps_der *item);

/* The bytes inside an item. */
static inline ps_bytes ps_der_span(const ps_der *item)
{
    return (ps_bytes){item->body.at, item->body.left};
}

static inline ps_reader ps_span_reader(ps_bytes span)
{
    return ps_reader_of(span.data, span.size, 0);
}

/* Is it this object identifier, given encoded (no identifier here has a zero byte)? */
bool ps_oid_is(ps_bytes oid, const char *encoded);

/* UTCTime or GeneralizedTime as seconds since 1970; PS_NO_TIME if it is neither. */
int64_t ps_der_time(const ps_der *item);

#define PS_OID_SIGNED_DATA "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define PS_OID_MESSAGE_DIGEST "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
#define PS_OID_SIGNING_TIME "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"
#define PS_OID_COUNTERSIGNATURE "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"
#define PS_OID_TIME_INFO "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"
#define PS_OID_RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define PS_OID_RSA_PSS "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define PS_OID_EC "\x2a\x86\x48\xce\x3d\x02\x01"
#define PS_OID_COMMON_NAME "\x55\x04\x03"
#define PS_OID_ORGANIZATION "\x55\x04\x0a"
#define PS_OID_UNIT "\x55\x04\x0b"
#define PS_OID_USAGES "\x55\x1d\x25"
#define PS_OID_CODE_SIGNING "\x2b\x06\x01\x05\x05\x07\x03\x03"
#define PS_OID_TIME_STAMPING "\x2b\x06\x01\x05\x05\x07\x03\x08"
#define PS_OID_INDIRECT_DATA "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04"
#define PS_OID_PROGRAM "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c"
#define PS_OID_PAGES_SHA1 "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01"
#define PS_OID_PAGES_SHA256 "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02"
#define PS_OID_NESTED "\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01"
#define PS_OID_TIMESTAMP "\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"
#define PS_OID_TRUST_LIST "\x2b\x06\x01\x04\x01\x82\x37\x0a\x01"
#define PS_OID_LIFETIME "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x0d"

#endif
