/* fuzz_archive.c - any bytes as a zip archive or a cabinet, whatever they begin with. */
#include "poolsleuth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void list(const uint8_t *data, size_t size)
{
    ps_source *source;
    ps_archive *archive;

    if (!ps_source_memory(&source, data, size, NULL))
        return;
    if (ps_archive_read(&archive, source, NULL))
        for (size_t i = 0; i < ps_archive_count(archive); i++)
            if (strlen(ps_archive_at(archive, i)->name) > size)
                abort();
    ps_archive_close(archive);
    ps_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const heads[] = {"PK\3\4\0\0\0\0", "MSCF\0\0\0\0"};
    uint8_t *copy;

    list(data, size);
    if (size < 8)
        return 0;
    copy = malloc(size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        memcpy(copy, heads[i], 8);
        list(copy, size);
    }
    free(copy);
    return 0;
}
