/* text_poolmon_test.c - poolmon's screen and -n files, as written and as pasted. */
#include "text_support.h"

#define MEMORY                                                                                     \
    " Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n"          \
    " Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:1023400K P:1955448K\n"
#define HEADER " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"

static void a_snapshot_file_is_whole_with_its_totals(void **state)
{
    ps_text *text = parse("\n" MEMORY "\n" HEADER "\n"
                          " Io   Nonp    1021112            1020985               127   91912      "
                          "      723 \n"
                          " Key  Paged    954821             953979               842   87528      "
                          "      103 \n");
    const ps_snapshot *snapshot = ps_text_snapshot_at(text, 0);
    uint32_t first, last;
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 1);
    assert_int_equal(ps_text_problem_count(text), 0);
    assert_string_equal(ps_snapshot_origin(snapshot), "poolmon -n");
    assert_int_equal(ps_snapshot_scope(snapshot), PS_SCOPE_WHOLE);
    assert_int_equal(memory_of(text, 0, PS_MEM_PHYSICAL), UINT64_C(33473120) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_AVAILABLE), UINT64_C(20055132) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_PAGE_FAULTS), 5);
    assert_int_equal(memory_of(text, 0, PS_MEM_KERNEL_RESIDENT), 10444 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_PAGED_RESIDENT), UINT64_C(1843072) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_NONPAGED), UINT64_C(1023400) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_PAGED), UINT64_C(1955448) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_COMMIT_PEAK), UINT64_C(16677444) * 1024);
    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("Io  "));
    assert_int_equal(row_at(text, 0, 0)->known, PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF |
                                                    PS_KNOW_BYTES | PS_KNOW_PER_ALLOC);
    assert_int_equal(row_at(text, 0, 1)->pool, PS_POOL_PAGED);
    assert_int_equal(row_at(text, 0, 1)->bytes, 87528);
    assert_int_equal(row_at(text, 0, 1)->line, 8);
    assert_int_equal(ps_text_row_line_count(text), 2);
    ps_snapshot_lines(snapshot, &first, &last);
    assert_int_equal(first, 2);
    assert_int_equal(last, 8);
    ps_text_close(text);
}

static void a_screen_has_changes_sessions_and_drivers(void **state)
{
    ps_text *text = parse(MEMORY " Session 3 pool information\n" HEADER "\n"
                                 " Dh 1 Paged        24 (-10)        22(   7)       2     272 ( "
                                 "-512)    136 [a.sys  -  x][b.sys]\n"
                                 " GTmp Paged     88876 (   1)     88876 (   1)        0       0 "
                                 "(     0)      0 Unknown Driver\n");
    const ps_row *row = row_at(text, 0, 0);
    (void)state;

    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 0)), "poolmon");
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_PART);
    assert_int_equal(row->tag, tag_of("Dh 1"));
    assert_int_equal(row->session, 3);
    assert_int_equal(row->delta_allocs, -10);
    assert_int_equal(row->delta_frees, 7);
    assert_int_equal(row->delta_bytes, -512);
    assert_string_equal(row->note, "[a.sys  -  x][b.sys]");
    assert_string_equal(row_at(text, 0, 1)->note, "Unknown Driver");
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void titles_name_the_sessions(void **state)
{
    ps_text *text =
        parse(MEMORY " All sessions pool information\n" HEADER
                     " Bmfd Paged 361 336 25 57832 2313\n" MEMORY
                     " System pool information\n" HEADER " Bmfd Paged 361 336 25 57832 2313\n");
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 2);
    assert_int_equal(row_at(text, 0, 0)->session, PS_ALL_SESSIONS);
    assert_int_equal(row_at(text, 1, 0)->session, PS_NO_SESSION);
    ps_text_close(text);
}

