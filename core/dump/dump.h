/* dump.h - an open dump: its container, and what is read of the kernel in it. */
#ifndef PS_DUMP_DUMP_H
#define PS_DUMP_DUMP_H

#include "dump/exports.h"
#include "dump/lists.h"

struct ps_dump {
    ps_source *source, *companion;
    ps_container_file file;
    ps_kernel kernel;
    ps_dump_lists lists;
    ps_exports exports;
};

#endif
