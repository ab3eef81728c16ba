/* tagtable.c - home-made tables of tags and their bytes, rounded.
 *
 *    Tag    NP_MB      share
 *    NtFC   21353.2    97.1%   what a user wrote behind it
 *    --- total tagged nonpaged = 21982 MB
 */
#include "text/tagtable.h"

#include "text/decimal.h"
#include "text/tags.h"

void ps_tagtable_open(ps_tagtable *table, ps_text *text)
{
    *table = (ps_tagtable){0};
    ps_draft_start(&table->draft, text, "tag table");
}

void ps_tagtable_leave(ps_tagtable *table)
{
    if (table->in_table)
        ps_draft_finish(&table->draft, "tag table", PS_SCOPE_PART);
    table->in_table = false;
}

typedef struct amount {
    int64_t bytes;
    bool ambiguous;
} amount;

static bool take_shift(ps_span *at, int *shift)
{
    static const char *const units[] = {"bytes", "KB", "MB", "GB"};

    for (*shift = 0; *shift < 40; *shift += 10)
        if (ps_take_text(at, units[*shift / 10]))
            return true;
    return false;
}

/* NP_MB, Nonp_KB, NonPaged_bytes, PP_MB, Paged_MB */
static bool read_heading(ps_span word, ps_pool *pool, int *shift)
{
    if (ps_take_text(&word, "NonPaged_") || ps_take_text(&word, "Nonp_") ||
        ps_take_text(&word, "NP_"))
        *pool = PS_POOL_NONPAGED;
    else if (ps_take_text(&word, "Paged_") || ps_take_text(&word, "PP_"))
        *pool = PS_POOL_PAGED;
    else
        return false;
    return take_shift(&word, shift) && word.at == word.end;
}

bool ps_tagtable_start(ps_tagtable *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_pool pool;
    int shift;

    if (!ps_word_is(ps_next_word(&at), "Tag") || !read_heading(ps_next_word(&at), &pool, &shift))
        return false;
    ps_tagtable_leave(table);
    table->in_table = true;
    table->pool = pool;
    table->shift = shift;
    table->point = 0;
    ps_take_moment(reading, &table->draft);
    return true;
}

/* A number with or without a point, perhaps with a unit of its own.  False if it is none. */
static bool scan_amount(ps_tagtable *table, ps_span *at, int shift, amount *found)
{
    ps_decimal decimal;
    ps_span unit;
    int own; /* shift of its own unit */

    *found = (amount){0};
    if (!ps_scan_decimal(at, &decimal))
        return false;
    unit = *at;
    ps_skip_blanks(&unit);
    if (take_shift(&unit, &own) && (unit.at == unit.end || ps_is_blank(*unit.at))) {
        *at = unit;
        shift = own;
    }
    if (at->at < at->end && !ps_is_blank(*at->at))
        return false;
    if (decimal.point != 0 && !decimal.ambiguous)
        table->point = decimal.point;
    found->ambiguous = decimal.ambiguous && table->point == 0;
    if (decimal.ambiguous && decimal.point != table->point)
        ps_decimal_as_thousands(&decimal);
    return ps_decimal_to_integer(&decimal, shift, &found->bytes);
}

/* "--- total tagged nonpaged = 21982 MB" */
static bool read_total(ps_tagtable *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_memory_field field;
    amount found;

    while (at.at < at.end && (*at.at == '-' || ps_is_blank(*at.at)))
        at.at++;
    if (!ps_take_text(&at, "total tagged "))
        return false;
    if (ps_take_text(&at, "nonpaged"))
        field = PS_MEM_TAGGED_NONPAGED;
    else if (ps_take_text(&at, "paged"))
        field = PS_MEM_TAGGED_PAGED;
    else
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_text(&at, "=") && !ps_take_text(&at, ":"))
        return false;
    ps_skip_blanks(&at);
    if (!scan_amount(table, &at, table->shift, &found) || found.ambiguous)
        return false;
    ps_draft_memory(&table->draft, field, (uint64_t)found.bytes, &reading->line);
    return true;
}

bool ps_tagtable_row(ps_tagtable *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_row row = {.known = PS_KNOW_BYTES, .flags = PS_ROW_ROUNDED, .session = PS_NO_SESSION};
    ps_shown_tag shown;
    amount found;

    if (!table->in_table || at.at == at.end || reading->line.size > reading->row_bytes)
        return false;
    if (*at.at == '-')
        return read_total(table, reading);
    if (!ps_read_tag(ps_next_word(&at), reading->text->encoding, &shown))
        return false;
    ps_skip_blanks(&at);
    if (!scan_amount(table, &at, table->shift, &found))
        return false;
    if (found.ambiguous) {
        ps_remark(reading->text, PS_AMBIGUOUS, &reading->line,
                  "the separator in the number is one of thousands or of decimals");
        ps_draft_touch(&table->draft, &reading->line);
        return true;
    }
    row.bytes = found.bytes;
    row.tag = shown.tag;
    row.flags |= shown.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    row.pool = (uint8_t)table->pool;
    row.note = ps_note_of(reading, ps_trim(at));
    ps_draft_row(&table->draft, &row, &reading->line);
    reading->text->row_line_count++;
    return true;
}

void ps_tagtable_strange(ps_tagtable *table, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_span word;

    if (!table->in_table || ps_is_elision(reading->body))
        return;
    (void)ps_next_word(&at);
    word = ps_next_word(&at);
    if (word.at < word.end && ps_is_digit(*word.at))
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the table");
    else if (reading->after_blank)
        ps_tagtable_leave(table);
}
