/* wdk.h - as much of the kernel interface as the sample drivers call, declared here so that any
 * compiler for Windows builds them without a driver kit.  The drivers are read, never run. */
#ifndef SAMPLE_WDK_H
#define SAMPLE_WDK_H

#ifdef __cplusplus
#error "C only"
#endif

typedef unsigned char UCHAR, BOOLEAN;
typedef unsigned short USHORT, WCHAR;
typedef unsigned int ULONG;
typedef int LONG, NTSTATUS;
typedef unsigned long long ULONGLONG, ULONG64;
typedef long long LONGLONG;
#ifdef _WIN64
typedef unsigned long long SIZE_T, ULONG_PTR;
#else
typedef unsigned int SIZE_T, ULONG_PTR;
#endif
typedef void *PVOID, *HANDLE;

#define NTAPI __stdcall
#define IMPORT __declspec(dllimport)
#define NOINLINE __attribute__((noinline))
#define UNUSED(x) ((void)(x))

/* A tag as drivers write it: the characters in the order in which poolmon shows them. */
#define TAG(a, b, c, d) ((ULONG)(a) | (ULONG)(b) << 8 | (ULONG)(c) << 16 | (ULONG)(d) << 24)

#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)

typedef enum POOL_TYPE { NonPagedPool = 0, PagedPool = 1, NonPagedPoolNx = 512 } POOL_TYPE;
#define POOL_FLAG_UNINITIALIZED 0x02ULL
#define POOL_FLAG_NON_PAGED 0x40ULL
#define POOL_FLAG_PAGED 0x100ULL

typedef struct LIST_ENTRY {
    struct LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;

typedef struct UNICODE_STRING {
    USHORT Length, MaximumLength;
    const WCHAR *Buffer;
} UNICODE_STRING;

typedef struct DEVICE_OBJECT DEVICE_OBJECT;
typedef struct DRIVER_OBJECT DRIVER_OBJECT;
typedef struct IRP IRP;
typedef struct MDL MDL;

typedef NTSTATUS NTAPI DRIVER_DISPATCH(DEVICE_OBJECT *device, IRP *irp);
typedef void NTAPI DRIVER_UNLOAD(DRIVER_OBJECT *driver);

enum {
    IRP_MJ_CREATE = 0,
    IRP_MJ_CLOSE = 2,
    IRP_MJ_READ = 3,
    IRP_MJ_WRITE = 4,
    IRP_MJ_DEVICE_CONTROL = 14,
    IRP_MJ_MAXIMUM = 28
};

struct DEVICE_OBJECT {
    USHORT Type, Size;
    LONG ReferenceCount;
    DRIVER_OBJECT *DriverObject;
    DEVICE_OBJECT *NextDevice, *AttachedDevice;
    IRP *CurrentIrp;
    PVOID Timer;
    ULONG Flags, Characteristics;
    PVOID Vpb, DeviceExtension;
};

struct DRIVER_OBJECT {
    USHORT Type, Size;
    DEVICE_OBJECT *DeviceObject;
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection, DriverExtension;
    UNICODE_STRING DriverName;
    UNICODE_STRING *HardwareDatabase;
    PVOID FastIoDispatch, DriverInit, DriverStartIo;
    DRIVER_UNLOAD *DriverUnload;
    DRIVER_DISPATCH *MajorFunction[IRP_MJ_MAXIMUM];
};

struct IRP {
    USHORT Type, Size;
    MDL *MdlAddress;
    ULONG Flags;
    PVOID SystemBuffer;
    LIST_ENTRY ThreadListEntry;
    ULONG_PTR Status, Information;
};

#define UNICODE(text)                                                                              \
    {                                                                                              \
        sizeof(text) - 2, sizeof(text), text                                                       \
    }

/* Tagged allocation. */
IMPORT PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE pool, SIZE_T size, ULONG tag);
IMPORT PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE pool, SIZE_T size, ULONG tag);
IMPORT PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE pool, SIZE_T size, ULONG tag,
                                                 ULONG priority);
IMPORT PVOID NTAPI ExAllocatePool2(ULONG64 flags, SIZE_T size, ULONG tag);
IMPORT PVOID NTAPI ExAllocatePool3(ULONG64 flags, SIZE_T size, ULONG tag, const void *parameters,
                                   ULONG count);
IMPORT PVOID NTAPI FsRtlAllocatePoolWithTag(POOL_TYPE pool, ULONG size, ULONG tag);
IMPORT PVOID NTAPI FsRtlAllocatePoolWithQuotaTag(POOL_TYPE pool, ULONG size, ULONG tag);
IMPORT void NTAPI ExFreePoolWithTag(PVOID memory, ULONG tag);
IMPORT void NTAPI ExFreePool2(PVOID memory, ULONG tag, const void *parameters, ULONG count);

