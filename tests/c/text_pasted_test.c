/* text_pasted_test.c - tables that lost their lines, their digits or half a row on the way. */
#include "text_support.h"

#include <stdio.h>

#define HEADER "Tag Type Allocs Frees Diff Bytes Per Alloc"

static void one_line_of_many_pieces_gives_every_row(void **state)
{
    enum { ROWS = 60000, ROOM = 64 };
    char *bytes = malloc((size_t)ROWS * ROOM);
    size_t size;
    ps_text *text;
    (void)state;

    assert_non_null(bytes);
    size = (size_t)sprintf(bytes, HEADER);
    for (unsigned i = 0; i < ROWS; i++)
        size += (size_t)sprintf(bytes + size, " %04x Nonp %u %u 60 2880 48", i, i + 60, i);
    text = parse(bytes);
    assert_int_equal(rows_of(text, 0), ROWS);
    assert_int_equal(row_at(text, 0, ROWS - 1)->frees, ROWS - 1);
    assert_int_equal(row_at(text, 0, ROWS - 1)->tag, tag_of("ea5f"));
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    assert_int_equal(ps_text_row_line_count(text), 1);
    ps_text_close(text);
    free(bytes);
}

static void parts_of_a_row_are_joined_and_two_readings_are_ambiguous(void **state)
{
    ps_text *text = parse(HEADER "\nEven Nonp 12 11 1\n64 64\nLast Nonp 10 5 5 80 16\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(row_at(text, 0, 0)->bytes, 64);
    assert_int_equal(row_at(text, 0, 0)->line, 2);
    ps_text_close(text);
    text = parse(HEADER "\nTwo  Nonp 12 1 1 1 0 0\n");
    assert_int_equal(problems_of(text, PS_AMBIGUOUS), 1);
    assert_int_equal(ps_text_snapshot_count(text), 0);
    ps_text_close(text);
}

static void a_broken_row_that_nothing_continues_is_refused_at_its_own_line(void **state)
{
    ps_text *text = parse(HEADER "\nEven Nonp 12 11 1\nLast Nonp 10 5 5 80 16\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 1);
    assert_string_equal(reason_of(text, PS_REFUSED), "the row ends before Bytes");
    assert_int_equal(ps_text_problem_at(text, 0)->line, 2);
    ps_text_close(text);
}

static void a_last_number_that_may_be_two_is_no_row_that_was_cut(void **state)
{
    ps_text *text = parse(HEADER "\nEven Nonp 100 40 60 288048\nCuts Nonp 100 40 60 2880\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("Cuts"));
    assert_int_equal(row_at(text, 0, 0)->known & PS_KNOW_PER_ALLOC, 0);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

static void a_row_that_is_the_sum_of_the_others_is_no_row(void **state)
{
    ps_text *text = parse("!poolused\n Tag Allocs Used Allocs Used\n Aaaa 1 16 2 32\n"
                          " Aaab 2 32 0 0\n TOTL 3 48 2 32\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 3);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

static void prose_behind_a_table_of_cells_is_left_alone(void **state)
{
    ps_text *text =
        parse("Tag\nType\nAllocs\nFrees\nDiff\nBytes\nPer Alloc\nEven\nNonp\n100\n40\n60\n"
              "2880\n48\nWhat is this?\n 0: kd> !vm\nNonPagedPool Usage: 10 ( 40 Kb)\n");
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 2);
    assert_int_equal(rows_of(text, 0), 1);
    assert_null(row_at(text, 0, 0)->note);
    assert_int_equal(memory_of(text, 1, PS_MEM_NONPAGED), 40960);
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    ps_text_close(text);
}

static void separators_of_home_made_tables_are_told_by_other_rows(void **state)
{
    ps_text *text = parse("Tag NP_KB\nAaaa 1,024\nAaab 1,5\nAaac 1,024\n");
    (void)state;

    assert_int_equal(problems_of(text, PS_AMBIGUOUS), 1);
    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(row_at(text, 0, 0)->bytes, 1536);
    assert_int_equal(row_at(text, 0, 1)->bytes, 1049);
    ps_text_close(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_of_many_pieces_gives_every_row),
        cmocka_unit_test(parts_of_a_row_are_joined_and_two_readings_are_ambiguous),
        cmocka_unit_test(a_broken_row_that_nothing_continues_is_refused_at_its_own_line),
        cmocka_unit_test(a_last_number_that_may_be_two_is_no_row_that_was_cut),
        cmocka_unit_test(a_row_that_is_the_sum_of_the_others_is_no_row),
        cmocka_unit_test(prose_behind_a_table_of_cells_is_left_alone),
        cmocka_unit_test(separators_of_home_made_tables_are_told_by_other_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
