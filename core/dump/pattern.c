/* pattern.c - find a pattern in memory at the speed at which memory is read.
 *
 * Groups of bytes or words are compared all at once, without branches, so that the compiler can do it
 * in a few instructions; only where a group may hold the pattern each place is looked at.
 */
#include "dump/pattern.h"

#include <string.h>

enum { ROW = 16, GROUP = 128 };

/* Memory is full of zeros, less so of ones and of blanks. */
static int rareness(uint8_t byte)
{
    if (byte == 0)
        return 0;
    return byte == 0xFF || byte == ' ' ? 1 : 2;
}

void ps_pattern_init(ps_pattern *pattern, const void *bytes, size_t size, size_t step,
                     uint64_t start)
{
    *pattern = (ps_pattern){.bytes = bytes, .size = size, .step = step, .start = start};
    for (size_t i = 1; i < size; i++)
        if (rareness(pattern->bytes[i]) > rareness(pattern->bytes[pattern->rare[0]]))
            pattern->rare[0] = i;
    pattern->rare[1] = pattern->rare[0] == size - 1 ? 0 : size - 1;
    for (size_t i = 0; i < size; i++) {
        if (i != pattern->rare[0] &&
            rareness(pattern->bytes[i]) > rareness(pattern->bytes[pattern->rare[1]]))
            pattern->rare[1] = i;
    }
}

static bool is_on_step(const ps_pattern *pattern, uint64_t address)
{
    return pattern->step <= 1 || (address - pattern->start) % pattern->step == 0;
}

/* --- words ----------------------------------------------------------------------------------- */

/* Does any word of a group equal the value? */
static bool any_word(const uint8_t *bytes, uint32_t value)
{
    uint32_t found[ROW / 4] = {0};
    uint64_t halves[2];

    for (int row = 0; row < GROUP; row += ROW) {
        uint32_t words[ROW / 4];
        memcpy(words, bytes + row, sizeof words);
        for (int i = 0; i < ROW / 4; i++)
            found[i] |= (uint32_t)(words[i] == value);
    }
    memcpy(halves, found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

static uint32_t word_of(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The half of a word of eight bytes that memory seldom holds. */
static uint32_t rare_half(const ps_pattern *pattern)
{
    const uint32_t low = word_of(pattern->bytes);

    return low != 0 && low != UINT32_MAX ? low : word_of(pattern->bytes + sizeof low);
}

/* One word at multiples of its size. */
static bool find_words(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                       void *context)
{
    const uint32_t rare = pattern->size == 4 ? word_of(pattern->bytes) : rare_half(pattern);
    const size_t size = pattern->size;
    const size_t all = in->size + in->beyond;
    size_t at = (size - (size_t)((in->address - pattern->start) % size)) % size;

    while (at < in->size && at + size <= all) {
        const size_t end = at + GROUP < in->size ? at + GROUP : in->size;
        if (GROUP <= in->size - at && !any_word(in->bytes + at, rare)) {
            at += GROUP;
            continue;
        }
        for (; at < end && at + size <= all; at += size) {
            if (memcmp(in->bytes + at, pattern->bytes, size) == 0 &&
                !hit(context, in->address + at))
                return false;
        }
    }
    return true;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static bool find_byte(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                      void *context)
{
    size_t at = 0;

    while (at < in->size) {
        const uint8_t *found = memchr(in->bytes + at, pattern->bytes[0], in->size - at);
        if (found == NULL)
            return true;
        at = (size_t)(found - in->bytes);
        if (is_on_step(pattern, in->address + at) && !hit(context, in->address + at))
            return false;
        at++;
    }
    return true;
}

/* Do the two bytes of a pair stand at the same place of both groups? */
static bool any_pair(const uint8_t *first, const uint8_t *second, uint8_t a, uint8_t b)
{
    uint8_t found[ROW] = {0};
    uint64_t halves[2];

    for (int row = 0; row < GROUP; row += ROW)
        for (int i = 0; i < ROW; i++)
            found[i] |= (uint8_t)((first[row + i] == a) & (second[row + i] == b));
    memcpy(halves, found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* Where a group begins that may hold the pattern, or what is too short for one. */
static size_t next_group(const ps_pattern *pattern, const uint8_t *bytes, size_t at, size_t size)
{
    const size_t first = pattern->rare[0];
    const size_t second = pattern->rare[1];
    const size_t far = first > second ? first : second;

    while (at + far + GROUP <= size && !any_pair(bytes + at + first, bytes + at + second,
                                                 pattern->bytes[first], pattern->bytes[second]))
        at += GROUP;
    return at;
}

static bool find_bytes(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                       void *context)
{
    const size_t all = in->size + in->beyond;
    size_t at = 0;

    while (at < in->size) {
        size_t end;
        at = next_group(pattern, in->bytes, at, all);
        end = at + GROUP < in->size ? at + GROUP : in->size;
        for (; at < end && at + pattern->size <= all; at++) {
            if (in->bytes[at] == pattern->bytes[0] &&
                memcmp(in->bytes + at, pattern->bytes, pattern->size) == 0 &&
                is_on_step(pattern, in->address + at) && !hit(context, in->address + at))
                return false;
        }
        if (at < end)
            return true;
    }
    return true;
}

bool ps_pattern_find(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                     void *context)
{
    if (pattern->size == 1)
        return find_byte(pattern, in, hit, context);
    if (pattern->step == pattern->size && (pattern->size == 4 || pattern->size == 8))
        return find_words(pattern, in, hit, context);
    return find_bytes(pattern, in, hit, context);
}
