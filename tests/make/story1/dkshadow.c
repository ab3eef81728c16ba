/* dkshadow.c - a sample defragmenter's helper that records moved extents under LkaL and frees only
 * those that it is asked about again. */
#include "wdk.h"

#define EXTENT_TAG TAG('L', 'k', 'a', 'L')

typedef struct extent {
    LIST_ENTRY link;
    ULONGLONG from, to;
    ULONG clusters;
    UCHAR bitmap[976];
} extent;

static LIST_ENTRY extents = {&extents, &extents};
static DEVICE_OBJECT *device;

NOINLINE NTSTATUS NTAPI record_move(ULONGLONG from, ULONGLONG to, ULONG clusters)
{
    extent *moved = ExAllocatePoolWithTag(NonPagedPool, sizeof *moved, EXTENT_TAG);

    if (moved == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(moved, 0, sizeof *moved);
    moved->from = from;
    moved->to = to;
    moved->clusters = clusters;
    moved->link.Flink = extents.Flink;
    moved->link.Blink = &extents;
    extents.Flink->Blink = &moved->link;
    extents.Flink = &moved->link;
    return STATUS_SUCCESS;
}

NOINLINE ULONGLONG NTAPI look_up(ULONGLONG from)
{
    for (LIST_ENTRY *at = extents.Flink; at != &extents; at = at->Flink) {
        extent *moved = (extent *)at;
        const ULONGLONG to = moved->to;
        if (moved->from != from)
            continue;
        at->Blink->Flink = at->Flink;
        at->Flink->Blink = at->Blink;
        ExFreePoolWithTag(moved, EXTENT_TAG);
        return to;
    }
    return from;
}

static NTSTATUS NTAPI control(DEVICE_OBJECT *target, IRP *irp)
{
    const ULONGLONG *move = irp->SystemBuffer;
    NTSTATUS status = record_move(move[0], look_up(move[1]), (ULONG)move[2]);

    UNUSED(target);
    irp->Status = (ULONG_PTR)status;
    IofCompleteRequest(irp, 0);
    return status;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    UNUSED(driver);
    IoDeleteDevice(device);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\DkShadow");

    UNUSED(key);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    return IoCreateDevice(driver, 0, &name, 34, 0, 0, &device);
}
