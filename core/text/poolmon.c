/* poolmon.c - poolmon's screen and its -n files.
 *
 *    Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K
 *    Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K
 *    System pool information
 *    Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc  Mapped_Driver
 *
 *    Io   Nonp    1021112 (   1)   1020985 (   1)      127   91912 (     0)    723 [a.sys - b]
 *
 * A -n file has no title and no changes in parentheses.  Krnl and the first P are what is resident;
 * N and the second P are the pools' totals.  A tag's blanks count, so it is found by its place
 * before the Type, not by parting the line at blanks.
 */
#include "text/poolmon.h"

#include "text/columns.h"
#include "text/tags.h"

#include <stdio.h>
#include <string.h>

enum { CELLS = 5, ALLOCS = 0, FREES, DIFF, BYTES, PER_ALLOC, TYPE_REACH = 64, STRANGE_LIMIT = 8 };

static const char *const cell_names[CELLS] = {"Allocs", "Frees", "Diff", "Bytes", "Per Alloc"};

/* A row in parts: what stands before the type, and behind it. */
typedef struct parted_row {
    ps_span line, before, behind;
    ps_pool pool;
    bool glued; /* the type touches its neighbours: the page lost its blanks */
} parted_row;

static bool parts_has(const ps_poolmon *poolmon, ps_poolmon_part part)
{
    return (poolmon->parts >> part & 1U) != 0;
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

void ps_poolmon_finish(ps_poolmon *poolmon)
{
    ps_text *text = poolmon->draft.text;
    const bool filtered = poolmon->filtered; /* until the next command says otherwise */

    ps_draft_finish(&poolmon->draft, origin_of(poolmon),
                    is_whole(poolmon) ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
    ps_poolmon_open(poolmon, text);
    poolmon->filtered = filtered;
}

void ps_poolmon_leave(ps_poolmon *poolmon)
{
    if (poolmon->part != PS_POOLMON_NOTHING)
        ps_poolmon_finish(poolmon);
}

/* A part that has been, or that a later one follows, begins the next snapshot. */
static void begin_part(ps_poolmon *poolmon, ps_reading *reading, ps_poolmon_part part)
{
    if (part <= poolmon->part)
        ps_poolmon_finish(poolmon);
    poolmon->part = part;
    poolmon->parts |= 1U << part;
    poolmon->strange = 0;
    ps_take_moment(reading, &poolmon->draft);
}

/* --- rows ------------------------------------------------------------------------------------ */

static size_t type_at(const char *at, const char *end, ps_pool *pool)
{
    if (end - at >= 4 && memcmp(at, "Nonp", 4) == 0) {
        *pool = PS_POOL_NONPAGED;
        return 4;
    }
    if (end - at >= 5 && memcmp(at, "Paged", 5) == 0) {
        *pool = PS_POOL_PAGED;
        return 5;
    }
    return 0;
}

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
        const size_t length = *at == 'N' || *at == 'P' ? type_at(at, line.end, &row->pool) : 0;
        const char *next = at + length;
        const bool open_before = at == line.at || ps_is_blank(at[-1]) || (at[-1] & 0x80) != 0;
        const bool open_behind = next == line.end || ps_is_blank(*next) || (*next & 0x80) != 0;
        if (length == 0)
            continue;
        *row = (parted_row){line, {line.at, at}, {next, line.end}, row->pool, false};
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

static bool read_row_tag(const ps_poolmon *poolmon, const parted_row *row, ps_row *out)
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

static void say_scan(char *why, size_t size, int cell, ps_number scan, bool at_end)
{
    const char *before = "", *behind = " is not a number";

    if (scan == PS_SCAN_BIG) {
        behind = " does not fit in 64 bits";
    } else if (scan == PS_SCAN_GROUPS) {
        before = "the thousands of ";
        behind = " are not in groups of three";
    } else if (at_end) {
        before = "the row ends before ";
        behind = "";
    }
    (void)snprintf(why, size, "%s%s%s", before, cell_names[cell], behind);
}

static ps_number scan_cell(ps_span *at, ps_row *row, int cell)
{
    switch (cell) {
    case ALLOCS:
        return ps_scan_unsigned(at, &row->allocs);
    case FREES:
        return ps_scan_unsigned(at, &row->frees);
    case DIFF:
        return ps_scan_signed(at, &row->diff);
    case BYTES:
        return ps_scan_signed(at, &row->bytes);
    default:
        return ps_scan_unsigned(at, &row->per_alloc);
    }
}

/* The change since the last refresh: "(   0)", "(-10)". */
static bool take_delta(ps_span *at, ps_row *row, int cell)
{
    int64_t value;

    at->at++;
    ps_skip_blanks(at);
    if (ps_scan_signed(at, &value) != PS_SCAN_OK)
        return false;
    ps_skip_blanks(at);
    if (at->at == at->end || *at->at != ')' || cell == DIFF || cell == PER_ALLOC)
        return false;
    at->at++;
    if (cell == ALLOCS)
        row->delta_allocs = value;
    else if (cell == FREES)
        row->delta_frees = value;
    else
        row->delta_bytes = value;
    row->known |= (uint8_t)(cell == ALLOCS  ? PS_KNOW_DELTA_ALLOCS
                            : cell == FREES ? PS_KNOW_DELTA_FREES
                                            : PS_KNOW_DELTA_BYTES);
    return true;
}

static bool diff_holds(const ps_row *row)
{
    return (uint32_t)(row->allocs - row->frees) == (uint32_t)row->diff;
}

static bool average_holds(const ps_row *row)
{
    return row->diff > 0 && row->bytes >= 0 &&
           (uint64_t)row->bytes / (uint64_t)row->diff == row->per_alloc;
}

/* The five numbers behind the type; why says what is wrong with them. */
static bool scan_numbers(ps_span *at, ps_row *row, char *why, size_t size)
{
    for (int cell = ALLOCS; cell < CELLS; cell++) {
        ps_number scan;
        ps_skip_blanks(at);
        if (cell == PER_ALLOC && at->at == at->end && diff_holds(row))
            return true; /* cut at the edge of a narrow window */
        scan = scan_cell(at, row, cell);
        if (scan != PS_SCAN_OK) {
            say_scan(why, size, cell, scan, at->at == at->end);
            return false;
        }
        row->known |= (uint8_t)(1U << cell);
        ps_skip_blanks(at);
        if (at->at < at->end && *at->at == '(' && !take_delta(at, row, cell)) {
            (void)snprintf(why, size, "the change in parentheses behind %s is not understood",
                           cell_names[cell]);
            return false;
        }
    }
    return true;
}

static unsigned judge_numbers(const uint64_t *values)
{
    const ps_row row = {.allocs = values[ALLOCS],
                        .frees = values[FREES],
                        .diff = (int64_t)values[DIFF],
                        .bytes = (int64_t)values[BYTES],
                        .per_alloc = values[PER_ALLOC]};

    if (values[DIFF] > INT64_MAX || values[BYTES] > INT64_MAX)
        return 0;
    return (diff_holds(&row) ? 1U : 0U) + (average_holds(&row) ? 1U : 0U);
}

/* The numbers of a row that lost its columns, where its arithmetic proves them. */
static bool part_numbers(ps_span digits, ps_row *row, uint64_t *work_left)
{
    uint64_t values[PS_COLUMN_LIMIT];

    digits = ps_trim(digits);
    for (const char *at = digits.at; at < digits.end; at++)
        if (!ps_is_digit(*at) && *at != ' ' && *at != ',' && *at != '.' && *at != '\'')
            return false;
    if (!ps_part_columns(digits, CELLS, judge_numbers, values, work_left))
        return false;
    row->allocs = values[ALLOCS];
    row->frees = values[FREES];
    row->diff = (int64_t)values[DIFF];
    row->bytes = (int64_t)values[BYTES];
    row->per_alloc = values[PER_ALLOC];
    row->known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES | PS_KNOW_PER_ALLOC;
    return true;
}

/* Behind the last number comes nothing, or the Mapped_Driver column. */
static bool note_follows(ps_span rest)
{
    ps_skip_blanks(&rest);
    return rest.at == rest.end || !(ps_is_digit(*rest.at) || *rest.at == ',' || *rest.at == '.' ||
                                    *rest.at == '-' || *rest.at == '(');
}

static bool read_numbers(ps_poolmon *poolmon, ps_reading *reading, const parted_row *parted,
                         ps_row *row, ps_span *note)
{
    ps_span at = parted->behind;
    ps_row tried = *row;

    *note = (ps_span){at.end, at.end};
    if (scan_numbers(&at, &tried, poolmon->why, sizeof poolmon->why) && note_follows(at)) {
        *row = tried;
        *note = ps_trim(at);
        return true;
    }
    if (poolmon->in_table && part_numbers(parted->behind, row, &reading->work_left)) {
        poolmon->why[0] = '\0';
        return true;
    }
    if (poolmon->why[0] == '\0')
        (void)snprintf(poolmon->why, sizeof poolmon->why, "the row has more than %d numbers",
                       CELLS);
    return false;
}

static void add_row(ps_poolmon *poolmon, ps_reading *reading, ps_row *row, ps_span note)
{
    if (!poolmon->in_table || poolmon->part != PS_POOLMON_ROWS)
        begin_part(poolmon, reading, PS_POOLMON_ROWS);
    poolmon->in_table = true;
    poolmon->strange = 0;
    poolmon->deltas |= (row->known & PS_KNOW_DELTA_ALLOCS) != 0;
    poolmon->draft.origin = origin_of(poolmon);
    row->session = poolmon->session;
    row->note = ps_note_of(reading, note);
    ps_draft_row(&poolmon->draft, row, &reading->line);
    reading->text->row_line_count++;
}

/* "Total Nonp …" at the bottom, which /e switches on. */
static bool read_total(ps_poolmon *poolmon, const parted_row *parted, const ps_line *line)
{
    ps_span word = parted->before;
    ps_span at = parted->behind;
    ps_row row = {0};
    const bool paged = parted->pool == PS_POOL_PAGED;

    ps_skip_blanks(&word);
    if (!ps_take_text(&word, "Total") ||
        !scan_numbers(&at, &row, poolmon->why, sizeof poolmon->why))
        return false;
    if (row.diff < 0 || row.bytes < 0)
        return false;
    ps_draft_memory(&poolmon->draft, paged ? PS_MEM_TAGGED_PAGED : PS_MEM_TAGGED_NONPAGED,
                    (uint64_t)row.bytes, line);
    ps_draft_memory(&poolmon->draft,
                    paged ? PS_MEM_TAGGED_PAGED_COUNT : PS_MEM_TAGGED_NONPAGED_COUNT,
                    (uint64_t)row.diff, line);
    return true;
}

/* Prose speaks of the types, too: "The Paged pool grows". */
static bool numbers_follow(ps_span behind)
{
    ps_skip_blanks(&behind);
    return behind.at == behind.end || ps_is_digit(*behind.at) || strchr("-(+", *behind.at) != NULL;
}

bool ps_poolmon_row(ps_poolmon *poolmon, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    ps_span whole =
        reading->at_prompt ? reading->body : (ps_span){line->text, line->text + line->size};
    ps_row row = {0};
    ps_span note;
    parted_row parted;

    poolmon->why[0] = '\0';
    if (!part_at_type(poolmon, whole, &parted))
        return false;
    if (line->size > PS_ROW_LIMIT) {
        (void)snprintf(poolmon->why, sizeof poolmon->why, "the line is too long for a row");
        return false;
    }
    if (parted.glued && !poolmon->in_table)
        return false;
    if (!numbers_follow(parted.behind))
        return false;
    if (!read_row_tag(poolmon, &parted, &row)) {
        if (poolmon->in_table && read_total(poolmon, &parted, line))
            return true;
        (void)snprintf(poolmon->why, sizeof poolmon->why,
                       "what stands before the type is not a tag of four characters");
        return false;
    }
    row.pool = (uint8_t)parted.pool;
    if (!read_numbers(poolmon, reading, &parted, &row, &note))
        return false;
    if (!poolmon->in_table && !diff_holds(&row) && !average_holds(&row))
        return false;
    add_row(poolmon, reading, &row, note);
    return true;
}

/* --- what stands before the rows ------------------------------------------------------------- */

typedef struct memory_total {
    const char *key;
    ps_memory_field field;
    bool count; /* a plain number, not of KiB */
} memory_total;

static const memory_total memory_totals[] = {
    {"Memory", PS_MEM_PHYSICAL, false},     {"Avail", PS_MEM_AVAILABLE, false},
    {"PageFlts", PS_MEM_PAGE_FAULTS, true}, {"Krnl", PS_MEM_KERNEL_RESIDENT, false},
    {"P", PS_MEM_PAGED_RESIDENT, false},    {NULL, PS_MEM_FIELDS, false}};

static const memory_total commit_totals[] = {
    {"Commit", PS_MEM_COMMIT, false},    {"Limit", PS_MEM_COMMIT_LIMIT, false},
    {"Peak", PS_MEM_COMMIT_PEAK, false}, {"N", PS_MEM_NONPAGED, false},
    {"P", PS_MEM_PAGED, false},          {NULL, PS_MEM_FIELDS, false}};

/* The unit behind a value: its shift, or -1 if there is none. */
static int take_unit(ps_span *at)
{
    static const char units[] = "KMG";
    const char *unit = at->at < at->end ? strchr(units, *at->at) : NULL;

    if (unit == NULL || *unit == '\0')
        return -1;
    at->at++;
    return 10 * ((int)(unit - units) + 1);
}

static void read_total_value(ps_poolmon *poolmon, const memory_total *total, ps_span *at,
                             const ps_line *line)
{
    uint64_t value;
    ps_number scan;
    int shift = 0;

    ps_skip_blanks(at);
    scan = ps_scan_unsigned(at, &value);
    if (scan == PS_SCAN_OK && !total->count)
        shift = take_unit(at);
    if (scan == PS_SCAN_OK && shift >= 0 && value <= UINT64_MAX >> shift) {
        ps_draft_memory(&poolmon->draft, total->field, value << shift, line);
        return;
    }
    ps_remark(poolmon->draft.text, PS_REFUSED, line, "the value of %s: is not understood",
              total->key);
}

/* Values by their keys: "Memory:33473120K Avail: 20055132K  InRam Krnl:10444K". */
static void read_totals(ps_poolmon *poolmon, ps_span at, const memory_total *totals,
                        const ps_line *line)
{
    const char *key = at.at;

    while (at.at < at.end) {
        ps_span name = {key, at.at};
        const memory_total *found = totals;
        if (ps_is_blank(*at.at))
            key = at.at + 1;
        if (*at.at++ != ':')
            continue;
        while (found->key != NULL && !ps_word_is(name, found->key))
            found++;
        if (found->key != NULL)
            read_total_value(poolmon, found, &at, line);
        key = at.at;
    }
}

static bool start_totals(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    const bool commit = ps_take_text(&body, "Commit:");

    if (!commit && !ps_take_text(&body, "Memory:"))
        return false;
    if (reading->line.size > PS_ROW_LIMIT || !ps_contains(body, commit ? "Limit:" : "Avail:"))
        return false;
    begin_part(poolmon, reading, commit ? PS_POOLMON_COMMIT : PS_POOLMON_MEMORY);
    ps_draft_touch(&poolmon->draft, &reading->line);
    read_totals(poolmon, reading->body, commit ? commit_totals : memory_totals, &reading->line);
    return true;
}

static bool start_title(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    int32_t session = PS_NO_SESSION;
    uint64_t number;

    if (ps_take_text(&body, "Session ")) {
        ps_skip_blanks(&body);
        if (ps_scan_unsigned(&body, &number) != PS_SCAN_OK || number > INT32_MAX)
            return false;
        session = (int32_t)number;
    } else if (ps_take_text(&body, "All sessions")) {
        session = PS_ALL_SESSIONS;
    } else if (!ps_take_text(&body, "System")) {
        return false;
    }
    if (!ps_take_text(&body, " pool information") || body.at != body.end)
        return false;
    begin_part(poolmon, reading, PS_POOLMON_TITLE);
    poolmon->session = session;
    if (!ps_draft_is_empty(&poolmon->draft))
        ps_draft_touch(&poolmon->draft, &reading->line);
    return true;
}

/* The words of the header, with or without the blanks between them. */
static bool is_header(ps_span body)
{
    static const char *const words[] = {"Tag",  "Type",  "Allocs", "Frees",
                                        "Diff", "Bytes", "Per",    "Alloc"};

    while (body.at < body.end && (*body.at == '#' || ps_is_blank(*body.at)))
        body.at++;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!ps_take_text(&body, words[i]))
            return false;
        ps_skip_blanks(&body);
    }
    return body.at == body.end || ps_take_text(&body, "Mapped");
}

