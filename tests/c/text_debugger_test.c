/* text_debugger_test.c - !poolused and !vm in their generations, and lm. */
#include "text_support.h"

#define HEADER                                                                                     \
    "  Pool Used:\n            NonPaged            Paged\n"                                        \
    " Tag    Allocs     Used    Allocs     Used\n"

static void a_line_makes_a_row_for_each_pool_it_uses(void **state)
{
    ps_text *text =
        parse("0: kd> !poolused\n   Sorting by  Tag\n\n" HEADER
              " AcpA        3      192         1      504ACPI Pooltags , Binary: acpi.sys\n"
              " AcpB        0        0         4      576ACPI Pooltags , Binary: acpi.sys\n"
              " None        0        0         0        0\n"
              " TOTAL           3      192         5     1080\n");
    const ps_row *row = row_at(text, 0, 0);
    (void)state;

    assert_int_equal(rows_of(text, 0), 4);
    assert_int_equal(ps_text_row_line_count(text), 3);
    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 0)), "!poolused");
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_WHOLE);
    assert_int_equal(row->known, PS_KNOW_DIFF | PS_KNOW_BYTES);
    assert_int_equal(row->diff, 3);
    assert_int_equal(row->bytes, 192);
    assert_string_equal(row->note, "ACPI Pooltags , Binary: acpi.sys");
    assert_int_equal(row_at(text, 0, 1)->pool, PS_POOL_PAGED);
    assert_int_equal(row_at(text, 0, 1)->bytes, 504);
    assert_int_equal(row_at(text, 0, 2)->tag, tag_of("AcpB"));
    assert_int_equal(row_at(text, 0, 2)->pool, PS_POOL_PAGED);
    assert_int_equal(row_at(text, 0, 3)->pool, PS_POOL_NONPAGED);
    assert_int_equal(row_at(text, 0, 3)->diff, 0);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_NONPAGED), 192);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_NONPAGED_COUNT), 3);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_PAGED), 1080);
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void verbose_rows_have_all_counts(void **state)
{
    ps_text *text = parse(
        ": kd> !poolused 1 Hack\nUsing a machine size of 1f9e5f pages to configure the kd "
        "cache\n..\n Sorting by Tag\n\n"
        "                            NonPaged                                         Paged\n"
        " Tag       Allocs       Frees      Diff         Used       Allocs       Frees      Diff   "
        " "
        "     Used\n\n"
        " Hack           9           8         1          112            0           0         0   "
        "         0\tUNKNOWN pooltag 'Hack', please update pooltag.txt\n\n"
        "TOTAL           9           8         1          112            0           0         0   "
        "         0\n");
    const ps_row *row = row_at(text, 0, 0);
    (void)state;

    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(row->known, PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES);
    assert_int_equal(row->allocs, 9);
    assert_int_equal(row->frees, 8);
    assert_string_equal(row->note, "UNKNOWN pooltag 'Hack', please update pooltag.txt");
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_PART);
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void a_description_that_begins_with_a_digit_is_no_part_of_a_number(void **state)
{
    ps_text *text =
        parse(HEADER " ohci        1      136         0        01394 OHCI host controller driver\n"
                     " ohcj        1      136         2      3841394 OHCI host controller\n"
                     " ohck        1      136         2 123456789UNKNOWN pooltag\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 5);
    assert_int_equal(row_at(text, 0, 0)->bytes, 136);
    assert_string_equal(row_at(text, 0, 0)->note, "1394 OHCI host controller driver");
    assert_int_equal(row_at(text, 0, 2)->bytes, 384);
    assert_string_equal(row_at(text, 0, 2)->note, "1394 OHCI host controller");
    assert_int_equal(row_at(text, 0, 4)->bytes, 123456789);
    ps_text_close(text);
}

static void short_tags_survive_lost_columns(void **state)
{
    ps_text *text = parse("!poolused\nTag Allocs Used Allocs Used\n"
                          "AGP 1 344 2 384 UNKNOWN pooltag 'AGP ', please update pooltag.txt\n"
                          "Io 1 344 2 384\nIo 1 344 2 384 1394 driver\n"
                          "Dh 1 3 120 2 384 text\n"
                          "Dh 1 3 120 2 384 1394 driver\n");
    (void)state;

    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("AGP "));
    assert_int_equal(row_at(text, 0, 2)->tag, tag_of("Io  "));
    assert_int_equal(row_at(text, 0, 2)->bytes, 344);
    assert_int_equal(row_at(text, 0, 4)->tag, tag_of("Io  "));
    assert_int_equal(row_at(text, 0, 4)->bytes, 344);
    assert_int_equal(row_at(text, 0, 6)->tag, tag_of("Dh 1"));
    assert_int_equal(row_at(text, 0, 6)->diff, 3);
    assert_int_equal(row_at(text, 0, 6)->flags, PS_ROW_UNCONFIRMED);
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    ps_text_close(text);
}

