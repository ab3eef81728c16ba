/* limits_driver_test.c - limits on what is read of a driver. */
#include "limits_support.h"
#include "pe_support.h"
#include "support/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXPORTS = FREE_SPACE, RESOURCES = FREE_SPACE + 0x100, VERSION = FREE_SPACE + 0x200 };
enum { SECOND_NAMES = FREE_SPACE + 0x500, DAY = 86400 };

static const time_t now = 1790000000; /* 2026-09-21 */

/* Three exports by number. */
static void put_exports(image *it)
{
    put(it, EXPORTS + 20, 3, 4);
    put(it, EXPORTS + 28, EXPORTS + 40, 4);
    for (uint32_t i = 0; i < 3; i++)
        put(it, EXPORTS + 40 + 4 * i, CODE, 4);
    put_directory(it, 0, EXPORTS, 0x100);
}

static void put_wide(image *it, uint32_t rva, const char *text)
{
    for (uint32_t i = 0; text[i] != '\0'; i++)
        put(it, rva + 2 * i, (uint8_t)text[i], 2);
}

/* A block: its size, that of its value, its key; returns where its value begins. */
static uint32_t put_block(image *it, uint32_t rva, uint32_t size, const char *key)
{
    put(it, rva, size, 2);
    put_wide(it, rva + 6, key);
    return (rva + 6 + 2 * (uint32_t)strlen(key) + 2 + 3) & ~3U;
}

/* A version with three strings, in three languages of one resource. */
static void put_resources(image *it)
{
    uint32_t at = put_block(it, VERSION, 0x200, "VS_VERSION_INFO");

    put(it, RESOURCES + 14, 1, 2);
    put(it, RESOURCES + 16, 16, 4);
    put(it, RESOURCES + 20, 0x80000018, 4);
    put(it, RESOURCES + 0x18 + 14, 1, 2);
    put(it, RESOURCES + 0x18 + 16, 1, 4);
    put(it, RESOURCES + 0x18 + 20, 0x80000030, 4);
    put(it, RESOURCES + 0x30 + 14, 3, 2);
    for (uint32_t i = 0; i < 3; i++) {
        put(it, RESOURCES + 0x40 + 8 * i, 0x409 + i, 4);
        put(it, RESOURCES + 0x44 + 8 * i, 0x60 + 8 * i, 4);
        put(it, RESOURCES + 0x60 + 8 * i, i == 0 ? VERSION : 0, 4);
        put(it, RESOURCES + 0x64 + 8 * i, 0x200, 4);
    }
    put_directory(it, 2, RESOURCES, 0x100);
    at = put_block(it, at, 0x100, "StringFileInfo");
    at = put_block(it, at, 0xC0, "040904b0");
    for (uint32_t i = 0; i < 3; i++)
        at = put_block(it, at, 0x10, "Key");
}

/* A second library whose imports have no names that could be read: two problems. */
static void put_second_library(image *it)
{
    const uint32_t entry = IMPORT_TABLE + 20;

    put(it, entry, SECOND_NAMES, 4);
    put(it, entry + 12, NAMES, 4);
    put(it, entry + 16, SLOTS + 0x80, 4);
    put(it, SECOND_NAMES, 0x7000000, 8);
    put(it, SECOND_NAMES + 8, 0x7000000, 8);
}

/* Three functions: the first calls both others, and all of them ask for pool. */
static image make_driver(void)
{
    image it = new_image(true);
    const uint32_t slot = add_import(&it, "ExAllocatePoolWithTag");
    uint32_t last = 0;

    add_import(&it, "ExFreePoolWithTag");
    put_second_library(&it);
    put_exports(&it);
    put_resources(&it);
    for (int i = 0; i < 3; i++) {
        const uint32_t begin = begin_function(&it);
        EMIT(&it, 0x85, 0xc9, 0x74, 2, 0x31, 0xc0); /* test ecx, ecx; je +2; xor eax, eax */
        EMIT(&it, 0x41, 0xb8, 'A', 'c', 'm', '0');  /* mov r8d, tag */
        emit_call(&it, slot);
        for (int k = 0; k < i; k++)
            emit_direct_call(&it, last);
        EMIT(&it, 0xc3);
        end_function(&it, begin);
        last = begin;
    }
    return it;
}

