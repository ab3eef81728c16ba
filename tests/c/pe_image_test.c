/* pe_image_test.c - headers, sections, imports, VERSIONINFO and PDB path, sound and malformed. */
#include "pe_support.h"

#include <stdlib.h>

static void the_headers_are_read(void **state)
{
    const image made = new_image(true);
    ps_driver *driver = parse_image(&made);
    const ps_driver_facts *facts = ps_driver_get_facts(driver);
    (void)state;

    assert_string_equal(facts->machine_name, "x64");
    assert_true(facts->pe32_plus && facts->sites_supported);
    assert_int_equal(facts->timestamp, 0x60000000);
    assert_int_equal(facts->checksum, 0x1234);
    assert_int_equal(facts->image_size, 0x4000);
    assert_int_equal(facts->image_base, 0x140000000);
    assert_int_equal(facts->entry_rva, CODE);
    assert_int_equal(facts->file_size, FILE_SIZE);
    assert_int_equal(facts->subsystem, 1);
    assert_false(facts->has_fixed_version || facts->imports_dynamically);
    assert_null(facts->pdb_path);
    assert_int_equal(ps_driver_section_count(driver), 3);
    assert_string_equal(ps_driver_section_at(driver, 1)->name, ".rdata");
    assert_int_equal(ps_driver_section_at(driver, 1)->rva, READ_ONLY);
    assert_int_equal(ps_driver_section_at(driver, 1)->file_offset, 0x1400);
    assert_null(ps_driver_section_at(driver, 3));
    assert_int_equal(ps_driver_problem_count(driver), 0);
    ps_driver_close(driver);
}

static void imports_by_name_and_ordinal_are_listed(void **state)
{
    image made = new_image(true);
    ps_driver *driver;
    const ps_import *import;
    (void)state;

    (void)add_import(&made, "MmGetSystemRoutineAddress");
    put(&made, NAME_TABLE + 8, 0x8000000000000011, 8);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_import_count(driver), 2);
    import = ps_driver_import_at(driver, 0);
    assert_string_equal(import->dll, "ntoskrnl.exe");
    assert_string_equal(import->name, "MmGetSystemRoutineAddress");
    assert_int_equal(import->slot_rva, SLOTS);
    assert_false(import->delayed);
    import = ps_driver_import_at(driver, 1);
    assert_null(import->name);
    assert_int_equal(import->ordinal, 0x11);
    assert_int_equal(import->slot_rva, SLOTS + 8);
    assert_true(ps_driver_get_facts(driver)->imports_dynamically);
    ps_driver_close(driver);
}

static void check_delayed(bool by_rva)
{
    image made = new_image(false);
    const uint32_t add = by_rva ? 0 : (uint32_t)image_base(&made);
    ps_driver *driver;

    put(&made, FREE_SPACE, by_rva, 4);
    put(&made, FREE_SPACE + 4, FREE_SPACE + 0x80 + add, 4);
    put(&made, FREE_SPACE + 12, WRITABLE + 0x10 + add, 4);
    put(&made, FREE_SPACE + 16, FREE_SPACE + 0x60 + add, 4);
    put(&made, FREE_SPACE + 0x60, FREE_SPACE + 0x70, 4);
    put_text(&made, FREE_SPACE + 0x72, "FltLateCall");
    put_text(&made, FREE_SPACE + 0x80, "fltmgr.sys");
    put_directory(&made, 13, FREE_SPACE, 64);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_import_count(driver), 1);
    assert_string_equal(ps_driver_import_at(driver, 0)->dll, "fltmgr.sys");
    assert_string_equal(ps_driver_import_at(driver, 0)->name, "FltLateCall");
    assert_int_equal(ps_driver_import_at(driver, 0)->slot_rva, WRITABLE + 0x10);
    assert_true(ps_driver_import_at(driver, 0)->delayed);
    ps_driver_close(driver);
}

static void delayed_imports_are_listed_in_both_forms(void **state)
{
    (void)state;
    check_delayed(true);
    check_delayed(false);
}

