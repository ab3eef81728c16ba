/* amounts.h - the number in a cell: grouped, with a unit, with a fraction, in hex. */
#ifndef PS_TEXT_AMOUNTS_H
#define PS_TEXT_AMOUNTS_H

#include "text/numbers.h"

typedef enum ps_amount_result {
    PS_AMOUNT_OK,
    PS_AMOUNT_EMPTY,     /* the cell says nothing, or that nothing is known */
    PS_AMOUNT_BAD,       /* no number */
    PS_AMOUNT_BIG,       /* more than 64 bits */
    PS_AMOUNT_FRACTION,  /* part of a byte or of an allocation */
    PS_AMOUNT_AMBIGUOUS, /* 1.250 MB: a fraction or a thousand? */
} ps_amount_result;

typedef struct ps_amount {
    uint64_t size;
    bool negative;
    bool rounded; /* a unit of more than bytes leaves the last digits open */
} ps_amount;

/* The whole span as a number; shift is that of a unit in the heading.  *decimal is the sign before
 * fractions, 0 while it is not known: the first number that proves it sets it. */
ps_amount_result ps_read_amount(ps_span cell, int shift, char *decimal, ps_amount *amount);

/* Why a cell was not taken, for a remark. */
const char *ps_amount_reason(ps_amount_result result);

#endif
