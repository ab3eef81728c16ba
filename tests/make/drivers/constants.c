/* constants.c - every tagged API with a constant, each in a function of its own.
 *
 * A comment "truth: SHAPE API TAG" stands before each call; drivers.sh makes the manifest of them. */
#include "fixture.h"

static LOOKASIDE lists[8];
static unsigned char lock[64];
static const unsigned char guid[16] = {1, 2, 3, 4};

/* truth: constant ExAllocatePoolWithTag CoTg */
PVOID NTAPI with_tag(SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG('C', 'o', 'T', 'g')));
}

/* truth: constant ExAllocatePoolWithQuotaTag CoQt */
PVOID NTAPI with_quota(SIZE_T size)
{
    return keep(ExAllocatePoolWithQuotaTag(PagedPool, size, TAG('C', 'o', 'Q', 't')));
}

/* truth: constant ExAllocatePoolWithTagPriority CoPr */
PVOID NTAPI with_priority(SIZE_T size)
{
    return keep(ExAllocatePoolWithTagPriority(PagedPool, size, TAG('C', 'o', 'P', 'r'), 16));
}

/* truth: constant ExAllocatePool2 Co2 */
PVOID NTAPI with_flags(SIZE_T size)
{
    return keep(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG('C', 'o', '2', ' ')));
}

/* truth: constant ExAllocatePool3 Co3 */
PVOID NTAPI with_parameters(SIZE_T size)
{
    return keep(ExAllocatePool3(POOL_FLAG_PAGED, size, TAG('C', 'o', '3', ' '), 0, 0));
}

/* truth: constant FsRtlAllocatePoolWithTag CoFs */
PVOID NTAPI or_raise(ULONG size)
{
    return keep(FsRtlAllocatePoolWithTag(PagedPool, size, TAG('C', 'o', 'F', 's')));
}

/* truth: constant FsRtlAllocatePoolWithQuotaTag CoFq */
PVOID NTAPI or_raise_quota(ULONG size)
{
    return keep(FsRtlAllocatePoolWithQuotaTag(PagedPool, size, TAG('C', 'o', 'F', 'q')));
}

/* truth: frees ExFreePoolWithTag CoFr */
void NTAPI free_it(PVOID memory)
{
    ExFreePoolWithTag(memory, TAG('C', 'o', 'F', 'r'));
    keep(memory);
}

/* truth: frees ExFreePool2 CoF2 */
void NTAPI free_it_2(PVOID memory)
{
    ExFreePool2(memory, TAG('C', 'o', 'F', '2'), 0, 0);
    keep(memory);
}

/* truth: constant ExInitializeNPagedLookasideList CoNl */
void NTAPI nonpaged_list(void)
{
    ExInitializeNPagedLookasideList(&lists[0], 0, 0, 0, 96, TAG('C', 'o', 'N', 'l'), 0);
    keep(&lists[0]);
}

/* truth: constant ExInitializePagedLookasideList CoPl */
void NTAPI paged_list(ULONG size)
{
    ExInitializePagedLookasideList(&lists[1], 0, 0, 0, size, TAG('C', 'o', 'P', 'l'), 0);
    keep(&lists[1]);
}

/* truth: constant ExInitializeLookasideListEx CoLx */
NTSTATUS NTAPI list_ex(SIZE_T size)
{
    NTSTATUS status = ExInitializeLookasideListEx(&lists[2], 0, 0, PagedPool, 0, size,
                                                  TAG('C', 'o', 'L', 'x'), 0);
    keep(&lists[2]);
    return status;
}

/* truth: constant NdisInitializeNPagedLookasideList CoNn */
void NTAPI ndis_list(ULONG size)
{
    NdisInitializeNPagedLookasideList(&lists[3], 0, 0, 0, size, TAG('C', 'o', 'N', 'n'), 0);
    keep(&lists[3]);
}

/* truth: constant MmAllocateMappingAddress CoMa */
PVOID NTAPI mapping(SIZE_T size)
{
    return keep(MmAllocateMappingAddress(size, TAG('C', 'o', 'M', 'a')));
}

/* truth: constant MmAllocateMappingAddressEx CoMx */
PVOID NTAPI mapping_ex(SIZE_T size)
{
    return keep(MmAllocateMappingAddressEx(size, TAG('C', 'o', 'M', 'x'), 0));
}

/* truth: constant ExAllocateCacheAwareRundownProtection CoRu */
PVOID NTAPI rundown(void)
{
    return keep(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, TAG('C', 'o', 'R', 'u')));
}

/* truth: constant IoInitializeRemoveLockEx CoLk */
void NTAPI remove_lock(void)
{
    IoInitializeRemoveLockEx(lock, TAG('C', 'o', 'L', 'k'), 0, 0, sizeof lock);
    keep(lock);
}

