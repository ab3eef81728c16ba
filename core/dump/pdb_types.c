/* pdb_types.c - structures and their fields in the type records of a PDB, as LLVM's manual and
 * Microsoft's published sources describe them. */
#include "dump/pdb_types.h"

#include "base/array.h"
#include "base/reader.h"

#include <string.h>

enum {
    LF_MODIFIER = 0x1001,
    LF_FIELDLIST = 0x1203,
    LF_BCLASS = 0x1400,
    LF_INDEX = 0x1404,
    LF_ENUMERATE = 0x1502,
    LF_CLASS = 0x1504,
    LF_STRUCTURE = 0x1505,
    LF_UNION = 0x1506,
    LF_MEMBER = 0x150D,
    LF_STMEMBER = 0x150E,
    LF_METHOD = 0x150F,
    LF_NESTTYPE = 0x1510,
    LF_ONEMETHOD = 0x1511,
    FORWARD = 0x80,
    DEEPEST = 8, /* fields within fields */
    CHAIN = 256, /* field lists that go on in others */
};

bool ps_pdb_types_index(ps_pdb_types *types, ps_error *err)
{
    ps_reader r = ps_reader_of(types->data, types->size, 0);
    uint32_t header;

    ps_skip(&r, 4);
    header = ps_u32(&r);
    types->first = ps_u32(&r);
    r = ps_reader_at(types->data, types->size, header,
                     header <= types->size ? types->size - header : 1);
    while (ps_reader_good(&r) && r.left >= 4) {
        const size_t at = (size_t)(r.at - types->data);
        ps_skip(&r, ps_u16(&r));
        if (!ps_reader_good(&r))
            break;
        if (!ps_grow((void **)&types->offsets, &types->capacity, types->count,
                     sizeof *types->offsets))
            return ps_fail_memory(err);
        types->offsets[types->count++] = (uint32_t)at;
    }
    return true;
}

void ps_pdb_types_free(ps_pdb_types *types)
{
    free(types->data);
    free(types->offsets);
    *types = (ps_pdb_types){0};
}

/* The record behind its length: its leaf, then what belongs to it. */
static ps_reader record_of(const ps_pdb_types *types, size_t index)
{
    ps_reader r = ps_reader_at(types->data, types->size, types->offsets[index], 2);
    const uint16_t length = ps_u16(&r);

    return ps_reader_at(types->data, types->size, (uint64_t)types->offsets[index] + 2, length);
}

static ps_reader record_by_number(const ps_pdb_types *types, uint32_t number)
{
    if (number < types->first || number - types->first >= types->count)
        return ps_reader_at(NULL, 0, 0, 1);
    return record_of(types, number - types->first);
}

/* A number that is its own leaf, or stands behind one that tells its width. */
static uint64_t take_number(ps_reader *r)
{
    static const uint8_t widths[] = {1, 2, 2, 4, 4, 0, 0, 0, 0, 8, 8};
    const uint16_t leaf = ps_u16(r);

    if (leaf < 0x8000)
        return leaf;
    if ((size_t)(leaf - 0x8000) < sizeof widths && widths[leaf - 0x8000] != 0)
        return ps_uint(r, widths[leaf - 0x8000]);
    ps_skip(r, SIZE_MAX);
    return 0;
}

/* A NUL-terminated name; NULL where it does not end. */
static const char *take_name(ps_reader *r)
{
    const uint8_t *end = ps_reader_good(r) && r->left > 0 ? memchr(r->at, 0, r->left) : NULL;

    if (end == NULL) {
        ps_skip(r, SIZE_MAX);
        return NULL;
    }
    return (const char *)ps_take(r, (size_t)(end - r->at) + 1);
}

typedef struct structure {
    uint32_t fields; /* number of the field list */
    uint64_t size;
    const char *name;
    bool forward;
} structure;

