/***
Files, the terminal and the clock, as far as the library needs them.
@module poolsleuth.system
*/
#include "bind/system.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OPEN_SOURCE "poolsleuth.system.source"
#define OPEN_ARCHIVE "poolsleuth.system.archive"
#define STDIN_BYTES "poolsleuth.system.stdin"

enum { NARROWEST = 20, WIDEST = 1000, USUAL_COLUMNS = 80 };

/* What the userdata holds; NULL once closed. */
typedef struct handle {
    ps_source *it;
} handle;

/* All that a signal handler can reach: whether it was called, and a descriptor that gives nothing. */
static volatile sig_atomic_t interrupt_seen;
static volatile sig_atomic_t nothing = -1;

static int source_close(lua_State *L)
{
    handle *h = luaL_checkudata(L, 1, OPEN_SOURCE);

    ps_source_close(h->it);
    h->it = NULL;
    return 0;
}

/* A closed handle on top of the stack, so that whatever is opened into it is given back. */
static handle *push_handle(lua_State *L)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);

    h->it = NULL;
    luaL_setmetatable(L, OPEN_SOURCE);
    return h;
}

static void let_go(handle *h)
{
    ps_source_close(h->it);
    h->it = NULL;
}

/* Why a path cannot be read, as one word; NULL where the error itself says it. */
static const char *cause_of(const char *path)
{
    struct stat info;

    if (strcmp(path, "-") == 0)
        return NULL;
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? "missing" : "denied";
    if (S_ISDIR(info.st_mode))
        return "folder";
    if (!S_ISREG(info.st_mode))
        return "special";
    return access(path, R_OK) != 0 ? "denied" : NULL;
}

static int push_path_error(lua_State *L, const ps_error *err, const char *path)
{
    const char *cause = err->code == PS_EIO ? cause_of(path) : NULL;

    (void)ps_push_error(L, err);
    ps_set_text(L, "cause", cause);
    return 3;
}

/* The whole of an open source as a string on top of the stack. */
static bool push_content(lua_State *L, const handle *h, uint64_t limit, ps_error *err)
{
    const uint64_t size = ps_source_size(h->it);
    luaL_Buffer buffer;
    size_t got;
    char *room;

    if (size > limit || size > SIZE_MAX / 4) {
        *err = (ps_error){.code = PS_ELIMIT, .offset = PS_NOWHERE};
        (void)snprintf(err->text, sizeof err->text, "%llu bytes are more than the limit of %llu",
                       (unsigned long long)size, (unsigned long long)limit);
        return false;
    }
    room = luaL_buffinitsize(L, &buffer, (size_t)size);
    if (!ps_source_read(h->it, 0, room, (size_t)size, &got, err))
        return false;
    luaL_pushresultsize(&buffer, got);
    return true;
}

/* Standard input can be read but once: its bytes stay in the registry for whoever asks again. */
static bool open_stdin(lua_State *L, handle *h, ps_error *err)
{
    const char *bytes;
    size_t size;

    if (lua_getfield(L, LUA_REGISTRYINDEX, STDIN_BYTES) != LUA_TSTRING) {
        lua_pop(L, 1);
        if (!ps_source_open(&h->it, "-", err) || !push_content(L, h, SIZE_MAX / 4, err))
            return false;
        let_go(h);
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, STDIN_BYTES);
    }
    bytes = lua_tolstring(L, -1, &size);
    return ps_source_memory(&h->it, bytes, size, err);
}

static bool open_path(lua_State *L, handle *h, const char *path, ps_error *err)
{
    return strcmp(path, "-") == 0 ? open_stdin(L, h, err) : ps_source_open(&h->it, path, err);
}

static int push_probe(lua_State *L, const handle *h, ps_kind kind)
{
    const int64_t mtime = ps_source_mtime(h->it);

    lua_createtable(L, 0, 3);
    ps_set_text(L, "kind", ps_kind_name(kind));
    ps_set_uint(L, "size", ps_source_size(h->it));
    if (mtime != INT64_MIN)
        ps_set_int(L, "mtime", mtime);
    return 1;
}

