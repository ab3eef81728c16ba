/* poolmon.c - poolmon's screen and its -n files: the rows.
 *
 *    Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc  Mapped_Driver
 *
 *    Io   Nonp    1021112 (   1)   1020985 (   1)      127   91912 (     0)    723 [a.sys - b]
 *
 * A -n file has no title and no changes in parentheses.  A tag's blanks count, so it is found by its
 * place before the Type, not by parting the line at blanks.  A row may be broken over lines, by a
 * narrow window or by a mail: what is joined must prove itself.
 */
#include "text/poolmon.h"

#include "text/flow.h"
#include "text/tags.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_REACH = 64, STRANGE_LIMIT = 8 };

/* A row in parts: what stands before the type, and behind it. */
typedef struct parted_row {
    ps_span line, before, behind;
    ps_pool pool;
    bool glued;   /* the type touches its neighbours: the page lost its blanks */
    bool misread; /* the type has a letter that it should not have */
} parted_row;

/* A row as it was read. */
typedef struct row_fit {
    ps_row row;
    ps_span note;
    bool open;      /* the numbers end with the line: the next one may bring the rest */
    bool letters;   /* letters stood for digits */
    bool ambiguous; /* the arithmetic proves more than one reading */
} row_fit;

static bool parts_has(const ps_poolmon *poolmon, ps_poolmon_part part)
{
    return (poolmon->parts >> part & 1U) != 0;
}

/* So many rows of the table were refused that no time goes into repairing others. */
static bool is_hopeless(const ps_poolmon *poolmon)
{
    return poolmon->refused > poolmon->draft.text->bounds.of.text_refusals;
}

void ps_poolmon_open(ps_poolmon *poolmon, ps_text *text)
{
    *poolmon = (ps_poolmon){.session = PS_NO_SESSION};
    ps_draft_start(&poolmon->draft, text, "poolmon");
}

static bool is_screen(const ps_poolmon *poolmon)
{
    return parts_has(poolmon, PS_POOLMON_TITLE) || poolmon->deltas ||
           !(parts_has(poolmon, PS_POOLMON_MEMORY) || parts_has(poolmon, PS_POOLMON_COMMIT));
}

static const char *origin_of(const ps_poolmon *poolmon)
{
    return is_screen(poolmon) ? "poolmon" : "poolmon -n";
}

static bool is_whole(const ps_poolmon *poolmon)
{
    const uint32_t both_pools = 1U << PS_POOL_NONPAGED | 1U << PS_POOL_PAGED;

    return !is_screen(poolmon) && parts_has(poolmon, PS_POOLMON_MEMORY) &&
           parts_has(poolmon, PS_POOLMON_COMMIT) && parts_has(poolmon, PS_POOLMON_HEADER) &&
           poolmon->draft.pools == both_pools && !poolmon->elided && !poolmon->filtered;
}

