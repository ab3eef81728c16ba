/* sites.h - finding the calls of pool APIs: the steps between the walk and the list of sites. */
#ifndef PS_PE_SITES_H
#define PS_PE_SITES_H

#include "pe/globals.h"
#include "pe/walk.h"

/* Why a driver of the framework has no tag of its own. */
#define PS_REASON_SERVICE_NAME "made from the name of the service"

/* How an argument leads to the tag. */
typedef enum ps_path {
    PS_PATH_VALUE,     /* it is the tag */
    PS_PATH_FIELD,     /* the tag lies at an offset of what it points to */
    PS_PATH_STRUCTURE, /* it points to the API's own structure */
} ps_path;

/* A function that hands one of its parameters on as the tag, or as what points to it. */
typedef struct ps_wrapper {
    uint32_t rva;      /* its entry */
    uint32_t location; /* of the parameter (value.h) */
    uint8_t path;      /* ps_path */
    uint32_t offset;   /* of a field */
    const ps_api *api;
    ps_value pool, size; /* as at the call of the API: constants, or parameters of the wrapper */
    uint8_t level;       /* 1: calls the API itself */
    bool doubtful;       /* may replace what it is given */
    uint32_t via[PS_VIA_LIMIT]; /* innermost first; the last one is rva */
} ps_wrapper;

/* Everything that the search for sites keeps. */
typedef struct ps_search {
    ps_program program;
    ps_walk *walk;
    ps_driver *driver;
    uint32_t function; /* the one that is walked */
    ps_wrapper *wrappers;
    size_t wrapper_count, wrapper_capacity;
    size_t level_begin, level_end; /* those whose callers are looked for, sorted by RVA */
    uint32_t *calls;               /* of wrappers of the level, by RVA */
    size_t call_count, call_capacity;
    uint32_t *seen; /* imports that the walked function calls */
    size_t seen_count, seen_capacity;
    ps_globals globals;
    bool broken; /* memory is out */
} ps_search;

/* The constants (or the lack of them) that a call gives an API, however it comes to it. */
typedef struct ps_arguments {
    const ps_api *api;
    uint8_t path;       /* ps_path of `tag` */
    uint32_t offset;    /* of a field */
    const char *detail; /* what the tag is for; NULL if there is no more to say */
    const char *reason; /* why there is none; NULL: as `tag` says */
    ps_value tag, pool, size;
    uint32_t rva;
    uint8_t argument;
    uint8_t level; /* wrappers in between */
    const uint32_t *via;
    bool lost, doubtful;
} ps_arguments;

/* Add the sites of one call, looking into structures; the walked function may be a wrapper. */
bool ps_sites_take(ps_search *search, const ps_call *call, ps_arguments *arguments);

/* The same, once the tag is one in a structure. */
bool ps_structs_take(ps_search *search, const ps_call *call, ps_arguments *arguments);

/* The same, where the tag is an entry of a table: each that looks like a tag is possible, as far as the
 * index can reach. */
bool ps_tables_take(ps_search *search, ps_arguments *arguments);

/* Four characters as tags have them: printable, perhaps with zeros behind. */
bool ps_sites_like_tag(uint32_t value);

/* Add the sites of one call: one for each value that the tag can have. */
bool ps_sites_add(ps_search *search, const ps_arguments *arguments);

/* Add a site whose call was not understood. */
bool ps_sites_add_unknown(ps_search *search, const ps_api *api, uint32_t rva, uint32_t function,
                          const char *reason);

/* Remember that the walked function is a wrapper. */
bool ps_wrappers_add(ps_search *search, const ps_arguments *arguments);

/* Look for the callers of wrappers, level by level.  False only when memory is out. */
bool ps_wrappers_follow(ps_search *search, ps_error *err);

#endif