/***
What a file is, by its content.
@function probe
@string path
@treturn[1] table `kind`, `size`, `mtime`
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code`, and `cause`: "missing", "folder", "special" or "denied"
*/
static int probe(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    handle *h = push_handle(L);
    ps_kind kind;
    ps_error err;

    if (!open_path(L, h, path, &err) || !ps_source_probe(h->it, &kind, &err)) {
        let_go(h);
        return push_path_error(L, &err, path);
    }
    (void)push_probe(L, h, kind);
    let_go(h);
    return 1;
}

/***
What bytes are, by their content.
@function probe_of
@string bytes
@treturn table `kind` and `size`
*/
static int probe_of(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    handle *h = push_handle(L);
    ps_kind kind;
    ps_error err;

    if (!ps_source_memory(&h->it, bytes, size, &err) || !ps_source_probe(h->it, &kind, &err)) {
        let_go(h);
        return ps_push_error(L, &err);
    }
    return push_probe(L, h, kind);
}

typedef struct archive_box {
    ps_archive *it; /* NULL once closed */
} archive_box;

static int archive_close(lua_State *L)
{
    archive_box *box = luaL_checkudata(L, 1, OPEN_ARCHIVE);

    ps_archive_close(box->it);
    box->it = NULL;
    return 0;
}

static void push_members(lua_State *L, const ps_archive *archive)
{
    lua_createtable(L, 0, 2);
    ps_set_uint(L, "total", ps_archive_total(archive));
    lua_newtable(L);
    for (size_t i = 0; i < ps_archive_count(archive); i++) {
        const ps_member *member = ps_archive_at(archive, i);
        lua_createtable(L, 0, 2);
        ps_set_text(L, "name", member->name);
        ps_set_uint(L, "size", member->size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "members");
}

/***
What a zip archive or a cabinet holds; nothing is unpacked.
@function archive
@string path
@tparam[opt] table options `limits`: numbers by name, as of `ps_limits` in poolsleuth.h
@treturn[1] table `total`, and `members`: 4,096 unless `limits` say otherwise, each `name` and `size`
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code` and `cause`, as of probe
*/
static int list_archive(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    ps_limits own;
    const ps_limits *limits = ps_check_limits(L, 2, &own);
    handle *h = push_handle(L);
    archive_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    ps_error err;

    box->it = NULL;
    luaL_setmetatable(L, OPEN_ARCHIVE);
    if (!open_path(L, h, path, &err) || !ps_archive_read_within(&box->it, h->it, limits, &err)) {
        let_go(h);
        return push_path_error(L, &err, path);
    }
    push_members(L, box->it);
    let_go(h);
    return 1;
}

/***
The bytes of a file.
@function read
@string path "-" is standard input
@int[opt=1073741824] limit more bytes than this are refused
@treturn[1] string
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code` and `cause`, as of probe
*/
static int read_path(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const lua_Integer limit = luaL_optinteger(L, 2, 1 << 30);
    handle *h;
    ps_error err;

    luaL_argcheck(L, limit >= 0, 2, "a limit is not negative");
    h = push_handle(L);
    if (!open_path(L, h, path, &err) || !push_content(L, h, (uint64_t)limit, &err)) {
        let_go(h);
        return push_path_error(L, &err, path);
    }
    let_go(h);
    return 1;
}

/***
SHA-256 of a file as 64 hex digits.
@function sha256
@string path
@treturn[1] string
@treturn[2] nil
@treturn[2] string what went wrong
@treturn[2] table `code` and `cause`, as of probe
*/
static int sha256(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    handle *h = push_handle(L);
    char hex[65];
    ps_error err;

    if (!open_path(L, h, path, &err) || !ps_source_sha256(h->it, hex, &err)) {
        let_go(h);
        return push_path_error(L, &err, path);
    }
    lua_pushstring(L, hex);
    let_go(h);
    return 1;
}

/***
SHA-256 of bytes as 64 hex digits.
@function sha256_of
@string bytes
@treturn string
*/
static int sha256_of(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    handle *h = push_handle(L);
    char hex[65];
    ps_error err;

    if (!ps_source_memory(&h->it, bytes, size, &err) || !ps_source_sha256(h->it, hex, &err)) {
        let_go(h);
        return ps_push_error(L, &err);
    }
    lua_pushstring(L, hex);
    return 1;
}

/***
Whether a file descriptor is a terminal.
@function is_terminal
@int fd 0, 1 or 2
@treturn boolean
*/
static int is_terminal(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/***
How many columns the terminal on standard output has; 80 if there is none.
@function columns
@treturn int
*/
static int columns(lua_State *L)
{
    struct winsize size = {0};
    int width = USUAL_COLUMNS;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= NARROWEST)
        width = size.ws_col < WIDEST ? size.ws_col : WIDEST;
    lua_pushinteger(L, width);
    return 1;
}

/***
How many processors are on line.
@function processors
@treturn int
*/
static int processors(lua_State *L)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    lua_pushinteger(L, count > 0 ? count : 1);
    return 1;
}

