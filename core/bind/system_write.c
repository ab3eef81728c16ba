/***
Files that are written: whole, or not at all.
@submodule poolsleuth.system
*/
#include "bind/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_NAMES = 100 };

static int push_errno(lua_State *L, int code)
{
    luaL_pushfail(L);
    lua_pushstring(L, strerror(code));
    lua_createtable(L, 0, 1);
    ps_set_text(L, "code", "io");
    return 3;
}

/* 0, or the errno of what failed. */
static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        bytes += put;
        size -= (size_t)put;
    }
    return 0;
}

static int write_and_close(int fd, const char *bytes, size_t size)
{
    int failed = write_all(fd, bytes, size);

    if (close(fd) != 0 && failed == 0)
        failed = errno;
    return failed;
}

/* A terminal, a pipe or a device is written to as it is. */
static int write_in_place(const char *path, const char *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? errno : write_and_close(fd, bytes, size);
}

/* A new file beside the one that it will replace, with its rights; its name is on top of the stack.  What
 * lies under such a name already is never opened: it may lead elsewhere.  -1 and errno where there is none. */
static int create_beside(lua_State *L, const char *path, const struct stat *old)
{
    errno = EEXIST;
    for (int i = 0; i < PART_NAMES && errno == EEXIST; i++) {
        const char *part = lua_pushfstring(L, "%s.%d-%d.part", path, (int)getpid(), i);
        const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

        if (fd >= 0 && old != NULL)
            (void)fchmod(fd, old->st_mode & 07777);
        if (fd >= 0)
            return fd;
        lua_pop(L, 1);
    }
    return -1;
}

/* Write beside, then rename: whoever looks at path sees the old bytes or the new ones. */
static int write_beside(lua_State *L, const char *path, const struct stat *old, const char *bytes,
                        size_t size)
{
    const int fd = create_beside(L, path, old);
    const char *part;
    int failed;

    if (fd < 0)
        return errno;
    part = lua_tostring(L, -1);
    failed = write_and_close(fd, bytes, size);
    if (failed == 0 && rename(part, path) != 0)
        failed = errno;
    if (failed != 0)
        (void)unlink(part);
    return failed;
}

/* What is there under a path, and where it really lies. */
typedef struct place {
    char target[PATH_MAX];
    const char *path;
    struct stat about;
    const struct stat *old; /* NULL where nothing is there */
} place;

static void look_at(place *there, const char *path)
{
    there->old = stat(path, &there->about) == 0 ? &there->about : NULL;
    there->path =
        there->old != NULL && realpath(path, there->target) != NULL ? there->target : path;
}

static bool is_special(const place *there)
{
    return there->old != NULL && !S_ISREG(there->old->st_mode);
}

/***
Replace the content of a file: written beside it, then renamed, so that no half of it is ever seen.
@function write_file
@string path
@string bytes
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code`
*/
int ps_lua_write_file(lua_State *L)
{
    size_t size;
    const char *path = luaL_checkstring(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &size);
    place there;
    int failed;

    look_at(&there, path);
    if (there.old != NULL && S_ISDIR(there.old->st_mode))
        failed = EISDIR;
    else if (is_special(&there))
        failed = write_in_place(path, bytes, size);
    else
        failed = write_beside(L, there.path, there.old, bytes, size);
    if (failed != 0)
        return push_errno(L, failed);
    lua_pushboolean(L, 1);
    return 1;
}

static int close_stream(lua_State *L)
{
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    const bool closed = fclose(stream->f) == 0;

    return luaL_fileresult(L, closed, NULL);
}

/***
Open a file that takes the place of another one once it is whole: the caller renames it then, or removes it.
@function open_beside
@string path
@treturn[1] file open for writing
@treturn[1] string its path, beside the other one; where that is a pipe or a device, it itself
@treturn[1] string the path that it is to be renamed to: links are followed
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code`
*/
int ps_lua_open_beside(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    place there;
    int fd;

    *stream = (luaL_Stream){NULL, NULL};
    luaL_setmetatable(L, LUA_FILEHANDLE);
    look_at(&there, path);
    lua_pushstring(L, is_special(&there) ? path : there.path);
    if (is_special(&there)) {
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        lua_pushvalue(L, 1);
    } else {
        fd = create_beside(L, there.path, there.old);
    }
    if (fd < 0)
        return push_errno(L, errno);
    stream->f = fdopen(fd, "wb"); /* from here on nothing may raise: the file would stay behind */
    if (stream->f == NULL) {
        (void)close(fd);
        if (!is_special(&there))
            (void)unlink(lua_tostring(L, -1));
        return push_errno(L, ENOMEM);
    }
    stream->closef = close_stream;
    lua_insert(L, -2);
    return 3;
}
