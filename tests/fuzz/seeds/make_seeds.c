/* make_seeds.c - what fuzzers start from where bytes alone would have to guess a whole file: signed drivers,
 * catalogs and certificates, a dump of every container, a reel.
 * usage: make_seeds FOLDER, where each target has a folder already */
#include "pe_support.h"
#include "support/dump_samples.h"
#include "support/reel_sample.h"
#include "support/signing.h"

#include <stdio.h>
#include <stdlib.h>

enum { FROM = 1767225600, TO = 1893456000, SIGNED_AT = 1798761600, LARGEST = 16384 };

#define CODE_SIGNING "codeSigning"
#define INDIRECT "1.3.6.1.4.1.311.2.1.4"
#define CATALOG "1.3.6.1.4.1.311.10.1"
#define COUNTERSIGNATURE "1.2.840.113549.1.9.6"

static const char *folder;

static void write_seed(const char *target, unsigned number, const void *bytes, size_t size)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s/made-%02u", folder, target, number);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_blob(unsigned number, const blob *of)
{
    write_seed("fuzz_signature", number, of->bytes, of->size);
}

static void make_signatures(void **state)
{
    static blob content, data, value, file;
    static image driver;
    identity root = identity_new("Root", NULL, FROM, TO, NULL);
    identity signer = identity_new("Signer", &root, FROM, TO, CODE_SIGNING);
    const attribute counter = {COUNTERSIGNATURE, &value};

    (void)state;
    driver = new_image(true);
    (void)add_import(&driver, "ExAllocatePoolWithTag");
    identity_pem(&root, &value);
    write_blob(0, &value);
    indirect_data(&content, driver.bytes, sizeof driver.bytes);
    sign_content(&data, INDIRECT, &content, &signer, &root, NULL);
    write_blob(1, &data);
    signature_of(&file, &data);
    countersign(&value, &file, SIGNED_AT, &signer);
    add_attribute(&data, &counter);
    write_blob(2, &data);
    attach(&file, driver.bytes, sizeof driver.bytes, &data);
    write_blob(3, &file);
    for (unsigned indirect = 0; indirect < 2; indirect++) {
        catalog_content(&content, driver.bytes, sizeof driver.bytes, indirect != 0);
        sign_content(&data, CATALOG, &content, &signer, &root, NULL);
        write_blob(4 + indirect, &data);
    }
    identity_free(&signer);
    identity_free(&root);
}

static void make_dumps(void **state)
{
    dump_sample samples[DUMP_SAMPLES];

    (void)state;
    dump_samples_make(samples);
    for (unsigned i = 0; i < DUMP_SAMPLES; i++) {
        if (samples[i].size <= LARGEST)
            write_seed("fuzz_dump", i, samples[i].bytes, samples[i].size);
        dump_sample_free(&samples[i]);
    }
}

static void make_reels(void **state)
{
    size_t size;
    uint8_t *bytes = reel_sample(4, 4, &size);

    (void)state;
    write_seed("fuzz_history", 0, bytes, size);
    free(bytes);
}

int main(int count, char **words)
{
    const struct CMUnitTest makers[] = {
        cmocka_unit_test(make_signatures),
        cmocka_unit_test(make_dumps),
        cmocka_unit_test(make_reels),
    };

    if (count != 2) {
        (void)fputs("usage: make_seeds FOLDER\n", stderr);
        return 2;
    }
    folder = words[1];
    return cmocka_run_group_tests(makers, NULL, NULL);
}
