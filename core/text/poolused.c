/* poolused.c - the debugger's !poolused in its generations.
 *
 *                NonPaged            Paged
 *     Tag    Allocs     Used    Allocs     Used
 *     AGP         1      344         2      384UNKNOWN pooltag 'AGP ', please update pooltag.txt
 *    TOTAL  3570214 20912000     38769 13066104
 *
 * With flag 1 there are Allocs, Frees, Diff and Used for each pool; without it Allocs are those in
 * use, that is Diff.  A description may touch the last number, even where it begins with a digit:
 * then the column's right edge in the header tells where the number ends.
 */
#include "text/debugger.h"
#include "text/flow.h"
#include "text/tags.h"

#include <stdio.h>
#include <string.h>

/* After a few lines of others the table may be over, after many it is. */
enum { STRANGE_TRUST = 3, STRANGE_LIMIT = 50, SIDES = 2, WIDEST_GAP = 2 };

typedef struct pool_side {
    uint64_t allocs, frees;
    int64_t diff, used;
} pool_side;

typedef struct pooled {
    pool_side sides[SIDES]; /* nonpaged, paged */
    ps_span description;
    bool aligned;   /* each number ends where its heading ends */
    bool placed;    /* and none was cut to do so */
    bool misplaced; /* one ends before its heading, or behind it although it has room */
    bool touching;  /* the description begins right behind the last number */
    bool open;      /* the numbers end with the line */
    size_t numbers; /* that were read before the row ended or turned out to be none */
} pooled;

/* --- the header ------------------------------------------------------------------------------ */

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

/* Where columns are counted from: behind a prompt that stands before each line. */
static ps_span line_of(const ps_reading *reading)
{
    const ps_line *line = &reading->line;

    return reading->at_prompt ? reading->body : (ps_span){line->text, line->text + line->size};
}

static bool read_headings(ps_span line, ps_poolused_layout *layout)
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

static bool is_caption(ps_span body)
{
    ps_span rest = body;

    return ps_word_is(body, "Pool Used:") || ps_take_text(&rest, "Sorting by ") ||
           (ps_word_is(ps_next_word(&body), "NonPaged") &&
            ps_word_is(ps_next_word(&body), "Paged") && body.at == body.end);
}