/* The debug directory with one record of CodeView. */
static image with_debug_record(const char *signature)
{
    image made = new_image(true);

    put_directory(&made, 6, FREE_SPACE, 28);
    put(&made, FREE_SPACE + 12, 2, 4);
    put(&made, FREE_SPACE + 16, 0x60, 4);
    put(&made, FREE_SPACE + 20, FREE_SPACE + 0x40, 4);
    put(&made, FREE_SPACE + 24, file_offset(FREE_SPACE + 0x40), 4);
    put_text(&made, FREE_SPACE + 0x40, signature);
    return made;
}

static void the_pdb_path_is_read_in_both_forms(void **state)
{
    image made = with_debug_record("RSDS");
    ps_driver *driver;
    (void)state;

    for (uint32_t i = 0; i < 16; i++)
        put(&made, FREE_SPACE + 0x44 + i, 0x11 * i, 1);
    put(&made, FREE_SPACE + 0x54, 7, 4);
    put_text(&made, FREE_SPACE + 0x58, "c:\\acme\\acme.pdb");
    driver = parse_image(&made);
    assert_string_equal(ps_driver_get_facts(driver)->pdb_path, "c:\\acme\\acme.pdb");
    assert_string_equal(ps_driver_get_facts(driver)->pdb_guid,
                        "33221100-5544-7766-8899-AABBCCDDEEFF");
    assert_int_equal(ps_driver_get_facts(driver)->pdb_age, 7);
    ps_driver_close(driver);

    made = with_debug_record("NB10");
    put(&made, FREE_SPACE + 0x4c, 3, 4);
    put_text(&made, FREE_SPACE + 0x50, "old.pdb");
    driver = parse_image(&made);
    assert_string_equal(ps_driver_get_facts(driver)->pdb_path, "old.pdb");
    assert_string_equal(ps_driver_get_facts(driver)->pdb_guid, "");
    assert_int_equal(ps_driver_get_facts(driver)->pdb_age, 3);
    ps_driver_close(driver);
}

static uint32_t put_wide(image *to, uint32_t rva, const uint16_t *text)
{
    for (; *text != 0; text++, rva += 2)
        put(to, rva, *text, 2);
    put(to, rva, 0, 2);
    return rva + 2;
}

/* A block's head and key; returns where its value begins. */
static uint32_t put_block(image *to, uint32_t rva, uint32_t value_length, const uint16_t *key)
{
    put(to, rva + 2, value_length, 2);
    return (put_wide(to, rva + 6, key) + 3) & ~3U;
}

static uint32_t end_block(image *to, uint32_t begin, uint32_t end)
{
    put(to, begin, end - begin, 2);
    return (end + 3) & ~3U;
}

#define W(name, ...) static const uint16_t name[] = {__VA_ARGS__, 0}
W(version_key, 'V', 'S', '_', 'V', 'E', 'R', 'S', 'I', 'O', 'N', '_', 'I', 'N', 'F', 'O');
W(strings_key, 'S', 't', 'r', 'i', 'n', 'g', 'F', 'i', 'l', 'e', 'I', 'n', 'f', 'o');
W(english_key, '0', '4', '0', '9', '0', '4', 'b', '0');
W(german_key, '0', '4', '0', '7', '0', '4', 'B', '0');
W(company_key, 'C', 'o', 'm', 'p', 'a', 'n', 'y', 'N', 'a', 'm', 'e');
W(acme, 'A', 'c', 'm', 'e', ' ', 0xae, ' ', 0xd83d, 0xde00);
W(firma, 'F', 'i', 'r', 'm', 'a');

static uint32_t put_table(image *to, uint32_t rva, const uint16_t *key, const uint16_t *company)
{
    const uint32_t string = put_block(to, rva, 0, key);
    uint32_t at = put_block(to, string, 9, company_key);

    at = put_wide(to, at, company);
    (void)end_block(to, string, at);
    return end_block(to, rva, at);
}

