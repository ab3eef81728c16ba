/* listings_pairs.c - lists of drivers and of processes by key and value, a group an entry.
 *
 *    Name     : ACPI                                                   (Format-List)
 *    State    : Running
 */
#include "text/listings.h"

#include <string.h>

static bool take_pair(ps_span body, ps_span *key, ps_span *value)
{
    const char *colon =
        body.at == body.end ? NULL : memchr(body.at, ':', (size_t)(body.end - body.at));

    if (colon == NULL || colon == body.at)
        return false;
    *key = ps_trim((ps_span){body.at, colon});
    *value = ps_trim((ps_span){colon + 1, body.end});
    return key->at < key->end;
}

static void add_pair(ps_listings *table, ps_reading *reading, ps_span key, ps_span value)
{
    const ps_heading *heading = ps_find_heading(key);

    if (table->sense.fields == 0)
        table->first = reading->line;
    ps_sense_heading(&table->sense, heading);
    table->sense.fields |= 1U; /* the group is not empty */
    ps_listing_cell(&table->entry, reading->text, heading, value);
}

void ps_listings_end_pairs(ps_listings *table, ps_reading *reading)
{
    const ps_list_kind kind = ps_sense_kind(&table->sense);

    table->entry.origin = table->sense.origin;
    if (kind != PS_LIST_NONE && !ps_failed(reading->text))
        (void)ps_listing_add(&table->entry, reading, kind, &table->first);
    table->sense = (ps_list_sense){0};
    ps_listing_clear(&table->entry);
}

bool ps_listings_pair_row(ps_listings *table, ps_reading *reading)
{
    ps_span key, value;

    if (reading->body.at == reading->body.end) {
        ps_listings_end_pairs(table, reading);
        return true;
    }
    if (take_pair(reading->body, &key, &value)) {
        if (table->sense.fields == 0 && ps_find_heading(key) == NULL)
            return false;
        add_pair(table, reading, key, value);
        return true;
    }
    return table->sense.fields != 0 && reading->line.size > 0 && ps_is_blank(*reading->line.text);
}

/* "Name     : ACPI", "Module Name:   ACPI" */
bool ps_listings_pair_start(ps_listings *table, ps_reading *reading)
{
    const ps_heading *heading;
    ps_span key, value;

    if (!take_pair(reading->body, &key, &value) || value.at == value.end)
        return false;
    heading = ps_find_heading(key);
    if (heading == NULL || (*key.end == ':' && heading->origin == NULL))
        return false;
    table->shape = PS_SHAPE_PAIRS;
    ps_listings_begin(table, reading);
    add_pair(table, reading, key, value);
    return true;
}
