/* oldport.c - a sample driver of the old kind: the default tag Ddk, the tags of a statically linked
 * security library, a lookaside list, and one allocation without a tag. */
#include "wdk.h"

#define DEFAULT_TAG TAG('D', 'd', 'k', ' ')
#define REQUEST_TAG TAG('O', 'p', 'R', 'q')

typedef struct request {
    LIST_ENTRY link;
    ULONG code, length;
    UCHAR data[232];
} request;

static LOOKASIDE requests;
static UCHAR *ports[4];
static PVOID names;
static DEVICE_OBJECT *device;

/* As the library does when it turns a descriptor's text into a descriptor. */
NOINLINE PVOID NTAPI build_descriptor(const WCHAR *text, ULONG length)
{
    UCHAR *acl = ExAllocatePoolWithTag(PagedPool, length * 4, TAG('S', 'e', 'A', 'l'));
    UCHAR *descriptor;

    if (acl == 0)
        return 0;
    descriptor = ExAllocatePoolWithTag(PagedPool, length * 4 + 20, TAG('S', 'e', 'S', 'd'));
    if (descriptor != 0) {
        descriptor[0] = 1;
        for (ULONG i = 0; i < length; i++)
            descriptor[20 + i] = (UCHAR)(text[i] ^ acl[i]);
    }
    ExFreePoolWithTag(acl, TAG('S', 'e', 'A', 'l'));
    return descriptor;
}

static NTSTATUS NTAPI control(DEVICE_OBJECT *target, IRP *irp)
{
    static const WCHAR text[] = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)";
    const ULONG port = (ULONG)irp->Information & 3;
    NTSTATUS status = STATUS_SUCCESS;
    PVOID descriptor;

    UNUSED(target);
    if (ports[port] == 0)
        ports[port] = ExAllocatePoolWithTag(NonPagedPool, 512, DEFAULT_TAG);
    descriptor = build_descriptor(text, sizeof text / 2);
    if (descriptor == 0 || ports[port] == 0)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (descriptor != 0)
        ExFreePoolWithTag(descriptor, TAG('S', 'e', 'S', 'd'));
    irp->Status = (ULONG_PTR)status;
    IofCompleteRequest(irp, 0);
    return status;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    UNUSED(driver);
    for (ULONG i = 0; i < 4; i++)
        if (ports[i] != 0)
            ExFreePoolWithTag(ports[i], DEFAULT_TAG);
    if (names != 0)
        ExFreePool(names);
    ExDeleteNPagedLookasideList(&requests);
    IoDeleteDevice(device);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\OldPort");

    UNUSED(key);
    ExInitializeNPagedLookasideList(&requests, 0, 0, 0, sizeof(request), REQUEST_TAG, 0);
    names = ExAllocatePool(PagedPool, 1024);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    return IoCreateDevice(driver, 0, &name, 27, 0, 0, &device);
}
