/* scan.c - many driver files at once: each is probed, hashed and read on its own, and keeps its own
 * error. */
#include "base/array.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/workers.h"

#include <string.h>

typedef struct slot {
    ps_scan_result result;
    ps_driver *driver; /* what result lends */
    const ps_read_options *read;
    const ps_bounds *bounds;
} slot;

struct ps_scan {
    size_t count;
    ps_bounds bounds;
    slot slots[];
};

static bool sha256_bytes(const uint8_t *data, size_t size, char hex[65], ps_error *err)
{
    const ps_bytes whole = {data, size};
    uint8_t digest[PS_DIGEST_LIMIT];

    if (!ps_digest_spans(PS_DIGEST_SHA256, &whole, 1, digest, err))
        return false;
    ps_hex(hex, digest, ps_digest_size(PS_DIGEST_SHA256));
    return true;
}

static bool refuse_kind(const ps_scan_result *result, ps_error *err)
{
    const char *is = ps_kind_name(result->kind);

    switch (result->kind) {
    case PS_KIND_UNKNOWN:
        return ps_fail(err, PS_EUNSUPPORTED, 0, "is not a driver: binary data of no known kind");
    case PS_KIND_EMPTY:
        return ps_fail(err, PS_EUNSUPPORTED, 0, "is empty, not a driver");
    case PS_KIND_HOLE:
        return ps_fail(err, PS_EUNSUPPORTED, 0, "is not a driver: nothing but a hole at its start");
    default:
        return ps_fail(err, PS_EUNSUPPORTED, 0, "is %s, not a driver", is);
    }
}

/* Hash and parse from the same bytes, so that both speak of one version of the file. */
static bool read_driver(slot *file, ps_source *source, ps_error *err)
{
    uint8_t *data;
    size_t size;
    bool done;

    if (ps_source_size(source) > file->bounds->of.driver_file_bytes)
        return ps_bounds_fail(file->bounds, PS_LIMIT(driver_file_bytes), PS_NOWHERE, err);
    if (!ps_source_read_all(source, SIZE_MAX, &data, &size, err))
        return false;
    done = sha256_bytes(data, size, file->result.sha256, err) &&
           ps_driver_read_within(&file->driver, data, size, file->read, &file->bounds->of, err);
    ps_bytes_free(data);
    file->result.driver = file->driver;
    return done;
}

static bool scan_file(slot *file, ps_error *err)
{
    ps_scan_result *result = &file->result;
    ps_source *source;
    bool done;

    if (!ps_source_open(&source, result->path, err))
        return false;
    done = ps_source_probe(source, &result->kind, err);
    if (done && result->kind == PS_KIND_PE)
        done = read_driver(file, source, err);
    else if (done)
        done = refuse_kind(result, err);
    ps_source_close(source);
    return done;
}

static bool scan_item(const ps_worker *worker, size_t index, ps_error *err)
{
    ps_scan *scan = worker->context;
    ps_error error = {.code = PS_OK, .offset = PS_NOWHERE};

    (void)err;
    (void)scan_file(&scan->slots[index], &error);
    scan->slots[index].result.error = error;
    return true;
}

/* An empty scan of these paths, which are copied behind the results. */
static ps_scan *new_scan(const char *const *paths, size_t count)
{
    size_t bytes = 0;
    ps_scan *scan;
    char *text;

    for (size_t i = 0; i < count; i++)
        bytes += strlen(paths[i]) + 1;
    scan = ps_alloc(sizeof *scan + bytes, count, sizeof *scan->slots);
    if (scan == NULL)
        return NULL;
    scan->count = count;
    text = (char *)&scan->slots[count];
    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(paths[i]) + 1;
        ps_scan_result *result = &scan->slots[i].result;
        scan->slots[i] = (slot){.result = {.path = memcpy(text, paths[i], size)}};
        (void)ps_fail(&result->error, PS_ECANCELLED, PS_NOWHERE, "was not scanned: stopped before");
        text += size;
    }
    return scan;
}

bool ps_scan_open_within(ps_scan **out, const char *const *paths, size_t count,
                         const ps_scan_options *options, const ps_limits *limits, ps_error *err)
{
    const ps_scan_options plain = {0};
    ps_error stop = {.code = PS_OK};
    unsigned threads;

    *out = NULL;
    if (options == NULL)
        options = &plain;
    threads = ps_workers_threads(options->threads, count);
    *out = new_scan(paths, count);
    if (*out == NULL)
        return ps_fail_memory(err);
    if (!ps_bounds_open(&(*out)->bounds, limits, err)) {
        ps_scan_close(*out);
        *out = NULL;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        (*out)->slots[i].read = &options->read;
        (*out)->slots[i].bounds = &(*out)->bounds;
    }
    if (ps_workers_run(scan_item, *out, count, threads, &options->progress, &stop) ||
        stop.code == PS_ECANCELLED)
        return true;
    ps_scan_close(*out);
    *out = NULL;
    return ps_fail(err, stop.code, stop.offset, "%s", stop.text);
}

bool ps_scan_open(ps_scan **out, const char *const *paths, size_t count,
                  const ps_scan_options *options, ps_error *err)
{
    return ps_scan_open_within(out, paths, count, options, NULL, err);
}

size_t ps_scan_count(const ps_scan *scan) { return scan->count; }

const ps_scan_result *ps_scan_at(const ps_scan *scan, size_t index)
{
    return index < scan->count ? &scan->slots[index].result : NULL;
}

void ps_scan_close(ps_scan *scan)
{
    if (scan == NULL)
        return;
    for (size_t i = 0; i < scan->count; i++)
        ps_driver_close(scan->slots[i].driver);
    free(scan);
}
