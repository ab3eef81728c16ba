/* pe_identity_test.c - what tells one image from another: hashes, checksum, entropy, the linker's record,
 * exports, resources, load configuration. */
#include "pe_support.h"

#include <math.h>
#include <string.h>

enum { EXPORTS = FREE_SPACE, RESOURCES = FREE_SPACE + 0x200, CONFIG = FREE_SPACE + 0x500 };

static ps_driver *read_detail(const image *of)
{
    const ps_read_options options = {.detail = true, .now = 1790000000};
    ps_driver *driver;
    ps_error err;

    if (!ps_driver_read(&driver, of->bytes, sizeof of->bytes, &options, &err))
        fail_msg("%s", err.text);
    return driver;
}

static void detail_is_read_when_asked_for(void **state)
{
    image it = new_image(true);
    ps_driver *driver = parse_image(&it);
    double entropy;

    (void)state;
    assert_false(ps_driver_get_identity(driver)->has_detail);
    assert_string_equal(ps_driver_get_identity(driver)->md5, "");
    assert_false(ps_driver_section_entropy(driver, 0, &entropy));
    ps_driver_close(driver);
    driver = read_detail(&it);
    assert_int_equal(strlen(ps_driver_get_identity(driver)->md5), 32);
    assert_int_equal(strlen(ps_driver_get_identity(driver)->pe_sha256), 64);
    assert_true(ps_driver_section_entropy(driver, 2, &entropy));
    assert_true(entropy == 0);
    assert_false(ps_driver_section_entropy(driver, 3, &entropy));
    ps_driver_close(driver);
}

static void entropy_is_in_bits_a_byte(void **state)
{
    image it = new_image(true);
    ps_driver *driver;
    double entropy;

    (void)state;
    for (unsigned i = 0; i < 0x400; i++)
        put(&it, WRITABLE + i, i % 256, 1);
    driver = read_detail(&it);
    assert_true(ps_driver_section_entropy(driver, 2, &entropy));
    assert_true(fabs(entropy - 8) < 1e-9);
    ps_driver_close(driver);
}

/* The sum of the file's 16-bit words, the slow way. */
static uint32_t slow_checksum(const image *of)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < FILE_SIZE; i += 2) {
        const size_t field = OPTIONAL_AT + 64;
        const uint32_t word =
            i >= field && i < field + 4 ? 0 : of->bytes[i] | (uint32_t)of->bytes[i + 1] << 8;

        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + FILE_SIZE;
}

static void the_checksum_is_worked_out(void **state)
{
    image it = new_image(true);
    ps_driver *driver = parse_image(&it);

    (void)state;
    assert_int_equal(ps_driver_get_facts(driver)->checksum, 0x1234);
    assert_int_equal(ps_driver_get_identity(driver)->checksum_computed, slow_checksum(&it));
    ps_driver_close(driver);
}

static void the_import_hash_is_of_names_in_order(void **state)
{
    image it = new_image(true);
    ps_driver *driver = parse_image(&it);

    (void)state;
    assert_string_equal(ps_driver_get_identity(driver)->imphash, "");
    ps_driver_close(driver);
    add_import(&it, "ExAllocatePoolWithTag");
    add_import(&it, "ExFreePoolWithTag");
    driver = parse_image(&it);
    /* md5 of "ntoskrnl.exe.exallocatepoolwithtag,ntoskrnl.exe.exfreepoolwithtag" */
    assert_string_equal(ps_driver_get_identity(driver)->imphash,
                        "316ed4f274cf3badfa6b92860488383e");
    ps_driver_close(driver);
}

static void a_hash_for_a_time_is_told(void **state)
{
    image it = new_image(true);
    ps_driver *driver = parse_image(&it);

    (void)state;
    assert_false(ps_driver_get_identity(driver)->reproducible);
    ps_driver_close(driver);
    put(&it, FREE_SPACE + 12, 16, 4);
    put_directory(&it, 6, FREE_SPACE, 28);
    driver = parse_image(&it);
    assert_true(ps_driver_get_identity(driver)->reproducible);
    ps_driver_close(driver);
}

static uint32_t rotate(uint32_t value, unsigned by)
{
    return by % 32 == 0 ? value : value << by % 32 | value >> (32 - by % 32);
}

/* Moves the PE header up, and puts the linker's record of one tool in front of it. */
static image with_rich(bool intact)
{
    const image plain = new_image(true);
    image it = plain;
    const uint32_t id = 0x01048110;
    uint32_t key = 0x40;

    memset(it.bytes + 0x40, 0, 0x360);
    memcpy(it.bytes + 0xc0, plain.bytes + PE_AT, 0x340);
    put(&it, 60, 0xc0, 4);
    for (unsigned i = 0; i < 0x40; i++)
        if (i < 60)
            key += rotate(it.bytes[i], i);
    key += rotate(id, 7);
    if (!intact)
        key++;
    put(&it, 0x40, 0x536e6144 ^ key, 4);
    for (unsigned i = 0; i < 3; i++)
        put(&it, 0x44 + i * 4, key, 4);
    put(&it, 0x50, id ^ key, 4);
    put(&it, 0x54, 7 ^ key, 4);
    put(&it, 0x58, 0x68636952, 4);
    put(&it, 0x5c, key, 4);
    return it;
}

static void the_linkers_record_is_decoded_and_checked(void **state)
{
    (void)state;
    for (int intact = 0; intact < 2; intact++) {
        image it = with_rich(intact == 1);
        ps_driver *driver = parse_image(&it);
        const ps_identity *identity = ps_driver_get_identity(driver);

        assert_true(identity->has_rich);
        assert_int_equal(identity->rich_intact, intact);
        assert_int_equal(ps_driver_rich_count(driver), 1);
        assert_int_equal(ps_driver_rich_at(driver, 0)->product, 0x104);
        assert_int_equal(ps_driver_rich_at(driver, 0)->build, 0x8110);
        assert_int_equal(ps_driver_rich_at(driver, 0)->count, 7);
        assert_null(ps_driver_rich_at(driver, 1));
        ps_driver_close(driver);
    }
}

