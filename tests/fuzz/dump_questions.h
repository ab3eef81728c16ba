/* dump_questions.h - what a debugger asks of a dump; whatever it says, the answers hold together. */
#ifndef TESTS_FUZZ_DUMP_QUESTIONS_H
#define TESTS_FUZZ_DUMP_QUESTIONS_H

#include "dump_kernel_support.h"
#include "one_core.h"

enum { PART = 512, SEARCHED = 1 << 16 };

/* What a debugger asks of an image in memory. */
static inline void query_image(ps_dump *dump, uint64_t base)
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

static inline void search(ps_dump *dump, uint64_t start, bool physical)
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

static inline void ask_as_debugger(ps_dump *dump, uint64_t base)
{
    query_image(dump, base);
    for (size_t i = 0; i < ps_dump_module_count(dump) && i < 4; i++)
        query_image(dump, ps_dump_module_at(dump, i)->base);
    search(dump, base, false);
    search(dump, 0, true);
}

#endif
