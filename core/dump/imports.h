/* imports.h - what a module of a dump imports, by the slots that its loader filled. */
#ifndef PS_DUMP_IMPORTS_H
#define PS_DUMP_IMPORTS_H

#include "dump/dump.h"

struct ps_dump_imports {
    ps_arena arena;
    ps_import_source source;
    ps_read_status missing;
    ps_dump_import *items;
    size_t count, capacity;
    bool cut; /* there are more than there may be */
};

#endif
