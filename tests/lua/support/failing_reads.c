/* failing_reads.c - preloaded into the program: the n-th open, read, pread or readdir below a folder, the C
 * library's own for fopen among them, does not do what it should.  FAILING_BELOW is the folder, FAILING_CALL the
 * number from 0, FAILING_WAY one of "eio", "short" and "shrink" (reads), "gone" (opens) and "unlisted" (entries
 * of folders); the file FAILING_HIT is made once it happened. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NAMES = 4096 };

typedef FILE *(*fopen_function)(const char *path, const char *mode);
typedef int (*open_function)(const char *path, int flags, ...);
typedef DIR *(*opendir_function)(const char *path);
typedef struct dirent *(*readdir_function)(DIR *stream);
typedef ssize_t (*read_function)(int fd, void *buffer, size_t size);
typedef ssize_t (*pread_function)(int fd, void *buffer, size_t size, off_t offset);

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
FILE *fopen(const char *path, const char *mode);
FILE *fopen64(const char *path, const char *mode);
ssize_t read(int fd, void *buffer, size_t size);
ssize_t pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t pread64(int fd, void *buffer, size_t size, off_t offset);

static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof found);
}

static bool is_below(const char *path)
{
    const char *folder = getenv("FAILING_BELOW");

    return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static bool is_of_folder(int fd)
{
    char name[64], path[NAMES];
    ssize_t length;

    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    length = readlink(name, path, sizeof path - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return is_below(path);
}

static const char *way(void)
{
    const char *named = getenv("FAILING_WAY");

    return named != NULL ? named : "eio";
}

enum call { OPENS, READS, LISTS };

static enum call spoilt_call(void)
{
    if (strcmp(way(), "gone") == 0)
        return OPENS;
    return strcmp(way(), "unlisted") == 0 ? LISTS : READS;
}

/* Is it this call's turn? */
static bool is_chosen(enum call call)
{
    static atomic_long calls;
    static open_function real;
    const char *number = getenv("FAILING_CALL");
    const char *hit = getenv("FAILING_HIT");
    int fd;

    if (number == NULL || hit == NULL || call != spoilt_call() ||
        atomic_fetch_add(&calls, 1) != atol(number))
        return false;
    find("open", &real);
    fd = real(hit, O_WRONLY | O_CREAT, 0600);
    if (fd >= 0)
        (void)close(fd);
    return true;
}

static int open_or_not(const char *name, const char *path, int flags, int mode)
{
    open_function real;

    if (is_below(path) && (flags & O_ACCMODE) == O_RDONLY && is_chosen(OPENS)) {
        errno = ENOENT;
        return -1;
    }
    find(name, &real);
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    return open_or_not("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    return open_or_not("open64", path, flags, mode);
}

/* What the call gives instead: true, and *size less than was asked for, or *result. */
static bool spoil(int fd, size_t *size, ssize_t *result)
{
    if (!is_of_folder(fd) || !is_chosen(READS))
        return false;
    *result = 0;
    if (strcmp(way(), "short") == 0) {
        *size = *size / 2 + 1;
        return false;
    }
    if (strcmp(way(), "eio") == 0) {
        errno = EIO;
        *result = -1;
    }
    return true;
}

ssize_t read(int fd, void *buffer, size_t size)
{
    read_function real;
    ssize_t result;

    if (spoil(fd, &size, &result))
        return result;
    find("read", &real);
    return real(fd, buffer, size);
}

static ssize_t pread_or_not(const char *name, int fd, void *buffer, size_t size, off_t offset)
{
    pread_function real;
    ssize_t result;

    if (spoil(fd, &size, &result))
        return result;
    find(name, &real);
    return real(fd, buffer, size, offset);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return pread_or_not("pread", fd, buffer, size, offset);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t offset)
{
    return pread_or_not("pread64", fd, buffer, size, offset);
}

/* What fopen gives reads within the C library, where nothing is preloaded: so it reads here. */
static ssize_t stream_read(void *cookie, char *buffer, size_t size)
{
    return read((int)(intptr_t)cookie, buffer, size);
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
    const off64_t at = lseek64((int)(intptr_t)cookie, *offset, whence);

    if (at >= 0)
        *offset = at;
    return at < 0 ? -1 : 0;
}

static int stream_close(void *cookie) { return close((int)(intptr_t)cookie); }

static FILE *fopen_or_not(const char *name, const char *path, const char *mode)
{
    const cookie_io_functions_t calls = {
        .read = stream_read, .seek = stream_seek, .close = stream_close};
    fopen_function real;
    int fd;

    if (!is_below(path) || mode[0] != 'r' || strchr(mode, '+') != NULL) {
        find(name, &real);
        return real(path, mode);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, "r", calls);
}

FILE *fopen(const char *path, const char *mode) { return fopen_or_not("fopen", path, mode); }

FILE *fopen64(const char *path, const char *mode) { return fopen_or_not("fopen64", path, mode); }

DIR *opendir(const char *path)
{
    opendir_function real;

    if (is_below(path) && is_chosen(OPENS)) {
        errno = ENOENT;
        return NULL;
    }
    find("opendir", &real);
    return real(path);
}

struct dirent *readdir(DIR *stream)
{
    readdir_function real;

    if (is_of_folder(dirfd(stream)) && is_chosen(LISTS)) {
        errno = EIO;
        return NULL;
    }
    find("readdir", &real);
    return real(stream);
}
