/* tagtable.h - the reader of home-made tables: a tag and its bytes, rounded. */
#ifndef PS_TEXT_TAGTABLE_H
#define PS_TEXT_TAGTABLE_H

#include "text/reading.h"

typedef struct ps_tagtable {
    ps_draft draft;
    bool in_table;
    ps_pool pool;
    int shift;  /* of the unit in the heading: 0, 10, 20 or 30 */
    char point; /* of its decimals, as far as it is known: '.' or ',' */
} ps_tagtable;

void ps_tagtable_open(ps_tagtable *table, ps_text *text);
bool ps_tagtable_row(ps_tagtable *table, ps_reading *reading);
bool ps_tagtable_start(ps_tagtable *table, ps_reading *reading);
void ps_tagtable_strange(ps_tagtable *table, ps_reading *reading);
void ps_tagtable_leave(ps_tagtable *table);

#endif
