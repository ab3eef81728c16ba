/* cells.c - the cells of a line of CSV or TSV: between separators, in quotes where need be. */
#include "text/cells.h"

#include <string.h>

ps_cell_walk ps_cells_of(ps_span line, char separator)
{
    return (ps_cell_walk){.rest = line, .separator = separator, .more = true};
}

/* The quote that closes the cell which begins at `at`; two in a row stand for one. */
static const char *closing_quote(const char *at, const char *end)
{
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL || quote + 1 == end || quote[1] != '"')
            return quote;
        at = quote + 2;
    }
    return NULL;
}

static void skip_blanks_but(ps_span *at, char separator)
{
    while (at->at < at->end && ps_is_blank(*at->at) && *at->at != separator)
        at->at++;
}

static bool take_quoted(ps_cell_walk *walk, ps_span *cell)
{
    const char *quote = closing_quote(walk->rest.at + 1, walk->rest.end);

    if (quote == NULL)
        return false;
    *cell = ps_trim((ps_span){walk->rest.at + 1, quote});
    walk->rest.at = quote + 1;
    skip_blanks_but(&walk->rest, walk->separator);
    return walk->rest.at == walk->rest.end || *walk->rest.at == walk->separator;
}

static void take_plain(ps_cell_walk *walk, ps_span *cell)
{
    const char *stop =
        walk->rest.at == walk->rest.end
            ? NULL
            : memchr(walk->rest.at, walk->separator, (size_t)(walk->rest.end - walk->rest.at));

    if (stop == NULL)
        stop = walk->rest.end;
    *cell = ps_trim((ps_span){walk->rest.at, stop});
    walk->rest.at = stop;
}

bool ps_cells_next(ps_cell_walk *walk, ps_span *cell)
{
    if (!walk->more || walk->bad)
        return false;
    skip_blanks_but(&walk->rest, walk->separator);
    if (walk->rest.at < walk->rest.end && *walk->rest.at == '"') {
        walk->bad = !take_quoted(walk, cell);
        if (walk->bad)
            return false;
    } else {
        take_plain(walk, cell);
    }
    walk->more = walk->rest.at < walk->rest.end;
    walk->rest.at += walk->more;
    return true;
}

bool ps_part_cells(ps_span line, char separator, ps_cells *cells)
{
    ps_cell_walk walk = ps_cells_of(line, separator);

    cells->count = 0;
    while (cells->count < PS_CELL_LIMIT && ps_cells_next(&walk, &cells->at[cells->count]))
        cells->count++;
    return !walk.bad && !walk.more;
}

ps_span ps_cell_text(ps_span cell, char *buffer, size_t size)
{
    size_t out = 0;

    if (cell.at == cell.end || memchr(cell.at, '"', (size_t)(cell.end - cell.at)) == NULL ||
        (size_t)(cell.end - cell.at) > size)
        return cell;
    for (const char *at = cell.at; at < cell.end; at++) {
        buffer[out++] = *at;
        at += *at == '"' && at + 1 < cell.end && at[1] == '"';
    }
    return (ps_span){buffer, buffer + out};
}

size_t ps_find_cell(const ps_cells *cells, const char *name)
{
    for (size_t i = 0; i < cells->count; i++)
        if (ps_word_is(cells->at[i], name))
            return i;
    return PS_CELL_LIMIT;
}

char ps_guess_separator(ps_span line)
{
    static const char separators[] = {',', ';', '\t'};
    size_t most = 1;
    char best = 0;

    for (size_t i = 0; i < sizeof separators && line.at < line.end; i++) {
        ps_cell_walk walk = ps_cells_of(line, separators[i]);
        size_t count = 0;
        ps_span cell;
        if (memchr(line.at, separators[i], (size_t)(line.end - line.at)) == NULL)
            continue;
        while (ps_cells_next(&walk, &cell))
            count++;
        if (walk.bad || count <= most)
            continue;
        most = count;
        best = separators[i];
    }
    return best;
}