static void blanks_before_and_in_a_tag_count_where_columns_prove_them(void **state)
{
    ps_text *text = parse(HEADER "   rx Nonp 3 0 3 1248 416\n"
                                 "      Nonp 1 0 1 16 16\n"
                                 " Nonp Nonp 1 0 1 16 16\n"
                                 " a    Paged 1 0 1 16 16\n"
                                 "## Tag   Type     Allocs   Frees   Diff    Bytes   Per Alloc\n\n"
                                 "CM       Paged     1283  ( 0)    1002  ( 0)     281    1377312   "
                                 "( 0)    4901\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("  rx"));
    assert_int_equal(row_at(text, 0, 1)->tag, tag_of("    "));
    assert_int_equal(row_at(text, 0, 2)->tag, tag_of("Nonp"));
    assert_int_equal(row_at(text, 0, 3)->tag, tag_of("a   "));
    assert_int_equal(row_at(text, 1, 0)->tag, tag_of("CM  "));
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void contradicting_numbers_are_kept_and_quoted(void **state)
{
    ps_text *text =
        parse("Tag Type Allocs Frees Diff Bytes Per Alloc\n"
              "Even Nonp 51,231,806 50,633,533 684,922 32,878,688 48\nand prose behind it\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->flags, PS_ROW_DIFF_MISMATCH | PS_ROW_UNCONFIRMED);
    assert_int_equal(row_at(text, 0, 0)->allocs, 51231806);
    assert_string_equal(
        reason_of(text, PS_FLAGGED),
        "Allocs - Frees is 598,273 but Diff says 684,922; Bytes / Diff floors to 48 "
        "= Per Alloc, which supports Diff");
    ps_text_close(text);
    text = parse(HEADER " Even Nonp 10 5 6 60 7\n");
    assert_int_equal(row_at(text, 0, 0)->flags,
                     PS_ROW_DIFF_MISMATCH | PS_ROW_PER_ALLOC_MISMATCH | PS_ROW_UNCONFIRMED);
    assert_string_equal(reason_of(text, PS_FLAGGED),
                        "Allocs - Frees is 5 but Diff says 6; Bytes / Diff floors to 10 but Per "
                        "Alloc says 7");
    ps_text_close(text);
}

static void wrapped_counters_do_not_contradict(void **state)
{
    ps_text *text = parse(HEADER " Wrap Nonp 5 4294967290 11 704 64\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->flags, 0);
    ps_text_close(text);
}

static void glued_columns_are_parted_where_arithmetic_proves_it(void **state)
{
    ps_text *text = parse("TagTypeAllocsFreesDiffBytesPer Alloc\n"
                          "EvenNonp51,231,80650,633,533684,92232,878,68848\n"
                          "Spce Nonp 51 231 806 50 633 533 598 273 28 717 104 48\n"
                          "Apos Paged 1'283 1'002 281 1'377'312 4'901\n"
                          "Dots Paged 1.283 1.002 281 1.377.312 4.901\n"
                          "Nbsp Paged 1\xC2\xA0"
                          "283 1\xC2\xA0"
                          "002 281 1\xC2\xA0"
                          "377\xC2\xA0"
                          "312 4\xC2\xA0"
                          "901\n"
                          "Hops Nonp 111 222 333 444 555 666 777\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 5);
    assert_int_equal(row_at(text, 0, 0)->allocs, 51231806);
    assert_int_equal(row_at(text, 0, 0)->frees, 50633533);
    assert_int_equal(row_at(text, 0, 0)->diff, 684922);
    assert_int_equal(row_at(text, 0, 0)->bytes, 32878688);
    assert_int_equal(row_at(text, 0, 0)->per_alloc, 48);
    assert_int_equal(row_at(text, 0, 1)->bytes, 28717104);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(row_at(text, 0, i)->bytes, 1377312);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

static void each_row_that_is_not_understood_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *row, *reason;
    } rows[] = {
        {" Cuts Nonp      51231806 506\n", "the row ends before Diff"},
        {" Over Nonp  18446744073709551616 0 1 1 1\n", "Allocs does not fit in 64 bits"},
        {" Over Nonp  1 0 9223372036854775808 1 1\n", "Diff does not fit in 64 bits"},
        {" Grps Nonp    12,34 1 1 1 1\n", "the thousands of Allocs are not in groups of three"},
        {" Toolong Nonp 1 0 1 1 1\n",
         "what stands before the type is not a tag of four characters"},
        {" Word Nonp 1 zero 1 1 1\n", "Frees is not a number"},
        {" Many Nonp 9 1 8 64 8 77\n", "the row has more than 5 numbers"},
        {" Open Nonp 9 ( 1 8 64 8\n", "the change in parentheses behind Allocs is not understood"},
        {" Ruin N??p 9 1 8 64 8\n", "this is no row of the table"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char bytes[400] = HEADER " Good Nonp 9 1 8 64 8\n";
        ps_text *text;
        strcat(bytes, rows[i].row);
        text = parse(bytes);
        assert_int_equal(rows_of(text, 0), 1);
        assert_string_equal(reason_of(text, PS_REFUSED), rows[i].reason);
        assert_int_equal(ps_text_problem_at(text, 0)->line, 3);
        assert_int_equal(ps_text_problem_at(text, 0)->offset,
                         strlen(HEADER " Good Nonp 9 1 8 64 8\n"));
        ps_text_close(text);
    }
}

static void negative_and_wide_numbers_stay_exact(void **state)
{
    ps_text *text = parse(HEADER " Negs Nonp 5 6 -1 -2147483648 0\n"
                                 " Wide Paged 18446744073709551615 18446744073709551614 1 "
                                 "9223372036854775807 9223372036854775807\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->diff, -1);
    assert_int_equal(row_at(text, 0, 0)->bytes, INT64_C(-2147483648));
    assert_int_equal(row_at(text, 0, 1)->allocs, UINT64_MAX);
    assert_int_equal(row_at(text, 0, 1)->bytes, INT64_MAX);
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void a_filter_an_elision_or_one_pool_make_a_part(void **state)
{
    static const char *const texts[] = {
        "C:\\>poolmon -b -p -n x.log\n" MEMORY HEADER
        " Aaaa Nonp 1 0 1 8 8\n Aaaa Paged 1 0 1 8 8\n",
        MEMORY HEADER " Aaaa Nonp 1 0 1 8 8\n...\n Aaab Paged 1 0 1 8 8\n",
        MEMORY HEADER " Aaaa Nonp 1 0 1 8 8\n Aaab Nonp 1 0 1 8 8\n",
        MEMORY HEADER " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n Aaac Nonp 1",
        HEADER " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n",
    };
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ps_text *text = parse(texts[i]);
        assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_PART);
        ps_text_close(text);
    }
}

static void a_filter_holds_until_the_next_command(void **state)
{
    ps_text *text =
        parse("C:\\>poolmon -b -iAaa*\n" MEMORY HEADER
              " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n" MEMORY HEADER
              " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n"
              "C:\\>poolmon -b\n" MEMORY HEADER " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n");
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 3);
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 1)), PS_SCOPE_PART);
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 2)), PS_SCOPE_WHOLE);
    ps_text_close(text);
}

