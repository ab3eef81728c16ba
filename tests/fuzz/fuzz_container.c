/* fuzz_container.c - a small file of a container that the first byte chooses, with anything written over its
 * counts, sizes and offsets, and cut anywhere. */
#include "dump_kernel_support.h"
#include "one_core.h"
#include "support/dump_samples.h"

enum { WRITE = 9 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const dump_sample *samples(void)
{
    static dump_sample made[DUMP_SAMPLES];

    if (made[0].bytes == NULL)
        dump_samples_make(made);
    return made;
}

/* A byte for the place, eight for what to write: to a number of the header as a rule. */
static void write_over(uint8_t *bytes, const dump_sample *of, const uint8_t *data)
{
    const size_t index = data[0] % (of->number_count + 1);
    size_t at, size;

    if (index < of->number_count) {
        at = of->numbers[index];
        size = of->number_sizes[index];
        memcpy(bytes + at, data + 1, size < 8 ? size : 8);
        return;
    }
    at = ((size_t)data[1] | (size_t)data[2] << 8 | (size_t)data[3] << 16) % (of->size - 4);
    memcpy(bytes + at, data + 4, 4);
}

static void read_dump(const uint8_t *bytes, size_t size)
{
    ps_error err = {.code = PS_OK};
    uint8_t page[512];
    ps_source *source;
    ps_dump *dump;
    size_t got;

    if (!ps_source_memory(&source, bytes, size, NULL))
        return;
    if (!ps_dump_take(&dump, source, NULL, NULL, &err)) {
        world_needs(dump == NULL && err.code != PS_OK && err.text[0] != '\0');
        return;
    }
    for (uint64_t at = 0; at < 64 * 4096; at += 4096)
        (void)ps_dump_read_physical(dump, at, page, sizeof page, &got);
    (void)ask_world(dump);
    (void)walk_world(dump, ps_dump_get_facts(dump)->loaded_modules);
    ps_dump_close(dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const dump_sample *of;
    uint8_t *bytes;
    size_t length;

    if (size < 2)
        return 0;
    of = &samples()[data[0] % DUMP_SAMPLES];
    length = data[1] < 0xC0 ? of->size : of->size * (256U - data[1]) / 64;
    bytes = malloc(of->size);
    world_needs(bytes != NULL);
    memcpy(bytes, of->bytes, of->size);
    for (data += 2, size -= 2; size >= WRITE; data += WRITE, size -= WRITE)
        write_over(bytes, of, data);
    /* A block of its own size, so that a sanitiser sees one byte too many. */
    if (length < of->size) {
        uint8_t *cut = realloc(bytes, length == 0 ? 1 : length);
        world_needs(cut != NULL);
        bytes = cut;
    }
    read_dump(bytes, length);
    free(bytes);
    return 0;
}
