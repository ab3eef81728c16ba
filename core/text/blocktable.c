/* blocktable.c - blocks of pool that a tool for memory images lists one by one.
 *
 *    Volatility:  Allocation <tab> Tag <tab> PoolType <tab> NumberOfBytes <tab> Status
 *                 0x8a8142600000 <tab> Acme <tab> NonPagedPoolNx <tab> 0x1000 <tab> Allocated
 *    as CSV:      TreeDepth,Allocation,Tag,PoolType,NumberOfBytes
 *    "pretty":    * | 0x8a8142600000 | Acme | NonPagedPoolNx | 0x1000
 *    MemProcFS:          0 Acme A ffff8a8142600000     1000 Big  NonPagedNx
 *
 * Each is a block of its own; their sums by tag are a snapshot of what the tool found.
 */
#include "text/blocksum.h"
#include "text/cells.h"
#include "text/dialect.h"
#include "text/roles.h"

#include <string.h>

enum { COLUMNS = 16, HEADING_LIMIT = 400 };

typedef enum block_layout { LAYOUT_TABS, LAYOUT_COMMAS, LAYOUT_BARS, LAYOUT_FIXED } block_layout;

typedef struct blocktable {
    ps_blocksum sum;
    block_layout layout;
    const char *origin;
    ps_role_kind kinds[COLUMNS];
    size_t columns, tag;
} blocktable;

PS_DIALECT_FITS(blocktable);

static bool read_hex(ps_span word, uint64_t *value)
{
    (void)ps_take_text(&word, "0x");
    *value = 0;
    if (word.at == word.end || word.end - word.at > 16)
        return false;
    for (; word.at < word.end; word.at++) {
        const int digit = ps_hex_digit(*word.at);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint64_t)digit;
    }
    return true;
}

/* "0x1000" or "4096" */
static bool read_number(ps_span cell, uint64_t *value)
{
    ps_span hex = cell;

    if (ps_take_text(&hex, "0x"))
        return read_hex(hex, value);
    return ps_scan_unsigned(&cell, value) == PS_SCAN_OK && cell.at == cell.end;
}

static void set_tag(ps_block *block, ps_span cell, ps_encoding encoding)
{
    ps_shown_tag shown;

    block->has_tag = ps_read_tag(cell, encoding, &shown);
    block->tag = shown.tag;
    block->flags = shown.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
}

static void add_block(blocktable *table, const ps_block *found, ps_reading *reading)
{
    ps_block *block = ps_add_block(reading->text, &reading->line);

    if (block == NULL)
        return;
    *block = *found;
    block->origin = table->origin;
    block->line = reading->line.number;
    block->offset = reading->line.offset;
    if ((block->tag & PS_TAG_PROTECTED) != 0)
        block->flags |= PS_ROW_PROTECTED;
    ps_blocksum_add(&table->sum, block);
    reading->text->row_line_count++;
}

/* --- columns with headings ------------------------------------------------------------------- */

static bool part(block_layout layout, const ps_reading *reading, ps_cells *cells)
{
    static const char separators[] = {'\t', ',', '|'};
    const ps_span line = layout == LAYOUT_BARS ? reading->raw : ps_whole_line(reading);

    return reading->line.size <= reading->row_bytes &&
           ps_part_cells(line, separators[layout], cells);
}

/* Blanks at a tag's ends belong to it, but where columns are padded they may not. */
static ps_span widen(ps_span cell, const ps_reading *reading)
{
    const char *end = reading->line.text + reading->line.size;

    if (cell.at < reading->line.text || cell.end > end)
        end = reading->raw.end;
    while (cell.end < end && *cell.end == ' ' && cell.end - cell.at < 4)
        cell.end++;
    return cell;
}

static ps_role_kind kind_of(ps_span heading)
{
    const ps_role role = ps_role_of(heading);

    if (ps_word_is(heading, "NumberOfBytes") || ps_word_is(heading, "Size"))
        return PS_ROLE_NUMBER;
    return role.kind == PS_ROLE_NUMBER ? PS_ROLE_NONE : role.kind;
}

static bool read_headings(blocktable *table, const ps_cells *cells)
{
    bool has_tag = false, has_address = false;

    if (cells->count < 3 || cells->count > COLUMNS)
        return false;
    table->columns = cells->count;
    for (size_t i = 0; i < cells->count; i++) {
        table->kinds[i] = kind_of(cells->at[i]);
        if (table->kinds[i] == PS_ROLE_TAG)
            table->tag = i;
        has_tag |= table->kinds[i] == PS_ROLE_TAG;
        has_address |= table->kinds[i] == PS_ROLE_ADDRESS;
    }
    return has_tag && has_address;
}

static bool set_cell(ps_block *block, ps_role_kind kind, ps_span cell, const ps_reading *reading)
{
    ps_pool pool;

    switch (kind) {
    case PS_ROLE_ADDRESS:
        return read_number(cell, &block->address);
    case PS_ROLE_TAG:
        set_tag(block, widen(cell, reading), reading->text->encoding);
        return block->has_tag;
    case PS_ROLE_POOL:
        block->has_pool = ps_read_pool(cell, &pool);
        block->pool = (uint8_t)(block->has_pool ? pool : PS_POOL_NONPAGED);
        return true;
    case PS_ROLE_NUMBER:
        block->has_size = read_number(cell, &block->size);
        return block->has_size || ps_word_is(cell, "-") || ps_word_is(cell, "N/A") ||
               cell.at == cell.end;
    case PS_ROLE_STATE:
        block->state = ps_word_is(cell, "Free")        ? PS_BLOCK_FREE
                       : ps_word_is(cell, "Allocated") ? PS_BLOCK_ALLOCATED
                                                       : PS_BLOCK_UNSAID;
        return true;
    default:
        return true;
    }
}

