/* listings.c - lists of drivers and of processes, by their headings: CSV, tables, key and value. */
#include "text/listings.h"
#include "text/dialect.h"

#include <string.h>

enum { LEAST_HEADER = 8 };

PS_DIALECT_FITS(ps_listings);

bool ps_listings_is_rule(ps_span body, char mark)
{
    size_t marks = 0;

    for (const char *at = body.at; at < body.end; at++) {
        if (*at != mark && *at != ' ')
            return false;
        marks += *at == mark;
    }
    return marks >= 2;
}

void ps_listings_begin(ps_listings *table, ps_reading *reading)
{
    ps_draft moment;

    ps_draft_start(&moment, reading->text, "");
    ps_take_moment(reading, &moment);
    table->entry.time = moment.time;
    table->entry.time_known = moment.time != PS_NO_TIME;
    table->entry.host = moment.host;
    ps_listing_clear(&table->entry);
}

bool ps_listings_name(ps_listings *table, ps_list_sense *sense)
{
    const ps_list_kind kind = ps_sense_kind(sense);

    if (kind == PS_LIST_NONE)
        return false;
    table->kind = kind;
    table->entry.origin = sense->origin;
    return true;
}

bool ps_listings_refuse(ps_reading *reading)
{
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the list");
    return true;
}

bool ps_listings_add(ps_listings *table, ps_reading *reading, const ps_cells *cells)
{
    ps_listing_clear(&table->entry);
    for (size_t i = 0; i < cells->count; i++)
        ps_listing_cell(&table->entry, reading->text, table->headings[i], cells->at[i]);
    table->rows = true;
    return ps_listing_add(&table->entry, reading, table->kind, &reading->line);
}

/* --- the dialect ------------------------------------------------------------------------------ */

static void remark_devices(ps_reading *reading)
{
    ps_span at = reading->body;

    (void)ps_take_text(&at, "\"");
    if (ps_take_text(&at, "DeviceName") && ps_contains(at, "InfName"))
        ps_remark(reading->text, PS_NOTE, &reading->line,
                  "driverquery /si names devices and no files: driverquery /v names them");
}

static bool starts_table(ps_listings *table, ps_reading *reading)
{
    const ps_span body = reading->body;

    if ((reading->traits & PS_HAS_COLON) != 0 && ps_listings_pair_start(table, reading))
        return true;
    if (!ps_has_all(reading->traits, PS_LETTERS_NAME) || body.end - body.at < LEAST_HEADER ||
        !ps_contains(body, "name"))
        return false;
    remark_devices(reading);
    if (!ps_listings_csv_header(table, body) && !ps_listings_table_header(table, reading))
        return false;
    ps_listings_begin(table, reading);
    return true;
}

static bool start(void *state, ps_reading *reading)
{
    ps_listings *table = state;

    if (reading->body.end - reading->body.at < 2 || reading->line.size > reading->row_bytes ||
        reading->line.continued || !starts_table(table, reading))
        return false;
    table->wide = reading->text->encoding != PS_ENCODING_8BIT;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    ps_listings *table = state;
    const bool blank = reading->body.at == reading->body.end;
    bool taken;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (table->shape == PS_SHAPE_PAIRS)
        return ps_listings_pair_row(table, reading);
    if (blank) {
        table->blank = true;
        return true;
    }
    if (ps_is_elision(reading->body))
        return true;
    if (table->shape == PS_SHAPE_CSV)
        taken = ps_listings_csv_row(table, reading);
    else
        taken = table->shape == PS_SHAPE_HEADER ? ps_listings_after_header(table, reading)
                                                : ps_listings_table_row(table, reading);
    table->blank = false;
    return taken;
}

static void finish(void *state, ps_reading *reading)
{
    ps_listings *table = state;

    if (table->shape == PS_SHAPE_PAIRS)
        ps_listings_end_pairs(table, reading);
}

const ps_dialect ps_listings_dialect = {
    .name = "listings", .needs = PS_HAS_LETTER, .start = start, .row = row, .finish = finish};

static bool start_foreign(void *state, ps_reading *reading)
{
    ps_listings *table = state;
    const ps_span body = reading->body;

    if (body.end - body.at < LEAST_HEADER || reading->line.size > reading->row_bytes ||
        reading->line.continued)
        return false;
    table->wide = reading->text->encoding != PS_ENCODING_8BIT;
    if ((*body.at == '=' && ps_listings_is_rule(body, '=') &&
         ps_listings_known_rule(table, ps_whole_line(reading))) ||
        (*body.at == '"' && ps_listings_known_cells(table, body))) {
        ps_listings_begin(table, reading);
        return true;
    }
    memset(table, 0, sizeof *table);
    return false;
}

const ps_dialect ps_foreign_listings_dialect = {.name = "foreign listings",
                                                .any = PS_HAS_EQUALS | PS_HAS_QUOTE,
                                                .least = LEAST_HEADER,
                                                .start = start_foreign,
                                                .row = row,
                                                .finish = finish};
