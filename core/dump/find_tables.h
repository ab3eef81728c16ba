/* find_tables.h - which page tables of a dump map its kernel. */
#ifndef PS_DUMP_FIND_TABLES_H
#define PS_DUMP_FIND_TABLES_H

#include "dump/kernel.h"

/* Set the kernel's space: by the header or a processor's register, else by a search of physical
 * memory; of an image without a header the kernel's image too.  What was done is a remark.  False
 * only when memory is out, the file cannot be read or the search is cancelled. */
bool ps_find_tables(ps_kernel *kernel, ps_error *err);

/* Does the entry behind the head of a list lead back to it? */
bool ps_list_is_mapped(ps_space *space, uint64_t head);

#endif
