/* wrappers.c - tags that go through one function of the driver's own. */
#include "fixture.h"

static ULONG taken;

/* With the API's own order of arguments. */
/* truth: wrapper1 ExAllocatePoolWithTag WrA1 */
/* truth: wrapper1 ExAllocatePoolWithTag WrA2 */
/* truth: wrapper1 ExAllocatePoolWithTag WrA3 */
NOINLINE PVOID NTAPI take(POOL_TYPE pool, SIZE_T size, ULONG tag)
{
    PVOID memory = ExAllocatePoolWithTag(pool, size, tag);

    if (memory != 0)
        taken++;
    return memory;
}

PVOID NTAPI use_take_1(SIZE_T size) { return keep(take(PagedPool, size, TAG('W', 'r', 'A', '1'))); }

PVOID NTAPI use_take_2(SIZE_T size)
{
    PVOID first = take(NonPagedPoolNx, size, TAG('W', 'r', 'A', '2'));

    if (first == 0)
        return 0;
    return keep(take(NonPagedPoolNx, size + 64, TAG('W', 'r', 'A', '3')));
}

/* Arguments in another order, file-local: the compiler may choose how they travel. */
/* truth: wrapper1 ExAllocatePool2 WrB1 */
/* truth: wrapper1 ExAllocatePool2 WrB2 */
static NOINLINE PVOID take_reordered(ULONG tag, BOOLEAN paged, ULONG count, ULONG each)
{
    PVOID memory =
        ExAllocatePool2(paged ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, (SIZE_T)count * each, tag);

    if (memory == 0)
        DbgPrint("no memory for %u of %u\n", count, each);
    return memory;
}

PVOID NTAPI use_reordered_1(ULONG count)
{
    return keep(take_reordered(TAG('W', 'r', 'B', '1'), 1, count, 24));
}

PVOID NTAPI use_reordered_2(ULONG count, ULONG each)
{
    return keep(take_reordered(TAG('W', 'r', 'B', '2'), each > 64, count, each));
}

/* In a header, so to speak. */
/* truth: wrapper1 ExAllocatePoolWithTag WrI1 */
/* truth: wrapper1 ExAllocatePoolWithTag WrI2 */
static inline PVOID take_zeroed(SIZE_T size, ULONG tag)
{
    UCHAR *memory = ExAllocatePoolWithTag(PagedPool, size, tag);

    for (SIZE_T i = 0; memory != 0 && i < size; i++)
        memory[i] = 0;
    return memory;
}

PVOID NTAPI use_zeroed_1(void) { return keep(take_zeroed(40, TAG('W', 'r', 'I', '1'))); }

PVOID NTAPI use_zeroed_2(SIZE_T size) { return keep(take_zeroed(size, TAG('W', 'r', 'I', '2'))); }

/* The tag is the sixth argument: on the stack for x64 too. */
/* truth: wrapper1 ExAllocatePoolWithTag WrS1 */
/* truth: wrapper1 ExAllocatePoolWithTag WrS2 */
NOINLINE NTSTATUS NTAPI take_many(PVOID *out, ULONG count, POOL_TYPE pool, ULONG each, ULONG slack,
                                  ULONG tag)
{
    for (ULONG i = 0; i < count; i++) {
        out[i] = ExAllocatePoolWithTag(pool, each + slack, tag);
        if (out[i] == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI use_many_1(PVOID *out)
{
    NTSTATUS status = take_many(out, 4, PagedPool, 64, 8, TAG('W', 'r', 'S', '1'));

    keep(out);
    return status;
}

NTSTATUS NTAPI use_many_2(PVOID *out, ULONG each)
{
    NTSTATUS status = take_many(out, 2, NonPagedPoolNx, each, each / 8, TAG('W', 'r', 'S', '2'));

    keep(out);
    return status;
}

/* One of two tags goes into the wrapper. */
/* truth: wrapper1 ExAllocatePoolWithTag WrC1 */
/* truth: wrapper1 ExAllocatePoolWithTag WrC2 */
PVOID NTAPI use_take_either(BOOLEAN first, SIZE_T size)
{
    const ULONG tag = first ? TAG('W', 'r', 'C', '1') : TAG('W', 'r', 'C', '2');

    return keep(take(PagedPool, size, tag));
}

/* The wrapper's last act is the call. */
/* truth: wrapper1 ExAllocatePoolWithTag WrT1 */
/* truth: wrapper1 ExAllocatePoolWithTag WrT2 */
NOINLINE PVOID NTAPI take_tail(ULONG tag, SIZE_T size)
{
    taken++;
    return ExAllocatePoolWithTag(PagedPool, size, tag);
}

PVOID NTAPI use_tail_1(SIZE_T size) { return keep(take_tail(TAG('W', 'r', 'T', '1'), size)); }

PVOID NTAPI use_tail_2(SIZE_T size) { return take_tail(TAG('W', 'r', 'T', '2'), size); }

/* Frees go through one as well. */
/* truth: wrapper1-frees ExFreePoolWithTag WrA1 */
NOINLINE void NTAPI give_back(PVOID memory, ULONG tag)
{
    if (memory == 0)
        return;
    taken--;
    ExFreePoolWithTag(memory, tag);
}

void NTAPI use_give_back(PVOID memory)
{
    give_back(memory, TAG('W', 'r', 'A', '1'));
    keep(memory);
}

ENTRIES(take, use_take_1, use_take_2, use_reordered_1, use_reordered_2, use_zeroed_1, use_zeroed_2,
        use_many_1, use_many_2, use_take_either, use_tail_1, use_tail_2, use_give_back)
