/* decimal.h - numbers with a decimal point or comma. */
#ifndef PS_TEXT_DECIMAL_H
#define PS_TEXT_DECIMAL_H

#include "text/numbers.h"

/* A number as a sum of two parts: whole + fraction / scale. */
typedef struct ps_decimal {
    uint64_t whole, fraction, scale; /* scale is a power of ten */
    char point;                      /* '.' or ','; 0 if the number has none */
    bool ambiguous; /* "1,024": a comma of thousands or of decimals; read as the latter */
} ps_decimal;

/* "21353.2", "1.024,5", "1,024.5", "1 024,5".  False for what is no number, or is none of these. */
bool ps_scan_decimal(ps_span *at, ps_decimal *decimal);

/* The number shifted to the left by bits, rounded; false if it does not fit. */
bool ps_decimal_to_integer(const ps_decimal *decimal, int shift, int64_t *value);

/* "1,024" as one thousand and twenty-four. */
void ps_decimal_as_thousands(ps_decimal *decimal);

#endif
