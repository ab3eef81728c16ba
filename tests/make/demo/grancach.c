/* grancach.c - a sample block cache that takes its memory once, when it starts, and keeps it: GrCb
 * is the largest tag of the machine and leaks nothing. */
#include "wdk.h"

#define BLOCK_TAG TAG('G', 'r', 'C', 'b')
#define INDEX_TAG TAG('G', 'r', 'I', 'x')

enum { BLOCKS = 9830, BLOCK_SIZE = 1 << 20, BUCKETS = 4096 };

typedef struct block {
    ULONGLONG sector;
    ULONG hits, state;
    UCHAR *data;
} block;

static block *blocks;
static ULONG *buckets;
static ULONG hand;
static DEVICE_OBJECT *device;

static void release(void)
{
    for (ULONG i = 0; blocks != 0 && i < BLOCKS; i++)
        if (blocks[i].data != 0)
            ExFreePoolWithTag(blocks[i].data, BLOCK_TAG);
    if (blocks != 0)
        ExFreePoolWithTag(blocks, INDEX_TAG);
    if (buckets != 0)
        ExFreePoolWithTag(buckets, INDEX_TAG);
    blocks = 0;
    buckets = 0;
}

static NTSTATUS reserve(void)
{
    blocks = ExAllocatePoolWithTag(NonPagedPoolNx, BLOCKS * sizeof *blocks, INDEX_TAG);
    buckets = ExAllocatePoolWithTag(NonPagedPoolNx, BUCKETS * sizeof *buckets, INDEX_TAG);
    if (blocks == 0 || buckets == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(blocks, 0, BLOCKS * sizeof *blocks);
    memset(buckets, 255, BUCKETS * sizeof *buckets);
    for (ULONG i = 0; i < BLOCKS; i++) {
        blocks[i].data = ExAllocatePoolWithTagPriority(NonPagedPoolNx, BLOCK_SIZE, BLOCK_TAG, 0);
        if (blocks[i].data == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

static block *find_block(ULONGLONG sector)
{
    const ULONG at = buckets[sector % BUCKETS];

    if (at >= BLOCKS || blocks[at].sector != sector)
        return 0;
    blocks[at].hits++;
    return &blocks[at];
}

/* The clock algorithm: pass over what was used since the hand last came by. */
NOINLINE block *NTAPI claim_block(ULONGLONG sector)
{
    block *found = find_block(sector);

    while (found == 0) {
        block *candidate = &blocks[hand];
        hand = (hand + 1) % BLOCKS;
        if (candidate->hits > 0) {
            candidate->hits /= 2;
            continue;
        }
        candidate->sector = sector;
        buckets[sector % BUCKETS] = (ULONG)(candidate - blocks);
        found = candidate;
    }
    return found;
}

static NTSTATUS NTAPI read(DEVICE_OBJECT *target, IRP *irp)
{
    const block *from = claim_block(irp->Information / 512);

    UNUSED(target);
    memcpy(irp->SystemBuffer, from->data, 512);
    irp->Status = STATUS_SUCCESS;
    IofCompleteRequest(irp, 1);
    return STATUS_SUCCESS;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    UNUSED(driver);
    release();
    IoDeleteDevice(device);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\GraniteCache");
    NTSTATUS status = reserve();

    UNUSED(key);
    if (status < 0) {
        release();
        return status;
    }
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_READ] = read;
    return IoCreateDevice(driver, 0, &name, 7, 0, 0, &device);
}
