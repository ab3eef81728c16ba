/* threads.c - two threads, each with handles of its own, read and judge at the same time.
 *
 * threads FILE DRIVER
 */
#include <poolsleuth.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 2, ROUNDS = 20 };

typedef struct job {
    const char *text, *driver;
    size_t rows, sites;
    ps_error err;
    bool ok;
} job;

static bool read_text(job *j)
{
    ps_source *source = NULL;
    ps_text *text = NULL;
    ps_trend *trend = NULL;
    const ps_snapshot *twice[2];
    bool ok = ps_source_open(&source, j->text, &j->err) &&
              ps_text_read(&text, source, NULL, &j->err) && ps_text_snapshot_count(text) > 0;

    if (ok) {
        twice[0] = twice[1] = ps_text_snapshot_at(text, 0);
        ok = ps_trend_open(&trend, twice, NULL, 2, &j->err);
    }
    j->rows = ok ? ps_trend_count(trend) : 0;
    ps_trend_close(trend);
    ps_text_close(text);
    ps_source_close(source);
    return ok;
}

static bool read_driver(job *j)
{
    ps_source *source = NULL;
    ps_driver *driver = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool ok = ps_source_open(&source, j->driver, &j->err) &&
              ps_source_read_all(source, 64 << 20, &bytes, &size, &j->err) &&
              ps_driver_parse(&driver, bytes, size, &j->err);

    j->sites = ok ? ps_driver_site_count(driver) : 0;
    ps_driver_close(driver);
    ps_bytes_free(bytes);
    ps_source_close(source);
    return ok;
}

static void *work(void *context)
{
    job *j = context;

    j->ok = true;
    for (int i = 0; j->ok && i < ROUNDS; i++)
        j->ok = read_text(j) && read_driver(j);
    return NULL;
}

int main(int argc, char **argv)
{
    job jobs[THREADS];
    pthread_t threads[THREADS];
    int status = EXIT_SUCCESS;

    if (argc != 3)
        return EXIT_FAILURE;
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){.text = argv[1], .driver = argv[2]};
        if (pthread_create(&threads[i], NULL, work, &jobs[i]) != 0)
            return EXIT_FAILURE;
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        printf("%zu rows, %zu sites\n", jobs[i].rows, jobs[i].sites);
        if (!jobs[i].ok) {
            fprintf(stderr, "%s\n", jobs[i].err.text);
            status = EXIT_FAILURE;
        }
    }
    return status;
}
