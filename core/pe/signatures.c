/* signatures.c - the certificate table of an image, and the catalogs that list it.
 *
 *   entry: length (4, with these 8), revision (2), type (2; 2 is PKCS #7), bytes; to a multiple of 8
 *
 * A signature may hold further ones; they wait in a queue, so that nothing recurs. */
#include "base/array.h"
#include "pe/authenticode.h"
#include "pe/driver.h"
#include "pe/signed_part.h"

#include <string.h>
#include <time.h>

enum { ATTRIBUTE_LIMIT = 16, ENTRY_HEAD = 8, TYPE_PKCS7 = 2, CATALOG_LIMIT = 4 };

typedef struct waiting {
    ps_bytes bytes;
    ps_signature_source source;
} waiting;

typedef struct reading {
    ps_driver *driver;
    ps_error *err;
    ps_judge judge;
    bool detail;
    ps_signed_part part;
    bool has_digest[PS_DIGEST_COUNT];
    uint8_t digest[PS_DIGEST_COUNT][PS_DIGEST_LIMIT];
    waiting queue[PS_MOST_SIGNATURES];
    size_t queued;
} reading;

static const uint8_t *digest_of(reading *r, ps_digest_id id)
{
    if (!r->has_digest[id])
        r->has_digest[id] = ps_signed_part_digest(&r->part, id, r->digest[id], r->err);
    return r->has_digest[id] ? r->digest[id] : NULL;
}

static ps_signature *add(reading *r, ps_signature_source source)
{
    ps_identity_parts *parts = &r->driver->identity;
    void *grown = parts->signatures;

    if (!ps_grow(&grown, &parts->signature_capacity, parts->signature_count,
                 sizeof *parts->signatures)) {
        (void)ps_fail_memory(r->err);
        return NULL;
    }
    parts->signatures = grown;
    parts->signatures[parts->signature_count] =
        (ps_signature){.source = source, .time = PS_NO_TIME};
    return &parts->signatures[parts->signature_count++];
}

static bool is_full(const reading *r)
{
    return ps_bounds_met(&r->driver->bounds, PS_LIMIT(driver_signatures));
}

static void enqueue(reading *r, ps_bytes bytes, ps_signature_source source)
{
    if (PS_WITHIN(&r->driver->bounds, driver_signatures, r->queued))
        r->queue[r->queued++] = (waiting){.bytes = bytes, .source = source};
}

/* Signatures inside this one; the attribute may have several values and may come again. */
static void enqueue_nested(reading *r, ps_reader attributes)
{
    ps_der attribute;

    for (int i = 0; i < ATTRIBUTE_LIMIT && ps_der_next(&attributes, &attribute); i++) {
        ps_der oid;
        ps_der set;
        ps_der value;

        if (!ps_der_take(&attribute.body, PS_DER_OID, &oid) ||
            !ps_oid_is(ps_der_span(&oid), PS_OID_NESTED) ||
            !ps_der_take(&attribute.body, PS_DER_SET, &set))
            continue;
        while (!is_full(r) && ps_der_next(&set.body, &value))
            enqueue(r, value.whole, PS_SIGNATURE_NESTED);
    }
}

static const char *hex_of(reading *r, const uint8_t *bytes, size_t size)
{
    char *hex = ps_arena_take(r->judge.arena, 2 * size + 1);

    if (hex == NULL)
        (void)ps_fail_memory(r->err);
    else
        ps_hex(hex, bytes, size);
    return hex;
}

static bool check_pages(reading *r, const ps_indirect *indirect, ps_signature *out)
{
    if (indirect->pages.size == 0)
        return true;
    out->pages = ps_digest_name(indirect->pages_id);
    out->pages_checked = r->detail;
    return !r->detail || ps_pages_match(&r->driver->image, &r->part, indirect->pages_id,
                                        indirect->pages, &out->pages_match, r->err);
}

/* The digest that was signed beside that of the file. */
static bool compare(reading *r, const ps_indirect *indirect, ps_signature *out)
{
    const size_t size = indirect->digest.size;
    const uint8_t *computed = digest_of(r, indirect->id);

    if (computed == NULL)
        return false;
    out->algorithm = ps_digest_name(indirect->id);
    out->digest = hex_of(r, indirect->digest.data, size);
    out->computed = hex_of(r, computed, size);
    if (out->digest == NULL || out->computed == NULL)
        return false;
    if (memcmp(indirect->digest.data, computed, size) != 0 && out->status != PS_SIGNATURE_BAD) {
        out->status = PS_SIGNATURE_MISMATCH;
        out->reason = "the file was changed after it was signed";
    }
    return check_pages(r, indirect, out);
}

static bool read_signature(reading *r, const waiting *from)
{
    ps_signature *out = add(r, from->source);
    ps_signed data;
    ps_indirect indirect;

    if (out == NULL)
        return false;
    out->status = PS_SIGNATURE_BAD;
    out->reason = ps_signed_parse(&data, from->bytes, &r->driver->bounds);
    if (out->reason == NULL && !ps_oid_is(data.type, PS_OID_INDIRECT_DATA))
        out->reason = "what is signed is no digest of a file";
    if (out->reason != NULL)
        return true;
    if (!ps_judge_signed(&r->judge, &data, out))
        return ps_fail_memory(r->err);
    enqueue_nested(r, data.signer.other_attributes);
    if (ps_indirect_parse(&indirect, data.content))
        return compare(r, &indirect, out);
    out->status = PS_SIGNATURE_BAD;
    out->reason = "the digest that is signed is malformed";
    return true;
}