static size_t column_of(const ps_line *line, const char *word)
{
    ps_span span = {line->text, line->text + line->size};

    for (; span.at < span.end; span.at++) {
        ps_span rest = span;
        if (ps_take_text(&rest, word))
            return (size_t)(span.at - line->text);
    }
    return 0;
}

static bool start_header(ps_poolmon *poolmon, ps_reading *reading)
{
    if (reading->body.at == reading->body.end || reading->line.size > PS_ROW_LIMIT ||
        !is_header(reading->body))
        return false;
    begin_part(poolmon, reading, PS_POOLMON_HEADER);
    poolmon->in_table = true;
    poolmon->tag_column = column_of(&reading->line, "Tag");
    poolmon->type_column = column_of(&reading->line, "Type");
    return true;
}

/* A command line that is shown above its output: does it leave tags out? */
static bool start_command(ps_poolmon *poolmon, ps_reading *reading)
{
    ps_span body = reading->body;
    ps_span word;

    if (body.at == body.end || (*body.at != 'p' && *body.at != 'P') ||
        !(ps_take_text(&body, "poolmon ") || ps_take_text(&body, "poolmon.exe ")))
        return false;
    word = ps_next_word(&body);
    if (word.at == word.end || (*word.at != '/' && *word.at != '-'))
        return false;
    ps_poolmon_finish(poolmon);
    poolmon->filtered = false;
    for (; word.at < word.end; word = ps_next_word(&body))
        if (word.end - word.at >= 2 && strchr("ixpsIXPS", word.at[1]) != NULL)
            poolmon->filtered = true;
    return true;
}

