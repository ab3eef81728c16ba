/* hang.c - see hang.h. */
#include "support/hang.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { SECONDS = 2, WRAPPED_SECONDS = 100 };

static char doing[256];

static void too_slow(int signal)
{
    static const char takes[] = ": takes over two seconds\n";

    (void)signal;
    (void)!write(STDERR_FILENO, doing, strlen(doing));
    (void)!write(STDERR_FILENO, takes, sizeof takes - 1);
    _exit(1);
}

static void wait_for(int seconds)
{
    const struct itimerval limit = {.it_value.tv_sec = seconds};

    (void)setitimer(ITIMER_PROF, &limit, NULL);
}

void hang_restart(void)
{
    wait_for(getenv("POOLSLEUTH_WRAPPER") != NULL ? WRAPPED_SECONDS : SECONDS);
}

void hang_over(void) { wait_for(0); }

void hang_doing(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(doing, sizeof doing, format, arguments);
    va_end(arguments);
    hang_restart();
}

void hang_watch(void) { (void)signal(SIGPROF, too_slow); }
