/* fuzz_kernel.c - a kernel in memory that anything was written over: lists, walks of its pool, sessions and
 * searches end, and what is refused says why. */
#include "dump_questions.h"

enum {
    WRITE = 12,
    HELD = 0x80000, /* of its memory; what the rest would be is not in the dump */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t number(const uint8_t *data, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)data[i] << 8 * i;
    return value;
}

/* Words of a kernel's memory that hold something. */
typedef struct words {
    uint32_t at[HELD / 8];
    uint32_t count;
} words;

static const words *words_of(const world *w)
{
    static words both[2];
    words *held = &both[w->pointer == 8];

    if (held->count == 0)
        for (uint32_t at = 0; at < HELD; at += 8)
            if (number(w->bytes + at, 8) != 0)
                held->at[held->count++] = at;
    return held;
}

/* Each twelve bytes are a place, a size and what to write there: into what holds something as a rule. */
static void write_over(world *w, const words *held, const uint8_t *data)
{
    const uint64_t chosen = number(data, 3);
    const uint64_t place = (data[3] & 0x40) != 0
                               ? chosen % w->next
                               : held->at[chosen % held->count] + (data[3] >> 3 & 4);

    if ((data[3] & 0x80) != 0) /* a place of the kernel's own */
        put_pointer(w, w->base + place, w->base + number(data + 4, 8) % w->next);
    else
        put(w, w->base + place, number(data + 4, 8), 1 + data[3] % 8);
}

/* A sound one, made once for each width and put back each time. */
static world *sound_world(unsigned pointer)
{
    static struct {
        world *made, used;
        uint8_t bytes[HELD];
    } both[2], *of;

    of = &both[pointer == 8];
    if (of->made == NULL) {
        of->made = whole_world(pointer);
        memcpy(of->bytes, of->made->bytes, HELD);
    }
    memcpy(of->made->bytes, of->bytes, HELD);
    of->used = *of->made;
    return &of->used;
}

static void leave(world *w)
{
    ps_exports_free(&w->dump.exports);
    ps_dump_lists_free(&w->dump.lists);
    ps_ranges_free(&w->dump.file.ranges);
    free(w->dump.file.problems);
    ps_arena_free(&w->dump.file.arena);
    ps_source_close(w->source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const words *held;
    bool asks;
    world *w;

    if (size == 0)
        return 0;
    w = sound_world((data[0] & 1) != 0 ? 4 : 8);
    held = words_of(w);
    asks = (data[0] & 2) != 0;
    for (data++, size--; size >= WRITE; data += WRITE, size -= WRITE)
        write_over(w, held, data);
    open_world(w, w->base + HELD, WORLD_SIZE - HELD);
    (void)ask_world(&w->dump);
    (void)walk_world(&w->dump, w->pool_page);
    if (asks)
        ask_as_debugger(&w->dump, w->base);
    leave(w);
    return 0;
}
