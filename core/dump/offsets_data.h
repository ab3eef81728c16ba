/* offsets_data.h - the built-in offsets of fields, by build. */
#ifndef PS_DUMP_OFFSETS_DATA_H
#define PS_DUMP_OFFSETS_DATA_H

#include <stddef.h>
#include <stdint.h>

enum { PS_OFFSET_ABSENT = 0xFFFF, PS_OFFSET_SPANS = 12 };

/* A field has this offset from this build on; build 0 ends the list. */
typedef struct ps_offset_span {
    uint16_t build, offset;
} ps_offset_span;

typedef struct ps_offset_row {
    const char *structure, *field;
    unsigned pointer; /* bytes, of the machine */
    ps_offset_span spans[PS_OFFSET_SPANS];
} ps_offset_row;

extern const ps_offset_row ps_offset_rows[];
extern const size_t ps_offset_row_count;

#endif
