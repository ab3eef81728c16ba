/* fuzz_probe.c - fuzzes what decides the kind of a source, and reading through windows. */
#include "poolsleuth.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_source *source;
    ps_kind kind;
    uint8_t window[64];
    size_t got;

    if (!ps_source_memory(&source, data, size, NULL))
        return 0;
    if (!ps_source_probe(source, &kind, NULL) || kind >= PS_KIND_COUNT ||
        ps_kind_name(kind) == NULL)
        abort();
    if (!ps_source_read(source, size / 2, window, sizeof window, &got, NULL) ||
        got > sizeof window || got > size)
        abort();
    ps_source_close(source);
    return 0;
}
