/* text_variations_test.c - what a text goes through on its way changes nothing in what is found:
 * line ends, encodings, blanks between columns, thousands separators, prompts. */
#include "text_describe.h"
#include "text_samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { VARIATIONS = 1000, ROOM = 16 };

/* A text in the making. */
typedef struct draft {
    char *bytes;
    size_t size;
} draft;

/* What one variation does. */
typedef struct variation {
    const char *line_end, *separator, *prompt;
    bool widen, trail;
    int encoding;
} variation;

enum { PLAIN, MARKED, WIDE_LITTLE, WIDE_BIG, UNMARKED_LITTLE, UNMARKED_BIG, ENCODINGS };

static void put(draft *out, const char *bytes, size_t size)
{
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static bool begins(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strncmp(name, *list, strlen(*list)) == 0)
            return true;
    return false;
}

static bool is_ascii(const sample *one)
{
    for (size_t i = 0; i < one->size; i++)
        if (one->bytes[i] == '\0' || (one->bytes[i] & 0x80) != 0)
            return false;
    return true;
}

/* --- one line -------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Where the numbers of a row of poolmon begin: behind its type; NULL if the line is none. */
static const char *numbers_of(const char *line, const char *end)
{
    if (end - line < 20 || line[0] != ' ')
        return NULL;
    if (memcmp(line + 6, "Nonp", 4) == 0)
        return line + 10;
    return memcmp(line + 6, "Paged", 5) == 0 ? line + 11 : NULL;
}

static const char *put_number(draft *out, const char *at, const char *end, const char *separator)
{
    size_t digits = 0;

    while (at + digits < end && is_digit(at[digits]))
        digits++;
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0)
            put(out, separator, strlen(separator));
        put(out, at + i, 1);
    }
    return at + digits;
}

/* The numbers of a row with other blanks between them and thousands apart, up to a note. */
static void put_numbers(draft *out, const char *at, const char *end, const variation *how,
                        uint64_t *seed)
{
    while (at < end && *at != '[' && *at != 'U') {
        if (is_digit(*at)) {
            at = put_number(out, at, end, how->separator);
        } else if (*at == ' ' && how->widen && at[-1] != '(') {
            while (at < end && *at == ' ')
                at++;
            for (uint32_t i = 0; i < 1 + dice(seed, 6); i++)
                put(out, " ", 1);
        } else {
            put(out, at++, 1);
        }
    }
    put(out, at, (size_t)(end - at));
}

static void put_line(draft *out, const char *line, const char *end, const variation *how,
                     uint64_t *seed)
{
    const char *numbers = how->widen || how->separator[0] != '\0' ? numbers_of(line, end) : NULL;
    const bool prompted = how->prompt[0] != '\0' && line < end && strstr(line, "kd>") != line + 3;

    if (prompted)
        put(out, how->prompt, strlen(how->prompt));
    if (numbers != NULL) {
        put(out, line, (size_t)(numbers - line));
        put_numbers(out, numbers, end, how, seed);
    } else {
        put(out, line, (size_t)(end - line));
    }
    if (how->trail && line < end)
        put(out, "    ", dice(seed, 5));
}

/* --- the whole ------------------------------------------------------------------------------- */

static void put_lines(draft *out, const sample *one, const variation *how, uint64_t *seed)
{
    const char *at = one->bytes, *last = one->bytes + one->size;

    while (at < last) {
        const char *lf = memchr(at, '\n', (size_t)(last - at));
        const char *end = lf == NULL ? last : lf;
        const char *stop = end;
        while (stop > at && stop[-1] == '\r')
            stop--;
        put_line(out, at, stop, how, seed);
        if (lf == NULL)
            return;
        put(out, how->line_end, strlen(how->line_end));
        at = lf + 1;
    }
}

static uint32_t take_code(const char *text, size_t *at)
{
    const unsigned char *byte = (const unsigned char *)text + *at;
    const int length = byte[0] < 0x80 ? 1 : byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? byte[0] : byte[0] & (0xFFU >> (length + 1));

    for (int i = 1; i < length; i++)
        code = code << 6 | (byte[i] & 0x3FU);
    *at += (size_t)length;
    return code;
}

static void put_unit(draft *out, uint32_t unit, bool big)
{
    const char bytes[] = {(char)(big ? unit >> 8 : unit & 0xFF),
                          (char)(big ? unit & 0xFF : unit >> 8)};

    put(out, bytes, 2);
}

