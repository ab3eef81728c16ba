/* driver.h - a driver while it is read: the object and the parts that fill it. */
#ifndef PS_PE_DRIVER_H
#define PS_PE_DRIVER_H

#include "base/limits.h"
#include "pe/identity.h"
#include "pe/image.h"

struct ps_driver {
    ps_arena arena; /* strings and sections */
    ps_image image; /* borrows the caller's bytes: only while parsing */
    ps_driver_facts facts;
    ps_import *imports; /* sorted by nothing: in the order of the file */
    size_t import_count, import_capacity;
    ps_version_string *versions;
    size_t version_count, version_capacity;
    ps_site *sites;
    size_t site_count, site_capacity;
    ps_problem *problems;
    size_t problem_count, problem_capacity;
    const char **looked_up; /* routines that the driver names in its data; in the arena */
    size_t looked_up_count;
    ps_identity_parts identity;
    ps_bounds bounds; /* those that were met are told at the end */
};

/* Remember something odd; the text is printed into the arena. */
bool ps_driver_note(ps_driver *driver, ps_severity severity, uint64_t offset, ps_error *err,
                    const char *format, ...) PS_PRINTF(5, 6);

/* A copy in the arena in which bytes that are not printable (or not UTF-8, if text has others)
 * are '?'; NULL when memory is out. */
const char *ps_driver_string(ps_driver *driver, const uint8_t *text, size_t length);

/* The NUL-terminated string at rva, at most limit bytes long, as ps_driver_string gives it.
 * *text is NULL where there is none. */
bool ps_driver_string_at(ps_driver *driver, uint32_t rva, size_t limit, const char **text,
                         ps_error *err);

/* Each reads one part of the image into the driver.  False only when memory is out: what is
 * malformed becomes a problem. */
bool ps_imports_read(ps_driver *driver, ps_error *err);
bool ps_version_read(ps_driver *driver, ps_error *err);
bool ps_debug_read(ps_driver *driver, ps_error *err);
bool ps_sites_read(ps_driver *driver, ps_error *err);
bool ps_leads_read(ps_driver *driver, ps_error *err);

#endif
