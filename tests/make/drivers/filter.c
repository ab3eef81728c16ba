/* filter.c - a filter's contexts: their tags stand in a list that its registration points to. */
#include "fixture.h"

static PVOID filter;

void NTAPI clean_up(PVOID context, USHORT type) { DbgPrint("%p %u\n", context, type); }

PVOID NTAPI allocate(POOL_TYPE pool, SIZE_T size, USHORT type)
{
    UNUSED(type);
/* truth: constant ExAllocatePoolWithTag FcOw */
    return keep(ExAllocatePoolWithTag(pool, size, TAG('F', 'c', 'O', 'w')));
}

void NTAPI release(PVOID context, USHORT type)
{
    UNUSED(type);
/* truth: frees ExFreePoolWithTag FcOw */
    ExFreePoolWithTag(context, TAG('F', 'c', 'O', 'w'));
    keep(context);
}

/* truth: constant FltRegisterFilter FcVo */
/* truth: constant FltRegisterFilter FcIn */
/* truth: constant FltRegisterFilter FcSt */
static const FLT_CONTEXT_REGISTRATION contexts[] = {
    {FLT_VOLUME_CONTEXT, 0, (PVOID)clean_up, 64, TAG('F', 'c', 'V', 'o'), 0, 0, 0},
    {FLT_INSTANCE_CONTEXT, 0, 0, 128, TAG('F', 'c', 'I', 'n'), 0, 0, 0},
    {FLT_STREAM_CONTEXT, 1, 0, FLT_VARIABLE_SIZED_CONTEXTS, TAG('F', 'c', 'S', 't'), 0, 0, 0},
    {FLT_CONTEXT_END, 0, 0, 0, 0, 0, 0, 0},
};
static const FLT_REGISTRATION registration = {
    .Size = sizeof registration, .Version = 0x203, .ContextRegistration = contexts};

NTSTATUS NTAPI start(DRIVER_OBJECT *driver)
{
    return FltRegisterFilter(driver, &registration, &filter);
}

/* Writable, and with an allocator of its own for one of the contexts. */
/* truth: constant FltRegisterFilter FcWr */
/* truth: unknown FltRegisterFilter - */
static FLT_CONTEXT_REGISTRATION more_contexts[] = {
    {FLT_STREAMHANDLE_CONTEXT, 0, 0, 32, TAG('F', 'c', 'W', 'r'), 0, 0, 0},
    {FLT_VOLUME_CONTEXT, 0, 0, 64, TAG('F', 'c', 'X', '1'), (PVOID)allocate, (PVOID)release, 0},
    {FLT_CONTEXT_END, 0, 0, 0, 0, 0, 0, 0},
    {FLT_STREAM_CONTEXT, 0, 0, 64, TAG('F', 'c', 'X', '2'), 0, 0, 0},
};

NTSTATUS NTAPI start_made_up(DRIVER_OBJECT *driver)
{
    FLT_REGISTRATION made;

    memset(&made, 0, sizeof made);
    made.Size = sizeof made;
    made.Version = 0x203;
    made.ContextRegistration = more_contexts;
    made.Callbacks[0] = (PVOID)clean_up;
    return FltRegisterFilter(driver, &made, &filter);
}

ENTRIES(start, start_made_up, clean_up, allocate, release)
