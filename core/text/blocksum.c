/* blocksum.c - blocks of pool that a source lists one by one, summed by tag and pool. */
#include "text/blocksum.h"

#include "base/array.h"
#include "base/error.h"

struct ps_block_sum {
    ps_tag tag;
    uint16_t flags;
    uint8_t pool;
    bool sizeless; /* the size of one at least is not known */
    uint32_t line;
    uint64_t offset, count, bytes;
};

enum { FIRST_SLOTS = 256 };

void ps_blocksum_open(ps_blocksum *sum, ps_text *text, const char *origin)
{
    *sum = (ps_blocksum){.text = text, .origin = origin};
}

static size_t slot_of(const ps_blocksum *sum, ps_tag tag, uint8_t pool)
{
    const uint64_t key = (uint64_t)tag << 1 | pool;
    size_t slot = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (sum->slot_count - 1);

    while (sum->slots[slot] != 0) {
        const ps_block_sum *item = &sum->list[sum->slots[slot] - 1];
        if (item->tag == tag && item->pool == pool)
            break;
        slot = (slot + 1) & (sum->slot_count - 1);
    }
    return slot;
}

static bool grow_slots(ps_blocksum *sum)
{
    const size_t count = sum->slot_count == 0 ? FIRST_SLOTS : sum->slot_count * 2;
    size_t *slots = calloc(count, sizeof *slots);

    if (slots == NULL)
        return ps_fail_memory(&sum->text->error);
    free(sum->slots);
    sum->slots = slots;
    sum->slot_count = count;
    for (size_t i = 0; i < sum->count; i++)
        slots[slot_of(sum, sum->list[i].tag, sum->list[i].pool)] = i + 1;
    return true;
}

static ps_block_sum *find(ps_blocksum *sum, const ps_block *block)
{
    size_t slot;

    if (sum->count * 2 >= sum->slot_count && !grow_slots(sum))
        return NULL;
    slot = slot_of(sum, block->tag, block->pool);
    if (sum->slots[slot] != 0)
        return &sum->list[sum->slots[slot] - 1];
    if (!ps_grow((void **)&sum->list, &sum->capacity, sum->count, sizeof *sum->list)) {
        (void)ps_fail_memory(&sum->text->error);
        return NULL;
    }
    sum->list[sum->count] = (ps_block_sum){
        .tag = block->tag, .pool = block->pool, .line = block->line, .offset = block->offset};
    sum->slots[slot] = ++sum->count;
    return &sum->list[sum->count - 1];
}

void ps_blocksum_add(ps_blocksum *sum, const ps_block *block)
{
    ps_block_sum *item;

    if (block->state == PS_BLOCK_FREE || !block->has_tag || ps_failed(sum->text))
        return;
    if (!block->has_pool) {
        sum->poolless++;
        return;
    }
    item = find(sum, block);
    if (item == NULL)
        return;
    item->flags |= block->flags & PS_ROW_TAG_AMBIGUOUS;
    item->count++;
    item->sizeless |= !block->has_size || block->size > (uint64_t)INT64_MAX - item->bytes;
    if (!item->sizeless)
        item->bytes += block->size;
}

static void put(const ps_block_sum *item, ps_draft *draft)
{
    const ps_line line = {.text = "", .number = item->line, .offset = item->offset};
    const ps_row row = {.tag = item->tag,
                        .pool = item->pool,
                        .flags = item->flags,
                        .session = PS_NO_SESSION,
                        .known = item->sizeless ? PS_KNOW_DIFF : PS_KNOW_DIFF | PS_KNOW_BYTES,
                        .diff = (int64_t)item->count,
                        .bytes = item->sizeless ? 0 : (int64_t)item->bytes};

    ps_draft_row(draft, &row, &line);
}

void ps_blocksum_finish(ps_blocksum *sum)
{
    ps_draft draft;

    ps_draft_start(&draft, sum->text, sum->origin);
    for (size_t i = 0; i < sum->count; i++)
        put(&sum->list[i], &draft);
    ps_draft_finish(&draft, sum->origin, PS_SCOPE_PART);
    if (sum->poolless > 0)
        ps_remark(sum->text, PS_NOTE, NULL,
                  "%zu blocks whose pool is not known are in no tag's sum", sum->poolless);
    free(sum->list);
    free(sum->slots);
    *sum = (ps_blocksum){0};
}
