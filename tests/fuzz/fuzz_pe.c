/* fuzz_pe.c - any bytes as a driver; what comes out must keep the promises of the header. */
#include "poolsleuth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_site(const ps_site *site)
{
    demand(site->api != NULL && site->via_count <= PS_VIA_LIMIT);
    demand(site->has_tag == (site->reason == NULL));
    demand(site->role != PS_SITE_UNTAGGED || !site->has_tag);
    demand(site->confidence <= PS_HIGH);
    demand(site->known_mask == 0 || !site->has_tag);
    demand((site->known_bits & ~site->known_mask) == 0);
}

static void check_lists(const ps_driver *driver)
{
    for (size_t i = 0; i < ps_driver_site_count(driver); i++)
        check_site(ps_driver_site_at(driver, i));
    for (size_t i = 0; i < ps_driver_import_count(driver); i++) {
        demand(ps_driver_import_at(driver, i)->dll != NULL);
        if (ps_driver_import_at(driver, i)->name != NULL)
            demand(strlen(ps_driver_import_at(driver, i)->name) > 0);
    }
    for (size_t i = 0; i < ps_driver_version_count(driver); i++)
        demand(ps_driver_version_at(driver, i)->key != NULL &&
               ps_driver_version_at(driver, i)->value != NULL);
    for (size_t i = 0; i < ps_driver_problem_count(driver); i++)
        demand(ps_driver_problem_at(driver, i)->reason != NULL);
    demand(ps_driver_site_at(driver, ps_driver_site_count(driver)) == NULL);
    demand(ps_driver_section_at(driver, ps_driver_section_count(driver)) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_driver *driver;
    ps_error err;

    if (!ps_driver_parse(&driver, data, size, &err)) {
        demand(driver == NULL && err.code != PS_OK && err.text[0] != '\0');
        return 0;
    }
    demand(ps_driver_get_facts(driver)->machine_name != NULL);
    check_lists(driver);
    ps_driver_close(driver);
    return 0;
}
