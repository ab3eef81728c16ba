/* cells.h - the cells of a line of CSV or TSV. */
#ifndef PS_TEXT_CELLS_H
#define PS_TEXT_CELLS_H

#include "text/numbers.h"

enum { PS_CELL_LIMIT = 64 };

/* A walk along the cells of one line.  The walk lives as long as the line does. */
typedef struct ps_cell_walk {
    ps_span rest;
    char separator;
    bool more; /* another cell follows, if only an empty one */
    bool bad;  /* a quote is not closed, or something stands behind a closed one */
} ps_cell_walk;

ps_cell_walk ps_cells_of(ps_span line, char separator);

/* The next cell without its quotes and without blanks around it; what is within quotes is as it
 * stands: see ps_cell_text.  False behind the last cell and where the line is bad. */
bool ps_cells_next(ps_cell_walk *walk, ps_span *cell);

typedef struct ps_cells {
    ps_span at[PS_CELL_LIMIT];
    size_t count;
} ps_cells;

/* All cells of a line; false if it is bad or has more than there is room for. */
bool ps_part_cells(ps_span line, char separator, ps_cells *cells);

/* The cell with one quote for each two, in buffer where it has such and fits in. */
ps_span ps_cell_text(ps_span cell, char *buffer, size_t size);

/* The number of the cell that holds the name without regard to case; PS_CELL_LIMIT if none does. */
size_t ps_find_cell(const ps_cells *cells, const char *name);

/* ',', ';' or a tab: which of them parts the line into most cells; 0 if none does. */
char ps_guess_separator(ps_span line);

#endif
