/* archive.c - what a zip archive or a cabinet holds, by its directory.
 *
 * zip      the record "PK\5\6" at the very end, or before a comment of at most 64 KiB, tells how many
 *          entries the directory has, how large it is, and where; where a number is all ones, the
 *          record "PK\6\6" has it, which "PK\6\7" right before the first one points at
 * cabinet  a header with the offset of the first file and their number, then a record for each file
 */
#include "base/arena.h"
#include "base/array.h"
#include "base/limits.h"
#include "base/reader.h"

#include <string.h>

enum {
    LONGEST_NAME = 1024,
    END_SIZE = 22,
    END_ROOM = END_SIZE + 0xFFFF,
    CAB_HEADER = 36,
    CAB_ENTRY = 16 + LONGEST_NAME,
    NAME_IS_UTF8 = 1 << 11,
};

struct ps_archive {
    ps_arena arena;
    ps_member *members;
    size_t count, capacity;
    uint64_t total;
    ps_bounds bounds;
    bool cut; /* the directory goes on behind the limit */
};

typedef struct directory {
    uint64_t entries, size, offset;
} directory;

static bool add_member(ps_archive *archive, const char *name, size_t length, uint64_t size,
                       bool is_utf8)
{
    char *copy;

    if (length > LONGEST_NAME)
        length = LONGEST_NAME;
    copy = ps_arena_copy(&archive->arena, name, length);
    if (copy == NULL || !ps_grow((void **)&archive->members, &archive->capacity, archive->count,
                                 sizeof *archive->members))
        return false;
    for (char *at = copy; *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (*at == '\\')
            *at = '/';
        else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !is_utf8))
            *at = '?';
    }
    archive->members[archive->count++] = (ps_member){.name = copy, .size = size};
    return true;
}

static bool has_room(const ps_archive *archive)
{
    return archive->count < archive->bounds.of.archive_members;
}

/* size bytes at offset, all of them; NULL with the error told. */
static uint8_t *read_whole(ps_source *source, uint64_t offset, size_t size, const char *what,
                           ps_error *err)
{
    uint8_t *data = malloc(size > 0 ? size : 1);
    size_t got = 0;

    if (data == NULL) {
        (void)ps_fail_memory(err);
        return NULL;
    }
    if (!ps_source_read(source, offset, data, size, &got, err)) {
        free(data);
        return NULL;
    }
    if (got < size) {
        (void)ps_fail(err, PS_ETRUNCATED, offset + got, "%s: input ends too early", what);
        free(data);
        return NULL;
    }
    return data;
}

/* --- zip ------------------------------------------------------------------------------------ */

/* The numbers of the ZIP64 record, which the locator before the end record points at. */
static bool read_zip64(ps_source *source, uint64_t end_offset, directory *found, ps_error *err)
{
    uint8_t locator[20], record[56];
    ps_reader r;
    size_t got;
    uint64_t offset;

    if (end_offset < sizeof locator)
        return true; /* no room for one: as below */
    if (!ps_source_read(source, end_offset - sizeof locator, locator, sizeof locator, &got, err))
        return false;
    r = ps_reader_of(locator, got, end_offset - sizeof locator);
    if (ps_u32(&r) != 0x07064B50)
        return true; /* the numbers of the end record are meant as they stand */
    ps_skip(&r, 4);
    offset = ps_u64(&r);
    if (!ps_source_read(source, offset, record, sizeof record, &got, err))
        return false;
    r = ps_reader_of(record, got, offset);
    if (ps_u32(&r) != 0x06064B50)
        return ps_fail(err, PS_EFORMAT, offset, "zip: no ZIP64 record where it should be");
    ps_skip(&r, 28);
    found->entries = ps_u64(&r);
    found->size = ps_u64(&r);
    found->offset = ps_u64(&r);
    return ps_reader_ok(&r, err, "zip ZIP64 record");
}

static bool find_directory(ps_source *source, directory *found, ps_error *err)
{
    const uint64_t size = ps_source_size(source);
    const size_t room = size < END_ROOM ? (size_t)size : (size_t)END_ROOM;
    uint8_t *tail = read_whole(source, size - room, room, "zip", err);
    size_t at = room >= END_SIZE ? room - END_SIZE + 1 : 0;
    ps_reader r;

    if (tail == NULL)
        return false;
    while (at > 0 && memcmp(tail + at - 1, "PK\5\6", 4) != 0)
        at--;
    if (at == 0) {
        free(tail);
        return ps_fail(err, PS_ETRUNCATED, size, "zip: no directory at the end, the file is cut");
    }
    r = ps_reader_of(tail + at - 1, room - at + 1, size - room + at - 1);
    ps_skip(&r, 10);
    found->entries = ps_u16(&r);
    found->size = ps_u32(&r);
    found->offset = ps_u32(&r);
    free(tail);
    if (found->entries == 0xFFFF || found->size == UINT32_MAX || found->offset == UINT32_MAX)
        return read_zip64(source, size - room + at - 1, found, err);
    return true;
}

/* The size of a member that the field of 32 bits has no room for. */
static uint64_t wide_size(ps_reader extra)
{
    while (ps_reader_good(&extra) && extra.left >= 4) {
        const uint16_t id = ps_u16(&extra);
        const uint16_t length = ps_u16(&extra);
        if (id == 1 && length >= 8)
            return ps_u64(&extra);
        ps_skip(&extra, length);
    }
    return UINT32_MAX;
}

