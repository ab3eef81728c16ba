/* listings_foreign.c - lists of drivers and of processes whose headings are in another language: the widths
 * of the tools' tables are the same in each, and so is the number of cells.
 */
#include "text/listings.h"

#include <string.h>

static const char *const driver_names[] = {"Module Name", "Display Name", "Driver Type", ""};
static const char *const verbose_names[] = {"Module Name",
                                            "Display Name",
                                            "",
                                            "Driver Type",
                                            "Start Mode",
                                            "State",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "",
                                            "Path",
                                            ""};
static const char *const task_names[] = {"Image Name", "PID", "", "Session#", "Mem Usage", ""};

static bool has_digit(ps_span cell)
{
    for (const char *at = cell.at; at < cell.end; at++)
        if (ps_is_digit(*at))
            return true;
    return false;
}

bool ps_listings_row_proves(const ps_listings *table, const ps_cells *cells)
{
    const ps_cells *c = cells;

    if (cells->count != table->count || c->at[0].at == c->at[0].end)
        return false;
    switch (cells->count) {
    case 4:
        return !ps_contains(c->at[0], " ") && !has_digit(c->at[2]) && ps_contains(c->at[3], ":") &&
               has_digit(c->at[3]);
    case 15:
        return ps_contains(c->at[13], ".sys") && ps_contains(c->at[13], "\\");
    default:
        return has_digit(c->at[1]) && has_digit(c->at[3]) && has_digit(c->at[4]) &&
               !ps_contains(c->at[4], ":") && !ps_contains(c->at[1], ".");
    }
}

static void set_headings(ps_listings *table, const char *const *names, size_t count)
{
    ps_list_sense sense = {0};

    for (size_t i = 0; i < count; i++) {
        table->headings[i] = ps_find_heading((ps_span){names[i], names[i] + strlen(names[i])});
        ps_sense_heading(&sense, table->headings[i]);
    }
    for (size_t i = count; i < PS_CELL_LIMIT; i++)
        table->headings[i] = NULL;
    (void)ps_listings_name(table, &sense);
}

/* The widths of the tools' tables are the same in every language. */
bool ps_listings_known_rule(ps_listings *table, ps_span line)
{
    static const struct {
        size_t widths[5], known;
        const char *const *names;
        size_t count;
    } tables[] = {{{12, 22, 13, 22, 0}, 4, driver_names, 4},
                  {{12, 22, 22, 13, 10}, 5, verbose_names, 15},
                  {{25, 8, 16, 11, 12}, 5, task_names, 5}};

    ps_listings_take_rule(table, line);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        size_t same = 0;
        while (same < tables[i].known && same < table->count &&
               (size_t)(table->ends[same] - table->starts[same]) == tables[i].widths[same])
            same++;
        if (same < tables[i].known || table->count < tables[i].count)
            continue;
        set_headings(table, tables[i].names, tables[i].count);
        table->shape = PS_SHAPE_SLICES;
        return true;
    }
    return false;
}

/* Nothing but quoted words, as many as a tool writes: the first row must prove it. */
bool ps_listings_known_cells(ps_listings *table, ps_span body)
{
    ps_cells cells;

    table->separator = ps_guess_separator(body);
    if (table->separator == 0 || !ps_part_cells(body, table->separator, &cells) ||
        (cells.count != 4 && cells.count != 5 && cells.count != 9 && cells.count != 15))
        return false;
    for (size_t i = 0; i < cells.count; i++) {
        const ps_span cell = cells.at[i];
        if (has_digit(cell) || cell.at == cell.end || cell.at[-1] != '"')
            return false;
    }
    if (cells.count == 4)
        set_headings(table, driver_names, 4);
    else if (cells.count == 15)
        set_headings(table, verbose_names, 15);
    else
        set_headings(table, task_names, 5);
    table->count = cells.count;
    table->shape = PS_SHAPE_CSV;
    table->guessed = true;
    return true;
}
