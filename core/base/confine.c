/* confine.c - give away what a process could do besides reading some files and computing. */
#include "base/confine.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights over files that the header of this kernel may not know yet; numbers of landlock(7). */
enum { TRUNCATE_RIGHT = 14, DEVICE_RIGHT = 15, NET_BIND = 0, NET_CONNECT = 1 };
enum { MOST_FILES = 256 };

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

/* What the ruleset takes from us, as later kernels extend it. */
typedef struct ruleset_rights {
    uint64_t files;
    uint64_t network;
} ruleset_rights;

static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static int create_ruleset(long version)
{
    ruleset_rights rights = {.files = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1};

    if (version >= 2)
        rights.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        rights.files |= UINT64_C(1) << TRUNCATE_RIGHT;
    if (version >= 5)
        rights.files |= UINT64_C(1) << DEVICE_RIGHT;
    if (version >= 4)
        rights.network = (UINT64_C(1) << NET_BIND) | (UINT64_C(1) << NET_CONNECT);
    return (int)syscall(SYS_landlock_create_ruleset, &rights,
                        version >= 4 ? sizeof rights : sizeof rights.files, 0);
}

/* A path that cannot be opened is not there for us now, nor later. */
static bool allow_reading(int ruleset, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = reading};
    struct stat about;
    bool ok;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return true;
    if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode))
        rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    (void)close(rule.parent_fd);
    return ok;
}

static bool confine_files(const ps_confinement *to, ps_error *err)
{
    const long version = landlock_version();
    int ruleset;
    bool ok = true;

    if (version < 1)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "this kernel has no Landlock");
    ruleset = create_ruleset(version);
    if (ruleset < 0)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "Landlock: %s", strerror(errno));
    for (size_t i = 0; ok && i < to->read_count; i++)
        ok = allow_reading(ruleset, to->read[i]);
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!ok)
        (void)ps_fail(err, PS_EIO, PS_NOWHERE, "Landlock: %s", strerror(errno));
    (void)close(ruleset);
    return ok;
}

/* A process that is over its soft limit is told which one; over the hard one it just dies. */
static bool limit(int what, uint64_t value)
{
    const struct rlimit given = {value, value + (what == RLIMIT_CPU)};

    return setrlimit((__rlimit_resource_t)what, &given) == 0;
}

static bool limit_resources(const ps_confinement *to, ps_error *err)
{
    const bool ok = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, MOST_FILES) &&
                    (to->memory_bytes == 0 || limit(RLIMIT_AS, to->memory_bytes)) &&
                    (to->processor_s == 0 || limit(RLIMIT_CPU, to->processor_s));

    return ok || ps_fail(err, PS_EIO, PS_NOWHERE, "limits cannot be set: %s", strerror(errno));
}

bool ps_confine(const ps_confinement *to, unsigned *layers, ps_error *err)
{
    ps_error why = {PS_OK, PS_NOWHERE, ""};

    *layers = 0;
    if (!limit_resources(to, err))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "privileges cannot be given up: %s",
                       strerror(errno));
    if (confine_files(to, &why))
        *layers |= PS_CONFINED_FILES;
    else if (why.code != PS_EUNSUPPORTED)
        return ps_fail(err, why.code, PS_NOWHERE, "%s", why.text);
    if (ps_confine_calls(&why))
        *layers |= PS_CONFINED_CALLS;
    else if (why.code != PS_EUNSUPPORTED)
        return ps_fail(err, why.code, PS_NOWHERE, "%s", why.text);
    return true;
}

#else

bool ps_confine(const ps_confinement *to, unsigned *layers, ps_error *err)
{
    (void)to;
    *layers = 0;
    return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "processes are not confined on this system");
}

#endif
