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

typedef struct ps_api {
    const char *name;
    uint8_t role;           /* ps_site_role */
    int8_t tag, pool, size; /* 0-based; PS_NO_ARGUMENT */
    uint8_t pool_means;     /* ps_pool_argument */
    bool wide_first;        /* argument 0 has 64 bits: two slots of a 32-bit stack */
    bool function_zero;     /* is the API only if argument 0 is 0 */
} ps_api;

/* The API of that import name, or NULL. */
const ps_api *ps_api_find(const char *name);

#endif
