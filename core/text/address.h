/* address.h - hexadecimal numbers as debuggers print them. */
#ifndef PS_TEXT_ADDRESS_H
#define PS_TEXT_ADDRESS_H

#include "text/numbers.h"

/* 8 or 16 hex digits up to a blank, with or without 0x before and the debugger's ` in the middle.
 * False leaves the span anywhere. */
bool ps_take_address(ps_span *span, uint64_t *address);

/* 1 to 16 hex digits, with or without 0x before; false leaves the span as it was. */
bool ps_take_hex(ps_span *span, uint64_t *value);

#endif
