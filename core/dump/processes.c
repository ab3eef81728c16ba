/* processes.c - the processes of a dump and what pool is charged to them. */
#include "dump/processes.h"
#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/offsets.h"
#include "dump/strings.h"

#include <stdlib.h>
#include <string.h>

enum { BODY = 0x1000, NAME_SIZE = 15, SYSTEM_PID = 4, HANDLE_LIMIT = 1 << 26 };

/* The page tables' root stands at the same place in every build. */
static uint64_t root_offset(unsigned pointer) { return pointer == 8 ? 0x28 : 0x18; }

/* --- layout ---------------------------------------------------------------------------------- */

/* Newer tables count their handles in each list of free ones; nearly all have one such list. */
static uint64_t handle_count_offset(const ps_kernel *kernel)
{
    uint64_t lists;
    uint64_t count;

    if (ps_offset(kernel, "_HANDLE_TABLE", "HandleCount", &count))
        return count;
    if (ps_offset(kernel, "_HANDLE_TABLE", "FreeLists", &lists) &&
        ps_offset(kernel, "_HANDLE_TABLE_FREE_LIST", "HandleCount", &count))
        return lists + count;
    return PS_OFFSET_UNKNOWN;
}

bool ps_process_layout_of(const ps_kernel *kernel, ps_process_layout *is, ps_error *err)
{
    const ps_offset_want wants[] = {
        {"UniqueProcessId", &is->pid, false}, {"ActiveProcessLinks", &is->links, false},
        {"ImageFileName", &is->name, false},  {"ProcessQuotaUsage", &is->quota, true},
        {"ObjectTable", &is->handles, true},  {"InheritedFromUniqueProcessId", &is->parent, true},
        {"Session", &is->session, true},      {"ExitTime", &is->exit_time, true},
    };

    if (!ps_offsets(kernel, "_EPROCESS", wants, sizeof wants / sizeof wants[0], err))
        return false;
    if (is->quota == PS_OFFSET_UNKNOWN)
        (void)ps_offset(kernel, "_EPROCESS", "QuotaUsage", &is->quota);
    is->handle_count = handle_count_offset(kernel);
    return true;
}

/* The first process is System, with the number that it always has. */
static bool is_system(ps_kernel *kernel, const ps_process_layout *is, uint64_t process)
{
    uint64_t pid = 0;
    char name[8];

    return ps_space_address(&kernel->space, process + is->pid, &pid) == PS_READ_OK &&
           pid == SYSTEM_PID &&
           ps_space_take(&kernel->space, process + is->name, name, sizeof name - 1) == PS_READ_OK &&
           memcmp(name, "System", 7) == 0;
}

/* The number stands before the links in every build that is known.  So it is looked for: a four with
 * an entry of a list behind it, whose neighbour points back.  The name is looked for too. */
static bool find_links(ps_kernel *kernel, uint64_t system, ps_process_layout *is)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);

    for (uint64_t at = 0; at < BODY; at += pointer) {
        const uint64_t entry = system + at + pointer;
        uint64_t value;
        if (ps_space_address(&kernel->space, system + at, &value) != PS_READ_OK ||
            value != SYSTEM_PID || ps_space_address(&kernel->space, entry, &value) != PS_READ_OK ||
            !ps_is_kernel_address(&kernel->space, value) ||
            ps_space_address(&kernel->space, value + pointer, &value) != PS_READ_OK ||
            value != entry)
            continue;
        is->pid = at;
        is->links = at + pointer;
        return true;
    }
    return false;
}

static bool layout_by_content(ps_kernel *kernel, ps_process_layout *is, uint64_t system)
{
    uint8_t body[BODY];
    size_t got = 0;

    memset(is, 0xFF, sizeof *is);
    if (system == 0 || !find_links(kernel, system, is))
        return false;
    (void)ps_space_read(&kernel->space, system, body, sizeof body, &got);
    for (uint64_t at = is->links; at + NAME_SIZE <= got; at++) {
        if (memcmp(body + at, "System\0\0\0\0\0\0\0\0", NAME_SIZE - 1) != 0)
            continue;
        is->name = at;
        return true;
    }
    return false;
}

