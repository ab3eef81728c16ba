/* structs.c - tags in structures: on the stack, in constant and in writable data, through functions. */
#include "fixture.h"

static const NET_BUFFER_LIST_POOL_PARAMETERS constant_list = {
    .Header = {0x80, 1, sizeof constant_list}, .PoolTag = TAG('S', 't', 'L', 'c'), .DataSize = 64};
static NET_BUFFER_POOL_PARAMETERS writable_buffers = {
    .Header = {0x80, 1, sizeof writable_buffers}, .PoolTag = TAG('S', 't', 'B', 'w')};
static NET_BUFFER_LIST_POOL_PARAMETERS filled_list;

/* truth: constant NdisAllocateNetBufferListPool StLs */
PVOID NTAPI list_on_stack(HANDLE ndis)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    memset(&parameters, 0, sizeof parameters);
    parameters.Header.Type = 0x80;
    parameters.Header.Revision = 1;
    parameters.Header.Size = sizeof parameters;
    parameters.fAllocateNetBuffer = 1;
    parameters.PoolTag = TAG('S', 't', 'L', 's');
    parameters.DataSize = 1514;
    return keep(NdisAllocateNetBufferListPool(ndis, &parameters));
}

/* Initialised all at once. */
/* truth: constant NdisAllocateNetBufferListPool StLi */
PVOID NTAPI list_initialised(HANDLE ndis, ULONG size)
{
    const NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {0x80, 1, sizeof parameters}, .PoolTag = TAG('S', 't', 'L', 'i'), .DataSize = size};

    return keep(NdisAllocateNetBufferListPool(ndis, &parameters));
}

/* truth: constant NdisAllocateNetBufferListPool StLc */
PVOID NTAPI list_constant(HANDLE ndis)
{
    return keep(NdisAllocateNetBufferListPool(ndis, &constant_list));
}

/* truth: constant NdisAllocateNetBufferListPool StLf */
PVOID NTAPI list_filled(HANDLE ndis, ULONG size)
{
    filled_list.Header.Type = 0x80;
    filled_list.Header.Size = sizeof filled_list;
    filled_list.PoolTag = TAG('S', 't', 'L', 'f');
    filled_list.DataSize = size;
    return keep(NdisAllocateNetBufferListPool(ndis, &filled_list));
}

/* truth: constant NdisAllocateNetBufferPool StBw */
PVOID NTAPI buffers_writable(HANDLE ndis)
{
    return keep(NdisAllocateNetBufferPool(ndis, &writable_buffers));
}

/* truth: constant NdisAllocateNetBufferPool StBs */
PVOID NTAPI buffers_on_stack(HANDLE ndis, ULONG size)
{
    NET_BUFFER_POOL_PARAMETERS parameters;

    parameters.Header.Type = 0x80;
    parameters.Header.Revision = 1;
    parameters.Header.Size = sizeof parameters;
    parameters.DataSize = size;
    parameters.PoolTag = TAG('S', 't', 'B', 's');
    return keep(NdisAllocateNetBufferPool(ndis, &parameters));
}

void NTAPI on_timer(PVOID context) { keep(context); }

/* truth: constant NdisAllocateTimerObject StTm */
LONG NTAPI timer(HANDLE ndis, HANDLE *made)
{
    NDIS_TIMER_CHARACTERISTICS timer;
    LONG status;

    memset(&timer, 0, sizeof timer);
    timer.Header.Size = sizeof timer;
    timer.AllocationTag = TAG('S', 't', 'T', 'm');
    timer.TimerFunction = (PVOID)on_timer;
    timer.FunctionContext = made;
    status = NdisAllocateTimerObject(ndis, &timer, made);
    keep(made);
    return status;
}

/* A function that is given the API's structure. */
/* truth: wrapper1 NdisAllocateNetBufferPool StWs */
NOINLINE PVOID NTAPI take_buffers(HANDLE ndis, const NET_BUFFER_POOL_PARAMETERS *parameters)
{
    PVOID pool = NdisAllocateNetBufferPool(ndis, parameters);

    if (pool == 0)
        DbgPrint("no pool of %u\n", parameters->DataSize);
    return pool;
}

PVOID NTAPI use_take_buffers(HANDLE ndis, ULONG size)
{
    const NET_BUFFER_POOL_PARAMETERS parameters = {{0x80, 1, sizeof parameters},
                                                   TAG('S', 't', 'W', 's'), size};

    return keep(take_buffers(ndis, &parameters));
}

/* A structure of the driver's own. */
/* truth: wrapper1 ExAllocatePoolWithTag StF1 */
/* truth: wrapper1 ExAllocatePoolWithTag StF2 */
typedef struct request {
    SIZE_T size;
    POOL_TYPE pool;
    ULONG tag;
} request;

static const request constant_request = {96, PagedPool, TAG('S', 't', 'F', '1')};

NOINLINE PVOID NTAPI take_request(const request *from)
{
    PVOID memory = ExAllocatePoolWithTag(from->pool, from->size, from->tag);

    if (memory == 0)
        DbgPrint("no memory: %u\n", (ULONG)from->size);
    return memory;
}

PVOID NTAPI use_request_1(void) { return keep(take_request(&constant_request)); }

PVOID NTAPI use_request_2(SIZE_T size)
{
    const request made = {size, NonPagedPoolNx, TAG('S', 't', 'F', '2')};

    return keep(take_request(&made));
}

/* The tag goes into a structure in one function and out of it in another. */
/* truth: wrapper2 ExAllocatePoolWithTag StG1 */
/* truth: wrapper2 ExAllocatePoolWithTag StG2 */
NOINLINE PVOID NTAPI take_by_request(SIZE_T size, ULONG tag)
{
    request made;

    made.size = size;
    made.pool = PagedPool;
    made.tag = tag;
    return keep(take_request(&made));
}

PVOID NTAPI use_by_request_1(SIZE_T size)
{
    return keep(take_by_request(size, TAG('S', 't', 'G', '1')));
}

PVOID NTAPI use_by_request_2(void) { return keep(take_by_request(80, TAG('S', 't', 'G', '2'))); }

ENTRIES(list_on_stack, list_initialised, list_constant, list_filled, buffers_writable,
        buffers_on_stack, timer, take_buffers, use_take_buffers, use_request_1, use_request_2,
        use_by_request_1, use_by_request_2)
