/* blocks.c - blocks of pool, as !pool and !poolfind list them.
 *
 *    Pool page e1001050 region is Paged pool
 *    *e1001050 size:   10 previous size:   10  (Allocated) *ObDi
 *            Pooltag ObDi : Object directory, Binary : nt!ob
 *    *8a400000 : large page allocation, tag is LkaL, size is 0x2000 bytes
 *
 *    Searching NonPaged pool (823b1000 : 82800000) for Tag: SeSd
 *    826fa130 size:   c0 previous size:   40  (Allocated) SeSd (Protected)
 *    ffff830da0ce8010 : tag Proc, size     0xb70, Nonpaged pool
 */
#include "text/address.h"
#include "text/dialect.h"
#include "text/tags.h"

enum { SUM_LIMIT = 64 };

typedef struct blocks {
    size_t first;   /* of this table, among the document's */
    size_t pending; /* from here on blocks wait for the name of their pool */
    bool searching; /* a search for a tag, not a page */
    bool cut;       /* the search did not come to its end */
    bool has_pool;
    uint8_t pool;
    bool owner; /* the line that names the owner of the last block may come */
    int64_t time;
    const char *host;
} blocks;

PS_DIALECT_FITS(blocks);

typedef struct sum {
    ps_tag tag;
    uint16_t flags;
    uint8_t pool;
    int64_t count;
    uint64_t bytes;
} sum;

static bool pool_of(ps_span name, uint8_t *pool)
{
    if (ps_contains(name, "nonpaged")) {
        *pool = PS_POOL_NONPAGED;
        return true;
    }
    *pool = PS_POOL_PAGED;
    return ps_contains(name, "paged");
}

/* --- rows ------------------------------------------------------------------------------------ */

/* "(Allocated)", "(Free )" */
static bool take_state(ps_span *at, ps_block *block)
{
    if (!ps_take_text(at, "("))
        return false;
    ps_skip_blanks(at);
    if (ps_take_text(at, "Allocated"))
        block->state = PS_BLOCK_ALLOCATED;
    else if (ps_take_text(at, "Free"))
        block->state = PS_BLOCK_FREE;
    else
        return false;
    ps_skip_blanks(at);
    return ps_take_text(at, ")");
}

static bool take_block_tag(ps_span *at, ps_encoding encoding, char stop, ps_block *block)
{
    ps_shown_tag shown;
    ps_span four = *at;

    if (ps_take_tag(at, encoding, &four)) {
        if (at->at < at->end && *at->at != ' ' && *at->at != stop)
            return false;
    } else {
        at->at = at->end;
    }
    if (!ps_read_tag(four, encoding, &shown))
        return false;
    block->has_tag = true;
    block->tag = shown.tag;
    if (shown.ambiguous)
        block->flags |= PS_ROW_TAG_AMBIGUOUS;
    return true;
}

/* What stands behind the tag of a row. */
static void take_suffix(ps_text *text, ps_span rest, ps_block *block)
{
    rest = ps_trim(rest);
    if (ps_take_text(&rest, "(Protected)")) {
        block->tag |= PS_TAG_PROTECTED;
        block->flags |= PS_ROW_PROTECTED;
    }
    rest = ps_trim(rest);
    if (rest.at < rest.end)
        block->note = ps_keep(text, rest);
}

/* "*ObDi": the star of the block that was asked for, which may be lost at the line's beginning; a
 * tag itself has four characters. */
static bool is_mark(const ps_block *block, ps_span at)
{
    const ps_span word = ps_next_word(&at);

    return word.end - word.at > 1 && *word.at == '*' && (block->marked || word.end - word.at == 5);
}

