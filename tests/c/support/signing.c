/* signing.c - certificates, signed data and signed drivers, made with libcrypto. */
#include "support/signing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define INDIRECT "1.3.6.1.4.1.311.2.1.4"

void blob_add(blob *to, const void *bytes, size_t size)
{
    assert_true(size <= sizeof to->bytes - to->size);
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

void blob_join(blob *to, const blob *more) { blob_add(to, more->bytes, more->size); }

void der_wrap(blob *out, uint8_t tag, const void *bytes, size_t size)
{
    const uint8_t head[] = {tag, 0x82, (uint8_t)(size >> 8), (uint8_t)size};
    const uint8_t short_head[] = {tag, (uint8_t)size};

    out->size = 0;
    if (size < 0x80)
        blob_add(out, short_head, sizeof short_head);
    else if (size < 0x100)
        blob_add(out, (const uint8_t[]){tag, 0x81, (uint8_t)size}, 3);
    else
        blob_add(out, head, sizeof head);
    blob_add(out, bytes, size);
}

static void add_item(blob *to, uint8_t tag, const void *bytes, size_t size)
{
    blob *item = malloc(sizeof *item);

    assert_non_null(item);
    der_wrap(item, tag, bytes, size);
    blob_join(to, item);
    free(item);
}

static void wrap_in_place(blob *it, uint8_t tag)
{
    blob *inner = malloc(sizeof *inner);

    assert_non_null(inner);
    inner->size = 0;
    blob_join(inner, it);
    der_wrap(it, tag, inner->bytes, inner->size);
    free(inner);
}

static void add_oid(blob *to, const char *dots)
{
    ASN1_OBJECT *object = OBJ_txt2obj(dots, 1);
    unsigned char *bytes = NULL;
    const int size = i2d_ASN1_OBJECT(object, &bytes);

    assert_true(size > 0);
    blob_add(to, bytes, (size_t)size);
    OPENSSL_free(bytes);
    ASN1_OBJECT_free(object);
}

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

identity identity_new(const char *name, const identity *issuer, time_t from, time_t to,
                      const char *usages)
{
    static long serial = 1000;
    identity made = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    X509_NAME *subject = X509_get_subject_name(made.certificate);

    assert_non_null(made.key);
    (void)X509_set_version(made.certificate, X509_VERSION_3);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    (void)ASN1_TIME_set(X509_getm_notBefore(made.certificate), from);
    (void)ASN1_TIME_set(X509_getm_notAfter(made.certificate), to);
    (void)X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"Tests",
                                     -1, -1, 0);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(
        made.certificate, issuer == NULL ? subject : X509_get_subject_name(issuer->certificate));
    (void)X509_set_pubkey(made.certificate, made.key);
    if (usages != NULL)
        extend(made.certificate, NID_ext_key_usage, usages);
    else
        extend(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(made.certificate, issuer == NULL ? made.key : issuer->key, EVP_sha256()) >
                0);
    return made;
}

void identity_free(identity *of)
{
    X509_free(of->certificate);
    EVP_PKEY_free(of->key);
}

void identity_pem(const identity *of, blob *out)
{
    BIO *to = BIO_new(BIO_s_mem());
    char *text;
    long size;

    assert_int_equal(PEM_write_bio_X509(to, of->certificate), 1);
    size = BIO_get_mem_data(to, &text);
    out->size = 0;
    blob_add(out, text, (size_t)size);
    BIO_free(to);
}

static void digest(uint8_t out[32], const void *bytes, size_t size)
{
    assert_int_equal(EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL), 1);
}

/* The bytes inside an item. */
static const uint8_t *inside(const blob *item, size_t *size)
{
    const unsigned char *at = item->bytes;
    long length;
    int tag;
    int class;

    assert_true((ASN1_get_object(&at, &length, &tag, &class, (long)item->size) & 0x80) == 0);
    *size = (size_t)length;
    return at;
}

static void set_content(PKCS7 *p7, const char *type, const blob *content)
{
    const unsigned char *at = content->bytes;
    PKCS7 *inner = PKCS7_new();

    inner->type = OBJ_txt2obj(type, 1);
    inner->d.other = d2i_ASN1_TYPE(NULL, &at, (long)content->size);
    assert_non_null(inner->d.other);
    assert_int_equal(PKCS7_set_content(p7, inner), 1);
}