static bool read_entry(ps_archive *archive, ps_reader *r, ps_error *err)
{
    uint16_t flags, name_length, extra_length, comment_length;
    const char *name;
    uint64_t size;
    ps_reader extra;

    if (ps_u32(r) != 0x02014B50 && ps_reader_good(r))
        return ps_fail(err, PS_EFORMAT, r->base - 4, "zip: no entry of the directory here");
    ps_skip(r, 4);
    flags = ps_u16(r);
    ps_skip(r, 14);
    size = ps_u32(r);
    name_length = ps_u16(r);
    extra_length = ps_u16(r);
    comment_length = ps_u16(r);
    ps_skip(r, 12);
    name = (const char *)ps_take(r, name_length);
    extra = ps_reader_of(r->at, r->left < extra_length ? r->left : extra_length, r->base);
    ps_skip(r, (size_t)extra_length + comment_length);
    if (!ps_reader_ok(r, err, "zip directory"))
        return false;
    if (size == UINT32_MAX)
        size = wide_size(extra);
    return add_member(archive, name, name_length, size, (flags & NAME_IS_UTF8) != 0) ||
           ps_fail_memory(err);
}

static bool list_zip(ps_archive *archive, ps_source *source, ps_error *err)
{
    directory found = {0};
    uint8_t *data;
    ps_reader r;
    bool good = true;

    if (!find_directory(source, &found, err))
        return false;
    if (found.size > archive->bounds.of.archive_directory_bytes)
        return ps_bounds_fail(&archive->bounds, PS_LIMIT(archive_directory_bytes), found.offset,
                              err);
    data = read_whole(source, found.offset, (size_t)found.size, "zip directory", err);
    if (data == NULL)
        return false;
    r = ps_reader_of(data, (size_t)found.size, found.offset);
    for (uint64_t i = 0; good && i < found.entries && has_room(archive); i++)
        good = read_entry(archive, &r, err);
    archive->total = found.entries;
    free(data);
    return good;
}

/* --- cabinet -------------------------------------------------------------------------------- */

static bool read_cab_file(ps_archive *archive, ps_reader *r, ps_error *err)
{
    const uint32_t size = ps_u32(r);
    const uint8_t *end;
    const char *name;
    uint16_t attributes;

    ps_skip(r, 10);
    attributes = ps_u16(r);
    name = (const char *)r->at;
    end = ps_reader_good(r) && r->left > 0 ? memchr(r->at, 0, r->left) : NULL;
    if (end == NULL && archive->cut)
        return ps_bounds_fail(&archive->bounds, PS_LIMIT(archive_directory_bytes), r->base, err);
    if (end == NULL)
        return ps_fail(err, PS_ETRUNCATED, r->base, "cabinet: input ends within a name");
    ps_skip(r, (size_t)(end - r->at) + 1);
    return add_member(archive, name, (size_t)(end - (const uint8_t *)name), size,
                      (attributes & 0x80U) != 0) ||
           ps_fail_memory(err);
}

/* How many of the bytes that are left the entries may take. */
static size_t cab_room(ps_archive *archive, uint32_t files, uint64_t left)
{
    const uint64_t limit = archive->bounds.of.archive_directory_bytes;
    const uint64_t longest = (uint64_t)files * CAB_ENTRY;
    const uint64_t room = left < longest ? left : longest;

    archive->cut = room > limit;
    return (size_t)(archive->cut ? limit : room);
}

static bool list_cab(ps_archive *archive, ps_source *source, ps_error *err)
{
    const uint64_t size = ps_source_size(source);
    uint8_t *data = read_whole(source, 0, CAB_HEADER, "cabinet", err);
    ps_reader r;
    uint32_t first;
    uint16_t files;
    size_t room;
    bool good = true;

    if (data == NULL)
        return false;
    r = ps_reader_of(data, CAB_HEADER, 0);
    ps_skip(&r, 16);
    first = ps_u32(&r);
    ps_skip(&r, 8);
    files = ps_u16(&r);
    free(data);
    if (first < CAB_HEADER || first >= size)
        return ps_fail(err, PS_EFORMAT, 16, "cabinet: files at %u, beyond its %llu bytes", first,
                       (unsigned long long)size);
    room = cab_room(archive, files, size - first);
    data = read_whole(source, first, room, "cabinet", err);
    if (data == NULL)
        return false;
    r = ps_reader_of(data, room, first);
    for (uint32_t i = 0; good && i < files && has_room(archive); i++)
        good = read_cab_file(archive, &r, err);
    archive->total = files;
    free(data);
    return good;
}

/* --- the way in ----------------------------------------------------------------------------- */

bool ps_archive_read_within(ps_archive **out, ps_source *source, const ps_limits *limits,
                            ps_error *err)
{
    ps_archive *archive;
    ps_kind kind;
    bool good;

    *out = NULL;
    if (!ps_source_probe(source, &kind, err))
        return false;
    if (kind != PS_KIND_ZIP && kind != PS_KIND_OFFICE && kind != PS_KIND_CAB)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "members of %s data are not listed",
                       ps_kind_name(kind));
    archive = calloc(1, sizeof *archive);
    if (archive == NULL)
        return ps_fail_memory(err);
    good = ps_bounds_open(&archive->bounds, limits, err) &&
           (kind == PS_KIND_CAB ? list_cab(archive, source, err) : list_zip(archive, source, err));
    if (!good) {
        ps_archive_close(archive);
        return false;
    }
    *out = archive;
    return true;
}

bool ps_archive_read(ps_archive **out, ps_source *source, ps_error *err)
{
    return ps_archive_read_within(out, source, NULL, err);
}

size_t ps_archive_count(const ps_archive *archive) { return archive->count; }

uint64_t ps_archive_total(const ps_archive *archive) { return archive->total; }

const ps_member *ps_archive_at(const ps_archive *archive, size_t index)
{
    return index < archive->count ? &archive->members[index] : NULL;
}

void ps_archive_close(ps_archive *archive)
{
    if (archive == NULL)
        return;
    ps_arena_free(&archive->arena);
    free(archive->members);
    free(archive);
}
