/* physical.c - physical memory of runs or of a bitmap, read through a few cached pieces. */
#include "dump/physical.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>

enum {
    PIECE = 1 << 14, /* what is read of the source at a time */
    PIECES = 32,     /* of them are kept */
    BLOCK = 1 << 12, /* bytes of a bitmap that share one count */
    BLOCK_BITS = BLOCK * 8,
};

typedef struct piece {
    uint64_t offset; /* of its first byte in the source; PS_NOWHERE if it is empty */
    size_t size;
    uint8_t bytes[PIECE];
} piece;

typedef struct bitmap {
    uint64_t offset, bits, first_page;
    uint64_t *before; /* frames that are present before each block, and one past the last */
    uint64_t blocks;
} bitmap;

struct ps_physical {
    ps_source *source;
    uint64_t source_size;
    ps_run *runs;
    size_t run_count, run_capacity;
    bitmap map; /* blocks is 0 where there is none */
    piece *pieces;
};

ps_physical *ps_physical_new(ps_source *source)
{
    ps_physical *physical = calloc(1, sizeof *physical);

    if (physical == NULL)
        return NULL;
    physical->source = source;
    physical->source_size = ps_source_size(source);
    physical->pieces = ps_alloc(0, PIECES, sizeof *physical->pieces);
    if (physical->pieces == NULL) {
        free(physical);
        return NULL;
    }
    for (size_t i = 0; i < PIECES; i++)
        physical->pieces[i].offset = PS_NOWHERE;
    return physical;
}

void ps_physical_free(ps_physical *physical)
{
    if (physical == NULL)
        return;
    free(physical->runs);
    free(physical->map.before);
    free(physical->pieces);
    free(physical);
}

ps_source *ps_physical_source(const ps_physical *physical) { return physical->source; }

/* --- the source, in pieces ------------------------------------------------------------------- */

/* Bytes of the source from offset on, as many as the piece around it holds; NULL when they cannot
 * be read. */
static const uint8_t *peek(ps_physical *physical, uint64_t offset, size_t *size)
{
    const uint64_t begin = offset - offset % PIECE;
    piece *p = &physical->pieces[begin / PIECE % PIECES];

    if (p->offset != begin) {
        p->offset = PS_NOWHERE;
        if (!ps_source_read(physical->source, begin, p->bytes, PIECE, &p->size, NULL))
            return NULL;
        p->offset = begin;
    }
    if (offset - begin >= p->size)
        return NULL;
    *size = p->size - (size_t)(offset - begin);
    return p->bytes + (offset - begin);
}

/* --- runs ------------------------------------------------------------------------------------ */

