/* apis.c - the table of pool APIs: where the tag is among the arguments, or in what one points to. */
#include "pe/apis.h"

#include <stdlib.h>
#include <string.h>

enum { NO = PS_NO_ARGUMENT };

#define ROW(api, does, tag_at, means, pool_at, size_at)                                            \
    .name = (api), .role = (does), .tag = (tag_at), .pool = (pool_at), .size = (size_at),          \
    .pool_means = (means)
#define ALLOCATES(api, tag_at, means, pool_at, size_at)                                            \
    {                                                                                              \
        ROW(api, PS_SITE_ALLOCATES, tag_at, means, pool_at, size_at)                               \
    }
#define FREES(api, tag_at)                                                                         \
    {                                                                                              \
        ROW(api, PS_SITE_FREES, tag_at, PS_POOL_UNSAID, NO, NO)                                    \
    }
#define UNTAGGED(api, means, pool_at, size_at)                                                     \
    {                                                                                              \
        ROW(api, PS_SITE_UNTAGGED, NO, means, pool_at, size_at)                                    \
    }
#define BY_FLAGS(api)                                                                              \
    {                                                                                              \
        ROW(api, PS_SITE_ALLOCATES, 2, PS_POOL_BY_FLAGS, 0, 1), .wide_first = true                 \
    }
#define IN_STRUCTURE(api, pointer_at, means, what)                                                 \
    {                                                                                              \
        ROW(api, PS_SITE_ALLOCATES, pointer_at, means, NO, NO), .structure = (what)                \
    }
#define LIKE_POOL_WITH_TAG(name) ALLOCATES(name, 2, PS_POOL_BY_TYPE, 0, 1)

