/* find_image.h - where the kernel's image lies in an address space. */
#ifndef PS_DUMP_FIND_IMAGE_H
#define PS_DUMP_FIND_IMAGE_H

#include "dump/loaded_image.h"

/* Is it the kernel that begins at base?  Told by the names that the image has of itself. */
bool ps_is_kernel_image(ps_space *space, uint64_t base, ps_loaded_image *image);

/* Pages that a search looks at: more than any machine maps where kernels are loaded. */
enum { PS_IMAGE_SEARCH = 1 << 20 };

/* Find it: below an address of its code (0 if none is known), else wherever kernels are loaded.
 * *budget pages may be looked at; those that were are taken from it. */
bool ps_find_kernel_image(ps_space *space, uint64_t code, ps_loaded_image *image, unsigned *budget);

#endif