static void unprintable_bytes_are_marked_unless_the_message_shows_them(void **state)
{
    ps_text *text =
        parse(HEADER " rx..        3     1248         0        0UNKNOWN pooltag '  rx', please\n"
                     " Pro.        3     1248         0        0UNKNOWN pooltag 'Pro\xE3', please\n"
                     "  ab         3     1248         0        0\n");
    (void)state;

    assert_string_equal(ps_text_encoding(text), "8-bit");
    assert_int_equal(row_at(text, 0, 0)->flags, PS_ROW_TAG_AMBIGUOUS);
    assert_int_equal(row_at(text, 0, 1)->tag, tag_of("Pro\xE3"));
    assert_int_equal(row_at(text, 0, 1)->flags, PS_ROW_PROTECTED);
    assert_int_equal(row_at(text, 0, 2)->tag, tag_of(" ab "));
    ps_text_close(text);
}

static void noise_elision_and_refused_lines_are_told_apart(void **state)
{
    ps_text *text = parse("kd> !poolused 4\n" HEADER " Abc         0        0     36405 33930272 \n"
                          "*** CacheSize too low - increasing to 48 M\n\n"
                          " Tron        0        0       552  7863232 \n"
                          " Brok        0        x       552  7863232 \n"
                          " Huge        0        0 18446744073709551616  7863232 \n"
                          "...\n Ggb         0        0        22   828384 \n"
                          " TOTAL           0        0    36979 42622888\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 3);
    assert_int_equal(problems_of(text, PS_REFUSED), 2);
    assert_int_equal(ps_text_problem_at(text, 0)->line, 9);
    assert_string_equal(ps_text_problem_at(text, 0)->reason, "number 2 of 4 is missing");
    assert_string_equal(ps_text_problem_at(text, 1)->reason,
                        "number 3 of 4 does not fit in 64 bits");
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_PART);
    ps_text_close(text);
}

static void flags_of_the_command_are_understood(void **state)
{
    static const struct {
        const char *command;
        ps_scope scope;
        int32_t session;
    } commands[] = {
        {"!poolused 2", PS_SCOPE_WHOLE, PS_NO_SESSION},
        {"!poolused 0x3 *", PS_SCOPE_WHOLE, PS_NO_SESSION},
        {"!poolused /t2 2", PS_SCOPE_PART, PS_NO_SESSION},
        {"!poolused /t 2", PS_SCOPE_PART, PS_NO_SESSION},
        {"!poolused 0 Ab*", PS_SCOPE_PART, PS_NO_SESSION},
        {"!poolused a", PS_SCOPE_PART, PS_ALL_SESSIONS},
    };
    (void)state;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char bytes[400];
        ps_text *text;
        strcpy(bytes, "lkd> ");
        strcat(bytes, commands[i].command);
        strcat(bytes, "\n" HEADER " Abc         1       64         0        0\n"
                      " TOTAL           1       64         0        0\n");
        text = parse(bytes);
        assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), commands[i].scope);
        assert_int_equal(row_at(text, 0, 0)->session, commands[i].session);
        ps_text_close(text);
    }
}

