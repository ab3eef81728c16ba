/* pdb.h - what is asked of a PDB: where its public symbols are and how its structures are laid out.
 */
#ifndef PS_DUMP_PDB_H
#define PS_DUMP_PDB_H

#include "poolsleuth.h"

typedef struct ps_pdb ps_pdb;

/* The source must outlive nothing: all that is needed is read at once. */
bool ps_pdb_open(ps_pdb **out, ps_source *source, ps_error *err);
void ps_pdb_close(ps_pdb *pdb);

/* The identity that an image's debug directory names: upper-case text form, and the age. */
const char *ps_pdb_guid(const ps_pdb *pdb);
uint32_t ps_pdb_age(const ps_pdb *pdb);

/* The RVA of a symbol; a leading underscore of 32-bit names may be left out. */
bool ps_pdb_symbol(const ps_pdb *pdb, const char *name, uint32_t *rva);
/* The last symbol at or before an RVA; NULL if there is none. */
const char *ps_pdb_nearest(const ps_pdb *pdb, uint32_t rva, uint32_t *symbol_rva);
/* The symbol at an index of those sorted by RVA; false behind the last. */
bool ps_pdb_symbol_at(const ps_pdb *pdb, size_t index, const char **name, uint32_t *rva);

/* A structure's size, and a field's offset in it; dots reach into fields that are structures. */
bool ps_pdb_size(const ps_pdb *pdb, const char *structure, uint64_t *size);
bool ps_pdb_field(const ps_pdb *pdb, const char *structure, const char *field, uint64_t *offset);

#endif
