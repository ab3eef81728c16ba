/* one_core.h - a machine of one processor: to start threads takes longer than what is fuzzed.  Programs are
 * linked with --wrap=sysconf. */
#ifndef TESTS_FUZZ_ONE_CORE_H
#define TESTS_FUZZ_ONE_CORE_H

#include <unistd.h>

long __real_sysconf(int name); /* NOLINT: the linker's name */
long __wrap_sysconf(int name); /* NOLINT */

long __wrap_sysconf(int name) /* NOLINT */
{
    return name == _SC_NPROCESSORS_ONLN ? 1 : __real_sysconf(name);
}

#endif
