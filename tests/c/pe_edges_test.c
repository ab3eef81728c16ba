/* pe_edges_test.c - each field of each structure of a driver at its edges: one less, one more, 0, all ones,
 * the file's end and one byte around it.  A sample of the fields; all of them in a long run.  Whatever they
 * say, the driver is read as far as it goes or refused with a reason, within two seconds of the processor. */
#include "poolsleuth.h"
#include "support/files.h"
#include "support/hang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    MOST_FILES = 400,
    MOST_FIELDS = 1500,
    EDGES = 7,
    SAMPLED = 24, /* fields of a file in an ordinary run */
    TABLE = 256,  /* bytes of a table whose words are fields */
    FEW = 8,      /* descriptors, names, thunks, ... that are followed */
    DIRECTORIES = 16,
};

typedef struct field {
    size_t at, size;
} field;

typedef struct driver {
    const uint8_t *data;
    size_t size;
    size_t header, optional, sections; /* where they begin */
    size_t section_count;
    bool plus;
    field fields[MOST_FIELDS];
    size_t count;
} driver;

/* --- fields ----------------------------------------------------------------------------------- */

static uint64_t number(const driver *d, size_t at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size && at < d->size && i < d->size - at; i++)
        value |= (uint64_t)d->data[at + i] << 8 * i;
    return value;
}

static void add(driver *d, size_t at, size_t size)
{
    if (d->count < MOST_FIELDS && at < d->size && size <= d->size - at)
        d->fields[d->count++] = (field){at, size};
}

static void add_words(driver *d, size_t at, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i += 4)
        add(d, at + i, 4);
}

/* Where the file has an address of the image; its size where it has not. */
static size_t place(const driver *d, uint64_t rva)
{
    for (size_t i = 0; i < d->section_count; i++) {
        const size_t at = d->sections + i * 40;
        const uint64_t begin = number(d, at + 12, 4), raw = number(d, at + 16, 4);
        if (rva >= begin && rva - begin < raw)
            return (size_t)(rva - begin + number(d, at + 20, 4));
    }
    return rva < d->size ? (size_t)rva : d->size;
}

static void add_thunks(driver *d, uint64_t rva)
{
    const size_t width = d->plus ? 8 : 4;
    const size_t at = place(d, rva);

    for (size_t i = 0; i < FEW && number(d, at + i * width, width) != 0; i++) {
        add(d, at + i * width, width);
        add(d, place(d, number(d, at + i * width, 4)), 2);
    }
}

static void add_imports(driver *d, size_t at)
{
    for (size_t i = 0; i < FEW && number(d, at + i * 20 + 12, 4) != 0; i++) {
        add_words(d, at + i * 20, 20);
        add_thunks(d, number(d, at + i * 20, 4));
        add_thunks(d, number(d, at + i * 20 + 16, 4));
    }
}

static void add_exports(driver *d, size_t at)
{
    add_words(d, at, 40);
    for (size_t i = 28; i < 40; i += 4)
        add_words(d, place(d, number(d, at + i, 4)), (size_t)4 * FEW);
}

/* Folders of three levels, their first entries, and what those lead to. */
static void add_resources(driver *d, size_t root)
{
    size_t folders[1 + FEW + FEW * FEW] = {root};
    size_t count = 1;

    for (size_t i = 0; i < count; i++) {
        const size_t at = folders[i];
        const uint64_t entries = number(d, at + 12, 2) + number(d, at + 14, 2);
        add(d, at + 12, 2);
        add(d, at + 14, 2);
        for (size_t k = 0; k < FEW && k < entries; k++) {
            const uint64_t to = number(d, at + 16 + k * 8 + 4, 4);
            const size_t next = root + (size_t)(to & 0x7fffffff);
            add_words(d, at + 16 + k * 8, 8);
            if ((to & 0x80000000) == 0)
                add_words(d, next, 16);
            else if (count < sizeof folders / sizeof *folders)
                folders[count++] = next;
        }
    }
}

static void add_debug(driver *d, size_t at, size_t size)
{
    for (size_t i = 0; i < FEW && (i + 1) * 28 <= size; i++) {
        add_words(d, at + i * 28, 28);
        add_words(d, (size_t)number(d, at + i * 28 + 24, 4), 24);
    }
}

/* Blocks behind each other, each as long as it says. */
static void add_relocations(driver *d, size_t at, size_t size)
{
    for (size_t i = 0; i < FEW && size >= 8; i++) {
        const uint64_t length = number(d, at + 4, 4);
        add_words(d, at, 8);
        add(d, at + 8, 2);
        if (length < 8 || length > size)
            return;
        at += (size_t)length;
        size -= (size_t)length;
    }
}

static void add_table(driver *d, size_t which, uint64_t rva, size_t size)
{
    const size_t at = which == 4 ? (size_t)rva : place(d, rva);

    switch (which) {
    case 0:
        add_exports(d, at);
        break;
    case 1:
        add_imports(d, at);
        break;
    case 2:
        add_resources(d, at);
        break;
    case 4: /* the certificate's length, revision and kind, and the outer lengths of what it holds */
        add(d, at, 4), add(d, at + 4, 2), add(d, at + 6, 2);
        for (size_t i = 8; i < 72; i++)
            add(d, at + i, 1);
        break;
    case 5:
        add_relocations(d, at, size);
        break;
    case 6:
        add_debug(d, at, size);
        break;
    default:
        add_words(d, at, size < TABLE ? size : TABLE);
    }
}

