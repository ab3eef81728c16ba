/* dump.c - open a dump or an image of memory and tell what it is. */
#include "dump/dump.h"

#include "base/error.h"
#include "base/source.h"

#include <stdlib.h>

bool ps_dump_take_within(ps_dump **out, ps_source *source, ps_source *companion,
                         const ps_dump_options *options, const ps_limits *limits, ps_error *err)
{
    ps_dump *dump = calloc(1, sizeof *dump);

    *out = NULL;
    if (dump == NULL) {
        ps_source_close(source);
        ps_source_close(companion);
        return ps_fail_memory(err);
    }
    dump->source = dump->file.source = source;
    dump->companion = dump->file.companion = companion;
    if (options != NULL)
        dump->file.progress = options->progress;
    if (!ps_bounds_open(&dump->file.bounds, limits, err) || !ps_container_open(&dump->file, err) ||
        !ps_kernel_open(&dump->kernel, &dump->file, err)) {
        ps_dump_close(dump);
        return false;
    }
    dump->file.progress = (ps_progress){0};
    *out = dump;
    return true;
}

bool ps_dump_take(ps_dump **out, ps_source *source, ps_source *companion,
                  const ps_dump_options *options, ps_error *err)
{
    return ps_dump_take_within(out, source, companion, options, NULL, err);
}

bool ps_dump_open(ps_dump **out, const char *path, const ps_dump_options *options, ps_error *err)
{
    return ps_dump_open_within(out, path, options, NULL, err);
}

bool ps_dump_open_within(ps_dump **out, const char *path, const ps_dump_options *options,
                         const ps_limits *limits, ps_error *err)
{
    ps_source *source;
    ps_source *companion = NULL;

    *out = NULL;
    if (!ps_source_open(&source, path, err))
        return false;
    if (options != NULL && options->companion != NULL &&
        !ps_source_open(&companion, options->companion, err)) {
        ps_source_close(source);
        return false;
    }
    return ps_dump_take_within(out, source, companion, options, limits, err);
}

void ps_dump_close(ps_dump *dump)
{
    if (dump == NULL)
        return;
    ps_exports_free(&dump->exports);
    ps_dump_lists_free(&dump->lists);
    ps_kernel_close(&dump->kernel);
    ps_container_close(&dump->file);
    ps_source_close(dump->source);
    ps_source_close(dump->companion);
    free(dump);
}

const ps_dump_facts *ps_dump_get_facts(const ps_dump *dump) { return &dump->file.facts; }

/* A page that cannot be read looks like one that is not there: this tells them apart. */
static const ps_problem unread = {
    .severity = PS_REFUSED,
    .offset = PS_NOWHERE,
    .reason = "reading the file failed (input/output error, or it became shorter): what depends on "
              "the missing part is not shown"};

static bool has_unread(const ps_dump *dump)
{
    return (dump->source != NULL && ps_source_has_failed(dump->source)) ||
           (dump->companion != NULL && ps_source_has_failed(dump->companion));
}

size_t ps_dump_problem_count(const ps_dump *dump)
{
    return dump->file.problem_count + has_unread(dump);
}

const ps_problem *ps_dump_problem_at(const ps_dump *dump, size_t index)
{
    if (index < dump->file.problem_count)
        return &dump->file.problems[index];
    return index == dump->file.problem_count && has_unread(dump) ? &unread : NULL;
}

ps_read_status ps_dump_read_physical(ps_dump *dump, uint64_t address, void *buffer, size_t size,
                                     size_t *got)
{
    *got = 0;
    if (dump->file.physical == NULL)
        return PS_READ_NOT_IN_DUMP;
    return ps_physical_read(dump->file.physical, address, buffer, size, got);
}

ps_read_status ps_dump_read(ps_dump *dump, uint64_t address, void *buffer, size_t size, size_t *got)
{
    *got = 0;
    if (!dump->kernel.has_space)
        return PS_READ_TABLE_MISSING;
    return ps_space_read(&dump->kernel.space, address, buffer, size, got);
}

size_t ps_dump_module_count(const ps_dump *dump) { return dump->kernel.module_count; }

const ps_dump_module *ps_dump_module_at(const ps_dump *dump, size_t index)
{
    return index < dump->kernel.module_count ? &dump->kernel.modules[index] : NULL;
}

const ps_dump_module *ps_dump_module_find(const ps_dump *dump, uint64_t address)
{
    return ps_kernel_module_at(&dump->kernel, address);
}

ps_dump_symbols ps_dump_get_symbols(const ps_dump *dump)
{
    const ps_kernel *kernel = &dump->kernel;

    return (ps_dump_symbols){kernel->wants.name, kernel->wants.guid, kernel->wants.age,
                             kernel->pdb != NULL};
}

bool ps_dump_use_pdb(ps_dump *dump, const char *path, ps_error *err)
{
    ps_source *source;
    bool done;

    if (!ps_source_open(&source, path, err))
        return false;
    done = ps_kernel_use_pdb(&dump->kernel, source, err);
    if (done)
        ps_dump_lists_free(&dump->lists);
    ps_source_close(source);
    return done;
}

bool ps_dump_symbol(ps_dump *dump, const char *name, uint64_t *address)
{
    return ps_kernel_symbol(&dump->kernel, name, address);
}