/* size: 10 previous size: 10 (Allocated) *ObDi */
static bool sized_row(ps_reading *reading, ps_span at, ps_block *block)
{
    if (!ps_take_text(&at, "size:"))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_hex(&at, &block->size))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_text(&at, "previous size:"))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_hex(&at, &block->previous_size))
        return false;
    ps_skip_blanks(&at);
    if (!take_state(&at, block))
        return false;
    ps_skip_blanks(&at);
    if (is_mark(block, at)) {
        block->marked = true;
        at.at++;
    }
    block->has_size = block->has_previous_size = true;
    if (at.at == at.end)
        return true;
    if (!take_block_tag(&at, reading->text->encoding, ' ', block))
        return false;
    take_suffix(reading->text, at, block);
    return true;
}

/* large page allocation, tag is LkaL, size is 0x2000 bytes */
static bool large_row(ps_reading *reading, ps_span at, ps_block *block)
{
    block->state = ps_take_text(&at, "free") ? PS_BLOCK_FREE : PS_BLOCK_ALLOCATED;
    ps_skip_blanks(&at);
    if (!ps_take_text(&at, "large page allocation, tag is "))
        return false;
    if (!take_block_tag(&at, reading->text->encoding, ',', block) ||
        !ps_take_text(&at, ", size is "))
        return false;
    block->has_size = ps_take_hex(&at, &block->size);
    return block->has_size;
}

/* tag Proc, size     0xb70, Nonpaged pool */
static bool found_row(ps_reading *reading, ps_span at, ps_block *block)
{
    if (!ps_take_text(&at, "tag ") || !take_block_tag(&at, reading->text->encoding, ',', block) ||
        !ps_take_text(&at, ", size"))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_hex(&at, &block->size) || !ps_take_text(&at, ","))
        return false;
    block->has_size = true;
    block->state = ps_contains(at, "free") ? PS_BLOCK_FREE : PS_BLOCK_ALLOCATED;
    block->has_pool = pool_of(at, &block->pool);
    return block->has_pool;
}

static bool read_block(ps_reading *reading, ps_block *block)
{
    ps_span at = reading->body;

    block->marked = ps_take_text(&at, "*");
    if (!ps_take_address(&at, &block->address))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_text(&at, ":"))
        return sized_row(reading, at, block);
    ps_skip_blanks(&at);
    return found_row(reading, at, block) || large_row(reading, at, block);
}

static bool take_row(blocks *table, ps_reading *reading)
{
    ps_block read = {.line = reading->line.number, .offset = reading->line.offset};
    ps_block *block;

    if (!read_block(reading, &read))
        return false;
    block = ps_add_block(reading->text, &reading->line);
    if (block == NULL)
        return true;
    *block = read;
    block->origin = table->searching ? "!poolfind" : "!pool";
    if (!block->has_pool && table->has_pool) {
        block->has_pool = true;
        block->pool = table->pool;
    }
    table->owner = true;
    reading->text->row_line_count++;
    return true;
}

/* --- other lines ----------------------------------------------------------------------------- */

/* "Searching NonPaged pool (a : b) for Tag: X": blocks found before in the table of large ones are
 * of this pool too. */
static void name_pool(blocks *table, ps_text *text, ps_span line)
{
    table->has_pool = pool_of(line, &table->pool);
    for (size_t i = table->pending; table->has_pool && i < text->lists.block_count; i++) {
        if (text->lists.blocks[i].has_pool)
            continue;
        text->lists.blocks[i].has_pool = true;
        text->lists.blocks[i].pool = table->pool;
    }
    table->pending = text->lists.block_count;
}

static bool take_banner(blocks *table, ps_reading *reading)
{
    ps_span at = reading->body;

    if (ps_take_text(&at, "Pool page ") && ps_contains(at, " region is ")) {
        table->searching = false;
        table->has_pool = pool_of(at, &table->pool);
        return true;
    }
    if (ps_take_text(&at, "Scanning large pool allocation table for ")) {
        table->searching = true;
        table->has_pool = false;
        table->pending = reading->text->lists.block_count;
        return true;
    }
    if (ps_take_text(&at, "Searching ") && ps_contains(at, "pool (") && ps_contains(at, "tag")) {
        table->searching = true;
        name_pool(table, reading->text, at);
        return true;
    }
    return false;
}

