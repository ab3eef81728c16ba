/* largest.c - a program that embeds the library: the largest tags of a text, with memory bounded.
 *
 * cc largest.c $(pkg-config --cflags --libs poolsleuth) -o largest
 * largest FILE
 */
#include <poolsleuth.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 3 };

/* A block begins with its size, so that freeing it gives its room back. */
typedef union header {
    size_t size;
    max_align_t align;
} header;

typedef struct budget {
    atomic_size_t left;
} budget;

static bool take(budget *b, size_t size)
{
    size_t left = atomic_load(&b->left);

    do {
        if (size > left)
            return false;
    } while (!atomic_compare_exchange_weak(&b->left, &left, left - size));
    return true;
}

static void *resize(void *context, void *block, size_t size)
{
    budget *b = context;
    header *old = block == NULL ? NULL : (header *)block - 1;
    const size_t had = old == NULL ? 0 : old->size;
    header *new;

    if (size > had && !take(b, size - had))
        return NULL;
    new = realloc(old, sizeof *new + size);
    if (new == NULL) {
        if (size > had)
            (void)atomic_fetch_add(&b->left, size - had);
        return NULL;
    }
    if (size < had)
        (void)atomic_fetch_add(&b->left, had - size);
    new->size = size;
    return new + 1;
}

static void *allocate(void *context, size_t size) { return resize(context, NULL, size); }

static void release(void *context, void *block)
{
    budget *b = context;
    header *old = (header *)block - 1;

    (void)atomic_fetch_add(&b->left, old->size);
    free(old);
}

/* The rows by bytes, largest first: a few passes will do for a few rows. */
static void show_largest(const ps_snapshot *snapshot)
{
    int64_t below = INT64_MAX;

    for (int shown = 0; shown < SHOWN; shown++) {
        const ps_row *largest = NULL;
        char tag[5];
        for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
            const ps_row *row = ps_snapshot_at(snapshot, i);
            if (row->bytes < below && (largest == NULL || row->bytes > largest->bytes))
                largest = row;
        }
        if (largest == NULL)
            return;
        below = largest->bytes;
        ps_tag_text(largest->tag, tag);
        printf("%s %" PRId64 "\n", tag, largest->bytes);
    }
}

static int show(const char *path, ps_error *err)
{
    ps_source *source;
    ps_text *text = NULL;
    const bool ok = ps_source_open(&source, path, err) && ps_text_read(&text, source, NULL, err);

    if (ok && ps_text_snapshot_count(text) > 0)
        show_largest(ps_text_snapshot_at(text, 0));
    ps_text_close(text);
    ps_source_close(source);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    budget b = {argc > 2 ? strtoul(argv[2], NULL, 10) : 64 << 20};
    const size_t all = b.left;
    const ps_allocator bounded = {allocate, resize, release, &b};
    ps_error err;
    int status = EXIT_FAILURE;

    if (argc >= 2 && ps_check_abi(PS_ABI, &err) && ps_use_allocator(&bounded, &err))
        status = show(argv[1], &err);
    else if (argc < 2)
        (void)snprintf(err.text, sizeof err.text, "usage: largest FILE [BYTES]");
    if (status != EXIT_SUCCESS)
        fprintf(stderr, "%s\n", err.text);
    if (b.left != all) {
        fprintf(stderr, "%zu bytes were not given back\n", all - b.left);
        status = EXIT_FAILURE;
    }
    return status;
}
