/* pe_signature_test.c - each grade that a signature can have, on drivers that are signed here. */
#include "pe_support.h"
#include "support/failing.h"
#include "support/signing.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400 };

static const time_t now = 1790000000; /* 2026-09-21 */

/* Everything that the tests sign with, and room to work in. */
typedef struct bench {
    identity root, signer, old, itself, tester, stamper;
    image driver;
    blob content, inner, signed_data, file, extra, pem;
} bench;

static bench *b;

static int open_bench(void **state)
{
    (void)state;
    b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->root = identity_new("Tests Root", NULL, now - 9000 * DAY, now + 900 * DAY, NULL);
    b->signer = identity_new("Acme Inc.", &b->root, now - 300 * DAY, now + 300 * DAY,
                             "codeSigning,1.3.6.1.4.1.311.10.3.5.1");
    b->old =
        identity_new("Bygone Ltd", &b->root, now - 3000 * DAY, now - 2000 * DAY, "codeSigning");
    b->itself = identity_new("Myself", NULL, now - 300 * DAY, now + 300 * DAY, "codeSigning");
    b->tester =
        identity_new("WDKTestCert acme", &b->root, now - 300 * DAY, now + 300 * DAY, "codeSigning");
    b->stamper =
        identity_new("Tests Time", &b->root, now - 4000 * DAY, now + 300 * DAY, "timeStamping");
    b->driver = new_image(true);
    add_import(&b->driver, "ExAllocatePoolWithTag");
    indirect_data(&b->content, b->driver.bytes, FILE_SIZE);
    return 0;
}

static int close_bench(void **state)
{
    identity *all[] = {&b->root, &b->signer, &b->old, &b->itself, &b->tester, &b->stamper};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        identity_free(all[i]);
    free(b);
    return 0;
}

static void sign(const identity *by, const attribute *others)
{
    sign_content(&b->signed_data, "1.3.6.1.4.1.311.2.1.4", &b->content, by, &b->root, others);
    attach(&b->file, b->driver.bytes, FILE_SIZE, &b->signed_data);
}

static ps_trust *trust_root(void)
{
    ps_trust *trust;

    identity_pem(&b->root, &b->pem);
    assert_true(ps_trust_new(&trust, NULL));
    assert_true(ps_trust_add_roots(trust, b->pem.bytes, b->pem.size, NULL));
    assert_int_equal(ps_trust_root_count(trust), 1);
    return trust;
}

static ps_driver *read_file(const ps_trust *trust)
{
    const ps_read_options options = {.detail = true, .trust = trust, .now = now};
    ps_driver *driver;
    ps_error err;

    if (!ps_driver_read(&driver, b->file.bytes, b->file.size, &options, &err))
        fail_msg("%s", err.text);
    return driver;
}

/* The file has one signature of this status, whose reason has these words. */
static void expect(const ps_trust *trust, ps_signature_status status, const char *reason)
{
    ps_driver *driver = read_file(trust);
    const ps_signature *found = ps_driver_signature_at(driver, 0);

    assert_int_equal(ps_driver_signature_count(driver), 1);
    if (found->status != status)
        fail_msg("%s (%s) instead of %s", ps_signature_status_name(found->status),
                 found->reason != NULL ? found->reason : "", ps_signature_status_name(status));
    if (reason == NULL)
        assert_null(found->reason);
    else if (found->reason == NULL || strstr(found->reason, reason) == NULL)
        fail_msg("reason: %s", found->reason != NULL ? found->reason : "none");
    ps_driver_close(driver);
}

static void good_ones_chain_to_a_root_that_is_given(void **state)
{
    ps_trust *trust = trust_root();
    ps_driver *driver;
    const ps_signature *found;

    (void)state;
    sign(&b->signer, NULL);
    expect(NULL, PS_SIGNATURE_UNKNOWN_ROOT, "no root was given");
    expect(trust, PS_SIGNATURE_CHAINED, NULL);
    driver = read_file(trust);
    found = ps_driver_signature_at(driver, 0);
    assert_int_equal(found->source, PS_SIGNATURE_EMBEDDED);
    assert_string_equal(found->algorithm, "sha256");
    assert_string_equal(found->digest, found->computed);
    assert_string_equal(found->digest, ps_driver_get_identity(driver)->pe_sha256);
    assert_int_equal(found->chain_count, 2);
    assert_string_equal(found->chain[0].subject, "Acme Inc.");
    assert_string_equal(found->chain[0].issuer, "Tests Root");
    assert_string_equal(found->chain[1].subject, "Tests Root");
    assert_int_equal(found->usage_count, 2);
    assert_string_equal(found->usages[1], "Windows hardware driver attested verification");
    assert_true(found->time == PS_NO_TIME && found->time_source == NULL);
    ps_driver_close(driver);
    ps_trust_close(trust);
}

