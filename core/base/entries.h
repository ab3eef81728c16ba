/* entries.h - what one folder holds. */
#ifndef PS_BASE_ENTRIES_H
#define PS_BASE_ENTRIES_H

#include "base/arena.h"
#include "poolsleuth.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum ps_entry_kind {
    PS_ENTRY_FILE,
    PS_ENTRY_FOLDER,
    PS_ENTRY_OTHER,     /* a device, a pipe, a socket: nothing to read */
    PS_ENTRY_UNREACHED, /* the system does not say */
} ps_entry_kind;

typedef struct ps_entry {
    const char *name;
    ps_entry_kind kind; /* of what a link points to */
    bool is_link;
    int error; /* errno of an entry that was not reached */
} ps_entry;

typedef struct ps_entries {
    ps_entry *items; /* to be freed by the caller */
    size_t count;
} ps_entries;

/* Read a folder, without itself and the one above, by name; the names are the arena's.  False with
 * PS_EIO where the system refuses: what it gave before stands in out then; or with PS_ENOMEM. */
bool ps_entries_read(ps_entries *out, ps_arena *arena, const char *path, ps_error *err);

#endif