bool ps_poolused_start(ps_debugger *debugger, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    ps_poolused_layout layout = {0};

    if (line->size > PS_ROW_LIMIT || reading->body.at == reading->body.end)
        return false;
    if (strchr("PSN", *reading->body.at) != NULL)
        return is_caption(reading->body);
    if (!read_headings(line_of(reading), &layout) ||
        ps_flow_is_flat(reading->body))
        return false;
    ps_debugger_begin(debugger, reading, &debugger->has_poolused);
    if (!debugger->command_seen)
        debugger->filtered = debugger->session_pool = false;
    debugger->command_seen = false;
    debugger->layout = layout;
    debugger->sums = (ps_poolused_sums){0};
    debugger->in_table = true;
    debugger->in_vm = false;
    debugger->strange = 0;
    return true;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Where the digits of the last number end: at a leading zero, or, where descriptions touch them, at
 * the right edge of a column that the number does not fill. */
static const char *last_end(const ps_debugger *debugger, const pooled *row, size_t columns,
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

static ps_number scan_column(ps_span *at, pool_side *side, size_t column, bool verbose)
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
static void place_number(pooled *row, size_t end, size_t heading, size_t gap, size_t *overflow)
{
    if (end == heading) {
        row->aligned = row->aligned && *overflow == 0;
        return;
    }
    row->aligned = false;
    if (end > heading && gap <= WIDEST_GAP)
        *overflow += end - heading;
    else
        row->misplaced = true;
}

/* The numbers behind the tag; line is where columns are counted from. */
static bool scan_columns(ps_debugger *debugger, ps_span at, const char *line, pooled *row)
{
    const ps_poolused_layout *layout = &debugger->layout;
    const size_t columns = layout->verbose ? 8 : 4;
    const char *end = at.end;
    size_t overflow = 0; /* of numbers that were too wide for their columns */

    row->aligned = !layout->cut;
    for (size_t i = 0; i < columns; i++) {
        const char *before = at.at;
        pool_side *side = &row->sides[i / (columns / 2)];
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
        row->aligned && (at.at == end || !ps_is_digit(*at.at) || row->sides[SIDES - 1].used == 0);
    row->touching = at.at < end && !ps_is_blank(*at.at);
    row->description = ps_trim((ps_span){at.at, end});
    return true;
}

/* Could these be counts and bytes of a pool?  Each allocation takes some bytes. */
static bool is_plausible(const pooled *row)
{
    for (int i = 0; i < SIDES; i++) {
        const pool_side *side = &row->sides[i];
        if ((side->diff == 0) != (side->used == 0) || side->used < side->diff)
            return false;
    }
    return true;
}

/* The same, and what the columns of flag 1 say of each other. */
static bool is_proved(const pooled *row, const ps_poolused_layout *layout)
{
    for (int i = 0; layout->verbose && i < SIDES; i++) {
        const pool_side *side = &row->sides[i];
        if ((uint32_t)(side->allocs - side->frees) != (uint32_t)side->diff)
            return false;
    }
    return is_plausible(row);
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
                           pooled *row)
{
    ps_span at = {line.at + column, line.end};

    for (const char *before = line.at; before < at.at; before++)
        if (!ps_is_blank(*before))
            return false;
    if (!ps_take_tag(&at, debugger->draft.text->encoding, tag) || at.at == at.end ||
        !ps_is_blank(*at.at) || ps_trim(*tag).at == ps_trim(*tag).end)
        return false;
    if (!scan_columns(debugger, at, line.at, row))
        return false;
    return !ps_is_blank(*tag->at) || row->aligned;
}

/* The tag as the first word, blanks put behind it. */
static bool read_as_word(ps_debugger *debugger, ps_span line, ps_span *tag, pooled *row)
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
    return scan_columns(debugger, at, line.at, row);
}

static size_t first_column(ps_span line)
{
    const char *at = line.at;

    while (at < line.end && ps_is_blank(*at))
        at++;
    return (size_t)(at - line.at);
}

/* Both readings of "Io 1 344 2 384" make sense of some row: the numbers decide, and if they cannot,
 * the columns do and the tag is marked. */
static bool read_row(ps_debugger *debugger, ps_span line, ps_span *tag, pooled *row,
                     bool *ambiguous)
{
    const size_t heading = debugger->layout.tag_column;
    const size_t first = first_column(line);
    pooled other = {0};
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
    *ambiguous = is_plausible(row) && is_plausible(&other);
    if (!is_plausible(row) && is_plausible(&other)) {
        *row = other;
        *tag = word;
    }
    return true;
}

/* What the quotes of "UNKNOWN pooltag 'rx  ', please update pooltag.txt" hold. */
static bool quoted_tag(ps_span description, ps_span *quoted)
{
    if (!ps_take_text(&description, "UNKNOWN pooltag '"))
        return false;
    *quoted = (ps_span){description.at, description.at};
    while (description.end - quoted->end > 1 && memcmp(quoted->end, "',", 2) != 0)
        quoted->end++;
    return description.end - quoted->end > 1;
}

static uint32_t tag_byte(ps_tag tag, unsigned i) { return tag >> (8 * i) & 0xFFU; }

/* The row shows '.' for what it cannot print; the message behind it may have the byte itself.  Where
 * the two do not agree in what both print, nothing is known. */
static void reveal(ps_shown_tag *shown, ps_span description, ps_encoding encoding)
{
    ps_shown_tag message;
    ps_span quoted;
    ps_tag revealed = shown->tag;

    if (!shown->ambiguous || !quoted_tag(description, &quoted) ||
        !ps_read_tag(quoted, encoding, &message))
        return;
    for (unsigned i = 0; i < 4; i++) {
        if (tag_byte(shown->tag, i) == '.')
            revealed = (revealed & ~(0xFFU << (8 * i))) | tag_byte(message.tag, i) << (8 * i);
        else if (tag_byte(shown->tag, i) != tag_byte(message.tag, i))
            return;
    }
    *shown = (ps_shown_tag){revealed, message.ambiguous};
}

static void add_side(ps_debugger *debugger, const ps_line *line, const ps_row *common,
                     const pool_side *side, ps_pool pool, bool placed)
{
    ps_row row = *common;

    row.pool = (uint8_t)pool;
    row.known = PS_KNOW_DIFF | PS_KNOW_BYTES;
    if (debugger->layout.verbose)
        row.known |= PS_KNOW_ALLOCS | PS_KNOW_FREES;
    row.allocs = side->allocs;
    row.frees = side->frees;
    row.diff = side->diff;
    row.bytes = side->used;
    if (placed)
        ps_draft_placed_row(&debugger->draft, &row, line);
    else
        ps_draft_row(&debugger->draft, &row, line);
}

static bool is_zero(const pool_side *side)
{
    return side->allocs == 0 && side->frees == 0 && side->diff == 0 && side->used == 0;
}

static void remark_moved(ps_debugger *debugger, const ps_line *line)
{
    ps_remark(debugger->draft.text, PS_FLAGGED, line,
              "the numbers do not stand in their columns, as those of other rows do");
}

/* Rows whose numbers have moved, once most others turn out to stand where they should. */
static void settle_moved(ps_debugger *debugger, bool last)
{
    ps_poolused_sums *sums = &debugger->sums;

    if (sums->aligned <= sums->misplaced || (!last && sums->aligned <= 2 * sums->misplaced))
        return;
    for (size_t i = 0; i < sums->moved_count; i++) {
        ps_line line = sums->moved[i].line;
        line.text = sums->moved[i].text;
        remark_moved(debugger, &line);
    }
    sums->moved_count = 0;
}

static void check_place(ps_debugger *debugger, const pooled *row, const ps_line *line)
{
    ps_poolused_sums *sums = &debugger->sums;

    if (row->aligned)
        sums->aligned++;
    if (row->misplaced && !debugger->layout.cut) {
        sums->misplaced++;
        if (sums->moved_count < PS_MOVED_ROWS) {
            ps_moved_row *moved = &sums->moved[sums->moved_count++];
            moved->line = *line;
            moved->line.size = line->size < PS_MOVED_TEXT ? line->size : PS_MOVED_TEXT;
            memcpy(moved->text, line->text, moved->line.size);
        }
    }
    if (sums->moved_count > 0)
        settle_moved(debugger, false);
}

/* A row that is the sum of those above is TOTAL, whatever its tag is spelt like. */
static bool is_sum(const ps_debugger *debugger, const pooled *row)
{
    const ps_poolused_sums *sums = &debugger->sums;

    if (sums->rows < 2)
        return false;
    for (int i = 0; i < SIDES; i++)
        if (sums->bytes[i] != (uint64_t)row->sides[i].used ||
            sums->counts[i] != (uint64_t)row->sides[i].diff)
            return false;
    return sums->bytes[0] != 0 || sums->bytes[1] != 0;
}

static void add_row(ps_debugger *debugger, ps_reading *reading, const pooled *row,
                    const ps_shown_tag *shown, const ps_line *line)
{
    ps_row common = {.tag = shown->tag,
                     .flags = shown->ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0,
                     .session = debugger->session_pool ? PS_ALL_SESSIONS : PS_NO_SESSION};
    const bool paged = !is_zero(&row->sides[1]);

    common.note = ps_note_of(reading, row->description);
    if (!paged || !is_zero(&row->sides[0]))
        add_side(debugger, line, &common, &row->sides[0], PS_POOL_NONPAGED, row->placed);
    if (paged)
        add_side(debugger, line, &common, &row->sides[1], PS_POOL_PAGED, row->placed);
    for (int i = 0; i < SIDES; i++) {
        debugger->sums.counts[i] += (uint64_t)row->sides[i].diff;
        debugger->sums.bytes[i] += (uint64_t)row->sides[i].used;
    }
    debugger->sums.rows++;
    if (row->description.at < row->description.end)
        *(row->touching ? &debugger->sums.touching : &debugger->sums.apart) += 1;
    debugger->strange = 0;
    reading->text->row_line_count++;
}

static void refuse_row(ps_debugger *debugger, const ps_line *line)
{
    ps_remark(debugger->draft.text, PS_REFUSED, line, "%s",
              debugger->why[0] != '\0' ? debugger->why : "this is no row of the table");
    ps_draft_touch(&debugger->draft, line);
    debugger->sums.refused++;
    debugger->elided |= !line->ended;
}

/* TOTAL is what the debugger counted: rows that add up to something else are not those it wrote. */
static void check_total(ps_debugger *debugger, const pooled *total, const ps_line *line)
{
    static const char *const pools[] = {"nonpaged", "paged"};
    const ps_poolused_sums *sums = &debugger->sums;

    if (debugger->filtered || debugger->elided || sums->refused > 0)
        return;
    for (int i = 0; i < SIDES; i++) {
        char rows[32], says[32];
        if (sums->bytes[i] == (uint64_t)total->sides[i].used &&
            sums->counts[i] == (uint64_t)total->sides[i].diff)
            continue;
        ps_group_digits(sums->bytes[i], rows);
        ps_group_digits((uint64_t)total->sides[i].used, says);
        ps_remark(debugger->draft.text, PS_FLAGGED, line,
                  "the %s rows add up to %s bytes but TOTAL says %s: rows are missing or wrong",
                  pools[i], rows, says);
        debugger->elided = true;
        return;
    }
}

static bool read_total(ps_debugger *debugger, ps_reading *reading, ps_span line)
{
    static const ps_memory_field bytes[] = {PS_MEM_TAGGED_NONPAGED, PS_MEM_TAGGED_PAGED};
    static const ps_memory_field counts[] = {PS_MEM_TAGGED_NONPAGED_COUNT,
                                             PS_MEM_TAGGED_PAGED_COUNT};
    pooled row = {0};
    ps_span at = line;

    if (!ps_word_is(ps_next_word(&at), "TOTAL") || !scan_columns(debugger, at, line.at, &row))
        return false;
    for (int i = 0; i < SIDES; i++) {
        if (row.sides[i].used < 0 || row.sides[i].diff < 0)
            continue;
        ps_draft_memory(&debugger->draft, bytes[i], (uint64_t)row.sides[i].used, &reading->line);
        ps_draft_memory(&debugger->draft, counts[i], (uint64_t)row.sides[i].diff, &reading->line);
    }
    check_total(debugger, &row, &reading->line);
    debugger->total = true;
    debugger->in_table = false;
    return true;
}

/* A line as a row of the table. */
typedef struct row_fit {
    pooled row;
    ps_shown_tag shown;
} row_fit;

static bool fit_row(ps_debugger *debugger, ps_span whole, row_fit *fit)
{
    const ps_encoding encoding = debugger->draft.text->encoding;
    ps_span tag;
    bool ambiguous;

    fit->row = (pooled){0};
    debugger->why[0] = '\0';
    if (!read_row(debugger, whole, &tag, &fit->row, &ambiguous) ||
        (debugger->strange > STRANGE_TRUST && !is_plausible(&fit->row)))
        return false;
    debugger->why[0] = '\0';
    if (!ps_read_tag(tag, encoding, &fit->shown))
        return false;
    fit->shown.ambiguous |= ambiguous;
    reveal(&fit->shown, fit->row.description, encoding);
    return true;
}

static bool fit_joined(ps_debugger *debugger, const ps_joined *joined, row_fit *fit)
{
    const ps_line *line = &joined->line;

    return fit_row(debugger, (ps_span){line->text, line->text + line->size}, fit) &&
           is_proved(&fit->row, &debugger->layout);
}

static bool same_numbers(const pooled *a, const pooled *b)
{
    for (int i = 0; i < SIDES; i++)
        if (a->sides[i].diff != b->sides[i].diff || a->sides[i].used != b->sides[i].used)
            return false;
    return true;
}

/* Is the line the rest of the row that is pending? */
static bool continue_pending(ps_debugger *debugger, ps_reading *reading)
{
    ps_pending *pending = &debugger->pending;
    ps_joined apart, glued;
    row_fit fit_apart, fit_glued;
    const bool joins = ps_pending_join(pending, &reading->line, false, &apart);
    const bool proved = joins && fit_joined(debugger, &apart, &fit_apart);
    const bool other = ps_pending_join(pending, &reading->line, true, &glued) &&
                       fit_joined(debugger, &glued, &fit_glued);

    if (proved && other && !same_numbers(&fit_apart.row, &fit_glued.row)) {
        pending->size = 0;
        ps_remark(reading->text, PS_AMBIGUOUS, &apart.line,
                  "the row is broken over lines, and its parts can be joined in two ways");
        debugger->sums.refused++;
        return true;
    }
    if (proved || other) {
        pending->size = 0;
        add_row(debugger, reading, proved ? &fit_apart.row : &fit_glued.row,
                proved ? &fit_apart.shown : &fit_glued.shown, proved ? &apart.line : &glued.line);
        return true;
    }
    return joins && fit_apart.row.open && reading->line.ended && ps_pending_extend(pending, &apart);
}

void ps_poolused_flush(ps_debugger *debugger, ps_reading *reading)
{
    const ps_line line = ps_pending_line(&debugger->pending);
    row_fit fit;

    (void)reading;
    settle_moved(debugger, true);
    if (debugger->pending.size == 0)
        return;
    debugger->pending.size = 0;
    (void)fit_row(debugger, (ps_span){line.text, line.text + line.size}, &fit);
    refuse_row(debugger, &line);
    debugger->why[0] = '\0';
}

bool ps_poolused_row(ps_debugger *debugger, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    const ps_span whole =
        reading->at_prompt ? reading->body : (ps_span){line->text, line->text + line->size};
    row_fit fit;

    debugger->why[0] = '\0';
    if (debugger->pending.size > 0) {
        if (!reading->after_blank && !reading->at_prompt && line->size <= PS_ROW_LIMIT &&
            continue_pending(debugger, reading))
            return true;
        ps_poolused_flush(debugger, reading);
    }
    if (!debugger->in_table || line->size > PS_ROW_LIMIT || reading->body.at == reading->body.end)
        return false;
    if (*reading->body.at == 'T' && read_total(debugger, reading, whole))
        return true;
    if (fit_row(debugger, whole, &fit)) {
        if (is_sum(debugger, &fit.row)) {
            (void)snprintf(debugger->why, sizeof debugger->why,
                           "this is the sum of the rows above and no row of them");
            refuse_row(debugger, line);
            return true;
        }
        add_row(debugger, reading, &fit.row, &fit.shown, line);
        check_place(debugger, &fit.row, line);
        return true;
    }
    return fit.row.open && fit.row.numbers > 0 && line->ended && !reading->at_prompt &&
           ps_pending_keep(&debugger->pending, line);
}

/* What the debugger says of its own work in the middle of the table. */
static bool is_noise(ps_span body)
{
    static const char *const starts[] = {"Using a machine size",
                                         "*** CacheSize",
                                         "Max cache size",
                                         "Total memory in cache",
                                         "Number of regions",
                                         "counts:",
                                         "Unable to",
                                         "unable to",
                                         "Search",
                                         "Scanning",
                                         "Processing"};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        ps_span rest = body;
        if (ps_take_text(&rest, starts[i]))
            return true;
    }
    while (body.at < body.end && *body.at == '.')
        body.at++;
    return body.at == body.end;
}

void ps_poolused_strange(ps_debugger *debugger, ps_reading *reading)
{
    const bool right_behind = ps_draft_count(&debugger->draft) > 0 && !reading->after_blank;

    if (!debugger->in_table)
        return;
    if (ps_is_elision(reading->body)) {
        debugger->elided = true;
        return;
    }
    if (is_noise(reading->body))
        return;
    if (debugger->strange <= STRANGE_TRUST && ps_looks_like_row(reading, right_behind)) {
        refuse_row(debugger, &reading->line);
        return;
    }
    if (++debugger->strange > STRANGE_LIMIT)
        debugger->in_table = false;
}