static void another_root_does_not_help(void **state)
{
    ps_trust *trust;

    (void)state;
    sign(&b->signer, NULL);
    identity_pem(&b->itself, &b->pem);
    assert_true(ps_trust_new(&trust, NULL));
    assert_true(ps_trust_add_roots(trust, b->pem.bytes, b->pem.size, NULL));
    expect(trust, PS_SIGNATURE_UNKNOWN_ROOT, "self-signed certificate");
    ps_trust_close(trust);
}

static void no_signature_is_no_entry(void **state)
{
    ps_driver *driver;

    (void)state;
    b->file.size = 0;
    blob_add(&b->file, b->driver.bytes, FILE_SIZE);
    driver = read_file(NULL);
    assert_int_equal(ps_driver_signature_count(driver), 0);
    assert_null(ps_driver_signature_at(driver, 0));
    ps_driver_close(driver);
}

static void a_changed_file_is_a_digest_mismatch(void **state)
{
    ps_trust *trust = trust_root();

    (void)state;
    sign(&b->signer, NULL);
    b->file.bytes[0x500] ^= 1;
    expect(trust, PS_SIGNATURE_MISMATCH, "changed after it was signed");
    b->file.bytes[0x500] ^= 1;
    b->file.bytes[OPTIONAL_AT + 64] ^= 1; /* the checksum is no part of it */
    expect(trust, PS_SIGNATURE_CHAINED, NULL);
    ps_trust_close(trust);
}

static void a_changed_signature_is_bad(void **state)
{
    size_t at = 0;

    (void)state;
    sign(&b->signer, NULL);
    signature_of(&b->extra, &b->signed_data);
    while (memcmp(b->file.bytes + at, b->extra.bytes, b->extra.size) != 0)
        at++;
    b->file.bytes[at + b->extra.size - 1] ^= 1;
    expect(NULL, PS_SIGNATURE_BAD, "does not fit the signer's key");
    b->file.bytes[at + b->extra.size - 1] ^= 1;
    for (at = FILE_SIZE; memcmp(b->file.bytes + at, b->content.bytes, b->content.size) != 0; at++)
        ;
    b->file.bytes[at + b->content.size - 1] ^= 1; /* the digest inside */
    expect(NULL, PS_SIGNATURE_BAD, "the content is not what was signed");
}

static void those_who_vouch_for_themselves_are_testers(void **state)
{
    ps_trust *trust = trust_root();

    (void)state;
    sign(&b->itself, NULL);
    expect(trust, PS_SIGNATURE_TEST, "vouches for itself");
    sign(&b->tester, NULL);
    expect(NULL, PS_SIGNATURE_TEST, "test certificate");
    expect(trust, PS_SIGNATURE_CHAINED, NULL);
    ps_trust_close(trust);
}

static void expiry_is_judged_at_the_time_of_signing(void **state)
{
    ps_trust *trust = trust_root();
    attribute stamp[] = {{"1.3.6.1.4.1.311.3.3.1", &b->inner}, {NULL, NULL}};
    ps_driver *driver;

    (void)state;
    sign(&b->old, NULL);
    expect(NULL, PS_SIGNATURE_EXPIRED, "no time of signing is proved");
    expect(trust, PS_SIGNATURE_EXPIRED, "no time of signing is proved");
    signature_of(&b->extra, &b->signed_data);
    time_token(&b->inner, &b->extra, "20200101120000Z", &b->stamper);
    sign(&b->old, stamp); /* the signature differs, because its mathematics has a random part */
    expect(NULL, PS_SIGNATURE_EXPIRED, "timestamp: it is not about this signature");
    driver = read_file(NULL);
    assert_true(ps_driver_signature_at(driver, 0)->time == PS_NO_TIME);
    ps_driver_close(driver);
    ps_trust_close(trust);
}

/* Adds an attribute that nobody signed to what was signed before. */
static void add_unsigned(const attribute *other)
{
    add_attribute(&b->signed_data, other);
    attach(&b->file, b->driver.bytes, FILE_SIZE, &b->signed_data);
}

static void expect_time(const char *source, int64_t time, ps_signature_status status)
{
    ps_driver *driver = read_file(NULL);
    const ps_signature *found = ps_driver_signature_at(driver, 0);

    assert_int_equal(found->status, status);
    assert_true(found->time == time);
    assert_string_equal(found->time_source, source);
    assert_string_equal(found->time_signer, "Tests Time");
    ps_driver_close(driver);
}

