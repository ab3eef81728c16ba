/* x509.h - certificates as far as signatures need them, read in place. */
#ifndef PS_PE_X509_H
#define PS_PE_X509_H

#include "base/arena.h"
#include "pe/der.h"

typedef struct ps_x509 {
    ps_bytes whole, serial, issuer, subject, key;
    int64_t not_before, not_after;
    ps_reader usages; /* object identifiers of the extended key usage */
    bool has_usages;
} ps_x509;

/* Read one certificate; false if it is none. */
bool ps_x509_parse(ps_x509 *out, ps_bytes whole);

/* The certificate among those in bag (one after the other) with this issuer and serial. */
bool ps_x509_find(ps_x509 *out, ps_reader bag, ps_bytes issuer, ps_bytes serial);

/* The certificate in bag whose subject this is. */
bool ps_x509_find_subject(ps_x509 *out, ps_reader bag, ps_bytes subject);

/* The name a person would say: the common name, else the unit, else the organisation; "" if it has
 * none of them.  NULL when memory is out. */
const char *ps_x509_name(ps_arena *arena, ps_bytes name);

/* What a certificate says of itself, in the arena.  False when memory is out. */
bool ps_x509_describe(const ps_x509 *from, ps_arena *arena, ps_certificate *out);

/* Whether a usage is among the extended ones. */
bool ps_x509_has_usage(const ps_x509 *from, const char *encoded);

/* Names of its extended usages in the arena.  False when memory is out. */
bool ps_x509_usages(const ps_x509 *from, ps_arena *arena, const char *const **names, size_t *count);

/* Does signature verify over digest with the key?  NULL if it does, else why not. */
const char *ps_x509_verify(const ps_x509 *by, ps_digest_id id, const uint8_t *digest,
                           ps_bytes signature);

#endif
