/* kmdf.c - a driver of the framework whose table of functions is behind a pointer. */
#define WDF_FUNCTIONS 444
#include "fixture.h"
#include "wdf.h"

NTSTATUS NTAPI add_device(PVOID driver, PVOID init)
{
    DbgPrint("%p %p\n", driver, init);
    return STATUS_SUCCESS;
}

/* truth: constant WdfMemoryCreate KmM1 */
NTSTATUS NTAPI memory_1(SIZE_T size, PVOID *made)
{
    NTSTATUS status = WdfMemoryCreate(NonPagedPoolNx, TAG('K', 'm', 'M', '1'), size, made);

    keep(made);
    return status;
}

/* truth: constant WdfMemoryCreate KmM2 */
/* truth: constant WdfMemoryCreate KmM3 */
NTSTATUS NTAPI memory_2(PVOID *made)
{
    NTSTATUS status = WdfMemoryCreate(PagedPool, TAG('K', 'm', 'M', '2'), 512, &made[0]);

    if (status >= 0)
        status = WdfMemoryCreate(PagedPool, TAG('K', 'm', 'M', '3'), 1024, &made[1]);
    keep(made);
    return status;
}

/* The last act of a function. */
/* truth: constant WdfLookasideListCreate KmLk */
NTSTATUS NTAPI lookaside(PVOID *made)
{
    return WdfLookasideListCreate(256, PagedPool, TAG('K', 'm', 'L', 'k'), made);
}

/* The framework's function is not inlined. */
/* truth: wrapper1 WdfMemoryCreate KmS1 */
/* truth: wrapper1 WdfMemoryCreate KmS2 */
NOINLINE NTSTATUS NTAPI stub(POOL_TYPE pool, ULONG tag, SIZE_T size, PVOID *made)
{
    return WdfMemoryCreate(pool, tag, size, made);
}

NTSTATUS NTAPI use_stub_1(PVOID *made)
{
    NTSTATUS status = stub(NonPagedPoolNx, TAG('K', 'm', 'S', '1'), 64, made);

    keep(made);
    return status;
}

NTSTATUS NTAPI use_stub_2(SIZE_T size, PVOID *made)
{
    return stub(PagedPool, TAG('K', 'm', 'S', '2'), size, made);
}

static const PVOID others[] = {memory_1, memory_2, lookaside, stub, use_stub_1, use_stub_2};

/* truth: constant WdfDriverCreate KmDr */
NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    WDF_DRIVER_CONFIG config;
    NTSTATUS status = WdfVersionBind(driver, key, &wdf_bind, &wdf_globals);

    if (status < 0)
        return status;
    for (ULONG i = 0; i < sizeof others / sizeof *others; i++)
        keep(others[i]);
    WDF_DRIVER_CONFIG_INIT(&config, (PVOID)add_device);
    config.DriverPoolTag = TAG('K', 'm', 'D', 'r');
    status = WdfDriverCreate(driver, key, &config);
    if (status < 0)
        WdfVersionUnbind(key, &wdf_bind, wdf_globals);
    return status;
}
