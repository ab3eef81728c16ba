/* hashes.c - checksums and digests that identify an image. */
#include "base/array.h"
#include "base/digest.h"
#include "pe/code.h"
#include "pe/driver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDINAL_SIZE = 16 };

/* The sum of all 16-bit words with the carry brought back, the checksum itself taken as zero, and
 * the length of the file. */
bool ps_checksum_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    const size_t header = ps_word_at(image->data + 60);
    const size_t field = header + 88;
    uint8_t tail[4] = {0};
    uint64_t sum = 0;

    (void)err;
    for (size_t i = 0; i + 4 <= image->size; i += 4)
        sum += ps_word_at(image->data + i);
    memcpy(tail, image->data + (image->size & ~(size_t)3), image->size % 4);
    sum += ps_word_at(tail);
    for (size_t i = field; i < field + 4 && i < image->size; i++)
        sum -= (uint64_t)image->data[i] << i % 4 * 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    driver->identity.facts.checksum_computed = (uint32_t)(sum + image->size);
    return true;
}

/* "acme" of "acme.sys": these extensions count for nothing. */
static size_t stem_length(const char *dll)
{
    static const char *const extensions[] = {".sys", ".dll", ".ocx"};
    const size_t length = strlen(dll);

    for (size_t i = 0; length > 4 && i < 3; i++) {
        bool same = true;

        for (size_t k = 0; k < 4; k++)
            same = same && tolower((unsigned char)dll[length - 4 + k]) == extensions[i][k];
        if (same)
            return length - 4;
    }
    return length;
}

static size_t lower(char *to, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    return length;
}

/* One import as "acme.function" or "acme.ord12", and a comma. */
static size_t print_import(char *to, const ps_import *import)
{
    char ordinal[ORDINAL_SIZE];
    const char *name = import->name;
    size_t used = lower(to, import->dll, stem_length(import->dll));

    to[used++] = '.';
    if (name == NULL) {
        (void)snprintf(ordinal, sizeof ordinal, "ord%u", import->ordinal);
        name = ordinal;
    }
    used += lower(to + used, name, strlen(name));
    to[used++] = ',';
    return used;
}

/* MD5 of what is imported at load time, in the order of the file. */
bool ps_imphash_read(ps_driver *driver, ps_error *err)
{
    size_t size = 1;
    size_t used = 0;
    char *text;
    bool done = true;

    for (size_t i = 0; i < driver->import_count; i++) {
        const ps_import *import = &driver->imports[i];
        size += strlen(import->dll) + (import->name != NULL ? strlen(import->name) : 0) +
                ORDINAL_SIZE + 2;
    }
    text = malloc(size);
    if (text == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < driver->import_count; i++)
        if (!driver->imports[i].delayed)
            used += print_import(text + used, &driver->imports[i]);
    if (used > 0) {
        const ps_bytes span = {(const uint8_t *)text, used - 1};
        uint8_t digest[PS_DIGEST_LIMIT];

        done = ps_digest_spans(PS_DIGEST_MD5, &span, 1, digest, err);
        if (done)
            ps_hex(driver->identity.facts.imphash, digest, 16);
    }
    free(text);
    return done;
}

bool ps_hashes_read(ps_driver *driver, ps_error *err)
{
    const ps_bytes whole = {driver->image.data, driver->image.size};
    ps_identity *facts = &driver->identity.facts;
    uint8_t digest[PS_DIGEST_LIMIT];

    if (!ps_digest_spans(PS_DIGEST_MD5, &whole, 1, digest, err))
        return false;
    ps_hex(facts->md5, digest, 16);
    if (!ps_digest_spans(PS_DIGEST_SHA1, &whole, 1, digest, err))
        return false;
    ps_hex(facts->sha1, digest, 20);
    facts->has_detail = true;
    return true;
}
