/* arena.c - blocks in a list; the newest is filled first. */
#include "base/arena.h"

#include "base/array.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_BLOCK = 2048, LARGEST_BLOCK = 256 * 1024, PRINT_LIMIT = 1001 };

struct ps_arena_block {
    ps_arena_block *before;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

static ps_arena_block *add_block(ps_arena *arena, size_t size)
{
    size_t wanted = arena->last == NULL ? FIRST_BLOCK : arena->last->size * 2;
    ps_arena_block *block;

    if (wanted > LARGEST_BLOCK)
        wanted = LARGEST_BLOCK;
    if (wanted < size)
        wanted = size;
    block = ps_alloc(sizeof *block, wanted, 1);
    if (block == NULL)
        return NULL;
    block->before = arena->last;
    block->used = 0;
    block->size = wanted;
    arena->last = block;
    return block;
}

void *ps_arena_take(ps_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    ps_arena_block *block = arena->last;
    size_t rounded;
    void *taken;

    if (size > SIZE_MAX - align)
        return NULL;
    rounded = (size + align - 1) / align * align;
    if (block == NULL || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    if (block == NULL)
        return NULL;
    taken = block->bytes + block->used;
    block->used += rounded;
    return taken;
}

char *ps_arena_copy(ps_arena *arena, const char *text, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : ps_arena_take(arena, length + 1);

    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *ps_arena_print(ps_arena *arena, const char *format, ...)
{
    char line[PRINT_LIMIT];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return ps_arena_copy(arena, line, strlen(line));
}

ps_arena_mark ps_arena_now(const ps_arena *arena)
{
    return (ps_arena_mark){arena->last, arena->last == NULL ? 0 : arena->last->used};
}

void ps_arena_return(ps_arena *arena, ps_arena_mark mark)
{
    while (arena->last != mark.last) {
        ps_arena_block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
    if (arena->last != NULL)
        arena->last->used = mark.used;
}

void ps_arena_free(ps_arena *arena)
{
    while (arena->last != NULL) {
        ps_arena_block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}