static bool read_tells(const void *bytes, size_t size, const ps_limits *limits, const char *name)
{
    const ps_read_options options = {.detail = true, .now = now};
    ps_driver *driver;
    ps_error err;
    bool told = false;

    if (!ps_driver_read_within(&driver, bytes, size, &options, limits, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < ps_driver_problem_count(driver); i++)
        told = told || names_limit(ps_driver_problem_at(driver, i)->reason, name);
    ps_driver_close(driver);
    return told;
}

static bool driver_tells(const ps_limits *limits, const char *name)
{
    const image it = make_driver();

    return read_tells(it.bytes, sizeof it.bytes, limits, name);
}

/* A driver that is signed, with the signer's authority, by a signature that holds another. */
static blob signed_driver;

static int sign_driver(void **state)
{
    const image it = make_driver();
    const identity authority = identity_new("Root", NULL, now - 9 * DAY, now + 9 * DAY, NULL);
    const identity signer =
        identity_new("Acme", &authority, now - 9 * DAY, now + 9 * DAY, "codeSigning");
    blob *work = calloc(3, sizeof *work);
    const attribute nested[] = {{"1.3.6.1.4.1.311.2.4.1", &work[1]}, {NULL, NULL}};

    (void)state;
    assert_non_null(work);
    indirect_data(&work[0], it.bytes, sizeof it.bytes);
    sign_content(&work[1], "1.3.6.1.4.1.311.2.1.4", &work[0], &signer, NULL, NULL);
    sign_content(&work[2], "1.3.6.1.4.1.311.2.1.4", &work[0], &signer, &authority, nested);
    attach(&signed_driver, it.bytes, sizeof it.bytes, &work[2]);
    identity_free((identity[]){signer});
    identity_free((identity[]){authority});
    free(work);
    return 0;
}

static bool signed_tells(const ps_limits *limits, const char *name)
{
    return read_tells(signed_driver.bytes, signed_driver.size, limits, name);
}

static bool scan_tells(const ps_limits *limits, const char *name)
{
    const image it = make_driver();
    char path[] = "/tmp/limits-test-XXXXXX";
    const char *const paths[] = {path};
    const int file = mkstemp(path);
    const ps_scan_result *result;
    ps_scan *scan;
    bool told;

    assert_int_equal(write(file, it.bytes, sizeof it.bytes), sizeof it.bytes);
    (void)close(file);
    assert_true(ps_scan_open_within(&scan, paths, 1, NULL, limits, NULL));
    result = ps_scan_at(scan, 0);
    told = fails_at(result->driver != NULL, &result->error, name);
    ps_scan_close(scan);
    (void)unlink(path);
    return told;
}

static void each_limit_is_obeyed_and_told(void **state)
{
    static const char *const beginnings[] = {"driver", NULL};
    static const trial trials[] = {
        {"driver_file_bytes", scan_tells, FILE_SIZE},
        {"driver_sections", driver_tells, 3},
        {"driver_libraries", driver_tells, 2},
        {"driver_imports", driver_tells, 2},
        {"driver_exports", driver_tells, 3},
        {"driver_resources", driver_tells, 3},
        {"driver_version_strings", driver_tells, 3},
        {"driver_signatures", signed_tells, 2},
        {"driver_certificates", signed_tells, 2},
        {"driver_functions", driver_tells, 0},
        {"driver_references", driver_tells, 0},
        {"driver_branches", driver_tells, 0},
        {"driver_sites", driver_tells, 3},
        {"driver_function_instructions", driver_tells, 0},
        {"driver_instructions", driver_tells, 0},
        {"driver_function_steps", driver_tells, 0},
        {"driver_steps", driver_tells, 0},
        {"driver_problems", driver_tells, 0},
    };

    (void)state;
    all_obey(trials, sizeof trials / sizeof trials[0], beginnings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_limit_is_obeyed_and_told)};

    return cmocka_run_group_tests(tests, sign_driver, NULL);
}
