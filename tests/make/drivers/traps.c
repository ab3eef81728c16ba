/* traps.c - constants that look like tags and are none, near calls that have a tag or have not. */
#include "fixture.h"

static const char text[] = "TrTx is the tag of the text, TrTy of another, TrTz of a third";
static unsigned char lock[64];

NOINLINE ULONG NTAPI other(POOL_TYPE pool, SIZE_T size, ULONG code)
{
    DbgPrint("%u %u %x\n", pool, (ULONG)size, code);
    return code ^ (ULONG)size;
}

/* A like-shaped call to a function of our own. */
/* truth: constant ExAllocatePoolWithTag TrA1 */
PVOID NTAPI like_call(SIZE_T size)
{
    other(PagedPool, size, TAG('T', 'r', 'X', '1'));
    return keep(ExAllocatePoolWithTag(PagedPool, size, TAG('T', 'r', 'A', '1')));
}

/* The size looks like a tag, the tag like a number. */
/* truth: constant ExAllocatePoolWithTag \x01\x02\x03\x04 */
PVOID NTAPI swapped_looks(void)
{
    return keep(ExAllocatePoolWithTag(PagedPool, TAG('T', 'r', 'X', '2'), 0x04030201));
}

/* The register that holds tags is set, the call has none. */
/* truth: untagged ExAllocatePool - */
PVOID NTAPI stale_register(SIZE_T size)
{
    const ULONG code = other(PagedPool, size, TAG('T', 'r', 'X', '3'));

    return keep(ExAllocatePool(PagedPool, code));
}

/* A call in between destroys what the register held: the tag is what came back. */
/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI returned_tag(SIZE_T size)
{
    return keep(
        ExAllocatePoolWithTag(PagedPool, size, other(PagedPool, size, TAG('T', 'r', 'X', '4'))));
}

void NTAPI text_only(ULONG code)
{
    if (code == TAG('T', 'r', 'X', '5'))
        DbgPrint("%s\n", text);
    if (code == TAG('T', 'r', 'X', '6'))
        KeBugCheckEx(0xC2, TAG('T', 'r', 'X', '7'), code, 0, 0);
}

/* Another lock function takes such a value, but allocates nothing. */
NTSTATUS NTAPI locked(void)
{
    NTSTATUS status =
        IoAcquireRemoveLockEx(lock, (PVOID)(ULONG_PTR)TAG('T', 'r', 'X', '8'), "", 1, sizeof lock);
    keep(lock);
    return status;
}

/* Function 1 of the extended functions frees: no tag in it. */
ULONG NTAPI storport_free(PVOID extension, PVOID memory)
{
    ULONG status = StorPortExtendedFunction(1, extension, memory, TAG('T', 'r', 'X', '9'), 0);

    keep(memory);
    return status;
}

/* Only freed here, allocated by someone else. */
/* truth: frees ExFreePoolWithTag TrFr */
void NTAPI only_frees(PVOID memory)
{
    ExFreePoolWithTag(memory, TAG('T', 'r', 'F', 'r'));
    keep(memory);
}

/* A free with one tag directly before an allocation with another. */
/* truth: frees ExFreePoolWithTag TrG1 */
/* truth: constant ExAllocatePoolWithTag TrG2 */
PVOID NTAPI grow(PVOID memory, SIZE_T size)
{
    ExFreePoolWithTag(memory, TAG('T', 'r', 'G', '1'));
    return keep(ExAllocatePoolWithTag(PagedPool, size, TAG('T', 'r', 'G', '2')));
}

/* The tag-like value is the lookaside list's size; the tag is a word further. */
/* truth: constant ExInitializeNPagedLookasideList TrLs */
void NTAPI list(LOOKASIDE *into)
{
    ExInitializeNPagedLookasideList(into, 0, 0, TAG('T', 'r', 'Y', '1'), TAG('T', 'r', 'Y', '2'),
                                    TAG('T', 'r', 'L', 's'), 0x7254);
    keep(into);
}

/* The low half of the value is overwritten before the call. */
/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI patched(SIZE_T size, USHORT low)
{
    union {
        ULONG whole;
        USHORT low;
    } tag = {TAG('T', 'r', 'Y', '3')};

    DbgPrint("tag %x\n", tag.whole);
    tag.low = low;
    return keep(ExAllocatePoolWithTag(PagedPool, size, tag.whole));
}

ENTRIES(like_call, swapped_looks, stale_register, returned_tag, text_only, locked, storport_free,
        only_frees, grow, list, patched)