static void hand_over(ps_poolmon *poolmon)
{
    ps_text *text = poolmon->draft.text;
    const bool filtered = poolmon->filtered; /* until the next command says otherwise */

    ps_draft_finish(&poolmon->draft, origin_of(poolmon),
                    is_whole(poolmon) ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
    ps_poolmon_open(poolmon, text);
    poolmon->filtered = filtered;
}

/* --- a line as a row ------------------------------------------------------------------------- */

static bool only_blanks(const char *at, const char *end)
{
    ps_span span = {at, end};

    ps_skip_blanks(&span);
    return span.at == end;
}

static const char *first_character(ps_span line)
{
    while (line.at < line.end && ps_is_blank(*line.at))
        line.at++;
    return line.at;
}

/* Part the line at its type.  The tag itself may read "Nonp": the type has a tag before it. */
static bool part_at_type(const ps_poolmon *poolmon, ps_span line, parted_row *row)
{
    const char *start = first_character(line);
    const char *stop = ps_first((ps_span){start, line.end}, TYPE_REACH).end;

    for (const char *at = start; at < stop; at++) {
        const size_t length =
            *at == 'N' || *at == 'P' ? ps_poolrow_type((ps_span){at, line.end}, &row->pool) : 0;
        const char *next = at + length;
        const bool open_before = at == line.at || ps_is_blank(at[-1]) || (at[-1] & 0x80) != 0;
        const bool open_behind = next == line.end || ps_is_blank(*next) || (*next & 0x80) != 0;
        if (length == 0)
            continue;
        *row = (parted_row){line, {line.at, at}, {next, line.end}, row->pool, false, false};
        row->glued = !open_before && at - start == 4 && next < line.end && ps_is_digit(*next);
        if (row->glued || (open_before && open_behind && at > start))
            return true;
        if (open_behind && at == start && poolmon->type_column > 4 &&
            (size_t)(at - line.at) == poolmon->type_column && !ps_contains(row->behind, "Nonp") &&
            !ps_contains(row->behind, "Paged"))
            return true;
    }
    return false;
}

/* The type as a scanner read it: one letter is another. */
static bool is_almost(ps_span word, const char *type)
{
    const size_t size = strlen(type);
    size_t same = 0;

    if ((size_t)(word.end - word.at) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        same += word.at[i] == type[i];
    return same + 1 >= size;
}

static bool part_at_misread(ps_span line, parted_row *row)
{
    ps_span rest = line;
    const ps_span tag = ps_next_word(&rest);
    const ps_span type = ps_next_word(&rest);

    *row = (parted_row){line, {line.at, type.at}, rest, PS_POOL_NONPAGED, false, true};
    if (is_almost(type, "Paged"))
        row->pool = PS_POOL_PAGED;
    else if (!is_almost(type, "Nonp"))
        return false;
    return tag.end - tag.at <= 4;
}

/* Behind the last number comes nothing, or the Mapped_Driver column. */
static bool note_follows(ps_span rest)
{
    ps_skip_blanks(&rest);
    return rest.at == rest.end || !(ps_is_digit(*rest.at) || *rest.at == ',' || *rest.at == '.' ||
                                    *rest.at == '-' || *rest.at == '(');
}

/* A reading of the numbers that repairs them, where the arithmetic proves it. */
static bool repair_numbers(ps_reading *reading, const parted_row *parted, row_fit *fit)
{
    ps_span rest;
    ps_row row = fit->row;
    const ps_repair repair =
        ps_poolrow_repair(parted->behind, &row, &rest, &fit->letters, &reading->work_left);

    fit->ambiguous = repair == PS_REPAIR_MANY;
    if (repair != PS_REPAIR_ONE)
        return false;
    row.known =
        (uint8_t)(row.known & ~(PS_KNOW_DELTA_ALLOCS | PS_KNOW_DELTA_FREES | PS_KNOW_DELTA_BYTES));
    fit->row = row;
    fit->note = ps_trim(rest);
    fit->open = false;
    return true;
}

static bool fit_numbers(ps_poolmon *poolmon, ps_reading *reading, const parted_row *parted,
                        bool ended, row_fit *fit)
{
    ps_span at = parted->behind;
    row_fit tried = *fit;
    bool scanned = ps_poolrow_scan(&at, &tried.row, ended, poolmon->why);

    tried.note = ps_trim(at);
    tried.open = at.at == at.end && !(scanned && ps_poolrow_is_proved(&tried.row) &&
                                      (tried.row.known & PS_KNOW_PER_ALLOC) != 0);
    scanned = scanned && !parted->misread && note_follows(at);
    if (scanned && tried.note.at < tried.note.end && ps_flow_has_rows(parted->line)) {
        (void)snprintf(poolmon->why, sizeof poolmon->why, "several rows stand in one line");
        return false;
    }
    fit->open = tried.open;
    if (!scanned || (poolmon->in_table && !ps_poolrow_is_proved(&tried.row) && !tried.open)) {
        if (poolmon->in_table && !is_hopeless(poolmon) && repair_numbers(reading, parted, fit))
            return true;
    }
    if (scanned) {
        *fit = tried;
        return true;
    }
    if (poolmon->in_table && !fit->ambiguous && !is_hopeless(poolmon) &&
        ps_poolrow_part(parted->behind, &fit->row, &reading->work_left)) {
        fit->note = (ps_span){at.end, at.end};
        fit->open = false;
        return true;
    }
    if (poolmon->why[0] == '\0')
        (void)snprintf(poolmon->why, sizeof poolmon->why, "the row has more than %d numbers",
                       PS_POOLROW_NUMBERS);
    return false;
}

/* Characters that a scanner takes for one another. */
static bool may_be_misread(ps_tag tag)
{
    static const char alike[] = "O0oDQlI1|!S5sZ2zB8";

    for (unsigned i = 0; i < 4; i++) {
        const char c = (char)(tag >> (8 * i) & 0xFF);
        if (c != '\0' && strchr(alike, c) != NULL)
            return true;
    }
    return false;
}

static bool fit_tag(const ps_poolmon *poolmon, const parted_row *row, ps_row *out)
{
    const size_t width = (size_t)(row->before.end - row->before.at);
    const bool in_columns = poolmon->type_column == poolmon->tag_column + 5 &&
                            width == poolmon->type_column && row->before.end[-1] == ' ' &&
                            only_blanks(row->before.at, row->before.at + poolmon->tag_column);
    ps_span tag =
        in_columns ? (ps_span){row->before.end - 5, row->before.end - 1} : ps_trim(row->before);
    ps_shown_tag shown;

    if (!ps_read_tag(tag, poolmon->draft.text->encoding, &shown))
        return false;
    out->tag = shown.tag;
    out->flags = shown.ambiguous ? PS_ROW_TAG_AMBIGUOUS : 0;
    return true;
}

/* Prose speaks of the types, too: "The Paged pool grows". */
static bool numbers_follow(const ps_poolmon *poolmon, ps_span behind)
{
    ps_span word, hex;
    uint64_t value;

    ps_skip_blanks(&behind);
    hex = behind;
    if (behind.at == behind.end || ps_is_digit(*behind.at) || strchr("-(+", *behind.at) != NULL)
        return true;
    word = ps_next_word(&behind);
    if (poolmon->in_table && ps_scan_hex(&hex, &value))
        return true;
    if (!poolmon->in_table || strchr("OoQIl|SsZzB!", *word.at) == NULL)
        return false;
    while (word.at < word.end && !ps_is_digit(*word.at))
        word.at++;
    return word.at < word.end;
}

/* The line as a row; on false why says what is wrong with it, if it looks like one. */
static bool fit_row(ps_poolmon *poolmon, ps_reading *reading, const ps_line *line, ps_span whole,
                    row_fit *fit)
{
    parted_row parted;

    *fit = (row_fit){0};
    poolmon->why[0] = '\0';
    if (!part_at_type(poolmon, whole, &parted) &&
        !(poolmon->in_table && part_at_misread(ps_first(whole, PS_MOST_ROW_BYTES), &parted)))
        return false;
    if (line->size > reading->row_bytes) {
        (void)snprintf(poolmon->why, sizeof poolmon->why,
                       "the line is too long for a row: over %zu bytes (limit text_row_bytes)",
                       reading->row_bytes);
        return false;
    }
    if ((parted.glued && !poolmon->in_table) || !numbers_follow(poolmon, parted.behind))
        return false;
    if (!fit_tag(poolmon, &parted, &fit->row)) {
        ps_join(poolmon->why, sizeof poolmon->why,
                "what stands before the type is not a tag of four characters", "", "");
        return false;
    }
    fit->row.pool = (uint8_t)parted.pool;
    if (!fit_numbers(poolmon, reading, &parted, line->ended, fit))
        return false;
    poolmon->why[0] = '\0';
    if ((fit->letters || parted.misread) && may_be_misread(fit->row.tag))
        fit->row.flags |= PS_ROW_TAG_AMBIGUOUS;
    return true;
}

/* --- rows of the snapshot -------------------------------------------------------------------- */

static void add_row(ps_poolmon *poolmon, ps_reading *reading, row_fit *fit, const ps_line *line)
{
    if (!poolmon->in_table || poolmon->part != PS_POOLMON_ROWS)
        ps_poolmon_begin(poolmon, reading, PS_POOLMON_ROWS);
    poolmon->in_table = true;
    poolmon->strange = 0;
    poolmon->deltas |= (fit->row.known & PS_KNOW_DELTA_ALLOCS) != 0;
    poolmon->draft.origin = origin_of(poolmon);
    fit->row.session = poolmon->session;
    fit->row.note = ps_note_of(reading, fit->note);
    ps_draft_row(&poolmon->draft, &fit->row, line);
    if (fit->letters)
        ps_remark(poolmon->draft.text, PS_NOTE, line,
                  "letters stand for digits; the row's arithmetic tells which");
    poolmon->draft.text->row_line_count++;
}

static void refuse_row(ps_poolmon *poolmon, const ps_line *line, bool ambiguous)
{
    ps_text *text = poolmon->draft.text;

    if (ambiguous)
        ps_remark(text, PS_AMBIGUOUS, line, "the row's arithmetic proves more than one reading");
    else
        ps_remark(text, PS_REFUSED, line, "%s",
                  poolmon->why[0] != '\0' ? poolmon->why : "this is no row of the table");
    ps_draft_touch(&poolmon->draft, line);
    poolmon->elided |= !line->ended;
    if (++poolmon->refused == text->bounds.of.text_refusals + 1) {
        ps_remark(text, PS_NOTE, line,
                  "no more rows of this table are repaired: over %llu were refused (limit "
                  "text_refusals)",
                  (unsigned long long)text->bounds.of.text_refusals);
    }
}

void ps_poolmon_flush(ps_poolmon *poolmon, ps_reading *reading)
{
    const ps_line line = ps_pending_line(&poolmon->pending);
    row_fit fit;

    if (poolmon->pending.size == 0)
        return;
    poolmon->pending.size = 0;
    if (fit_row(poolmon, reading, &line, (ps_span){line.text, line.text + line.size}, &fit))
        add_row(poolmon, reading, &fit, &line);
    else
        refuse_row(poolmon, &line, fit.ambiguous);
    poolmon->why[0] = '\0';
}

static bool fit_joined(ps_poolmon *poolmon, ps_reading *reading, const ps_joined *joined,
                       row_fit *fit)
{
    const ps_line *line = &joined->line;

    return fit_row(poolmon, reading, line, (ps_span){line->text, line->text + line->size}, fit) &&
           (fit->row.known & PS_KNOW_PER_ALLOC) != 0 && ps_poolrow_is_proved(&fit->row);
}

static bool same_numbers(const ps_row *a, const ps_row *b)
{
    return a->allocs == b->allocs && a->frees == b->frees && a->diff == b->diff &&
           a->bytes == b->bytes && a->per_alloc == b->per_alloc;
}

/* Is the line the rest of the row that is pending? */
static bool continue_pending(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_pending *pending = &poolmon->pending;
    ps_joined apart, glued;
    row_fit fit_apart, fit_glued;
    const bool joins = ps_pending_join(pending, &reading->line, false, &apart);
    const bool proved = joins && fit_joined(poolmon, reading, &apart, &fit_apart);
    const bool other = ps_pending_join(pending, &reading->line, true, &glued) &&
                       fit_joined(poolmon, reading, &glued, &fit_glued);

    if (proved && other && !same_numbers(&fit_apart.row, &fit_glued.row)) {
        pending->size = 0;
        refuse_row(poolmon, &apart.line, true);
        return true;
    }
    if (proved || other) {
        pending->size = 0;
        add_row(poolmon, reading, proved ? &fit_apart : &fit_glued,
                proved ? &apart.line : &glued.line);
        return true;
    }
    return joins && fit_apart.open && reading->line.ended && ps_pending_extend(pending, &apart);
}

/* A row that may go on waits for the next line. */
static bool keep_open(ps_poolmon *poolmon, const ps_reading *reading, const row_fit *fit)
{
    return fit->open && poolmon->in_table && !is_hopeless(poolmon) && reading->line.ended &&
           !reading->at_prompt && ps_pending_keep(&poolmon->pending, &reading->line);
}

/* "Total Nonp …" at the bottom, which /e switches on. */
static bool read_total(ps_poolmon *poolmon, ps_span whole, const ps_line *line)
{
    ps_row row = {0};
    ps_pool pool;
    size_t type;

    ps_skip_blanks(&whole);
    if (!ps_take_text(&whole, "Total"))
        return false;
    ps_skip_blanks(&whole);
    type = ps_poolrow_type(whole, &pool);
    whole.at += type;
    if (type == 0 || !ps_poolrow_scan(&whole, &row, false, poolmon->why) || row.diff < 0 ||
        row.bytes < 0)
        return false;
    poolmon->why[0] = '\0';
    ps_draft_memory(&poolmon->draft,
                    pool == PS_POOL_PAGED ? PS_MEM_TAGGED_PAGED : PS_MEM_TAGGED_NONPAGED,
                    (uint64_t)row.bytes, line);
    ps_draft_memory(&poolmon->draft,
                    pool == PS_POOL_PAGED ? PS_MEM_TAGGED_PAGED_COUNT
                                          : PS_MEM_TAGGED_NONPAGED_COUNT,
                    (uint64_t)row.diff, line);
    return true;
}

bool ps_poolmon_row(ps_poolmon *poolmon, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    const ps_span whole =
        reading->at_prompt ? reading->body : (ps_span){line->text, line->text + line->size};
    row_fit fit;
    bool is_row;

    if (poolmon->pending.size > 0) {
        if (!reading->after_blank && !reading->at_prompt && continue_pending(poolmon, reading))
            return true;
        ps_poolmon_flush(poolmon, reading);
    }
    is_row = fit_row(poolmon, reading, line, whole, &fit);
    if (keep_open(poolmon, reading, &fit))
        return true;
    if (!is_row) {
        poolmon->ambiguous = fit.ambiguous;
        if (poolmon->in_table && read_total(poolmon, whole, line))
            return true;
        if (!poolmon->in_table || !is_hopeless(poolmon) || poolmon->why[0] == '\0')
            return false;
        refuse_row(poolmon, line, fit.ambiguous);
        return true;
    }
    if (!poolmon->in_table && !ps_poolrow_diff_holds(&fit.row) &&
        !ps_poolrow_average_holds(&fit.row))
        return false;
    add_row(poolmon, reading, &fit, line);
    return true;
}

void ps_poolmon_begin(ps_poolmon *poolmon, ps_reading *reading, ps_poolmon_part part)
{
    if (part <= poolmon->part)
        hand_over(poolmon);
    poolmon->part = part;
    poolmon->parts |= 1U << part;
    poolmon->strange = 0;
    ps_take_moment(reading, &poolmon->draft);
}

void ps_poolmon_finish(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_poolmon_flush(poolmon, reading);
    hand_over(poolmon);
}

void ps_poolmon_leave(ps_poolmon *poolmon, ps_reading *reading)
{
    if (poolmon->part != PS_POOLMON_NOTHING)
        ps_poolmon_finish(poolmon, reading);
}

/* --- lines of nobody ------------------------------------------------------------------------- */

static bool is_rule(ps_span body)
{
    for (; body.at < body.end; body.at++)
        if (strchr("-=|+:", *body.at) == NULL && !ps_is_blank(*body.at))
            return false;
    return true;
}

/* A tag, a type and numbers, with a word among them: a row that cannot be read. */
static bool is_spoilt_row(const ps_poolmon *poolmon, ps_span body)
{
    parted_row parted;
    ps_span word;
    int numbers = 0;

    if (!part_at_type(poolmon, ps_first(body, PS_MOST_ROW_BYTES), &parted))
        return false;
    for (word = ps_next_word(&parted.behind); word.at < word.end && numbers < 3;
         word = ps_next_word(&parted.behind))
        numbers += ps_is_digit(*word.at);
    return numbers == 3;
}

void ps_poolmon_strange(ps_poolmon *poolmon, ps_reading *reading)
{
    const bool right_behind = poolmon->part == PS_POOLMON_ROWS && !reading->after_blank;

    if (poolmon->part == PS_POOLMON_NOTHING || is_rule(reading->body))
        return;
    if (!poolmon->in_table) {
        if (++poolmon->strange > STRANGE_LIMIT)
            ps_poolmon_finish(poolmon, reading);
        return;
    }
    if (ps_is_elision(reading->body)) {
        poolmon->elided = true;
        return;
    }
    if (poolmon->why[0] != '\0' || ps_looks_like_row(reading, right_behind) ||
        is_spoilt_row(poolmon, reading->body)) {
        refuse_row(poolmon, &reading->line, poolmon->ambiguous);
        return;
    }
    poolmon->strange++;
    if (poolmon->part == PS_POOLMON_ROWS && (!right_behind || poolmon->strange > 2))
        poolmon->in_table = false;
}