static void totals_at_the_bottom_are_totals(void **state)
{
    ps_text *text = parse(MEMORY HEADER " Aaaa Nonp 1 0 1 8 8\n Aaab Paged 1 0 1 8 8\n\n"
                                        " Total Nonp 100 ( 1) 50 ( 0) 50 5000 ( 0) 100\n"
                                        " Total Paged 9 3 6 60 10\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_NONPAGED), 5000);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_NONPAGED_COUNT), 50);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_PAGED), 60);
    ps_text_close(text);
}

static void many_snapshots_in_a_file_keep_their_times_and_host(void **state)
{
    ps_text *text = parse("COMPUTERNAME=SRV01\n2026-11-01 00:05:00\n" MEMORY HEADER
                          " Aaaa Nonp 1 0 1 8 8\n\n2026-11-01 01:05:00\n" MEMORY HEADER
                          " Aaaa Nonp 2 0 2 16 8\n");
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 2);
    assert_int_equal(ps_snapshot_time(ps_text_snapshot_at(text, 0)), 1793491500);
    assert_int_equal(ps_snapshot_time(ps_text_snapshot_at(text, 1)), 1793491500 + 3600);
    assert_string_equal(ps_snapshot_host(ps_text_snapshot_at(text, 1)), "SRV01");
    ps_text_close(text);
}

