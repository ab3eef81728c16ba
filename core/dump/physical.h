/* physical.h - physical memory as a container holds it: runs of bytes or a bitmap of frames. */
#ifndef PS_DUMP_PHYSICAL_H
#define PS_DUMP_PHYSICAL_H

#include "poolsleuth.h"

enum { PS_FRAME_SHIFT = 12, PS_FRAME_SIZE = 1 << PS_FRAME_SHIFT };

/* Bytes that lie back to back in memory and in the source. */
typedef struct ps_run {
    uint64_t address, size, offset;
} ps_run;

typedef struct ps_physical ps_physical;

/* Physical memory of a source that must outlive it; to be filled with runs or a bitmap. */
ps_physical *ps_physical_new(ps_source *source);
void ps_physical_free(ps_physical *physical);
ps_source *ps_physical_source(const ps_physical *physical);

/* Add a run; runs may come in any order.  False when memory is out. */
bool ps_physical_add(ps_physical *physical, const ps_run *run);
/* Put the runs in order: after the last was added.  What an earlier run holds a later one does not
 * give again; *overlap tells whether any did. */
void ps_physical_tidy(ps_physical *physical, bool *overlap);

/* Take a bitmap of `bits` frames that lies at bitmap_offset of the source; its frames lie packed
 * from first_page on, as far as the source reaches.  Reads the bitmap once. */
bool ps_physical_set_bitmap(ps_physical *physical, uint64_t bitmap_offset, uint64_t bits,
                            uint64_t first_page, ps_error *err);

/* Frames that are in the source, those that the container says it has, and one past the highest. */
uint64_t ps_physical_present(const ps_physical *physical);
uint64_t ps_physical_announced(const ps_physical *physical);
uint64_t ps_physical_end(const ps_physical *physical);

/* Where the byte at an address lies and how many follow it there; false if it is not held. */
bool ps_physical_locate(ps_physical *physical, uint64_t address, uint64_t *offset, uint64_t *size);

/* The next run at or after an address; false behind the last or when the source cannot be read. */
bool ps_physical_next(ps_physical *physical, uint64_t address, ps_run *run);

/* Up to size bytes at address; *got is short where memory is not held. */
ps_read_status ps_physical_read(ps_physical *physical, uint64_t address, void *buffer, size_t size,
                                size_t *got);

#endif