/* "Pooltag ObDi : what, Binary : nt!ob", "Owning component : Unknown (update pooltag.txt)" */
static bool take_owner(blocks *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_lists *lists = &reading->text->lists;

    if (!ps_take_text(&at, "Pooltag ") && !ps_take_text(&at, "Owning component"))
        return false;
    if (!table->owner || lists->block_count == 0)
        return ps_contains(at, ":");
    while (at.at < at.end && *at.at != ':')
        at.at++;
    if (at.at == at.end)
        return false;
    at.at++;
    at = ps_trim(at);
    if (at.at < at.end)
        lists->blocks[lists->block_count - 1].note = ps_keep(reading->text, at);
    table->owner = false;
    return true;
}

/* Contents of a block, as !pool shows them with flag 1. */
static bool is_contents(ps_span at)
{
    uint64_t address;
    size_t words = 0;

    while (at.at < at.end && ps_take_address(&at, &address)) {
        ps_skip_blanks(&at);
        words++;
    }
    return at.at == at.end && words >= 2;
}

static bool is_trouble(ps_span body)
{
    static const char *const words[] = {
        "heap key",       "is not valid pool",    "not a valid large pool", "unable to ",
        "could not read", "freed (or corrupt",    "GetUlongFromAddress",    "cannot be accessed",
        "bad previous",   "GetPointerFromAddress"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ps_contains(body, words[i]))
            return true;
    return false;
}

/* What !poolval says of a page before it lists what is wrong. */
static bool is_validation(ps_span body)
{
    static const char *const begins[] = {
        "Validating Pool headers",        "Pool page [", "Analyzing ",
        "Scanning for single bit errors", "None found",  "["};

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        ps_span at = body;
        if (ps_take_text(&at, begins[i]))
            return true;
    }
    return false;
}

static bool is_cut(ps_span body)
{
    ps_span dots = body;

    if (ps_contains(body, "terminating - searched"))
        return true;
    while (dots.at < dots.end && *dots.at == '.')
        dots.at++;
    return ps_is_elision(body) || (dots.at == dots.end && dots.end - body.at >= 3);
}

static bool take_other(blocks *table, ps_reading *reading)
{
    const ps_span body = reading->body;

    if (is_cut(body)) {
        if (table->searching)
            ps_remark(reading->text, PS_NOTE, &reading->line,
                      "the search ended early: its sums are of a part");
        table->cut = true;
        return true;
    }
    if (ps_contains(body, "heap key")) {
        ps_remark(reading->text, PS_NOTE, &reading->line,
                  "the debugger could not read the heap's key: its list may be wrong");
        return true;
    }
    if (ps_contains(body, "is __inVALID")) {
        ps_remark(reading->text, PS_NOTE, &reading->line,
                  "the debugger finds this page of pool corrupt");
        return true;
    }
    return is_trouble(body) || is_validation(body) || is_contents(body);
}

static bool looks_like_row(ps_span body)
{
    return ps_contains(body, "previous size:") || ps_contains(body, " : tag ") ||
           ps_contains(body, "large page allocation");
}

/* An address and a size: a row that is cut, or of a search in other words. */
static bool begins_row(ps_span body)
{
    const char *const begin = body.at;
    uint64_t address;

    return ps_take_address(&body, &address) && body.at - begin >= 8 && ps_contains(body, "size");
}

/* --- the dialect ----------------------------------------------------------------------------- */

static void note_moment(blocks *table, ps_reading *reading)
{
    ps_draft draft;

    ps_draft_start(&draft, reading->text, "!poolfind");
    ps_take_moment(reading, &draft);
    table->time = draft.time;
    table->host = draft.host;
}