/* Without a tag. */
IMPORT PVOID NTAPI ExAllocatePool(POOL_TYPE pool, SIZE_T size);
IMPORT PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE pool, SIZE_T size);
IMPORT void NTAPI ExFreePool(PVOID memory);

/* Lists, reservations and locks that carry a tag. */
typedef struct LOOKASIDE {
    unsigned char opaque[256];
} LOOKASIDE;
IMPORT void NTAPI ExInitializeNPagedLookasideList(LOOKASIDE *list, PVOID allocate, PVOID release,
                                                  ULONG flags, SIZE_T size, ULONG tag,
                                                  USHORT depth);
IMPORT void NTAPI ExInitializePagedLookasideList(LOOKASIDE *list, PVOID allocate, PVOID release,
                                                 ULONG flags, SIZE_T size, ULONG tag, USHORT depth);
IMPORT NTSTATUS NTAPI ExInitializeLookasideListEx(LOOKASIDE *list, PVOID allocate, PVOID release,
                                                  POOL_TYPE pool, ULONG flags, SIZE_T size,
                                                  ULONG tag, USHORT depth);
IMPORT void NTAPI ExDeleteNPagedLookasideList(LOOKASIDE *list);
IMPORT PVOID NTAPI MmAllocateMappingAddress(SIZE_T size, ULONG tag);
IMPORT PVOID NTAPI MmAllocateMappingAddressEx(SIZE_T size, ULONG tag, ULONG flags);
IMPORT NTSTATUS NTAPI FsRtlAllocateExtraCreateParameter(const void *type, ULONG size, ULONG flags,
                                                        PVOID cleanup, ULONG tag, PVOID *context);
IMPORT void NTAPI FsRtlInitExtraCreateParameterLookasideList(PVOID list, ULONG flags, SIZE_T size,
                                                             ULONG tag);
IMPORT PVOID NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE pool, ULONG tag);
IMPORT void NTAPI IoInitializeRemoveLockEx(PVOID lock, ULONG tag, ULONG minutes, ULONG high,
                                           ULONG size);
IMPORT NTSTATUS NTAPI IoAcquireRemoveLockEx(PVOID lock, PVOID tag, const char *file, ULONG line,
                                            ULONG size);

/* Memory that Windows allocates for the caller, under a tag of its own. */
IMPORT IRP *NTAPI IoAllocateIrp(signed char stacks, BOOLEAN quota);
IMPORT void NTAPI IoFreeIrp(IRP *irp);
IMPORT MDL *NTAPI IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN quota,
                                IRP *irp);
IMPORT void NTAPI IoFreeMdl(MDL *mdl);
IMPORT void NTAPI MmBuildMdlForNonPagedPool(MDL *mdl);

/* The rest. */
IMPORT NTSTATUS NTAPI IoCreateDevice(DRIVER_OBJECT *driver, ULONG extension,
                                     const UNICODE_STRING *name, ULONG type, ULONG flags,
                                     BOOLEAN exclusive, DEVICE_OBJECT **device);
IMPORT void NTAPI IoDeleteDevice(DEVICE_OBJECT *device);
IMPORT LONG NTAPI KeSetEvent(PVOID event, LONG increment, BOOLEAN wait);
IMPORT void NTAPI KeInitializeEvent(PVOID event, ULONG type, BOOLEAN state);
IMPORT ULONG __cdecl DbgPrint(const char *format, ...);
IMPORT void NTAPI KeBugCheckEx(ULONG code, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d);
IMPORT NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PVOID routine, BOOLEAN remove);
IMPORT NTSTATUS NTAPI PsCreateSystemThread(HANDLE *thread, ULONG access, PVOID attributes,
                                           HANDLE process, PVOID client, PVOID routine,
                                           PVOID context);
IMPORT NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS status);
void *memcpy(void *to, const void *from, SIZE_T size);
void *memset(void *to, int byte, SIZE_T size);
IMPORT NTSTATUS NTAPI ZwClose(HANDLE handle);
#ifdef _WIN64
IMPORT void IofCompleteRequest(IRP *irp, signed char boost);
#endif

/* Structures that carry a tag. */
typedef struct NDIS_OBJECT_HEADER {
    UCHAR Type, Revision;
    USHORT Size;
} NDIS_OBJECT_HEADER;

