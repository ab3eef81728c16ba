/* poolused_row.c - a line as a row of !poolused.
 *
 *     Tag    Allocs     Used    Allocs     Used
 *     AGP         1      344         2      384UNKNOWN pooltag 'AGP ', please update pooltag.txt
 *
 * A description may touch the last number, even where it begins with a digit: then the column's
 * right edge in the header tells where the number ends.
 */
#include "text/poolused_row.h"

#include "text/tags.h"

#include <stdio.h>
#include <string.h>

enum { WIDEST_GAP = 2 };

/* One more heading: the right one, or the beginning of it at the end of a line that is cut. */
static bool is_heading(ps_span word, const char *heading, bool last)
{
    return ps_word_is(word, heading) || (last && ps_literal_starts(heading, word));
}

/* The heading of the descriptions, which the debugger does not write. */
static bool is_of_words(ps_span word)
{
    return ps_word_is(word, "Description") || ps_word_is(word, "Binary") ||
           ps_word_is(word, "Comment") || ps_word_is(word, "Owner");
}

bool ps_poolused_headings(ps_span line, ps_poolused_layout *layout)
{
    static const char *const brief[] = {"Allocs", "Used"};
    static const char *const verbose[] = {"Allocs", "Frees", "Diff", "Used"};
    const char *start = line.at;
    ps_span words[1 + PS_POOLUSED_COLUMNS];
    size_t count = 0;
    size_t each;

    for (; count <= PS_POOLUSED_COLUMNS; count++) {
        words[count] = ps_next_word(&line);
        if (words[count].at == words[count].end)
            break;
    }
    ps_skip_blanks(&line);
    count -= count > 3 && is_of_words(words[count - 1]) ? 1 : 0;
    if (count < 3 || line.at != line.end || !ps_word_is(words[0], "Tag"))
        return false;
    layout->verbose = is_heading(words[2], "Frees", count == 3);
    layout->cut = count != (layout->verbose ? 9 : 5);
    each = layout->verbose ? 4 : 2;
    if (count > 2 * each + 1)
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        const char *heading = layout->verbose ? verbose[i % each] : brief[i % each];
        if (!is_heading(words[i + 1], heading, layout->cut && i + 2 == count))
            return false;
        layout->ends[i] = (size_t)(words[i + 1].end - start);
    }
    layout->tag_column = (size_t)(words[0].at - start);
    return true;
}

/* Where the digits of the last number end: at a leading zero, or, where descriptions touch them, at
 * the right edge of a column that the number does not fill. */
static const char *last_end(const ps_debugger *debugger, const ps_pooled *row, size_t columns,
                            ps_span at, const char *line)
{
    const ps_poolused_layout *layout = &debugger->layout;
    const ps_poolused_sums *sums = &debugger->sums;
    const bool touching =
        sums->touching > 0 && sums->apart == 0 && sums->aligned > 0 && sums->misplaced == 0;
    const char *stop = at.at;
    const size_t start = (size_t)(at.at - line);
    const size_t edge = layout->ends[columns - 1];

    while (stop < at.end && ps_is_digit(*stop))
        stop++;
    if (stop - at.at > 1 && *at.at == '0')
        return at.at + 1;
    if (touching && row->aligned && start < edge && line + edge < stop &&
        start > layout->ends[columns - 2] + 1)
        return line + edge;
    return at.end;
}

static ps_number scan_column(ps_span *at, ps_pool_side *side, size_t column, bool verbose)
{
    const size_t kind = verbose ? column % 4 : 2 + column % 2;

    switch (kind) {
    case 0:
        return ps_scan_unsigned(at, &side->allocs);
    case 1:
        return ps_scan_unsigned(at, &side->frees);
    case 2:
        return ps_scan_signed(at, &side->diff);
    default:
        return ps_scan_signed(at, &side->used);
    }
}

static bool say_column(char *why, size_t size, size_t column, size_t columns, ps_number scan)
{
    const char *what = scan == PS_SCAN_BIG      ? "does not fit in 64 bits"
                       : scan == PS_SCAN_GROUPS ? "has thousands that are not groups of three"
                                                : "is missing";
    const char number[] = {(char)('1' + column), '\0'};

    ps_join(why, size, "number ", number, columns == 8 ? " of 8 " : " of 4 ");
    ps_join(why + strlen(why), size - strlen(why), what, "", "");
    return false;
}

/* Does the number end where its heading does?  A number that is too wide has one blank before it and
 * moves what is behind it to the right; nothing moves to the left. */
static void place_number(ps_pooled *row, size_t end, size_t heading, size_t gap, size_t *overflow)
{
    if (end == heading) {
        row->aligned = row->aligned && *overflow == 0;
        row->full = row->full || gap == 1;
        return;
    }
    row->aligned = false;
    if (end > heading && gap <= WIDEST_GAP)
        *overflow += end - heading;
    else
        row->misplaced = true;
}

