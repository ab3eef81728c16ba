/* fuzz_import.c - any bytes as CSV or JSON Lines that a history is asked to import; nothing of what is
 * refused is kept. */
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEEP = 500 };

static char path[64];

static void forget(void)
{
    char name[96];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
    (void)snprintf(name, sizeof name, "%s-shm", path);
    (void)unlink(name);
}

/* One history for many inputs: a new one each time would take longer than what is tested. */
static ps_history *history(void)
{
    static ps_history *open;
    static unsigned used;

    if (open != NULL && ++used % KEEP != 0)
        return open;
    ps_history_close(open);
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof path, "%s/poolsleuth-fuzz-import-%d.db",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
        (void)atexit(forget);
    }
    forget();
    if (!ps_history_open(&open, path, NULL, NULL))
        abort();
    return open;
}

static void import(const char *head, const uint8_t *data, size_t size)
{
    const size_t before = strlen(head);
    ps_history_imported imported = {0};
    ps_error err = {.code = PS_OK};
    ps_source *source;
    uint8_t *bytes = malloc(before + size + 1);

    if (bytes == NULL)
        return;
    memcpy(bytes, head, before);
    if (size > 0)
        memcpy(bytes + before, data, size);
    if (!ps_source_memory(&source, bytes, before + size, NULL))
        abort();
    if (!ps_history_import(history(), source, &imported, &err) &&
        (err.code == PS_OK || err.text[0] == '\0'))
        abort();
    if (imported.added > imported.snapshots)
        abort();
    ps_source_close(source);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const heads[] = {
        "", "host,time,tag,tag_hex,pool,session,allocs,frees,diff,bytes,origin,scope\n",
        "host,time,tag,pool,bytes\n",
        "{\"host\":\"A\",\"time\":1,\"origin\":\"poolmon\",\"rows\":[{\"tag\":\"Even\","};

    if (size > 0)
        import(heads[data[0] % 4], data + 1, size - 1);
    return 0;
}
