/* pooltimes.c - the sizes of the pools over time, as people's own scripts print them.
 *
 *    Time                PageTableMB PagedPoolMB NonpagedPoolMB
 *    ----                ----------- ----------- --------------
 *    2026-07-15 20:59:08           0      1225,4          922,5
 *
 * Each row is a snapshot of totals.
 */
#include "text/decimal.h"
#include "text/dialect.h"
#include "text/roles.h"
#include "text/when.h"

enum { COLUMNS = 12, LEAST_HEADER = 12 };

typedef struct pooltimes {
    ps_role columns[COLUMNS]; /* behind the time */
    size_t count;
    char point; /* of decimals, as far as it is known: '.' or ',' */
} pooltimes;

PS_DIALECT_FITS(pooltimes);

static bool is_total(const ps_role *role)
{
    return role->kind == PS_ROLE_NUMBER && role->measure == PS_MEASURE_BYTES &&
           (role->side == PS_SIDE_NONPAGED || role->side == PS_SIDE_PAGED);
}

static bool read_header(pooltimes *table, ps_span body)
{
    bool totals = false;

    if (ps_role_of(ps_next_word(&body)).kind != PS_ROLE_TIME)
        return false;
    for (;;) {
        const ps_span word = ps_next_word(&body);
        ps_role *role = &table->columns[table->count];
        if (word.at == word.end)
            return totals;
        if (table->count == COLUMNS)
            return false;
        *role = ps_role_of(word);
        if (role->kind == PS_ROLE_TAG)
            return false;
        totals |= is_total(role);
        table->count++;
    }
}

static bool start(void *state, ps_reading *reading)
{
    pooltimes *table = state;

    if (reading->line.size <= reading->row_bytes && !reading->line.continued &&
        read_header(table, reading->body))
        return true;
    *table = (pooltimes){0};
    return false;
}

static bool is_rule(ps_span body)
{
    for (; body.at < body.end; body.at++)
        if (*body.at != '-' && *body.at != '=' && !ps_is_blank(*body.at))
            return false;
    return true;
}

/* The last words of the line, one a column; what is before them is the time. */
static bool part(const pooltimes *table, ps_span body, ps_span *cells, ps_span *stamp)
{
    for (size_t i = table->count; i-- > 0;) {
        body = ps_trim(body);
        cells[i].end = body.end;
        while (body.end > body.at && !ps_is_blank(body.end[-1]))
            body.end--;
        cells[i].at = body.end;
    }
    *stamp = ps_trim(body);
    return stamp->at < stamp->end;
}

static bool read_size(pooltimes *table, ps_span cell, int shift, uint64_t *bytes, const char **why)
{
    ps_decimal decimal;
    int64_t value;

    *why = "this is no size of a pool";
    if (!ps_scan_decimal(&cell, &decimal) || cell.at != cell.end)
        return false;
    if (decimal.point != 0 && !decimal.ambiguous)
        table->point = decimal.point;
    if (decimal.ambiguous && table->point == 0) {
        *why = "the separator in the number is one of thousands or of decimals";
        return false;
    }
    if (decimal.ambiguous && decimal.point != table->point)
        ps_decimal_as_thousands(&decimal);
    if (!ps_decimal_to_integer(&decimal, shift, &value) || value < 0)
        return false;
    *bytes = (uint64_t)value;
    return true;
}

static bool read_row(pooltimes *table, ps_reading *reading, const char **why)
{
    ps_span cells[COLUMNS] = {{NULL, NULL}};
    ps_span stamp;
    ps_draft draft;

    *why = "this is no time with the sizes of pools";
    ps_draft_start(&draft, reading->text, "counters");
    if (!part(table, reading->body, cells, &stamp) || !ps_read_time(stamp, &draft.time))
        return false;
    draft.host = reading->host;
    for (size_t i = 0; i < table->count; i++) {
        const ps_role *role = &table->columns[i];
        uint64_t bytes;
        if (!is_total(role))
            continue;
        if (!read_size(table, cells[i], role->shift, &bytes, why))
            return false;
        ps_draft_memory(&draft, role->side == PS_SIDE_PAGED ? PS_MEM_PAGED : PS_MEM_NONPAGED, bytes,
                        &reading->line);
    }
    ps_draft_finish(&draft, "counters", PS_SCOPE_TOTALS);
    reading->text->row_line_count++;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    pooltimes *table = state;
    const char *why;

    if (reading->body.at == reading->body.end || reading->line.size > reading->row_bytes ||
        reading->line.continued)
        return false;
    if (is_rule(reading->body) || ps_is_elision(reading->body) || read_row(table, reading, &why))
        return true;
    if (!ps_is_digit(*reading->body.at) || !ps_is_digit(reading->body.end[-1]))
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "%s", why);
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    (void)state;
    (void)reading;
}

const ps_dialect ps_pooltimes_dialect = {.name = "pool sizes over time",
                                         .needs = PS_LETTER('p') | PS_LETTER('a') | PS_LETTER('g') |
                                                  PS_LETTER('e') | PS_LETTER('d') | PS_LETTER('t'),
                                         .least = LEAST_HEADER,
                                         .room = sizeof(pooltimes),
                                         .start = start,
                                         .row = row,
                                         .finish = finish};
