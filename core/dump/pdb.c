/* pdb.c - identity and symbols of a PDB. */
#include "dump/pdb_types.h"

#include "base/array.h"
#include "base/encode.h"
#include "dump/msf.h"
#include "dump/pdb.h"

#include <stdio.h>
#include <string.h>

enum {
    S_LDATA32 = 0x110C,
    S_GDATA32 = 0x110D,
    S_PUB32 = 0x110E,
    NO_STREAM = 0xFFFF,
    SECTION_SIZE = 40,
    DBI_HEADER = 64,
};

/* Which of the optional debug streams is which. */
enum { OMAP_FROM_SOURCE = 4, SECTIONS = 5, ORIGINAL_SECTIONS = 10, OPTIONAL = 11 };

typedef struct symbol {
    uint32_t rva;
    const char *name; /* in the symbol records */
} symbol;

struct ps_pdb {
    char guid[PS_GUID_SIZE];
    uint32_t age;
    uint8_t *records; /* symbol records */
    size_t record_size;
    symbol *symbols; /* sorted by RVA */
    size_t symbol_count, symbol_capacity;
    uint8_t *sections;
    size_t section_size;
    uint8_t *map; /* from addresses before to those after the code was put in order */
    size_t map_size;
    ps_pdb_types types;
};

typedef struct streams {
    uint16_t records;
    uint16_t optional[OPTIONAL];
} streams;

/* --- identity -------------------------------------------------------------------------------- */

static bool read_identity(ps_pdb *pdb, const ps_msf *msf, ps_error *err)
{
    uint8_t *data;
    size_t size;
    ps_reader r;

    if (!ps_msf_read(msf, 1, &data, &size, err))
        return false;
    r = ps_reader_of(data, size, 0);
    ps_skip(&r, 8);
    pdb->age = ps_u32(&r);
    ps_take_guid(&r, pdb->guid);
    free(data);
    return ps_reader_good(&r) ||
           ps_fail(err, PS_ETRUNCATED, PS_NOWHERE, "the PDB names no identity");
}

/* --- symbols --------------------------------------------------------------------------------- */

static void parse_streams(const uint8_t *data, size_t size, ps_pdb *pdb, streams *found)
{
    ps_reader r = ps_reader_of(data, size, 0);
    uint64_t before = DBI_HEADER;
    uint64_t optional_size;

    ps_skip(&r, 8);
    pdb->age = size >= DBI_HEADER ? ps_u32(&r) : pdb->age;
    r = ps_reader_at(data, size, 20, 2);
    found->records = ps_reader_good(&r) ? ps_u16(&r) : NO_STREAM;
    r = ps_reader_at(data, size, 24, 32);
    for (int i = 0; i < 5; i++)
        before += ps_u32(&r);
    ps_skip(&r, 4);
    optional_size = ps_u32(&r);
    before += ps_u32(&r);
    for (size_t i = 0; i < OPTIONAL; i++) {
        ps_reader stream = ps_reader_at(data, size, before + i * 2, 2);
        found->optional[i] = NO_STREAM;
        if (i * 2 + 2 <= optional_size && ps_reader_good(&stream))
            found->optional[i] = ps_u16(&stream);
    }
}

static bool read_optional(const ps_msf *msf, uint16_t stream, uint8_t **data, size_t *size,
                          ps_error *err)
{
    *data = NULL;
    *size = 0;
    return stream == NO_STREAM || stream >= msf->stream_count ||
           ps_msf_read(msf, stream, data, size, err);
}

/* Where code was put in another order, symbols speak of the order before. */
static bool read_tables(ps_pdb *pdb, const ps_msf *msf, ps_error *err)
{
    uint8_t *data;
    size_t size;
    streams found = {.records = NO_STREAM};
    uint16_t sections;

    if (!ps_msf_read(msf, 3, &data, &size, err))
        return false;
    parse_streams(data, size, pdb, &found);
    free(data);
    sections = found.optional[SECTIONS];
    if (found.optional[OMAP_FROM_SOURCE] != NO_STREAM &&
        found.optional[ORIGINAL_SECTIONS] != NO_STREAM)
        sections = found.optional[ORIGINAL_SECTIONS];
    else
        found.optional[OMAP_FROM_SOURCE] = NO_STREAM;
    return read_optional(msf, found.records, &pdb->records, &pdb->record_size, err) &&
           read_optional(msf, sections, &pdb->sections, &pdb->section_size, err) &&
           read_optional(msf, found.optional[OMAP_FROM_SOURCE], &pdb->map, &pdb->map_size, err);
}

