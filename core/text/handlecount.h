/* handlecount.h - open handles of one process, counted by their types while they are listed. */
#ifndef PS_TEXT_HANDLECOUNT_H
#define PS_TEXT_HANDLECOUNT_H

#include "text/items.h"

/* Windows has some seventy types of objects. */
enum { PS_HANDLE_TYPES = 96, PS_HANDLE_TYPE = 24 };

typedef struct ps_handle_type {
    char name[PS_HANDLE_TYPE];
    uint64_t count;
} ps_handle_type;

typedef struct ps_handle_counts {
    bool open;
    const char *process; /* a string of the document; NULL if unknown */
    uint64_t pid;        /* PS_UNKNOWN if so */
    ps_line line;        /* on which the list of the process begins */
    size_t count;
    ps_handle_type types[PS_HANDLE_TYPES];
} ps_handle_counts;

/* The list of a process begins: that of the one before it must have ended. */
void ps_handles_open(ps_handle_counts *counts, ps_reading *reading, const char *process,
                     uint64_t pid);

/* One more handle.  False if that is no name of a type. */
bool ps_handles_count(ps_handle_counts *counts, ps_span type);

/* Hand over an item for each type that was seen; there need not be any. */
void ps_handles_finish(ps_handle_counts *counts, ps_reading *reading, const char *origin);

/* "ALPC Port     ", "File  (RW-)   C:\\...": the type that the text begins with, by its words. */
ps_span ps_handles_type(ps_span text);

#endif
