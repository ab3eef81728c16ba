/* flow.c - constant tags that reach their call along several paths. */
#include "fixture.h"

/* truth: set ExAllocatePoolWithTag FlRd */
/* truth: set ExAllocatePoolWithTag FlWr */
PVOID NTAPI either(BOOLEAN write, SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, size,
                                      write ? TAG('F', 'l', 'W', 'r') : TAG('F', 'l', 'R', 'd')));
}

/* truth: set ExAllocatePoolWithTag FlBg */
/* truth: set ExAllocatePoolWithTag FlSm */
PVOID NTAPI by_size(SIZE_T size)
{
    ULONG tag = TAG('F', 'l', 'S', 'm');
    POOL_TYPE pool = NonPagedPoolNx;

    if (size > 4096) {
        tag = TAG('F', 'l', 'B', 'g');
        pool = PagedPool;
        DbgPrint("large request of %u\n", (ULONG)size);
    }
    return keep(ExAllocatePoolWithTag(pool, size, tag));
}

/* truth: constant ExAllocatePoolWithTag FlLp */
ULONG NTAPI in_a_loop(PVOID *out, ULONG count)
{
    ULONG made = 0;

    while (made < count) {
        out[made] = ExAllocatePoolWithTag(PagedPool, 64 + made * 8, TAG('F', 'l', 'L', 'p'));
        if (out[made] == 0)
            break;
        made++;
    }
    return made;
}

/* Each case has its own call; compilers make a jump table of it. */
/* truth: constant ExAllocatePoolWithTag FlC0 */
/* truth: constant ExAllocatePool2 FlC1 */
/* truth: constant ExAllocatePoolWithQuotaTag FlC2 */
/* truth: constant FsRtlAllocatePoolWithTag FlC3 */
/* truth: constant ExAllocatePoolWithTagPriority FlC4 */
/* truth: constant MmAllocateMappingAddress FlC5 */
PVOID NTAPI in_a_switch(ULONG kind, ULONG size)
{
    PVOID memory = 0;

    switch (kind) {
    case 0:
        memory = ExAllocatePoolWithTag(PagedPool, size, TAG('F', 'l', 'C', '0'));
        break;
    case 1:
        memory = ExAllocatePool2(POOL_FLAG_PAGED, size + 16, TAG('F', 'l', 'C', '1'));
        break;
    case 2:
        memory = ExAllocatePoolWithQuotaTag(PagedPool, size + 32, TAG('F', 'l', 'C', '2'));
        break;
    case 3:
        memory = FsRtlAllocatePoolWithTag(PagedPool, size + 48, TAG('F', 'l', 'C', '3'));
        break;
    case 4:
        memory = ExAllocatePoolWithTagPriority(PagedPool, size, TAG('F', 'l', 'C', '4'), 0);
        break;
    case 5:
        memory = MmAllocateMappingAddress(size, TAG('F', 'l', 'C', '5'));
        break;
    default:
        DbgPrint("no such kind: %u\n", kind);
    }
    return keep(memory);
}

/* truth: constant ExAllocatePoolWithTag FlTc */
PVOID NTAPI tail_call(POOL_TYPE pool, SIZE_T size)
{
    return ExAllocatePoolWithTag(pool, size, TAG('F', 'l', 'T', 'c'));
}

/* truth: constant ExAllocatePool2 FlTd */
PVOID NTAPI tail_call_after_work(ULONG *counter, SIZE_T size)
{
    if (++*counter > 100)
        return 0;
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG('F', 'l', 'T', 'd'));
}

