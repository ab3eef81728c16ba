/* nwaudit.c - a sample monitoring driver that knows many tags by name and allocates under its own,
 * NwAu, alone.  A search for letters finds LkaL in its texts and in a comparison. */
#include "wdk.h"

#define OWN_TAG TAG('N', 'w', 'A', 'u')

typedef struct usage {
    ULONG tag;
    ULONG allocs, frees;
    SIZE_T bytes;
} usage;

typedef struct rule {
    char tag[5];
    const char *advice;
} rule;

/* What the console shows for tags that were seen to grow in the field. */
static const rule rules[] = {
    {"LkaL", "LkaL: stream contexts; note the growth of LkaL in each report"},
    {"FMsl", "FMsl: stream lists of the filter manager, often in step with LkaL"},
    {"MmSt", "MmSt: section prototype entries, a cache"},
    {"CM31", "CM31: registry, grows with the hives that are loaded"},
    {"NtfF", "NtfF: file control blocks"},
    {"EtwB", "EtwB: trace buffers, constant by design"},
};

static const char banner[] = "nwaudit: LkaL above its baseline, see KB 1207 (LkaL, FMsl)";

static usage *history;
static ULONG history_count;
static DEVICE_OBJECT *device;

static const rule *find_rule(ULONG tag)
{
    for (ULONG i = 0; i < sizeof rules / sizeof *rules; i++) {
        const UCHAR *text = (const UCHAR *)rules[i].tag;
        if (TAG(text[0], text[1], text[2], text[3]) == tag)
            return &rules[i];
    }
    return 0;
}

static NOINLINE BOOLEAN is_above_baseline(const usage *row)
{
    if (row->tag == TAG('L', 'k', 'a', 'L'))
        return row->bytes > 64 << 20;
    if (row->tag == TAG('E', 't', 'w', 'B'))
        return row->bytes > 1 << 30;
    return row->allocs - row->frees > 1000000;
}

NOINLINE void NTAPI examine(const usage *rows, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        const rule *known = find_rule(rows[i].tag);
        if (!is_above_baseline(&rows[i]))
            continue;
        if (rows[i].tag == TAG('L', 'k', 'a', 'L'))
            DbgPrint("%s\n", banner);
        DbgPrint("nwaudit: %u in use, %s\n", rows[i].allocs - rows[i].frees,
                 known != 0 ? known->advice : "no rule");
    }
}

NOINLINE NTSTATUS NTAPI keep_history(const usage *rows, ULONG count)
{
    usage *kept = ExAllocatePool2(POOL_FLAG_PAGED, count * sizeof *kept, OWN_TAG);

    if (kept == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < count; i++)
        kept[i] = rows[i];
    if (history != 0)
        ExFreePoolWithTag(history, OWN_TAG);
    history = kept;
    history_count = count;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI control(DEVICE_OBJECT *target, IRP *irp)
{
    const ULONG count = (ULONG)(irp->Information / sizeof(usage));
    NTSTATUS status;

    UNUSED(target);
    examine(irp->SystemBuffer, count);
    status = keep_history(irp->SystemBuffer, count);
    irp->Status = (ULONG_PTR)status;
    IofCompleteRequest(irp, 0);
    return status;
}

static void NTAPI unload(DRIVER_OBJECT *driver)
{
    UNUSED(driver);
    if (history != 0)
        ExFreePoolWithTag(history, OWN_TAG);
    IoDeleteDevice(device);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, const UNICODE_STRING *key)
{
    static const UNICODE_STRING name = UNICODE(L"\\Device\\NwAudit");

    UNUSED(key);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    return IoCreateDevice(driver, 0, &name, 34, 0, 0, &device);
}
