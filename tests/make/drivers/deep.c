/* deep.c - tags that go through two and three functions of the driver's own. */
#include "fixture.h"

static ULONG taken, failed;

static NOINLINE PVOID level_1(POOL_TYPE pool, SIZE_T size, ULONG tag)
{
    PVOID memory = ExAllocatePoolWithTag(pool, size, tag);

    if (memory == 0)
        failed++;
    return memory;
}

static NOINLINE PVOID level_2(ULONG tag, SIZE_T size, BOOLEAN paged)
{
    PVOID memory = level_1(paged ? PagedPool : NonPagedPoolNx, size, tag);

    if (memory != 0)
        taken++;
    return memory;
}

static NOINLINE NTSTATUS level_3(PVOID *out, ULONG count, ULONG tag)
{
    for (ULONG i = 0; i < count; i++) {
        out[i] = level_2(tag, 64 + i, count > 3);
        if (out[i] == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

/* truth: wrapper1 ExAllocatePoolWithTag DeA1 */
PVOID NTAPI one(SIZE_T size) { return keep(level_1(PagedPool, size, TAG('D', 'e', 'A', '1'))); }

/* truth: wrapper1 ExAllocatePoolWithTag DeA2 */
PVOID NTAPI another_one(SIZE_T size)
{
    return keep(level_1(NonPagedPoolNx, size * 2, TAG('D', 'e', 'A', '2')));
}

/* truth: wrapper2 ExAllocatePoolWithTag DeB1 */
PVOID NTAPI two(SIZE_T size) { return keep(level_2(TAG('D', 'e', 'B', '1'), size, 1)); }

/* truth: wrapper2 ExAllocatePoolWithTag DeB2 */
PVOID NTAPI another_two(SIZE_T size)
{
    return keep(level_2(TAG('D', 'e', 'B', '2'), size, size > 64));
}

/* truth: wrapper3 ExAllocatePoolWithTag DeC1 */
NTSTATUS NTAPI three(PVOID *out) { return level_3(out, 3, TAG('D', 'e', 'C', '1')); }

/* truth: wrapper3 ExAllocatePoolWithTag DeC2 */
NTSTATUS NTAPI another_three(PVOID *out, ULONG count)
{
    NTSTATUS status = level_3(out, count, TAG('D', 'e', 'C', '2'));

    keep(out);
    return status;
}

ENTRIES(one, another_one, two, another_two, three, another_three)