bool ps_physical_add(ps_physical *physical, const ps_run *run)
{
    if (run->size == 0)
        return true;
    if (!ps_grow((void **)&physical->runs, &physical->run_capacity, physical->run_count,
                 sizeof *physical->runs))
        return false;
    physical->runs[physical->run_count++] = *run;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const ps_run *x = a;
    const ps_run *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void ps_physical_tidy(ps_physical *physical, bool *overlap)
{
    size_t kept = 0;
    uint64_t end = 0;

    *overlap = false;
    if (physical->run_count > 1)
        qsort(physical->runs, physical->run_count, sizeof *physical->runs, by_address);
    for (size_t i = 0; i < physical->run_count; i++) {
        ps_run run = physical->runs[i];
        if (kept > 0 && run.address < end) {
            const uint64_t cut = end - run.address < run.size ? end - run.address : run.size;
            *overlap = true;
            run.address += cut;
            run.offset += cut;
            run.size -= cut;
        }
        if (run.size == 0)
            continue;
        end = run.address + run.size;
        physical->runs[kept++] = run;
    }
    physical->run_count = kept;
}

/* The first run that ends behind the address; run_count if there is none. */
static size_t run_at(const ps_physical *physical, uint64_t address)
{
    size_t low = 0;
    size_t high = physical->run_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const ps_run *run = &physical->runs[middle];
        if (run->address + (run->size - 1) < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- a bitmap -------------------------------------------------------------------------------- */

static unsigned count_bits(const uint8_t *bytes, size_t size)
{
    unsigned count = 0;
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        count += (unsigned)__builtin_popcountll(word);
    }
    for (; i < size; i++)
        count += (unsigned)__builtin_popcount(bytes[i]);
    return count;
}

/* Bytes of block number `block`, without bits behind the last. */
static bool read_block(ps_physical *physical, uint64_t block, uint8_t bytes[BLOCK], size_t *size)
{
    const bitmap *map = &physical->map;
    const uint64_t bits = map->bits - block * BLOCK_BITS;
    size_t done = 0;

    *size = bits >= BLOCK_BITS ? BLOCK : (size_t)((bits + 7) / 8);
    while (done < *size) {
        size_t part = 0;
        const uint8_t *at = peek(physical, map->offset + block * BLOCK + done, &part);
        if (at == NULL)
            return false;
        part = part < *size - done ? part : *size - done;
        memcpy(bytes + done, at, part);
        done += part;
    }
    if (bits < BLOCK_BITS && bits % 8 != 0)
        bytes[*size - 1] &= (uint8_t)((1U << bits % 8) - 1);
    return true;
}

bool ps_physical_set_bitmap(ps_physical *physical, uint64_t bitmap_offset, uint64_t bits,
                            uint64_t first_page, ps_error *err)
{
    bitmap *map = &physical->map;
    const uint64_t bytes = bits / 8 + (bits % 8 != 0);
    uint8_t block[BLOCK] = {0};
    size_t size;

    if (bits == 0 || bitmap_offset > physical->source_size ||
        bytes > physical->source_size - bitmap_offset) {
        return ps_fail(err, PS_ETRUNCATED, bitmap_offset,
                       "a bitmap of %llu frames does not fit into the file",
                       (unsigned long long)bits);
    }
    *map = (bitmap){.offset = bitmap_offset, .bits = bits, .first_page = first_page};
    map->blocks = bytes / BLOCK + (bytes % BLOCK != 0);
    map->before = ps_alloc(0, (size_t)map->blocks + 1, sizeof *map->before);
    if (map->before == NULL)
        return ps_fail_memory(err);
    map->before[0] = 0;
    for (uint64_t i = 0; i < map->blocks; i++) {
        if (!read_block(physical, i, block, &size))
            return ps_fail(err, PS_EIO, bitmap_offset + i * BLOCK, "the bitmap cannot be read");
        map->before[i + 1] = map->before[i] + count_bits(block, size);
    }
    return true;
}

static bool bit_of(const uint8_t *bytes, uint64_t bit)
{
    return (bytes[bit / 8] >> bit % 8 & 1) != 0;
}

/* Frames present before bit `bit` of the block. */
static uint64_t rank_in(const uint8_t *bytes, uint64_t bit)
{
    uint64_t rank = count_bits(bytes, (size_t)(bit / 8));

    if (bit % 8 != 0)
        rank += (unsigned)__builtin_popcount(bytes[bit / 8] & ((1U << bit % 8) - 1));
    return rank;
}

/* The offset of the frame that has `rank` frames before it; false if the source ends before it. */
static bool place_of_rank(const ps_physical *physical, uint64_t rank, uint64_t *offset)
{
    const uint64_t first = physical->map.first_page;

    if (first > physical->source_size || rank >= (physical->source_size - first) >> PS_FRAME_SHIFT)
        return false;
    *offset = first + (rank << PS_FRAME_SHIFT);
    return true;
}

static bool locate_in_bitmap(ps_physical *physical, uint64_t frame, uint64_t *offset)
{
    uint8_t bytes[BLOCK] = {0};
    const uint64_t block = frame / BLOCK_BITS;
    size_t size;

    if (frame >= physical->map.bits || !read_block(physical, block, bytes, &size) ||
        !bit_of(bytes, frame % BLOCK_BITS))
        return false;
    return place_of_rank(physical, physical->map.before[block] + rank_in(bytes, frame % BLOCK_BITS),
                         offset);
}

/* The next frame at or after one whose bit is `wanted`, within the block; its end if none is. */
static uint64_t next_bit(const uint8_t *bytes, uint64_t bit, uint64_t end, bool wanted)
{
    const uint8_t skip = wanted ? 0 : 0xff;

    while (bit < end) {
        if (bit % 8 == 0 && bytes[bit / 8] == skip)
            bit += 8;
        else if (bit_of(bytes, bit) == wanted)
            return bit;
        else
            bit++;
    }
    return end;
}

/* The next run in one block of the bitmap, from bit `bit` on; *found is false where none is. */
static bool next_in_block(ps_physical *physical, uint64_t block, uint64_t bit, ps_run *run,
                          bool *found)
{
    const bitmap *map = &physical->map;
    const uint64_t base = block * BLOCK_BITS;
    const uint64_t left = map->bits - base;
    const uint64_t end = left < BLOCK_BITS ? left : BLOCK_BITS;
    uint8_t bytes[BLOCK] = {0};
    uint64_t count;
    uint64_t offset;
    uint64_t room;
    size_t size;

    *found = false;
    if (map->before[block + 1] == map->before[block])
        return true;
    if (!read_block(physical, block, bytes, &size))
        return false;
    bit = next_bit(bytes, bit, end, true);
    count = next_bit(bytes, bit, end, false) - bit;
    if (count == 0)
        return true;
    if (!place_of_rank(physical, map->before[block] + rank_in(bytes, bit), &offset))
        return false;
    room = (physical->source_size - offset) >> PS_FRAME_SHIFT;
    count = count < room ? count : room;
    *run = (ps_run){(base + bit) << PS_FRAME_SHIFT, count << PS_FRAME_SHIFT, offset};
    *found = true;
    return true;
}

/* A run that ends at a block's end at the latest: the caller asks again. */
static bool next_in_bitmap(ps_physical *physical, uint64_t frame, ps_run *run)
{
    const uint64_t bits = physical->map.bits;
    bool found = false;

    while (!found && frame < bits) {
        const uint64_t block = frame / BLOCK_BITS;
        if (!next_in_block(physical, block, frame % BLOCK_BITS, run, &found))
            return false;
        frame = (block + 1) * BLOCK_BITS;
    }
    return found;
}

/* --- either ---------------------------------------------------------------------------------- */

uint64_t ps_physical_announced(const ps_physical *physical)
{
    uint64_t bytes = 0;

    if (physical->map.blocks != 0)
        return physical->map.before[physical->map.blocks];
    for (size_t i = 0; i < physical->run_count; i++)
        bytes += physical->runs[i].size;
    return bytes >> PS_FRAME_SHIFT;
}

uint64_t ps_physical_present(const ps_physical *physical)
{
    const uint64_t announced = ps_physical_announced(physical);
    const uint64_t first = physical->map.first_page;
    uint64_t room;

    if (physical->map.blocks == 0)
        return announced;
    room = first < physical->source_size ? (physical->source_size - first) >> PS_FRAME_SHIFT : 0;
    return announced < room ? announced : room;
}

uint64_t ps_physical_end(const ps_physical *physical)
{
    const ps_run *last = physical->run_count > 0 ? &physical->runs[physical->run_count - 1] : NULL;

    if (physical->map.blocks != 0)
        return physical->map.bits << PS_FRAME_SHIFT;
    return last != NULL ? last->address + last->size : 0;
}

bool ps_physical_locate(ps_physical *physical, uint64_t address, uint64_t *offset, uint64_t *size)
{
    size_t index;

    if (physical->map.blocks != 0) {
        const uint64_t within = address & (PS_FRAME_SIZE - 1);
        if (!locate_in_bitmap(physical, address >> PS_FRAME_SHIFT, offset))
            return false;
        *offset += within;
        *size = PS_FRAME_SIZE - within;
        return true;
    }
    index = run_at(physical, address);
    if (index == physical->run_count || physical->runs[index].address > address)
        return false;
    *offset = physical->runs[index].offset + (address - physical->runs[index].address);
    *size = physical->runs[index].size - (address - physical->runs[index].address);
    return true;
}

bool ps_physical_next(ps_physical *physical, uint64_t address, ps_run *run)
{
    size_t index;

    if (physical->map.blocks != 0)
        return next_in_bitmap(physical,
                              (address >> PS_FRAME_SHIFT) + (address % PS_FRAME_SIZE != 0), run);
    index = run_at(physical, address);
    if (index == physical->run_count)
        return false;
    *run = physical->runs[index];
    if (run->address < address) {
        const uint64_t cut = address - run->address;
        run->address += cut;
        run->offset += cut;
        run->size -= cut;
    }
    return true;
}

ps_read_status ps_physical_read(ps_physical *physical, uint64_t address, void *buffer, size_t size,
                                size_t *got)
{
    *got = 0;
    while (*got < size) {
        uint64_t offset;
        uint64_t held;
        size_t part = 0;
        const uint8_t *at;
        if (address > UINT64_MAX - *got ||
            !ps_physical_locate(physical, address + *got, &offset, &held))
            return PS_READ_NOT_IN_DUMP;
        at = peek(physical, offset, &part);
        if (at == NULL)
            return offset >= physical->source_size ? PS_READ_NOT_IN_DUMP : PS_READ_FAILED;
        if (part > held)
            part = (size_t)held;
        if (part > size - *got)
            part = size - *got;
        memcpy((uint8_t *)buffer + *got, at, part);
        *got += part;
    }
    return PS_READ_OK;
}
