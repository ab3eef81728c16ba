/* text_support.h - what the tests of the text readers share. */
#ifndef TESTS_TEXT_SUPPORT_H
#define TESTS_TEXT_SUPPORT_H

#include "poolsleuth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline ps_text *parse(const char *bytes)
{
    ps_text *text = NULL;
    ps_error err;

    assert_true(ps_text_parse(&text, bytes, strlen(bytes), &err));
    assert_non_null(text);
    return text;
}

static inline ps_tag tag_of(const char *four)
{
    const unsigned char *byte = (const unsigned char *)four;

    return (ps_tag)byte[0] | (ps_tag)byte[1] << 8 | (ps_tag)byte[2] << 16 | (ps_tag)byte[3] << 24;
}

static inline const ps_row *row_at(const ps_text *text, size_t snapshot, size_t index)
{
    const ps_row *row;

    assert_true(snapshot < ps_text_snapshot_count(text));
    row = ps_snapshot_at(ps_text_snapshot_at(text, snapshot), index);
    assert_non_null(row);
    return row;
}

static inline size_t rows_of(const ps_text *text, size_t snapshot)
{
    assert_true(snapshot < ps_text_snapshot_count(text));
    return ps_snapshot_count(ps_text_snapshot_at(text, snapshot));
}

static inline uint64_t memory_of(const ps_text *text, size_t snapshot, ps_memory_field field)
{
    uint64_t value = UINT64_MAX;

    assert_true(snapshot < ps_text_snapshot_count(text));
    assert_true(ps_snapshot_memory(ps_text_snapshot_at(text, snapshot), field, &value));
    return value;
}

static inline size_t problems_of(const ps_text *text, ps_severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < ps_text_problem_count(text); i++)
        count += ps_text_problem_at(text, i)->severity == severity;
    return count;
}

/* The reason of the only problem of this severity. */
static inline const char *reason_of(const ps_text *text, ps_severity severity)
{
    assert_int_equal(problems_of(text, severity), 1);
    for (size_t i = 0;; i++)
        if (ps_text_problem_at(text, i)->severity == severity)
            return ps_text_problem_at(text, i)->reason;
}

#endif
