/* computed.c - tags put together from parts, some of them not constant. */
#include "fixture.h"

static ULONG instances;
static ULONG pool_tag = TAG('C', 'p', 'G', '1');
static ULONG late_tag;
static const struct {
    ULONG kind, tag;
} kinds[] = {{1, TAG('C', 'p', 'K', '0')},
             {2, TAG('C', 'p', 'K', '1')},
             {4, TAG('C', 'p', 'K', '2')},
             {8, TAG('C', 'p', 'K', '3')}};

/* Characters joined by hand; the compiler may or may not fold them. */
/* truth: constant ExAllocatePoolWithTag CpSp */
PVOID NTAPI split(SIZE_T size)
{
    volatile ULONG unrelated = 0;
    ULONG tag = 'C';

    tag |= (ULONG)'p' << 8;
    unrelated = tag;
    tag |= (ULONG)'S' << 16;
    tag |= (ULONG)'p' << 24;
    UNUSED(unrelated);
    return keep(ExAllocatePoolWithTag(PagedPool, size, tag));
}

/* truth: constant ExAllocatePool2 CpRo */
PVOID NTAPI rotated(SIZE_T size)
{
    ULONG tag = TAG('R', 'o', 'C', 'p');

    tag = tag << 16 | tag >> 16;
    return keep(ExAllocatePool2(POOL_FLAG_PAGED, size, tag));
}

/* Only the last character is not known. */
/* truth: template ExAllocatePoolWithTag Cp0? */
PVOID NTAPI digit(SIZE_T size)
{
    const ULONG tag = TAG('C', 'p', '0', 0) | (ULONG)('0' + (instances++ & 7)) << 24;

    return keep(ExAllocatePoolWithTag(PagedPool, size, tag));
}

/* Or one in the middle. */
/* truth: template ExAllocatePoolWithTag Cm?x */
PVOID NTAPI middle(SIZE_T size, UCHAR letter)
{
    const ULONG tag = TAG('C', 'm', 0, 'x') | (ULONG)(letter & 0x7f) << 16;

    return keep(ExAllocatePoolWithTag(NonPagedPoolNx, size, tag));
}

/* A variable that nothing writes to. */
/* truth: partly ExAllocatePoolWithTag CpG1 */
PVOID NTAPI from_variable(SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(PagedPool, size, *(volatile ULONG *)&pool_tag));
}

/* A variable that only constants are written to. */
/* truth: partly ExAllocatePoolWithQuotaTag CpL1 */
/* truth: partly ExAllocatePoolWithQuotaTag CpL2 */
void NTAPI set_up(BOOLEAN first)
{
    if (first)
        late_tag = TAG('C', 'p', 'L', '1');
    else
        late_tag = TAG('C', 'p', 'L', '2');
    DbgPrint("set\n");
}

PVOID NTAPI from_late(SIZE_T size)
{
    return keep(ExAllocatePoolWithQuotaTag(PagedPool, size, late_tag));
}

/* A table of structures. */
/* truth: table ExAllocatePoolWithTag CpK0 */
/* truth: table ExAllocatePoolWithTag CpK1 */
/* truth: table ExAllocatePoolWithTag CpK2 */
/* truth: table ExAllocatePoolWithTag CpK3 */
PVOID NTAPI from_kinds(ULONG kind, SIZE_T size)
{
    return keep(ExAllocatePoolWithTag(PagedPool, size * kinds[kind & 3].kind, kinds[kind & 3].tag));
}

/* One case for each tag: compilers make a table of numbers of it. */
/* truth: table ExAllocatePoolWithTag CpW0 */
/* truth: table ExAllocatePoolWithTag CpW1 */
/* truth: table ExAllocatePoolWithTag CpW2 */
/* truth: table ExAllocatePoolWithTag CpW3 */
/* truth: table ExAllocatePoolWithTag CpW4 */
/* truth: table ExAllocatePoolWithTag CpW5 */
/* truth: table ExAllocatePoolWithTag CpWx */
PVOID NTAPI from_switch(ULONG kind, SIZE_T size)
{
    ULONG tag;

    switch (kind) {
    case 0:
        tag = TAG('C', 'p', 'W', '0');
        break;
    case 1:
        tag = TAG('C', 'p', 'W', '1');
        break;
    case 2:
        tag = TAG('C', 'p', 'W', '2');
        break;
    case 3:
        tag = TAG('C', 'p', 'W', '3');
        break;
    case 4:
        tag = TAG('C', 'p', 'W', '4');
        break;
    case 5:
        tag = TAG('C', 'p', 'W', '5');
        break;
    default:
        tag = TAG('C', 'p', 'W', 'x');
        break;
    }
    return keep(ExAllocatePoolWithTag(PagedPool, size, tag));
}

/* Put together in memory, a byte or a half at a time. */
/* truth: constant ExAllocatePoolWithTag CpB1 */
/* truth: constant ExAllocatePoolWithTag CpH1 */
PVOID NTAPI from_bytes(SIZE_T size)
{
    volatile union {
        ULONG tag;
        USHORT halves[2];
        UCHAR bytes[4];
    } made;

    made.bytes[0] = 'C';
    made.bytes[1] = 'p';
    made.bytes[2] = 'B';
    made.bytes[3] = '1';
    keep(ExAllocatePoolWithTag(PagedPool, size, made.tag));
    made.halves[0] = 'C' | 'p' << 8;
    made.halves[1] = 'H' | '1' << 8;
    return keep(ExAllocatePoolWithTag(PagedPool, size, made.tag));
}

/* Some element of the array was overwritten, perhaps the last one. */
/* truth: partly ExAllocatePoolWithTag CpA3 */
PVOID NTAPI from_array(ULONG kind, ULONG other, SIZE_T size)
{
    volatile ULONG tags[3] = {TAG('C', 'p', 'A', '1'), TAG('C', 'p', 'A', '2'),
                              TAG('C', 'p', 'A', '3')};

    if (kind < 3)
        tags[kind] = other;
    return keep(ExAllocatePoolWithTag(PagedPool, size, tags[2]));
}

ENTRIES(split, rotated, digit, middle, from_variable, set_up, from_late, from_kinds, from_switch,
        from_bytes, from_array)
