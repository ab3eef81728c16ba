/* fuzz_tables.c - one table of a sound driver, which the first byte chooses, is any bytes: exports,
 * imports, resources with their version, unwind data, debug entries, load configuration, relocations. */
#include "pe_support.h"

#include <stdlib.h>

enum { ROOM = UNWIND - FREE_SPACE, DIRECTORIES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ps_driver *driver)
{
    for (size_t i = 0; i < ps_driver_version_count(driver); i++)
        if (ps_driver_version_at(driver, i)->key == NULL ||
            ps_driver_version_at(driver, i)->value == NULL)
            abort();
    for (size_t i = 0; i < ps_driver_resource_count(driver); i++)
        if (ps_driver_resource_at(driver, i)->type == NULL ||
            ps_driver_resource_at(driver, i)->name == NULL)
            abort();
    for (size_t i = 0; i < ps_driver_import_count(driver); i++)
        if (ps_driver_import_at(driver, i)->dll == NULL)
            abort();
    for (size_t i = 0; i < ps_driver_problem_count(driver); i++)
        if (ps_driver_problem_at(driver, i)->reason == NULL)
            abort();
}

/* A directory of resources that leads to the bytes as a version: root, name, language, data. */
static size_t put_version(image *made, size_t size)
{
    static const uint32_t entries[3] = {16, 1, 1033};

    for (uint32_t i = 0; i < 3; i++) {
        put(made, FREE_SPACE + i * 24 + 14, 1, 2);
        put(made, FREE_SPACE + i * 24 + 16, entries[i], 4);
        put(made, FREE_SPACE + i * 24 + 20, i < 2 ? 0x80000000U | (i + 1) * 24 : 72U, 4);
    }
    put(made, FREE_SPACE + 72, FREE_SPACE + 88, 4);
    put(made, FREE_SPACE + 76, size, 4);
    return 88;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static image made;
    const ps_read_options options = {.detail = true, .now = 1790000000};
    ps_driver *driver;
    size_t room, before;
    unsigned which;
    ps_error err;

    if (size < 2)
        return 0;
    made = new_image((data[0] & 0x80) == 0);
    (void)add_import(&made, "ExAllocatePoolWithTag");
    which = data[0] % (DIRECTORIES + 1);
    data++, size--;
    before = which == DIRECTORIES ? put_version(&made, size < ROOM - 88 ? size : ROOM - 88) : 0;
    room = ROOM - before < size ? ROOM - before : size;
    memcpy(made.bytes + file_offset(FREE_SPACE) + before, data, room);
    put_directory(&made, which == DIRECTORIES ? 2 : which,
                  which == 4 ? file_offset(FREE_SPACE) : FREE_SPACE, (uint32_t)(before + room));
    if (!ps_driver_read(&driver, made.bytes, sizeof made.bytes, &options, &err))
        return 0;
    check(driver);
    ps_driver_close(driver);
    return 0;
}
