/* debug.c - the path of the program database that the linker left in the debug directory.
 *
 *   entry 28: flags, time, version, type (2 is CodeView; 16 says that the header's time is a hash),
 *            size, rva, file offset
 *   "RSDS"  GUID (16), age, path          "NB10"  offset, time, age, path
 */
#include "pe/driver.h"

#include "base/encode.h"

#include <string.h>

enum {
    ENTRY_SIZE = 28,
    ENTRY_LIMIT = 64,
    TYPE_CODEVIEW = 2,
    TYPE_REPRODUCIBLE = 16,
    RECORD_LIMIT = 4096
};

/* Takes the record if it is one; a record without a path's end is taken to its last byte. */
static bool read_record(ps_driver *driver, ps_reader r, ps_error *err)
{
    ps_driver_facts *facts = &driver->facts;
    const uint32_t kind = ps_u32(&r);
    const uint8_t *end;

    if (kind == 0x53445352) {
        ps_take_guid(&r, facts->pdb_guid);
    } else if (kind == 0x3031424e) {
        ps_skip(&r, 8);
    } else {
        return true;
    }
    facts->pdb_age = ps_u32(&r);
    if (!ps_reader_good(&r)) {
        facts->pdb_guid[0] = '\0';
        facts->pdb_age = 0;
        return ps_driver_note(driver, PS_FLAGGED, r.bad_at, err, "debug record ends too early");
    }
    end = r.left > 0 ? memchr(r.at, 0, r.left) : NULL;
    facts->pdb_path = ps_driver_string(driver, r.at, end != NULL ? (size_t)(end - r.at) : r.left);
    return facts->pdb_path != NULL || ps_fail_memory(err);
}

bool ps_debug_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    ps_reader r = ps_image_reader(image, image->directory[PS_DIRECTORY_DEBUG].rva,
                                  image->directory[PS_DIRECTORY_DEBUG].size);

    if (image->directory[PS_DIRECTORY_DEBUG].rva == 0)
        return true;
    for (size_t i = 0; i < ENTRY_LIMIT && ps_fits(&r, 1, ENTRY_SIZE); i++) {
        uint32_t type;
        uint32_t size;
        uint32_t offset;
        ps_reader record;

        ps_skip(&r, 12);
        type = ps_u32(&r);
        size = ps_u32(&r);
        ps_skip(&r, 4);
        offset = ps_u32(&r);
        if (type == TYPE_REPRODUCIBLE)
            driver->identity.facts.reproducible = true;
        if (type != TYPE_CODEVIEW || offset >= image->size)
            continue;
        if (size > RECORD_LIMIT)
            size = RECORD_LIMIT;
        if (size > image->size - offset)
            size = (uint32_t)(image->size - offset);
        record = ps_reader_at(image->data, image->size, offset, size);
        if (driver->facts.pdb_path == NULL && !read_record(driver, record, err))
            return false;
    }
    return true;
}