/* The process that the kernel exports as its first. */
static uint64_t initial_process(ps_kernel *kernel)
{
    uint64_t variable;
    uint64_t system = 0;

    if (ps_kernel_symbol(kernel, "PsInitialSystemProcess", &variable))
        (void)ps_space_address(&kernel->space, variable, &system);
    return system;
}

/* *head is the list's; 0 where no variable tells it: System's entry is behind it. */
static bool decide_layout(ps_kernel *kernel, ps_process_layout *is, uint64_t *head, ps_error *err)
{
    const uint64_t system = initial_process(kernel);
    ps_error why = {.code = PS_OK};
    const bool known = ps_process_layout_of(kernel, is, &why);
    uint64_t first = 0;

    if (*head != 0 && !ps_fetch(&kernel->space, *head, 0, "PsActiveProcessHead", &first, err))
        return false;
    if (*head != 0 && (first == *head || first == 0))
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the list of processes at 0x%llx is empty",
                       (unsigned long long)*head);
    if (*head == 0 && system == 0)
        return ps_symbols_needed(kernel, "PsActiveProcessHead", err);
    if (known && is_system(kernel, is, *head != 0 ? first - is->links : system))
        return true;
    if (layout_by_content(kernel, is, system)) {
        const ps_wanted_text which = ps_wanted_pdb(kernel);
        return ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                                 "the layout of processes is not known of build %u: their names "
                                 "were found, their quotas and handles need the kernel's PDB%s",
                                 (unsigned)kernel->file->facts.build, which.text);
    }
    if (!known)
        return ps_fail(err, why.code, why.offset, "%s", why.text);
    return ps_fail(err, PS_ETRUNCATED, PS_NOWHERE,
                   "the process at 0x%llx is not in the dump, or is not System by the layout of "
                   "build %u",
                   (unsigned long long)(*head != 0 ? first - is->links : system),
                   (unsigned)kernel->file->facts.build);
}

/* --- one process ----------------------------------------------------------------------------- */

typedef struct body {
    uint8_t bytes[BODY];
    size_t size;
    unsigned pointer;
} body;

static uint64_t field(const body *b, uint64_t offset, size_t size)
{
    ps_reader r = ps_reader_at(b->bytes, b->size, offset, size);
    const uint64_t value = ps_uint(&r, size);

    return ps_reader_good(&r) ? value : PS_NOT_KNOWN;
}

static uint64_t address_field(const body *b, uint64_t offset)
{
    const uint64_t value = field(b, offset, b->pointer);

    return b->pointer == 8 || value == PS_NOT_KNOWN ? value
                                                    : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

static uint64_t count_handles(ps_kernel *kernel, const ps_process_layout *is, const body *b)
{
    const uint64_t table = address_field(b, is->handles);
    uint64_t count = 0;

    if (table == 0)
        return 0;
    if (table == PS_NOT_KNOWN || is->handle_count == PS_OFFSET_UNKNOWN ||
        ps_space_uint(&kernel->space, table + is->handle_count, 4, &count) != PS_READ_OK ||
        count > HANDLE_LIMIT)
        return PS_NOT_KNOWN;
    return count;
}

static bool fill(ps_dump_process *process, ps_kernel *kernel, const ps_process_layout *is,
                 const body *b, ps_error *err)
{
    const uint64_t exit_time = field(b, is->exit_time, 8);
    const uint64_t session = address_field(b, is->session);
    char name[NAME_SIZE + 1] = {0};

    for (size_t i = 0; i < NAME_SIZE; i++) {
        const uint64_t c = field(b, is->name + i, 1);
        if (c < ' ' || c > '~')
            break;
        name[i] = (char)c;
    }
    process->name = ps_arena_copy(&kernel->file->arena, name, strlen(name));
    process->pid = field(b, is->pid, b->pointer);
    process->parent = field(b, is->parent, b->pointer);
    process->table_base = field(b, root_offset(b->pointer), b->pointer);
    process->nonpaged = field(b, is->quota, b->pointer);
    process->paged = is->quota == PS_OFFSET_UNKNOWN ? PS_NOT_KNOWN
                                                    : field(b, is->quota + b->pointer, b->pointer);
    process->handles = count_handles(kernel, is, b);
    process->session_space = session == PS_NOT_KNOWN ? 0 : session;
    process->exited = exit_time != 0 && exit_time != PS_NOT_KNOWN;
    return process->name != NULL || ps_fail_memory(err);
}

static bool add(ps_process_list *list, const ps_dump_process *process, ps_error *err)
{
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = *process;
    return true;
}

/* --- the list -------------------------------------------------------------------------------- */

bool ps_process_add(ps_process_list *list, ps_kernel *kernel, const ps_process_layout *is,
                    uint64_t address, ps_error *err)
{
    ps_dump_process process = {.address = address};
    body b = {.pointer = ps_space_pointer(&kernel->space)};

    (void)ps_space_read(&kernel->space, address, b.bytes, sizeof b.bytes, &b.size);
    if (!fill(&process, kernel, is, &b, err) || !add(list, &process, err))
        return false;
    return b.size >= is->name + NAME_SIZE ||
           ps_container_note(kernel->file, PS_FLAGGED, PS_NOWHERE, err,
                             "the process at 0x%llx is in the dump in part",
                             (unsigned long long)address);
}

static bool say_broken(ps_process_list *list, ps_kernel *kernel, uint64_t entry, const char *how,
                       ps_error *err)
{
    list->broken = true;
    return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                             "the list of processes breaks off after %zu: the next, at 0x%llx, %s",
                             list->count, (unsigned long long)entry, how);
}

