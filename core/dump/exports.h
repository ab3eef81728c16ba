/* exports.h - what the loaded modules of a dump export, as their tables lie in memory. */
#ifndef PS_DUMP_EXPORTS_H
#define PS_DUMP_EXPORTS_H

#include "dump/kernel.h"

/* Of one module; sorted by address. */
typedef struct ps_export_table {
    ps_dump_export *items;
    size_t count, capacity;
    ps_read_status status; /* why it is not whole, PS_READ_OK where it is */
    bool tried;
} ps_export_table;

/* Zero-initialise before use; a module's table is read when it is first asked for. */
typedef struct ps_exports {
    ps_arena arena;
    ps_export_table *tables; /* one for each loaded module */
    size_t count;
} ps_exports;

/* The table of a loaded module; NULL only when memory is out. */
const ps_export_table *ps_exports_of(ps_exports *exports, ps_kernel *kernel, size_t module,
                                     ps_error *err);
/* The export at an address exactly; *found is NULL where there is none. */
bool ps_exports_at(ps_exports *exports, ps_kernel *kernel, uint64_t address,
                   const ps_dump_export **found, const ps_dump_module **module, ps_error *err);
void ps_exports_free(ps_exports *exports);

#endif