static void times_are_proved_by_tokens_and_countersignatures(void **state)
{
    const attribute token = {"1.3.6.1.4.1.311.3.3.1", &b->inner};
    const attribute counter = {"1.2.840.113549.1.9.6", &b->inner};
    ps_trust *trust = trust_root();

    (void)state;
    sign(&b->old, NULL);
    signature_of(&b->extra, &b->signed_data);
    time_token(&b->inner, &b->extra, "20200101120000Z", &b->stamper);
    add_unsigned(&token);
    expect_time("rfc3161", 1577880000, PS_SIGNATURE_UNKNOWN_ROOT);
    expect(trust, PS_SIGNATURE_CHAINED, NULL);

    sign(&b->old, NULL);
    signature_of(&b->extra, &b->signed_data);
    time_token(&b->inner, &b->extra, "20260701120000Z", &b->stamper);
    add_unsigned(&token);
    expect_time("rfc3161", 1782907200, PS_SIGNATURE_EXPIRED);
    expect(trust, PS_SIGNATURE_EXPIRED, "signed after the signer's certificate had expired");

    sign_content(&b->signed_data, "1.3.6.1.4.1.311.2.1.4", &b->content, &b->old, &b->stamper, NULL);
    signature_of(&b->extra, &b->signed_data);
    countersign(&b->inner, &b->extra, 1577880000, &b->stamper);
    add_unsigned(&counter);
    expect_time("countersignature", 1577880000, PS_SIGNATURE_UNKNOWN_ROOT);
    expect(trust, PS_SIGNATURE_CHAINED, NULL);
    ps_trust_close(trust);
}

static void nested_signatures_stand_behind_their_holder(void **state)
{
    const attribute nested[] = {{"1.3.6.1.4.1.311.2.4.1", &b->inner}, {NULL, NULL}};
    ps_driver *driver;

    (void)state;
    sign_content(&b->inner, "1.3.6.1.4.1.311.2.1.4", &b->content, &b->itself, NULL, NULL);
    sign(&b->signer, nested);
    driver = read_file(NULL);
    assert_int_equal(ps_driver_signature_count(driver), 2);
    assert_int_equal(ps_driver_signature_at(driver, 0)->status, PS_SIGNATURE_UNKNOWN_ROOT);
    assert_int_equal(ps_driver_signature_at(driver, 1)->source, PS_SIGNATURE_NESTED);
    assert_int_equal(ps_driver_signature_at(driver, 1)->status, PS_SIGNATURE_TEST);
    ps_driver_close(driver);
}

static void nests_without_end_are_cut(void **state)
{
    const attribute nested[] = {{"1.3.6.1.4.1.311.2.4.1", &b->inner}, {NULL, NULL}};
    ps_driver *driver;

    (void)state;
    sign_content(&b->inner, "1.3.6.1.4.1.311.2.1.4", &b->content, &b->itself, NULL, NULL);
    for (int i = 0; i < 6; i++) {
        sign_content(&b->signed_data, "1.3.6.1.4.1.311.2.1.4", &b->content, &b->itself, NULL,
                     nested);
        b->inner.size = 0;
        blob_join(&b->inner, &b->signed_data);
    }
    attach(&b->file, b->driver.bytes, FILE_SIZE, &b->signed_data);
    driver = read_file(NULL);
    assert_int_equal(ps_driver_signature_count(driver), 7);
    ps_driver_close(driver);
}

static void catalogs_sign_what_they_list(void **state)
{
    ps_trust *trust;
    ps_driver *driver;
    const ps_signature *found;

    (void)state;
    b->file.size = 0;
    blob_add(&b->file, b->driver.bytes, FILE_SIZE);
    for (int indirect = 0; indirect < 2; indirect++) {
        trust = trust_root();
        catalog_content(&b->inner, b->driver.bytes, FILE_SIZE, indirect == 1);
        sign_content(&b->extra, "1.3.6.1.4.1.311.10.1", &b->inner, &b->signer, NULL, NULL);
        assert_true(ps_trust_add_catalog(trust, "acme.cat", b->extra.bytes, b->extra.size, NULL));
        assert_int_equal(ps_trust_catalog_count(trust), 1);
        assert_int_equal(ps_trust_member_count(trust), 2);
        driver = read_file(trust);
        found = ps_driver_signature_at(driver, 0);
        assert_int_equal(ps_driver_signature_count(driver), 1);
        assert_int_equal(found->source, PS_SIGNATURE_CATALOG);
        assert_int_equal(found->status, PS_SIGNATURE_CHAINED);
        assert_string_equal(found->catalog, "acme.cat");
        assert_string_equal(found->digest, ps_driver_get_identity(driver)->pe_sha256);
        ps_driver_close(driver);
        b->file.bytes[0x500] ^= 1; /* another file: not listed */
        driver = read_file(trust);
        assert_int_equal(ps_driver_signature_count(driver), 0);
        ps_driver_close(driver);
        b->file.bytes[0x500] ^= 1;
        ps_trust_close(trust);
    }
}

