/* hang.h - a test program that spends two seconds of the processor on one input ends, and says on which.
 * Under valgrind, or what else POOLSLEUTH_WRAPPER names, it has fifty times as long. */
#ifndef TESTS_SUPPORT_HANG_H
#define TESTS_SUPPORT_HANG_H

/* Called once, at the start. */
void hang_watch(void);

/* What comes now, for the message, as printf has it; the two seconds begin anew. */
void hang_doing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The two seconds begin anew. */
void hang_restart(void);

/* What comes may take as long as it likes. */
void hang_over(void);

#endif
