/* poolrow.c - the five numbers of a poolmon row and the arithmetic that binds them.
 *
 *    Allocs - Frees = Diff (modulo 2^32), floor(Bytes / Diff) = Per Alloc
 */
#include "text/poolrow.h"

#include "text/columns.h"

#include <stdio.h>
#include <string.h>

enum { LEAST_BLOCK = 8 };

static const char *const names[PS_POOLROW_NUMBERS] = {"Allocs", "Frees", "Diff", "Bytes",
                                                      "Per Alloc"};

bool ps_poolrow_diff_holds(const ps_row *row)
{
    return (uint32_t)(row->allocs - row->frees) == (uint32_t)row->diff;
}

bool ps_poolrow_average_holds(const ps_row *row)
{
    return row->diff > 0 && row->bytes >= 0 &&
           (uint64_t)row->bytes / (uint64_t)row->diff == row->per_alloc;
}

bool ps_poolrow_is_proved(const ps_row *row)
{
    const bool nothing = row->diff == 0 && row->bytes == 0 && row->per_alloc == 0;

    return ps_poolrow_diff_holds(row) && (nothing || ps_poolrow_average_holds(row));
}

size_t ps_poolrow_type(ps_span at, ps_pool *pool)
{
    if (at.end - at.at >= 4 && memcmp(at.at, "Nonp", 4) == 0) {
        *pool = PS_POOL_NONPAGED;
        return 4;
    }
    if (at.end - at.at >= 5 && memcmp(at.at, "Paged", 5) == 0) {
        *pool = PS_POOL_PAGED;
        return 5;
    }
    return 0;
}

static void say_scan(char why[PS_WHY], int cell, ps_number scan, bool at_end)
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
    ps_join(why, PS_WHY, before, names[cell], behind);
}

static ps_number scan_wide(ps_span *at, uint64_t *value)
{
    const char *start = at->at;
    const ps_number scan = ps_scan_unsigned(at, value);

    if (at->at == at->end || ps_is_blank(*at->at))
        return scan;
    at->at = start;
    if (ps_scan_hex(at, value))
        return PS_SCAN_OK;
    at->at = start;
    return ps_scan_unsigned(at, value);
}

static ps_number scan_either(ps_span *at, int64_t *value)
{
    const char *start = at->at;
    const ps_number scan = ps_scan_signed(at, value);
    uint64_t size;

    if (at->at == at->end || ps_is_blank(*at->at))
        return scan;
    at->at = start;
    if (ps_scan_hex(at, &size) && size <= INT64_MAX) {
        *value = (int64_t)size;
        return PS_SCAN_OK;
    }
    at->at = start;
    return ps_scan_signed(at, value);
}

