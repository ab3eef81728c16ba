/* array.h - growing arrays and the one multiplication before a malloc. */
#ifndef PS_BASE_ARRAY_H
#define PS_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A head followed by count items, uninitialised, or NULL if that is too much to ask. */
static inline void *ps_alloc(size_t head, size_t count, size_t item)
{
    if (item != 0 && count > (SIZE_MAX - head) / item)
        return NULL;
    return malloc(head + count * item);
}

/* Make room for one more item behind count items; *items may move.  False when memory is out: the
 * array is then as it was. */
static inline bool ps_grow(void **items, size_t *capacity, size_t count, size_t item)
{
    size_t wanted;
    void *moved;

    if (count < *capacity)
        return true;
    wanted = *capacity < 8 ? 8 : *capacity;
    if (wanted > SIZE_MAX / 2 / item)
        return false;
    if (*capacity >= 8)
        wanted *= 2;
    moved = realloc(*items, wanted * item);
    if (moved == NULL)
        return false;
    *items = moved;
    *capacity = wanted;
    return true;
}

#endif
