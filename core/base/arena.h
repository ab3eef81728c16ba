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

/* A point in the life of an arena. */
typedef struct ps_arena_mark {
    ps_arena_block *last;
    size_t used;
} ps_arena_mark;

ps_arena_mark ps_arena_now(const ps_arena *arena);

/* Give back what was taken since: nobody may point to it any more. */
void ps_arena_return(ps_arena *arena, ps_arena_mark mark);

/* Give everything back; the arena is empty and usable again. */
void ps_arena_free(ps_arena *arena);

#endif
