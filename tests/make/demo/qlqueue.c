/* qlqueue.c - a sample network queue that takes all its memory through one wrapper, which is given
 * the tag: QlQe for queues, QlPk for packets. */
#include "wdk.h"

#define QUEUE_TAG TAG('Q', 'l', 'Q', 'e')
#define PACKET_TAG TAG('Q', 'l', 'P', 'k')

typedef struct packet {
    LIST_ENTRY link;
    ULONG length;
    UCHAR data[1514];
} packet;

typedef struct queue {
    LIST_ENTRY packets;
    ULONG count, limit, dropped;
    UCHAR event[24];
} queue;

static ULONG allocations, failures;
static queue *queues[16];
static DEVICE_OBJECT *device;

static NOINLINE PVOID take_memory(ULONG tag, SIZE_T size, BOOLEAN paged)
{
    PVOID memory = ExAllocatePool2(paged ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, size, tag);

    if (memory != 0)
        allocations++;
    else
        failures++;
    return memory;
}

static NOINLINE void give_back(PVOID memory, ULONG tag)
{
    allocations--;
    ExFreePoolWithTag(memory, tag);
}

NOINLINE queue *NTAPI open_queue(ULONG index, ULONG limit)
{
    queue *opened = take_memory(QUEUE_TAG, sizeof *opened, 0);

    if (opened == 0)
        return 0;
    opened->packets.Flink = opened->packets.Blink = &opened->packets;
    opened->limit = limit;
    KeInitializeEvent(opened->event, 1, 0);
    queues[index % 16] = opened;
    return opened;
}

NOINLINE NTSTATUS NTAPI put_packet(queue *into, const void *data, ULONG length)
{
    packet *copy;

    if (length > sizeof copy->data)
        return STATUS_BUFFER_TOO_SMALL;
    if (into->count >= into->limit) {
        into->dropped++;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    copy = take_memory(PACKET_TAG, sizeof *copy, 0);
    if (copy == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy->length = length;
    memcpy(copy->data, data, length);
    copy->link.Flink = &into->packets;
    copy->link.Blink = into->packets.Blink;
    into->packets.Blink->Flink = &copy->link;
    into->packets.Blink = &copy->link;
    into->count++;
    KeSetEvent(into->event, 0, 0);
    return STATUS_SUCCESS;
}

NOINLINE ULONG NTAPI get_packet(queue *from, void *data, ULONG room)
{
    packet *first = (packet *)from->packets.Flink;
    ULONG length;

    if (&first->link == &from->packets)
        return 0;
    length = first->length < room ? first->length : room;
    memcpy(data, first->data, length);
    from->packets.Flink = first->link.Flink;
    first->link.Flink->Blink = &from->packets;
    from->count--;
    give_back(first, PACKET_TAG);
    return length;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    UNUSED(driver);
    for (ULONG i = 0; i < 16; i++) {
        UCHAR scratch[64];
        if (queues[i] == 0)
            continue;
        while (get_packet(queues[i], scratch, sizeof scratch) != 0) {}
        give_back(queues[i], QUEUE_TAG);
    }
    IoDeleteDevice(device);
}

static NTSTATUS NTAPI write(DEVICE_OBJECT *target, IRP *irp)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    UNUSED(target);
    if (queues[0] != 0 || open_queue(0, 4096) != 0)
        status = put_packet(queues[0], irp->SystemBuffer, (ULONG)irp->Information);
    irp->Status = (ULONG_PTR)status;
    IofCompleteRequest(irp, 0);
    return status;
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\QuillQueue");

    UNUSED(key);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_WRITE] = write;
    return IoCreateDevice(driver, 0, &name, 34, 0, 0, &device);
}
