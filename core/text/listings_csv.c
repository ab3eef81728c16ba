/* listings_csv.c - lists of drivers and of processes as CSV.
 *
 *    "Module Name","Display Name","Driver Type","Link Date"           (driverquery /fo csv)
 */
#include "text/listings.h"

#include <string.h>

bool ps_listings_csv_header(ps_listings *table, ps_span body)
{
    const char separator = ps_guess_separator(body);
    ps_list_sense sense = {0};
    ps_cells cells;

    if (separator == 0 || !ps_part_cells(body, separator, &cells))
        return false;
    for (size_t i = 0; i < cells.count; i++)
        ps_sense_heading(&sense, ps_find_heading(cells.at[i]));
    if (!ps_listings_name(table, &sense))
        return false;
    for (size_t i = 0; i < cells.count; i++)
        table->headings[i] = ps_find_heading(cells.at[i]);
    table->separator = separator;
    table->count = cells.count;
    table->shape = PS_SHAPE_CSV;
    return true;
}

bool ps_listings_csv_row(ps_listings *table, ps_reading *reading)
{
    ps_cells cells;
    const bool parted = ps_part_cells(reading->body, table->separator, &cells);

    if (parted && cells.count > 1 && ps_find_heading(cells.at[0]) != NULL &&
        ps_listings_csv_header(table, reading->body))
        return true;
    if (table->guessed && !table->rows && !(parted && ps_listings_row_proves(table, &cells)))
        return false;
    if (parted && cells.count == table->count && ps_listings_add(table, reading, &cells))
        return true;
    if (table->blank || memchr(reading->body.at, table->separator,
                               (size_t)(reading->body.end - reading->body.at)) == NULL)
        return false;
    return ps_listings_refuse(reading);
}