typedef struct NET_BUFFER_LIST_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId;
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag, DataSize, Flags;
} NET_BUFFER_LIST_POOL_PARAMETERS;

typedef struct NET_BUFFER_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag, DataSize;
} NET_BUFFER_POOL_PARAMETERS;

typedef struct NDIS_TIMER_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    ULONG AllocationTag;
    PVOID TimerFunction, FunctionContext;
} NDIS_TIMER_CHARACTERISTICS;

enum {
    FLT_VOLUME_CONTEXT = 1,
    FLT_INSTANCE_CONTEXT = 2,
    FLT_STREAM_CONTEXT = 8,
    FLT_STREAMHANDLE_CONTEXT = 16,
    FLT_CONTEXT_END = 0xffff
};
#define FLT_VARIABLE_SIZED_CONTEXTS ((SIZE_T)-1)

typedef struct FLT_CONTEXT_REGISTRATION {
    USHORT ContextType, Flags;
    PVOID ContextCleanupCallback;
    SIZE_T Size;
    ULONG PoolTag;
    PVOID ContextAllocateCallback, ContextFreeCallback, Reserved1;
} FLT_CONTEXT_REGISTRATION;

typedef struct FLT_REGISTRATION {
    USHORT Size, Version;
    ULONG Flags;
    const FLT_CONTEXT_REGISTRATION *ContextRegistration;
    const void *OperationRegistration;
    PVOID Callbacks[12];
} FLT_REGISTRATION;

IMPORT HANDLE NTAPI NdisAllocateNetBufferListPool(HANDLE ndis,
                                                  const NET_BUFFER_LIST_POOL_PARAMETERS *from);
IMPORT HANDLE NTAPI NdisAllocateNetBufferPool(HANDLE ndis, const NET_BUFFER_POOL_PARAMETERS *from);
IMPORT LONG NTAPI NdisAllocateTimerObject(HANDLE ndis, const NDIS_TIMER_CHARACTERISTICS *from,
                                          HANDLE *timer);

/* The filter manager, NDIS, StorPort, and the display's two. */
IMPORT PVOID NTAPI FltAllocatePoolAlignedWithTag(PVOID instance, POOL_TYPE pool, SIZE_T size,
                                                 ULONG tag);
IMPORT void NTAPI FltFreePoolAlignedWithTag(PVOID instance, PVOID memory, ULONG tag);
IMPORT NTSTATUS NTAPI FltRegisterFilter(DRIVER_OBJECT *driver, const void *registration,
                                        PVOID *filter);
IMPORT NTSTATUS NTAPI FltStartFiltering(PVOID filter);
IMPORT void NTAPI FltUnregisterFilter(PVOID filter);
IMPORT NTSTATUS NTAPI FltAllocateExtraCreateParameter(PVOID filter, const void *type, ULONG size,
                                                      ULONG flags, PVOID cleanup, ULONG tag,
                                                      PVOID *context);
IMPORT void NTAPI FltInitExtraCreateParameterLookasideList(PVOID filter, PVOID list, ULONG flags,
                                                           SIZE_T size, ULONG tag);
IMPORT LONG NTAPI NdisAllocateMemoryWithTag(PVOID *memory, ULONG size, ULONG tag);
IMPORT PVOID NTAPI NdisAllocateMemoryWithTagPriority(HANDLE adapter, ULONG size, ULONG tag,
                                                     ULONG priority);
IMPORT LONG NTAPI NdisAllocateMemory(PVOID *memory, ULONG size, ULONG flags, LONGLONG highest);
IMPORT void NTAPI NdisInitializeNPagedLookasideList(LOOKASIDE *list, PVOID allocate, PVOID release,
                                                    ULONG flags, ULONG size, ULONG tag,
                                                    USHORT depth);
IMPORT PVOID NTAPI NdisAllocateGenericObject(DRIVER_OBJECT *driver, ULONG tag, USHORT size);
IMPORT LONG NTAPI NdisAllocateCloneOidRequest(HANDLE source, PVOID request, ULONG tag,
                                              PVOID *clone);
IMPORT void NTAPI NdisFreeMemory(PVOID memory, ULONG size, ULONG flags);
IMPORT ULONG __cdecl StorPortExtendedFunction(ULONG function, PVOID extension, ...);
IMPORT PVOID NTAPI VideoPortAllocatePool(PVOID extension, ULONG pool, SIZE_T size, ULONG tag);
IMPORT PVOID NTAPI EngAllocMem(ULONG flags, ULONG size, ULONG tag);
IMPORT PVOID NTAPI EngAllocUserMem(SIZE_T size, ULONG tag);

#endif
