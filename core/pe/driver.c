/* driver.c - what is known of a driver file: its facts, and the lists that the readers filled. */
#include "pe/driver.h"

#include "base/array.h"
#include "pe/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_SIZE = 200 };

static bool add_problem(ps_driver *driver, ps_problem problem, const char *text, ps_error *err)
{
    void *grown = driver->problems;

    problem.reason = ps_arena_copy(&driver->arena, text, strlen(text));
    if (problem.reason == NULL || !ps_grow(&grown, &driver->problem_capacity, driver->problem_count,
                                           sizeof *driver->problems))
        return ps_fail_memory(err);
    driver->problems = grown;
    driver->problems[driver->problem_count++] = problem;
    return true;
}

bool ps_driver_note(ps_driver *driver, ps_severity severity, uint64_t offset, ps_error *err,
                    const char *format, ...)
{
    char line[NOTE_SIZE];
    va_list arguments;
    const ps_problem problem = {.severity = severity, .offset = offset};

    if (!PS_WITHIN(&driver->bounds, driver_problems, driver->problem_count))
        return true;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return add_problem(driver, problem, line, err);
}

const char *ps_driver_string(ps_driver *driver, const uint8_t *text, size_t length)
{
    return ps_printable(&driver->arena, text, length);
}

bool ps_driver_string_at(ps_driver *driver, uint32_t rva, size_t limit, const char **text,
                         ps_error *err)
{
    const ps_reader r = ps_image_reader(&driver->image, rva, limit);
    const uint8_t *end = r.left > 0 ? memchr(r.at, 0, r.left) : NULL;

    *text = NULL;
    if (end == NULL && r.left > 0 && r.left < limit)
        end = r.at + r.left; /* what the file does not back is zero in memory */
    if (end == NULL)
        return true;
    *text = ps_driver_string(driver, r.at, (size_t)(end - r.at));
    return *text != NULL || ps_fail_memory(err);
}

static bool name_machine(ps_driver *driver, ps_error *err)
{
    const uint16_t machine = driver->facts.machine;

    driver->facts.machine_name = ps_machine_name(machine);
    if (driver->facts.machine_name == NULL)
        driver->facts.machine_name = ps_arena_print(&driver->arena, "0x%04x", machine);
    return driver->facts.machine_name != NULL || ps_fail_memory(err);
}

static bool take_facts(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    ps_driver_facts *facts = &driver->facts;

    facts->machine = image->machine;
    facts->pe32_plus = image->plus;
    facts->subsystem = image->subsystem;
    facts->timestamp = image->timestamp;
    facts->checksum = image->checksum;
    facts->image_size = image->image_size;
    facts->image_base = image->base;
    facts->entry_rva = image->entry;
    facts->file_size = image->size;
    facts->sites_supported = image->machine == PS_MACHINE_X64 || image->machine == PS_MACHINE_X86 ||
                             image->machine == PS_MACHINE_ARM64 || image->machine == PS_MACHINE_ARM;
    if (!name_machine(driver, err))
        return false;
    if (image->section_count < image->sections_announced &&
        !ps_driver_note(driver, PS_FLAGGED, PS_NOWHERE, err, "%u sections announced, %zu read",
                        image->sections_announced, image->section_count))
        return false;
    return facts->sites_supported ||
           ps_driver_note(driver, PS_NOTE, PS_NOWHERE, err,
                          "call sites are not recovered for machine %s", facts->machine_name);
}

static bool read_parts(ps_driver *driver, ps_error *err)
{
    return take_facts(driver, err) && ps_imports_read(driver, err) &&
           ps_version_read(driver, err) && ps_debug_read(driver, err) &&
           ps_leads_read(driver, err) &&
           (!driver->facts.sites_supported || ps_sites_read(driver, err));
}

/* These are told beside the problems that are kept, however many they are. */
static bool tell_limits(ps_driver *driver, ps_error *err)
{
    for (unsigned i = 0; ps_limit_name(i) != NULL; i++) {
        const ps_problem problem = {.severity = PS_FLAGGED, .offset = PS_NOWHERE};

        if (ps_bounds_met(&driver->bounds, i) &&
            !add_problem(driver, problem, ps_bounds_text(&driver->bounds, i).text, err))
            return false;
    }
    return true;
}

bool ps_driver_read_within(ps_driver **out, const void *data, size_t size,
                           const ps_read_options *options, const ps_limits *limits, ps_error *err)
{
    const ps_read_options plain = {0};
    ps_driver *driver = calloc(1, sizeof *driver);

    *out = NULL;
    if (driver == NULL)
        return ps_fail_memory(err);
    if (!ps_bounds_open(&driver->bounds, limits, err) ||
        !ps_image_parse(&driver->image, &driver->arena, data, size, &driver->bounds, err) ||
        !read_parts(driver, err) ||
        !ps_identity_read(driver, options != NULL ? options : &plain, err) ||
        !tell_limits(driver, err)) {
        ps_driver_close(driver);
        return false;
    }
    driver->image.data = NULL;
    driver->image.size = 0;
    *out = driver;
    return true;
}

bool ps_driver_read(ps_driver **out, const void *data, size_t size, const ps_read_options *options,
                    ps_error *err)
{
    return ps_driver_read_within(out, data, size, options, NULL, err);
}

bool ps_driver_parse(ps_driver **out, const void *data, size_t size, ps_error *err)
{
    return ps_driver_read(out, data, size, NULL, err);
}

const ps_driver_facts *ps_driver_get_facts(const ps_driver *driver) { return &driver->facts; }

size_t ps_driver_section_count(const ps_driver *driver) { return driver->image.section_count; }

const ps_section *ps_driver_section_at(const ps_driver *driver, size_t index)
{
    return index < driver->image.section_count ? &driver->image.sections[index] : NULL;
}

size_t ps_driver_import_count(const ps_driver *driver) { return driver->import_count; }

const ps_import *ps_driver_import_at(const ps_driver *driver, size_t index)
{
    return index < driver->import_count ? &driver->imports[index] : NULL;
}

size_t ps_driver_version_count(const ps_driver *driver) { return driver->version_count; }

const ps_version_string *ps_driver_version_at(const ps_driver *driver, size_t index)
{
    return index < driver->version_count ? &driver->versions[index] : NULL;
}

size_t ps_driver_site_count(const ps_driver *driver) { return driver->site_count; }

const ps_site *ps_driver_site_at(const ps_driver *driver, size_t index)
{
    return index < driver->site_count ? &driver->sites[index] : NULL;
}

size_t ps_driver_looked_up_count(const ps_driver *driver) { return driver->looked_up_count; }

const char *ps_driver_looked_up_at(const ps_driver *driver, size_t index)
{
    return index < driver->looked_up_count ? driver->looked_up[index] : NULL;
}

size_t ps_driver_problem_count(const ps_driver *driver) { return driver->problem_count; }

const ps_problem *ps_driver_problem_at(const ps_driver *driver, size_t index)
{
    return index < driver->problem_count ? &driver->problems[index] : NULL;
}

void ps_driver_close(ps_driver *driver)
{
    if (driver == NULL)
        return;
    free(driver->imports);
    free(driver->versions);
    free(driver->sites);
    free(driver->problems);
    ps_identity_free(&driver->identity);
    ps_arena_free(&driver->arena);
    free(driver);
}