double ps_clock(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/***
Seconds of a clock that is never set back.
@function clock
@treturn number
*/
static int monotonic(lua_State *L)
{
    lua_pushnumber(L, ps_clock());
    return 1;
}

/***
Seconds since 1970.
@function time
@treturn int
*/
static int wall_time(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)time(NULL));
    return 1;
}

/* Standard input ends here: a read that begins after the signal would wait as if there had been none. */
static void note_interrupt(int signal_number)
{
    const int before = errno;

    (void)signal_number;
    interrupt_seen = 1;
    if (nothing >= 0)
        (void)dup2(nothing, STDIN_FILENO);
    errno = before;
}

/***
From now on the first Ctrl-C only asks to stop, and ends standard input; the second one kills as usual.
@function catch_interrupt
*/
static int catch_interrupt(lua_State *L)
{
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND};

    (void)L;
    if (nothing < 0)
        nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    return 0;
}

/***
Whether Ctrl-C was pressed since catch_interrupt.
@function interrupted
@treturn boolean
*/
static int interrupted(lua_State *L)
{
    lua_pushboolean(L, interrupt_seen != 0);
    return 1;
}

/***
The path of the running program.
@function executable
@treturn ?string nil where the system does not tell
*/
static int executable(lua_State *L)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    if (length <= 0 || (size_t)length == sizeof path)
        luaL_pushfail(L);
    else
        lua_pushlstring(L, path, (size_t)length);
    return 1;
}

/***
Whether the program has the rights of root.
@function is_root
@treturn boolean
*/
static int is_root(lua_State *L)
{
    lua_pushboolean(L, geteuid() == 0);
    return 1;
}

/***
How far readers go where nobody says otherwise: the limits of `ps_limits` in poolsleuth.h by name.
@function limits
@treturn table integers by name
*/
static int reader_limits(lua_State *L)
{
    ps_limits usual;

    ps_limits_default(&usual, sizeof usual);
    lua_createtable(L, 0, 64);
    for (unsigned i = 0; ps_limit_name(i) != NULL; i++)
        ps_set_int(L, ps_limit_name(i), (int64_t)*ps_limit_value(&usual, i));
    return 1;
}

int luaopen_poolsleuth_system(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"probe", probe},
        {"probe_of", probe_of},
        {"archive", list_archive},
        {"read", read_path},
        {"sha256", sha256},
        {"sha256_of", sha256_of},
        {"write_file", ps_lua_write_file},
        {"open_beside", ps_lua_open_beside},
        {"is_terminal", is_terminal},
        {"columns", columns},
        {"processors", processors},
        {"clock", monotonic},
        {"time", wall_time},
        {"catch_interrupt", catch_interrupt},
        {"interrupted", interrupted},
        {"executable", executable},
        {"is_root", is_root},
        {"limits", reader_limits},
        {NULL, NULL},
    };

    ps_new_class(L, OPEN_SOURCE, methods, source_close);
    ps_new_class(L, OPEN_ARCHIVE, methods, archive_close);
    luaL_newlib(L, functions);
    return 1;
}
