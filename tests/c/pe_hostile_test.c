/* pe_hostile_test.c - headers, tables and code as malware and damage make them: each is refused with a
 * reason or read as far as it goes, in bounded time. */
#include "pe_support.h"
#include "support/hang.h"

#include <stdlib.h>

enum { SECTION_HEADERS = OPTIONAL_AT + 240 };

typedef enum outcome {
    REFUSED,
    READ,       /* something of it */
    KEEPS_SITE, /* the call site is found all the same */
} outcome;

static uint32_t call_at;

/* A sound driver of one function with one call site. */
static image sound_image(void)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "ExAllocatePoolWithTag");
    const uint32_t begin = begin_function(&made);

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x41, 0xb8, BYTES("Acme"));
    call_at = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    put(&made, OPTIONAL_AT + 16, begin, 4);
    return made;
}

static void no_header_offset(image *to) { put(to, 60, 0, 4); }
static void header_behind_the_end(image *to) { put(to, 60, 0x7fffffff, 4); }
static void header_offset_wraps(image *to) { put(to, 60, 0xfffffff0, 4); }
static void no_optional_header(image *to) { put(to, PE_AT + 20, 0, 2); }
static void short_optional_header(image *to) { put(to, PE_AT + 20, 20, 2); }
static void no_directories(image *to) { put(to, OPTIONAL_AT + 108, 0, 4); }
static void two_directories(image *to) { put(to, OPTIONAL_AT + 108, 2, 4); }
static void many_directories(image *to) { put(to, OPTIONAL_AT + 108, UINT32_MAX, 4); }
static void no_sections(image *to) { put(to, PE_AT + 6, 0, 2); }
static void most_sections(image *to) { put(to, PE_AT + 6, 65535, 2); }
static void small_headers(image *to) { put(to, OPTIONAL_AT + 60, 0x100, 4); }
static void no_image_size(image *to) { put(to, OPTIONAL_AT + 56, 0, 4); }
static void no_alignment(image *to) { put(to, OPTIONAL_AT + 32, 0, 8); }
static void greatest_alignment(image *to) { put(to, OPTIONAL_AT + 32, UINT64_MAX, 8); }

static void no_virtual_size(image *to)
{
    for (unsigned i = 0; i < 3; i++)
        put(to, SECTION_HEADERS + i * 40 + 8, 0, 4);
}

static void greatest_raw_size(image *to)
{
    for (unsigned i = 0; i < 3; i++)
        put(to, SECTION_HEADERS + i * 40 + 16, 0xfffff000, 4);
}

static void raw_offset_wraps(image *to) { put(to, SECTION_HEADERS + 20, 0xfffff000, 4); }
static void section_wraps(image *to) { put(to, SECTION_HEADERS + 80 + 12, 0xfffff000, 4); }

static void all_sections_alike(image *to)
{
    for (unsigned i = 1; i < 3; i++)
        memcpy(to->bytes + SECTION_HEADERS + i * 40, to->bytes + SECTION_HEADERS, 40);
}

static void shuffled_sections(image *to)
{
    uint8_t first[40];

    memcpy(first, to->bytes + SECTION_HEADERS, 40);
    memcpy(to->bytes + SECTION_HEADERS, to->bytes + SECTION_HEADERS + 40, 40);
    memcpy(to->bytes + SECTION_HEADERS + 40, first, 40);
}

static void imports_without_names(image *to) { put(to, IMPORT_TABLE, 0, 4); }
static void imports_outside(image *to) { put_directory(to, 1, 0xfff00000, 40); }
static void import_name_outside(image *to) { put(to, NAME_TABLE, 0x7ffffff0, 8); }
static void import_dll_outside(image *to) { put(to, IMPORT_TABLE + 12, 0xffffff00, 4); }
static void imports_of_the_headers(image *to) { put_directory(to, 1, PE_AT, 0xffff); }

static void endless_imports(image *to)
{
    for (uint32_t at = READ_ONLY; at + 20 <= NAME_TABLE; at += 20)
        memcpy(to->bytes + file_offset(at), to->bytes + file_offset(IMPORT_TABLE), 20);
    for (uint32_t at = NAME_TABLE; at < NAMES; at += 8)
        put(to, at, NAMES + 16, 8);
}

