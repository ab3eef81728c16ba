/* heap.h - every allocation of the library goes to the allocator that the host chose.
 *
 * The Makefile includes this ahead of each file of the library, so that all of it can be written
 * with the names of the standard library.
 */
#ifndef PS_BASE_HEAP_H
#define PS_BASE_HEAP_H

#include <stdlib.h>

void *ps_heap_malloc(size_t size);
void *ps_heap_calloc(size_t count, size_t size);
void *ps_heap_realloc(void *block, size_t size);
void ps_heap_free(void *block);

#ifndef PS_HEAP_ITSELF
#define malloc(size) ps_heap_malloc(size)
#define calloc(count, size) ps_heap_calloc(count, size)
#define realloc(block, size) ps_heap_realloc(block, size)
#define free(block) ps_heap_free(block)
#endif

#endif