/* Where pool tagging is off, poolmon ends with "Query pooltags Failed c0000002". */
static bool start_failure(ps_reading *reading)
{
    ps_span body = reading->body;

    if (!ps_take_text(&body, "Query pooltags failed"))
        return false;
    ps_remark(reading->text, PS_NOTE, &reading->line,
              "poolmon could not ask for pool tags: pool tagging is off on that system");
    return true;
}

bool ps_poolmon_start(ps_poolmon *poolmon, ps_reading *reading)
{
    return start_failure(reading) || start_totals(poolmon, reading) ||
           start_title(poolmon, reading) || start_header(poolmon, reading) ||
           start_command(poolmon, reading);
}

/* --- lines of nobody ------------------------------------------------------------------------- */

static bool is_rule(ps_span body)
{
    for (; body.at < body.end; body.at++)
        if (*body.at != '-' && *body.at != '=' && *body.at != '|' && !ps_is_blank(*body.at))
            return false;
    return true;
}

void ps_poolmon_strange(ps_poolmon *poolmon, ps_reading *reading)
{
    const bool right_behind = poolmon->part == PS_POOLMON_ROWS && !reading->after_blank;

    if (poolmon->part == PS_POOLMON_NOTHING || is_rule(reading->body))
        return;
    if (!poolmon->in_table) {
        if (++poolmon->strange > STRANGE_LIMIT)
            ps_poolmon_finish(poolmon);
        return;
    }
    if (ps_is_elision(reading->body)) {
        poolmon->elided = true;
        return;
    }
    if (poolmon->why[0] != '\0' || ps_looks_like_row(reading, right_behind)) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s",
                  poolmon->why[0] != '\0' ? poolmon->why : "this is no row of the table");
        ps_draft_touch(&poolmon->draft, &reading->line);
        poolmon->elided |= !reading->line.ended;
        return;
    }
    poolmon->strange++;
    if (poolmon->part == PS_POOLMON_ROWS && (!right_behind || poolmon->strange > 2))
        poolmon->in_table = false;
}
