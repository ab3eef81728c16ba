/* version.c - the VERSIONINFO resource: type 16, any name, each language.
 *
 * Block: length, value length, type, key (UTF-16, NUL), to a multiple of 4, value, to a multiple
 * of 4, blocks.
 *   VS_VERSION_INFO (value: 52 bytes, signature feef04bd)
 *     StringFileInfo > "040904b0" (language, code page) > key: value
 */
#include "base/array.h"
#include "pe/driver.h"
#include "pe/resources.h"
#include "pe/text.h"

#include <string.h>

enum { TYPE_VERSION = 16, FOLDER_LIMIT = 64, LANGUAGE_LIMIT = 32, LETTER_LIMIT = 1024 };

typedef struct block {
    ps_reader key, rest; /* rest: value and inner blocks */
    uint16_t value_length;
} block;

/* Offset of the first inner folder with this id, or of any if id is 0. */
static bool find_folder(ps_resource_folder from, uint32_t id, uint32_t *offset)
{
    uint32_t found;

    for (size_t i = 0; i < FOLDER_LIMIT && ps_resources_next(&from, &found, offset); i++) {
        if ((*offset & PS_RESOURCE_FOLDER) == 0 || (id != 0 && id != found))
            continue;
        *offset &= ~PS_RESOURCE_FOLDER;
        return true;
    }
    return false;
}

static void align(ps_reader *r, uint64_t start)
{
    const size_t odd = (size_t)((r->base - start) % 4);

    if (odd != 0 && r->left > 0)
        ps_skip(r, 4 - odd < r->left ? 4 - odd : r->left);
}

/* Takes the next block off r; false when there is none. */
static bool next_block(ps_reader *r, block *out)
{
    const uint64_t start = r->base;
    ps_reader inner = *r;
    uint16_t length = ps_u16(&inner);
    const uint8_t *key;

    out->value_length = ps_u16(&inner);
    ps_skip(&inner, 2);
    if (!ps_reader_good(&inner) || length < 8)
        return false;
    if (length > r->left)
        length = (uint16_t)r->left;
    inner.left = (size_t)length - 6;
    key = inner.at;
    while (inner.left >= 2 && ps_u16(&inner) != 0)
        ;
    out->key = ps_reader_of(key, (size_t)(inner.at - key), 0);
    align(&inner, start);
    out->rest = inner;
    ps_skip(r, length);
    align(r, start);
    return true;
}

static uint32_t next_character(ps_reader *r)
{
    const uint32_t c = ps_u16(r);
    ps_reader ahead = *r;
    uint32_t low;

    if (c < 0xd800 || c > 0xdfff)
        return c;
    low = ps_u16(&ahead);
    if (c >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *r = ahead;
    return 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
}

/* UTF-16 up to its NUL as UTF-8 in the arena; NULL when memory is out. */
static const char *utf8_of(ps_driver *driver, ps_reader text)
{
    uint8_t buffer[LETTER_LIMIT * 3 + 4];
    size_t used = 0;

    while (text.left >= 2 && used < sizeof buffer - 4) {
        const uint32_t c = next_character(&text);

        if (c == 0)
            break;
        used += ps_put_utf8(buffer + used, c);
    }
    return ps_driver_string(driver, buffer, used);
}

static bool add_string(ps_driver *driver, const block *from, uint32_t table, ps_error *err)
{
    ps_version_string string = {.language = (uint16_t)(table >> 16), .codepage = (uint16_t)table};
    void *grown = driver->versions;

    if (!PS_WITHIN(&driver->bounds, driver_version_strings, driver->version_count))
        return true;
    string.key = utf8_of(driver, from->key);
    string.value = utf8_of(driver, from->rest);
    if (string.key == NULL || string.value == NULL ||
        !ps_grow(&grown, &driver->version_capacity, driver->version_count,
                 sizeof *driver->versions))
        return ps_fail_memory(err);
    driver->versions = grown;
    driver->versions[driver->version_count++] = string;
    return true;
}

static bool key_is(const block *b, const char *name)
{
    ps_reader key = b->key;

    for (; *name != '\0'; name++)
        if (ps_u16(&key) != (uint16_t)(unsigned char)*name)
            return false;
    return ps_u16(&key) == 0;
}

/* "040904b0" as a number. */
static uint32_t table_id(const block *b)
{
    ps_reader key = b->key;
    uint32_t id = 0;

    for (int i = 0; i < 8; i++) {
        const uint32_t c = ps_u16(&key) | 0x20U;
        id = id << 4 | (c >= 'a' && c <= 'f' ? c - 'a' + 10 : c & 0xf);
    }
    return id;
}

static bool read_tables(ps_driver *driver, ps_reader tables, ps_error *err)
{
    block table;
    block string;

    bool done = true;

    while (done && next_block(&tables, &table))
        while (done && next_block(&table.rest, &string))
            done = add_string(driver, &string, table_id(&table), err);
    return done;
}

static void read_quad(ps_reader *r, uint16_t version[4])
{
    for (int i = 0; i < 4; i += 2) {
        version[i + 1] = ps_u16(r);
        version[i] = ps_u16(r);
    }
}

static bool read_info(ps_driver *driver, ps_reader r, ps_error *err)
{
    ps_driver_facts *facts = &driver->facts;
    block info;
    block part;
    ps_reader fixed;

    if (!next_block(&r, &info) || !key_is(&info, "VS_VERSION_INFO"))
        return ps_driver_note(driver, PS_FLAGGED, r.base, err, "version resource is malformed");
    fixed = info.rest;
    if (info.value_length >= 52 && fixed.left >= 52 && ps_u32(&fixed) == 0xfeef04bd &&
        !facts->has_fixed_version) {
        ps_skip(&fixed, 4);
        read_quad(&fixed, facts->file_version);
        read_quad(&fixed, facts->product_version);
        facts->has_fixed_version = true;
    }
    if (info.value_length > info.rest.left)
        return true;
    ps_skip(&info.rest, (size_t)((info.value_length + 3U) & ~3U) <= info.rest.left
                            ? (size_t)((info.value_length + 3U) & ~3U)
                            : info.rest.left);
    while (next_block(&info.rest, &part))
        if (key_is(&part, "StringFileInfo") && !read_tables(driver, part.rest, err))
            return false;
    return true;
}

static bool read_languages(ps_driver *driver, ps_resource_folder languages, ps_error *err)
{
    uint32_t id;
    uint32_t offset;

    for (size_t i = 0; i < LANGUAGE_LIMIT && ps_resources_next(&languages, &id, &offset); i++) {
        uint32_t rva;
        uint32_t size;

        if ((offset & PS_RESOURCE_FOLDER) != 0 ||
            !ps_resource_data(&driver->image, offset, &rva, &size))
            continue;
        if (!read_info(driver, ps_image_reader(&driver->image, rva, size), err))
            return false;
    }
    return true;
}

bool ps_version_read(ps_driver *driver, ps_error *err)
{
    uint32_t offset;

    if (driver->image.directory[PS_DIRECTORY_RESOURCE].rva == 0)
        return true;
    if (!find_folder(ps_resources_open(&driver->image, 0), TYPE_VERSION, &offset))
        return true;
    if (!find_folder(ps_resources_open(&driver->image, offset), 0, &offset))
        return true;
    return read_languages(driver, ps_resources_open(&driver->image, offset), err);
}
