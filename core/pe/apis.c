/* apis.c - the table of pool APIs whose tag is in a register or on the stack. */
#include "pe/apis.h"

#include <stdlib.h>
#include <string.h>

enum { NO = PS_NO_ARGUMENT };

#define ALLOCATES(name, tag, means, pool, size)                                                    \
    {                                                                                              \
        name, PS_SITE_ALLOCATES, tag, pool, size, means, false, false                              \
    }
#define FREES(name, tag)                                                                           \
    {                                                                                              \
        name, PS_SITE_FREES, tag, NO, NO, PS_POOL_UNSAID, false, false                             \
    }
#define UNTAGGED(name, means, pool, size)                                                          \
    {                                                                                              \
        name, PS_SITE_UNTAGGED, NO, pool, size, means, false, false                                \
    }
#define BY_FLAGS(name)                                                                             \
    {                                                                                              \
        name, PS_SITE_ALLOCATES, 2, 0, 1, PS_POOL_BY_FLAGS, true, false                            \
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
    FREES("ExFreePool2", 1),
    FREES("ExFreePoolWithTag", 1),
    ALLOCATES("ExInitializeLookasideListEx", 6, PS_POOL_BY_TYPE, 3, 5),
    ALLOCATES("ExInitializeNPagedLookasideList", 5, PS_POOL_IS_NONPAGED, NO, 4),
    ALLOCATES("ExInitializePagedLookasideList", 5, PS_POOL_IS_PAGED, NO, 4),
    ALLOCATES("FltAllocateExtraCreateParameter", 5, PS_POOL_UNSAID, NO, 2),
    ALLOCATES("FltAllocatePoolAlignedWithTag", 3, PS_POOL_BY_TYPE, 1, 2),
    FREES("FltFreePoolAlignedWithTag", 2),
    ALLOCATES("FltInitExtraCreateParameterLookasideList", 4, PS_POOL_UNSAID, NO, 3),
    ALLOCATES("FsRtlAllocateExtraCreateParameter", 4, PS_POOL_UNSAID, NO, 1),
    LIKE_POOL_WITH_TAG("FsRtlAllocatePoolWithQuotaTag"),
    LIKE_POOL_WITH_TAG("FsRtlAllocatePoolWithTag"),
    ALLOCATES("FsRtlInitExtraCreateParameterLookasideList", 3, PS_POOL_UNSAID, NO, 2),
    ALLOCATES("IoInitializeRemoveLockEx", 1, PS_POOL_IS_NONPAGED, NO, NO),
    ALLOCATES("MmAllocateMappingAddress", 1, PS_POOL_UNSAID, NO, 0),
    ALLOCATES("MmAllocateMappingAddressEx", 1, PS_POOL_UNSAID, NO, 0),
    FREES("MmFreeMappingAddress", 1),
    ALLOCATES("NdisAllocateCloneOidRequest", 2, PS_POOL_IS_NONPAGED, NO, NO),
    ALLOCATES("NdisAllocateGenericObject", 1, PS_POOL_IS_NONPAGED, NO, NO),
    UNTAGGED("NdisAllocateMemory", PS_POOL_UNSAID, NO, 1),
    ALLOCATES("NdisAllocateMemoryWithTag", 2, PS_POOL_IS_NONPAGED, NO, 1),
    ALLOCATES("NdisAllocateMemoryWithTagPriority", 2, PS_POOL_IS_NONPAGED, NO, 1),
    FREES("NdisFreeMemoryWithTag", 1),
    FREES("NdisFreeMemoryWithTagPriority", 2),
    ALLOCATES("NdisInitializeNPagedLookasideList", 5, PS_POOL_IS_NONPAGED, NO, 4),
    {"StorPortExtendedFunction", PS_SITE_ALLOCATES, 3, NO, 2, PS_POOL_IS_NONPAGED, false, true},
    ALLOCATES("VideoPortAllocatePool", 3, PS_POOL_BY_TYPE, 1, 2),
};

static int by_name(const void *name, const void *api)
{
    return strcmp(name, ((const ps_api *)api)->name);
}

const ps_api *ps_api_find(const char *name)
{
    return bsearch(name, apis, sizeof apis / sizeof apis[0], sizeof apis[0], by_name);
}