static image with_version(void)
{
    image made = new_image(true);
    const uint32_t tree = FREE_SPACE;
    const uint32_t info = FREE_SPACE + 0x80;
    uint32_t at;
    uint32_t strings;

    put_directory(&made, 2, tree, 0x400);
    put(&made, tree + 14, 1, 2);
    put(&made, tree + 16, 16, 4);
    put(&made, tree + 20, 0x80000018, 4);
    put(&made, tree + 0x18 + 14, 1, 2);
    put(&made, tree + 0x18 + 16, 1, 4);
    put(&made, tree + 0x18 + 20, 0x80000030, 4);
    put(&made, tree + 0x30 + 14, 1, 2);
    put(&made, tree + 0x30 + 16, 0x409, 4);
    put(&made, tree + 0x30 + 20, 0x48, 4);
    put(&made, tree + 0x48, info, 4);
    put(&made, tree + 0x4c, 0x300, 4);
    at = put_block(&made, info, 52, version_key);
    put(&made, at, 0xfeef04bd, 4);
    put(&made, at + 8, 0x00010002, 4);
    put(&made, at + 12, 0x00030004, 4);
    put(&made, at + 16, 0x00050006, 4);
    put(&made, at + 20, 0x00070008, 4);
    strings = at + 52;
    at = put_block(&made, strings, 0, strings_key);
    at = put_table(&made, at, english_key, acme);
    at = put_table(&made, at, german_key, firma);
    at = end_block(&made, strings, at);
    (void)end_block(&made, info, at);
    return made;
}

static void version_numbers_and_strings_of_every_language_are_read(void **state)
{
    const image made = with_version();
    ps_driver *driver = parse_image(&made);
    const ps_driver_facts *facts = ps_driver_get_facts(driver);
    const ps_version_string *string = ps_driver_version_at(driver, 0);
    (void)state;

    assert_true(facts->has_fixed_version);
    for (uint16_t i = 0; i < 4; i++) {
        assert_int_equal(facts->file_version[i], i + 1);
        assert_int_equal(facts->product_version[i], i + 5);
    }
    assert_int_equal(ps_driver_version_count(driver), 2);
    assert_string_equal(string->key, "CompanyName");
    assert_string_equal(string->value, "Acme \xc2\xae \xf0\x9f\x98\x80");
    assert_int_equal(string->language, 0x409);
    assert_int_equal(string->codepage, 0x4b0);
    assert_string_equal(ps_driver_version_at(driver, 1)->value, "Firma");
    assert_int_equal(ps_driver_version_at(driver, 1)->language, 0x407);
    ps_driver_close(driver);
}

static void machines_without_call_sites_are_read_and_named(void **state)
{
    image made = new_image(true);
    ps_driver *driver;
    (void)state;

    (void)add_import(&made, "ExAllocatePoolWithTag");
    put(&made, PE_AT + 4, 0x200, 2);
    driver = parse_image(&made);
    assert_string_equal(ps_driver_get_facts(driver)->machine_name, "ia64");
    assert_false(ps_driver_get_facts(driver)->sites_supported);
    assert_int_equal(ps_driver_import_count(driver), 1);
    assert_int_equal(ps_driver_problem_count(driver), 1);
    assert_int_equal(ps_driver_problem_at(driver, 0)->severity, PS_NOTE);
    assert_non_null(strstr(ps_driver_problem_at(driver, 0)->reason, "ia64"));
    ps_driver_close(driver);
    put(&made, PE_AT + 4, 0x1f0, 2);
    driver = parse_image(&made);
    assert_string_equal(ps_driver_get_facts(driver)->machine_name, "0x01f0");
    ps_driver_close(driver);
}

static void small_alignment_means_that_rva_is_the_file_offset(void **state)
{
    image made = new_image(true);
    ps_driver *driver;
    (void)state;

    (void)add_import(&made, "IoAttachDevice");
    put(&made, OPTIONAL_AT + 32, 0x20, 4);
    put(&made, OPTIONAL_AT + 36, 0x20, 4);
    memmove(made.bytes + IMPORT_TABLE, made.bytes + file_offset(IMPORT_TABLE), 0x400);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_import_count(driver), 1);
    assert_string_equal(ps_driver_import_at(driver, 0)->name, "IoAttachDevice");
    ps_driver_close(driver);
}

