/* apis.h - the kernel's pool APIs: which argument is the tag. */
#ifndef PS_PE_APIS_H
#define PS_PE_APIS_H

#include "poolsleuth.h"

typedef enum ps_pool_argument {
    PS_POOL_UNSAID,
    PS_POOL_BY_TYPE,  /* argument `pool` is a POOL_TYPE */
    PS_POOL_BY_FLAGS, /* argument `pool` holds POOL_FLAGS */
    PS_POOL_IS_NONPAGED,
    PS_POOL_IS_PAGED,
} ps_pool_argument;

enum { PS_NO_ARGUMENT = -1 };

/* Where a structure that an argument points to keeps the tag. */
typedef enum ps_structure {
    PS_NO_STRUCTURE, /* the argument is the tag */
    PS_NET_BUFFER_LIST_POOL_PARAMETERS,
    PS_NET_BUFFER_POOL_PARAMETERS,
    PS_NDIS_TIMER_CHARACTERISTICS,
    PS_FLT_REGISTRATION,
    PS_WDF_DRIVER_CONFIG,
} ps_structure;

typedef struct ps_api {
    const char *name;
    uint8_t role;           /* ps_site_role */
    int8_t tag, pool, size; /* 0-based; PS_NO_ARGUMENT */
    uint8_t pool_means;     /* ps_pool_argument */
    bool wide_first;        /* argument 0 has 64 bits: two slots of a 32-bit stack */
    bool function_zero;     /* is the API only if argument 0 is 0 */
    uint8_t structure;      /* ps_structure that argument `tag` points to */
    bool table;             /* no API: the pointer to a framework's table of functions */
} ps_api;

/* Functions of the framework that take a tag, and the table that all its functions are in. */
typedef enum ps_framework_api {
    PS_WDF_DRIVER_CREATE,
    PS_WDF_MEMORY_CREATE,
    PS_WDF_LOOKASIDE_CREATE,
    PS_WDF_TABLE,
    PS_WDF_COUNT,
} ps_framework_api;

const ps_api *ps_api_of_framework(ps_framework_api number);

/* The API of that import name, or NULL. */
const ps_api *ps_api_find(const char *name);

#endif