/* truth: constant NdisAllocateMemoryWithTag CoNm */
LONG NTAPI ndis_memory(PVOID *memory, ULONG size)
{
    LONG status = NdisAllocateMemoryWithTag(memory, size, TAG('C', 'o', 'N', 'm'));
    keep(memory);
    return status;
}

/* truth: constant NdisAllocateMemoryWithTagPriority CoNp */
PVOID NTAPI ndis_priority(HANDLE adapter, ULONG size)
{
    return keep(NdisAllocateMemoryWithTagPriority(adapter, size, TAG('C', 'o', 'N', 'p'), 16));
}

/* truth: constant NdisAllocateCloneOidRequest CoOi */
LONG NTAPI ndis_clone(HANDLE source, PVOID request, PVOID *clone)
{
    LONG status = NdisAllocateCloneOidRequest(source, request, TAG('C', 'o', 'O', 'i'), clone);
    keep(clone);
    return status;
}

/* truth: constant NdisAllocateGenericObject CoNg */
PVOID NTAPI ndis_object(DRIVER_OBJECT *driver)
{
    return keep(NdisAllocateGenericObject(driver, TAG('C', 'o', 'N', 'g'), 64));
}

/* truth: constant FltAllocatePoolAlignedWithTag CoFa */
PVOID NTAPI filter_aligned(PVOID instance, SIZE_T size)
{
    return keep(
        FltAllocatePoolAlignedWithTag(instance, NonPagedPoolNx, size, TAG('C', 'o', 'F', 'a')));
}

/* truth: constant FltAllocateExtraCreateParameter CoFe */
NTSTATUS NTAPI filter_extra(PVOID filter, PVOID *context)
{
    NTSTATUS status =
        FltAllocateExtraCreateParameter(filter, guid, 32, 0, 0, TAG('C', 'o', 'F', 'e'), context);
    keep(context);
    return status;
}

/* truth: constant FltInitExtraCreateParameterLookasideList CoFl */
void NTAPI filter_extra_list(PVOID filter)
{
    FltInitExtraCreateParameterLookasideList(filter, &lists[4], 0, 32, TAG('C', 'o', 'F', 'l'));
    keep(filter);
}

/* truth: constant FsRtlAllocateExtraCreateParameter CoEc */
NTSTATUS NTAPI extra(PVOID *context)
{
    NTSTATUS status =
        FsRtlAllocateExtraCreateParameter(guid, 32, 0, 0, TAG('C', 'o', 'E', 'c'), context);
    keep(context);
    return status;
}

/* truth: constant FsRtlInitExtraCreateParameterLookasideList CoEl */
void NTAPI extra_list(void)
{
    FsRtlInitExtraCreateParameterLookasideList(&lists[5], 0, 32, TAG('C', 'o', 'E', 'l'));
    keep(&lists[5]);
}

/* truth: constant StorPortExtendedFunction CoSp */
ULONG NTAPI storport_pool(PVOID extension, ULONG size, PVOID *memory)
{
    ULONG status = StorPortExtendedFunction(0, extension, size, TAG('C', 'o', 'S', 'p'), memory);
    keep(memory);
    return status;
}

/* truth: constant VideoPortAllocatePool CoVp */
PVOID NTAPI video_pool(PVOID extension, SIZE_T size)
{
    return keep(VideoPortAllocatePool(extension, 1, size, TAG('C', 'o', 'V', 'p')));
}

/* truth: constant EngAllocMem CoEm */
PVOID NTAPI display_memory(ULONG size)
{
    return keep(EngAllocMem(1, size, TAG('C', 'o', 'E', 'm')));
}

/* truth: constant EngAllocUserMem CoEu */
PVOID NTAPI display_user_memory(SIZE_T size)
{
    return keep(EngAllocUserMem(size, TAG('C', 'o', 'E', 'u')));
}

/* truth: untagged ExAllocatePool - */
PVOID NTAPI without_tag(SIZE_T size) { return keep(ExAllocatePool(PagedPool, size)); }

/* truth: untagged ExAllocatePoolWithQuota - */
PVOID NTAPI without_tag_quota(SIZE_T size)
{
    return keep(ExAllocatePoolWithQuota(PagedPool, size));
}

/* truth: untagged NdisAllocateMemory - */
LONG NTAPI ndis_without_tag(PVOID *memory, ULONG size)
{
    LONG status = NdisAllocateMemory(memory, size, 0, -1);
    keep(memory);
    return status;
}

ENTRIES(with_tag, with_quota, with_priority, with_flags, with_parameters, or_raise, or_raise_quota,
        free_it, free_it_2, nonpaged_list, paged_list, list_ex, ndis_list, mapping, mapping_ex,
        rundown, remove_lock, ndis_memory, ndis_priority, ndis_clone, ndis_object, filter_aligned,
        filter_extra, filter_extra_list, extra, extra_list, storport_pool, video_pool,
        display_memory, display_user_memory, without_tag, without_tag_quota, ndis_without_tag)
