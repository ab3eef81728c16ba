/* kmdfold.c - a driver of an older framework, whose table of functions is its own; without a tag. */
#define WDF_FUNCTIONS 396
#include "fixture.h"
#include "wdf.h"

NTSTATUS NTAPI add_device(PVOID driver, PVOID init)
{
    DbgPrint("%p %p\n", driver, init);
    return STATUS_SUCCESS;
}

/* truth: constant WdfMemoryCreate KoM1 */
NTSTATUS NTAPI memory_1(SIZE_T size, PVOID *made)
{
    NTSTATUS status = WdfMemoryCreate(NonPagedPoolNx, TAG('K', 'o', 'M', '1'), size, made);

    keep(made);
    return status;
}

/* truth: constant WdfMemoryCreate KoM2 */
/* truth: constant WdfMemoryCreate KoM3 */
NTSTATUS NTAPI memory_2(PVOID *made)
{
    NTSTATUS status = WdfMemoryCreate(PagedPool, TAG('K', 'o', 'M', '2'), 512, &made[0]);

    if (status >= 0)
        status = WdfMemoryCreate(PagedPool, TAG('K', 'o', 'M', '3'), 1024, &made[1]);
    keep(made);
    return status;
}

/* The last act of a function. */
/* truth: constant WdfLookasideListCreate KoLk */
NTSTATUS NTAPI lookaside(PVOID *made)
{
    return WdfLookasideListCreate(256, PagedPool, TAG('K', 'o', 'L', 'k'), made);
}

/* The framework's function is not inlined. */
/* truth: wrapper1 WdfMemoryCreate KoS1 */
/* truth: wrapper1 WdfMemoryCreate KoS2 */
NOINLINE NTSTATUS NTAPI stub(POOL_TYPE pool, ULONG tag, SIZE_T size, PVOID *made)
{
    return WdfMemoryCreate(pool, tag, size, made);
}

NTSTATUS NTAPI use_stub_1(PVOID *made)
{
    NTSTATUS status = stub(NonPagedPoolNx, TAG('K', 'o', 'S', '1'), 64, made);

    keep(made);
    return status;
}

NTSTATUS NTAPI use_stub_2(SIZE_T size, PVOID *made)
{
    return stub(PagedPool, TAG('K', 'o', 'S', '2'), size, made);
}

static const PVOID others[] = {memory_1, memory_2, lookaside, stub, use_stub_1, use_stub_2};

/* truth: unknown WdfDriverCreate - */
NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    WDF_DRIVER_CONFIG config;
    NTSTATUS status = WdfVersionBind(driver, key, &wdf_bind, &wdf_globals);

    if (status < 0)
        return status;
    for (ULONG i = 0; i < sizeof others / sizeof *others; i++)
        keep(others[i]);
    WDF_DRIVER_CONFIG_INIT(&config, (PVOID)add_device);
    status = WdfDriverCreate(driver, key, &config);
    if (status < 0)
        WdfVersionUnbind(key, &wdf_bind, wdf_globals);
    return status;
}
