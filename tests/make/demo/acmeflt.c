/* acmeflt.c - a sample file system filter that keeps a context for each open file and, on two of
 * its error paths, forgets to free it.  Its tag is LkaL. */
#include "wdk.h"

#define CONTEXT_TAG TAG('L', 'k', 'a', 'L')
#define NAME_TAG TAG('A', 'c', 'N', 'm')
#define MAP_TAG TAG('A', 'c', 'M', 'p')

typedef struct stream_context {
    LIST_ENTRY link;
    PVOID stream;
    ULONG flags, references;
    LONGLONG bytes_read, bytes_written;
    UCHAR journal[3984];
} stream_context;

typedef struct name_entry {
    LIST_ENTRY link;
    ULONG hash;
    USHORT length;
    WCHAR text[260];
} name_entry;

typedef struct volume {
    PVOID instance;
    LIST_ENTRY contexts, names;
    ULONG opens, failures, limit;
    ULONG *map;
    UCHAR event[24];
} volume;

static volume volumes[8];
static PVOID filter;

static void insert(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head->Flink;
    entry->Blink = head;
    head->Flink->Blink = entry;
    head->Flink = entry;
}

/* Allocation on behalf of the rest of the driver, with one retry from the reserve. */
static NOINLINE PVOID allocate_or_retry(SIZE_T size, ULONG tag)
{
    PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, tag);

    if (memory == 0) {
        KeSetEvent(volumes[0].event, 0, 0);
        memory = ExAllocatePoolWithTag(NonPagedPoolNx, size, tag);
    }
    return memory;
}

static ULONG hash_name(const WCHAR *text, USHORT length)
{
    ULONG hash = 5381;

    for (USHORT i = 0; i < length / 2; i++)
        hash = hash * 33 ^ text[i];
    return hash;
}

static name_entry *remember_name(volume *on, const UNICODE_STRING *name)
{
    name_entry *entry;

    if (name->Length > sizeof entry->text)
        return 0;
    entry = ExAllocatePoolWithTag(PagedPool, sizeof *entry, NAME_TAG);
    if (entry == 0)
        return 0;
    entry->hash = hash_name(name->Buffer, name->Length);
    entry->length = name->Length;
    memcpy(entry->text, name->Buffer, name->Length);
    insert(&on->names, &entry->link);
    return entry;
}

/* Called for each open.  Past the limit the context is neither listed nor freed: the leak. */
NOINLINE NTSTATUS NTAPI post_create(volume *on, PVOID stream, const UNICODE_STRING *name)
{
    stream_context *context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *context, CONTEXT_TAG);

    if (context == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    context->stream = stream;
    context->flags = 1;
    context->references = 1;
    if (remember_name(on, name) == 0) {
        on->failures++;
        return STATUS_NOT_SUPPORTED;
    }
    if (on->opens++ > on->limit) {
        DbgPrint("acmeflt: volume %p has %u open streams\n", on->instance, on->opens);
        return STATUS_SUCCESS;
    }
    insert(&on->contexts, &context->link);
    return STATUS_SUCCESS;
}

/* A journal record beside each write; freed when the write has completed. */
NOINLINE PVOID NTAPI begin_write(volume *on, const void *data, ULONG length)
{
    UCHAR *record = allocate_or_retry((SIZE_T)length + 32, CONTEXT_TAG);

    if (record == 0)
        return 0;
    memset(record, 0, 32);
    memcpy(record + 32, data, length);
    on->opens++;
    return record;
}

NOINLINE void NTAPI end_write(PVOID record)
{
    if (record != 0)
        ExFreePoolWithTag(record, CONTEXT_TAG);
}

NOINLINE PVOID NTAPI begin_read(volume *on, ULONG length)
{
    if (length > 1 << 20)
        return 0;
    return FltAllocatePoolAlignedWithTag(on->instance, NonPagedPoolNx, length, CONTEXT_TAG);
}

NOINLINE void NTAPI end_read(volume *on, PVOID buffer)
{
    FltFreePoolAlignedWithTag(on->instance, buffer, CONTEXT_TAG);
}

static NOINLINE void make_map(volume *on)
{
    on->map = allocate_or_retry(4096, MAP_TAG);
    if (on->map != 0)
        memset(on->map, 0, 4096);
}

static NTSTATUS NTAPI unload(ULONG flags)
{
    UNUSED(flags);
    for (ULONG i = 0; i < 8; i++) {
        LIST_ENTRY *head = &volumes[i].names;
        if (volumes[i].map != 0)
            ExFreePoolWithTag(volumes[i].map, MAP_TAG);
        while (head->Flink != head) {
            LIST_ENTRY *entry = head->Flink;
            head->Flink = entry->Flink;
            ExFreePoolWithTag(entry, NAME_TAG);
        }
    }
    FltUnregisterFilter(filter);
    return STATUS_SUCCESS;
}

typedef struct registration {
    USHORT size, version;
    ULONG flags;
    const void *contexts;
    PVOID operations[3];
    PVOID unload;
    PVOID rest[9];
} registration;

static const registration filter_registration = {
    .size = sizeof(registration),
    .version = 0x0203,
    .operations = {post_create, begin_write, end_write},
    .unload = unload,
    .rest = {begin_read, end_read},
};

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    NTSTATUS status = FltRegisterFilter(driver, &filter_registration, &filter);

    UNUSED(key);
    if (status < 0)
        return status;
    for (ULONG i = 0; i < 8; i++) {
        volumes[i].contexts.Flink = volumes[i].contexts.Blink = &volumes[i].contexts;
        volumes[i].names.Flink = volumes[i].names.Blink = &volumes[i].names;
        volumes[i].limit = 4096;
        KeInitializeEvent(volumes[i].event, 1, 0);
        make_map(&volumes[i]);
    }
    status = FltStartFiltering(filter);
    if (status < 0)
        FltUnregisterFilter(filter);
    return status;
}
