/* tracker_find.c - where the tag tables are: by symbols where a PDB is given, else by what the
 * kernel's data say of each other. */
#include "dump/tracker_find.h"

#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/data_words.h"
#include "dump/offsets.h"

#include <stdio.h>
#include <stdlib.h>

enum { PROCESSORS = 2048, SMALLEST = 64, LARGEST = 1 << 20, NEAR = 0x400, AROUND = 2 * NEAR };

/* The tables' size: a power of two, with or without the slot for what does not fit. */
static bool is_table_size(uint64_t size)
{
    return size >= SMALLEST && size <= LARGEST &&
           ((size & (size - 1)) == 0 || ((size - 1) & (size - 2)) == 0);
}

static uint64_t mask_of(uint64_t size) { return (size & (size - 1)) == 0 ? size - 1 : size - 2; }

/* --- with symbols ---------------------------------------------------------------------------- */

static bool add_of_processors(ps_tracker *tracker, ps_kernel *kernel, uint64_t array,
                              uint64_t entries, ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t count = kernel->file->facts.processors;

    if (count == 0 || count > PROCESSORS)
        count = PROCESSORS;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t table = 0;
        const ps_read_status status = ps_space_address(&kernel->space, array + i * pointer, &table);
        if (status != PS_READ_OK) {
            return ps_fail(err, PS_ETRUNCATED, PS_NOWHERE,
                           "the pointer to the tag table of processor %llu, at 0x%llx, is %s",
                           (unsigned long long)i, (unsigned long long)array + i * pointer,
                           ps_read_status_text(status));
        }
        if (table == 0)
            break;
        if (!ps_tracker_add(tracker, table, entries, err))
            return false;
    }
    return true;
}

/* Kernels before Vista have one table, and none for what does not fit. */
static bool has_expansion(const ps_kernel *kernel) { return kernel->file->facts.build >= 6000; }

static bool find_by_symbols(ps_tracker *tracker, ps_kernel *kernel, uint64_t table, ps_error *err)
{
    uint64_t size = 0;
    uint64_t array = 0;
    uint64_t expansion = 0;
    uint64_t expansion_size = 0;
    const ps_read_status status = ps_kernel_value(kernel, "PoolTrackTableSize", 0, &size);

    if (status != PS_READ_OK || size < SMALLEST || size > LARGEST)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "PoolTrackTableSize is %s: %llu",
                       ps_read_status_text(status), (unsigned long long)size);
    tracker->expansion_unknown = has_expansion(kernel);
    if (!ps_tracker_add(tracker, table, size, err))
        return false;
    if (ps_kernel_symbol(kernel, "ExPoolTagTables", &array) &&
        !add_of_processors(tracker, kernel, array, size, err))
        return false;
    if (ps_kernel_value(kernel, "PoolTrackTableExpansion", 0, &expansion) != PS_READ_OK ||
        ps_kernel_value(kernel, "PoolTrackTableExpansionSize", 0, &expansion_size) != PS_READ_OK ||
        expansion_size > LARGEST)
        return true;
    tracker->expansion_unknown = false;
    if (expansion == 0 || expansion_size == 0)
        return true;
    return ps_tracker_add(tracker, expansion, expansion_size, err);
}

/* --- without ---------------------------------------------------------------------------------- */

/* What lies around a variable, NEAR bytes to each side; from its page on where the one before is
 * missing. */
static size_t read_around(ps_kernel *kernel, uint64_t variable, uint8_t bytes[AROUND])
{
    const uint64_t page = variable & ~(uint64_t)(PS_FRAME_SIZE - 1);
    size_t got = 0;

    (void)ps_space_read(&kernel->space, variable - NEAR, bytes, AROUND, &got);
    if (got <= NEAR)
        (void)ps_space_read(&kernel->space, page, bytes, AROUND, &got);
    return got;
}

static bool holds(const uint8_t *bytes, size_t size, unsigned pointer, uint64_t value)
{
    for (size_t i = 0; i + pointer <= size; i += pointer) {
        ps_reader r = ps_reader_at(bytes, size, i, pointer);
        if (ps_uint(&r, pointer) == value)
            return true;
    }
    return false;
}

