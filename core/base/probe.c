/* probe.c - what a source is, by its first 64 KiB. */
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { PROBE_SIZE = 1 << 16 };

static const char *const kind_names[PS_KIND_COUNT] = {
    [PS_KIND_UNKNOWN] = "unknown",
    [PS_KIND_EMPTY] = "empty",
    [PS_KIND_HOLE] = "hole",
    [PS_KIND_TEXT] = "text",
    [PS_KIND_PE] = "pe",
    [PS_KIND_DUMP] = "dump",
    [PS_KIND_MINIDUMP] = "minidump",
    [PS_KIND_ELF] = "elf",
    [PS_KIND_LIME] = "lime",
    [PS_KIND_HIBERNATION] = "hibernation",
    [PS_KIND_ETL] = "etl",
    [PS_KIND_BLG] = "blg",
    [PS_KIND_EVTX] = "evtx",
    [PS_KIND_HIVE] = "hive",
    [PS_KIND_SQLITE] = "sqlite",
    [PS_KIND_ZIP] = "zip",
    [PS_KIND_CAB] = "cab",
    [PS_KIND_7Z] = "7z",
    [PS_KIND_GZIP] = "gzip",
    [PS_KIND_XZ] = "xz",
    [PS_KIND_VHD] = "vhd",
};

const char *ps_kind_name(ps_kind kind)
{
    return (unsigned)kind < PS_KIND_COUNT ? kind_names[kind] : "unknown";
}

typedef struct magic {
    ps_kind kind;
    uint8_t length;
    const char *bytes;
} magic;

/* Signatures at offset 0, from each format's public description. */
static const magic magics[] = {
    {PS_KIND_PE, 2, "MZ"},
    {PS_KIND_DUMP, 8, "PAGEDUMP"},
    {PS_KIND_DUMP, 8, "PAGEDU64"},
    {PS_KIND_MINIDUMP, 4, "MDMP"},
    {PS_KIND_ELF, 4, "\177ELF"},
    {PS_KIND_LIME, 4, "EMiL"},
    {PS_KIND_HIBERNATION, 4, "HIBR"},
    {PS_KIND_HIBERNATION, 4, "hibr"},
    {PS_KIND_HIBERNATION, 4, "WAKE"},
    {PS_KIND_HIBERNATION, 4, "wake"},
    {PS_KIND_HIBERNATION, 4, "RSTR"},
    {PS_KIND_EVTX, 8, "ElfFile\0"},
    {PS_KIND_HIVE, 4, "regf"},
    {PS_KIND_SQLITE, 16, "SQLite format 3\0"},
    {PS_KIND_ZIP, 4, "PK\3\4"},
    {PS_KIND_ZIP, 4, "PK\5\6"},
    {PS_KIND_CAB, 8, "MSCF\0\0\0\0"},
    {PS_KIND_7Z, 6, "7z\xBC\xAF\x27\x1C"},
    {PS_KIND_GZIP, 2, "\x1F\x8B"},
    {PS_KIND_XZ, 6,
     "\xFD"
     "7zXZ"
     "\0"},
    {PS_KIND_VHD, 8, "conectix"},
    {PS_KIND_VHD, 8, "vhdxfile"},
};

static bool all_zero(const uint8_t *data, size_t size)
{
    return size > 0 && data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* UTF-16 text, either order, with or without a byte order mark: most units are ASCII. */
static bool looks_utf16(const uint8_t *data, size_t size)
{
    size_t even = 0, odd = 0, units = size / 2;

    if (units < 2)
        return false;
    for (size_t i = 0; i + 1 < size; i += 2) {
        even += data[i] == 0;
        odd += data[i + 1] == 0;
    }
    return (odd > units * 3 / 5 && even < units / 50 + 1) ||
           (even > units * 3 / 5 && odd < units / 50 + 1);
}

static bool is_control(uint8_t byte)
{
    const bool usual = (byte >= 7 && byte <= 13) || byte == 0x1A || byte == 0x1B;

    return (byte < 0x20 && !usual) || byte == 0x7F;
}

/* An 8-bit text holds few control characters: tags may bring some, NUL among them. */
static bool looks_8bit(const uint8_t *data, size_t size)
{
    size_t odd = 0;

    for (size_t i = 0; i < size; i++)
        odd += is_control(data[i]);
    return odd <= size / 50 + 2;
}

/* An ETL file begins with a buffer header of 0x48 bytes, buffer size first; the first event behind
 * it carries the marker byte 0xC0 at its offset 3.  Seen in every public trace at hand. */
static bool looks_etl(const uint8_t *data, size_t size)
{
    uint32_t buffer, state;

    if (size < 0x60)
        return false;
    buffer = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
             (uint32_t)data[3] << 24;
    state = data[0x4B];
    return buffer >= 1024 && buffer <= 16 << 20 && (buffer & 1023) == 0 && (state & 0xC0U) == 0xC0U;
}

static ps_kind kind_of(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (size >= magics[i].length && memcmp(data, magics[i].bytes, magics[i].length) == 0)
            return magics[i].kind;
    if (all_zero(data, size))
        return PS_KIND_HOLE;
    if (looks_etl(data, size))
        return PS_KIND_ETL;
    return looks_utf16(data, size) || looks_8bit(data, size) ? PS_KIND_TEXT : PS_KIND_UNKNOWN;
}

bool ps_source_probe(ps_source *source, ps_kind *kind, ps_error *err)
{
    uint64_t begin = 0, end = 0;
    size_t got = 0;
    uint8_t *data;

    *kind = PS_KIND_EMPTY;
    if (ps_source_size(source) == 0)
        return true;
    if (!ps_source_next_data(source, 0, &begin, &end, err))
        return false;
    if (begin >= PROBE_SIZE || begin == end) {
        *kind = PS_KIND_HOLE;
        return true;
    }
    data = malloc(PROBE_SIZE);
    if (data == NULL)
        return ps_fail_memory(err);
    if (!ps_source_read(source, 0, data, PROBE_SIZE, &got, err)) {
        free(data);
        return false;
    }
    *kind = kind_of(data, got);
    free(data);
    return true;
}
