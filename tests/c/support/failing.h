/* failing.h - makes any one allocation of the code under test fail.
 *
 * Test programs are linked with malloc, calloc, realloc and free wrapped, so that every allocation
 * of the library (not those inside other shared libraries) is counted here and can be refused. */
#ifndef TESTS_SUPPORT_FAILING_H
#define TESTS_SUPPORT_FAILING_H

#include <stdbool.h>
#include <stddef.h>

/* What a failing allocation looks like. */
typedef enum failing_mode {
    FAIL_ONE,     /* the n-th allocation fails, the ones after it work */
    FAIL_ONWARDS, /* the n-th allocation and every one after it fail */
} failing_mode;

/* From now on allocation number n (from 0) fails.  All threads count together. */
void failing_arm(long n, failing_mode mode);

/* Nothing fails any more.  True if an allocation was refused since failing_arm. */
bool failing_disarm(void);

/* Blocks that were allocated and not freed. */
long failing_live(void);

/* realloc that neither counts nor fails. */
void *failing_exempt_realloc(void *block, size_t size);

/* Does what is to be tested and gives everything back.  Returns whether it succeeded; a failure for
 * another reason than memory is the scenario's to assert against. */
typedef bool (*failing_scenario)(void *context);

/* Run the scenario with every allocation refused in turn, in both modes, until it runs through; fail
 * the test if blocks are left behind.  Past the first thousand allocations, steps grow with n.
 * Returns how many refusals it survived. */
long failing_each(failing_scenario scenario, void *context);

#endif
