/* kernel.c - the data of a made-up kernel: the variables that describe pool, modules and processors, with the
 * types that a public PDB has of them.  BUILD chooses the layouts.  The functions are in kernel.lua. */
#if defined(__x86_64__) || defined(__aarch64__)
#define WIDE 1
typedef unsigned long long SIZE_T;
typedef long long SSIZE_T;
#else
#define WIDE 0
typedef unsigned SIZE_T;
typedef int SSIZE_T;
#endif
typedef unsigned ULONG;
typedef int LONG;
typedef unsigned short USHORT;
typedef unsigned long long ULONG64;
typedef void *PVOID;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;

typedef struct _UNICODE_STRING {
    USHORT Length, MaximumLength;
    USHORT *Buffer;
} UNICODE_STRING;

typedef struct _POOL_TRACKER_TABLE {
    ULONG Key;
#if BUILD < 16299
    ULONG NonPagedAllocs, NonPagedFrees;
    SIZE_T NonPagedBytes;
    ULONG PagedAllocs, PagedFrees;
    SIZE_T PagedBytes;
#else
    SIZE_T NonPagedBytes;
    ULONG64 NonPagedAllocs, NonPagedFrees;
    SIZE_T PagedBytes;
    ULONG64 PagedAllocs, PagedFrees;
#if BUILD >= 20348
    SSIZE_T AvailableLimit[2];
    PVOID LimitInfo;
#endif
#endif
} POOL_TRACKER_TABLE;

typedef struct _POOL_TRACKER_BIG_PAGES {
    SIZE_T Va;
    ULONG Key;
#if BUILD < 3000
    ULONG NumberOfPages;
#elif BUILD < 6000
    ULONG NumberOfPages;
    PVOID QuotaObject;
#elif BUILD < 10240
    ULONG PoolType;
    SIZE_T NumberOfBytes;
#else
    ULONG Pattern : 8;
    ULONG PoolType : 12;
    ULONG SlushSize : 12;
    SIZE_T NumberOfBytes;
#if BUILD >= 20348
    PVOID ProcessBilled;
#endif
#endif
} POOL_TRACKER_BIG_PAGES;

typedef struct _LDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks, InMemoryOrderLinks, InInitializationOrderLinks;
    PVOID DllBase, EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName, BaseDllName;
    ULONG Flags;
} LDR_DATA_TABLE_ENTRY;

#if BUILD >= 17763
typedef struct _MI_HARDWARE_STATE {
    unsigned char Head[BUILD == 17763 || !WIDE ? 0x80 : 0xc0];
    ULONG64 InvalidPteMask;
} MI_HARDWARE_STATE;

typedef struct _MI_SYSTEM_INFORMATION {
    unsigned char Head[0x1580];
    MI_HARDWARE_STATE Hardware;
} MI_SYSTEM_INFORMATION;

MI_SYSTEM_INFORMATION MiState = {{1}};
#endif

/* In builds before symbols told the size it stood in front of the pointer. */
#ifdef APART
ULONG64 PoolTrackTableMask = 1;
#endif
SIZE_T PoolTrackTableSize = 1;
#ifdef APART
ULONG64 Between[3] = {1};
#endif
POOL_TRACKER_TABLE *PoolTrackTable = (void *)1;
#ifndef APART
SIZE_T PoolTrackTableMask = 1;
#endif
#if BUILD >= 6000
POOL_TRACKER_TABLE *ExPoolTagTables[64] = {(void *)1};
POOL_TRACKER_TABLE *PoolTrackTableExpansion = (void *)1;
SIZE_T PoolTrackTableExpansionSize = 1;
LONG PoolBigEntriesInUse = 1;
#endif
POOL_TRACKER_BIG_PAGES *PoolBigPageTable = (void *)1;
SIZE_T PoolBigPageTableSize = 1;
PVOID PoolVector[2] = {(void *)1};
ULONG ExpNumberOfPagedPools = 1;
PVOID ExpPagedPoolDescriptor[17] = {(void *)1};
ULONG ExPoolFailures = 1;

LIST_ENTRY PsLoadedModuleList = {(void *)1, 0}, PsActiveProcessHead = {(void *)1, 0};
PVOID PsInitialSystemProcess = (void *)1;
PVOID KiProcessorBlock[64] = {(void *)1};
SIZE_T KiBugCheckData[5] = {1};
PVOID MmUnloadedDrivers = (void *)1;
ULONG MmLastUnloadedDriver = 1;
char NtBuildLab[64] = "lab";
ULONG NtBuildNumber = 1;
ULONG CmNtCSDVersion = 1;
signed char KeNumberProcessors = 1;

ULONG MmPageSize = 4096;
SIZE_T MmNumberOfPhysicalPages = 1, MmHighestPhysicalPage = 1, MmLowestPhysicalPage = 1;
SIZE_T MmAvailablePages = 1, MmResidentAvailablePages = 1;
SIZE_T MmMaximumNonPagedPoolInBytes = 1, MmSizeOfPagedPoolInBytes = 1, MmAllocatedNonPagedPool = 1;
PVOID MmNonPagedPoolStart = (void *)1, MmNonPagedPoolEnd = (void *)1;
PVOID MmPagedPoolStart = (void *)1, MmPagedPoolEnd = (void *)1;
SIZE_T MmTotalCommitLimit = 1, MmTotalCommittedPages = 1, MmPeakCommitment = 1, MmPagedPoolCommit = 1;
SIZE_T MmSystemRangeStart = 1, MmHighestUserAddress = 1;
ULONG MmSpecialPoolTag = 1;
ULONG MmVerifierData[32] = {1};
ULONG64 KiWaitNever = 1, KiWaitAlways = 1;
unsigned char KdpDataBlockEncoded = 1;
unsigned char KdDebuggerDataBlock[0x380] __attribute__((aligned(16))) = {1};

/* Types come into a PDB with the variables that use them. */
LDR_DATA_TABLE_ENTRY PspModuleOfKernel = {{(void *)1, 0}};
