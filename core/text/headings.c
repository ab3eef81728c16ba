/* headings.c - the headings under which tools list drivers and processes. */
#include "text/listing.h"

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

/* By their letters without case, as they are looked for. */
static const ps_heading headings[] = {
    PROCESS("Caption", NONE, 0, NULL),
    BOTH("Company", COMPANY),
    BOTH("CompanyName", COMPANY),
    PROCESS("CPU(s)", NONE, 0, NULL),
    DRIVER("Display Name", DISPLAY, 1, NULL),
    DRIVER("DisplayName", DISPLAY, 1, NULL),
    DRIVER("Driver Type", TYPE, 1, NULL),
    BOTH("File Version", VERSION),
    BOTH("FileVersion", VERSION),
    VALUE("GDI Objects", GDI_OBJECTS, 1, NULL),
    VALUE("Handle Count", HANDLES, 1, NULL),
    VALUE("HandleCount", HANDLES, 1, NULL),
    VALUE("Handles", HANDLES, 1, NULL),
    PROCESS("HasExited", EXITED, 1, "Get-Process"),
    PROCESS("Id", ID, 1, NULL),
    PROCESS("IDProcess", ID, 1, NULL),
    PROCESS("Image Name", NAME, 1, "tasklist"),
    VALUE("Mem Usage", WORKING_SET, KIB, "tasklist"),
    DRIVER("Module Name", NAME, 2, "driverquery"),
    BOTH("Name", NAME),
    VALUE("NonpagedSystemMemorySize", NONPAGED, 1, "Get-Process"),
    VALUE("NonpagedSystemMemorySize64", NONPAGED, 1, "Get-Process"),
    VALUE("NPM", NONPAGED, 1, "Get-Process"),
    VALUE("NPM(K)", NONPAGED, KIB, "Get-Process"),
    VALUE("PagedSystemMemorySize", PAGED, 1, "Get-Process"),
    VALUE("PagedSystemMemorySize64", PAGED, 1, "Get-Process"),
    VALUE("PageFileBytes", PAGE_FILE, 1, NULL),
    VALUE("PageFileUsage", PAGE_FILE, KIB, NULL),
    DRIVER("Path", PATH, 0, NULL),
    DRIVER("PathName", PATH, 1, NULL),
    PROCESS("PID", ID, 1, NULL),
    VALUE("PM", COMMIT, 1, "Get-Process"),
    VALUE("PM(K)", COMMIT, KIB, "Get-Process"),
    VALUE("PM(M)", COMMIT, MIB, "Get-Process"),
    VALUE("PoolNonpagedBytes", NONPAGED, 1, NULL),
    VALUE("PoolPagedBytes", PAGED, 1, NULL),
    VALUE("Private Bytes", COMMIT, 1, NULL),
    VALUE("PrivateBytes", COMMIT, 1, NULL),
    VALUE("PrivateMemorySize", COMMIT, 1, NULL),
    VALUE("PrivateMemorySize64", COMMIT, 1, NULL),
    VALUE("PrivatePageCount", COMMIT, 1, NULL),
    PROCESS("Process ID", ID, 1, NULL),
    PROCESS("Process Name", NAME, 1, NULL),
    PROCESS("ProcessId", ID, 1, "wmic"),
    PROCESS("ProcessName", NAME, 1, "Get-Process"),
    VALUE("QuotaNonPagedPoolUsage", NONPAGED, KIB, NULL),
    VALUE("QuotaPagedPoolUsage", PAGED, KIB, NULL),
    DRIVER("ServiceType", TYPE, 0, NULL),
    PROCESS("Session Name", NONE, 0, NULL),
    PROCESS("Session#", SESSION, 0, NULL),
    PROCESS("SessionId", SESSION, 0, NULL),
    PROCESS("SI", SESSION, 0, NULL),
    DRIVER("Start Mode", START, 1, NULL),
    DRIVER("Started", STARTED, 1, NULL),
    DRIVER("StartMode", START, 1, NULL),
    DRIVER("StartType", START, 1, NULL),
    DRIVER("State", STATE, 1, NULL),
    DRIVER("Status", STATE, 0, NULL),
    VALUE("Thread Count", THREADS, 1, NULL),
    VALUE("ThreadCount", THREADS, 1, NULL),
    VALUE("Threads", THREADS, 1, NULL),
    PROCESS("User Name", USER, 0, NULL),
    VALUE("USER Objects", USER_OBJECTS, 1, NULL),
    PROCESS("UserName", USER, 0, NULL),
    BOTH("Version", VERSION),
    VALUE("WorkingSet", WORKING_SET, 1, NULL),
    VALUE("WorkingSet64", WORKING_SET, 1, NULL),
    VALUE("WorkingSetSize", WORKING_SET, 1, NULL),
    VALUE("WS", WORKING_SET, 1, NULL),
    VALUE("WS(K)", WORKING_SET, KIB, "Get-Process"),
    VALUE("WS(M)", WORKING_SET, MIB, "Get-Process"),
};

enum { LONGEST_HEADING = 26 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c; }

/* Below, equal to or above 0 as the name is before, at or behind the literal. */
static int compare(ps_span name, const char *literal)
{
    for (; name.at < name.end; name.at++, literal++)
        if (*literal == '\0' || lower(*name.at) != lower(*literal))
            return *literal == '\0' ? 1 : lower(*name.at) - lower(*literal);
    return *literal == '\0' ? 0 : -1;
}

const ps_heading *ps_find_heading(ps_span name)
{
    const size_t size = (size_t)(name.end - name.at);
    size_t first = 0, end = sizeof headings / sizeof headings[0];

    if (size < 2 || size > LONGEST_HEADING)
        return NULL;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const int order = compare(name, headings[middle].name);
        if (order == 0)
            return &headings[middle];
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
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
