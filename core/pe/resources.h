/* resources.h - the folders of an image's resource tree. */
#ifndef PS_PE_RESOURCES_H
#define PS_PE_RESOURCES_H

#include "pe/image.h"

#define PS_RESOURCE_FOLDER 0x80000000U /* in the offset of an entry; in its id: the id is a name */

typedef struct ps_resource_folder {
    ps_reader entries;
    uint32_t count; /* that are left */
} ps_resource_folder;

/* offset is from the start of the tree. */
ps_resource_folder ps_resources_open(const ps_image *image, uint32_t offset);

/* Take the next entry; false when there is none. */
bool ps_resources_next(ps_resource_folder *from, uint32_t *id, uint32_t *offset);

/* What an entry that is no folder points to; false where the file has none. */
bool ps_resource_data(const ps_image *image, uint32_t offset, uint32_t *rva, uint32_t *size);

#endif