static void functions_backwards(image *to)
{
    put(to, PDATA, call_at + 16, 4);
    put(to, PDATA + 4, CODE, 4);
}

static void functions_overlap(image *to)
{
    for (unsigned i = 1; i < 20; i++) {
        put(to, PDATA + i * 12, CODE + 20 - i, 4);
        put(to, PDATA + i * 12 + 4, CODE + 0xff0, 4);
        put(to, PDATA + i * 12 + 8, UNWIND, 4);
    }
    put_directory(to, 3, PDATA, 240);
}

static void unwind_data_outside(image *to) { put(to, PDATA + 8, 0xfffffff0, 4); }

static void unwind_data_chained_to_itself(image *to)
{
    put(to, UNWIND, 0x21, 4);
    put(to, UNWIND + 4, CODE, 4);
    put(to, UNWIND + 8, CODE + 64, 4);
    put(to, UNWIND + 12, UNWIND, 4);
}

static void greatest_function_table(image *to) { put_directory(to, 3, PDATA, 0xfffffff0); }
static void entry_outside(image *to) { put(to, OPTIONAL_AT + 16, 0xfffffff0, 4); }
static void entry_in_the_headers(image *to) { put(to, OPTIONAL_AT + 16, 16, 4); }

static void greatest_tables(image *to)
{
    for (unsigned i = 4; i < 16; i++)
        put_directory(to, i, FREE_SPACE, 0xffffffff);
}

static void tables_that_point_at_each_other(image *to)
{
    for (unsigned i = 0; i < 0x600; i += 4)
        put(to, FREE_SPACE + i, i % 16 == 4 ? 0x80000000 : FREE_SPACE, 4);
    put_directory(to, 0, FREE_SPACE, 0x600);
    put_directory(to, 2, FREE_SPACE, 0x600);
    put_directory(to, 6, FREE_SPACE, 0x600);
}

static void certificates_lie(image *to)
{
    put_directory(to, 4, 0x2000, 0x800);
    put(to, 0x2c00, 3, 4); /* by file offset: below the least length */
}

/* Code that only jumps on, forwards and backwards, all of it reached. */
static void code_of_jumps(image *to)
{
    for (uint32_t at = CODE + 0x100; at + 2 <= CODE + 0xff0; at += 2)
        put(to, at, 0x75 | (at % 4 == 0 ? 0x7e00 : 0x8000), 2);
    put(to, OPTIONAL_AT + 16, CODE + 0x100, 4);
    put(to, PDATA + 12, CODE + 0x100, 4);
    put(to, PDATA + 16, CODE + 0xff0, 4);
    put(to, PDATA + 20, UNWIND, 4);
    put_directory(to, 3, PDATA, 24);
}

/* Each instruction calls the API: as many sites as fit. */
static void code_of_calls(image *to)
{
    for (uint32_t at = CODE + 0x100; at + 6 <= CODE + 0xff0; at += 6) {
        put(to, at, 0x15ff, 2);
        put(to, at + 2, SLOTS - (at + 6), 4);
    }
    put(to, PDATA + 12, CODE + 0x100, 4);
    put(to, PDATA + 16, CODE + 0xff0, 4);
    put(to, PDATA + 20, UNWIND, 4);
    put_directory(to, 3, PDATA, 24);
}

static void encrypted_code(image *to)
{
    uint32_t random = 7;

    for (uint32_t at = CODE + 0x100; at < CODE + 0x1000; at++) {
        random = random * 1103515245 + 12345;
        put(to, at, random >> 16 & 0xff, 1);
    }
}

