/* entry.h - an item in the making, filled in by the names of its fields: headings of a table, keys of
 * pairs. */
#ifndef PS_TEXT_ENTRY_H
#define PS_TEXT_ENTRY_H

#include "text/dates.h"

/* How the text of a field is read. */
typedef enum ps_entry_how {
    PS_ENTRY_TEXT,
    PS_ENTRY_NUMBER,
    PS_ENTRY_HEX,   /* hexadecimal, with 0x or without */
    PS_ENTRY_KIB,   /* a number of KiB, kept in bytes */
    PS_ENTRY_TIME,  /* of the item, as every list has it */
    PS_ENTRY_DATE,  /* a field of its own */
    PS_ENTRY_CLOCK, /* the time of day that belongs to the date in the field before */
    PS_ENTRY_HOST,
    PS_ENTRY_LEVEL,
    PS_ENTRY_STATE,
    PS_ENTRY_PARAMETER, /* one more line of parameters */
    PS_ENTRY_LONG,      /* a text that may go on in the lines behind */
    PS_ENTRY_NOTHING,   /* belongs to such an item, and is not kept */
} ps_entry_how;

/* One name of a field. */
typedef struct ps_entry_name {
    const char *name;
    uint8_t kind; /* ps_item_kind */
    uint8_t how;
    uint8_t weight; /* how much it speaks for the kind: PS_ENTRY_KEY where the kind must have it */
    uint16_t offset;
} ps_entry_name;

enum { PS_ENTRY_KEY = 16, PS_ENTRY_SURE = 2, PS_ENTRY_LONGEST = 2000 };

/* The name in that kind; NULL if it has none such. */
const ps_entry_name *ps_entry_find(ps_item_kind kind, ps_span name);

/* Is it a name in any kind? */
bool ps_entry_knows(ps_span name);

/* The kind that the names in these spans, taken together, are of; PS_ITEM_KINDS if of none. */
ps_item_kind ps_entry_sense(const ps_span *spans, size_t count);

/* What is in the making. */
typedef struct ps_entry {
    ps_item_kind kind;
    const char *origin;
    size_t first;       /* of the items of this list */
    bool open;          /* the last item of the kind is it */
    bool bad;           /* a number of it is none */
    bool dated;         /* its time was read, or is none */
    unsigned names;     /* how many of its fields were seen */
    uint32_t last_line; /* that was counted as one with an item */
    uint32_t timeless;  /* items of the list whose time was not understood */
    char date[32];      /* of PS_ENTRY_CLOCK */
    ps_dates dates;     /* of the items, and */
    ps_dates more;      /* of the other dates of files */
} ps_entry;

/* The list begins: the rest of the entry is all zero. */
void ps_entry_begin(ps_entry *entry, ps_reading *reading, ps_item_kind kind, const char *origin);

/* The next item begins on this line; that before it was ended. */
void ps_entry_open(ps_entry *entry, ps_reading *reading, const ps_line *line);

void ps_entry_set(ps_entry *entry, ps_reading *reading, const ps_entry_name *name, ps_span value);

/* One more line of the field's text. */
void ps_entry_more(ps_entry *entry, ps_reading *reading, const ps_entry_name *name, ps_span line);

/* One more parameter of an event; the name may be empty. */
void ps_entry_parameter(ps_entry *entry, ps_reading *reading, ps_span name, ps_span value);

/* The item is complete: it stays, or goes again where it is none, and false is returned. */
bool ps_entry_end(ps_entry *entry, ps_reading *reading);

/* The list is over. */
void ps_entry_finish(ps_entry *entry, ps_reading *reading);

/* "Error", "Fehler", "2": "error"; the span as it is where it is no known word. */
const char *ps_event_level(ps_reading *reading, ps_span span);

/* Is that the name of a file of the registry? */
bool ps_is_hive(ps_span path);

#endif
