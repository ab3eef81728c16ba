/* pool_walk.c - all small blocks of the pool, page by page.
 *
 * Pages are taken in batches: those of a batch are put in the order in which the file holds them, and
 * what lies close together there is read at once, by a worker that checks and counts each page.
 */
#include "base/array.h"
#include "base/error.h"
#include "base/workers.h"
#include "dump/dump.h"
#include "dump/pool_page.h"
#include "dump/pool_regions.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 1 << 12, /* pages */
    READ = 1 << 18,
    GAP = 1 << 14,
    FIRST_SLOTS = 1 << 8,
    DEFAULT_LIMIT = 10000,
};

typedef struct item {
    uint64_t offset, address;
} item;

typedef struct job {
    size_t first, count;
} job;

/* Sums by tag and pool: an open hash whose size is a power of two; a count of 0 is a free slot. */
typedef struct bag {
    ps_dump_block_sum *slots;
    size_t size, count;
} bag;

/* What one worker has read. */
typedef struct share {
    uint8_t *buffer;
    bag sums;
    ps_dump_block *items;
    size_t count, capacity;
    uint64_t pages, missing;
} share;

typedef struct walk {
    ps_dump *dump;
    const ps_dump_block_query *query;
    ps_dump_blocks *found;
    ps_block_rules rules;
    ps_page_cursor cursor;
    size_t limit, capacity; /* of the list that is given out */
    bool list;
    item *pages;
    job *jobs;
    size_t page_count, job_count;
    share shares[PS_WORKERS_LIMIT];
} walk;

/* --- sums ------------------------------------------------------------------------------------ */

