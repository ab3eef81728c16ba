/* base_confine_test.c - what native code can still do in a confined process: read what was named, compute
 * and answer.  Each attempt runs in a child of its own, as after a hole in the interpreter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "poolsleuth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__) && defined(__x86_64__)

enum { HELD, ESCAPED, NOT_CONFINED, X32 = 0x40000000 };

static char folder[] = "/tmp/poolsleuth-confine-XXXXXX";
static char readable[64], secret[64], created[64];

typedef struct attempt {
    const char *name;
    bool (*got)(void); /* true where it succeeded */
} attempt;

static bool opened(const char *path, int flags) { return open(path, flags, 0600) >= 0; }

static bool reads_another_file(void) { return opened(secret, O_RDONLY); }
static bool reads_a_path_above(void)
{
    return chdir("/") == 0 || opened("../../etc/passwd", O_RDONLY);
}
static bool reads_its_memory(void) { return opened("/proc/self/mem", O_RDWR); }
static bool reads_its_environment(void) { return opened("/proc/self/environ", O_RDONLY); }
static bool reads_the_parent(void)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/mem", (long)getppid());
    return opened(path, O_RDONLY);
}
static bool opens_a_descriptor_again(void) { return opened("/proc/self/fd/0", O_RDONLY); }
static bool writes_what_it_reads(void) { return opened(readable, O_RDWR); }
static bool appends(void) { return opened(readable, O_WRONLY | O_APPEND); }
static bool cuts(void)
{
    return opened(readable, O_RDONLY | O_TRUNC) || truncate(readable, 0) == 0;
}
static bool creates(void) { return opened(created, O_RDONLY | O_CREAT); }
static bool creates_without_a_name(void) { return opened(folder, O_WRONLY | O_TMPFILE); }
static bool makes_a_folder(void) { return mkdir(created, 0700) == 0; }
static bool makes_a_pipe(void) { return mkfifo(created, 0600) == 0; }
static bool links(void) { return link(readable, created) == 0 || symlink(secret, created) == 0; }
static bool renames(void) { return rename(readable, created) == 0; }
static bool removes(void) { return unlink(readable) == 0; }
static bool opens_another_way(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};

    return syscall(SYS_openat2, AT_FDCWD, secret, how, sizeof how) >= 0;
}
static bool makes_a_ring(void)
{
    char parameters[256] = {0};

    return syscall(SYS_io_uring_setup, 4, parameters) >= 0;
}
static bool traces(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }
static bool attaches(void) { return ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0; }
static bool reads_across(void)
{
    long word;
    struct {
        void *base;
        size_t size;
    } mine = {&word, sizeof word}, theirs = {&word, sizeof word};

    return syscall(SYS_process_vm_readv, getppid(), &mine, 1, &theirs, 1, 0) >= 0;
}
static bool makes_a_file_of_memory(void) { return syscall(SYS_memfd_create, "x", 0) >= 0; }
static bool runs_a_program(void)
{
    char *const words[] = {NULL};

    return execve("/bin/true", words, words) == 0;
}
static bool runs_by_descriptor(void)
{
    char *const words[] = {NULL};

    return syscall(SYS_execveat, open(readable, O_RDONLY), "", words, words, AT_EMPTY_PATH) == 0;
}
static bool forks(void) { return syscall(SYS_fork) >= 0 || syscall(SYS_vfork) >= 0; }
static bool clones(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }
static bool clones_anew(void)
{
    uint64_t how[8] = {0, 0, 0, 0, SIGCHLD, 0, 0, 0};

    return syscall(SYS_clone3, how, sizeof how) >= 0;
}
static bool becomes_root_of_its_own(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool raises_its_limits(void)
{
    const struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

    return setrlimit(RLIMIT_CPU, &more) == 0 || prlimit(0, RLIMIT_AS, &more, NULL) == 0;
}
static bool kills_the_parent(void)
{
    return kill(getppid(), 0) == 0 || syscall(SYS_tgkill, getppid(), getppid(), 0) == 0 ||
           syscall(SYS_tkill, getppid(), 0) == 0 || syscall(SYS_pidfd_open, getppid(), 0) >= 0;
}
static bool connects(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ||
           socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}
static bool types_for_the_user(void)
{
    return ioctl(0, TIOCSTI, "x") == 0 || ioctl(0, TIOCSCTTY, 0) == 0;
}
static bool takes_the_filter_off(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0 || prctl(PR_SET_PDEATHSIG, 0) == 0;
}
static bool becomes_another(void) { return setuid(1) == 0 || setgid(1) == 0; }
static bool mounts(void)
{
    return syscall(SYS_mount, "/", folder, "", 4096, 0) == 0 || chroot(folder) == 0;
}
static bool changes_rights(void)
{
    return chmod(readable, 0777) == 0 || chown(readable, 1, 1) == 0;
}
static bool watches(void)
{
    return syscall(SYS_inotify_init1, 0) >= 0 || syscall(SYS_fanotify_init, 0, 0) >= 0;
}
static bool asks_the_kernel(void)
{
    return syscall(SYS_bpf, 0, NULL, 0) >= 0 ||
           syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) >= 0 ||
           syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0 || syscall(SYS_userfaultfd, 0) >= 0;
}
static bool shares_memory(void) { return syscall(SYS_shmget, 0, 4096, 01600) >= 0; }
static bool calls_in_another_style(void)
{
    return syscall(SYS_getpid | X32) > 0 || syscall(SYS_open | X32, secret, O_RDONLY) >= 0;
}
static bool calls_as_32_bit(void)
{
    long answer;

    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(20L) : "memory"); /* getpid of i386 */
    return answer > 0;
}

