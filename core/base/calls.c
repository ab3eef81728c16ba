/* calls.c - a seccomp filter that lets a process read files, compute and answer, and nothing else.
 *
 * The format of the filter: seccomp(2) and linux/seccomp.h.
 */
#include "base/confine.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#else
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* Where the lower half of an argument lies. */
static size_t low_word(size_t argument)
{
    return offsetof(struct seccomp_data, args) + 8 * argument;
}

enum { MOST_STEPS = 256 };

typedef struct program {
    struct sock_filter steps[MOST_STEPS];
    unsigned short count;
} program;

static const int allowed[] = {
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_getdents64,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_getcwd,
    SYS_fadvise64,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_gettid,
    SYS_getpid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrusage,
    SYS_uname,
    SYS_sysinfo,
    SYS_dup,
    SYS_dup3,
    SYS_ppoll,
    SYS_pselect6,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_getrandom,
    SYS_membarrier,
#if defined(__x86_64__)
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_poll,
    SYS_select,
    SYS_dup2,
    SYS_arch_prctl,
    SYS_time,
#endif
};

static void add(program *p, unsigned code, unsigned k, unsigned char yes, unsigned char no)
{
    p->steps[p->count++] = (struct sock_filter){(unsigned short)code, yes, no, k};
}

static void load(program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void give(program *p, unsigned answer) { add(p, BPF_RET | BPF_K, answer, 0, 0); }

static void allow(program *p, int number)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1);
    give(p, SECCOMP_RET_ALLOW);
}

/* Allow a call whose argument has one of these values. */
static void allow_values(program *p, int number, size_t argument, const unsigned *values,
                         unsigned char count)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, (unsigned char)(3 + count));
    load(p, low_word(argument));
    for (unsigned char i = 0; i < count; i++)
        add(p, BPF_JMP | BPF_JEQ | BPF_K, values[i], (unsigned char)(count - i), 0);
    give(p, REFUSE);
    give(p, SECCOMP_RET_ALLOW);
}

/* Opening is for reading: nothing is written, created or cut where Landlock is missing, too. */
static void allow_reading(program *p, int number, size_t flags)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 4);
    load(p, low_word(flags));
    add(p, BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 0, 1);
    give(p, REFUSE);
    give(p, SECCOMP_RET_ALLOW);
}

/* A thread is a clone that shares all; a process is one that does not. */
static void allow_threads(program *p)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
    give(p, SECCOMP_RET_ERRNO | ENOSYS); /* its flags lie in memory; libc then asks clone */
    add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
    load(p, low_word(0));
    add(p, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
    give(p, SECCOMP_RET_ALLOW);
    give(p, REFUSE);
}

static void build(program *p)
{
    static const unsigned terminal[] = {TCGETS, TIOCGWINSZ};
    static const unsigned descriptor[] = {F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_OFD_SETLK};
    const unsigned self[] = {(unsigned)getpid()};

    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0);
    give(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        allow(p, allowed[i]);
#if defined(__x86_64__)
    allow_reading(p, SYS_open, 1);
#endif
    allow_reading(p, SYS_openat, 2);
    allow_threads(p);
    allow_values(p, SYS_ioctl, 1, terminal, 2);
    allow_values(p, SYS_fcntl, 1, descriptor, 6);
    allow_values(p, SYS_tgkill, 0, self, 1); /* a program may end itself by a signal */
    give(p, REFUSE);
}

bool ps_confine_calls(ps_error *err)
{
    program p = {.count = 0};
    struct sock_fprog filter;

    build(&p);
    filter = (struct sock_fprog){.len = p.count, .filter = p.steps};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
        return ps_fail(err, errno == EINVAL ? PS_EUNSUPPORTED : PS_EIO, PS_NOWHERE,
                       "the kernel takes no filter of calls: %s", strerror(errno));
    return true;
}

#else

bool ps_confine_calls(ps_error *err)
{
    return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "calls are not filtered on this system");
}

#endif
