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

/* Open what a source and its companion (NULL: it has none) hold; both are the dump's from now on,
 * whatever comes of it. */
bool ps_dump_take(ps_dump **out, ps_source *source, ps_source *companion,
                  const ps_dump_options *options, ps_error *err);
/* The same within limits. */
bool ps_dump_take_within(ps_dump **out, ps_source *source, ps_source *companion,
                         const ps_dump_options *options, const ps_limits *limits, ps_error *err);

#endif
