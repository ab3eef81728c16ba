/* pattern.c - find a pattern in memory at the speed at which memory is read.
 *
 * Groups of bytes or words are compared all at once, without branches, so that the compiler can do it
 * in a few instructions; only where a group may hold the pattern each place is looked at.
 */
#include "dump/pattern.h"

#include <string.h>

enum { LANES = 16, GROUP = 64 };

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

static bool any_word4(const uint8_t *bytes, uint32_t value)
{
    uint32_t words[LANES];
    uint32_t found = 0;

    memcpy(words, bytes, sizeof words);
    for (int i = 0; i < LANES; i++)
        found |= (uint32_t)(words[i] == value);
    return found != 0;
}

static bool any_word8(const uint8_t *bytes, uint64_t value)
{
    uint64_t words[LANES];
    uint64_t found = 0;

    memcpy(words, bytes, sizeof words);
    for (int i = 0; i < LANES; i++)
        found |= (uint64_t)(words[i] == value);
    return found != 0;
}

/* Whether a group of LANES words may hold the pattern, which is one word. */
static bool may_hold(const ps_pattern *pattern, const uint8_t *bytes)
{
    uint32_t four;
    uint64_t eight;

    if (pattern->size == 4) {
        memcpy(&four, pattern->bytes, 4);
        return any_word4(bytes, four);
    }
    memcpy(&eight, pattern->bytes, 8);
    return any_word8(bytes, eight);
}

/* One word at multiples of its size. */
static bool find_words(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                       void *context)
{
    const size_t size = pattern->size;
    const size_t all = in->size + in->beyond;
    size_t at = (size - (size_t)((in->address - pattern->start) % size)) % size;

    while (at < in->size && at + size <= all) {
        if (size * LANES <= in->size - at && !may_hold(pattern, in->bytes + at)) {
            at += size * LANES;
            continue;
        }
        for (size_t i = 0; i < LANES && at < in->size && at + size <= all; i++, at += size) {
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
    uint8_t ones[GROUP];
    uint8_t others[GROUP];
    uint8_t found = 0;

    memcpy(ones, first, sizeof ones);
    memcpy(others, second, sizeof others);
    for (int i = 0; i < GROUP; i++)
        found |= (uint8_t)((ones[i] == a) & (others[i] == b));
    return found != 0;
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
