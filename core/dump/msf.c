/* msf.c - streams of an MSF 7.00 file, as Microsoft's published sources and LLVM's manual describe
 * them. */
#include "dump/msf.h"

#include "base/array.h"
#include "base/reader.h"

#include <string.h>

enum { HEADER = 56, ABSENT = -1, LARGEST_BLOCK = 1 << 16 };

static const char magic[32] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                              "DS\0\0";

static bool read_exactly(const ps_msf *msf, uint64_t offset, void *buffer, size_t size,
                         ps_error *err)
{
    size_t got = 0;

    if (!ps_source_read(msf->source, offset, buffer, size, &got, err))
        return false;
    return got == size || ps_fail(err, PS_ETRUNCATED, offset + got, "the PDB ends too early");
}

/* The blocks whose numbers stand in `numbers`, one behind the other. */
static bool read_blocks(const ps_msf *msf, ps_reader *numbers, uint8_t *data, size_t size,
                        ps_error *err)
{
    size_t done = 0;

    while (done < size) {
        const uint32_t number = ps_u32(numbers);
        const size_t part = size - done < msf->block_size ? size - done : msf->block_size;
        if (!ps_reader_ok(numbers, err, "a PDB stream's blocks"))
            return false;
        if (number >= msf->block_count)
            return ps_fail(err, PS_EFORMAT, numbers->base, "block %u of %u in a PDB",
                           (unsigned)number, (unsigned)msf->block_count);
        if (!read_exactly(msf, (uint64_t)number * msf->block_size, data + done, part, err))
            return false;
        done += part;
    }
    return true;
}

/* The numbers of the directory's blocks stand in blocks of their own, from map on. */
static bool read_directory(ps_msf *msf, uint32_t map, ps_error *err)
{
    const size_t blocks =
        msf->directory_size / msf->block_size + (msf->directory_size % msf->block_size != 0);
    uint8_t *numbers = ps_alloc(0, blocks + 1, 4);
    bool done = false;
    ps_reader r;

    msf->directory = malloc(msf->directory_size + 1);
    if (numbers == NULL || msf->directory == NULL) {
        free(numbers);
        return ps_fail_memory(err);
    }
    if (read_exactly(msf, (uint64_t)map * msf->block_size, numbers, blocks * 4, err)) {
        r = ps_reader_of(numbers, blocks * 4, (uint64_t)map * msf->block_size);
        done = read_blocks(msf, &r, msf->directory, msf->directory_size, err);
    }
    free(numbers);
    return done;
}

bool ps_msf_open(ps_msf *msf, ps_source *source, ps_error *err)
{
    uint8_t bytes[HEADER] = {0};
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
    uint32_t map;

    *msf = (ps_msf){.source = source, .file_size = ps_source_size(source)};
    if (!read_exactly(msf, 0, bytes, sizeof bytes, err))
        return false;
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return ps_fail(err, PS_EUNSUPPORTED, 0, "no PDB of the format MSF 7.00");
    ps_skip(&r, sizeof magic);
    msf->block_size = ps_u32(&r);
    ps_skip(&r, 4);
    msf->block_count = ps_u32(&r);
    msf->directory_size = ps_u32(&r);
    ps_skip(&r, 4);
    map = ps_u32(&r);
    if (msf->block_size < 512 || msf->block_size > LARGEST_BLOCK ||
        (msf->block_size & (msf->block_size - 1)) != 0 || msf->directory_size < 4 ||
        msf->directory_size > msf->file_size || map >= msf->block_count)
        return ps_fail(err, PS_EFORMAT, 32, "the header of the PDB contradicts itself");
    if (!read_directory(msf, map, err))
        return false;
    r = ps_reader_of(msf->directory, msf->directory_size, 0);
    msf->stream_count = ps_u32(&r);
    if (!ps_fits(&r, msf->stream_count, 4))
        return ps_fail(err, PS_EFORMAT, 0, "%u streams do not fit into the PDB's directory",
                       (unsigned)msf->stream_count);
    return true;
}

void ps_msf_close(ps_msf *msf)
{
    free(msf->directory);
    *msf = (ps_msf){0};
}

static uint64_t blocks_of(const ps_msf *msf, uint32_t size)
{
    if (size == (uint32_t)ABSENT)
        return 0;
    return size / msf->block_size + (size % msf->block_size != 0);
}

bool ps_msf_read(const ps_msf *msf, uint32_t stream, uint8_t **data, size_t *size, ps_error *err)
{
    ps_reader sizes = ps_reader_of(msf->directory, msf->directory_size, 0);
    uint64_t before = 0;
    uint32_t wanted = 0;
    ps_reader numbers;

    *data = NULL;
    *size = 0;
    if (stream >= msf->stream_count)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "stream %u of %u in a PDB", (unsigned)stream,
                       (unsigned)msf->stream_count);
    ps_skip(&sizes, 4);
    for (uint32_t i = 0; i <= stream; i++) {
        wanted = ps_u32(&sizes);
        before += i < stream ? blocks_of(msf, wanted) : 0;
    }
    if (wanted == (uint32_t)ABSENT || wanted == 0)
        return true;
    if (wanted > msf->file_size)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a stream of %u bytes in a PDB of %llu",
                       (unsigned)wanted, (unsigned long long)msf->file_size);
    numbers =
        ps_reader_at(msf->directory, msf->directory_size,
                     4 + (uint64_t)msf->stream_count * 4 + before * 4, blocks_of(msf, wanted) * 4);
    *data = malloc(wanted);
    if (*data == NULL)
        return ps_fail_memory(err);
    if (!read_blocks(msf, &numbers, *data, wanted, err)) {
        free(*data);
        *data = NULL;
        return false;
    }
    *size = wanted;
    return true;
}