/* The import's address stays in a register between the calls. */
/* truth: constant ExAllocatePoolWithTag FlR1 */
/* truth: constant ExAllocatePoolWithTag FlR2 */
/* truth: constant ExAllocatePoolWithTag FlR3 */
/* truth: constant ExAllocatePoolWithTag FlR4 */
/* truth: frees ExFreePoolWithTag FlR1 */
/* truth: frees ExFreePoolWithTag FlR2 */
NTSTATUS NTAPI several_calls(PVOID *out)
{
    out[0] = ExAllocatePoolWithTag(NonPagedPoolNx, 128, TAG('F', 'l', 'R', '1'));
    if (out[0] == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    out[1] = ExAllocatePoolWithTag(NonPagedPoolNx, 256, TAG('F', 'l', 'R', '2'));
    if (out[1] == 0) {
        ExFreePoolWithTag(out[0], TAG('F', 'l', 'R', '1'));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    out[2] = ExAllocatePoolWithTag(NonPagedPoolNx, 512, TAG('F', 'l', 'R', '3'));
    if (out[2] == 0) {
        ExFreePoolWithTag(out[0], TAG('F', 'l', 'R', '1'));
        ExFreePoolWithTag(out[1], TAG('F', 'l', 'R', '2'));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    out[3] = ExAllocatePoolWithTag(PagedPool, 1024, TAG('F', 'l', 'R', '4'));
    return STATUS_SUCCESS;
}

/* The tag is set long before the call and survives other calls. */
/* truth: constant ExAllocatePoolWithTag FlEa */
PVOID NTAPI set_early(const ULONG *sizes, ULONG count)
{
    const ULONG tag = TAG('F', 'l', 'E', 'a');
    ULONG total = 0;

    for (ULONG i = 0; i < count; i++) {
        total += sizes[i];
        DbgPrint("size %u of %u\n", i, count);
    }
    KeSetEvent(kept, 0, 0);
    return keep(ExAllocatePoolWithTag(PagedPool, total, tag));
}

/* A large frame, many locals: the tag lives on the stack at -O0. */
/* truth: constant ExAllocatePoolWithTag FlSt */
/* truth: frees ExFreePoolWithTag FlSt */
ULONG NTAPI large_frame(const UCHAR *data, ULONG length)
{
    volatile UCHAR copy[900];
    ULONG tag = TAG('F', 'l', 'S', 't'), sum = 0;
    PVOID memory = ExAllocatePoolWithTag(PagedPool, sizeof copy, tag);

    if (memory == 0)
        return 0;
    for (ULONG i = 0; i < length && i < sizeof copy; i++)
        copy[i] = data[i];
    for (ULONG i = 0; i < length && i < sizeof copy; i++)
        sum += copy[i];
    ExFreePoolWithTag(memory, tag);
    return sum;
}

/* A callback that only a pointer reaches, given to a call. */
/* truth: constant ExAllocatePoolWithTag FlCb */
static void NTAPI process_callback(HANDLE parent, HANDLE process, BOOLEAN created)
{
    HANDLE *record;

    if (!created)
        return;
    record = ExAllocatePoolWithTag(PagedPool, 2 * sizeof *record, TAG('F', 'l', 'C', 'b'));
    if (record != 0) {
        record[0] = parent;
        record[1] = process;
        keep(record);
    }
}

/* truth: constant ExAllocatePool2 FlTh */
static void NTAPI thread(PVOID context)
{
    keep(ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)(ULONG_PTR)context, TAG('F', 'l', 'T', 'h')));
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI start(void)
{
    HANDLE handle;
    NTSTATUS status = PsSetCreateProcessNotifyRoutine((PVOID)process_callback, 0);

    if (status < 0)
        return status;
    status = PsCreateSystemThread(&handle, 0, 0, 0, 0, (PVOID)thread, (PVOID)(ULONG_PTR)64);
    if (status >= 0)
        ZwClose(handle);
    return status;
}

/* A protected tag: bit 31 is set. */
/* truth: constant ExAllocatePoolWithTag Flp\xF4 */
PVOID NTAPI protected_tag(SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG('F', 'l', 'p', 't') | 0x80000000u));
}

ENTRIES(either, by_size, in_a_loop, in_a_switch, tail_call, tail_call_after_work, several_calls,
        set_early, large_frame, start, protected_tag)