static void a_row_without_header_counts_if_it_proves_itself(void **state)
{
    ps_text *text = parse("It grows: \n Even Nonp 100 40 60 2880 48\nand so on\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 1);
    ps_text_close(text);
    text = parse("Paged 1 of 5 and 7 8 9 Nonp 3 4\nEven Nonp 1 2 3 4 5\n");
    assert_int_equal(ps_text_snapshot_count(text), 0);
    ps_text_close(text);
}

static void mails_and_web_pages_keep_their_rows(void **state)
{
    ps_text *text = parse("| Tag | Type | Allocs | Frees | Diff | Bytes | Per Alloc |\n"
                          "|-----|------|--------|-------|------|-------|-----------|\n"
                          "| Even | Nonp | 100 | 40 | 60 | 2,880 | 48 |\n\n"
                          "> Tag Type Allocs Frees Diff Bytes Per Alloc\n"
                          "> Mdl  Nonp 100 40 60 2880 48\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("Even"));
    assert_int_equal(row_at(text, 0, 0)->bytes, 2880);
    assert_int_equal(row_at(text, 1, 0)->tag, tag_of("Mdl "));
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void a_row_that_comes_again_is_marked(void **state)
{
    ps_text *text = parse(HEADER " Even Nonp 100 40 60 2880 48\n Even Paged 100 40 60 2880 48\n"
                                 " Even Nonp 100 40 60 2880 48\n Od.d Nonp 1 0 1 8 8\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->flags, 0);
    assert_int_equal(row_at(text, 0, 1)->flags, 0);
    assert_int_equal(row_at(text, 0, 2)->flags, PS_ROW_DUPLICATE);
    assert_int_equal(row_at(text, 0, 3)->flags, PS_ROW_TAG_AMBIGUOUS);
    ps_text_close(text);
}

static void prose_about_the_pools_is_no_row(void **state)
{
    ps_text *text = parse(HEADER " Even Nonp 100 40 60 2880 48\nThe Paged pool grows\n"
                                 " Even Paged 100 40 60 2880 48\nSee Nonp above, in the list\n"
                                 " Even Nonp 100 40 60 2880 48\n"
                                 " Abcd Paged");
    (void)state;

    assert_int_equal(rows_of(text, 0), 3);
    assert_string_equal(reason_of(text, PS_REFUSED), "the row ends before Allocs");
    assert_int_equal(ps_text_problem_at(text, 0)->line, 7);
    ps_text_close(text);
}

static void a_failed_poolmon_is_noted(void **state)
{
    ps_text *text = parse("Query pooltags Failed c0000002\n");
    (void)state;

    assert_int_equal(problems_of(text, PS_NOTE), 1);
    ps_text_close(text);
}

static void a_word_for_a_number_is_told(void **state)
{
    ps_text *text =
        parse(" Tag  Type     Allocs            Frees            Diff   Bytes       Per "
              "Alloc\n"
              " CM31 Paged      9784 (   0)      6312 (   0)     3472 17121280 (     0) "
              "  4931\n"
              " LkaL Nonp       many (   0)         8 (   0)   119992 30717952 (     0) "
              "   256\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    assert_int_equal(ps_text_problem_at(text, 0)->line, 3);
    ps_text_close(text);
}

static void a_value_that_is_cut_is_refused(void **state)
{
    ps_text *text = parse(" Memory:  260620K Avail:   9636");
    (void)state;

    assert_string_equal(reason_of(text, PS_REFUSED), "the value of Avail: is not understood");
    assert_int_equal(memory_of(text, 0, PS_MEM_PHYSICAL), 260620 * 1024);
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_TOTALS);
    ps_text_close(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_file_is_whole_with_its_totals),
        cmocka_unit_test(a_screen_has_changes_sessions_and_drivers),
        cmocka_unit_test(titles_name_the_sessions),
        cmocka_unit_test(blanks_before_and_in_a_tag_count_where_columns_prove_them),
        cmocka_unit_test(contradicting_numbers_are_kept_and_quoted),
        cmocka_unit_test(wrapped_counters_do_not_contradict),
        cmocka_unit_test(glued_columns_are_parted_where_arithmetic_proves_it),
        cmocka_unit_test(each_row_that_is_not_understood_is_refused_with_its_reason),
        cmocka_unit_test(negative_and_wide_numbers_stay_exact),
        cmocka_unit_test(a_filter_an_elision_or_one_pool_make_a_part),
        cmocka_unit_test(a_filter_holds_until_the_next_command),
        cmocka_unit_test(totals_at_the_bottom_are_totals),
        cmocka_unit_test(many_snapshots_in_a_file_keep_their_times_and_host),
        cmocka_unit_test(a_row_without_header_counts_if_it_proves_itself),
        cmocka_unit_test(mails_and_web_pages_keep_their_rows),
        cmocka_unit_test(a_row_that_comes_again_is_marked),
        cmocka_unit_test(prose_about_the_pools_is_no_row),
        cmocka_unit_test(a_failed_poolmon_is_noted),
        cmocka_unit_test(a_word_for_a_number_is_told),
        cmocka_unit_test(a_value_that_is_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
