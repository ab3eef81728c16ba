/* fuzz_dump.c - any bytes as a dump, and a kernel that anything was written over: nothing crashes, no
 * list is without an end, and what is refused says why. */
#include "dump_kernel_support.h"

enum {
    WRITE = 12,
    WRITES = 48,
    PART = 512,
    SEARCHED = 1 << 16,
    HELD = 0x80000, /* of the kernel's memory; what the rest would be is not in the dump */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_around(ps_dump *dump)
{
    const ps_dump_facts *facts = ps_dump_get_facts(dump);
    const uint64_t places[] = {0, facts->table_base, facts->loaded_modules, facts->debugger_data};
    uint8_t bytes[PART];
    size_t got;

    world_needs(ps_container_name(facts->container) != NULL);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)ps_dump_read(dump, places[i], bytes, sizeof bytes, &got);
        world_needs(got <= sizeof bytes);
        (void)ps_dump_read_physical(dump, places[i], bytes, sizeof bytes, &got);
        world_needs(got <= sizeof bytes);
    }
    for (size_t i = 0; i < ps_dump_module_count(dump); i++)
        world_needs(ps_dump_module_at(dump, i)->name != NULL &&
                    ps_dump_module_at(dump, i)->path != NULL);
}

/* What a debugger asks of an image in memory. */
static void query_image(ps_dump *dump, uint64_t base)
{
    ps_dump_translation to;
    ps_dump_file file;
    ps_dump_name name;
    ps_error err = {.code = PS_OK};

    (void)ps_dump_translate(dump, base, &to);
    world_needs(to.count <= PS_DUMP_LEVELS);
    world_needs(ps_dump_near(dump, base + PART, &name, &err));
    if (!ps_dump_file_open(dump, base, &file, &err)) {
        world_needs(err.code != PS_OK && err.text[0] != '\0');
        return;
    }
    ps_dump_file_close(&file);
}

static void search(ps_dump *dump, uint64_t start, bool physical)
{
    const ps_dump_query query = {.physical = physical,
                                 .start = start,
                                 .length = SEARCHED,
                                 .pattern = "MZ",
                                 .size = 2,
                                 .step = 1,
                                 .limit = 16,
                                 .threads = 1};
    ps_dump_found found;

    if (ps_dump_search(dump, &query, &found, NULL))
        world_needs(found.count <= 16);
    ps_dump_found_free(&found);
}

static void ask_as_debugger(ps_dump *dump, uint64_t base)
{
    query_image(dump, base);
    for (size_t i = 0; i < ps_dump_module_count(dump) && i < 4; i++)
        query_image(dump, ps_dump_module_at(dump, i)->base);
    search(dump, base, false);
    search(dump, 0, true);
}

static void as_file(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_source *source;
    ps_dump *dump;

    if (!ps_source_memory(&source, data, size, NULL))
        return;
    if (!ps_dump_take(&dump, source, NULL, NULL, &err)) {
        world_needs(dump == NULL && err.code != PS_OK && err.text[0] != '\0');
        return;
    }
    read_around(dump);
    (void)ask_world(dump);
    (void)walk_world(dump, ps_dump_get_facts(dump)->loaded_modules);
    ask_as_debugger(dump, ps_dump_get_facts(dump)->loaded_modules);
    ps_dump_close(dump);
}

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

static void as_kernel(const uint8_t *data, size_t size)
{
    world *w = whole_world((data[0] & 1) != 0 ? 4 : 8);
    const words *held = words_of(w);
    size_t left = WRITES;

    for (data++, size--; size >= WRITE && left > 0; data += WRITE, size -= WRITE, left--)
        write_over(w, held, data);
    open_world(w, w->base + HELD, WORLD_SIZE - HELD);
    (void)ask_world(&w->dump);
    (void)walk_world(&w->dump, w->pool_page);
    ask_as_debugger(&w->dump, w->base);
    ps_exports_free(&w->dump.exports);
    free_world(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] < 2)
        as_kernel(data, size);
    else
        as_file(data, size);
    return 0;
}
