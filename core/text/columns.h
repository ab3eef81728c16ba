/* columns.h - part a row of numbers whose columns run together. */
#ifndef PS_TEXT_COLUMNS_H
#define PS_TEXT_COLUMNS_H

#include "text/numbers.h"

enum { PS_COLUMN_LIMIT = 8 };

/* How well values fit together: 0 not at all. */
typedef unsigned (*ps_columns_judge)(const uint64_t *values);

/* Part the span, digits and thousands separators, into wanted numbers.  True if there is just one
 * way that the judge finds good, or one that it finds better than all others.  work_left is what
 * may be tried, and is used up. */
bool ps_part_columns(ps_span span, size_t wanted, ps_columns_judge judge, uint64_t *values,
                     uint64_t *work_left);

#endif