static const attempt attempts[] = {
    {"another file", reads_another_file},
    {"a path above", reads_a_path_above},
    {"its own memory as a file", reads_its_memory},
    {"its environment as a file", reads_its_environment},
    {"the parent's memory", reads_the_parent},
    {"a descriptor opened again", opens_a_descriptor_again},
    {"writing what it may read", writes_what_it_reads},
    {"appending", appends},
    {"cutting", cuts},
    {"a new file", creates},
    {"a new file without a name", creates_without_a_name},
    {"a new folder", makes_a_folder},
    {"a named pipe", makes_a_pipe},
    {"a link", links},
    {"renaming", renames},
    {"removing", removes},
    {"openat2", opens_another_way},
    {"io_uring", makes_a_ring},
    {"being traced", traces},
    {"tracing the parent", attaches},
    {"reading the parent", reads_across},
    {"memfd", makes_a_file_of_memory},
    {"another program", runs_a_program},
    {"another program by descriptor", runs_by_descriptor},
    {"fork", forks},
    {"clone", clones},
    {"clone3", clones_anew},
    {"a user namespace", becomes_root_of_its_own},
    {"higher limits", raises_its_limits},
    {"a signal to the parent", kills_the_parent},
    {"a socket", connects},
    {"typing into the terminal", types_for_the_user},
    {"taking the filter off", takes_the_filter_off},
    {"another user", becomes_another},
    {"a mount", mounts},
    {"other rights", changes_rights},
    {"watching files", watches},
    {"interfaces of the kernel", asks_the_kernel},
    {"shared memory", shares_memory},
    {"calls of x32", calls_in_another_style},
    {"calls of i386", calls_as_32_bit},
};

/* Which layers there were, as a child that is not to escape sees them. */
static int confined(bool (*got)(void), unsigned wanted)
{
    const char *const paths[] = {readable, "/no/such/file"};
    const ps_confinement to = {.read = paths, .read_count = 2, .processor_s = 5};
    unsigned layers;

    if (!ps_confine(&to, &layers, NULL) || (layers & wanted) != wanted)
        return NOT_CONFINED;
    if (open(readable, O_RDONLY) < 0)
        return NOT_CONFINED;
    return got() ? ESCAPED : HELD;
}

/* As on a kernel without Landlock: the calls are refused by a filter of our own. */
static bool hide_landlock(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

static int outcome(bool (*got)(void), bool with_landlock)
{
    int status = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (!with_landlock && !hide_landlock())
            _exit(NOT_CONFINED);
        _exit(confined(got,
                       with_landlock ? PS_CONFINED_FILES | PS_CONFINED_CALLS : PS_CONFINED_CALLS));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : HELD; /* killed is held */
}

static bool has_landlock(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1; }

static bool nothing(void) { return false; }

static void native_code_gets_nowhere(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    assert_int_equal(outcome(nothing, true), HELD);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (outcome(attempts[i].got, true) != HELD)
            fail_msg("%s: not refused", attempts[i].name);
}

static bool is_reading(bool (*got)(void))
{
    return got == reads_another_file || got == reads_a_path_above || got == reads_its_environment ||
           got == reads_the_parent || got == opens_a_descriptor_again;
}

static void without_landlock_files_are_read_and_nothing_else(void **state)
{
    (void)state;
    if (getenv("POOLSLEUTH_WRAPPER") != NULL)
        skip(); /* valgrind would be confined, too */
    assert_int_equal(outcome(reads_another_file, false), ESCAPED);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (!is_reading(attempts[i].got) && outcome(attempts[i].got, false) != HELD)
            fail_msg("%s: not refused", attempts[i].name);
}

static bool write_file(const char *path)
{
    FILE *file = fopen(path, "w");

    return file != NULL && fputs("bytes", file) >= 0 && fclose(file) == 0;
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(readable, sizeof readable, "%s/readable", folder);
    (void)snprintf(secret, sizeof secret, "%s/secret", folder);
    (void)snprintf(created, sizeof created, "%s/created", folder);
    return write_file(readable) && write_file(secret) ? 0 : 1;
}

static int remove_folder(void **state)
{
    struct stat about;
    const bool untouched =
        stat(readable, &about) == 0 && about.st_size == 5 && access(created, F_OK) != 0;

    (void)state;
    (void)unlink(readable);
    (void)unlink(secret);
    (void)rmdir(folder);
    return untouched ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(native_code_gets_nowhere),
        cmocka_unit_test(without_landlock_files_are_read_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static void no_such_system(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_such_system)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
