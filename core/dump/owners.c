/* owners.c - whose addresses stand in the blocks of a tag: a driver's own data point at the driver. */
#include "base/error.h"
#include "base/reader.h"
#include "dump/dump.h"
#include "dump/offsets.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 512, SMALL_BLOCKS = 1 << 20 };

typedef struct ballot {
    ps_dump_vote *votes; /* one a module */
    uint64_t *last;      /* the block that last voted for it, plus 1 */
} ballot;

static void vote(ballot *b, const ps_kernel *kernel, uint64_t address, uint64_t block)
{
    const ps_dump_module *module = ps_kernel_module_at(kernel, address);
    size_t i;

    if (module == NULL)
        return;
    i = (size_t)(module - kernel->modules);
    b->votes[i].module = module;
    b->votes[i].pointers++;
    b->votes[i].blocks += b->last[i] != block + 1;
    b->last[i] = block + 1;
}

static void count_block(ballot *b, ps_kernel *kernel, uint64_t address, uint64_t size,
                        ps_dump_owners *owners)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint8_t page[PS_FRAME_SIZE];
    size_t got = 0;

    (void)ps_space_read(&kernel->space, address, page,
                        size < sizeof page ? (size_t)size : sizeof page, &got);
    if (got == 0) {
        owners->missing++;
        return;
    }
    for (size_t i = 0; i + pointer <= got; i += pointer) {
        ps_reader r = ps_reader_at(page, got, i, pointer);
        uint64_t value = ps_uint(&r, pointer);
        if (pointer == 4)
            value = (uint64_t)(int64_t)(int32_t)(uint32_t)value;
        if (ps_is_kernel_address(&kernel->space, value))
            vote(b, kernel, value, owners->sampled);
    }
    owners->sampled++;
}

static int by_votes(const void *a, const void *b)
{
    const ps_dump_vote *x = a;
    const ps_dump_vote *y = b;

    if (x->blocks != y->blocks)
        return x->blocks > y->blocks ? -1 : 1;
    if (x->pointers != y->pointers)
        return x->pointers > y->pointers ? -1 : 1;
    if (x->module == NULL || y->module == NULL)
        return 0;
    return x->module->base < y->module->base ? -1 : x->module->base > y->module->base;
}

static bool is_of(const ps_dump_big *big, ps_tag tag)
{
    return (big->tag & ~PS_TAG_PROTECTED) == (tag & ~PS_TAG_PROTECTED);
}

/* Every n-th block, so that all times of the machine are asked. */
static void ask(ballot *b, const ps_big_list *bigs, ps_tag tag, ps_kernel *kernel,
                ps_dump_owners *owners)
{
    uint64_t number = 0;
    uint64_t step;

    for (size_t i = 0; i < bigs->count; i++)
        owners->blocks += is_of(&bigs->items[i], tag);
    step = owners->blocks / BLOCKS + 1;
    for (size_t i = 0; i < bigs->count; i++)
        if (is_of(&bigs->items[i], tag) && number++ % step == 0)
            count_block(b, kernel, bigs->items[i].address, bigs->items[i].size, owners);
}

static bool open_ballot(ballot *b, const ps_kernel *kernel, ps_error *err)
{
    const size_t count = kernel->module_count;

    if (count == 0) {
        (void)ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                      "no module is known that addresses could belong to");
        return false;
    }
    *b = (ballot){calloc(count, sizeof *b->votes), calloc(count, sizeof *b->last)};
    if (b->votes != NULL && b->last != NULL)
        return true;
    free(b->votes);
    free(b->last);
    (void)ps_fail_memory(err);
    return false;
}

static void close_ballot(ballot *b, const ps_kernel *kernel, ps_dump_owners *owners)
{
    const size_t count = kernel->module_count;

    qsort(b->votes, count, sizeof *b->votes, by_votes);
    for (size_t i = 0; i < count && i < PS_VOTE_LIMIT && b->votes[i].blocks != 0; i++)
        owners->votes[owners->count++] = b->votes[i];
    free(b->votes);
    free(b->last);
}

bool ps_owners_read(ps_dump_owners *owners, const ps_big_list *bigs, ps_tag tag, ps_kernel *kernel,
                    ps_error *err)
{
    ballot b;

    *owners = (ps_dump_owners){0};
    if (!open_ballot(&b, kernel, err))
        return false;
    ask(&b, bigs, tag, kernel, owners);
    close_ballot(&b, kernel, owners);
    return true;
}

bool ps_dump_small_owners(ps_dump *dump, ps_tag tag, ps_dump_owners *owners, ps_error *err)
{
    const ps_dump_block_query query = {
        .list = true, .tag = tag, .mask = ~PS_TAG_PROTECTED, .limit = SMALL_BLOCKS};
    ps_kernel *kernel = &dump->kernel;
    const uint64_t header = ps_space_pointer(&kernel->space) * UINT64_C(2);
    ps_dump_blocks found;
    size_t step;
    ballot b;

    *owners = (ps_dump_owners){0};
    if (!ps_dump_find_blocks(dump, &query, &found, err))
        return false;
    if (!open_ballot(&b, kernel, err)) {
        ps_dump_blocks_free(&found);
        return false;
    }
    for (size_t i = 0; i < found.sum_count; i++)
        if ((found.sums[i].tag & ~PS_TAG_PROTECTED) == (tag & ~PS_TAG_PROTECTED))
            owners->blocks += found.sums[i].count;
    step = found.count / BLOCKS + 1;
    for (size_t i = 0; i < found.count; i += step) {
        const ps_dump_block *block = &found.items[i];
        if (block->size > header)
            count_block(&b, kernel, block->address + header, block->size - header, owners);
    }
    close_ballot(&b, kernel, owners);
    ps_dump_blocks_free(&found);
    return true;
}
