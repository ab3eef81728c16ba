/* heap.c - the allocator that the host chose, or that of the C library. */
#define PS_HEAP_ITSELF
#include "base/heap.h"

#undef malloc
#undef calloc
#undef realloc
#undef free

#include "base/error.h"

#include <stdint.h>
#include <string.h>

/* The one thing that holds for the whole process: a block may be freed by another object, and in
 * another thread, than made it. */
static ps_allocator chosen;

bool ps_use_allocator(const ps_allocator *allocator, ps_error *err)
{
    if (allocator == NULL) {
        chosen = (ps_allocator){0};
        return true;
    }
    if (allocator->allocate == NULL || allocator->resize == NULL || allocator->release == NULL)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "an allocator lacks one of its functions");
    chosen = *allocator;
    return true;
}

void *ps_heap_malloc(size_t size)
{
    return chosen.allocate == NULL ? malloc(size) : chosen.allocate(chosen.context, size);
}

void *ps_heap_calloc(size_t count, size_t size)
{
    void *block;

    if (chosen.allocate == NULL)
        return calloc(count, size);
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    block = chosen.allocate(chosen.context, count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

void *ps_heap_realloc(void *block, size_t size)
{
    if (chosen.resize == NULL)
        return realloc(block, size);
    return block == NULL ? chosen.allocate(chosen.context, size)
                         : chosen.resize(chosen.context, block, size);
}

void ps_heap_free(void *block)
{
    if (chosen.release == NULL)
        free(block);
    else if (block != NULL)
        chosen.release(chosen.context, block);
}
