/* failing.c - wrappers around malloc and free that count, and refuse when armed. */
#include "support/failing.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EVERY_ONE = 1000, COARSE = 50 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_long left = LONG_MAX;
static atomic_long live;
static atomic_bool refused;
static atomic_int how;

static bool refuse(void)
{
    long n = atomic_fetch_sub(&left, 1);

    if (n > 0 || (n < 0 && atomic_load(&how) == FAIL_ONE))
        return false;
    atomic_store(&refused, true);
    return true;
}

static void *count(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&live, 1);
    return block;
}

void *__wrap_malloc(size_t size) { return refuse() ? NULL : count(__real_malloc(size)); }

void *__wrap_calloc(size_t n, size_t size)
{
    return refuse() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (refuse())
        return NULL;
    if (block == NULL)
        return count(__real_realloc(NULL, size));
    return __real_realloc(block, size);
}

void __wrap_free(void *block)
{
    if (block != NULL)
        atomic_fetch_sub(&live, 1);
    __real_free(block);
}

void *failing_exempt_realloc(void *block, size_t size) { return __real_realloc(block, size); }

void failing_arm(long n, failing_mode mode)
{
    atomic_store(&how, (int)mode);
    atomic_store(&refused, false);
    atomic_store(&left, n);
}

bool failing_disarm(void)
{
    atomic_store(&left, LONG_MAX);
    return atomic_load(&refused);
}

long failing_live(void) { return atomic_load(&live); }

static long each_in_mode(failing_scenario scenario, void *context, failing_mode mode)
{
    long survived = 0;

    for (long n = 0;; n += n < EVERY_ONE ? 1 : n / COARSE) {
        long before = failing_live();
        bool worked, hit;

        failing_arm(n, mode);
        worked = scenario(context);
        hit = failing_disarm();
        if (failing_live() != before)
            fail_msg("allocation %ld refused: %ld blocks are left behind", n,
                     failing_live() - before);
        if (!hit) {
            assert_true(worked);
            return survived;
        }
        survived++;
    }
}

long failing_each(failing_scenario scenario, void *context)
{
    return each_in_mode(scenario, context, FAIL_ONE) +
           each_in_mode(scenario, context, FAIL_ONWARDS);
}
