/* listings.c - lists of drivers and of processes, by their headings: CSV, tables, key and value.
 *
 *    "Module Name","Display Name","Driver Type","Link Date"           (driverquery /fo csv)
 *
 *    Module Name  Display Name           Driver Type   Link Date      (driverquery, tasklist)
 *    ============ ====================== ============= ==============
 *
 *    Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName     (Get-Process)
 *    -------  ------    -----      -----     ------     --  -- -----------
 *
 *    HandleCount  Name             ProcessId                           (wmic process get ...)
 *
 *    Name     : ACPI                                                   (Format-List)
 *    State    : Running
 */
#include "text/dialect.h"
#include "text/listing.h"

#include <string.h>

enum { HEADER_LIMIT = 1500, LEAST_HEADER = 8 };

typedef enum shape {
    SHAPE_HEADER, /* the line after the header will tell */
    SHAPE_CSV,
    SHAPE_SLICES, /* columns as wide as their rule */
    SHAPE_WORDS,  /* words belong to the heading that they stand under */
    SHAPE_STARTS, /* columns begin where their headings do */
    SHAPE_PAIRS,  /* key and value */
} shape;

typedef struct listings {
    shape shape;
    ps_list_kind kind;
    char separator;
    bool guessed;     /* the headings are of an unknown language */
    bool blank, rows; /* a blank line was last; there were rows */
    bool spaced;      /* two blanks or more stand before each heading */
    uint32_t wide;    /* bytes over 0x7F are parts of characters */
    size_t count;
    const ps_heading *headings[PS_CELL_LIMIT];
    uint16_t starts[PS_CELL_LIMIT], ends[PS_CELL_LIMIT];
    char header[HEADER_LIMIT];
    size_t header_size;
    ps_list_sense sense; /* of the pairs so far */
    ps_line first;       /* of the pairs */
    ps_listing entry;
} listings;

PS_DIALECT_FITS(listings);

static ps_span whole_line(const ps_reading *reading)
{
    return (ps_span){reading->line.text, reading->line.text + reading->line.size};
}

static bool is_rule_of(ps_span body, char mark)
{
    size_t marks = 0;

    for (const char *at = body.at; at < body.end; at++) {
        if (*at != mark && *at != ' ')
            return false;
        marks += *at == mark;
    }
    return marks >= 2;
}

static void begin(listings *table, ps_reading *reading)
{
    ps_draft moment;

    ps_draft_start(&moment, reading->text, "");
    ps_take_moment(reading, &moment);
    table->entry.time = moment.time;
    table->entry.time_known = moment.time != PS_NO_TIME;
    table->entry.host = moment.host;
    ps_listing_clear(&table->entry);
}

/* --- headings -------------------------------------------------------------------------------- */

static bool name_columns(listings *table, ps_list_sense *sense)
{
    const ps_list_kind kind = ps_sense_kind(sense);

    if (kind == PS_LIST_NONE)
        return false;
    table->kind = kind;
    table->entry.origin = sense->origin;
    return true;
}

/* The table is as it was where this is no header. */
static bool csv_header(listings *table, ps_span body)
{
    const char separator = ps_guess_separator(body);
    ps_list_sense sense = {0};
    ps_cells cells;

    if (separator == 0 || !ps_part_cells(body, separator, &cells))
        return false;
    for (size_t i = 0; i < cells.count; i++)
        ps_sense_heading(&sense, ps_find_heading(cells.at[i]));
    if (!name_columns(table, &sense))
        return false;
    for (size_t i = 0; i < cells.count; i++)
        table->headings[i] = ps_find_heading(cells.at[i]);
    table->separator = separator;
    table->count = cells.count;
    table->shape = SHAPE_CSV;
    return true;
}

/* One heading at the span: of two words if there is one such, else one word. */
static ps_span take_heading(ps_span *at)
{
    const ps_span word = ps_next_word(at);
    ps_span rest = *at;
    ps_span two = word;

    if (rest.at + 1 >= rest.end || *rest.at != ' ' || rest.at[1] == ' ')
        return word;
    two.end = ps_next_word(&rest).end;
    if (ps_find_heading(two) == NULL)
        return word;
    *at = rest;
    return two;
}

