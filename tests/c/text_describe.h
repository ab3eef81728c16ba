/* text_describe.h - a document as a string, so that two can be compared whole. */
#ifndef TESTS_TEXT_DESCRIBE_H
#define TESTS_TEXT_DESCRIBE_H

#include "poolsleuth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static inline const char *shown(const char *text) { return text == NULL ? "(none)" : text; }

static inline void describe_place(FILE *out, bool places, uint32_t line, uint64_t offset)
{
    if (places)
        (void)fprintf(out, " line %" PRIu32 " offset %" PRIu64, line, offset);
    (void)fputc('\n', out);
}

/* A number that is not known may have any value. */
static inline void describe_number(FILE *out, bool known, uint64_t value)
{
    if (known)
        (void)fprintf(out, " %" PRIu64, value);
    else
        (void)fputs(" ?", out);
}

static inline void describe_row(FILE *out, const ps_row *row, bool places)
{
    (void)fprintf(out, "row %08" PRIx32 " pool %u session %" PRId32 " flags %x:", row->tag,
                  row->pool, row->session, row->flags);
    describe_number(out, (row->known & PS_KNOW_ALLOCS) != 0, row->allocs);
    describe_number(out, (row->known & PS_KNOW_FREES) != 0, row->frees);
    describe_number(out, (row->known & PS_KNOW_DIFF) != 0, (uint64_t)row->diff);
    describe_number(out, (row->known & PS_KNOW_BYTES) != 0, (uint64_t)row->bytes);
    describe_number(out, (row->known & PS_KNOW_PER_ALLOC) != 0, row->per_alloc);
    describe_number(out, (row->known & PS_KNOW_DELTA_ALLOCS) != 0, (uint64_t)row->delta_allocs);
    describe_number(out, (row->known & PS_KNOW_DELTA_FREES) != 0, (uint64_t)row->delta_frees);
    describe_number(out, (row->known & PS_KNOW_DELTA_BYTES) != 0, (uint64_t)row->delta_bytes);
    (void)fprintf(out, " note %s", shown(row->note));
    describe_place(out, places, row->line, row->offset);
}

static inline void describe_snapshot(FILE *out, const ps_snapshot *snapshot, bool places)
{
    uint32_t first, last;
    uint64_t value;

    ps_snapshot_lines(snapshot, &first, &last);
    (void)fprintf(out, "snapshot %s scope %d time %" PRId64 " host %s",
                  ps_snapshot_origin(snapshot), (int)ps_snapshot_scope(snapshot),
                  ps_snapshot_time(snapshot), shown(ps_snapshot_host(snapshot)));
    describe_place(out, places, first, last);
    for (ps_memory_field field = 0; field < PS_MEM_FIELDS; field++)
        if (ps_snapshot_memory(snapshot, field, &value))
            (void)fprintf(out, "memory %s %" PRIu64 "\n", ps_memory_name(field), value);
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++)
        describe_row(out, ps_snapshot_at(snapshot, i), places);
}

static inline void describe_module(FILE *out, const ps_module *module, bool places)
{
    (void)fprintf(
        out,
        "module %s path %s %" PRIx64 " %" PRIx64 " %" PRIx64 " unloaded %d %s %s %s %s %s "
        "%s %" PRId64,
        module->name, shown(module->path), module->base, module->end, module->size,
        module->unloaded, shown(module->state), shown(module->altitude), shown(module->version),
        shown(module->company), shown(module->display), shown(module->origin), module->instances);
    describe_number(out, module->has_timestamp, module->timestamp);
    describe_number(out, module->has_checksum, module->checksum);
    describe_place(out, places, module->line, 0);
}

static inline void describe_block(FILE *out, const ps_block *block, bool places)
{
    (void)fprintf(out, "block %" PRIx64 " marked %d state %d flags %x caller %" PRIx64 " %s %s %s",
                  block->address, block->marked, (int)block->state, block->flags,
                  block->caller_address, shown(block->caller), shown(block->note),
                  shown(block->origin));
    describe_number(out, block->has_size, block->size);
    describe_number(out, block->has_previous_size, block->previous_size);
    describe_number(out, block->has_tag, block->tag);
    describe_number(out, block->has_pool, block->pool);
    describe_place(out, places, block->line, block->offset);
}

