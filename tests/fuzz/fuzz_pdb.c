/* fuzz_pdb.c - any bytes as a PDB: its symbols and layouts are asked for. */
#include "dump/pdb.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"NonPagedBytes", "Key", "Hardware.InvalidPteMask",
                                         "a.b.c"};
    ps_source *source;
    ps_pdb *pdb;
    uint64_t value;
    uint32_t rva;

    if (!ps_source_memory(&source, data, size, NULL))
        return 0;
    if (ps_pdb_open(&pdb, source, NULL)) {
        (void)ps_pdb_symbol(pdb, "PoolTrackTable", &rva);
        for (uint32_t at = 0; at < 1 << 16; at += 0x777)
            (void)ps_pdb_nearest(pdb, at, &rva);
        (void)ps_pdb_size(pdb, "_POOL_TRACKER_TABLE", &value);
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            (void)ps_pdb_field(pdb, "_POOL_TRACKER_TABLE", fields[i], &value);
        ps_pdb_close(pdb);
    }
    ps_source_close(source);
    return 0;
}
