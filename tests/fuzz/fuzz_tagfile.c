/* fuzz_tagfile.c - any bytes as a tag file; the first four are the tag that is looked for. */
#include "poolsleuth.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t indices[LIMIT];
    size_t found;
    ps_tagfile *file;
    ps_tag tag = 0;

    if (size < sizeof tag)
        return 0;
    memcpy(&tag, data, sizeof tag);
    if (!ps_tagfile_parse(&file, data + sizeof tag, size - sizeof tag, NULL))
        return 0;
    found = ps_tagfile_find(file, tag, indices, LIMIT);
    for (size_t i = 0; i < found && i < LIMIT; i++)
        if (ps_tagfile_at(file, indices[i]) == NULL)
            abort();
    ps_tagfile_close(file);
    return 0;
}
