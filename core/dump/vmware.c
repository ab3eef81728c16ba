/* vmware.c - VMware's suspend and snapshot files: groups of tags, and memory in them or beside. */
#include "base/reader.h"
#include "dump/container.h"

#include <string.h>

enum { GROUP_SIZE = 0x50, GROUP_LIMIT = 1 << 12, TAG_LIMIT = 1 << 17, REGIONS = 256 };

/* Where a region of guest memory lies; all in pages. */
typedef struct region {
    uint64_t physical, file, size;
} region;

typedef struct state {
    ps_source *source;
    bool wide; /* long data have sizes of 8 bytes */
    region regions[REGIONS];
    uint64_t count;
    uint64_t inline_offset, inline_size; /* memory in the state file itself; 0 if there is none */
    unsigned tags;                       /* that were read */
} state;

typedef struct tag {
    char name[256];
    uint32_t indices[3];
    unsigned index_count;
    uint64_t data, size; /* in the file */
} tag;

static bool read_at(state *s, uint64_t *at, void *buffer, size_t size, ps_error *err)
{
    if (!ps_container_read(s->source, *at, buffer, size, "a VMware tag", err))
        return false;
    *at += size;
    return true;
}

static uint64_t little(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* Sizes 62 and 63 mean that the real size stands behind, twice, and padding behind it. */
static bool read_long_size(state *s, uint64_t *at, tag *t, ps_error *err)
{
    const size_t size = s->wide ? 8 : 4;
    uint8_t bytes[18];
    uint16_t padding;

    if (!read_at(s, at, bytes, size * 2 + 2, err))
        return false;
    t->size = little(bytes, size);
    padding = (uint16_t)little(bytes + size * 2, 2);
    *at += padding;
    return true;
}

/* The next tag; *end where the group ends. */
static bool read_tag(state *s, uint64_t *at, tag *t, bool *end, ps_error *err)
{
    uint8_t head[2];

    if (!read_at(s, at, head, 2, err))
        return false;
    *end = head[0] == 0 && head[1] == 0;
    if (*end)
        return true;
    if (head[1] > 0 && !read_at(s, at, t->name, head[1], err))
        return false;
    t->name[head[1]] = '\0';
    t->index_count = head[0] >> 6;
    for (unsigned i = 0; i < t->index_count; i++) {
        uint8_t bytes[4];
        if (!read_at(s, at, bytes, 4, err))
            return false;
        t->indices[i] = (uint32_t)little(bytes, 4);
    }
    t->size = head[0] & 0x3f;
    if (t->size >= 62 && !read_long_size(s, at, t, err))
        return false;
    t->data = *at;
    if (t->size > UINT64_MAX - *at)
        return ps_fail(err, PS_EFORMAT, *at, "a VMware tag reaches beyond all offsets");
    *at += t->size;
    return true;
}

static bool take_tag(state *s, const tag *t, ps_error *err)
{
    uint8_t bytes[8] = {0};
    region *r = t->index_count >= 1 && t->indices[0] < REGIONS ? &s->regions[t->indices[0]] : NULL;
    uint64_t value;

    if (strcmp(t->name, "Memory") == 0 && t->size > sizeof bytes) {
        s->inline_offset = t->data;
        s->inline_size = t->size;
        return true;
    }
    if (t->size == 0 || t->size > sizeof bytes)
        return true;
    if (!ps_container_read(s->source, t->data, bytes, (size_t)t->size, "a VMware tag", err))
        return false;
    value = little(bytes, (size_t)t->size);
    if (strcmp(t->name, "regionsCount") == 0)
        s->count = value;
    else if (r != NULL && strcmp(t->name, "regionPPN") == 0)
        r->physical = value;
    else if (r != NULL && strcmp(t->name, "regionPageNum") == 0)
        r->file = value;
    else if (r != NULL && strcmp(t->name, "regionSize") == 0)
        r->size = value;
    return true;
}

static bool read_memory_group(state *s, uint64_t at, ps_error *err)
{
    tag t;
    bool end = false;

    while (!end) {
        memset(&t, 0, sizeof t);
        if (++s->tags > TAG_LIMIT)
            return ps_fail(err, PS_ELIMIT, at, "more than %d tags: no such VMware file", TAG_LIMIT);
        if (!read_tag(s, &at, &t, &end, err) || (!end && !take_tag(s, &t, err)))
            return false;
    }
    return true;
}

static bool read_groups(state *s, ps_error *err)
{
    uint8_t head[12];
    uint64_t count;

    if (!ps_container_read(s->source, 0, head, sizeof head, "the VMware header", err))
        return false;
    s->wide = (head[0] & 0xf) != 0;
    count = little(head + 8, 4);
    if (count > GROUP_LIMIT)
        return ps_fail(err, PS_EFORMAT, 8, "%llu groups: no such VMware file",
                       (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t group[GROUP_SIZE];
        if (!ps_container_read(s->source, 12 + i * GROUP_SIZE, group, sizeof group,
                               "a VMware group", err))
            return false;
        if (memcmp(group, "memory", sizeof "memory") == 0 &&
            !read_memory_group(s, little(group + 64, 8), err))
            return false;
    }
    return true;
}

static bool add_regions(ps_container_file *file, const state *s, uint64_t base, ps_error *err)
{
    if (s->count == 0 && base == 0)
        return ps_container_add_run(file, &(ps_run){0, file->facts.file_size, 0}, err);
    if (s->count == 0)
        return ps_container_add_run(file, &(ps_run){0, s->inline_size, base}, err);
    for (uint64_t i = 0; i < s->count; i++) {
        const region *r = &s->regions[i];
        if (r->physical >> 40 != 0 || r->file >> 40 != 0 || r->size >> 40 != 0)
            return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "region %llu of the VMware memory is odd",
                           (unsigned long long)i);
        if (!ps_container_add_run(file,
                                  &(ps_run){r->physical << PS_FRAME_SHIFT,
                                            r->size << PS_FRAME_SHIFT,
                                            base + (r->file << PS_FRAME_SHIFT)},
                                  err))
            return false;
    }
    return true;
}

bool ps_vmware_open(ps_container_file *file, ps_source *state_file, ps_error *err)
{
    state s = {.source = state_file};
    ps_source *memory = file->source;

    file->facts.container = PS_CONTAINER_VMWARE;
    if (!read_groups(&s, err))
        return false;
    if (s.count > REGIONS)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "%llu regions are more than a VMware file has",
                       (unsigned long long)s.count);
    if (state_file == file->source && s.inline_offset == 0) {
        if (file->companion == NULL)
            return ps_fail(err, PS_EUNSUPPORTED, 0,
                           "VMware's state without memory: give its .vmem file beside it");
        memory = file->companion;
        file->facts.file_size = ps_source_size(memory);
    }
    file->physical = ps_physical_new(memory);
    if (file->physical == NULL)
        return ps_fail_memory(err);
    return add_regions(
        file, &s, state_file == file->source && memory == file->source ? s.inline_offset : 0, err);
}