static void add_other(PKCS7_SIGNER_INFO *signer, const attribute *other)
{
    const int known = OBJ_txt2nid(other->oid);
    const int nid = known != NID_undef ? known : OBJ_create(other->oid, other->oid, other->oid);
    ASN1_STRING *value = ASN1_STRING_new();

    assert_int_equal(ASN1_STRING_set(value, other->value->bytes, (int)other->value->size), 1);
    assert_int_equal(PKCS7_add_attribute(signer, nid, V_ASN1_SEQUENCE, value), 1);
}

void sign_content(blob *out, const char *type, const blob *content, const identity *by,
                  const identity *chain, const attribute *others)
{
    PKCS7 *p7 = PKCS7_new();
    ASN1_OBJECT *object = OBJ_txt2obj(type, 1);
    unsigned char *bytes = NULL;
    PKCS7_SIGNER_INFO *signer;
    uint8_t hash[32];
    size_t size;
    const uint8_t *body = inside(content, &size);
    int total;

    assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
    signer = PKCS7_add_signature(p7, by->certificate, by->key, EVP_sha256());
    assert_non_null(signer);
    (void)PKCS7_add_certificate(p7, by->certificate);
    if (chain != NULL)
        (void)PKCS7_add_certificate(p7, chain->certificate);
    set_content(p7, type, content);
    digest(hash, body, size);
    assert_int_equal(PKCS7_add_attrib_content_type(signer, object), 1);
    assert_int_equal(PKCS7_add1_attrib_digest(signer, hash, sizeof hash), 1);
    assert_int_equal(PKCS7_SIGNER_INFO_sign(signer), 1);
    for (; others != NULL && others->oid != NULL; others++)
        add_other(signer, others);
    total = i2d_PKCS7(p7, &bytes);
    assert_true(total > 0);
    out->size = 0;
    blob_add(out, bytes, (size_t)total);
    OPENSSL_free(bytes);
    PKCS7_free(p7);
}

void add_attribute(blob *signed_data, const attribute *other)
{
    const unsigned char *at = signed_data->bytes;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)signed_data->size);
    unsigned char *bytes = NULL;
    int size;

    add_other(sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0), other);
    size = i2d_PKCS7(p7, &bytes);
    assert_true(size > 0);
    signed_data->size = 0;
    blob_add(signed_data, bytes, (size_t)size);
    OPENSSL_free(bytes);
    PKCS7_free(p7);
}

static void add_algorithm(blob *to)
{
    blob *item = calloc(1, sizeof *item);

    assert_non_null(item);
    add_oid(item, "2.16.840.1.101.3.4.2.1");
    blob_add(item, "\x05\x00", 2);
    wrap_in_place(item, 0x30);
    blob_join(to, item);
    free(item);
}

static uint32_t number(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void driver_digest(uint8_t out[32], const uint8_t *driver, size_t size)
{
    const uint32_t header = number(driver + 60);
    const size_t entry = header + (driver[header + 25] == 2 ? 168U : 152U);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_int_equal(size % 8, 0);
    (void)EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    (void)EVP_DigestUpdate(context, driver, header + 88);
    (void)EVP_DigestUpdate(context, driver + header + 92, entry - header - 92);
    (void)EVP_DigestUpdate(context, driver + entry + 8, size - entry - 8);
    assert_int_equal(EVP_DigestFinal_ex(context, out, NULL), 1);
    EVP_MD_CTX_free(context);
}

void indirect_data(blob *out, const uint8_t *driver, size_t size)
{
    /* the flags of a portable executable, and a link to "<<<Obsolete>>>" */
    static const uint8_t image[] = "\x30\x17\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f"
                                   "\x30\x09\x03\x01\x00\xa0\x04\xa2\x02\x80\x00";
    blob *info = calloc(1, sizeof *info);
    uint8_t hash[32];

    assert_non_null(info);
    driver_digest(hash, driver, size);
    add_algorithm(info);
    add_item(info, 0x04, hash, sizeof hash);
    wrap_in_place(info, 0x30);
    out->size = 0;
    blob_add(out, image, sizeof image - 1);
    blob_join(out, info);
    wrap_in_place(out, 0x30);
    free(info);
}

void signature_of(blob *out, const blob *signed_data)
{
    const unsigned char *at = signed_data->bytes;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)signed_data->size);
    const PKCS7_SIGNER_INFO *signer = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);

    out->size = 0;
    blob_add(out, signer->enc_digest->data, (size_t)signer->enc_digest->length);
    PKCS7_free(p7);
}

