/* find_image.h - where the kernel's image lies in an address space. */
#ifndef PS_DUMP_FIND_IMAGE_H
#define PS_DUMP_FIND_IMAGE_H

#include "dump/loaded_image.h"

/* Is it the kernel that begins at base?  Told by the names that the image has of itself. */
bool ps_is_kernel_image(ps_space *space, uint64_t base, ps_loaded_image *image);

/* What a search of a dump may cost: more than any machine maps where kernels are loaded. */
ps_walk_budget ps_image_budget(const ps_container_file *file);

/* Find it: below an address of its code (0 if none is known), else wherever kernels are loaded.
 * What is looked at is taken from the budget. */
bool ps_find_kernel_image(ps_space *space, uint64_t code, ps_loaded_image *image,
                          ps_walk_budget *budget);

#endif
