/* pe_support.h - small drivers put together byte by byte.
 *
 *   RVA 1000  .text  code       file 400   RVA 2000  .rdata  imports, unwind data, ...  file 1400
 *   RVA 3000  .data  writable   file 2400
 */
#ifndef TESTS_PE_SUPPORT_H
#define TESTS_PE_SUPPORT_H

#include "poolsleuth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    CODE = 0x1000,
    READ_ONLY = 0x2000,
    WRITABLE = 0x3000,
    FILE_SIZE = 0x2800,
    PE_AT = 0x80,
    OPTIONAL_AT = PE_AT + 24,
    IMPORT_TABLE = 0x2000,
    NAME_TABLE = 0x2100,
    SLOTS = 0x2200,
    NAMES = 0x2300,
    FREE_SPACE = 0x2800, /* for what a test puts into .rdata */
    UNWIND = 0x2e00,
    PDATA = 0x2f00,
};

typedef struct image {
    uint8_t bytes[FILE_SIZE];
    bool x64;
    uint32_t at; /* RVA of the next byte of code */
    uint32_t imports, names, functions;
} image;

static inline uint32_t file_offset(uint32_t rva) { return rva < 0x1000 ? rva : rva - 0xc00; }

static inline void put(image *to, uint32_t rva, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to->bytes[file_offset(rva) + i] = (uint8_t)(value >> 8 * i);
}

static inline void put_text(image *to, uint32_t rva, const char *text)
{
    memcpy(to->bytes + file_offset(rva), text, strlen(text) + 1);
}

static inline uint64_t image_base(const image *of) { return of->x64 ? 0x140000000 : 0x10000; }

static inline void put_directory(image *to, unsigned number, uint32_t rva, uint32_t size)
{
    const uint32_t at = OPTIONAL_AT + (to->x64 ? 112U : 96U) + number * 8;

    put(to, at, rva, 4);
    put(to, at + 4, size, 4);
}

static inline void put_section(image *to, unsigned number, const char *name, uint32_t rva,
                               uint32_t flags)
{
    const uint32_t at = OPTIONAL_AT + (to->x64 ? 240U : 224U) + number * 40;
    const uint32_t size = rva == WRITABLE ? 0x400 : 0x1000;

    put_text(to, at, name);
    put(to, at + 8, size, 4);
    put(to, at + 12, rva, 4);
    put(to, at + 16, size, 4);
    put(to, at + 20, file_offset(rva), 4);
    put(to, at + 36, flags, 4);
}

static inline image new_image(bool x64)
{
    image made = {.x64 = x64, .at = CODE, .names = NAMES};

    put(&made, 0, 0x5a4d, 2);
    put(&made, 60, PE_AT, 4);
    put(&made, PE_AT, 0x4550, 4);
    put(&made, PE_AT + 4, x64 ? 0x8664 : 0x14c, 2);
    put(&made, PE_AT + 6, 3, 2);
    put(&made, PE_AT + 8, 0x60000000, 4);
    put(&made, PE_AT + 20, x64 ? 240 : 224, 2);
    put(&made, OPTIONAL_AT, x64 ? 0x20b : 0x10b, 2);
    put(&made, OPTIONAL_AT + 16, CODE, 4);
    put(&made, OPTIONAL_AT + (x64 ? 24 : 28), image_base(&made), x64 ? 8 : 4);
    put(&made, OPTIONAL_AT + 32, 0x1000, 4);
    put(&made, OPTIONAL_AT + 36, 0x200, 4);
    put(&made, OPTIONAL_AT + 56, 0x4000, 4);
    put(&made, OPTIONAL_AT + 60, 0x400, 4);
    put(&made, OPTIONAL_AT + 64, 0x1234, 4);
    put(&made, OPTIONAL_AT + 68, 1, 2);
    put(&made, OPTIONAL_AT + (x64 ? 108 : 92), 16, 4);
    put_section(&made, 0, ".text", CODE, 0x60000020);
    put_section(&made, 1, ".rdata", READ_ONLY, 0x40000040);
    put_section(&made, 2, ".data", WRITABLE, 0xc0000040);
    put(&made, IMPORT_TABLE, NAME_TABLE, 4);
    put(&made, IMPORT_TABLE + 12, NAMES, 4);
    put(&made, IMPORT_TABLE + 16, SLOTS, 4);
    put_text(&made, NAMES, "ntoskrnl.exe");
    made.names = NAMES + 16;
    put_directory(&made, 1, IMPORT_TABLE, 40);
    return made;
}

