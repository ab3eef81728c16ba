/* lists.c - what a text lists besides snapshots: blocks of pool, processes, verified drivers. */
#include "text/lists.h"

#include "base/array.h"
#include "base/error.h"
#include "text/document.h"

static const char *const process_names[PS_PROCESS_FIELDS] = {
    [PS_PROCESS_WORKING_SET] = "working_set_bytes",
    [PS_PROCESS_NONPAGED] = "nonpaged_bytes",
    [PS_PROCESS_PAGED] = "paged_bytes",
    [PS_PROCESS_PAGE_FILE] = "page_file_bytes",
    [PS_PROCESS_COMMIT] = "commit_bytes",
    [PS_PROCESS_HANDLES] = "handles",
    [PS_PROCESS_THREADS] = "threads",
    [PS_PROCESS_GDI_OBJECTS] = "gdi_objects",
    [PS_PROCESS_USER_OBJECTS] = "user_objects",
};

static const char *const verified_names[PS_VERIFIED_FIELDS] = {
    [PS_VERIFIED_LOADS] = "loads",
    [PS_VERIFIED_UNLOADS] = "unloads",
    [PS_VERIFIED_NONPAGED_ALLOCS] = "nonpaged_allocs",
    [PS_VERIFIED_NONPAGED_BYTES] = "nonpaged_bytes",
    [PS_VERIFIED_PAGED_ALLOCS] = "paged_allocs",
    [PS_VERIFIED_PAGED_BYTES] = "paged_bytes",
    [PS_VERIFIED_PEAK_NONPAGED_ALLOCS] = "peak_nonpaged_allocs",
    [PS_VERIFIED_PEAK_NONPAGED_BYTES] = "peak_nonpaged_bytes",
    [PS_VERIFIED_PEAK_PAGED_ALLOCS] = "peak_paged_allocs",
    [PS_VERIFIED_PEAK_PAGED_BYTES] = "peak_paged_bytes",
    [PS_VERIFIED_LEAKED_ALLOCS] = "leaked_allocs",
    [PS_VERIFIED_LEAKED_BYTES] = "leaked_bytes",
};

const char *ps_process_field_name(ps_process_field field)
{
    return (unsigned)field < PS_PROCESS_FIELDS ? process_names[field] : "unknown";
}

const char *ps_verified_field_name(ps_verified_field field)
{
    return (unsigned)field < PS_VERIFIED_FIELDS ? verified_names[field] : "unknown";
}

static bool grow(ps_text *text, void **items, size_t *capacity, size_t count, size_t item)
{
    if (ps_failed(text))
        return false;
    return ps_grow(items, capacity, count, item) || ps_fail_memory(&text->error);
}

ps_block *ps_add_block(ps_text *text, const ps_line *line)
{
    ps_lists *lists = &text->lists;
    ps_block *block;

    if (!grow(text, (void **)&lists->blocks, &lists->block_capacity, lists->block_count,
              sizeof *lists->blocks))
        return NULL;
    block = &lists->blocks[lists->block_count++];
    *block = (ps_block){.line = line->number, .offset = line->offset};
    return block;
}

ps_process *ps_add_process(ps_text *text, const ps_line *line)
{
    ps_lists *lists = &text->lists;
    ps_process *process;

    if (!grow(text, (void **)&lists->processes, &lists->process_capacity, lists->process_count,
              sizeof *lists->processes))
        return NULL;
    process = &lists->processes[lists->process_count++];
    *process = (ps_process){.name = "",
                            .id = PS_NO_ID,
                            .session = PS_NO_SESSION,
                            .time = PS_NO_TIME,
                            .line = line->number,
                            .offset = line->offset};
    return process;
}

ps_verified *ps_add_verified(ps_text *text, const ps_line *line)
{
    ps_lists *lists = &text->lists;
    ps_verified *verified;

    if (!grow(text, (void **)&lists->verified, &lists->verified_capacity, lists->verified_count,
              sizeof *lists->verified))
        return NULL;
    verified = &lists->verified[lists->verified_count++];
    *verified = (ps_verified){.driver = "", .line = line->number, .offset = line->offset};
    return verified;
}

void ps_process_set(ps_process *process, ps_process_field field, uint64_t value)
{
    process->values[field] = value;
    process->known |= UINT32_C(1) << field;
}

void ps_verified_set(ps_verified *verified, ps_verified_field field, uint64_t value)
{
    verified->values[field] = value;
    verified->known |= UINT32_C(1) << field;
}

void ps_lists_free(ps_lists *lists)
{
    free(lists->blocks);
    free(lists->processes);
    free(lists->verified);
    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++)
        free(lists->items[kind].items);
    *lists = (ps_lists){0};
}

size_t ps_text_block_count(const ps_text *text) { return text->lists.block_count; }

const ps_block *ps_text_block_at(const ps_text *text, size_t index)
{
    return index < text->lists.block_count ? &text->lists.blocks[index] : NULL;
}

size_t ps_text_process_count(const ps_text *text) { return text->lists.process_count; }

const ps_process *ps_text_process_at(const ps_text *text, size_t index)
{
    return index < text->lists.process_count ? &text->lists.processes[index] : NULL;
}

size_t ps_text_verified_count(const ps_text *text) { return text->lists.verified_count; }

const ps_verified *ps_text_verified_at(const ps_text *text, size_t index)
{
    return index < text->lists.verified_count ? &text->lists.verified[index] : NULL;
}
