/* tables.c - what numbers look like tags, and tags that stand in a table and are taken by an index. */
#include "pe/sites.h"

enum { TABLE_LIMIT = 16 };

bool ps_sites_like_tag(uint32_t value)
{
    unsigned printable = 0;

    value &= ~PS_TAG_PROTECTED;
    while (printable < 4 && (value & 0xff) >= ' ' && (value & 0xff) < 0x7f) {
        value >>= 8;
        printable++;
    }
    return printable > 0 && value == 0;
}

/* Four printable characters, nothing less: what a table's entries must be. */
static bool is_word(uint32_t value)
{
    return ps_sites_like_tag(value) && (value & 0x7f000000) != 0;
}

/* Does what lies between an entry of a table and the next look like text where in the first entry it
 * does not?  Then the table has ended before. */
static bool is_other_data(const ps_image *image, uint32_t first, uint32_t entry, uint32_t stride)
{
    uint64_t there;
    uint64_t here;

    for (uint32_t at = 4; at + 4 <= stride; at += 4) {
        if (!ps_image_uint(image, first + at, 4, &there) ||
            !ps_image_uint(image, entry + at, 4, &here) ||
            (is_word((uint32_t)here) && !is_word((uint32_t)there)))
            return true;
    }
    return false;
}

bool ps_tables_take(ps_search *search, ps_arguments *found)
{
    const uint32_t rva = (uint32_t)found->tag.u.bits;
    const uint32_t stride = found->tag.reason != 0 ? found->tag.reason : 4;
    const ps_section *section = ps_image_section(&search->driver->image, rva);
    const bool constant = section != NULL && !ps_section_writes(section) && found->tag.count == 0;
    const uint32_t reached = found->tag.base != 0 ? found->tag.base : TABLE_LIMIT;
    bool done = ps_sites_add(search, found);
    uint64_t entry;

    found->doubtful = true;
    found->detail = "one of a table";
    for (uint32_t i = 0; i < TABLE_LIMIT && i < reached && done && constant; i++) {
        if (!ps_image_uint(&search->driver->image, rva + i * stride, 4, &entry) ||
            !is_word((uint32_t)entry) ||
            is_other_data(&search->driver->image, rva, rva + i * stride, stride))
            break;
        found->tag = ps_const(entry);
        done = ps_sites_add(search, found);
    }
    return done;
}