/* Import a function; returns the RVA of its slot. */
static inline uint32_t add_import(image *to, const char *name)
{
    const unsigned width = to->x64 ? 8 : 4;
    const uint32_t slot = SLOTS + to->imports * width;

    put_text(to, to->names + 2, name);
    put(to, NAME_TABLE + to->imports * width, to->names, width);
    put(to, slot, to->names, width);
    to->names += (uint32_t)(strlen(name) + 4) & ~1U;
    to->imports++;
    return slot;
}

/* Append bytes of code. */
#define EMIT(to, ...)                                                                              \
    emit(to, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define BYTES(t) (uint8_t)(t)[0], (uint8_t)(t)[1], (uint8_t)(t)[2], (uint8_t)(t)[3]

static inline void emit(image *to, const uint8_t *bytes, size_t size)
{
    memcpy(to->bytes + file_offset(to->at), bytes, size);
    to->at += (uint32_t)size;
}

/* The four bytes with which code names memory at rva: its last field. */
static inline void emit_address(image *to, uint32_t rva)
{
    put(to, to->at, to->x64 ? rva - (to->at + 4) : rva + image_base(to), 4);
    to->at += 4;
}

static inline void emit_distance(image *to, uint32_t rva)
{
    put(to, to->at, rva - (to->at + 4), 4);
    to->at += 4;
}

/* call [slot]; returns the RVA of the instruction */
static inline uint32_t emit_call(image *to, uint32_t slot)
{
    const uint32_t at = to->at;

    EMIT(to, 0xff, 0x15);
    emit_address(to, slot);
    return at;
}

/* call rva */
static inline uint32_t emit_direct_call(image *to, uint32_t rva)
{
    const uint32_t at = to->at;

    EMIT(to, 0xe8);
    emit_distance(to, rva);
    return at;
}

/* Begin a function: aligned, behind padding. */
static inline uint32_t begin_function(image *to)
{
    do {
        EMIT(to, 0xcc);
    } while (to->at % 16 != 0);
    return to->at;
}

/* End it: x64 gets unwind data that says nothing but where it is. */
static inline void end_function(image *to, uint32_t begin)
{
    if (!to->x64)
        return;
    put(to, UNWIND, 1, 4);
    put(to, PDATA + to->functions * 12, begin, 4);
    put(to, PDATA + to->functions * 12 + 4, to->at, 4);
    put(to, PDATA + to->functions * 12 + 8, UNWIND, 4);
    to->functions++;
    put_directory(to, 3, PDATA, to->functions * 12);
}

static inline ps_driver *parse_image(const image *of)
{
    ps_driver *driver;
    ps_error err;

    if (!ps_driver_parse(&driver, of->bytes, sizeof of->bytes, &err))
        fail_msg("%s", err.text);
    return driver;
}

static inline ps_tag tag_of(const char *text)
{
    return (ps_tag)text[0] | (ps_tag)text[1] << 8 | (ps_tag)text[2] << 16 | (ps_tag)text[3] << 24;
}

/* The site of a call instruction; with a tag, the one that has it. */
static inline const ps_site *site_at(const ps_driver *driver, uint32_t rva, const char *tag)
{
    for (size_t i = 0; i < ps_driver_site_count(driver); i++) {
        const ps_site *site = ps_driver_site_at(driver, i);

        if (site->rva == rva && (tag == NULL || (site->has_tag && site->tag == tag_of(tag))))
            return site;
    }
    fail_msg("no site at %x with tag %s", rva, tag != NULL ? tag : "(any)");
    return NULL;
}

#endif