static bool senses_headings(const ps_reading *reading, ps_list_sense *sense)
{
    ps_span at = reading->body;

    for (size_t i = 0; i < PS_CELL_LIMIT; i++) {
        const ps_span heading = take_heading(&at);
        if (heading.at == heading.end)
            break;
        ps_sense_heading(sense, ps_find_heading(heading));
    }
    return ps_sense_kind(sense) != PS_LIST_NONE;
}

/* The headings of a table, and whether they stand so far apart that columns begin where they do.
 * The table is as it was where this is no header. */
static bool table_header(listings *table, const ps_reading *reading)
{
    ps_list_sense sense = {0};
    ps_span at = whole_line(reading);
    const char *line = at.at;
    const char *before = NULL;

    if (reading->line.size > HEADER_LIMIT || !senses_headings(reading, &sense) ||
        !name_columns(table, &sense))
        return false;
    table->spaced = true;
    while (table->count < PS_CELL_LIMIT) {
        const ps_span heading = take_heading(&at);
        if (heading.at == heading.end)
            break;
        table->spaced = table->spaced && (before == NULL || heading.at - before >= 2);
        before = heading.end;
        table->headings[table->count] = ps_find_heading(heading);
        table->starts[table->count++] = (uint16_t)(heading.at - line);
    }
    memcpy(table->header, line, reading->line.size);
    table->header_size = reading->line.size;
    table->shape = SHAPE_HEADER;
    return true;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool refuse(ps_reading *reading)
{
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the list");
    return true;
}

static bool add_cells(listings *table, ps_reading *reading, const ps_cells *cells)
{
    ps_listing_clear(&table->entry);
    for (size_t i = 0; i < cells->count; i++)
        ps_listing_cell(&table->entry, reading->text, table->headings[i], cells->at[i]);
    table->rows = true;
    return ps_listing_add(&table->entry, reading, table->kind, &reading->line);
}

static bool has_digit(ps_span cell)
{
    for (const char *at = cell.at; at < cell.end; at++)
        if (ps_is_digit(*at))
            return true;
    return false;
}

/* Headings of an unknown language count if the first row is as the tool writes it. */
static bool row_proves(const listings *table, const ps_cells *cells)
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

static bool csv_row(listings *table, ps_reading *reading)
{
    ps_cells cells;
    const bool parted = ps_part_cells(reading->body, table->separator, &cells);

    if (parted && cells.count > 1 && ps_find_heading(cells.at[0]) != NULL &&
        csv_header(table, reading->body))
        return true;
    if (table->guessed && !table->rows && !(parted && row_proves(table, &cells)))
        return false;
    if (parted && cells.count == table->count && add_cells(table, reading, &cells))
        return true;
    if (table->blank || memchr(reading->body.at, table->separator,
                               (size_t)(reading->body.end - reading->body.at)) == NULL)
        return false;
    return refuse(reading);
}

static bool is_inside_character(const listings *table, char c)
{
    return table->wide != 0 && ((unsigned char)c & 0xC0) == 0x80;
}

/* The characters of the line from column start to column end. */
static ps_span slice(const listings *table, ps_span line, size_t start, size_t end)
{
    const char *at = line.at;
    size_t column = 0;
    ps_span cell;

    for (; at < line.end && column < start; at++)
        column += !is_inside_character(table, *at);
    while (at < line.end && is_inside_character(table, *at))
        at++;
    cell.at = at;
    for (; at < line.end && (column < end || is_inside_character(table, *at)); at++)
        column += !is_inside_character(table, *at);
    cell.end = at;
    return ps_trim(cell);
}

static void part_slices(const listings *table, ps_span line, ps_cells *cells)
{
    cells->count = table->count;
    for (size_t i = 0; i < table->count; i++)
        cells->at[i] = slice(table, line, table->starts[i], table->ends[i]);
}

/* The heading over the word, or the one before it where it stands under none; table->count if it
 * stands under two. */
static size_t heading_over(const listings *table, size_t start, size_t end, size_t before)
{
    size_t over = table->count;

    for (size_t i = 0; i < table->count; i++) {
        if (start >= table->ends[i] || end <= table->starts[i])
            continue;
        if (over != table->count)
            return table->count;
        over = i;
    }
    return over != table->count ? over : before;
}

static bool part_words(const listings *table, ps_span line, ps_cells *cells)
{
    const char *origin = line.at;
    size_t column = 0;

    *cells = (ps_cells){.count = table->count};
    for (;;) {
        const ps_span word = ps_next_word(&line);
        if (word.at == word.end)
            return true;
        column =
            heading_over(table, (size_t)(word.at - origin), (size_t)(word.end - origin), column);
        if (column == table->count)
            return false;
        if (cells->at[column].at == NULL)
            cells->at[column].at = word.at;
        cells->at[column].end = word.end;
    }
}

static bool table_row(listings *table, ps_reading *reading)
{
    const ps_span line = whole_line(reading);
    bool parted = true;
    ps_cells cells;

    if (table->rows && table->blank && table->shape != SHAPE_STARTS)
        return false;
    if (is_rule_of(reading->body, '=') || is_rule_of(reading->body, '-'))
        return true;
    if (table->shape == SHAPE_WORDS)
        parted = part_words(table, line, &cells);
    else
        part_slices(table, line, &cells);
    if (parted && table->count > 1 && add_cells(table, reading, &cells))
        return true;
    return table->blank ? false : refuse(reading);
}

/* --- rules ----------------------------------------------------------------------------------- */

static void take_rule(listings *table, ps_span line)
{
    const char *origin = line.at;

    table->count = 0;
    while (table->count < PS_CELL_LIMIT) {
        const ps_span word = ps_next_word(&line);
        if (word.at == word.end)
            return;
        table->starts[table->count] = (uint16_t)(word.at - origin);
        table->ends[table->count++] = (uint16_t)(word.end - origin);
    }
}

/* The rule under the header gives the columns, and the header is read by them once more. */
static bool rule_row(listings *table, ps_span line, char mark)
{
    const ps_span header = {table->header, table->header + table->header_size};
    ps_list_sense sense = {0};

    take_rule(table, line);
    for (size_t i = 0; i < table->count; i++) {
        table->headings[i] =
            ps_find_heading(slice(table, header, table->starts[i], table->ends[i]));
        ps_sense_heading(&sense, table->headings[i]);
    }
    table->shape = mark == '=' ? SHAPE_SLICES : SHAPE_WORDS;
    return name_columns(table, &sense);
}

static bool after_header(listings *table, ps_reading *reading)
{
    const ps_span line = whole_line(reading);

    if (line.end - line.at <= UINT16_MAX && !table->blank) {
        if (is_rule_of(reading->body, '='))
            return rule_row(table, line, '=');
        if (is_rule_of(reading->body, '-'))
            return rule_row(table, line, '-');
    }
    if (!table->spaced)
        return false;
    for (size_t i = 0; i < table->count; i++)
        table->ends[i] = i + 1 < table->count ? table->starts[i + 1] : UINT16_MAX;
    table->shape = SHAPE_STARTS;
    return table_row(table, reading);
}

/* --- headings in other languages -------------------------------------------------------------- */

static void set_headings(listings *table, const char *const *names, size_t count)
{
    ps_list_sense sense = {0};

    for (size_t i = 0; i < count; i++) {
        table->headings[i] = ps_find_heading((ps_span){names[i], names[i] + strlen(names[i])});
        ps_sense_heading(&sense, table->headings[i]);
    }
    for (size_t i = count; i < PS_CELL_LIMIT; i++)
        table->headings[i] = NULL;
    (void)name_columns(table, &sense);
}

static const char *const driver_names[] = {"Module Name", "Display Name", "Driver Type", ""};
static const char *const verbose_names[] = {"Module Name",
                                            "Display Name",
                                            "",
                                            "Driver Type",
                                            "",
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

/* The widths of the tools' tables are the same in every language. */
static bool known_rule(listings *table, ps_span line)
{
    static const struct {
        size_t widths[5], known;
        const char *const *names;
        size_t count;
    } tables[] = {{{12, 22, 13, 22, 0}, 4, driver_names, 4},
                  {{12, 22, 22, 13, 10}, 5, verbose_names, 15},
                  {{25, 8, 16, 11, 12}, 5, task_names, 5}};

    take_rule(table, line);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        size_t same = 0;
        while (same < tables[i].known && same < table->count &&
               (size_t)(table->ends[same] - table->starts[same]) == tables[i].widths[same])
            same++;
        if (same < tables[i].known || table->count < tables[i].count)
            continue;
        set_headings(table, tables[i].names, tables[i].count);
        table->shape = SHAPE_SLICES;
        return true;
    }
    return false;
}

/* Nothing but quoted words, as many as a tool writes: the first row must prove it. */
static bool known_cells(listings *table, ps_span body)
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
    table->shape = SHAPE_CSV;
    table->guessed = true;
    return true;
}

