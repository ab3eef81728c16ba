/* text.h - strings of signatures and their object identifiers as UTF-8. */
#ifndef PS_PE_TEXT_H
#define PS_PE_TEXT_H

#include "base/arena.h"
#include "base/encode.h"
#include "pe/der.h"

/* A copy in the arena in which bytes that are not printable (or not UTF-8, if text has others)
 * are '?'; NULL when memory is out. */
const char *ps_printable(ps_arena *arena, const uint8_t *text, size_t length);

/* A string of ASN.1 as printable UTF-8, cut at 1,000 bytes; NULL when memory is out. */
const char *ps_text_of(ps_arena *arena, uint8_t tag, ps_bytes bytes);

/* An object identifier with its dots; NULL when memory is out. */
const char *ps_oid_text(ps_arena *arena, ps_bytes oid);

/* What an extended key usage allows, in words, else its dots; NULL when memory is out. */
const char *ps_usage_name(ps_arena *arena, ps_bytes oid);

#endif
