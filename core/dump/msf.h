/* msf.h - the file system inside a PDB: streams of blocks. */
#ifndef PS_DUMP_MSF_H
#define PS_DUMP_MSF_H

#include "poolsleuth.h"

typedef struct ps_msf {
    ps_source *source; /* borrowed */
    uint64_t file_size;
    uint32_t block_size, block_count;
    uint8_t *directory; /* stream sizes, then the numbers of their blocks */
    size_t directory_size;
    uint32_t stream_count;
} ps_msf;

bool ps_msf_open(ps_msf *msf, ps_source *source, ps_error *err);
void ps_msf_close(ps_msf *msf);

/* A whole stream in memory that the caller frees; *data is NULL for one that is absent or empty. */
bool ps_msf_read(const ps_msf *msf, uint32_t stream, uint8_t **data, size_t *size, ps_error *err);

#endif
