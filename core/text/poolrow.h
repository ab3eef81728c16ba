/* poolrow.h - the five numbers of a poolmon row, wherever the row stands: scan, prove, repair. */
#ifndef PS_TEXT_POOLROW_H
#define PS_TEXT_POOLROW_H

#include "text/numbers.h"

enum { PS_ALLOCS, PS_FREES, PS_DIFF, PS_BYTES, PS_PER_ALLOC, PS_POOLROW_NUMBERS, PS_WHY = 120 };

typedef enum ps_repair {
    PS_REPAIR_NONE, /* no reading is proved */
    PS_REPAIR_ONE,
    PS_REPAIR_MANY, /* the arithmetic proves more than one */
} ps_repair;

/* allocs - frees is diff, modulo 2^32. */
bool ps_poolrow_diff_holds(const ps_row *row);
/* floor(bytes / diff) is per_alloc. */
bool ps_poolrow_average_holds(const ps_row *row);
/* Both, or a row of nothing in use: every number of the row is bound by the others. */
bool ps_poolrow_is_proved(const ps_row *row);

/* "Nonp" or "Paged" at the span: its length and pool, else 0. */
size_t ps_poolrow_type(ps_span at, ps_pool *pool);

/* Scan the numbers, each perhaps with its change in parentheses behind it.  On false why says what
 * is wrong.  may_be_cut: the last number may be absent, cut at the edge of a narrow window. */
bool ps_poolrow_scan(ps_span *at, ps_row *row, bool may_be_cut, char why[PS_WHY]);

/* The numbers of a row whose columns run together, by their thousands separators; behind them
 * nothing but digits may stand. */
bool ps_poolrow_part(ps_span digits, ps_row *row, uint64_t *work_left);

/* Numbers that a book or a scanner spoilt: letters for digits, blanks and separators anywhere.
 * Changes in parentheses are left out.  rest is behind the last number that was used, letters tells
 * that letters stood for digits. */
ps_repair ps_poolrow_repair(ps_span span, ps_row *row, ps_span *rest, bool *letters,
                            uint64_t *work_left);

#endif
