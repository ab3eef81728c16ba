/* poolused.c - the debugger's !poolused in its generations.
 *
 *                NonPaged            Paged
 *     Tag    Allocs     Used    Allocs     Used
 *     AGP         1      344         2      384UNKNOWN pooltag 'AGP ', please update pooltag.txt
 *    TOTAL  3570214 20912000     38769 13066104
 *
 * With flag 1 there are Allocs, Frees, Diff and Used for each pool; without it Allocs are those in
 * use, that is Diff.
 */
#include "text/flow.h"
#include "text/poolused_row.h"
#include "text/tags.h"

#include <stdio.h>
#include <string.h>

/* After a few lines of others the table may be over, after many it is. */
enum { STRANGE_TRUST = 3, STRANGE_LIMIT = 50, SIDES = PS_SIDES_OF_ROW };

static bool is_caption(ps_span body)
{
    ps_span rest = body;

    return ps_word_is(body, "Pool Used:") || ps_take_text(&rest, "Sorting by ") ||
           (ps_word_is(ps_next_word(&body), "NonPaged") &&
            ps_word_is(ps_next_word(&body), "Paged") && body.at == body.end);
}

/* Where columns are counted from: behind a prompt that stands before each line. */
static ps_span line_of(const ps_reading *reading)
{
    return reading->at_prompt ? reading->body : ps_whole_line(reading);
}

bool ps_poolused_start(ps_debugger *debugger, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    ps_poolused_layout layout = {0};

    if (line->size > reading->row_bytes || reading->body.at == reading->body.end)
        return false;
    if (strchr("PSN", *reading->body.at) != NULL)
        return is_caption(reading->body);
    if (!ps_poolused_headings(line_of(reading), &layout) || ps_flow_is_flat(reading->body))
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
                     const ps_pool_side *side, ps_pool pool, bool placed)
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

static bool is_zero(const ps_pool_side *side)
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

static void check_place(ps_debugger *debugger, const ps_pooled *row, const ps_line *line)
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

/* "TOTL": TOTAL without one of its letters. */
static bool is_nearly_total(ps_tag tag)
{
    static const char total[] = "TOTAL";

    for (unsigned lost = 0; lost < 5; lost++) {
        ps_tag near = 0;
        for (unsigned i = 0; i < 4; i++)
            near |= (ps_tag)total[i < lost ? i : i + 1] << (8 * i);
        if (tag == near)
            return true;
    }
    return false;
}

/* A row that is the sum of those above is TOTAL, though its tag is misspelt. */
static bool is_sum(const ps_debugger *debugger, const ps_pooled *row)
{
    const ps_poolused_sums *sums = &debugger->sums;

    if (sums->rows < 2)
        return false;
    for (int i = 0; i < SIDES; i++) {
        if (sums->bytes[i] != (uint64_t)row->sides[i].used ||
            sums->counts[i] != (uint64_t)row->sides[i].diff)
            return false;
    }
    return sums->bytes[0] != 0 || sums->bytes[1] != 0;
}

static void add_row(ps_debugger *debugger, ps_reading *reading, const ps_pooled *row,
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
static void check_total(ps_debugger *debugger, const ps_pooled *total, const ps_line *line)
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
    ps_pooled row = {0};
    ps_span at = line;

    if (!ps_word_is(ps_next_word(&at), "TOTAL") || !ps_poolused_scan(debugger, at, line.at, &row))
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
    ps_pooled row;
    ps_shown_tag shown;
} row_fit;

static bool fit_row(ps_debugger *debugger, ps_span whole, row_fit *fit)
{
    const ps_encoding encoding = debugger->draft.text->encoding;
    ps_span tag;
    bool ambiguous;

    fit->row = (ps_pooled){0};
    debugger->why[0] = '\0';
    if (!ps_poolused_read(debugger, whole, &tag, &fit->row, &ambiguous) ||
        (debugger->strange > STRANGE_TRUST && !ps_poolused_is_plausible(&fit->row)))
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
           ps_poolused_is_proved(&fit->row, &debugger->layout);
}

static bool same_numbers(const ps_pooled *a, const ps_pooled *b)
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

static bool has_digit(ps_span body)
{
    while (body.at < body.end && !ps_is_digit(*body.at))
        body.at++;
    return body.at < body.end;
}

bool ps_poolused_row(ps_debugger *debugger, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    const ps_span whole = line_of(reading);
    row_fit fit;

    debugger->why[0] = '\0';
    if (debugger->pending.size > 0) {
        if (!reading->after_blank && !reading->at_prompt && line->size <= reading->row_bytes &&
            continue_pending(debugger, reading))
            return true;
        ps_poolused_flush(debugger, reading);
    }
    if (!debugger->in_table || line->size > reading->row_bytes || !has_digit(reading->body))
        return false;
    if (*reading->body.at == 'T' && read_total(debugger, reading, whole))
        return true;
    if (fit_row(debugger, whole, &fit)) {
        if (is_nearly_total(fit.shown.tag) && is_sum(debugger, &fit.row)) {
            (void)snprintf(debugger->why, sizeof debugger->why,
                           "this is the sum of the rows above and no row of them");
            refuse_row(debugger, line);
            return true;
        }
        add_row(debugger, reading, &fit.row, &fit.shown, line);
        check_place(debugger, &fit.row, line);
        return true;
    }
    if (fit.row.open && fit.row.numbers > 0 && line->ended && !reading->at_prompt &&
        ps_pending_keep(&debugger->pending, line))
        return true;
    if (debugger->sums.refused <= reading->text->bounds.of.text_refusals ||
        debugger->strange > STRANGE_TRUST || !ps_looks_like_row(reading, false))
        return false;
    refuse_row(debugger, line);
    return true;
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