/* The address after the code was put in order: that of the last entry at or before it. */
static bool through_map(const ps_pdb *pdb, uint32_t *rva)
{
    size_t low = 0;
    size_t high = pdb->map_size / 8;
    uint32_t from;
    uint32_t to;
    ps_reader r;

    if (pdb->map == NULL)
        return true;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        r = ps_reader_at(pdb->map, pdb->map_size, middle * 8, 8);
        if (ps_u32(&r) <= *rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    r = ps_reader_at(pdb->map, pdb->map_size, (low - 1) * 8, 8);
    from = ps_u32(&r);
    to = ps_u32(&r);
    *rva = to + (*rva - from);
    return to != 0;
}

static bool place(const ps_pdb *pdb, uint16_t segment, uint32_t offset, uint32_t *rva)
{
    ps_reader r;

    if (segment == 0)
        return false;
    r = ps_reader_at(pdb->sections, pdb->section_size, (uint64_t)(segment - 1) * SECTION_SIZE + 12,
                     4);
    *rva = ps_u32(&r) + offset;
    return ps_reader_good(&r) && through_map(pdb, rva);
}

static bool add_symbol(ps_pdb *pdb, uint16_t kind, ps_reader record, ps_error *err)
{
    uint32_t offset;
    uint16_t segment;
    symbol s = {0};

    if (kind != S_PUB32 && kind != S_GDATA32 && kind != S_LDATA32)
        return true;
    ps_skip(&record, 4);
    offset = ps_u32(&record);
    segment = ps_u16(&record);
    if (!ps_reader_good(&record) || memchr(record.at, 0, record.left) == NULL ||
        record.at[0] == 0 || !place(pdb, segment, offset, &s.rva))
        return true;
    s.name = (const char *)record.at;
    if (!ps_grow((void **)&pdb->symbols, &pdb->symbol_capacity, pdb->symbol_count,
                 sizeof *pdb->symbols))
        return ps_fail_memory(err);
    pdb->symbols[pdb->symbol_count++] = s;
    return true;
}

static int by_rva(const void *a, const void *b)
{
    const symbol *x = a;
    const symbol *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool read_symbols(ps_pdb *pdb, ps_error *err)
{
    ps_reader r = ps_reader_of(pdb->records, pdb->record_size, 0);

    while (r.left >= 4 && ps_reader_good(&r)) {
        const uint16_t length = ps_u16(&r);
        const uint8_t *record = ps_take(&r, length);
        ps_reader body;
        uint16_t kind;
        if (record == NULL || length < 2)
            break;
        body = ps_reader_of(record, length, 0);
        kind = ps_u16(&body);
        if (!add_symbol(pdb, kind, body, err))
            return false;
    }
    if (pdb->symbol_count > 1)
        qsort(pdb->symbols, pdb->symbol_count, sizeof *pdb->symbols, by_rva);
    return true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool read_all(ps_pdb *pdb, const ps_msf *msf, ps_error *err)
{
    return read_identity(pdb, msf, err) && read_tables(pdb, msf, err) && read_symbols(pdb, err) &&
           ps_msf_read(msf, 2, &pdb->types.data, &pdb->types.size, err) &&
           ps_pdb_types_index(&pdb->types, err);
}

bool ps_pdb_open(ps_pdb **out, ps_source *source, ps_error *err)
{
    ps_pdb *pdb = calloc(1, sizeof *pdb);
    ps_msf msf = {0};
    bool done;

    *out = NULL;
    if (pdb == NULL)
        return ps_fail_memory(err);
    done = ps_msf_open(&msf, source, err) && read_all(pdb, &msf, err);
    ps_msf_close(&msf);
    if (!done) {
        ps_pdb_close(pdb);
        return false;
    }
    *out = pdb;
    return true;
}

void ps_pdb_close(ps_pdb *pdb)
{
    if (pdb == NULL)
        return;
    free(pdb->records);
    free(pdb->symbols);
    free(pdb->sections);
    free(pdb->map);
    ps_pdb_types_free(&pdb->types);
    free(pdb);
}

const char *ps_pdb_guid(const ps_pdb *pdb) { return pdb->guid; }

uint32_t ps_pdb_age(const ps_pdb *pdb) { return pdb->age; }

bool ps_pdb_symbol(const ps_pdb *pdb, const char *name, uint32_t *rva)
{
    for (size_t i = 0; i < pdb->symbol_count; i++) {
        const char *has = pdb->symbols[i].name;
        if (strcmp(has, name) != 0 && (has[0] != '_' || strcmp(has + 1, name) != 0))
            continue;
        *rva = pdb->symbols[i].rva;
        return true;
    }
    return false;
}

const char *ps_pdb_nearest(const ps_pdb *pdb, uint32_t rva, uint32_t *symbol_rva)
{
    size_t low = 0;
    size_t high = pdb->symbol_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pdb->symbols[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    *symbol_rva = pdb->symbols[low - 1].rva;
    return pdb->symbols[low - 1].name;
}

bool ps_pdb_symbol_at(const ps_pdb *pdb, size_t index, const char **name, uint32_t *rva)
{
    if (index >= pdb->symbol_count)
        return false;
    *name = pdb->symbols[index].name;
    *rva = pdb->symbols[index].rva;
    return true;
}

bool ps_pdb_size(const ps_pdb *pdb, const char *structure, uint64_t *size)
{
    return ps_pdb_types_size(&pdb->types, structure, size);
}

bool ps_pdb_field(const ps_pdb *pdb, const char *structure, const char *field, uint64_t *offset)
{
    return ps_pdb_types_field(&pdb->types, structure, field, offset);
}
