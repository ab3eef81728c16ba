/* container.c - which kind of dump or image of memory a file is. */
#include "dump/container.h"

#include "base/array.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ps_container_name(ps_container container)
{
    static const char *const names[] = {
        [PS_CONTAINER_FULL] = "full dump",
        [PS_CONTAINER_SUMMARY] = "kernel summary dump",
        [PS_CONTAINER_HEADER] = "header-only dump",
        [PS_CONTAINER_TRIAGE] = "triage dump",
        [PS_CONTAINER_BITMAP] = "bitmap dump",
        [PS_CONTAINER_RANGES] = "page-range dump",
        [PS_CONTAINER_ELF] = "ELF core",
        [PS_CONTAINER_LIME] = "LiME image",
        [PS_CONTAINER_VMWARE] = "VMware memory",
        [PS_CONTAINER_RAW] = "raw memory image",
    };

    return (unsigned)container < sizeof names / sizeof names[0] ? names[container] : "unknown";
}

const char *ps_read_status_text(ps_read_status status)
{
    static const char *const texts[] = {
        [PS_READ_OK] = "read",
        [PS_READ_NOT_IN_DUMP] = "not in the dump",
        [PS_READ_NOT_PRESENT] = "not mapped",
        [PS_READ_PAGED_OUT] = "paged out",
        [PS_READ_TABLE_MISSING] = "behind a page table that is not in the dump",
        [PS_READ_NOT_CANONICAL] = "not an address of this machine",
        [PS_READ_FAILED] = "unreadable in the file",
    };

    return (unsigned)status < sizeof texts / sizeof texts[0] ? texts[status] : "unknown";
}

/* What is read twice, with the PDB and before, is told once. */
static bool is_told(const ps_container_file *file, uint64_t offset, const char *text)
{
    for (size_t i = 0; i < file->problem_count; i++)
        if (file->problems[i].offset == offset && strcmp(file->problems[i].reason, text) == 0)
            return true;
    return false;
}

bool ps_container_note(ps_container_file *file, ps_severity severity, uint64_t offset,
                       ps_error *err, const char *format, ...)
{
    char text[256];
    const char *kept;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (is_told(file, offset, text))
        return true;
    kept = ps_arena_copy(&file->arena, text, strlen(text));
    if (kept == NULL || !ps_grow((void **)&file->problems, &file->problem_capacity,
                                 file->problem_count, sizeof *file->problems))
        return ps_fail_memory(err);
    file->problems[file->problem_count++] =
        (ps_problem){.severity = severity, .offset = offset, .reason = kept};
    return true;
}

bool ps_container_limit(ps_container_file *file, unsigned limit, uint64_t offset, ps_error *err)
{
    return ps_container_note(file, PS_REFUSED, offset, err, "%s",
                             ps_bounds_text(&file->bounds, limit).text);
}

bool ps_container_read(ps_source *source, uint64_t offset, void *buffer, size_t size,
                       const char *what, ps_error *err)
{
    size_t got = 0;

    if (!ps_source_read(source, offset, buffer, size, &got, err))
        return false;
    if (got == size)
        return true;
    return ps_fail(err, PS_ETRUNCATED, offset + got, "%s: the file ends before it", what);
}

bool ps_container_add_run(ps_container_file *file, const ps_run *run, ps_error *err)
{
    ps_run held = *run;

    file->facts.announced_pages += run->size >> PS_FRAME_SHIFT;
    if (held.offset >= file->facts.file_size)
        return true;
    if (held.size > file->facts.file_size - held.offset)
        held.size = file->facts.file_size - held.offset;
    return ps_physical_add(file->physical, &held) || ps_fail_memory(err);
}

