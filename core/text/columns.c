/* columns.c - part a row of numbers whose columns run together, as in "51,231,80650,633,533".
 *
 * Tables lose their columns on the way through a web page.  Thousands separators then tell where
 * numbers end: three digits behind each.  Every way to part the digits is tried; only an answer
 * that is proved by the row's own arithmetic comes back.
 */
#include "text/columns.h"

#include <string.h>

enum { STEPS = 20000 };

/* One number on the way: where it starts, and the ways to end it that are left to try. */
typedef struct try_step {
    ps_span rest;    /* from its first digit */
    const char *end; /* of the way tried now; NULL before the first */
    uint64_t value;
    size_t groups; /* groups of three behind the first digits */
    size_t first;  /* digits before the first separator */
} try_step;

typedef struct try_all {
    try_step steps[PS_COLUMN_LIMIT];
    uint64_t best[PS_COLUMN_LIMIT];
    unsigned best_mark, ties;
    bool glued; /* a number may end where another begins: there are separators to tell */
    ps_columns_judge judge;
} try_all;

static size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;

    while (at + count < end && ps_is_digit(at[count]))
        count++;
    return count;
}

static bool is_separator(char c) { return c == ',' || c == '.' || c == '\'' || c == ' '; }

/* Behind first digits, does a group of three begin, with this separator? */
static const char *group_end(const char *at, const char *end, char separator)
{
    if (at == end || *at != separator || digits_at(at + 1, end) < 3)
        return NULL;
    return at + 4;
}

static bool may_end(const try_all *search, const char *at, const char *end)
{
    return at == end || *at == ' ' || (search->glued && ps_is_digit(*at));
}

/* Where the number ends that has `first` digits and `groups` groups; NULL if it cannot. */
static const char *try_end(const try_all *search, const try_step *step)
{
    const char *at = step->rest.at + step->first;
    const char *end = step->rest.end;
    const char *separator = at;

    if (step->groups > 0 && (at == end || step->first > 3 || !is_separator(*at)))
        return NULL;
    for (size_t i = 0; i < step->groups; i++) {
        at = group_end(at, end, *separator);
        if (at == NULL)
            return NULL;
    }
    return may_end(search, at, end) ? at : NULL;
}

static bool read_value(try_step *step)
{
    step->value = 0;
    for (const char *at = step->rest.at; at < step->end; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (!ps_is_digit(*at))
            continue;
        if (step->value > (UINT64_MAX - digit) / 10)
            return false;
        step->value = step->value * 10 + digit;
    }
    return true;
}

/* Move on to the next way to end this number; false when there is none left. */
static bool next_way(const try_all *search, try_step *step)
{
    const size_t run = digits_at(step->rest.at, step->rest.end);
    const size_t groups = (size_t)(step->rest.end - step->rest.at) / 4;
    const size_t longest = run > 0 && *step->rest.at == '0' ? 1 : run;

    while (step->first <= longest) {
        step->groups++;
        if (step->groups > groups || step->first == 0 || step->first > 3) {
            step->first++;
            step->groups = 0;
        }
        if (step->first > longest)
            break;
        step->end = try_end(search, step);
        if (step->end != NULL && read_value(step))
            return true;
    }
    return false;
}

static void judge(try_all *search, size_t wanted)
{
    uint64_t values[PS_COLUMN_LIMIT] = {0};
    unsigned mark;

    for (size_t i = 0; i < wanted; i++)
        values[i] = search->steps[i].value;
    mark = search->judge(values);
    if (mark == 0 || mark < search->best_mark)
        return;
    search->ties = mark == search->best_mark ? search->ties + 1 : 0;
    search->best_mark = mark;
    memcpy(search->best, values, sizeof values);
}

static ps_span behind(const try_step *step)
{
    ps_span rest = {step->end, step->rest.end};

    while (rest.at < rest.end && *rest.at == ' ')
        rest.at++;
    return rest;
}

bool ps_part_columns(ps_span span, size_t wanted, ps_columns_judge judge_values, uint64_t *values,
                     uint64_t *work_left)
{
    try_all search = {.judge = judge_values};
    size_t level = 0;
    uint64_t steps = *work_left < STEPS ? *work_left : STEPS;

    for (const char *at = span.at; at < span.end; at++)
        search.glued |= is_separator(*at) && *at != ' ';
    search.steps[0].rest = span;
    for (; steps > 0; steps--) {
        try_step *now = &search.steps[level];
        --*work_left;
        if (!next_way(&search, now)) {
            if (level-- == 0)
                break;
            continue;
        }
        if (level + 1 < wanted) {
            search.steps[level + 1] = (try_step){.rest = behind(now)};
            level++;
        } else if (now->end == span.end) {
            judge(&search, wanted);
        }
    }
    if (steps == 0 || search.best_mark == 0 || search.ties > 0)
        return false;
    memcpy(values, search.best, wanted * sizeof *values);
    return true;
}
