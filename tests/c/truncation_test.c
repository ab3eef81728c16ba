/* truncation_test.c - every fixture, cut at every length, is refused or read in part, never worse.
 * The prefix is copied into a block of its own size, so that a sanitiser sees one byte too many. */
#include "poolsleuth.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SAMPLE = 4,
    WHOLE = 16,
    FIXTURES = 400,
    WHOLE_LIMIT = 64 << 10,
    HEAD = 4 << 10,
    EDGES = 4096
};

typedef void (*reader)(const uint8_t *data, size_t size);

static void read_text(const uint8_t *data, size_t size)
{
    ps_text *text;

    if (!ps_text_parse(&text, data, size, NULL)) {
        assert_null(text);
        return;
    }
    assert_true(ps_text_row_line_count(text) <= ps_text_line_count(text));
    ps_text_close(text);
}

static void read_tagfile(const uint8_t *data, size_t size)
{
    ps_tagfile *file;

    if (!ps_tagfile_parse(&file, data, size, NULL)) {
        assert_null(file);
        return;
    }
    ps_tagfile_close(file);
}

static void read_driver(const uint8_t *data, size_t size)
{
    ps_driver *driver;

    if (!ps_driver_parse(&driver, data, size, NULL)) {
        assert_null(driver);
        return;
    }
    for (size_t i = 0; i < ps_driver_site_count(driver); i++)
        assert_non_null(ps_driver_site_at(driver, i)->api);
    ps_driver_close(driver);
}

static void cut(reader read, const fixture *f, size_t length)
{
    uint8_t *prefix = malloc(length == 0 ? 1 : length);

    assert_non_null(prefix);
    if (length > 0)
        memcpy(prefix, f->data, length);
    read(prefix, length);
    free(prefix);
}

static void cut_around(reader read, const fixture *f, uint64_t edge)
{
    for (uint64_t length = edge == 0 ? 0 : edge - 1; length <= edge + 1; length++)
        if (length <= f->size)
            cut(read, f, (size_t)length);
}

/* Ends of lines are the edges of a text. */
static void cut_at_lines(reader read, const fixture *f)
{
    size_t edges = 0;

    for (size_t i = 0; i < f->size && edges < EDGES; i++) {
        if (f->data[i] != '\n')
            continue;
        cut_around(read, f, i + 1);
        edges++;
    }
}

/* Ends and starts of sections. */
static void cut_at_sections(reader read, const fixture *f)
{
    ps_driver *driver;

    if (!ps_driver_parse(&driver, f->data, f->size, NULL))
        return;
    for (size_t i = 0; i < ps_driver_section_count(driver); i++) {
        const ps_section *s = ps_driver_section_at(driver, i);

        cut_around(read, f, s->file_offset);
        cut_around(read, f, (uint64_t)s->file_offset + s->virtual_size);
        cut_around(read, f, (uint64_t)s->file_offset + s->file_size);
    }
    ps_driver_close(driver);
}

/* Every 512 bytes, where headers and directories tend to begin. */
static void cut_at_blocks(reader read, const fixture *f)
{
    for (size_t edge = 0; edge <= f->size; edge += 512)
        cut_around(read, f, edge);
}

/* Without a sanitiser a cut proves little, so the plain run takes a smaller sample of the lengths; a
 * long run takes them all. */
#if defined(__SANITIZE_ADDRESS__)
enum { STRIDE = 3 };
#else
enum { STRIDE = 7 };
#endif

static bool is_long(void) { return getenv("POOLSLEUTH_LONG") != NULL; }

static void cut_everywhere(reader read, const fixture *f)
{
    const size_t head = f->size <= WHOLE_LIMIT ? f->size : HEAD;
    const size_t stride = is_long() ? 1 : STRIDE;

    for (size_t length = 0; length <= head; length += stride)
        cut(read, f, length);
}

static void texts(void **state)
{
    static const char *const suffixes[] = {".txt", ".log", ".csv"};
    size_t tried = 0;

    (void)state;
    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        fixture_list files = fixtures_read(suffixes[k], FIXTURES);

        for (size_t i = 0; i < files.count; i++) {
            cut_everywhere(read_text, &files.items[i]);
            cut_at_lines(read_text, &files.items[i]);
            cut_at_lines(read_tagfile, &files.items[i]);
        }
        tried += files.count;
        fixtures_free(&files);
    }
    if (tried == 0)
        skip();
}

/* Each at its edges; one in sixteen, or all in a long run, at every length. */
static void drivers(void **state)
{
    fixture_list files = fixtures_read(".sys", FIXTURES);
    const size_t step = is_long() ? 1 : WHOLE;
    size_t tried = files.count;

    (void)state;
    for (size_t i = 0; i < files.count; i++) {
        if (i % step == 0)
            cut_everywhere(read_driver, &files.items[i]);
        cut_at_sections(read_driver, &files.items[i]);
        cut_at_blocks(read_driver, &files.items[i]);
    }
    fixtures_free(&files);
    if (tried == 0)
        skip();
}

/* Real drivers are large and many: some of them, at their edges. */
static void real_drivers(void **state)
{
    fixture_list files = samples_read(".sys", FIXTURES);
    size_t tried = files.count;

    (void)state;
    for (size_t i = 0; i < files.count; i += SAMPLE) {
        cut_at_sections(read_driver, &files.items[i]);
        for (size_t length = 0; length <= HEAD && length <= files.items[i].size; length += 61)
            cut(read_driver, &files.items[i], length);
    }
    fixtures_free(&files);
    if (tried == 0)
        skip();
}

static void real_texts(void **state)
{
    fixture_list files = samples_read(".txt", FIXTURES);
    size_t tried = files.count;

    (void)state;
    for (size_t i = 0; i < files.count; i += SAMPLE)
        if (files.items[i].size <= HEAD)
            cut_everywhere(read_text, &files.items[i]);
        else
            cut_at_lines(read_text, &files.items[i]);
    fixtures_free(&files);
    if (tried == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(drivers),
        cmocka_unit_test(real_texts),
        cmocka_unit_test(real_drivers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