static void refuse(const image *made, size_t size, ps_status code)
{
    ps_driver *driver = NULL;
    ps_error err;

    assert_false(ps_driver_parse(&driver, made->bytes, size, &err));
    assert_null(driver);
    assert_int_equal(err.code, code);
    assert_true(err.text[0] != '\0');
}

static void what_is_no_image_is_refused_with_the_reason(void **state)
{
    image made = new_image(true);
    (void)state;

    refuse(&made, 0, PS_ETRUNCATED);
    refuse(&made, 1, PS_ETRUNCATED);
    refuse(&made, 63, PS_ETRUNCATED);
    refuse(&made, PE_AT, PS_ETRUNCATED);
    refuse(&made, OPTIONAL_AT + 60, PS_ETRUNCATED);
    put(&made, 0, 0x4d5a, 2);
    refuse(&made, FILE_SIZE, PS_EFORMAT);
    made = new_image(true);
    put(&made, PE_AT, 0x454e, 2);
    refuse(&made, FILE_SIZE, PS_EFORMAT);
    made = new_image(true);
    put(&made, 60, UINT32_MAX, 4);
    refuse(&made, FILE_SIZE, PS_ETRUNCATED);
    made = new_image(true);
    put(&made, OPTIONAL_AT, 0x107, 2);
    refuse(&made, FILE_SIZE, PS_EFORMAT);
}

static void every_prefix_is_read_or_refused(void **state)
{
    const image made = with_version();
    (void)state;

    for (size_t size = 0; size < FILE_SIZE; size++) {
        uint8_t *cut = malloc(size + 1); /* a block of its own, so that a sanitizer sees its end */
        ps_driver *driver;

        assert_non_null(cut);
        memcpy(cut, made.bytes, size);
        cut = realloc(cut, size > 0 ? size : 1);
        if (ps_driver_parse(&driver, cut, size, NULL))
            ps_driver_close(driver);
        free(cut);
    }
}

/* Each 32-bit number of the first 1 KiB and of the version resource at its extremes. */
static void no_number_of_a_header_is_believed(void **state)
{
    static const uint32_t extremes[] = {0, 1, 0x7fffffff, 0x80000000, UINT32_MAX};
    static const uint32_t ranges[][2] = {{60, 0x3f0}, {0x1400, 0x1440}, {0x1c00, 0x1f00}};
    image made = with_version();
    (void)state;

    for (size_t i = 0; i < 3; i++)
        for (uint32_t at = ranges[i][0]; at < ranges[i][1]; at += 2)
            for (size_t k = 0; k < 5; k++) {
                uint8_t kept[4];
                ps_driver *driver;

                memcpy(kept, made.bytes + at, 4);
                memcpy(made.bytes + at, &extremes[k], 4);
                if (ps_driver_parse(&driver, made.bytes, FILE_SIZE, NULL))
                    ps_driver_close(driver);
                memcpy(made.bytes + at, kept, 4);
            }
}

static void too_many_sections_are_flagged(void **state)
{
    image made = new_image(true);
    ps_driver *driver;
    (void)state;

    put(&made, PE_AT + 6, 0xffff, 2);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_problem_at(driver, 0)->severity, PS_FLAGGED);
    assert_true(ps_driver_section_count(driver) < 0xffff);
    ps_driver_close(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_are_read),
        cmocka_unit_test(imports_by_name_and_ordinal_are_listed),
        cmocka_unit_test(delayed_imports_are_listed_in_both_forms),
        cmocka_unit_test(the_pdb_path_is_read_in_both_forms),
        cmocka_unit_test(version_numbers_and_strings_of_every_language_are_read),
        cmocka_unit_test(machines_without_call_sites_are_read_and_named),
        cmocka_unit_test(small_alignment_means_that_rva_is_the_file_offset),
        cmocka_unit_test(what_is_no_image_is_refused_with_the_reason),
        cmocka_unit_test(every_prefix_is_read_or_refused),
        cmocka_unit_test(no_number_of_a_header_is_believed),
        cmocka_unit_test(too_many_sections_are_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