static bool read_cells(blocktable *table, const ps_cells *cells, ps_reading *reading)
{
    ps_block block = {0};

    for (size_t i = 0; i < cells->count; i++)
        if (!set_cell(&block, table->kinds[i], cells->at[i], reading))
            return false;
    add_block(table, &block, reading);
    return true;
}

static bool has_separator(block_layout layout, const ps_reading *reading)
{
    const ps_span raw = reading->raw;

    if (layout == LAYOUT_BARS)
        return memchr(raw.at, '|', (size_t)(raw.end - raw.at)) != NULL;
    return (reading->traits & (layout == LAYOUT_TABS ? PS_HAS_TAB : PS_HAS_COMMA)) != 0;
}

static bool start_cells(blocktable *table, ps_reading *reading)
{
    ps_cells cells;

    if (reading->body.end - reading->body.at > HEADING_LIMIT || !ps_has_tag_word(reading->body))
        return false;
    for (block_layout layout = LAYOUT_TABS; layout <= LAYOUT_BARS; layout++) {
        table->layout = layout;
        if (!has_separator(layout, reading))
            continue;
        if (part(layout, reading, &cells) && cells.count > 1 && read_headings(table, &cells))
            return true;
    }
    return false;
}

/* --- MemProcFS ------------------------------------------------------------------------------- */

static bool is_fixed_heading(ps_span body)
{
    static const char *const words[] = {"#", "Tag", "A", "Address", "Size", "Type", "Pool"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!ps_word_is(ps_next_word(&body), words[i]))
            return false;
    ps_skip_blanks(&body);
    return body.at == body.end;
}

/* index, blank, four characters, blank, A or -, address, size, two words */
static bool read_fixed(blocktable *table, ps_reading *reading)
{
    ps_span at = ps_whole_line(reading);
    ps_span index, tag, mark;
    ps_block block = {0};
    uint64_t number;
    ps_pool pool;

    index = ps_next_word(&at);
    if (reading->line.size > reading->row_bytes || !read_hex(index, &number) || at.end - at.at < 2)
        return false;
    at.at++;
    if (!ps_take_tag(&at, reading->text->encoding, &tag))
        return false;
    mark = ps_next_word(&at);
    if (mark.end - mark.at != 1 || (*mark.at != 'A' && *mark.at != '-') ||
        !read_hex(ps_next_word(&at), &block.address) || !read_hex(ps_next_word(&at), &block.size))
        return false;
    (void)ps_next_word(&at);
    block.has_pool = ps_read_pool(ps_next_word(&at), &pool);
    block.pool = (uint8_t)(block.has_pool ? pool : PS_POOL_NONPAGED);
    block.has_size = true;
    block.state = *mark.at == 'A' ? PS_BLOCK_ALLOCATED : PS_BLOCK_FREE;
    set_tag(&block, tag, reading->text->encoding);
    add_block(table, &block, reading);
    return true;
}

/* --- the dialect ----------------------------------------------------------------------------- */

static bool start(void *state, ps_reading *reading)
{
    blocktable *table = state;
    const char *origin = NULL;

    if (reading->line.size <= reading->row_bytes && *reading->body.at == '#' &&
        is_fixed_heading(reading->body)) {
        table->layout = LAYOUT_FIXED;
        table->origin = "MemProcFS pool";
        origin = "MemProcFS pool, summed";
    } else if (start_cells(table, reading)) {
        table->origin = "Volatility";
        origin = "windows.bigpools, summed";
    } else {
        *table = (blocktable){0};
        return false;
    }
    ps_blocksum_open(&table->sum, reading->text, origin);
    return true;
}

static bool is_rule(ps_span body)
{
    for (; body.at < body.end; body.at++)
        if (strchr("-+=|* ", *body.at) == NULL || *body.at == '\0')
            return false;
    return true;
}

/* Not a row, but it has the beginnings of one. */
static bool is_nearly_row(const blocktable *table, const ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t number;
    ps_cells cells;

    if (table->layout != LAYOUT_FIXED)
        return !part(table->layout, reading, &cells) || cells.count + 1 >= table->columns;
    if (!read_hex(ps_next_word(&at), &number))
        return false;
    (void)ps_next_word(&at);
    (void)ps_next_word(&at);
    return read_hex(ps_next_word(&at), &number);
}

static bool row(void *state, ps_reading *reading)
{
    blocktable *table = state;
    ps_cells cells;
    bool read;

    if (reading->body.at == reading->body.end || is_rule(reading->body))
        return true;
    if (reading->line.size > reading->row_bytes)
        return false;
    read = table->layout == LAYOUT_FIXED
               ? read_fixed(table, reading)
               : part(table->layout, reading, &cells) && cells.count == table->columns &&
                     read_cells(table, &cells, reading);
    if (!read && is_nearly_row(table, reading)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line,
                  "this is no row of the list of blocks");
        return true;
    }
    return read;
}

static void finish(void *state, ps_reading *reading)
{
    blocktable *table = state;

    (void)reading;
    ps_blocksum_finish(&table->sum);
}

const ps_dialect ps_blocktable_dialect = {.name = "blocks of pool",
                                          .needs = PS_LETTERS_TAG,
                                          .least = 8,
                                          .start = start,
                                          .row = row,
                                          .finish = finish};