#define OLD_VM                                                                                     \
    "2: kd> !vm\n\n*** Virtual Memory Usage ***\n\nPhysical Memory: 851420 ( 3405680 Kb)\n\n"      \
    "Page File: \\??\\C:\\pagefile.sys\n\nAvailable Pages: 573277 ( 2293108 Kb)\n\n"               \
    "Free System PTEs: 25102 ( 100408 Kb)\n\n"                                                     \
    "NonPagedPool Usage: 31369 ( 125476 Kb) <-- Very high\n\n"                                     \
    "NonPagedPool Max: 31986 ( 127944 Kb)\n\n********** Excessive NonPaged Pool Usage *****\n\n"   \
    "PagedPool 0 Usage: 19071 ( 76284 Kb)\n\nPagedPool Usage: 22,019 ( 88,076 Kb)\n\n"             \
    "PagedPool Maximum: 38912 ( 155648 Kb)\n\n"                                                    \
    "********** 3 pool allocations have failed **********\n\n"

static void vm_gives_the_limits_and_failures(void **state)
{
    ps_text *text = parse(OLD_VM);
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 1);
    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 0)), "!vm");
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_TOTALS);
    assert_int_equal(memory_of(text, 0, PS_MEM_PHYSICAL), UINT64_C(3405680) * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_NONPAGED), 125476 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_NONPAGED_LIMIT), 127944 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_PAGED), 88076 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_PAGED_LIMIT), 155648 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_FREE_PTES), 25102);
    assert_int_equal(memory_of(text, 0, PS_MEM_POOL_FAILURES), 3);
    assert_int_equal(problems_of(text, PS_NOTE), 2);
    assert_int_equal(ps_text_problem_count(text), 2);
    ps_text_close(text);
}

static void both_nonpaged_pools_are_summed(void **state)
{
    ps_text *text = parse("NonPagedPool Usage:            10 (         40 Kb)\n"
                          "NonPagedPoolNx Usage:       14108 (      56432 Kb)\n"
                          "Committed pages:     21949   (   87796 Kb)\n"
                          "Commit limit:        36256   (  145024Kb)\n"
                          "Commit peak: none\n");
    (void)state;

    assert_int_equal(memory_of(text, 0, PS_MEM_NONPAGED), 56472 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_COMMIT), 87796 * 1024);
    assert_int_equal(memory_of(text, 0, PS_MEM_COMMIT_LIMIT), 145024 * 1024);
    ps_text_close(text);
}

static void vm_values_that_make_no_sense_are_told(void **state)
{
    ps_text *text = parse("kd> !vm\nNonPagedPool Usage: 10 ( 41 Kb)\nNonPagedPool Max: lots\n"
                          "PagedPool Usage: 99 ( 99999999999999999999 Kb)\n");
    (void)state;

    assert_string_equal(reason_of(text, PS_FLAGGED), "10 pages are not 41 Kb: the latter stands");
    assert_int_equal(memory_of(text, 0, PS_MEM_NONPAGED), 41 * 1024);
    assert_int_equal(problems_of(text, PS_REFUSED), 2);
    ps_text_close(text);
}