void time_token(blob *out, const blob *signature, const char *time, const identity *by)
{
    blob *info = calloc(2, sizeof *info);
    blob *imprint = info + 1;
    uint8_t hash[32];

    assert_non_null(info);
    digest(hash, signature->bytes, signature->size);
    add_algorithm(imprint);
    add_item(imprint, 0x04, hash, sizeof hash);
    wrap_in_place(imprint, 0x30);
    blob_add(info, "\x02\x01\x01", 3);
    add_oid(info, "1.2.3.4");
    blob_join(info, imprint);
    blob_add(info, "\x02\x01\x07", 3);
    add_item(info, 0x18, time, strlen(time));
    wrap_in_place(info, 0x30);
    wrap_in_place(info, 0x04);
    sign_content(out, "1.2.840.113549.1.9.16.1.4", info, by, NULL, NULL);
    free(info);
}

void countersign(blob *out, const blob *signature, time_t time, const identity *by)
{
    PKCS7_SIGNER_INFO *signer = PKCS7_SIGNER_INFO_new();
    unsigned char *bytes = NULL;
    uint8_t hash[32];
    int size;

    digest(hash, signature->bytes, signature->size);
    assert_int_equal(PKCS7_SIGNER_INFO_set(signer, by->certificate, by->key, EVP_sha256()), 1);
    (void)PKCS7_add_attrib_content_type(signer, OBJ_nid2obj(NID_pkcs7_data));
    (void)PKCS7_add0_attrib_signing_time(signer, ASN1_UTCTIME_set(NULL, time));
    (void)PKCS7_add1_attrib_digest(signer, hash, sizeof hash);
    assert_int_equal(PKCS7_SIGNER_INFO_sign(signer), 1);
    size = i2d_PKCS7_SIGNER_INFO(signer, &bytes);
    assert_true(size > 0);
    out->size = 0;
    blob_add(out, bytes, (size_t)size);
    OPENSSL_free(bytes);
    PKCS7_SIGNER_INFO_free(signer);
}

void attach(blob *out, const uint8_t *driver, size_t size, const blob *signed_data)
{
    const uint32_t header = number(driver + 60);
    const size_t entry = header + (driver[header + 25] == 2 ? 168U : 152U);
    const size_t padded = (signed_data->size + 8 + 7) & ~(size_t)7;
    const uint32_t fields[] = {(uint32_t)size, (uint32_t)padded};
    const uint8_t kind[] = {0, 2, 2, 0};

    out->size = 0;
    blob_add(out, driver, size);
    for (size_t i = 0; i < 8; i++)
        out->bytes[entry + i] = (uint8_t)(fields[i / 4] >> i % 4 * 8);
    for (size_t i = 0; i < 4; i++)
        blob_add(out, (const uint8_t[]){(uint8_t)(padded >> i * 8)}, 1);
    blob_add(out, kind, sizeof kind);
    blob_join(out, signed_data);
    while (out->size < size + padded)
        blob_add(out, "", 1);
}

static void add_member(blob *list, const uint8_t *driver, size_t size, bool indirect)
{
    blob *member = calloc(2, sizeof *member);
    blob *value = member + 1;
    uint8_t hash[32];

    assert_non_null(member);
    driver_digest(hash, driver, size);
    add_item(member, 0x04, hash, indirect ? 16 : sizeof hash);
    if (indirect) {
        indirect_data(value, driver, size);
        wrap_in_place(value, 0x31);
        {
            blob *whole = calloc(1, sizeof *whole);

            assert_non_null(whole);
            add_oid(whole, INDIRECT);
            blob_join(whole, value);
            wrap_in_place(whole, 0x30);
            wrap_in_place(whole, 0x31);
            blob_join(member, whole);
            free(whole);
        }
    }
    wrap_in_place(member, 0x30);
    blob_join(list, member);
    free(member);
}

void catalog_content(blob *out, const uint8_t *driver, size_t size, bool indirect)
{
    blob *part = calloc(1, sizeof *part);
    const uint8_t other[20] = {1, 2, 3};

    assert_non_null(part);
    out->size = 0;
    add_oid(part, "1.3.6.1.4.1.311.12.1.1");
    wrap_in_place(part, 0x30);
    blob_join(out, part);
    add_item(out, 0x04, "0123456789abcdef", 16);
    add_item(out, 0x17, "260101000000Z", 13);
    part->size = 0;
    add_oid(part, "1.3.6.1.4.1.311.12.1.3");
    blob_add(part, "\x05\x00", 2);
    wrap_in_place(part, 0x30);
    blob_join(out, part);
    part->size = 0;
    add_item(part, 0x04, other, sizeof other);
    wrap_in_place(part, 0x30);
    add_member(part, driver, size, indirect);
    wrap_in_place(part, 0x30);
    blob_join(out, part);
    wrap_in_place(out, 0x30);
    free(part);
}
