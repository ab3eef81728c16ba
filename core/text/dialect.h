/* dialect.h - what the reader of one more dialect consists of: a detector and a row function. */
#ifndef PS_TEXT_DIALECT_H
#define PS_TEXT_DIALECT_H

#include "text/reading.h"

enum { PS_DIALECT_STATE = 4096 };

/* Room for the state of whichever dialect has its table open. */
typedef union ps_dialect_state {
    max_align_t align;
    unsigned char bytes[PS_DIALECT_STATE];
} ps_dialect_state;

/* At most one dialect's table is open at a time.  While it is, every line goes to its row function
 * first, blank ones too. */
typedef struct ps_dialect {
    const char *name;
    bool takes_pieces; /* row is given all pieces of a very long line, not just the first */
    ps_traits needs;   /* PS_HAS_*, PS_LETTER: a line without all of these is no beginning */
    ps_traits any;     /* nor is one without any of these; 0 for no such condition */
    unsigned least;    /* nor is a shorter one */
    size_t room;       /* of the state, as far as the dialect uses it; 0 for all */
    /* Is the line the beginning of a table of this dialect?  The state is all zero before, and must
     * be so after a false; on true it is the dialect's until finish. */
    bool (*start)(void *state, ps_reading *reading);
    /* Take the line as part of the table: as a row, as what belongs to the table, or as a row that
     * is refused with a remark.  False: the table ended before this line, which is then read as any
     * other. */
    bool (*row)(void *state, ps_reading *reading);
    /* The table is over: hand over its snapshot and give back what the state holds. */
    void (*finish)(void *state, ps_reading *reading);
} ps_dialect;

/* A state is put into the room of the union: this keeps it from growing out of it. */
#define PS_DIALECT_FITS(state)                                                                     \
    _Static_assert(sizeof(state) <= PS_DIALECT_STATE, "the state of a dialect is too large")

/* Lists: lm.c, listings.c, fltmc.c, services.c, blocks.c, verifier.c, counters.c,
 * get_counter.c, memsnap.c. */
extern const ps_dialect ps_lm_dialect, ps_listings_dialect, ps_foreign_listings_dialect,
    ps_fltmc_dialect, ps_services_dialect, ps_blocks_dialect, ps_verifier_dialect,
    ps_counters_dialect, ps_get_counter_dialect, ps_memsnap_dialect;

/* Tables of pool tags: tagcsv.c, tss.c, poolmonx.c, sysinformer.c, tagjson.c, fields.c,
 * formatted.c, and of blocks: blocktable.c. */
extern const ps_dialect ps_tagcsv_dialect, ps_tss_dialect, ps_poolmonx_dialect,
    ps_sysinformer_dialect, ps_tagjson_dialect, ps_fields_dialect, ps_formatted_dialect,
    ps_blocktable_dialect;

/* Lists of handles: handles.c, processlist.c. */
extern const ps_dialect ps_handles_dialect, ps_processlist_dialect;

/* Items of other kinds by the names of their fields: entrycsv.c, entrypairs.c, eventxml.c. */
extern const ps_dialect ps_entrycsv_dialect, ps_foreign_entrycsv_dialect, ps_entrypairs_dialect,
    ps_eventxml_dialect;

/* Loggers, hives and services: loggerlist.c, hives.c, registry.c. */
extern const ps_dialect ps_loggerlist_dialect, ps_hives_dialect, ps_registry_dialect;

/* Tables whose lines are gone: flow.c. */
extern const ps_dialect ps_flow_dialect;

/* The sizes of the pools over time: pooltimes.c; the log of http.sys: httperr.c. */
extern const ps_dialect ps_pooltimes_dialect, ps_httperr_dialect;

enum { PS_DIALECTS = 30 };

/* All of them, in the order in which a line is offered to them; NULL is behind the last. */
extern const ps_dialect *const ps_dialects[PS_DIALECTS + 1];

#endif
