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
    [PS_KIND_ZSTD] = "zstd",
    [PS_KIND_BZIP2] = "bzip2",
    [PS_KIND_RAR] = "rar",
    [PS_KIND_TAR] = "tar",
    [PS_KIND_WIM] = "wim",
    [PS_KIND_OLE] = "ole",
    [PS_KIND_OFFICE] = "office",
    [PS_KIND_PDF] = "pdf",
    [PS_KIND_PICTURE] = "picture",
    [PS_KIND_EVT] = "evt",
    [PS_KIND_DISK] = "disk",
    [PS_KIND_HISTORY] = "history",
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

typedef struct inner_magic {
    ps_kind kind;
    uint8_t length;
    uint16_t offset;
    const char *bytes;
} inner_magic;

enum { ZIP_HEADER = 30, SQLITE_APPLICATION = 68 };

/* Signatures further in.  Documents are zip archives that begin with a certain member; a history is an
 * SQLite file that says which program it is of. */
static const inner_magic inner_magics[] = {
    {PS_KIND_OFFICE, 19, ZIP_HEADER, "[Content_Types].xml"},
    {PS_KIND_OFFICE, 8, ZIP_HEADER, "mimetype"},
    {PS_KIND_TAR, 5, 257, "ustar"},
    {PS_KIND_HISTORY, 4, SQLITE_APPLICATION, "PSLH"},
};

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
    {PS_KIND_OFFICE, 5, "{\\rtf"},
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
    {PS_KIND_ZSTD, 4, "\x28\xB5\x2F\xFD"},
    {PS_KIND_BZIP2, 10, "BZh91AY&SY"},
    {PS_KIND_RAR, 6, "Rar!\x1A\x07"},
    {PS_KIND_WIM, 8, "MSWIM\0\0\0"},
    {PS_KIND_OLE, 8, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"},
    {PS_KIND_PDF, 5, "%PDF-"},
    {PS_KIND_PICTURE, 8, "\x89PNG\r\n\x1A\n"},
    {PS_KIND_PICTURE, 3, "\xFF\xD8\xFF"},
    {PS_KIND_PICTURE, 6, "GIF89a"},
    {PS_KIND_PICTURE, 6, "GIF87a"},
    {PS_KIND_EVT, 8, "\x30\0\0\0LfLe"},
    {PS_KIND_DISK, 4, "KDMV"},
    {PS_KIND_DISK, 4, "QFI\xFB"},
    {PS_KIND_DISK, 8, "<<< Orac"},
};

static bool has_inner_magic(const inner_magic *m, const uint8_t *data, size_t size)
{
    if (m->offset == ZIP_HEADER && (size < 4 || memcmp(data, "PK\3\4", 4) != 0))
        return false;
    if (m->offset == SQLITE_APPLICATION && (size < 16 || memcmp(data, "SQLite format 3", 16) != 0))
        return false;
    return size >= (size_t)m->offset + m->length &&
           memcmp(data + m->offset, m->bytes, m->length) == 0;
}

static bool all_zero(const uint8_t *data, size_t size)
{
    return size > 0 && data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* UTF-16 text, either order, with or without a byte order mark: most units are ASCII. */
static bool looks_utf16(const uint8_t *data, size_t size)
{
    size_t even = 0, odd = 0, units = size / 2;

    if (units < 2 || memchr(data, 0, size) == NULL)
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
    static const uint32_t usual = UINT32_C(0x7F) << 7 | UINT32_C(3) << 0x1A;

    return byte >= 0x20 ? byte == 0x7F : (usual >> byte & 1U) == 0;
}

/* An 8-bit text holds few control characters: tags may bring some, NUL among them. */
static bool looks_8bit(const uint8_t *data, size_t size)
{
    size_t odd = 0;

    for (size_t i = 0; i < size; i++)
        odd += is_control(data[i]);
    return odd <= size / 50 + 2;
}

static uint32_t u32_at(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

enum { EVENT_HEADER = 0x48, PROVIDER = 0x60, LARGEST_BUFFER = 16 << 20 };

/* An ETL file begins with a buffer header of 0x48 bytes: its size in the file (any, when buffers are
 * compressed), at 0x30 how far it is filled, at 0x36 the buffer's type, 4 for the first one.  The
 * event behind it carries the marker byte 0xC0 at its offset 3.  So it is in every trace at hand. */
static bool looks_etl(const uint8_t *data, size_t size)
{
    uint32_t buffer, filled;

    if (size < PROVIDER)
        return false;
    buffer = u32_at(data);
    filled = u32_at(data + 0x30);
    return buffer >= PROVIDER && buffer <= LARGEST_BUFFER && filled > EVENT_HEADER &&
           filled <= LARGEST_BUFFER && data[0x36] == 4 && data[0x37] == 0 &&
           (data[0x4B] & 0xC0U) == 0xC0U;
}

/* A .blg is a trace whose events come from the provider of counter logs; its identifier stands in
 * the first event of one of the next buffers. */
static bool looks_blg(ps_source *source, const uint8_t *data)
{
    static const uint8_t provider[16] = {0xB3, 0x3B, 0x3F, 0x93, 0x3E, 0x94, 0x0D, 0x49,
                                         0x9C, 0xED, 0x3C, 0xBB, 0x14, 0xC1, 0x44, 0x79};
    const uint64_t buffer = u32_at(data);
    uint8_t found[sizeof provider];
    size_t got;

    for (uint64_t i = 1; i <= 4; i++) {
        if (ps_source_read(source, i * buffer + PROVIDER, found, sizeof found, &got, NULL) &&
            got == sizeof found && memcmp(found, provider, sizeof found) == 0)
            return true;
    }
    return false;
}

static bool looks_disk(const uint8_t *data, size_t size)
{
    return size >= 4096 && data[510] == 0x55 && data[511] == 0xAA;
}

static ps_kind kind_of(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof inner_magics / sizeof *inner_magics; i++)
        if (has_inner_magic(&inner_magics[i], data, size))
            return inner_magics[i].kind;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (size >= magics[i].length && memcmp(data, magics[i].bytes, magics[i].length) == 0)
            return magics[i].kind;
    if (all_zero(data, size))
        return PS_KIND_HOLE;
    if (looks_etl(data, size))
        return PS_KIND_ETL;
    if (looks_utf16(data, size) || looks_8bit(data, size))
        return PS_KIND_TEXT;
    return looks_disk(data, size) ? PS_KIND_DISK : PS_KIND_UNKNOWN;
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
    if (*kind == PS_KIND_ETL && looks_blg(source, data))
        *kind = PS_KIND_BLG;
    free(data);
    return true;
}
