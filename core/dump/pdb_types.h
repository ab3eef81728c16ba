/* pdb_types.h - the type records of a PDB. */
#ifndef PS_DUMP_PDB_TYPES_H
#define PS_DUMP_PDB_TYPES_H

#include "poolsleuth.h"

typedef struct ps_pdb_types {
    uint8_t *data; /* the stream; owned */
    size_t size;
    uint32_t first; /* number of the first record */
    uint32_t *offsets;
    size_t count, capacity;
} ps_pdb_types;

/* Find where each record begins. */
bool ps_pdb_types_index(ps_pdb_types *types, ps_error *err);
void ps_pdb_types_free(ps_pdb_types *types);

bool ps_pdb_types_size(const ps_pdb_types *types, const char *structure, uint64_t *size);
bool ps_pdb_types_field(const ps_pdb_types *types, const char *structure, const char *field,
                        uint64_t *offset);

#endif