/* Sorted by name. */
static const ps_api apis[] = {
    ALLOCATES("EngAllocMem", 2, PS_POOL_IS_PAGED, NO, 1),
    ALLOCATES("EngAllocUserMem", 1, PS_POOL_UNSAID, NO, 0),
    ALLOCATES("ExAllocateCacheAwareRundownProtection", 1, PS_POOL_BY_TYPE, 0, NO),
    UNTAGGED("ExAllocatePool", PS_POOL_BY_TYPE, 0, 1),
    BY_FLAGS("ExAllocatePool2"),
    BY_FLAGS("ExAllocatePool3"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolPriorityUninitialized"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolPriorityZero"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolQuotaUninitialized"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolQuotaZero"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolUninitialized"),
    UNTAGGED("ExAllocatePoolWithQuota", PS_POOL_BY_TYPE, 0, 1),
    LIKE_POOL_WITH_TAG("ExAllocatePoolWithQuotaTag"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolWithTag"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolWithTagPriority"),
    LIKE_POOL_WITH_TAG("ExAllocatePoolZero"),
    ALLOCATES("ExCreatePool", 1, PS_POOL_UNSAID, NO, NO),
    FREES("ExFreePool2", 1),
    FREES("ExFreePoolWithTag", 1),
    ALLOCATES("ExInitializeLookasideListEx", 6, PS_POOL_BY_TYPE, 3, 5),
    ALLOCATES("ExInitializeNPagedLookasideList", 5, PS_POOL_IS_NONPAGED, NO, 4),
    ALLOCATES("ExInitializePagedLookasideList", 5, PS_POOL_IS_PAGED, NO, 4),
    ALLOCATES("FltAllocateExtraCreateParameter", 5, PS_POOL_UNSAID, NO, 2),
    ALLOCATES("FltAllocatePoolAlignedWithTag", 3, PS_POOL_BY_TYPE, 1, 2),
    FREES("FltFreePoolAlignedWithTag", 2),
    ALLOCATES("FltInitExtraCreateParameterLookasideList", 4, PS_POOL_UNSAID, NO, 3),
    IN_STRUCTURE("FltRegisterFilter", 1, PS_POOL_UNSAID, PS_FLT_REGISTRATION),
    ALLOCATES("FsRtlAllocateExtraCreateParameter", 4, PS_POOL_UNSAID, NO, 1),
    LIKE_POOL_WITH_TAG("FsRtlAllocatePoolWithQuotaTag"),
    LIKE_POOL_WITH_TAG("FsRtlAllocatePoolWithTag"),
    ALLOCATES("FsRtlInitExtraCreateParameterLookasideList", 3, PS_POOL_UNSAID, NO, 2),
    ALLOCATES("IoInitializeRemoveLockEx", 1, PS_POOL_IS_NONPAGED, NO, NO),
    ALLOCATES("MmAllocateContiguousMemoryEx", 7, PS_POOL_IS_NONPAGED, NO, NO),
    ALLOCATES("MmAllocateMappingAddress", 1, PS_POOL_UNSAID, NO, 0),
    ALLOCATES("MmAllocateMappingAddressEx", 1, PS_POOL_UNSAID, NO, 0),
    FREES("MmFreeMappingAddress", 1),
    ALLOCATES("NdisAllocateCloneOidRequest", 2, PS_POOL_IS_NONPAGED, NO, NO),
    ALLOCATES("NdisAllocateGenericObject", 1, PS_POOL_IS_NONPAGED, NO, NO),
    UNTAGGED("NdisAllocateMemory", PS_POOL_UNSAID, NO, 1),
    ALLOCATES("NdisAllocateMemoryWithTag", 2, PS_POOL_IS_NONPAGED, NO, 1),
    ALLOCATES("NdisAllocateMemoryWithTagPriority", 2, PS_POOL_IS_NONPAGED, NO, 1),
    IN_STRUCTURE("NdisAllocateNetBufferListPool", 1, PS_POOL_IS_NONPAGED,
                 PS_NET_BUFFER_LIST_POOL_PARAMETERS),
    IN_STRUCTURE("NdisAllocateNetBufferPool", 1, PS_POOL_IS_NONPAGED,
                 PS_NET_BUFFER_POOL_PARAMETERS),
    IN_STRUCTURE("NdisAllocateTimerObject", 1, PS_POOL_IS_NONPAGED, PS_NDIS_TIMER_CHARACTERISTICS),
    FREES("NdisFreeMemoryWithTag", 1),
    FREES("NdisFreeMemoryWithTagPriority", 2),
    ALLOCATES("NdisInitializeNPagedLookasideList", 5, PS_POOL_IS_NONPAGED, NO, 4),
    {ROW("StorPortExtendedFunction", PS_SITE_ALLOCATES, 3, PS_POOL_IS_NONPAGED, NO, 2),
     .function_zero = true},
    ALLOCATES("VideoPortAllocatePool", 3, PS_POOL_BY_TYPE, 1, 2),
};

static int by_name(const void *name, const void *api)
{
    return strcmp(name, ((const ps_api *)api)->name);
}

/* Of the framework for drivers: the functions of its table that take a tag, by their index. */
static const ps_api framework[] = {
    IN_STRUCTURE("WdfDriverCreate", 4, PS_POOL_UNSAID, PS_WDF_DRIVER_CONFIG),
    ALLOCATES("WdfMemoryCreate", 3, PS_POOL_BY_TYPE, 2, 4),
    ALLOCATES("WdfLookasideListCreate", 5, PS_POOL_BY_TYPE, 3, 2),
};
static const ps_api framework_table = {
    ROW("WdfFunctions", PS_SITE_ALLOCATES, NO, PS_POOL_UNSAID, NO, NO), .table = true};

const ps_api *ps_api_of_framework(ps_framework_api number)
{
    return number == PS_WDF_TABLE ? &framework_table : &framework[number];
}

const ps_api *ps_api_find(const char *name)
{
    return bsearch(name, apis, sizeof apis / sizeof apis[0], sizeof apis[0], by_name);
}