static void encode(draft *out, const draft *in, int encoding)
{
    const bool big = encoding == WIDE_BIG || encoding == UNMARKED_BIG;

    if (encoding == MARKED)
        put(out, "\xEF\xBB\xBF", 3);
    if (encoding == PLAIN || encoding == MARKED) {
        put(out, in->bytes, in->size);
        return;
    }
    if (encoding == WIDE_LITTLE || encoding == WIDE_BIG)
        put_unit(out, 0xFEFF, big);
    for (size_t at = 0; at < in->size;) {
        const uint32_t code = take_code(in->bytes, &at);
        if (code >= 0x10000)
            put_unit(out, 0xD800 + ((code - 0x10000) >> 10), big);
        put_unit(out, code >= 0x10000 ? 0xDC00 + (code & 0x3FF) : code, big);
    }
}

static variation choose(const sample *one, uint64_t *seed)
{
    static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n"};
    static const char *const separators[] = {
        "", ",", ".", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99"};
    static const char *const prompts[] = {"", "0: kd> ", "lkd> ", "kd> "};
    static const char *const rows[] = {"poolmon_screen.", "poolmon_n.", "poolmon_mapped.", NULL};
    static const char *const commands[] = {"poolused_old.", "poolused_new.", "poolused_verbose.",
                                           "vm_old.",       "vm_new.",       NULL};
    const bool in_rows = begins(one->name, rows), at_prompts = begins(one->name, commands);
    const bool plain = is_ascii(one);
    variation how = {.line_end = ends[dice(seed, 4)], .separator = "", .prompt = ""};

    if (in_rows)
        how.separator = separators[dice(seed, 7)];
    if (at_prompts)
        how.prompt = prompts[dice(seed, 4)];
    how.widen = in_rows && dice(seed, 2) == 1;
    how.trail = strstr(one->name, ".txt") != NULL && dice(seed, 2) == 1;
    how.encoding = plain ? (int)dice(seed, ENCODINGS) : PLAIN;
    return how;
}

static char *story_of(const char *bytes, size_t size)
{
    ps_text *text;
    char *found, *story;
    size_t room;

    assert_true(ps_text_parse(&text, bytes, size, NULL));
    found = describe(text, false, false);
    assert_non_null(found);
    room = strlen(found) + 200;
    story = malloc(room);
    assert_non_null(story);
    (void)snprintf(story, room, "%srefused %llu ambiguous %llu flagged %llu\n", found,
                   (unsigned long long)ps_text_problem_total(text, PS_REFUSED),
                   (unsigned long long)ps_text_problem_total(text, PS_AMBIGUOUS),
                   (unsigned long long)ps_text_problem_total(text, PS_FLAGGED));
    free(found);
    ps_text_close(text);
    return story;
}

/* The first line that is not the same. */
static void tell(const sample *one, const variation *how, const char *before, const char *after)
{
    size_t at = 0, start = 0;

    for (; before[at] == after[at]; at++)
        start = before[at] == '\n' ? at + 1 : start;
    (void)fprintf(stderr,
                  "%s: line ends %zu long, separator '%s', prompt '%s', widened %d, trailing %d, "
                  "encoding %d\n  before: %.*s\n  after:  %.*s\n",
                  one->name, strlen(how->line_end), how->separator, how->prompt, how->widen,
                  how->trail, how->encoding, (int)strcspn(before + start, "\n"), before + start,
                  (int)strcspn(after + start, "\n"), after + start);
}

static bool check(const sample *one, const variation *how, uint64_t *seed)
{
    draft varied = {malloc(one->size * ROOM + 1), 0};
    draft encoded = {malloc(one->size * ROOM * 2 + 4), 0};
    char *before = story_of(one->bytes, one->size);
    char *after;
    bool same;

    assert_non_null(varied.bytes);
    assert_non_null(encoded.bytes);
    put_lines(&varied, one, how, seed);
    encode(&encoded, &varied, how->encoding);
    after = story_of(encoded.bytes, encoded.size);
    same = strcmp(before, after) == 0;
    if (!same)
        tell(one, how, before, after);
    free(before);
    free(after);
    free(varied.bytes);
    free(encoded.bytes);
    return same;
}

static void the_way_of_a_text_changes_nothing(void **state)
{
    static samples all;
    uint64_t seed = 7;
    size_t failures = 0;
    (void)state;

    samples_load(&all, SAMPLE_FOLDER);
    assert_true(all.count > 0);
    for (size_t i = 0; i < VARIATIONS; i++) {
        const sample *one = &all.at[i % all.count];
        const variation how = choose(one, &seed);
        failures += !check(one, &how, &seed);
    }
    samples_free(&all);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_of_a_text_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