static bool note(reading *r, ps_severity severity, uint64_t offset, const char *text)
{
    return ps_driver_note(r->driver, severity, offset, r->err, "%s", text);
}

/* Only zeros may stand between the end of a signature and the end of its entry. */
static bool check_rest(reading *r, ps_bytes entry, uint64_t offset)
{
    ps_reader rest = ps_span_reader(entry);
    ps_der item;

    if (!ps_der_next(&rest, &item))
        return true;
    while (rest.left > 0 && *rest.at == 0)
        ps_skip(&rest, 1);
    if (rest.left == 0)
        return true;
    return note(r, PS_FLAGGED, offset,
                "bytes behind the signature, in the part of the file that no signature covers");
}

static bool read_entry(reading *r, ps_reader *table)
{
    const uint64_t offset = table->base;
    const uint32_t length = ps_u32(table);
    uint16_t type;
    ps_bytes bytes;

    ps_skip(table, 2);
    type = ps_u16(table);
    if (length < ENTRY_HEAD || length - ENTRY_HEAD > table->left) {
        ps_signature *out = add(r, PS_SIGNATURE_EMBEDDED);

        table->left = 0;
        if (out != NULL)
            out->reason = "the certificate table is cut off or malformed";
        return out != NULL;
    }
    bytes = (ps_bytes){table->at, length - ENTRY_HEAD};
    ps_skip(table, bytes.size);
    if (length % 8 != 0)
        ps_skip(table, 8 - length % 8 < table->left ? 8 - length % 8 : table->left);
    if (type != TYPE_PKCS7)
        return ps_driver_note(r->driver, PS_NOTE, offset, r->err,
                              "a certificate of type %u is not read", type);
    enqueue(r, bytes, PS_SIGNATURE_EMBEDDED);
    return check_rest(r, bytes, offset);
}

static bool read_table(reading *r)
{
    const ps_image *image = &r->driver->image;
    const size_t end = r->part.table + r->part.table_size;
    ps_reader table = ps_reader_at(image->data, image->size, r->part.table, r->part.table_size);

    while (table.left >= ENTRY_HEAD && !is_full(r))
        if (!read_entry(r, &table))
            return false;
    return r->part.table_size == 0 || end == image->size ||
           note(r, PS_FLAGGED, end, "bytes behind the certificate table, that no signature covers");
}

/* The catalogs that list a digest of the image, the best signed ones first in no order. */
static bool look_up(reading *r, ps_digest_id id, size_t *found)
{
    const ps_trust *trust = r->judge.trust;
    const size_t size = ps_digest_size(id);
    const uint8_t *digest = digest_of(r, id);

    if (digest == NULL)
        return false;
    for (size_t i = 0; i < trust->catalog_count && *found < CATALOG_LIMIT; i++) {
        ps_signature *out;

        if (ps_catalog_find(&trust->catalogs[i], digest, size) == NULL)
            continue;
        out = add(r, PS_SIGNATURE_CATALOG);
        if (out == NULL)
            return false;
        *out = trust->catalogs[i].signature;
        out->algorithm = ps_digest_name(id);
        out->digest = out->computed = hex_of(r, digest, size);
        if (out->digest == NULL)
            return false;
        (*found)++;
    }
    return true;
}

static bool read_catalogs(reading *r)
{
    size_t found = 0;

    if (r->judge.trust == NULL)
        return true;
    return (!r->judge.trust->has_sha256 || look_up(r, PS_DIGEST_SHA256, &found)) &&
           (!r->judge.trust->has_sha1 || look_up(r, PS_DIGEST_SHA1, &found));
}

static bool keep_digests(reading *r)
{
    ps_identity *facts = &r->driver->identity.facts;
    const uint8_t *sha1 = r->detail ? digest_of(r, PS_DIGEST_SHA1) : NULL;
    const uint8_t *sha256 = r->detail ? digest_of(r, PS_DIGEST_SHA256) : NULL;

    if (!r->detail)
        return true;
    if (sha1 == NULL || sha256 == NULL)
        return false;
    ps_hex(facts->pe_sha1, sha1, 20);
    ps_hex(facts->pe_sha256, sha256, 32);
    return true;
}

bool ps_signatures_read(ps_driver *driver, const ps_read_options *options, ps_error *err)
{
    reading r = {.driver = driver, .err = err, .detail = options->detail};
    bool done = true;

    r.judge = (ps_judge){.arena = &driver->arena,
                         .bounds = &driver->bounds,
                         .trust = options->trust,
                         .now = options->now};
    if (r.judge.now == 0)
        r.judge.now = (int64_t)time(NULL);
    ps_signed_part_of(&r.part, &driver->image);
    if (r.part.outside) {
        ps_signature *out = add(&r, PS_SIGNATURE_EMBEDDED);

        done = out != NULL;
        if (done)
            out->reason = "the certificate table lies outside the file";
    }
    done = done && read_table(&r);
    for (size_t i = 0; done && i < r.queued; i++)
        done = read_signature(&r, &r.queue[i]);
    return done && read_catalogs(&r) && keep_digests(&r);
}
