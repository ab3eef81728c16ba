/* signed_part.h - the bytes of an image that Authenticode signs: all but the checksum, the entry of
 * the certificate table, and what lies from that table on. */
#ifndef PS_PE_SIGNED_PART_H
#define PS_PE_SIGNED_PART_H

#include "base/digest.h"
#include "pe/image.h"

enum { PS_SIGNED_SPANS = 4 };

typedef struct ps_signed_part {
    ps_bytes spans[PS_SIGNED_SPANS];
    size_t checksum; /* offset of the header's checksum */
    size_t entry;    /* offset of the certificate table's directory entry; 0 if it has none */
    size_t table, table_size; /* the certificate table; size 0 if there is none in the file */
    bool outside;             /* a table is announced that the file does not have */
} ps_signed_part;

void ps_signed_part_of(ps_signed_part *out, const ps_image *image);

bool ps_signed_part_digest(const ps_signed_part *part, ps_digest_id id,
                           uint8_t out[PS_DIGEST_LIMIT], ps_error *err);

/* Do the page hashes (pairs of a file offset and a digest) fit the image? */
bool ps_pages_match(const ps_image *image, const ps_signed_part *part, ps_digest_id id,
                    ps_bytes hashes, bool *match, ps_error *err);

#endif
