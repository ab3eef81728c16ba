/* identity.h - what a driver keeps of its identity, and the readers that find it. */
#ifndef PS_PE_IDENTITY_H
#define PS_PE_IDENTITY_H

#include "poolsleuth.h"

typedef struct ps_identity_parts {
    ps_identity facts;
    double *entropies; /* of the sections, in the arena; NULL without detail */
    ps_rich_entry *rich;
    size_t rich_count, rich_capacity;
    ps_export *exports;
    size_t export_count, export_capacity;
    ps_resource *resources;
    size_t resource_count, resource_capacity;
    ps_signature *signatures;
    size_t signature_count, signature_capacity;
} ps_identity_parts;

/* Each reads one part of the image into the driver's identity.  False only when memory is out or
 * libcrypto refuses: what is malformed becomes a problem or a signature's reason. */
bool ps_checksum_read(ps_driver *driver, ps_error *err);
bool ps_rich_read(ps_driver *driver, ps_error *err);
bool ps_load_config_read(ps_driver *driver, ps_error *err);
bool ps_imphash_read(ps_driver *driver, ps_error *err);
bool ps_entropy_read(ps_driver *driver, ps_error *err);
bool ps_hashes_read(ps_driver *driver, ps_error *err);
bool ps_exports_read(ps_driver *driver, ps_error *err);
bool ps_resources_read(ps_driver *driver, ps_error *err);
bool ps_signatures_read(ps_driver *driver, const ps_read_options *options, ps_error *err);

/* All of them, as far as the options ask. */
bool ps_identity_read(ps_driver *driver, const ps_read_options *options, ps_error *err);

void ps_identity_free(ps_identity_parts *parts);

#endif
