/* listings.h - a list of drivers or of processes that is being read by its headings. */
#ifndef PS_TEXT_LISTINGS_H
#define PS_TEXT_LISTINGS_H

#include "text/listing.h"

enum { PS_LISTINGS_HEADER = 1500 };

typedef enum ps_shape {
    PS_SHAPE_HEADER, /* the line after the header will tell */
    PS_SHAPE_CSV,
    PS_SHAPE_SLICES, /* columns as wide as their rule */
    PS_SHAPE_WORDS,  /* words belong to the heading that they stand under */
    PS_SHAPE_STARTS, /* columns begin where their headings do */
    PS_SHAPE_PAIRS,  /* key and value */
} ps_shape;

typedef struct ps_listings {
    ps_shape shape;
    ps_list_kind kind;
    char separator;
    bool guessed;     /* the headings are of an unknown language */
    bool blank, rows; /* a blank line was last; there were rows */
    bool spaced;      /* two blanks or more stand before each heading */
    uint32_t wide;    /* bytes over 0x7F are parts of characters */
    size_t count;
    const ps_heading *headings[PS_CELL_LIMIT];
    uint16_t starts[PS_CELL_LIMIT], ends[PS_CELL_LIMIT];
    char header[PS_LISTINGS_HEADER];
    size_t header_size;
    ps_list_sense sense; /* of the pairs so far */
    ps_line first;       /* of the pairs */
    ps_listing entry;
} ps_listings;

/* Nothing but the mark and blanks. */
bool ps_listings_is_rule(ps_span body, char mark);
/* Take host and time from where the walk stands. */
void ps_listings_begin(ps_listings *table, ps_reading *reading);
/* What the headings, taken together, are of; false if of nothing that is listed here. */
bool ps_listings_name(ps_listings *table, ps_list_sense *sense);
/* An entry of the cells, in the order of the headings.  False if they are none. */
bool ps_listings_add(ps_listings *table, ps_reading *reading, const ps_cells *cells);
bool ps_listings_refuse(ps_reading *reading);

/* listings_csv.c: the table is as it was where the line is no header. */
bool ps_listings_csv_header(ps_listings *table, ps_span body);
bool ps_listings_csv_row(ps_listings *table, ps_reading *reading);

/* listings_table.c: the line behind the header tells how the columns are told. */
bool ps_listings_table_header(ps_listings *table, const ps_reading *reading);
bool ps_listings_after_header(ps_listings *table, ps_reading *reading);
bool ps_listings_table_row(ps_listings *table, ps_reading *reading);
/* The columns are where the words of the rule are. */
void ps_listings_take_rule(ps_listings *table, ps_span line);

/* listings_foreign.c: headings in other languages, by what they stand over. */
bool ps_listings_known_rule(ps_listings *table, ps_span line);
bool ps_listings_known_cells(ps_listings *table, ps_span body);
/* Headings of an unknown language count if the first row is as the tool writes it. */
bool ps_listings_row_proves(const ps_listings *table, const ps_cells *cells);

/* listings_pairs.c: key and value. */
bool ps_listings_pair_start(ps_listings *table, ps_reading *reading);
bool ps_listings_pair_row(ps_listings *table, ps_reading *reading);
void ps_listings_end_pairs(ps_listings *table, ps_reading *reading);

#endif
