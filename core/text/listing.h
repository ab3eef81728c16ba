/* listing.h - one entry of a list of drivers or of processes, filled in by its headings. */
#ifndef PS_TEXT_LISTING_H
#define PS_TEXT_LISTING_H

#include "text/cells.h"
#include "text/reading.h"

typedef enum ps_list_field {
    PS_FIELD_NONE,
    PS_FIELD_NAME,
    PS_FIELD_PATH,
    PS_FIELD_DISPLAY,
    PS_FIELD_STATE,
    PS_FIELD_STARTED,
    PS_FIELD_TYPE,
    PS_FIELD_VERSION,
    PS_FIELD_COMPANY,
    PS_FIELD_ID,
    PS_FIELD_USER,
    PS_FIELD_SESSION,
    PS_FIELD_VALUE, /* a number of a process */
    PS_FIELD_START,
    PS_FIELD_EXITED,
} ps_list_field;

/* What a heading says of the cells under it. */
typedef struct ps_heading {
    const char *name;
    const char *origin; /* of the tool that alone uses it; else NULL */
    uint32_t unit;      /* bytes for 1 */
    uint8_t field;      /* ps_list_field */
    uint8_t value;      /* ps_process_field, of PS_FIELD_VALUE */
    uint8_t modules;    /* how much it speaks for a list of drivers */
    uint8_t processes;
} ps_heading;

/* NULL for one that is not known. */
const ps_heading *ps_find_heading(ps_span name);

typedef enum ps_list_kind { PS_LIST_NONE, PS_LIST_MODULES, PS_LIST_PROCESSES } ps_list_kind;

/* What the headings of a list, taken together, are of. */
typedef struct ps_list_sense {
    uint32_t fields; /* bit ps_list_field */
    unsigned modules, processes;
    const char *origin;
} ps_list_sense;

void ps_sense_heading(ps_list_sense *sense, const ps_heading *heading);
ps_list_kind ps_sense_kind(const ps_list_sense *sense);

/* An entry in the making; all zero is an empty one. */
typedef struct ps_listing {
    ps_module module;
    ps_process process;
    const char *type, *service_state, *start; /* as ps_service has them */
    bool has_name;
    bool bad;          /* what must be a number is none */
    bool not_a_driver; /* the list has other things too */
    bool time_known;
    int64_t time;
    const char *origin, *host;
} ps_listing;

void ps_listing_clear(ps_listing *entry);
void ps_listing_cell(ps_listing *entry, ps_text *text, const ps_heading *heading, ps_span cell);
/* Hand the entry over to the document.  False if it is none. */
bool ps_listing_add(const ps_listing *entry, ps_reading *reading, ps_list_kind kind,
                    const ps_line *line);

/* "Running", "Wird ausgeführt", "RUNNING": "running" or "stopped", or NULL. */
const char *ps_driver_state(ps_span word);

#endif
