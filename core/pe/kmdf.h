/* kmdf.h - drivers of the kernel-mode framework: the table through which its functions are called. */
#ifndef PS_PE_KMDF_H
#define PS_PE_KMDF_H

#include "pe/apis.h"
#include "pe/driver.h"

typedef struct ps_kmdf {
    bool found;
    bool indirect;      /* `table` holds the table's address, and is not the table itself */
    uint8_t width;      /* of a pointer */
    uint32_t table;     /* RVA */
    uint32_t functions; /* in the table */
    uint32_t major, minor;
} ps_kmdf;

/* Look for what the driver hands the framework's loader. */
void ps_kmdf_find(ps_kmdf *kmdf, const ps_driver *driver);

/* RVA of the pointer that code reads to call the API; false if there is none of its own. */
bool ps_kmdf_slot(const ps_kmdf *kmdf, ps_framework_api api, uint32_t *rva);

/* The API whose pointer is at that offset of the table, or PS_WDF_COUNT. */
ps_framework_api ps_kmdf_api_at(const ps_kmdf *kmdf, uint32_t offset);

/* Bytes of arguments that it takes off the stack on x86; -1 if unknown. */
int ps_kmdf_pops(ps_framework_api api);

#endif
