/* source.c - files and memory as sources: pread through the caller's buffer, never a map. */
#include "base/source.h"

#include "base/array.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STDIN_STEP = 1 << 16 };

struct ps_source {
    int fd;              /* -1 for memory */
    const uint8_t *data; /* of memory */
    uint8_t *owned;      /* what standard input held */
    uint64_t size;
    int64_t mtime;
    atomic_bool failed; /* a read failed: threads share a source */
};

static bool fail_errno(ps_error *err, uint64_t offset, const char *what)
{
    return ps_fail(err, PS_EIO, offset, "%s: %s", what, strerror(errno));
}

static ps_source *new_source(void)
{
    ps_source *source = malloc(sizeof *source);

    if (source == NULL)
        return NULL;
    memset(source, 0, sizeof *source);
    source->fd = -1;
    source->mtime = INT64_MIN;
    atomic_init(&source->failed, false);
    return source;
}

typedef struct spool {
    uint8_t *bytes;
    size_t used, capacity;
} spool;

static bool make_room(spool *input, ps_error *err)
{
    uint8_t *moved;

    if (input->capacity - input->used >= STDIN_STEP)
        return true;
    moved = realloc(input->bytes, input->capacity * 2 + STDIN_STEP);
    if (moved == NULL)
        return ps_fail_memory(err);
    input->bytes = moved;
    input->capacity = input->capacity * 2 + STDIN_STEP;
    return true;
}

static bool slurp(int fd, spool *input, const ps_bounds *bounds, ps_error *err)
{
    ssize_t got = 1;

    while (got > 0) {
        if (!make_room(input, err))
            return false;
        got = read(fd, input->bytes + input->used, STDIN_STEP);
        if (got < 0 && errno == EINTR)
            return ps_fail(err, PS_ECANCELLED, input->used, "standard input: stopped by a signal");
        if (got < 0)
            return fail_errno(err, input->used, "standard input");
        input->used += (size_t)got;
        if (input->used > bounds->of.input_bytes)
            return ps_bounds_fail(bounds, PS_LIMIT(input_bytes), input->used, err);
    }
    return true;
}

static bool open_stdin(ps_source *source, const ps_bounds *bounds, ps_error *err)
{
    spool input = {0};
    const bool done = slurp(STDIN_FILENO, &input, bounds, err);

    source->owned = input.bytes;
    source->data = input.bytes;
    source->size = input.used;
    return done;
}

static bool open_file(ps_source *source, const char *path, ps_error *err)
{
    struct stat info;

    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (source->fd < 0 || fstat(source->fd, &info) != 0)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "%s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return ps_fail(err, PS_EIO, PS_NOWHERE, "is a folder, not a file");
    if (!S_ISREG(info.st_mode))
        return ps_fail(err, PS_EIO, PS_NOWHERE, "is not a regular file");
    source->size = (uint64_t)info.st_size;
    source->mtime = info.st_mtime;
    return true;
}

bool ps_source_open_within(ps_source **out, const char *path, const ps_limits *limits,
                           ps_error *err)
{
    ps_source *source;
    ps_bounds bounds;
    bool opened;

    *out = NULL;
    if (!ps_bounds_open(&bounds, limits, err))
        return false;
    source = new_source();
    if (source == NULL)
        return ps_fail_memory(err);
    opened =
        strcmp(path, "-") == 0 ? open_stdin(source, &bounds, err) : open_file(source, path, err);
    if (!opened) {
        ps_source_close(source);
        return false;
    }
    *out = source;
    return true;
}

bool ps_source_open(ps_source **out, const char *path, ps_error *err)
{
    return ps_source_open_within(out, path, NULL, err);
}

bool ps_source_memory(ps_source **out, const void *data, size_t size, ps_error *err)
{
    *out = new_source();
    if (*out == NULL)
        return ps_fail_memory(err);
    (*out)->data = data;
    (*out)->size = size;
    return true;
}

uint64_t ps_source_size(const ps_source *source) { return source->size; }

int64_t ps_source_mtime(const ps_source *source) { return source->mtime; }

static bool read_file(const ps_source *source, uint64_t offset, uint8_t *buffer, size_t size,
                      ps_error *err)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(source->fd, buffer + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, offset + done, "read");
        if (got == 0)
            return ps_fail(err, PS_EIO, offset + done, "the file became shorter while it was read");
        done += (size_t)got;
    }
    return true;
}

bool ps_source_read(ps_source *source, uint64_t offset, void *buffer, size_t size, size_t *got,
                    ps_error *err)
{
    *got = 0;
    if (offset >= source->size)
        return true;
    if (size > source->size - offset)
        size = (size_t)(source->size - offset);
    if (source->fd < 0)
        memcpy(buffer, source->data + offset, size);
    else if (!read_file(source, offset, buffer, size, err)) {
        atomic_store(&source->failed, true);
        return false;
    }
    *got = size;
    return true;
}

bool ps_source_has_failed(const ps_source *source) { return atomic_load(&source->failed); }

bool ps_source_next_data(ps_source *source, uint64_t offset, uint64_t *begin, uint64_t *end,
                         ps_error *err)
{
    off_t data, hole;

    *begin = *end = offset < source->size ? offset : source->size;
    if (offset >= source->size)
        return true;
    *end = source->size;
    if (source->fd < 0)
        return true;
    data = lseek(source->fd, (off_t)offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) { /* nothing but a hole up to the end */
        *begin = source->size;
        return true;
    }
    if (data < 0)
        return errno == EINVAL ? true : fail_errno(err, offset, "seek");
    hole = lseek(source->fd, data, SEEK_HOLE);
    *begin = (uint64_t)data;
    if (hole >= 0)
        *end = (uint64_t)hole;
    return true;
}

bool ps_source_read_all(ps_source *source, uint64_t limit, uint8_t **data, size_t *size,
                        ps_error *err)
{
    *data = NULL;
    *size = 0;
    if (source->size > limit || source->size >= SIZE_MAX)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "%llu bytes are more than the limit of %llu",
                       (unsigned long long)source->size, (unsigned long long)limit);
    *data = malloc((size_t)source->size + 1);
    if (*data == NULL)
        return ps_fail_memory(err);
    if (!ps_source_read(source, 0, *data, (size_t)source->size, size, err)) {
        free(*data);
        *data = NULL;
        return false;
    }
    (*data)[*size] = 0;
    return true;
}

void ps_bytes_free(uint8_t *data) { free(data); }

void ps_source_close(ps_source *source)
{
    if (source == NULL)
        return;
    if (source->fd >= 0)
        (void)close(source->fd);
    free(source->owned);
    free(source);
}
