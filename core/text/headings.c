/* headings.c - the headings under which tools list drivers and processes. */
#include "text/listing.h"

#include <string.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

#define DRIVER(name, field, weight, origin)                                                        \
    {                                                                                              \
        name, origin, 1, PS_FIELD_##field, 0, weight, 0                                            \
    }
#define BOTH(name, field)                                                                          \
    {                                                                                              \
        name, NULL, 1, PS_FIELD_##field, 0, 0, 0                                                   \
    }
#define PROCESS(name, field, weight, origin)                                                       \
    {                                                                                              \
        name, origin, 1, PS_FIELD_##field, 0, 0, weight                                            \
    }
#define VALUE(name, value, unit, origin)                                                           \
    {                                                                                              \
        name, origin, unit, PS_FIELD_VALUE, PS_PROCESS_##value, 0, 1                               \
    }

static const ps_heading headings[] = {
    DRIVER("Module Name", NAME, 2, "driverquery"),
    BOTH("Name", NAME),
    DRIVER("Display Name", DISPLAY, 1, NULL),
    DRIVER("DisplayName", DISPLAY, 1, NULL),
    DRIVER("Path", PATH, 0, NULL),
    DRIVER("PathName", PATH, 1, NULL),
    DRIVER("State", STATE, 1, NULL),
    DRIVER("Started", STARTED, 1, NULL),
    DRIVER("Driver Type", TYPE, 1, NULL),
    DRIVER("ServiceType", TYPE, 0, NULL),
    BOTH("FileVersion", VERSION),
    BOTH("File Version", VERSION),
    BOTH("Version", VERSION),
    BOTH("Company", COMPANY),
    BOTH("CompanyName", COMPANY),
    PROCESS("ProcessName", NAME, 1, "Get-Process"),
    PROCESS("Process Name", NAME, 1, NULL),
    PROCESS("Image Name", NAME, 1, "tasklist"),
    PROCESS("Caption", NONE, 0, NULL),
    PROCESS("Id", ID, 1, NULL),
    PROCESS("PID", ID, 1, NULL),
    PROCESS("ProcessId", ID, 1, "wmic"),
    PROCESS("Process ID", ID, 1, NULL),
    PROCESS("IDProcess", ID, 1, NULL),
    PROCESS("SI", SESSION, 0, NULL),
    PROCESS("SessionId", SESSION, 0, NULL),
    PROCESS("Session#", SESSION, 0, NULL),
    PROCESS("UserName", USER, 0, NULL),
    PROCESS("User Name", USER, 0, NULL),
    PROCESS("Session Name", NONE, 0, NULL),
    PROCESS("CPU(s)", NONE, 0, NULL),
    VALUE("Handles", HANDLES, 1, NULL),
    VALUE("HandleCount", HANDLES, 1, NULL),
    VALUE("Handle Count", HANDLES, 1, NULL),
    VALUE("ThreadCount", THREADS, 1, NULL),
    VALUE("Thread Count", THREADS, 1, NULL),
    VALUE("Threads", THREADS, 1, NULL),
    VALUE("NPM(K)", NONPAGED, KIB, "Get-Process"),
    VALUE("NPM", NONPAGED, 1, "Get-Process"),
    VALUE("NonpagedSystemMemorySize64", NONPAGED, 1, "Get-Process"),
    VALUE("NonpagedSystemMemorySize", NONPAGED, 1, "Get-Process"),
    VALUE("PoolNonpagedBytes", NONPAGED, 1, NULL),
    VALUE("QuotaNonPagedPoolUsage", NONPAGED, KIB, NULL),
    VALUE("PagedSystemMemorySize64", PAGED, 1, "Get-Process"),
    VALUE("PagedSystemMemorySize", PAGED, 1, "Get-Process"),
    VALUE("PoolPagedBytes", PAGED, 1, NULL),
    VALUE("QuotaPagedPoolUsage", PAGED, KIB, NULL),
    VALUE("PM(K)", COMMIT, KIB, "Get-Process"),
    VALUE("PM(M)", COMMIT, MIB, "Get-Process"),
    VALUE("PM", COMMIT, 1, "Get-Process"),
    VALUE("PrivateMemorySize64", COMMIT, 1, NULL),
    VALUE("PrivateMemorySize", COMMIT, 1, NULL),
    VALUE("PrivatePageCount", COMMIT, 1, NULL),
    VALUE("PrivateBytes", COMMIT, 1, NULL),
    VALUE("Private Bytes", COMMIT, 1, NULL),
    VALUE("PageFileUsage", PAGE_FILE, KIB, NULL),
    VALUE("PageFileBytes", PAGE_FILE, 1, NULL),
    VALUE("WS(K)", WORKING_SET, KIB, "Get-Process"),
    VALUE("WS(M)", WORKING_SET, MIB, "Get-Process"),
    VALUE("WS", WORKING_SET, 1, NULL),
    VALUE("WorkingSet64", WORKING_SET, 1, NULL),
    VALUE("WorkingSet", WORKING_SET, 1, NULL),
    VALUE("WorkingSetSize", WORKING_SET, 1, NULL),
    VALUE("Mem Usage", WORKING_SET, KIB, "tasklist"),
    VALUE("GDI Objects", GDI_OBJECTS, 1, NULL),
    VALUE("USER Objects", USER_OBJECTS, 1, NULL),
};

enum { LONGEST_HEADING = 26 };

const ps_heading *ps_find_heading(ps_span name)
{
    const size_t size = (size_t)(name.end - name.at);
    const int first = size == 0 ? 0 : *name.at | 0x20;

    if (size < 2 || size > LONGEST_HEADING || first < 'a' || first > 'w')
        return NULL;
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        if ((headings[i].name[0] | 0x20) == first && ps_word_is(name, headings[i].name))
            return &headings[i];
    return NULL;
}

void ps_sense_heading(ps_list_sense *sense, const ps_heading *heading)
{
    if (heading == NULL)
        return;
    sense->fields |= UINT32_C(1) << heading->field;
    sense->modules += heading->modules;
    sense->processes += heading->processes;
    if (heading->origin != NULL)
        sense->origin = heading->origin;
}

ps_list_kind ps_sense_kind(const ps_list_sense *sense)
{
    const bool named = (sense->fields >> PS_FIELD_NAME & 1U) != 0;
    const bool numbered = (sense->fields >> PS_FIELD_ID & 1U) != 0;

    if (!named)
        return PS_LIST_NONE;
    if (!numbered && sense->modules >= 2)
        return PS_LIST_MODULES;
    return sense->processes >= 2 && (sense->fields >> PS_FIELD_VALUE & 1U) != 0 ? PS_LIST_PROCESSES
                                                                                : PS_LIST_NONE;
}
