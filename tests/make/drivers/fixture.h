/* fixture.h - what the call-site fixtures share: an entry point whose table makes every function
 * reachable as drivers make theirs, by its address. */
#ifndef SAMPLE_FIXTURE_H
#define SAMPLE_FIXTURE_H

#include "wdk.h"

static volatile PVOID kept;

/* Use a value after a call, so that the call is no tail call. */
static inline PVOID keep(PVOID value)
{
    kept = value;
    return value;
}

#define ENTRIES(...)                                                                               \
    static const PVOID entries[] = {__VA_ARGS__};                                                  \
    NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)                   \
    {                                                                                              \
        UNUSED(key);                                                                               \
        for (ULONG i = 0; i < sizeof entries / sizeof *entries; i++)                               \
            driver->MajorFunction[i % IRP_MJ_MAXIMUM] = (DRIVER_DISPATCH *)entries[i];             \
        return STATUS_SUCCESS;                                                                     \
    }

#endif