/* The one size with its mask beside it; 0 if there is none, or more than one. */
static uint64_t size_with_mask(const uint8_t *bytes, size_t size, unsigned pointer, bool power)
{
    uint64_t found = 0;

    for (size_t i = 0; i + pointer <= size; i += pointer) {
        ps_reader r = ps_reader_at(bytes, size, i, pointer);
        const uint64_t value = ps_uint(&r, pointer);
        if (!is_table_size(value) || power != ((value & (value - 1)) == 0) ||
            !holds(bytes, size, pointer, mask_of(value)))
            continue;
        if (found != 0 && found != value)
            return 0;
        found = value;
    }
    return found;
}

/* The size stands among the variables around the table's, together with its mask.  One with a slot
 * for what does not fit is believed first: the sizes of other tables are powers of two. */
uint64_t ps_tracker_size_near(ps_kernel *kernel, uint64_t variable)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint8_t bytes[AROUND];
    uint64_t found = 0;
    size_t got;

    if (ps_space_uint(&kernel->space, variable - pointer, pointer, &found) == PS_READ_OK &&
        is_table_size(found))
        return found;
    got = read_around(kernel, variable, bytes);
    found = size_with_mask(bytes, got, pointer, false);
    return found != 0 ? found : size_with_mask(bytes, got, pointer, true);
}

typedef struct array_search {
    ps_kernel *kernel;
    uint64_t variable, table;
} array_search;

/* An array of the processors' tables begins with the first one's address. */
static bool is_array(void *context, uint64_t address, uint64_t first)
{
    const array_search *s = context;
    const unsigned pointer = ps_space_pointer(&s->kernel->space);
    const uint64_t count = s->kernel->file->facts.processors;
    const uint64_t system = pointer == 8 ? UINT64_C(0xFF00000000000000) : 0xFFFFFFFF80000000;

    if (first != s->table || address == s->variable)
        return false;
    for (uint64_t i = 1; i < count; i++) {
        uint64_t value = 0;
        if (ps_space_address(&s->kernel->space, address + i * pointer, &value) != PS_READ_OK ||
            value < system || value % 8 != 0 || value == s->table)
            return false;
    }
    return count > 1;
}

uint64_t ps_tracker_array(ps_kernel *kernel, uint64_t variable, uint64_t table)
{
    array_search s = {kernel, variable, table};

    return ps_find_data_word(kernel, is_array, &s);
}

static bool find_by_data(ps_tracker *tracker, ps_kernel *kernel, uint64_t variable, uint64_t table,
                         ps_error *err)
{
    const uint64_t size = ps_tracker_size_near(kernel, variable);
    char what[64];
    uint64_t array;

    if (size == 0)
        return ps_symbols_needed(kernel, "the size of the tag tables", err);
    tracker->expansion_unknown = has_expansion(kernel);
    if (!ps_tracker_add(tracker, table, size, err))
        return false;
    if (kernel->file->facts.processors == 1 || kernel->file->facts.build < 6000)
        return true;
    if (kernel->file->facts.processors == 0)
        return ps_symbols_needed(kernel, "how many processors have a tag table", err);
    array = ps_tracker_array(kernel, variable, table);
    if (array != 0)
        return add_of_processors(tracker, kernel, array, size, err);
    (void)snprintf(what, sizeof what, "the place of the tag tables of %u processors",
                   (unsigned)kernel->file->facts.processors);
    return ps_symbols_needed(kernel, what, err);
}

/* Where nothing names the tables, how they were found is worth a remark. */
static bool remark_search(ps_kernel *kernel, uint64_t variable, ps_error *err)
{
    if (variable != kernel->tables_variable)
        return true;
    return ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                             "the tag tables were found at 0x%llx by what they hold: neither "
                             "debugger data nor a PDB name them",
                             (unsigned long long)variable);
}

bool ps_tracker_find(ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    uint64_t variable = 0;
    uint64_t table = 0;
    const bool has_symbol = ps_kernel_symbol(kernel, "PoolTrackTable", &variable);
    ps_read_status status;

    if (!has_symbol)
        variable = ps_tracker_variable(kernel);
    if (variable == 0)
        return ps_symbols_needed(kernel, "the place of the tag tables", err);
    status = ps_space_address(&kernel->space, variable, &table);
    if (status != PS_READ_OK)
        return ps_fail(err, PS_ETRUNCATED, PS_NOWHERE, "PoolTrackTable at 0x%llx is %s",
                       (unsigned long long)variable, ps_read_status_text(status));
    if (table == 0)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "the kernel keeps no tag tables: pool tagging was not enabled");
    if (has_symbol && kernel->pdb != NULL)
        return find_by_symbols(tracker, kernel, table, err);
    return find_by_data(tracker, kernel, variable, table, err) &&
           remark_search(kernel, variable, err);
}