/* Entries point back at those before them, which no loop beside the head does for long. */
static bool walk(ps_process_list *list, ps_kernel *kernel, const ps_process_layout *is,
                 uint64_t head, uint64_t first, ps_error *err)
{
    uint64_t before = head;
    uint64_t entry = first;

    while (entry != head) {
        uint64_t next = 0;
        const char *broken = ps_space_follow(&kernel->space, entry, before, &next);
        if (!PS_WITHIN(&kernel->file->bounds, dump_processes, list->count))
            return ps_container_limit(kernel->file, PS_LIMIT(dump_processes), PS_NOWHERE, err);
        if (broken != NULL)
            return say_broken(list, kernel, entry, broken, err);
        if (!ps_process_add(list, kernel, is, entry - is->links, err))
            return false;
        before = entry;
        entry = next;
    }
    return true;
}

static bool read_list(ps_process_list *list, ps_kernel *kernel, ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t head = kernel->file->facts.processes;
    uint64_t first;
    ps_process_layout is;

    if (head == 0)
        (void)ps_variable(kernel, "PsActiveProcessHead", PS_KDBG_PROCESSES, &head, NULL);
    if (!decide_layout(kernel, &is, &head, err))
        return false;
    if (head == 0 && !ps_fetch(&kernel->space, initial_process(kernel) + is.links + pointer, 0,
                               "the head of the list of processes", &head, err))
        return false;
    return ps_fetch(&kernel->space, head, 0, "PsActiveProcessHead", &first, err) &&
           walk(list, kernel, &is, head, first, err);
}

/* A triage dump has a copy of the process that was running. */
static bool read_triage(ps_process_list *list, ps_kernel *kernel, ps_error *err)
{
    const uint64_t offset = kernel->file->triage.process_offset;
    ps_dump_process process = {.address = 0};
    body b = {.pointer = ps_space_pointer(&kernel->space)};
    ps_process_layout is;

    if (offset == 0)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the triage dump holds no process");
    if (!ps_process_layout_of(kernel, &is, err))
        return false;
    if (!ps_source_read(kernel->file->source, offset, b.bytes, sizeof b.bytes, &b.size, err) ||
        !fill(&process, kernel, &is, &b, err))
        return false;
    if (process.name[0] == '\0' || process.pid % 4 != 0 || process.pid == 0) {
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "the process in the triage dump is none by the layout of build %u",
                       (unsigned)kernel->file->facts.build);
    }
    return add(list, &process, err);
}

bool ps_processes_read(ps_process_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_process_list found = {.known = true};
    bool done;

    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    done = kernel->file->facts.container == PS_CONTAINER_TRIAGE ? read_triage(&found, kernel, err)
                                                                : read_list(&found, kernel, err);
    if (done)
        *list = found;
    else
        free(found.items);
    return done;
}
