/* signing.h - certificates, signed data and signed drivers, made with libcrypto for the tests. */
#ifndef TESTS_SUPPORT_SIGNING_H
#define TESTS_SUPPORT_SIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { BLOB_SIZE = 32768 };

typedef struct blob {
    size_t size;
    uint8_t bytes[BLOB_SIZE];
} blob;

/* A certificate and its key; the pointers are libcrypto's. */
typedef struct identity {
    void *certificate, *key;
} identity;

/* usages is a list as libcrypto's configuration has it, "codeSigning"; NULL for an authority.
 * Signed by issuer, or by itself where that is NULL. */
identity identity_new(const char *name, const identity *issuer, time_t from, time_t to,
                      const char *usages);
void identity_free(identity *of);

/* The certificate in PEM, as text. */
void identity_pem(const identity *of, blob *out);

/* Put an ASN.1 item of this tag around bytes; out may not be one of them. */
void der_wrap(blob *out, uint8_t tag, const void *bytes, size_t size);

/* Append; fails the test when it does not fit. */
void blob_add(blob *to, const void *bytes, size_t size);
void blob_join(blob *to, const blob *more);

/* An attribute that nobody signs: its object identifier with dots, and its value. */
typedef struct attribute {
    const char *oid;
    const blob *value;
} attribute;

/* content is an item; its inner bytes are what is digested.  chain is added to the certificates
 * unless it is NULL. */
void sign_content(blob *out, const char *type, const blob *content, const identity *by,
                  const identity *chain, const attribute *others);

/* Add an attribute that nobody signs to the first signer. */
void add_attribute(blob *signed_data, const attribute *other);

/* SpcIndirectData for the digest of a driver that has no certificate table yet. */
void indirect_data(blob *out, const uint8_t *driver, size_t size);

/* What the driver's signature signs: the signature of the first signer in signed data. */
void signature_of(blob *out, const blob *signed_data);

/* A token of RFC 3161 for a signature, and a countersignature for it. */
void time_token(blob *out, const blob *signature, const char *time, const identity *by);
void countersign(blob *out, const blob *signature, time_t time, const identity *by);

/* The driver with a certificate table behind it; size is a multiple of eight. */
void attach(blob *out, const uint8_t *driver, size_t size, const blob *signed_data);

/* The content of a catalog that lists the driver; by its bare digest unless indirect. */
void catalog_content(blob *out, const uint8_t *driver, size_t size, bool indirect);

#endif