/* What this reader does not take, with advice. */
static bool refuse(const uint8_t *start, ps_error *err)
{
    static const struct {
        const char *bytes;
        const char *reason;
    } known[] = {
        {"MDMP", "a minidump of a program holds no kernel memory: collect a kernel dump"},
        {"HIBR", "a hibernation file: convert it to a raw image first"},
        {"hibr", "a hibernation file: convert it to a raw image first"},
        {"WAKE", "a hibernation file: convert it to a raw image first"},
        {"wake", "a hibernation file: convert it to a raw image first"},
        {"RSTR", "a hibernation file that was being restored holds nothing useful"},
        {"MSCF", "a cabinet: unpack the dump in it first"},
        {"PK\3\4", "a zip archive: unpack the dump in it first"},
        {"vhdx", "a virtual disk: mount it and take the dump out of it"},
        {"cone", "a virtual disk: mount it and take the dump out of it"},
        {"KDUM", "a compressed dump of a virtual machine: convert it to an ELF core first"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (memcmp(start, known[i].bytes, 4) == 0)
            return ps_fail(err, PS_EUNSUPPORTED, 0, "%s", known[i].reason);
    return true;
}

static bool is_vmware_state(const uint8_t start[8])
{
    static const uint8_t magics[][4] = {{0xD0, 0xBE, 0xD2, 0xBE},
                                        {0xD1, 0xBA, 0xD1, 0xBA},
                                        {0xD2, 0xBE, 0xD2, 0xBE},
                                        {0xD3, 0xBE, 0xD3, 0xBE}};

    for (size_t i = 0; i < 4; i++)
        if (memcmp(start, magics[i], 4) == 0)
            return true;
    return false;
}

static bool read_start(ps_source *source, uint8_t start[8], ps_error *err)
{
    size_t got = 0;

    memset(start, 0, 8);
    return ps_source_read(source, 0, start, 8, &got, err);
}

/* Whatever physical memory was found: in order, counted, and said to be cut where it is. */
static bool finish(ps_container_file *file, ps_error *err)
{
    bool overlap = false;

    if (file->physical == NULL)
        return true;
    ps_physical_tidy(file->physical, &overlap);
    file->facts.present_pages = ps_physical_present(file->physical);
    if (file->facts.announced_pages == 0)
        file->facts.announced_pages = ps_physical_announced(file->physical);
    if (overlap && !ps_container_note(file, PS_FLAGGED, PS_NOWHERE, err,
                                      "runs of memory overlap: the first of each is taken"))
        return false;
    if (file->facts.present_pages >= file->facts.announced_pages)
        return true;
    return ps_container_note(file, PS_REFUSED, file->facts.file_size, err,
                             "the file is cut: %llu of %llu pages are in it",
                             (unsigned long long)file->facts.present_pages,
                             (unsigned long long)file->facts.announced_pages);
}

static bool open_kind(ps_container_file *file, ps_error *err)
{
    uint8_t start[8];

    if (!read_start(file->source, start, err))
        return false;
    if (memcmp(start, "PAGEDUMP", 8) == 0 || memcmp(start, "PAGEDU64", 8) == 0)
        return ps_header_open(file, start, err);
    if (memcmp(start, "\177ELF", 4) == 0)
        return ps_elf_open(file, err);
    if (memcmp(start, "EMiL", 4) == 0)
        return ps_lime_open(file, err);
    if (is_vmware_state(start))
        return ps_vmware_open(file, file->source, err);
    if (!refuse(start, err))
        return false;
    if (file->companion != NULL) {
        if (!read_start(file->companion, start, err))
            return false;
        if (is_vmware_state(start))
            return ps_vmware_open(file, file->companion, err);
    }
    return ps_raw_open(file, err);
}

bool ps_container_open(ps_container_file *file, ps_error *err)
{
    file->facts.file_size = ps_source_size(file->source);
    file->ranges.source = file->source;
    return open_kind(file, err) && finish(file, err);
}

void ps_container_close(ps_container_file *file)
{
    ps_physical_free(file->physical);
    ps_ranges_free(&file->ranges);
    free(file->triage.drivers);
    free(file->triage.unloaded);
    free(file->problems);
    ps_arena_free(&file->arena);
    *file = (ps_container_file){0};
}
