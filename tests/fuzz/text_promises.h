/* text_promises.h - what a text that was read keeps, whatever was in it: numbers that hold together, and the
 * same story through any window. */
#ifndef TESTS_FUZZ_TEXT_PROMISES_H
#define TESTS_FUZZ_TEXT_PROMISES_H

#include "text_describe.h"

#include "text/walk.h"

#include <string.h>

static inline void check_snapshot(const ps_snapshot *snapshot)
{
    uint32_t first, last;

    ps_snapshot_lines(snapshot, &first, &last);
    if (first == 0 || last < first)
        abort();
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
        const ps_row *row = ps_snapshot_at(snapshot, i);
        if (row->known == 0 || row->line < first || row->line > last ||
            row->session < PS_ALL_SESSIONS)
            abort();
    }
}

static inline void check_text(const ps_text *text, size_t size)
{
    if (ps_text_row_line_count(text) > ps_text_line_count(text))
        abort();
    for (size_t i = 0; i < ps_text_snapshot_count(text); i++)
        check_snapshot(ps_text_snapshot_at(text, i));
    for (size_t i = 0; i < ps_text_problem_count(text); i++) {
        const ps_problem *problem = ps_text_problem_at(text, i);
        if (problem->reason == NULL || (problem->offset != PS_NOWHERE && problem->offset > size))
            abort();
    }
}

static inline char *read_through(ps_source *source, const ps_window *window)
{
    ps_text *text;
    char *story;

    if (!ps_text_read_windows(&text, source, window, NULL, NULL))
        return NULL;
    check_text(text, (size_t)ps_source_size(source));
    story = describe(text, true, true);
    ps_text_close(text);
    return story;
}

static inline void check_same(ps_source *source, const ps_window *one, const ps_window *other)
{
    char *first = read_through(source, one);
    char *second = read_through(source, other);

    if (first == NULL || second == NULL || strcmp(first, second) != 0) {
        (void)fprintf(stderr, "--- through one window\n%s--- through another\n%s", shown(first),
                      shown(second));
        abort();
    }
    free(first);
    free(second);
}

#endif
