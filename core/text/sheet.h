/* sheet.h - a table of pool tags whose columns are told by their headings. */
#ifndef PS_TEXT_SHEET_H
#define PS_TEXT_SHEET_H

#include "text/cells.h"
#include "text/record.h"

typedef struct ps_sheet {
    ps_role roles[PS_CELL_LIMIT];
    size_t columns;
    bool has_pool; /* a column names each row's pool */
    bool has_sums; /* a column says that it is of both pools */
    ps_record_ways ways;
    ps_moments moments;
} ps_sheet;

typedef enum ps_sheet_fit {
    PS_SHEET_NO,      /* no table of pool tags */
    PS_SHEET_NO_POOL, /* one that does not tell the pools apart */
    PS_SHEET_TWICE,   /* one with two columns of the same name */
    PS_SHEET_YES,
} ps_sheet_fit;

/* What the headings make of the table; the roles are set. */
ps_sheet_fit ps_sheet_headings(ps_sheet *sheet, const ps_span *headings, size_t count);

/* The same where they name no pool, but the title above the table does. */
ps_sheet_fit ps_sheet_under_caption(ps_sheet *sheet, ps_sheet_fit fit, const ps_reading *reading);

/* Remark on headings that nearly made a table. */
void ps_sheet_complain(ps_sheet_fit fit, ps_reading *reading);

void ps_sheet_open(ps_sheet *sheet, ps_reading *reading, const char *origin);

/* The cells of one row, one for each heading. */
void ps_sheet_read(const ps_span *cells, size_t count, ps_sheet *sheet, ps_record *record);

#endif
