/* limits_support.h - a limit, an input that comes up to it, and what is asked of both: at n nothing is
 * told, at n - 1 the limit is told by its name. */
#ifndef TESTS_LIMITS_SUPPORT_H
#define TESTS_LIMITS_SUPPORT_H

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct trial {
    const char *limit;
    /* Read the input within limits: is a limit told by this name? */
    bool (*told)(const ps_limits *limits, const char *name);
    uint64_t n; /* what the input needs; 0: to be found out */
} trial;

static inline unsigned limit_of(const char *name)
{
    for (unsigned i = 0; ps_limit_name(i) != NULL; i++)
        if (strcmp(ps_limit_name(i), name) == 0)
            return i;
    fail_msg("there is no limit %s", name);
    return 0;
}

static inline bool told_at(const trial *t, uint64_t value)
{
    ps_limits limits = {.size = sizeof limits};

    *ps_limit_value(&limits, limit_of(t->limit)) = value;
    return t->told(&limits, t->limit);
}

/* The least value at which nothing is told. */
static inline uint64_t find_need(const trial *t)
{
    ps_limits usual;
    uint64_t low = 1, high;

    ps_limits_default(&usual, sizeof usual);
    high = *ps_limit_value(&usual, limit_of(t->limit));
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (told_at(t, middle))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline void obeys(const trial *t)
{
    const uint64_t n = t->n != 0 ? t->n : find_need(t);

    if (n < 2)
        fail_msg("%s: the input needs too little to be cut", t->limit);
    if (told_at(t, 0) || told_at(t, n))
        fail_msg("%s: told at the default, or at %llu", t->limit, (unsigned long long)n);
    if (!told_at(t, n - 1))
        fail_msg("%s: not told at %llu", t->limit, (unsigned long long)n - 1);
}

/* Is each limit tried whose name begins so, and does each trial hold? */
static inline void all_obey(const trial *trials, size_t count, const char *const *beginnings)
{
    for (unsigned i = 0; ps_limit_name(i) != NULL; i++) {
        bool wanted = false, tried = false;
        for (const char *const *at = beginnings; *at != NULL; at++)
            wanted = wanted || strncmp(ps_limit_name(i), *at, strlen(*at)) == 0;
        for (size_t k = 0; k < count; k++)
            tried = tried || strcmp(trials[k].limit, ps_limit_name(i)) == 0;
        if (wanted && !tried)
            fail_msg("%s is not tried", ps_limit_name(i));
    }
    for (size_t k = 0; k < count; k++)
        obeys(&trials[k]);
}

static inline bool names_limit(const char *text, const char *name)
{
    char wanted[80];

    (void)snprintf(wanted, sizeof wanted, "limit %s)", name);
    return strstr(text, wanted) != NULL;
}

static inline bool fails_at(bool done, const ps_error *err, const char *name)
{
    if (done)
        return false;
    assert_true(err->code != PS_ELIMIT || names_limit(err->text, name));
    return err->code == PS_ELIMIT;
}

#endif