static void put_exports(image *it, uint32_t names)
{
    put(it, EXPORTS + 16, 5, 4);     /* base */
    put(it, EXPORTS + 20, 3, 4);     /* addresses */
    put(it, EXPORTS + 24, names, 4); /* names */
    put(it, EXPORTS + 28, EXPORTS + 40, 4);
    put(it, EXPORTS + 32, EXPORTS + 60, 4);
    put(it, EXPORTS + 36, EXPORTS + 80, 4);
    put(it, EXPORTS + 40, CODE, 4);
    put(it, EXPORTS + 44, EXPORTS + 120, 4); /* inside: forwarded */
    put(it, EXPORTS + 48, CODE + 16, 4);
    put(it, EXPORTS + 60, EXPORTS + 100, 4);
    put(it, EXPORTS + 64, EXPORTS + 110, 4);
    put(it, EXPORTS + 80, 0, 2);
    put(it, EXPORTS + 82, 1, 2);
    put_text(it, EXPORTS + 100, "Init");
    put_text(it, EXPORTS + 110, "Copy");
    put_text(it, EXPORTS + 120, "NTOSKRNL.memcpy");
    put_directory(it, 0, EXPORTS, 0x100);
}

static void exports_have_names_ordinals_and_forwards(void **state)
{
    image it = new_image(true);
    ps_driver *driver;

    (void)state;
    put_exports(&it, 2);
    driver = read_detail(&it);
    assert_int_equal(ps_driver_export_count(driver), 3);
    assert_string_equal(ps_driver_export_at(driver, 0)->name, "Init");
    assert_int_equal(ps_driver_export_at(driver, 0)->ordinal, 5);
    assert_null(ps_driver_export_at(driver, 0)->forward);
    assert_string_equal(ps_driver_export_at(driver, 1)->forward, "NTOSKRNL.memcpy");
    assert_null(ps_driver_export_at(driver, 2)->name);
    assert_int_equal(ps_driver_export_at(driver, 2)->rva, CODE + 16);
    ps_driver_close(driver);
    put_exports(&it, 0xffffffff); /* far more than there are */
    driver = read_detail(&it);
    assert_true(ps_driver_export_count(driver) == 3);
    assert_int_equal(ps_driver_problem_count(driver), 1);
    ps_driver_close(driver);
}

static void put_folder(image *it, uint32_t at, uint32_t id, uint32_t offset)
{
    put(it, RESOURCES + at + 14, 1, 2);
    put(it, RESOURCES + at + 16, id, 4);
    put(it, RESOURCES + at + 20, offset, 4);
}

static void resources_are_listed_whatever_they_point_to(void **state)
{
    image it = new_image(true);
    ps_driver *driver;
    const ps_resource *found;

    (void)state;
    put_folder(&it, 0, 16, 0x80000018);
    put_folder(&it, 0x18, 0x80000060, 0x80000030); /* with a name of its own */
    put_folder(&it, 0x30, 0x409, 0x48);
    put(&it, RESOURCES + 0x48, RESOURCES + 0x80, 4);
    put(&it, RESOURCES + 0x4c, 12, 4);
    put(&it, RESOURCES + 0x60, 2, 2);
    put(&it, RESOURCES + 0x62, 'A', 2);
    put(&it, RESOURCES + 0x64, 'B', 2);
    put_directory(&it, 2, RESOURCES, 0x100);
    driver = read_detail(&it);
    assert_int_equal(ps_driver_resource_count(driver), 1);
    found = ps_driver_resource_at(driver, 0);
    assert_string_equal(found->type, "version");
    assert_string_equal(found->name, "AB");
    assert_int_equal(found->language, 0x409);
    assert_int_equal(found->size, 12);
    ps_driver_close(driver);
    put_folder(&it, 0x18, 1, 0x80000000); /* back to the top: three levels are read, no more */
    driver = read_detail(&it);
    assert_int_equal(ps_driver_resource_count(driver), 0);
    ps_driver_close(driver);
}

static void guard_flags_are_read_where_the_size_reaches(void **state)
{
    image it = new_image(true);
    ps_driver *driver;

    (void)state;
    put(&it, CONFIG, 0x94, 4);
    put(&it, CONFIG + 0x90, 0x500, 4);
    put_directory(&it, 10, CONFIG, 0x94);
    driver = parse_image(&it);
    assert_true(ps_driver_get_identity(driver)->has_load_config);
    assert_int_equal(ps_driver_get_identity(driver)->guard_flags, 0x500);
    ps_driver_close(driver);
    put(&it, CONFIG, 0x70, 4);
    driver = parse_image(&it);
    assert_int_equal(ps_driver_get_identity(driver)->guard_flags, 0);
    ps_driver_close(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detail_is_read_when_asked_for),
        cmocka_unit_test(entropy_is_in_bits_a_byte),
        cmocka_unit_test(the_checksum_is_worked_out),
        cmocka_unit_test(the_import_hash_is_of_names_in_order),
        cmocka_unit_test(a_hash_for_a_time_is_told),
        cmocka_unit_test(the_linkers_record_is_decoded_and_checked),
        cmocka_unit_test(exports_have_names_ordinals_and_forwards),
        cmocka_unit_test(resources_are_listed_whatever_they_point_to),
        cmocka_unit_test(guard_flags_are_read_where_the_size_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
