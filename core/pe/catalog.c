/* catalog.c - security catalogs: signed lists of the digests of files.
 *
 *   content { version?, { usages }, octets?, number?, time, time?, { algorithm }, { members }, [0] }
 *   member { octets: the digest, or its hex digits in UTF-16, { { oid, { value } } ... } }
 *   The attribute SpcIndirectData of a member, where it has one, has the digest and its algorithm. */
#include "base/array.h"
#include "pe/authenticode.h"
#include "pe/trust.h"

#include <string.h>

enum { MEMBER_LIMIT = 1 << 20, SHA1_SIZE = 20, SHA256_SIZE = 32 };

static int compare_members(const void *a, const void *b)
{
    const ps_listed *x = a;
    const ps_listed *y = b;

    return x->size != y->size ? (int)x->size - (int)y->size : memcmp(x->digest, y->digest, x->size);
}

const ps_listed *ps_catalog_find(const ps_catalog *catalog, const uint8_t *digest, size_t size)
{
    ps_listed wanted = {.size = (uint8_t)size};

    if (catalog->member_count == 0 || size > sizeof wanted.digest)
        return NULL;
    memcpy(wanted.digest, digest, size);
    return bsearch(&wanted, catalog->members, catalog->member_count, sizeof wanted,
                   compare_members);
}

/* The value of a hex digit in UTF-16; 16 and more where it is none. */
static unsigned digit_of(ps_reader *r)
{
    const unsigned c = ps_u16(r);

    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20U) >= 'a' && (c | 0x20U) <= 'f')
        return (c | 0x20U) - 'a' + 10;
    return 16;
}

/* A member's own identifier as a digest: as it is, or four bytes of UTF-16 for each of its own. */
static bool from_identifier(ps_bytes id, ps_listed *member)
{
    ps_reader r = ps_span_reader(id);

    if (id.size == SHA1_SIZE || id.size == SHA256_SIZE) {
        member->size = (uint8_t)id.size;
        memcpy(member->digest, id.data, id.size);
        return true;
    }
    if (id.size / 4 != SHA1_SIZE && id.size / 4 != SHA256_SIZE)
        return false;
    member->size = (uint8_t)(id.size / 4);
    for (size_t i = 0; i < member->size; i++) {
        const unsigned high = digit_of(&r);
        const unsigned low = digit_of(&r);

        if (high > 15 || low > 15)
            return false;
        member->digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_member(ps_reader r, ps_listed *member)
{
    ps_der id;
    ps_der attributes;
    ps_der value;
    ps_indirect indirect;

    memset(member, 0, sizeof *member);
    if (!ps_der_take(&r, PS_DER_OCTETS, &id))
        return false;
    if (ps_der_maybe(&r, PS_DER_SET, &attributes) &&
        ps_attribute(attributes.body, PS_OID_INDIRECT_DATA, &value) &&
        ps_indirect_parse(&indirect, ps_der_span(&value)) &&
        (indirect.digest.size == SHA1_SIZE || indirect.digest.size == SHA256_SIZE)) {
        member->size = (uint8_t)indirect.digest.size;
        memcpy(member->digest, indirect.digest.data, indirect.digest.size);
        return true;
    }
    return from_identifier(ps_der_span(&id), member);
}

static bool read_members(ps_catalog *catalog, ps_reader list, ps_error *err)
{
    ps_der item;

    while (ps_der_next(&list, &item)) {
        void *grown = catalog->members;
        ps_listed member;

        if (!read_member(item.body, &member))
            continue;
        if (catalog->member_count >= MEMBER_LIMIT)
            return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "lists more than %d files", MEMBER_LIMIT);
        if (!ps_grow(&grown, &catalog->member_capacity, catalog->member_count, sizeof member))
            return ps_fail_memory(err);
        catalog->members = grown;
        catalog->members[catalog->member_count++] = member;
    }
    if (catalog->member_count > 1)
        qsort(catalog->members, catalog->member_count, sizeof *catalog->members, compare_members);
    return true;
}

/* What stands before the members is passed over.  Signers that follow CMS wrap the whole list. */
static bool read_list(ps_catalog *catalog, ps_bytes content, ps_error *err)
{
    ps_reader r = ps_span_reader(content);
    ps_reader inner = r;
    ps_der item;

    if (ps_der_maybe(&inner, PS_DER_SEQUENCE, &item) && item.whole.size == content.size)
        r = item.body;
    (void)ps_der_maybe(&r, PS_DER_INTEGER, &item);
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &item))
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "its list of files is malformed");
    (void)ps_der_maybe(&r, PS_DER_OCTETS, &item);
    (void)ps_der_maybe(&r, PS_DER_INTEGER, &item);
    (void)ps_der_next(&r, &item);
    (void)ps_der_maybe(&r, PS_DER_UTC_TIME, &item);
    (void)ps_der_maybe(&r, PS_DER_TIME, &item);
    if (!ps_der_take(&r, PS_DER_SEQUENCE, &item))
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "its list of files is malformed");
    return !ps_der_maybe(&r, PS_DER_SEQUENCE, &item) || read_members(catalog, item.body, err);
}

static bool read_catalog(ps_trust *trust, ps_catalog *catalog, ps_bytes bytes, ps_error *err)
{
    ps_bounds bounds;
    const ps_judge judge = {
        .arena = &trust->arena, .bounds = &bounds, .trust = trust, .now = trust->now};
    ps_signed data;
    const char *why;

    if (!ps_bounds_open(&bounds, NULL, err))
        return false;
    why = ps_signed_parse(&data, bytes, &bounds);
    if (why == NULL && !ps_oid_is(data.type, PS_OID_TRUST_LIST))
        why = "is signed data, but no catalog";
    if (why != NULL)
        return ps_fail(err, PS_EFORMAT, 0, "%s", why);
    if (!read_list(catalog, data.content, err))
        return false;
    catalog->signature.source = PS_SIGNATURE_CATALOG;
    catalog->signature.catalog = catalog->name;
    return ps_judge_signed(&judge, &data, &catalog->signature) || ps_fail_memory(err);
}

bool ps_trust_add_catalog(ps_trust *trust, const char *name, const void *data, size_t size,
                          ps_error *err)
{
    ps_catalog catalog = {.name = ps_arena_copy(&trust->arena, name, strlen(name))};
    void *grown = trust->catalogs;

    if (catalog.name == NULL)
        return ps_fail_memory(err);
    if (!read_catalog(trust, &catalog, (ps_bytes){data, size}, err)) {
        free(catalog.members);
        return false;
    }
    if (!ps_grow(&grown, &trust->catalog_capacity, trust->catalog_count, sizeof catalog)) {
        free(catalog.members);
        return ps_fail_memory(err);
    }
    for (size_t i = 0; i < catalog.member_count; i++) {
        trust->has_sha1 = trust->has_sha1 || catalog.members[i].size == SHA1_SIZE;
        trust->has_sha256 = trust->has_sha256 || catalog.members[i].size == SHA256_SIZE;
    }
    trust->catalogs = grown;
    trust->catalogs[trust->catalog_count++] = catalog;
    return true;
}