static void add_sections(driver *d)
{
    for (size_t i = 0; i < d->section_count; i++) {
        add_words(d, d->sections + i * 40 + 8, 24);
        add(d, d->sections + i * 40 + 32, 2), add(d, d->sections + i * 40 + 34, 2);
        add(d, d->sections + i * 40 + 36, 4);
    }
}

static void find_fields(driver *d)
{
    size_t directories;

    d->count = 0;
    d->header = (size_t)number(d, 60, 4);
    d->optional = d->header + 24;
    d->plus = number(d, d->optional, 2) == 0x20b;
    d->sections = d->optional + (size_t)number(d, d->header + 20, 2);
    d->section_count = (size_t)number(d, d->header + 6, 2) % 64;
    directories = d->optional + (d->plus ? 112 : 96);
    add(d, 60, 4);
    add(d, d->header + 4, 2), add(d, d->header + 6, 2), add(d, d->header + 20, 2);
    add_words(d, d->header + 8, 12);
    add_words(d, d->optional + 4, directories - d->optional - 4);
    add(d, d->optional, 2);
    add_words(d, directories, (size_t)DIRECTORIES * 8);
    add_sections(d);
    for (size_t i = 0; i < DIRECTORIES; i++) {
        const uint64_t rva = number(d, directories + i * 8, 4);
        if (rva != 0)
            add_table(d, i, rva, (size_t)number(d, directories + i * 8 + 4, 4));
    }
}

/* --- edges ------------------------------------------------------------------------------------ */

static void read_copy(const uint8_t *data, size_t size)
{
    const ps_read_options options = {.detail = true, .now = 1790000000};
    ps_error err = {.code = PS_OK};
    uint8_t *copy = malloc(size);
    ps_driver *read;

    assert_non_null(copy);
    memcpy(copy, data, size);
    if (ps_driver_read(&read, copy, size, &options, &err))
        ps_driver_close(read);
    else
        assert_true(err.code != PS_OK && err.text[0] != '\0');
    free(copy);
}

static void put(uint8_t *bytes, const field *f, uint64_t value)
{
    for (size_t i = 0; i < f->size; i++)
        bytes[f->at + i] = (uint8_t)(value >> 8 * i);
}

/* How many reads there were. */
static size_t read_edges(const driver *d, uint8_t *bytes, const field *f)
{
    const uint64_t is = number(d, f->at, f->size);
    const uint64_t values[EDGES] = {is - 1,  is + 1,      0,          UINT64_MAX,
                                    d->size, d->size - 1, d->size + 1};

    for (size_t i = 0; i < EDGES; i++) {
        hang_doing("field at %zu, edge %zu", f->at, i);
        put(bytes, f, values[i]);
        read_copy(bytes, d->size);
    }
    put(bytes, f, is);
    return EDGES;
}

static size_t read_edges_of(const fixture *of, size_t wanted)
{
    driver *d = calloc(1, sizeof *d);
    uint8_t *bytes = malloc(of->size);
    size_t reads = 0, every;

    assert_true(d != NULL && bytes != NULL);
    memcpy(bytes, of->data, of->size);
    d->data = of->data;
    d->size = of->size;
    find_fields(d);
    every = d->count / wanted + 1;
    for (size_t i = of->size % every; i < d->count; i += every)
        reads += read_edges(d, bytes, &d->fields[i]);
    free(bytes);
    free(d);
    return reads;
}

static void edges_of(const char *family, fixture_list files, size_t every)
{
    const bool is_long = getenv("POOLSLEUTH_LONG") != NULL;
    const clock_t begun = clock();
    size_t reads = 0, count = 0;

    for (size_t i = 0; i < files.count; i += is_long ? 1 : every) {
        if (files.items[i].size < 64)
            continue;
        reads += read_edges_of(&files.items[i], is_long ? MOST_FIELDS : SAMPLED);
        count++;
    }
    fixtures_free(&files);
    if (count == 0)
        skip();
    print_message("# %s: %zu files, %zu reads, %.0f s\n", family, count, reads,
                  (double)(clock() - begun) / CLOCKS_PER_SEC);
}

static void fields_of_built_drivers_may_be_anything(void **state)
{
    (void)state;
    edges_of("built drivers", fixtures_read(".sys", MOST_FILES), 16);
}

static void fields_of_hard_programs_may_be_anything(void **state)
{
    (void)state;
    edges_of("hard programs", samples_read(".exe", MOST_FILES), 8);
}

static void fields_of_hard_libraries_may_be_anything(void **state)
{
    (void)state;
    edges_of("hard libraries", samples_read(".dll", MOST_FILES), 8);
}

/* pe_edges_test [PATTERN]: the tests whose names match. */
int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_built_drivers_may_be_anything),
        cmocka_unit_test(fields_of_hard_programs_may_be_anything),
        cmocka_unit_test(fields_of_hard_libraries_may_be_anything),
    };

    if (count > 1)
        cmocka_set_test_filter(words[1]);
    hang_watch();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