static ps_number scan_cell(ps_span *at, ps_row *row, int cell)
{
    switch (cell) {
    case PS_ALLOCS:
        return scan_wide(at, &row->allocs);
    case PS_FREES:
        return scan_wide(at, &row->frees);
    case PS_DIFF:
        return scan_either(at, &row->diff);
    case PS_BYTES:
        return scan_either(at, &row->bytes);
    default:
        return scan_wide(at, &row->per_alloc);
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
    if (at->at == at->end || *at->at != ')' || cell == PS_DIFF || cell == PS_PER_ALLOC)
        return false;
    at->at++;
    if (cell == PS_ALLOCS)
        row->delta_allocs = value;
    else if (cell == PS_FREES)
        row->delta_frees = value;
    else
        row->delta_bytes = value;
    row->known |= (uint8_t)(cell == PS_ALLOCS  ? PS_KNOW_DELTA_ALLOCS
                            : cell == PS_FREES ? PS_KNOW_DELTA_FREES
                                               : PS_KNOW_DELTA_BYTES);
    return true;
}

/* Could the last number be Bytes and Per Alloc with no blank between them?  Then it proves nothing
 * that the row is cut. */
static bool may_be_two(const ps_row *row)
{
    uint64_t scale = 10;

    if (row->diff <= 0 || row->bytes < 0)
        return true;
    for (int digits = 1; digits < 19 && (uint64_t)row->bytes >= scale; digits++, scale *= 10) {
        const uint64_t behind = (uint64_t)row->bytes % scale;
        if (behind >= LEAST_BLOCK && behind >= scale / 10 &&
            (uint64_t)row->bytes / scale / (uint64_t)row->diff == behind)
            return true;
    }
    return false;
}

/* Only Per Alloc is missing: the row is cut at the edge of a narrow window. */
static bool is_cut(const ps_row *row)
{
    const bool empty = row->diff == 0 && row->bytes == 0;

    return ps_poolrow_diff_holds(row) && (empty || (row->bytes >= row->diff && !may_be_two(row)));
}

bool ps_poolrow_scan(ps_span *at, ps_row *row, bool may_be_cut, char why[PS_WHY])
{
    for (int cell = 0; cell < PS_POOLROW_NUMBERS; cell++) {
        ps_number scan;
        const bool decimal = cell == 0 || (at->at[-1] != 'h' && at->at[-1] != 'H');
        ps_skip_blanks(at);
        if (cell == PS_PER_ALLOC && at->at == at->end && may_be_cut && decimal && is_cut(row))
            return true;
        scan = scan_cell(at, row, cell);
        if (scan != PS_SCAN_OK) {
            say_scan(why, cell, scan, at->at == at->end);
            return false;
        }
        row->known |= (uint8_t)(1U << cell);
        ps_skip_blanks(at);
        if (at->at < at->end && *at->at == '(' && !take_delta(at, row, cell)) {
            ps_join(why, PS_WHY, "the change in parentheses behind ", names[cell],
                    " is not understood");
            return false;
        }
    }
    return true;
}

/* --- columns that run together --------------------------------------------------------------- */

static bool set_numbers(ps_row *row, const uint64_t *values)
{
    if (values[PS_DIFF] > INT64_MAX || values[PS_BYTES] > INT64_MAX)
        return false;
    row->allocs = values[PS_ALLOCS];
    row->frees = values[PS_FREES];
    row->diff = (int64_t)values[PS_DIFF];
    row->bytes = (int64_t)values[PS_BYTES];
    row->per_alloc = values[PS_PER_ALLOC];
    row->known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES | PS_KNOW_PER_ALLOC;
    return true;
}

static unsigned judge_numbers(const uint64_t *values)
{
    ps_row row = {0};

    if (!set_numbers(&row, values))
        return 0;
    return (ps_poolrow_diff_holds(&row) ? 1U : 0U) + (ps_poolrow_average_holds(&row) ? 1U : 0U);
}

bool ps_poolrow_part(ps_span digits, ps_row *row, uint64_t *work_left)
{
    uint64_t values[PS_COLUMN_LIMIT];

    digits = ps_trim(digits);
    for (const char *at = digits.at; at < digits.end; at++)
        if (!ps_is_digit(*at) && *at != ' ' && *at != ',' && *at != '.' && *at != '\'')
            return false;
    return ps_part_columns(digits, PS_POOLROW_NUMBERS, judge_numbers, values, work_left) &&
           set_numbers(row, values);
}

/* --- spoilt digits --------------------------------------------------------------------------- */

enum { PIECES = 20, PIECE_DIGITS = 20 };

/* A run of characters between blanks, all of which can be digits. */
typedef struct piece {
    const char *end;
    size_t count;
    char digits[PIECE_DIGITS];
    bool letters;
} piece;

/* The digit that a letter is mistaken for, as scanners do; the character itself if it is none. */
static char digit_like(char c)
{
    static const char letters[] = "OoDQlI|!ZzSsB";
    static const char digits[] = "0000111122558";
    const char *found = c == '\0' ? NULL : strchr(letters, c);

    if (found == NULL)
        return c;
    return digits[found - letters];
}

static bool is_separator(char c)
{
    return c == ',' || c == '.' || c == '\'' || c == '`' || ((unsigned char)c & 0x80) != 0;
}

static bool read_piece(ps_span word, piece *out)
{
    bool real = word.end - word.at == 1;

    *out = (piece){.end = word.end};
    for (; word.at < word.end; word.at++) {
        const char digit = digit_like(*word.at);
        if (is_separator(*word.at) && out->count > 0)
            continue;
        if (!ps_is_digit(digit) || out->count == PIECE_DIGITS)
            return false;
        real |= ps_is_digit(*word.at);
        out->letters |= digit != *word.at;
        out->digits[out->count++] = digit;
    }
    return real && out->count > 0;
}

/* A change in parentheses goes, whatever it holds. */
static void skip_change(ps_span *at)
{
    const char *close;

    ps_skip_blanks(at);
    while (at->at < at->end && *at->at == '(') {
        close = memchr(at->at, ')', (size_t)(at->end - at->at));
        if (close == NULL)
            return;
        at->at = close + 1;
        ps_skip_blanks(at);
    }
}

static size_t read_pieces(ps_span span, piece pieces[PIECES + 1])
{
    size_t count = 0;

    for (;;) {
        ps_span word, rest;
        skip_change(&span);
        rest = span;
        word = ps_next_word(&rest);
        for (const char *at = word.at; at < word.end; at++) {
            if (*at == '(')
                word.end = at;
        }
        if (count > PIECES || !read_piece(word, &pieces[count]))
            return count;
        count++;
        span.at = word.end;
    }
}

/* The pieces first up to last as one number. */
static bool join_pieces(const piece *pieces, size_t first, size_t last, uint64_t *value)
{
    size_t digits = 0;

    *value = 0;
    for (size_t i = first; i < last; i++) {
        for (size_t k = 0; k < pieces[i].count; k++, digits++) {
            const uint64_t digit = (uint64_t)(pieces[i].digits[k] - '0');
            if ((digits == 1 && *value == 0) || *value > (UINT64_MAX - digit) / 10)
                return false;
            *value = *value * 10 + digit;
        }
    }
    return digits > 0;
}

typedef struct joining {
    const piece *pieces;
    size_t starts[PS_POOLROW_NUMBERS + 1]; /* the last is behind all pieces */
    ps_row found;
    size_t proved;
} joining;

static void try_joining(joining *join)
{
    uint64_t values[PS_POOLROW_NUMBERS];
    ps_row row = join->found;

    for (size_t i = 0; i < PS_POOLROW_NUMBERS; i++)
        if (!join_pieces(join->pieces, join->starts[i], join->starts[i + 1], &values[i]))
            return;
    if (!set_numbers(&row, values) || !ps_poolrow_is_proved(&row))
        return;
    join->found = row;
    join->proved++;
}

/* The next way to put four cuts between the pieces; false behind the last. */
static bool next_joining(joining *join)
{
    for (size_t i = PS_POOLROW_NUMBERS - 1; i > 0; i--) {
        if (join->starts[i] + 1 >= join->starts[i + 1])
            continue;
        join->starts[i]++;
        for (size_t k = i + 1; k < PS_POOLROW_NUMBERS; k++)
            join->starts[k] = join->starts[k - 1] + 1;
        return true;
    }
    return false;
}

ps_repair ps_poolrow_repair(ps_span span, ps_row *row, ps_span *rest, bool *letters,
                            uint64_t *work_left)
{
    piece pieces[PIECES + 1];
    const size_t count = read_pieces(span, pieces);
    joining join = {.pieces = pieces, .starts = {0, 1, 2, 3, 4, count}, .found = *row};

    if (count < PS_POOLROW_NUMBERS || count > PIECES)
        return PS_REPAIR_NONE;
    do {
        if (*work_left == 0)
            return PS_REPAIR_NONE;
        --*work_left;
        try_joining(&join);
    } while (next_joining(&join));
    if (join.proved != 1)
        return join.proved == 0 ? PS_REPAIR_NONE : PS_REPAIR_MANY;
    *row = join.found;
    *rest = (ps_span){pieces[count - 1].end, span.end};
    *letters = false;
    for (size_t i = 0; i < count; i++)
        *letters |= pieces[i].letters;
    return PS_REPAIR_ONE;
}