/* --- key and value ---------------------------------------------------------------------------- */

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

static void add_pair(listings *table, ps_reading *reading, ps_span key, ps_span value)
{
    const ps_heading *heading = ps_find_heading(key);

    if (table->sense.fields == 0)
        table->first = reading->line;
    ps_sense_heading(&table->sense, heading);
    table->sense.fields |= 1U; /* the group is not empty */
    ps_listing_cell(&table->entry, reading->text, heading, value);
}

static void end_group(listings *table, ps_reading *reading)
{
    const ps_list_kind kind = ps_sense_kind(&table->sense);

    table->entry.origin = table->sense.origin;
    if (kind != PS_LIST_NONE && !ps_failed(reading->text))
        (void)ps_listing_add(&table->entry, reading, kind, &table->first);
    table->sense = (ps_list_sense){0};
    ps_listing_clear(&table->entry);
}

static bool pair_row(listings *table, ps_reading *reading)
{
    ps_span key, value;

    if (reading->body.at == reading->body.end) {
        end_group(table, reading);
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
static bool pair_start(listings *table, ps_reading *reading)
{
    const ps_heading *heading;
    ps_span key, value;

    if (!take_pair(reading->body, &key, &value) || value.at == value.end)
        return false;
    heading = ps_find_heading(key);
    if (heading == NULL || (*key.end == ':' && heading->origin == NULL))
        return false;
    table->shape = SHAPE_PAIRS;
    begin(table, reading);
    add_pair(table, reading, key, value);
    return true;
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

static bool starts_table(listings *table, ps_reading *reading)
{
    const ps_span body = reading->body;

    if ((reading->traits & PS_HAS_COLON) != 0 && pair_start(table, reading))
        return true;
    if (!ps_has_all(reading->traits, PS_LETTERS_NAME) || body.end - body.at < LEAST_HEADER ||
        !ps_contains(body, "name"))
        return false;
    remark_devices(reading);
    if (!csv_header(table, body) && !table_header(table, reading))
        return false;
    begin(table, reading);
    return true;
}

static bool start(void *state, ps_reading *reading)
{
    listings *table = state;

    if (reading->body.end - reading->body.at < 2 || reading->line.size > PS_ROW_LIMIT ||
        reading->line.continued || !starts_table(table, reading))
        return false;
    table->wide = reading->text->encoding != PS_ENCODING_8BIT;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    listings *table = state;
    const bool blank = reading->body.at == reading->body.end;
    bool taken;

    if (reading->line.size > PS_ROW_LIMIT || reading->line.continued)
        return false;
    if (table->shape == SHAPE_PAIRS)
        return pair_row(table, reading);
    if (blank) {
        table->blank = true;
        return true;
    }
    if (ps_is_elision(reading->body))
        return true;
    if (table->shape == SHAPE_CSV)
        taken = csv_row(table, reading);
    else
        taken =
            table->shape == SHAPE_HEADER ? after_header(table, reading) : table_row(table, reading);
    table->blank = false;
    return taken;
}

static void finish(void *state, ps_reading *reading)
{
    listings *table = state;

    if (table->shape == SHAPE_PAIRS)
        end_group(table, reading);
}

const ps_dialect ps_listings_dialect = {
    .name = "listings", .needs = PS_HAS_LETTER, .start = start, .row = row, .finish = finish};

static bool start_foreign(void *state, ps_reading *reading)
{
    listings *table = state;
    const ps_span body = reading->body;

    if (body.end - body.at < LEAST_HEADER || reading->line.size > PS_ROW_LIMIT ||
        reading->line.continued)
        return false;
    table->wide = reading->text->encoding != PS_ENCODING_8BIT;
    if ((*body.at == '=' && is_rule_of(body, '=') && known_rule(table, whole_line(reading))) ||
        (*body.at == '"' && known_cells(table, body))) {
        begin(table, reading);
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
