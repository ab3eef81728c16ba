/* moments.h - a table whose rows say when they were taken: a snapshot for each moment. */
#ifndef PS_TEXT_MOMENTS_H
#define PS_TEXT_MOMENTS_H

#include "text/reading.h"
#include "text/when.h"

enum { PS_MOMENT_NAME = 96 };

typedef struct ps_moment {
    char name[PS_MOMENT_NAME]; /* time and host as they stand in the row; "" without both */
    bool has_when;
    ps_when when;
    bool bottom; /* a row says that nothing is allocated */
    ps_draft draft;
} ps_moment;

typedef struct ps_moments {
    ps_text *text;
    const char *origin;
    ps_moment *list;
    size_t count, capacity;
    size_t current;
    size_t *slots; /* an open hash of names: index + 1, 0 is a free slot */
    size_t slot_count;
    size_t reopened; /* moments to which a row came back after rows of others */
} ps_moments;

/* Whose row it is: time and host are spans of the line, empty where the row has none. */
typedef struct ps_moment_name {
    ps_span time, host;
} ps_moment_name;

void ps_moments_open(ps_moments *moments, ps_text *text, const char *origin);

/* The snapshot that the row belongs to; NULL when memory is out or there are too many. */
ps_moment *ps_moments_find(ps_moments *moments, ps_reading *reading, const ps_moment_name *name);

/* A new snapshot, even where there is one of that name; later rows of the name are its. */
ps_moment *ps_moments_add(ps_moments *moments, ps_reading *reading, const ps_moment_name *name);

/* Hand all of them over, and give back what they hold.  Scope PART becomes WHOLE where the rows show
 * that nothing was left out. */
void ps_moments_finish(ps_moments *moments, ps_scope scope);

/* Give back what they hold, and forget it. */
void ps_moments_drop(ps_moments *moments);

#endif