bool ps_poolused_scan(ps_debugger *debugger, ps_span at, const char *line, ps_pooled *row)
{
    const ps_poolused_layout *layout = &debugger->layout;
    const size_t columns = layout->verbose ? 8 : 4;
    const char *end = at.end;
    size_t overflow = 0; /* of numbers that were too wide for their columns */

    row->aligned = !layout->cut;
    row->full = false;
    for (size_t i = 0; i < columns; i++) {
        const char *before = at.at;
        ps_pool_side *side = &row->sides[i / (columns / 2)];
        ps_number scan;
        size_t gap;
        ps_skip_blanks(&at);
        row->numbers = i;
        row->open = at.at == at.end;
        if (at.at == before || row->open)
            return say_column(debugger->why, sizeof debugger->why, i, columns, PS_SCAN_NONE);
        gap = (size_t)(at.at - before);
        if (i + 1 == columns)
            at.end = last_end(debugger, row, columns, at, line);
        scan = scan_column(&at, side, i, layout->verbose);
        if (scan != PS_SCAN_OK)
            return say_column(debugger->why, sizeof debugger->why, i, columns, scan);
        place_number(row, (size_t)(at.at - line), layout->ends[i] + overflow, gap, &overflow);
    }
    row->open = false;
    row->placed =
        row->aligned && !row->full &&
        (at.at == end || !ps_is_digit(*at.at) || row->sides[PS_SIDES_OF_ROW - 1].used == 0);
    row->touching = at.at < end && !ps_is_blank(*at.at);
    row->description = ps_trim((ps_span){at.at, end});
    return true;
}

bool ps_poolused_is_plausible(const ps_pooled *row)
{
    for (int i = 0; i < PS_SIDES_OF_ROW; i++) {
        const ps_pool_side *side = &row->sides[i];
        if ((side->diff == 0) != (side->used == 0) || side->used < side->diff)
            return false;
    }
    return true;
}

bool ps_poolused_is_proved(const ps_pooled *row, const ps_poolused_layout *layout)
{
    for (int i = 0; layout->verbose && i < PS_SIDES_OF_ROW; i++) {
        const ps_pool_side *side = &row->sides[i];
        if ((uint32_t)(side->allocs - side->frees) != (uint32_t)side->diff)
            return false;
    }
    return ps_poolused_is_plausible(row);
}

static bool has_inner_blank(ps_span tag)
{
    tag = ps_trim(tag);
    while (tag.at < tag.end && !ps_is_blank(*tag.at))
        tag.at++;
    return tag.at < tag.end;
}

/* The tag as the first four characters of the line from its column on. */
static bool read_in_column(ps_debugger *debugger, ps_span line, size_t column, ps_span *tag,
                           ps_pooled *row)
{
    ps_span at = {line.at + column, line.end};

    for (const char *before = line.at; before < at.at; before++)
        if (!ps_is_blank(*before))
            return false;
    if (!ps_take_tag(&at, debugger->draft.text->encoding, tag) || at.at == at.end ||
        !ps_is_blank(*at.at) || ps_trim(*tag).at == ps_trim(*tag).end)
        return false;
    if (!ps_poolused_scan(debugger, at, line.at, row))
        return false;
    return !ps_is_blank(*tag->at) || row->aligned;
}

/* The tag as the first word, blanks put behind it. */
static bool read_as_word(ps_debugger *debugger, ps_span line, ps_span *tag, ps_pooled *row)
{
    ps_span at = line;

    while (at.at < at.end && ps_is_blank(*at.at))
        at.at++;
    tag->at = at.at;
    while (at.at < at.end && !ps_is_blank(*at.at))
        at.at++;
    tag->end = at.at;
    if (ps_count_characters(*tag, debugger->draft.text->encoding) > 4)
        return false;
    return ps_poolused_scan(debugger, at, line.at, row);
}

static size_t first_column(ps_span line)
{
    const char *at = line.at;

    while (at < line.end && ps_is_blank(*at))
        at++;
    return (size_t)(at - line.at);
}

bool ps_poolused_read(ps_debugger *debugger, ps_span line, ps_span *tag, ps_pooled *row,
                      bool *ambiguous)
{
    const size_t heading = debugger->layout.tag_column;
    const size_t first = first_column(line);
    ps_pooled other = {0};
    ps_span word;
    bool found;

    *ambiguous = false;
    found =
        heading < (size_t)(line.end - line.at) && read_in_column(debugger, line, heading, tag, row);
    if (!found && first != heading)
        found = read_in_column(debugger, line, first, tag, row);
    if (!found)
        return read_as_word(debugger, line, tag, row);
    if (!has_inner_blank(*tag) || row->aligned || !read_as_word(debugger, line, &word, &other))
        return true;
    *ambiguous = ps_poolused_is_plausible(row) && ps_poolused_is_plausible(&other);
    if (!ps_poolused_is_plausible(row) && ps_poolused_is_plausible(&other)) {
        *row = other;
        *tag = word;
    }
    return true;
}