static void what_is_no_catalog_is_refused(void **state)
{
    ps_trust *trust;
    ps_error err;

    (void)state;
    sign(&b->signer, NULL);
    assert_true(ps_trust_new(&trust, NULL));
    assert_false(ps_trust_add_catalog(trust, "x", b->signed_data.bytes, b->signed_data.size, &err));
    assert_int_equal(err.code, PS_EFORMAT);
    assert_false(ps_trust_add_catalog(trust, "x", "text", 4, &err));
    assert_false(ps_trust_add_catalog(trust, "x", "", 0, &err));
    assert_false(ps_trust_add_roots(trust, "no certificate", 14, &err));
    assert_int_equal(err.code, PS_EFORMAT);
    ps_trust_close(trust);
}

static void a_table_that_lies_is_a_bad_signature(void **state)
{
    (void)state;
    sign(&b->signer, NULL);
    b->file.bytes[FILE_SIZE + 2] = 0xff; /* the length of the entry */
    expect(NULL, PS_SIGNATURE_BAD, "cut off or malformed");
    b->file.bytes[FILE_SIZE] = 4;
    b->file.bytes[FILE_SIZE + 1] = b->file.bytes[FILE_SIZE + 2] = 0;
    expect(NULL, PS_SIGNATURE_BAD, "cut off or malformed");
    sign(&b->signer, NULL);
    b->file.size -= 8;
    expect(NULL, PS_SIGNATURE_BAD, "outside the file");
    sign(&b->signer, NULL);
    b->file.bytes[FILE_SIZE + 8] = 0x31;
    expect(NULL, PS_SIGNATURE_BAD, "no PKCS #7");
}

static void each_length_of_a_signature_is_read_or_refused(void **state)
{
    (void)state;
    sign(&b->signer, NULL);
    for (size_t cut = 0; cut < b->signed_data.size; cut += 3) {
        blob *shorter = calloc(1, sizeof *shorter);
        ps_driver *driver;

        assert_non_null(shorter);
        blob_add(shorter, b->signed_data.bytes, cut);
        attach(&b->file, b->driver.bytes, FILE_SIZE, shorter);
        driver = read_file(NULL);
        assert_int_equal(ps_driver_signature_at(driver, 0)->status, PS_SIGNATURE_BAD);
        ps_driver_close(driver);
        free(shorter);
    }
}

static bool scenario(void *context)
{
    const ps_read_options *given = context;
    ps_read_options options = *given;
    ps_trust *trust = NULL;
    ps_driver *driver = NULL;
    ps_error err = {0};
    const bool worked =
        ps_trust_new(&trust, &err) && ps_trust_add_roots(trust, b->pem.bytes, b->pem.size, &err) &&
        ps_trust_add_catalog(trust, "acme.cat", b->extra.bytes, b->extra.size, &err) &&
        ((options.trust = trust),
         ps_driver_read(&driver, b->file.bytes, b->file.size, &options, &err));

    if (!worked)
        assert_int_equal(err.code, PS_ENOMEM);
    ps_driver_close(driver);
    ps_trust_close(trust);
    return worked;
}

static void every_refused_allocation_is_survived(void **state)
{
    const attribute nested[] = {{"1.3.6.1.4.1.311.2.4.1", &b->inner}, {NULL, NULL}};
    ps_read_options options = {.detail = true, .now = now};

    (void)state;
    identity_pem(&b->root, &b->pem);
    catalog_content(&b->inner, b->driver.bytes, FILE_SIZE, true);
    sign_content(&b->extra, "1.3.6.1.4.1.311.10.1", &b->inner, &b->signer, NULL, NULL);
    sign_content(&b->inner, "1.3.6.1.4.1.311.2.1.4", &b->content, &b->itself, NULL, NULL);
    sign(&b->signer, nested);
    assert_true(failing_each(scenario, &options) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_chain_to_a_root_that_is_given),
        cmocka_unit_test(another_root_does_not_help),
        cmocka_unit_test(no_signature_is_no_entry),
        cmocka_unit_test(a_changed_file_is_a_digest_mismatch),
        cmocka_unit_test(a_changed_signature_is_bad),
        cmocka_unit_test(those_who_vouch_for_themselves_are_testers),
        cmocka_unit_test(expiry_is_judged_at_the_time_of_signing),
        cmocka_unit_test(times_are_proved_by_tokens_and_countersignatures),
        cmocka_unit_test(nested_signatures_stand_behind_their_holder),
        cmocka_unit_test(nests_without_end_are_cut),
        cmocka_unit_test(catalogs_sign_what_they_list),
        cmocka_unit_test(what_is_no_catalog_is_refused),
        cmocka_unit_test(a_table_that_lies_is_a_bad_signature),
        cmocka_unit_test(each_length_of_a_signature_is_read_or_refused),
        cmocka_unit_test(every_refused_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