static inline void describe_process(FILE *out, const ps_process *process, bool places)
{
    (void)fprintf(out, "process %" PRIu64 " %s %s %s session %" PRId32 " time %" PRId64 " %s",
                  process->id, shown(process->name), shown(process->user), shown(process->host),
                  process->session, process->time, shown(process->origin));
    for (unsigned field = 0; field < PS_PROCESS_FIELDS; field++)
        describe_number(out, (process->known >> field & 1) != 0, process->values[field]);
    describe_place(out, places, process->line, process->offset);
}

static inline void describe_verified(FILE *out, const ps_verified *verified, bool places)
{
    (void)fprintf(out, "verified %s %s %s %s", verified->driver, shown(verified->state),
                  shown(verified->note), shown(verified->origin));
    for (unsigned field = 0; field < PS_VERIFIED_FIELDS; field++)
        describe_number(out, (verified->known >> field & 1) != 0, verified->values[field]);
    describe_place(out, places, verified->line, verified->offset);
}

static inline void describe_item(FILE *out, const ps_text *text, ps_item_kind kind, size_t index,
                                 bool places)
{
    const char *item = (const char *)ps_text_item_at(text, kind, index);
    const ps_item *common = (const void *)item;
    size_t count;
    const ps_item_field *fields = ps_item_fields(kind, &count);

    (void)fprintf(out, "%s %s %s time %" PRId64, ps_item_kind_name(kind), common->origin,
                  shown(common->host), common->time);
    for (size_t i = 0; i < count; i++) {
        const void *at = item + fields[i].offset;
        if (fields[i].type == PS_ITEM_TEXT || fields[i].type == PS_ITEM_PAIRS)
            (void)fprintf(out, " %s", shown(*(const char *const *)at));
        else
            (void)fprintf(out, " %" PRIu64, *(const uint64_t *)at);
    }
    describe_place(out, places, common->line, common->offset);
}

/* All that was found, without the remarks; places: with the lines it was found on. */
static inline void describe_found(FILE *out, const ps_text *text, bool places)
{
    for (size_t i = 0; i < ps_text_snapshot_count(text); i++)
        describe_snapshot(out, ps_text_snapshot_at(text, i), places);
    for (size_t i = 0; i < ps_text_module_count(text); i++)
        describe_module(out, ps_text_module_at(text, i), places);
    for (size_t i = 0; i < ps_text_block_count(text); i++)
        describe_block(out, ps_text_block_at(text, i), places);
    for (size_t i = 0; i < ps_text_process_count(text); i++)
        describe_process(out, ps_text_process_at(text, i), places);
    for (size_t i = 0; i < ps_text_verified_count(text); i++)
        describe_verified(out, ps_text_verified_at(text, i), places);
    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++)
        for (size_t i = 0; i < ps_text_item_count(text, kind); i++)
            describe_item(out, text, kind, i, places);
}

static inline void describe_problems(FILE *out, const ps_text *text)
{
    for (size_t i = 0; i < ps_text_problem_count(text); i++) {
        const ps_problem *problem = ps_text_problem_at(text, i);
        (void)fprintf(out, "%s: %s: %s", ps_severity_name(problem->severity), problem->reason,
                      shown(problem->text));
        describe_place(out, true, problem->line, problem->offset);
    }
    for (ps_severity severity = 0; severity < PS_SEVERITIES; severity++)
        (void)fprintf(out, "%s %" PRIu64 "\n", ps_severity_name(severity),
                      ps_text_problem_total(text, severity));
    (void)fprintf(out, "lines %" PRIu32 " rows %" PRIu32 " encoding %s\n", ps_text_line_count(text),
                  ps_text_row_line_count(text), ps_text_encoding(text));
}

/* The document as a string for the caller to free; NULL when memory is out. */
static inline char *describe(const ps_text *text, bool places, bool problems)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    if (out == NULL)
        return NULL;
    describe_found(out, text, places);
    if (problems)
        describe_problems(out, text);
    (void)fclose(out);
    return bytes;
}

#endif