/* True for a structure, a class or a union. */
static bool read_structure(ps_reader r, structure *s)
{
    const uint16_t leaf = ps_u16(&r);
    uint16_t properties;

    if (leaf != LF_STRUCTURE && leaf != LF_CLASS && leaf != LF_UNION)
        return false;
    ps_skip(&r, 2);
    properties = ps_u16(&r);
    s->forward = (properties & FORWARD) != 0;
    s->fields = ps_u32(&r);
    if (leaf != LF_UNION)
        ps_skip(&r, 8);
    s->size = take_number(&r);
    s->name = take_name(&r);
    return ps_reader_good(&r) && s->name != NULL;
}

static bool find_structure(const ps_pdb_types *types, const char *name, structure *s)
{
    for (size_t i = 0; i < types->count; i++)
        if (read_structure(record_of(types, i), s) && !s->forward && strcmp(s->name, name) == 0)
            return true;
    return false;
}

bool ps_pdb_types_size(const ps_pdb_types *types, const char *name, uint64_t *size)
{
    structure s;

    if (!find_structure(types, name, &s))
        return false;
    *size = s.size;
    return true;
}

typedef struct member {
    const char *name; /* NULL for what has no offset in its structure */
    size_t length;
    uint32_t type;
    uint64_t offset;
} member;

/* One entry of a field list.  False at its end, and where an entry is not known. */
static bool take_member(ps_reader *r, member *m, uint32_t *next)
{
    uint16_t leaf;
    uint16_t attributes;

    *m = (member){0};
    while (ps_reader_good(r) && r->left > 0 && *r->at > 0xF0)
        ps_skip(r, *r->at & 0xF);
    if (!ps_reader_good(r) || r->left < 4)
        return false;
    leaf = ps_u16(r);
    attributes = ps_u16(r);
    switch (leaf) {
    case LF_MEMBER:
        m->type = ps_u32(r);
        m->offset = take_number(r);
        m->name = take_name(r);
        return m->name != NULL;
    case LF_ENUMERATE:
        (void)take_number(r);
        return take_name(r) != NULL;
    case LF_BCLASS:
        ps_skip(r, 4);
        (void)take_number(r);
        return ps_reader_good(r);
    case LF_NESTTYPE:
    case LF_STMEMBER:
    case LF_METHOD:
        ps_skip(r, 4);
        return take_name(r) != NULL;
    case LF_ONEMETHOD:
        ps_skip(r, (attributes >> 2 & 7) == 4 || (attributes >> 2 & 7) == 6 ? 8 : 4);
        return take_name(r) != NULL;
    case LF_INDEX:
        *next = ps_u32(r);
        return false;
    default:
        return false;
    }
}

/* The member of that name (length characters) in a field list and those that it goes on in. */
static bool find_member(const ps_pdb_types *types, uint32_t list, const char *name, size_t length,
                        member *found)
{
    for (int i = 0; i < CHAIN && list != 0; i++) {
        ps_reader r = record_by_number(types, list);
        uint32_t next = 0;
        if (ps_u16(&r) != LF_FIELDLIST)
            return false;
        while (take_member(&r, found, &next)) {
            if (found->name != NULL && strlen(found->name) == length &&
                memcmp(found->name, name, length) == 0)
                return true;
        }
        list = next;
    }
    return false;
}

/* The structure that a member's type is; forward declarations lead to the whole one by name. */
static bool structure_of(const ps_pdb_types *types, uint32_t number, structure *s)
{
    ps_reader r = record_by_number(types, number);
    ps_reader modified = r;

    if (ps_u16(&modified) == LF_MODIFIER)
        r = record_by_number(types, ps_u32(&modified));
    return read_structure(r, s) && (!s->forward || find_structure(types, s->name, s));
}

bool ps_pdb_types_field(const ps_pdb_types *types, const char *name, const char *field,
                        uint64_t *offset)
{
    structure s;
    member m;

    if (!find_structure(types, name, &s))
        return false;
    *offset = 0;
    for (int depth = 0; depth < DEEPEST; depth++) {
        const char *dot = strchr(field, '.');
        const size_t length = dot != NULL ? (size_t)(dot - field) : strlen(field);
        if (!find_member(types, s.fields, field, length, &m))
            return false;
        *offset += m.offset;
        if (dot == NULL)
            return true;
        if (!structure_of(types, m.type, &s))
            return false;
        field = dot + 1;
    }
    return false;
}
