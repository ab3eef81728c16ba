/* authenticode.h - what one signature says and what it is worth. */
#ifndef PS_PE_AUTHENTICODE_H
#define PS_PE_AUTHENTICODE_H

#include "pe/signed.h"
#include "pe/trust.h"

/* Where a signature is described. */
typedef struct ps_judge {
    ps_arena *arena;
    ps_bounds *bounds;
    const ps_trust *trust; /* may be NULL */
    int64_t now;
} ps_judge;

/* Fill in signer, chain, usages, time and status of signed data that ps_signed_parse liked; reason
 * has what limits it.  False when memory is out. */
bool ps_judge_signed(const ps_judge *judge, const ps_signed *data, ps_signature *out);

/* The time at which the signer's signature existed, by a countersignature that holds; out keeps
 * PS_NO_TIME where there is none, and *why then says what is wrong with the ones there are, if any.
 * False when memory is out. */
bool ps_judge_time(const ps_judge *judge, const ps_signed *data, ps_signature *out,
                   const char **why);

/* SpcIndirectData: the digest that is signed, and where it has page hashes. */
typedef struct ps_indirect {
    ps_digest_id id;
    ps_bytes digest;
    ps_digest_id pages_id;
    ps_bytes pages; /* size 0 if it has none */
} ps_indirect;

/* Read it from the content of signed data, or from the attribute of a catalog's member. */
bool ps_indirect_parse(ps_indirect *out, ps_bytes content);

#endif
