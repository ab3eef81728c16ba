/* limits.c - what every limit is where nobody says otherwise, and what it may be at most. */
#include "base/limits.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define MANY (UINT64_C(1) << 30)  /* what is counted in 32 bits has room for it */
#define LARGE (UINT64_C(1) << 40) /* bytes that nobody has */

typedef struct row {
    const char *name, *what;
    uint64_t usual, most;
} row;

#define ENTRY(field, what, usual, most) [PS_LIMIT(field)] = {#field, what, usual, most}

static const row rows[] = {
    ENTRY(input_bytes, "bytes of standard input", 1024 * MIB, LARGE),
    ENTRY(folder_files, "files", 200000, MANY),
    ENTRY(folder_depth, "folders within each other", 32, 4096),
    ENTRY(archive_members, "members", 4096, MANY),
    ENTRY(archive_directory_bytes, "bytes of a directory", 64 * MIB, LARGE),
    ENTRY(driver_file_bytes, "bytes of a driver", 512 * MIB, LARGE),
    ENTRY(driver_sections, "sections", 512, MANY),
    ENTRY(driver_libraries, "libraries to import from", 2048, MANY),
    ENTRY(driver_imports, "imports", 32768, MANY),
    ENTRY(driver_exports, "exports", 16384, MANY),
    ENTRY(driver_resources, "resources", 4096, MANY),
    ENTRY(driver_version_strings, "strings of the version", 1024, MANY),
    ENTRY(driver_signatures, "signatures", PS_MOST_SIGNATURES, PS_MOST_SIGNATURES),
    ENTRY(driver_certificates, "certificates in a signature", 64, MANY),
    ENTRY(driver_functions, "functions", 300000, MANY),
    ENTRY(driver_references, "references to imports", 100000, MANY),
    ENTRY(driver_branches, "branches", 2000000, MANY),
    ENTRY(driver_sites, "call sites", 100000, MANY),
    ENTRY(driver_function_instructions, "instructions in a function", 40000, MANY),
    ENTRY(driver_instructions, "instructions", 2000000, MANY),
    ENTRY(driver_function_steps, "steps through a function", 600000, MANY),
    ENTRY(driver_steps, "steps through functions", 10000000, MANY),
    ENTRY(driver_problems, "problems", 100, MANY),
    ENTRY(text_line_bytes, "bytes in a line", MIB, MANY),
    ENTRY(text_row_bytes, "bytes in a row", PS_MOST_ROW_BYTES, PS_MOST_ROW_BYTES),
    ENTRY(text_problems, "problems", 10000, MANY),
    ENTRY(text_totals, "snapshots of totals alone", 100000, MANY),
    ENTRY(text_moments, "snapshots in one table", 20000, MANY),
    ENTRY(text_reopened, "snapshots between each other", 5000, MANY),
    ENTRY(text_items, "items of a kind", 250000, MANY),
    ENTRY(text_hosts, "changes of the host", 20000, MANY),
    ENTRY(text_barren, "headers that lead nowhere", 2000, MANY),
    ENTRY(text_refusals, "refused rows of a table", 2000, MANY),
    ENTRY(text_tries, "tries at rows whose columns run together", 5000000, LARGE),
    ENTRY(counter_columns, "counters", 65536, MANY),
    ENTRY(counter_hosts, "hosts of counters", PS_MOST_COUNTER_HOSTS, PS_MOST_COUNTER_HOSTS),
    ENTRY(counter_samples, "samples of totals", 16384, MANY),
    ENTRY(counter_points, "samples of a process", 64, 1 << 16),
    ENTRY(dump_segments, "segments", 65536, MANY),
    ENTRY(dump_ranges, "ranges of memory", 1 << 20, MANY),
    ENTRY(dump_modules, "loaded modules", 4096, MANY),
    ENTRY(dump_processes, "processes", 131072, MANY),
    ENTRY(dump_lookasides, "lookaside lists", 16384, MANY),
    ENTRY(dump_verified, "verified drivers", 4096, MANY),
    ENTRY(dump_exports, "exports of a module", 65536, MANY),
    ENTRY(dump_imports, "imports of a module", 32768, MANY),
    ENTRY(dump_image_bytes, "bytes of a module", 64 * MIB, MANY),
    ENTRY(history_line_bytes, "bytes in a line", 256 * MIB, LARGE),
};

enum { LIMITS = sizeof rows / sizeof rows[0] };

_Static_assert(LIMITS <= 64, "each limit has a bit");
_Static_assert(sizeof(ps_limits) == offsetof(ps_limits, input_bytes) + LIMITS * sizeof(uint64_t),
               "each field has a row");

const char *ps_limit_name(unsigned limit) { return limit < LIMITS ? rows[limit].name : NULL; }

uint64_t *ps_limit_value(ps_limits *of, unsigned limit)
{
    return (uint64_t *)(void *)((char *)of + offsetof(ps_limits, input_bytes)) + limit;
}

void ps_limits_default(ps_limits *out, size_t size)
{
    ps_limits usual = {.size = size};

    for (unsigned i = 0; i < LIMITS; i++)
        *ps_limit_value(&usual, i) = rows[i].usual;
    memset(out, 0, size);
    memcpy(out, &usual, size < sizeof usual ? size : sizeof usual);
}

/* What the caller knows behind what is known here must be unset. */
static bool is_known(const ps_limits *asked)
{
    const char *bytes = (const char *)asked;

    for (size_t i = sizeof *asked; i < asked->size; i++)
        if (bytes[i] != 0)
            return false;
    return asked->size >= offsetof(ps_limits, input_bytes);
}

static bool take(ps_bounds *bounds, unsigned i, uint64_t value, ps_error *err)
{
    const uint64_t least = i == PS_LIMIT(text_line_bytes) ? PS_LEAST_LINE_BYTES : 1;

    if (value == 0)
        return true;
    if (value < least || value > rows[i].most) {
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "limit %s: from %llu to %llu, not %llu",
                       rows[i].name, (unsigned long long)least, (unsigned long long)rows[i].most,
                       (unsigned long long)value);
    }
    *ps_limit_value(&bounds->of, i) = value;
    return true;
}

bool ps_bounds_open(ps_bounds *bounds, const ps_limits *asked, ps_error *err)
{
    ps_limits own = {0};

    bounds->met = 0;
    ps_limits_default(&bounds->of, sizeof bounds->of);
    if (asked == NULL)
        return true;
    if (!is_known(asked))
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "limits of %zu bytes are not those of this library", asked->size);
    memcpy(&own, asked, asked->size < sizeof own ? asked->size : sizeof own);
    for (unsigned i = 0; i < LIMITS; i++)
        if (!take(bounds, i, *ps_limit_value(&own, i), err))
            return false;
    return true;
}

bool ps_bounds_meet(ps_bounds *bounds, unsigned limit)
{
    bounds->met |= UINT64_C(1) << limit;
    return false;
}

ps_limit_text ps_bounds_text(const ps_bounds *bounds, unsigned limit)
{
    ps_limits of = bounds->of;
    ps_limit_text made;

    (void)snprintf(
        made.text, sizeof made.text, "more than %llu %s: the rest is left out (limit %s)",
        (unsigned long long)*ps_limit_value(&of, limit), rows[limit].what, rows[limit].name);
    return made;
}

bool ps_bounds_fail(const ps_bounds *bounds, unsigned limit, uint64_t offset, ps_error *err)
{
    ps_limits of = bounds->of;

    return ps_fail(err, PS_ELIMIT, offset, "more than %llu %s (limit %s)",
                   (unsigned long long)*ps_limit_value(&of, limit), rows[limit].what,
                   rows[limit].name);
}
