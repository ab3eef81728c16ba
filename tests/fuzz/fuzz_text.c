/* fuzz_text.c - any bytes as text evidence: nothing crashes, what comes out keeps its promises, and
 * through whichever window it is read it is the same. */
#include "text_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Some numbers that the bytes decide. */
static uint32_t mix(const uint8_t *data, size_t size)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 16777619U;
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t dice = mix(data, size);
    const ps_window narrow = {PS_WINDOW_LEAST + dice % 97, 1 << 20};
    const ps_window pieces = {PS_WINDOW_STEP, PS_WINDOW_LEAST + (dice >> 8) % 300};
    const ps_window narrow_pieces = {narrow.step, pieces.piece};
    ps_source *source;

    if (!ps_source_memory(&source, data, size, NULL))
        return 0;
    check_same(source, NULL, &narrow);
    if (dice % 4 == 0)
        check_same(source, &pieces, &narrow_pieces);
    ps_source_close(source);
    return 0;
}
