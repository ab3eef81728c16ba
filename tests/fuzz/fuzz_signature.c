/* fuzz_signature.c - any bytes as a signature in a driver, as a catalog, and as a whole driver read in
 * detail; what comes out must keep the promises of the header. */
#include "poolsleuth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 0x200, PE_AT = 0x40, OPTIONAL = PE_AT + 24, SIGNATURE_LIMIT = 1 << 16 };

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void put(uint8_t *to, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* The least image that is read, with a certificate table of one entry. */
static size_t wrap(uint8_t *image, const uint8_t *data, size_t size)
{
    const size_t length = size + 8;

    memset(image, 0, HEADERS);
    put(image, 0x5a4d, 2);
    put(image + 60, PE_AT, 4);
    put(image + PE_AT, 0x4550, 4);
    put(image + PE_AT + 4, 0x8664, 2);
    put(image + PE_AT + 20, 240, 2);
    put(image + OPTIONAL, 0x20b, 2);
    put(image + OPTIONAL + 32, 0x1000, 4);
    put(image + OPTIONAL + 36, 0x200, 4);
    put(image + OPTIONAL + 60, HEADERS, 4);
    put(image + OPTIONAL + 108, 16, 4);
    put(image + OPTIONAL + 112 + 32, HEADERS, 4);
    put(image + OPTIONAL + 112 + 36, length, 4);
    put(image + HEADERS, length, 4);
    put(image + HEADERS + 4, 0x00020200, 4);
    memcpy(image + HEADERS + 8, data, size);
    return HEADERS + length;
}

static void check_signature(const ps_signature *one)
{
    demand(one->status <= PS_SIGNATURE_CHAINED && one->source <= PS_SIGNATURE_CATALOG);
    demand(one->status == PS_SIGNATURE_CHAINED || one->reason != NULL);
    demand((one->time == PS_NO_TIME) == (one->time_source == NULL));
    demand((one->digest == NULL) == (one->computed == NULL));
    demand((one->source == PS_SIGNATURE_CATALOG) == (one->catalog != NULL));
    for (size_t i = 0; i < one->chain_count; i++)
        demand(one->chain[i].subject != NULL && one->chain[i].issuer != NULL &&
               one->chain[i].serial != NULL);
    for (size_t i = 0; i < one->usage_count; i++)
        demand(one->usages[i] != NULL);
}

static void check_lists(const ps_driver *driver)
{
    const ps_identity *identity = ps_driver_get_identity(driver);
    double entropy;

    demand(identity->has_detail && strlen(identity->md5) == 32 && strlen(identity->sha1) == 40);
    demand(strlen(identity->pe_sha1) == 40 && strlen(identity->pe_sha256) == 64);
    demand(identity->entropy >= 0 && identity->entropy <= 8);
    for (size_t i = 0; i < ps_driver_section_count(driver); i++)
        demand(ps_driver_section_entropy(driver, i, &entropy) && entropy >= 0 && entropy <= 8);
    for (size_t i = 0; i < ps_driver_signature_count(driver); i++)
        check_signature(ps_driver_signature_at(driver, i));
    for (size_t i = 0; i < ps_driver_resource_count(driver); i++)
        demand(ps_driver_resource_at(driver, i)->type != NULL &&
               ps_driver_resource_at(driver, i)->name != NULL);
    demand(ps_driver_export_at(driver, ps_driver_export_count(driver)) == NULL);
    demand(ps_driver_rich_at(driver, ps_driver_rich_count(driver)) == NULL);
}

static void read_as_driver(const uint8_t *data, size_t size, const ps_trust *trust)
{
    const ps_read_options options = {.detail = true, .trust = trust, .now = 1790000000};
    ps_driver *driver;
    ps_error err;

    if (!ps_driver_read(&driver, data, size, &options, &err)) {
        demand(driver == NULL && err.code != PS_OK && err.text[0] != '\0');
        return;
    }
    check_lists(driver);
    ps_driver_close(driver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_trust *trust;
    ps_error err;
    uint8_t *image;

    if (size > SIGNATURE_LIMIT || !ps_trust_new(&trust, &err))
        return 0;
    (void)!ps_trust_add_roots(trust, data, size, &err);
    if (!ps_trust_add_catalog(trust, "a.cat", data, size, &err))
        demand(err.code != PS_OK && ps_trust_catalog_count(trust) == 0);
    image = malloc(HEADERS + 8 + size);
    if (image != NULL)
        read_as_driver(image, wrap(image, data, size), trust);
    free(image);
    read_as_driver(data, size, trust);
    ps_trust_close(trust);
    return 0;
}