static ps_dump_block_sum *slot_of(ps_dump_block_sum *slots, size_t size, ps_tag tag, ps_pool pool)
{
    size_t at = (size_t)((tag ^ (uint32_t)pool << 31) * UINT32_C(0x9E3779B1)) & (size - 1);

    while (slots[at].count != 0 && (slots[at].tag != tag || slots[at].pool != pool))
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static bool widen(bag *sums)
{
    const size_t size = sums->size == 0 ? FIRST_SLOTS : sums->size * 2;
    ps_dump_block_sum *slots = calloc(size, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < sums->size; i++)
        if (sums->slots[i].count != 0)
            *slot_of(slots, size, sums->slots[i].tag, sums->slots[i].pool) = sums->slots[i];
    free(sums->slots);
    sums->slots = slots;
    sums->size = size;
    return true;
}

static bool add_sum(bag *sums, const ps_dump_block_sum *more, ps_error *err)
{
    ps_dump_block_sum *slot;

    if (sums->count * 2 >= sums->size && !widen(sums))
        return ps_fail_memory(err);
    slot = slot_of(sums->slots, sums->size, more->tag, more->pool);
    if (slot->count == 0) {
        slot->tag = more->tag;
        slot->pool = more->pool;
        sums->count++;
    }
    slot->count += more->count;
    slot->bytes += more->bytes;
    return true;
}

/* --- one page -------------------------------------------------------------------------------- */

/* Blocks of a page and more have no headers, nor have images. */
static bool is_of_others(const walk *w, uint64_t address)
{
    const ps_big_list *bigs = &w->dump->lists.bigs;
    size_t low = 0;
    size_t high = bigs->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (bigs->items[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && address - bigs->items[low - 1].address < bigs->items[low - 1].size)
        return true;
    return ps_kernel_module_at(&w->dump->kernel, address) != NULL;
}

static bool is_wanted(const ps_dump_block_query *query, const ps_dump_block *block)
{
    return ((block->tag ^ query->tag) & query->mask) == 0 &&
           (!query->one_pool || block->pool == (uint8_t)query->pool);
}

static bool keep(share *s, const ps_dump_block *block, ps_error *err)
{
    if (!ps_grow((void **)&s->items, &s->capacity, s->count, sizeof *s->items))
        return ps_fail_memory(err);
    s->items[s->count++] = *block;
    return true;
}

static bool count_page(const walk *w, share *s, const uint8_t *page, uint64_t address,
                       ps_error *err)
{
    ps_dump_block block;
    size_t at;

    if (ps_page_check(&w->rules, page, &at) != PS_PAGE_TILES || is_of_others(w, address))
        return true;
    s->pages++;
    for (at = 0; at < PS_FRAME_SIZE; at += block.size) {
        ps_block_at(&w->rules, page, address, at, &block);
        if (block.free)
            continue;
        if (!add_sum(&s->sums, &(ps_dump_block_sum){block.tag, (ps_pool)block.pool, 1, block.size},
                     err))
            return false;
        if (w->list && is_wanted(w->query, &block) && !keep(s, &block, err))
            return false;
    }
    return true;
}

/* --- a batch --------------------------------------------------------------------------------- */

static bool do_job(const ps_worker *worker, size_t index, ps_error *err)
{
    walk *w = worker->context;
    share *s = &w->shares[worker->number];
    const job *j = &w->jobs[index];
    const item *pages = &w->pages[j->first];
    const uint64_t first = pages[0].offset;
    ps_source *source = w->dump->file.physical != NULL ? ps_physical_source(w->dump->file.physical)
                                                       : w->dump->file.ranges.source;
    size_t got = 0;

    if (s->buffer == NULL)
        s->buffer = ps_alloc(0, READ, 1);
    if (s->buffer == NULL)
        return ps_fail_memory(err);
    if (!ps_source_read(source, first, s->buffer,
                        (size_t)(pages[j->count - 1].offset - first) + PS_FRAME_SIZE, &got, err))
        return false;
    for (size_t i = 0; i < j->count; i++) {
        const size_t at = (size_t)(pages[i].offset - first);
        if (got < at || got - at < PS_FRAME_SIZE)
            s->missing++;
        else if (!count_page(w, s, s->buffer + at, pages[i].address, err))
            return false;
    }
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const item *x = a;
    const item *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

static void make_jobs(walk *w)
{
    job *last = NULL;

    qsort(w->pages, w->page_count, sizeof *w->pages, by_offset);
    w->job_count = 0;
    for (size_t i = 0; i < w->page_count; i++) {
        const uint64_t offset = w->pages[i].offset;
        if (last == NULL || offset - w->pages[i - 1].offset > GAP ||
            offset - w->pages[last->first].offset > READ - PS_FRAME_SIZE) {
            last = &w->jobs[w->job_count++];
            *last = (job){.first = i};
        }
        last->count++;
    }
}

static bool fill(walk *w)
{
    w->page_count = 0;
    while (w->page_count < BATCH) {
        item *page = &w->pages[w->page_count];
        if (!ps_page_cursor_next(&w->cursor, &page->address, &page->offset))
            break;
        w->page_count++;
    }
    w->found->looked += w->page_count;
    return w->page_count != 0 || w->cursor.paused;
}

static int by_address(const void *a, const void *b)
{
    const ps_dump_block *x = a;
    const ps_dump_block *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

/* Batches come in the order of addresses: what one found goes behind what others did. */
static bool take_blocks(walk *w, ps_error *err)
{
    ps_dump_blocks *found = w->found;
    const size_t before = found->count;

    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        share *s = &w->shares[i];
        for (size_t k = 0; k < s->count; k++) {
            if (!ps_grow((void **)&found->items, &w->capacity, found->count, sizeof *found->items))
                return ps_fail_memory(err);
            found->items[found->count++] = s->items[k];
        }
        s->count = 0;
    }
    if (found->count > before)
        qsort(found->items + before, found->count - before, sizeof *found->items, by_address);
    if (found->count > w->limit) {
        found->more = true;
        found->count = w->limit;
        w->list = false;
    }
    return true;
}

static bool report(walk *w)
{
    const ps_progress *progress = w->query->progress;

    if (progress == NULL || progress->step == NULL ||
        progress->step(progress->context, w->found->looked, w->dump->file.facts.present_pages))
        return true;
    w->found->stopped = true;
    return false;
}

static bool run(walk *w, ps_error *err)
{
    while (report(w) && fill(w)) {
        unsigned threads;
        if (w->page_count == 0)
            continue;
        make_jobs(w);
        threads = ps_workers_threads(w->query->threads, w->job_count);
        if (!ps_workers_run(do_job, w, w->job_count, threads, NULL, err) || !take_blocks(w, err))
            return false;
    }
    return true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int by_tag(const void *a, const void *b)
{
    const ps_dump_block_sum *x = a;
    const ps_dump_block_sum *y = b;

    if (x->tag != y->tag)
        return x->tag < y->tag ? -1 : 1;
    return (x->pool > y->pool) - (x->pool < y->pool);
}

/* All workers' sums, packed and in order. */
static bool take_sums(walk *w, ps_error *err)
{
    bag *all = &w->shares[0].sums;
    size_t kept = 0;

    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        const bag *sums = &w->shares[i].sums;
        w->found->pages += w->shares[i].pages;
        w->found->missing += w->shares[i].missing;
        for (size_t k = 0; i > 0 && k < sums->size; k++)
            if (sums->slots[k].count != 0 && !add_sum(all, &sums->slots[k], err))
                return false;
    }
    for (size_t i = 0; i < all->size; i++)
        if (all->slots[i].count != 0)
            all->slots[kept++] = all->slots[i];
    if (kept > 1)
        qsort(all->slots, kept, sizeof *all->slots, by_tag);
    w->found->sums = all->slots;
    w->found->sum_count = kept;
    *all = (bag){0};
    return true;
}

/* The big-page table, where it can be read: its blocks are none of the small ones'. */
static bool begin(walk *w, ps_error *err)
{
    const ps_dump_big *bigs;
    ps_error why = {.code = PS_OK};
    size_t count;

    if (!ps_block_rules_of(&w->dump->kernel, &w->rules, err))
        return false;
    if (w->dump->file.facts.container == PS_CONTAINER_TRIAGE)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "a triage dump holds pieces of memory, not the pool: a kernel dump does");
    if (!ps_dump_bigs(w->dump, &bigs, &count, &why) &&
        (why.code == PS_ENOMEM || why.code == PS_EIO))
        return ps_fail(err, why.code, why.offset, "%s", why.text);
    w->limit = w->query->limit != 0 ? w->query->limit : DEFAULT_LIMIT;
    w->list = w->query->list;
    w->pages = ps_alloc(0, BATCH, sizeof *w->pages);
    w->jobs = ps_alloc(0, BATCH, sizeof *w->jobs);
    ps_pool_regions(&w->dump->kernel, w->found);
    ps_page_cursor_init(&w->cursor, &w->dump->kernel, w->found);
    return (w->pages != NULL && w->jobs != NULL) || ps_fail_memory(err);
}

bool ps_dump_find_blocks(ps_dump *dump, const ps_dump_block_query *query, ps_dump_blocks *found,
                         ps_error *err)
{
    walk *w = calloc(1, sizeof *w);
    bool done;

    *found = (ps_dump_blocks){0};
    if (w == NULL)
        return ps_fail_memory(err);
    w->dump = dump;
    w->query = query;
    w->found = found;
    done = begin(w, err) && run(w, err) && take_sums(w, err);
    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        free(w->shares[i].buffer);
        free(w->shares[i].sums.slots);
        free(w->shares[i].items);
    }
    free(w->pages);
    free(w->jobs);
    free(w);
    if (!done)
        ps_dump_blocks_free(found);
    return done;
}

void ps_dump_blocks_free(ps_dump_blocks *found)
{
    if (found == NULL)
        return;
    free(found->items);
    free(found->sums);
    *found = (ps_dump_blocks){0};
}
