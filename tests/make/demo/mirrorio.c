/* mirrorio.c - a sample mirror that asks Windows for IRPs and MDLs and gives each one back. */
#include "wdk.h"

#define OWN_TAG TAG('M', 'r', 'I', 'o')

typedef struct mirror {
    DEVICE_OBJECT *legs[2];
    ULONG errors[2];
    UCHAR *scratch;
} mirror;

static DEVICE_OBJECT *device;

NOINLINE NTSTATUS NTAPI copy_to_leg(mirror *of, ULONG leg, PVOID data, ULONG length)
{
    IRP *irp = IoAllocateIrp(2, 0);
    MDL *mdl;

    if (irp == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    mdl = IoAllocateMdl(data, length, 0, 0, irp);
    if (mdl == 0) {
        IoFreeIrp(irp);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(mdl);
    irp->Information = length;
    if (of->legs[leg] == 0)
        of->errors[leg]++;
    IoFreeMdl(mdl);
    IoFreeIrp(irp);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI write(DEVICE_OBJECT *target, IRP *irp)
{
    mirror *of = target->DeviceExtension;
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG leg = 0; leg < 2 && status >= 0; leg++)
        status = copy_to_leg(of, leg, irp->SystemBuffer, (ULONG)irp->Information);
    irp->Status = (ULONG_PTR)status;
    IofCompleteRequest(irp, 0);
    return status;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    mirror *of = device->DeviceExtension;

    UNUSED(driver);
    ExFreePoolWithTag(of->scratch, OWN_TAG);
    IoDeleteDevice(device);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\MirrorIo");
    NTSTATUS status = IoCreateDevice(driver, sizeof(mirror), &name, 7, 0, 0, &device);
    mirror *of;

    UNUSED(key);
    if (status < 0)
        return status;
    of = device->DeviceExtension;
    of->scratch = ExAllocatePoolWithTag(NonPagedPoolNx, 65536, OWN_TAG);
    if (of->scratch == 0) {
        IoDeleteDevice(device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_WRITE] = write;
    return STATUS_SUCCESS;
}
