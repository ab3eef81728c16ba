/* unknown.c - tags that no reader of the file can know: each must be reported as unknown with a
 * reason, and never as some constant that happens to be near. */
#include "fixture.h"

ULONG configured_tag = TAG('U', 'n', 'G', 'v');
static ULONG instances;

typedef struct settings {
    ULONG version, tag;
    SIZE_T size;
} settings;

typedef ULONG NTAPI tag_maker(ULONG seed);

/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI from_global(SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(PagedPool, size, configured_tag));
}

void NTAPI configure(ULONG tag)
{
    configured_tag = tag;
    keep(&configured_tag);
}

/* truth: unknown ExAllocatePool2 - */
PVOID NTAPI computed(SIZE_T size)
{
    const ULONG digit = instances++ % 10;

    return keep(ExAllocatePool2(POOL_FLAG_PAGED, size, TAG('U', 'n', 'I', '0') + (digit << 24)));
}

/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI from_structure(const settings *from)
{
    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, from->size, from->tag));
}

/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI from_call(tag_maker *maker, SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, size, maker(TAG('U', 'n', 'C', 'a'))));
}

/* A wrapper that only a pointer reaches: its callers are elsewhere. */
/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI from_parameter(POOL_TYPE pool, SIZE_T size, ULONG tag)
{
    return keep(ExAllocatePoolWithTag(pool, size, tag));
}

/* One way is constant, the other is not: the constant may be named, but not alone and sure. */
/* truth: partly ExAllocatePoolWithTag UnPa */
PVOID NTAPI partly(const settings *from, SIZE_T size)
{
    const ULONG tag = from != 0 ? from->tag : TAG('U', 'n', 'P', 'a');

    return keep(ExAllocatePoolWithTag(PagedPool, size, tag));
}

/* The one constant of this driver. */
/* truth: constant ExAllocatePoolWithTag UnOk */
PVOID NTAPI known(SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(PagedPool, size, TAG('U', 'n', 'O', 'k')));
}

/* One of a table in constant data, by an index: all of them or unknown. */
/* truth: table ExAllocatePoolWithTag UnT0 */
/* truth: table ExAllocatePoolWithTag UnT1 */
/* truth: table ExAllocatePoolWithTag UnT2 */
/* truth: table ExAllocatePoolWithTag UnT3 */
PVOID NTAPI from_table(ULONG kind, SIZE_T size)
{
    static const ULONG tags[] = {TAG('U', 'n', 'T', '0'), TAG('U', 'n', 'T', '1'),
                                 TAG('U', 'n', 'T', '2'), TAG('U', 'n', 'T', '3')};

    return keep(ExAllocatePoolWithTag(PagedPool, size, tags[kind & 3]));
}

/* What was in the variable before is written over through its address, the fifth argument. */
NOINLINE NTSTATUS NTAPI ask(PVOID of, ULONG what, ULONG flags, ULONG room, ULONG *answer)
{
    keep(of);
    *answer = what ^ flags ^ room;
    return STATUS_SUCCESS;
}

/* truth: unknown ExAllocatePoolWithTag - */
PVOID NTAPI from_answer(PVOID of, ULONG what, SIZE_T size)
{
    ULONG tag = TAG('U', 'n', 'A', 'n');

    if (ask(of, what, 1, 2, &tag) != STATUS_SUCCESS)
        return 0;
    return keep(ExAllocatePoolWithTag(PagedPool, size, tag));
}

ENTRIES(from_answer, from_global, configure, computed, from_structure, from_call, from_parameter,
        partly, known, from_table)
