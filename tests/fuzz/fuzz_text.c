/* fuzz_text.c - any bytes as text evidence: nothing crashes, and what comes out keeps its promises. */
#include "poolsleuth.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_snapshot(const ps_snapshot *snapshot)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_text *text;

    if (!ps_text_parse(&text, data, size, NULL))
        return 0;
    if (ps_text_row_line_count(text) > ps_text_line_count(text))
        abort();
    for (size_t i = 0; i < ps_text_snapshot_count(text); i++)
        check_snapshot(ps_text_snapshot_at(text, i));
    for (size_t i = 0; i < ps_text_problem_count(text); i++) {
        const ps_problem *problem = ps_text_problem_at(text, i);
        if (problem->reason == NULL || (problem->offset != PS_NOWHERE && problem->offset > size))
            abort();
    }
    ps_text_close(text);
    return 0;
}
