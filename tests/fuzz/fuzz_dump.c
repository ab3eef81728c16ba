/* fuzz_dump.c - any bytes as a dump: nothing crashes, no list is without an end, and what is refused says
 * why. */
#include "dump_questions.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_source *source;
    ps_dump *dump;

    if (!ps_source_memory(&source, data, size, NULL))
        return 0;
    if (!ps_dump_take(&dump, source, NULL, NULL, &err)) {
        world_needs(dump == NULL && err.code != PS_OK && err.text[0] != '\0');
        return 0;
    }
    read_around(dump);
    (void)ask_world(dump);
    (void)walk_world(dump, ps_dump_get_facts(dump)->loaded_modules);
    ask_as_debugger(dump, ps_dump_get_facts(dump)->loaded_modules);
    ps_dump_close(dump);
    return 0;
}
