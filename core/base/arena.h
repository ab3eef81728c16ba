/* arena.h - memory that is given back all at once: the strings and lists of one document. */
#ifndef PS_BASE_ARENA_H
#define PS_BASE_ARENA_H

#include <stddef.h>

typedef struct ps_arena_block ps_arena_block;

/* Zero-initialise before use. */
typedef struct ps_arena {
    ps_arena_block *last;
} ps_arena;

/* size bytes, aligned for any type, uninitialised; NULL when memory is out. */
void *ps_arena_take(ps_arena *arena, size_t size);

/* A copy of length bytes with a NUL behind them; NULL when memory is out. */
char *ps_arena_copy(ps_arena *arena, const char *text, size_t length);

/* Like printf into the arena, cut at 1,000 characters; NULL when memory is out. */
char *ps_arena_print(ps_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Give everything back; the arena is empty and usable again. */
void ps_arena_free(ps_arena *arena);

#endif