static const struct {
    const char *name;
    void (*make)(image *to);
    outcome outcome;
} cases[] = {
#define CASE(make, outcome)                                                                        \
    {                                                                                              \
#make, make, outcome                                                                       \
    }
    CASE(no_header_offset, REFUSED),
    CASE(header_behind_the_end, REFUSED),
    CASE(header_offset_wraps, REFUSED),
    CASE(no_optional_header, READ),
    CASE(short_optional_header, READ),
    CASE(no_directories, READ),
    CASE(two_directories, READ),
    CASE(many_directories, KEEPS_SITE),
    CASE(no_sections, READ),
    CASE(most_sections, READ),
    CASE(small_headers, READ),
    CASE(no_image_size, READ),
    CASE(no_alignment, READ),
    CASE(greatest_alignment, READ),
    CASE(no_virtual_size, KEEPS_SITE),
    CASE(greatest_raw_size, READ),
    CASE(raw_offset_wraps, READ),
    CASE(section_wraps, READ),
    CASE(all_sections_alike, READ),
    CASE(shuffled_sections, KEEPS_SITE),
    CASE(imports_without_names, KEEPS_SITE),
    CASE(imports_outside, READ),
    CASE(import_name_outside, READ),
    CASE(import_dll_outside, READ),
    CASE(imports_of_the_headers, READ),
    CASE(endless_imports, READ),
    CASE(functions_backwards, READ),
    CASE(functions_overlap, READ),
    CASE(unwind_data_outside, KEEPS_SITE),
    CASE(unwind_data_chained_to_itself, KEEPS_SITE),
    CASE(greatest_function_table, KEEPS_SITE),
    CASE(entry_outside, KEEPS_SITE),
    CASE(entry_in_the_headers, KEEPS_SITE),
    CASE(greatest_tables, KEEPS_SITE),
    CASE(tables_that_point_at_each_other, KEEPS_SITE),
    CASE(certificates_lie, KEEPS_SITE),
    CASE(code_of_jumps, KEEPS_SITE),
    CASE(code_of_calls, KEEPS_SITE),
    CASE(encrypted_code, KEEPS_SITE),
};

static bool has_site(const ps_driver *driver)
{
    for (size_t i = 0; i < ps_driver_site_count(driver); i++) {
        const ps_site *site = ps_driver_site_at(driver, i);

        if (site->rva == call_at && site->has_tag && site->tag == tag_of("Acme"))
            return true;
    }
    return false;
}

static void check(const char *name, const image *made, size_t size, outcome wanted)
{
    const ps_read_options whole = {.detail = true};
    ps_error err = {0};
    ps_driver *driver;
    bool done;

    hang_doing("%s", name);
    done = ps_driver_read(&driver, made->bytes, size, &whole, &err);

    if (!done && (wanted != REFUSED || err.text[0] == '\0'))
        fail_msg("%s: refused: %s", name, err.text);
    if (done && wanted == REFUSED)
        fail_msg("%s: read", name);
    if (done && wanted == KEEPS_SITE && !has_site(driver))
        fail_msg("%s: the site is lost", name);
    ps_driver_close(driver);
    hang_over();
}

static void each_malformation_is_refused_or_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        image made = sound_image();

        cases[i].make(&made);
        check(cases[i].name, &made, sizeof made.bytes, cases[i].outcome);
    }
}

static void malformations_come_in_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t k = 0; k < i; k++) {
            const ps_read_options whole = {.detail = true};
            image made = sound_image();
            ps_driver *driver;
            ps_error err;

            cases[i].make(&made);
            cases[k].make(&made);
            if (!ps_driver_read(&driver, made.bytes, sizeof made.bytes, &whole, &err))
                assert_null(driver);
            ps_driver_close(driver);
        }
}

static void cut_files_are_refused_or_read(void **state)
{
    const image made = sound_image();
    const ps_read_options whole = {.detail = true};
    (void)state;

    for (size_t size = 0; size < sizeof made.bytes; size += size < 0x400 ? 1 : 61) {
        uint8_t *copy = malloc(size + 1); /* so that reading on is seen */
        ps_driver *driver;
        ps_error err;

        assert_non_null(copy);
        memcpy(copy, made.bytes, size);
        if (!ps_driver_read(&driver, copy, size, &whole, &err))
            assert_true(err.text[0] != '\0');
        ps_driver_close(driver);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_malformation_is_refused_or_read),
        cmocka_unit_test(malformations_come_in_pairs),
        cmocka_unit_test(cut_files_are_refused_or_read),
    };
    hang_watch();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