static void vm_and_poolused_of_one_text_are_one_snapshot(void **state)
{
    ps_text *text = parse(OLD_VM "Some prose here.\n\n2: kd> !poolused /t2 2\n\n"
                                 "Sorting by NonPaged Pool Consumed\n\nPool Used:\n\n"
                                 "NonPaged Paged\n\nTag Allocs Used Allocs Used\n\n"
                                 "None 246479 50827424 0 0 call to ExAllocatePool\n\n"
                                 "MmCm 1198 18462512 0 0 Calls , Binary: nt!mm\n\n"
                                 "Interesting, so the tag is 3 4 5 6\n\n" OLD_VM);
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 2);
    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 0)), "!vm + !poolused");
    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(memory_of(text, 0, PS_MEM_POOL_FAILURES), 3);
    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 1)), "!vm");
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    ps_text_close(text);
    text = parse("kd> !poolused\n" HEADER " Abcd        1       64         0        0\n" OLD_VM);
    assert_int_equal(ps_text_snapshot_count(text), 1);
    assert_string_equal(ps_snapshot_origin(ps_text_snapshot_at(text, 0)), "!vm + !poolused");
    assert_int_equal(row_at(text, 0, 0)->bytes, 64);
    assert_int_equal(memory_of(text, 0, PS_MEM_POOL_FAILURES), 3);
    ps_text_close(text);
}

static void the_session_s_time_and_uptime_are_kept(void **state)
{
    ps_text *text = parse("Debug session time: Sun Nov  1 01:05:00.123 2026 (UTC + 1:00)\n"
                          "System Uptime: 2 days 1:02:03.456\nkd> !poolused\n" HEADER
                          " Abcd        1       64         0        0\n");
    (void)state;

    assert_int_equal(ps_snapshot_time(ps_text_snapshot_at(text, 0)), 1793491500);
    assert_int_equal(memory_of(text, 0, PS_MEM_UPTIME_S), 2 * 86400 + 3723);
    ps_text_close(text);
}

static void a_command_without_output_is_nothing(void **state)
{
    ps_text *text = parse("!poolused 2 // shows nonpaged usage\n!vm\n!poolfind Even\n");
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 0);
    assert_int_equal(problems_of(text, PS_NOTE), 1);
    ps_text_close(text);
}

static void lm_lists_what_is_and_was_loaded(void **state)
{
    ps_text *text = parse("0: kd> lm v m disk*\nstart             end                 module name\n"
                          "fffff806`bd0b0000 fffff806`bd0cd000   disk       (deferred)\n"
                          "    Image path: \\SystemRoot\\System32\\drivers\\disk.sys\n"
                          "    Image name: disk.sys\n\nUnloaded modules:\n"
                          "f9f53000 f9f61000   swmidi.sys\nf9f53000\n0: kd> dps f50b8058\n"
                          "f50b8058 e0894d1f nt!ExAllocatePool\n");
    const ps_module *module = ps_text_module_at(text, 0);
    (void)state;

    assert_int_equal(ps_text_module_count(text), 2);
    assert_string_equal(module->name, "disk");
    assert_string_equal(module->path, "\\SystemRoot\\System32\\drivers\\disk.sys");
    assert_int_equal(module->base, UINT64_C(0xfffff806bd0b0000));
    assert_int_equal(module->end, UINT64_C(0xfffff806bd0cd000));
    assert_false(module->unloaded);
    assert_true(ps_text_module_at(text, 1)->unloaded);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_makes_a_row_for_each_pool_it_uses),
        cmocka_unit_test(verbose_rows_have_all_counts),
        cmocka_unit_test(a_description_that_begins_with_a_digit_is_no_part_of_a_number),
        cmocka_unit_test(short_tags_survive_lost_columns),
        cmocka_unit_test(unprintable_bytes_are_marked_unless_the_message_shows_them),
        cmocka_unit_test(noise_elision_and_refused_lines_are_told_apart),
        cmocka_unit_test(flags_of_the_command_are_understood),
        cmocka_unit_test(vm_gives_the_limits_and_failures),
        cmocka_unit_test(both_nonpaged_pools_are_summed),
        cmocka_unit_test(vm_values_that_make_no_sense_are_told),
        cmocka_unit_test(vm_and_poolused_of_one_text_are_one_snapshot),
        cmocka_unit_test(the_session_s_time_and_uptime_are_kept),
        cmocka_unit_test(a_command_without_output_is_nothing),
        cmocka_unit_test(lm_lists_what_is_and_was_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
