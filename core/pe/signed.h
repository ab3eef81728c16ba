/* signed.h - signed data as PKCS #7 has it: what is signed, by whom, and whether that holds. */
#ifndef PS_PE_SIGNED_H
#define PS_PE_SIGNED_H

#include "base/limits.h"
#include "pe/x509.h"

/* One signer of signed data. */
typedef struct ps_signer {
    ps_bytes issuer, serial;
    ps_digest_id digest;
    bool digest_known;
    bool padded_otherwise;       /* RSA-PSS */
    ps_bytes attributes;         /* signed ones, with their tag and length; size 0 if it has none */
    ps_reader signed_attributes; /* the same, to read */
    ps_reader other_attributes;  /* that nobody signed */
    ps_bytes signature;
} ps_signer;

typedef struct ps_signed {
    ps_bytes type;    /* object identifier of what is signed */
    ps_bytes content; /* without its tag and length: what is digested */
    ps_reader certificates;
    ps_signer signer; /* the first */
} ps_signed;

/* Read signed data with its wrapping; NULL if it is well-formed, else what is wrong.  No more of its
 * certificates are kept than the bounds allow. */
const char *ps_signed_parse(ps_signed *out, ps_bytes bytes, ps_bounds *bounds);

/* Read one signer, its tag and length in r. */
bool ps_signer_parse(ps_signer *out, ps_reader *r);

/* Does the signer's signature hold for this content?  by is the signer's certificate.  NULL if it
 * does, else why not. */
const char *ps_signer_verify(const ps_signer *signer, const ps_x509 *by, ps_bytes content);

/* The first value of an attribute; false if there is none. */
bool ps_attribute(ps_reader attributes, const char *encoded, ps_der *value);

/* The digest that an AlgorithmIdentifier, or a signature algorithm with a digest in it, names. */
bool ps_digest_of(const ps_der *algorithm, ps_digest_id *id);

#endif
