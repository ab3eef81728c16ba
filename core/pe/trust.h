/* trust.h - the roots and catalogs of the user. */
#ifndef PS_PE_TRUST_H
#define PS_PE_TRUST_H

#include "pe/x509.h"

/* One digest that a catalog lists. */
typedef struct ps_listed {
    uint8_t size; /* 20 or 32 */
    uint8_t digest[32];
} ps_listed;

typedef struct ps_catalog {
    const char *name;
    ps_signature signature; /* the catalog's own */
    ps_listed *members;     /* sorted */
    size_t member_count, member_capacity;
} ps_catalog;

struct ps_trust {
    ps_arena arena;
    void *store; /* X509_STORE */
    int64_t now; /* at which catalogs are judged that prove no time */
    size_t root_count;
    ps_catalog *catalogs;
    size_t catalog_count, catalog_capacity;
    bool has_sha1, has_sha256; /* members of this size exist */
};

/* What became of looking for a way from a certificate to a root. */
typedef struct ps_chain {
    bool chained;
    bool expired;    /* it would be, but for the time */
    const char *why; /* static, or in the arena; NULL where chained */
    ps_certificate *certificates;
    size_t count;
} ps_chain;

/* Look for a way from a certificate to a root at a time, by way of those in bag.  False when
 * memory is out. */
bool ps_trust_chain(const ps_trust *trust, const ps_x509 *leaf, ps_reader bag, int64_t when,
                    ps_arena *arena, ps_chain *out);

/* The catalog's entry for a digest, or NULL. */
const ps_listed *ps_catalog_find(const ps_catalog *catalog, const uint8_t *digest, size_t size);

#endif