/* "previous size:", " : tag ", "large page allocation", "Pool page", "Searching … pool". */
static bool may_begin(const ps_reading *reading)
{
    static const ps_traits words[] = {
        PS_LETTER('v') | PS_LETTER('z') | PS_HAS_COLON, PS_LETTERS_TAG | PS_HAS_COLON,
        PS_LETTERS_TAG | PS_LETTER('l'), PS_LETTER('p') | PS_LETTER('o') | PS_LETTER('l')};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ps_has_all(reading->traits, words[i]))
            return true;
    return false;
}

static bool start(void *state, ps_reading *reading)
{
    blocks *table = state;

    if (reading->line.size > reading->row_bytes || !may_begin(reading))
        return false;
    table->first = table->pending = reading->text->lists.block_count;
    table->searching = ps_contains(reading->body, " : tag ");
    if (take_banner(table, reading) ||
        (looks_like_row(reading->body) && take_row(table, reading))) {
        note_moment(table, reading);
        return true;
    }
    *table = (blocks){0};
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    blocks *table = state;

    if (reading->body.at == reading->body.end)
        return true;
    if (reading->line.size > reading->row_bytes)
        return false;
    if (take_row(table, reading) || take_owner(table, reading) || take_banner(table, reading) ||
        take_other(table, reading))
        return true;
    if (!looks_like_row(reading->body) && !begins_row(reading->body))
        return false;
    table->owner = false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no block of pool");
    return true;
}

/* The sum of the block's tag and pool, a new one if need be; NULL where there is no room. */
static sum *sum_of(sum *sums, size_t *count, const ps_block *block)
{
    for (size_t i = 0; i < *count; i++)
        if (sums[i].tag == block->tag && sums[i].pool == block->pool)
            return &sums[i];
    if (*count == SUM_LIMIT)
        return NULL;
    sums[*count] = (sum){.tag = block->tag, .pool = block->pool, .flags = block->flags};
    return &sums[(*count)++];
}

/* Bit 31 says how a block is freed, not whose it is: a tag with and without is one row. */
static bool add_up(const blocks *table, const ps_lists *lists, sum *sums, size_t *count)
{
    for (size_t i = table->first; i < lists->block_count; i++) {
        ps_block block = lists->blocks[i];
        sum *of;
        if (block.state != PS_BLOCK_ALLOCATED || !block.has_tag || !block.has_size)
            continue;
        block.tag &= ~PS_TAG_PROTECTED;
        block.flags &= PS_ROW_TAG_AMBIGUOUS;
        of = sum_of(sums, count, &block);
        if (!block.has_pool || of == NULL || of->bytes > INT64_MAX - (block.size & INT64_MAX))
            return false;
        of->bytes += block.size & INT64_MAX;
        of->count++;
    }
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    const blocks *table = state;
    const ps_lists *lists = &reading->text->lists;
    sum sums[SUM_LIMIT];
    size_t count = 0;
    ps_draft draft;
    ps_line line;

    if (!table->searching || ps_failed(reading->text) || !add_up(table, lists, sums, &count) ||
        count == 0)
        return;
    line = reading->line;
    line.number = lists->blocks[table->first].line;
    line.offset = lists->blocks[table->first].offset;
    ps_draft_start(&draft, reading->text, "!poolfind");
    draft.time = table->time;
    draft.host = table->host;
    for (size_t i = 0; i < count; i++) {
        ps_row sum_row = {.tag = sums[i].tag,
                          .flags = sums[i].flags,
                          .pool = sums[i].pool,
                          .known = PS_KNOW_DIFF | PS_KNOW_BYTES,
                          .session = PS_NO_SESSION,
                          .diff = sums[i].count,
                          .bytes = (int64_t)sums[i].bytes};
        ps_draft_row(&draft, &sum_row, &line);
    }
    ps_draft_finish(&draft, "!poolfind", PS_SCOPE_PART);
}

const ps_dialect ps_blocks_dialect = {.name = "blocks",
                                      .needs = PS_HAS_LETTER | PS_HAS_DIGIT,
                                      .least = 8,
                                      .start = start,
                                      .row = row,
                                      .finish = finish};
