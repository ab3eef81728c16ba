/* text_lists_test.c - lists beside the tables: driverquery, tag files, home-made tables, times. */
#include "text/when.h"
#include "text_support.h"

static void driverquery_gives_names_paths_and_states(void **state)
{
    ps_text *text = parse(
        "\"Module Name\",\"Display Name\",\"State\",\"Path\"\r\n"
        "\"acmeflt\",\"Acme, the filter\",\"Running\",\"C:\\Windows\\system32\\acmeflt.sys\"\r\n"
        "\"idle\",\"Idle one\",\"Stopped\",\"C:\\Windows\\system32\\idle.sys\"\r\n"
        "\"broken\",\"no more\r\n");
    (void)state;

    assert_int_equal(ps_text_module_count(text), 2);
    assert_string_equal(ps_text_module_at(text, 0)->name, "acmeflt");
    assert_string_equal(ps_text_module_at(text, 0)->path, "C:\\Windows\\system32\\acmeflt.sys");
    assert_false(ps_text_module_at(text, 0)->unloaded);
    assert_true(ps_text_module_at(text, 1)->unloaded);
    assert_int_equal(ps_text_problem_at(text, 0)->line, 4);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

static void driverquery_s_table_is_read_by_its_rule(void **state)
{
    ps_text *text = parse("\nModule Name  Display Name           State         Link Date\n"
                          "============ ====================== ============= ==================\n"
                          "1394ohci     1394 OHCI Compliant Ho Stopped       \n"
                          "ACPI         Microsoft ACPI Driver  Running       1/2/2020\n"
                          "\nC:\\>echo done with 3 things\n");
    (void)state;

    assert_int_equal(ps_text_module_count(text), 2);
    assert_string_equal(ps_text_module_at(text, 0)->name, "1394ohci");
    assert_true(ps_text_module_at(text, 0)->unloaded);
    assert_string_equal(ps_text_module_at(text, 1)->name, "ACPI");
    assert_false(ps_text_module_at(text, 1)->unloaded);
    assert_int_equal(ps_text_problem_count(text), 0);
    ps_text_close(text);
}

static void a_home_made_table_gives_rounded_bytes(void **state)
{
    ps_text *text = parse("Tag    NP_MB      share\nNtFC   21353.2    97.1%   <-- most of it\n"
                          "Io        0.5     0.0%\nHalD   much\nAbcd   1x\n"
                          "--- total tagged nonpaged = 21982 MB\n");
    (void)state;

    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(row_at(text, 0, 0)->known, PS_KNOW_BYTES);
    assert_int_equal(row_at(text, 0, 0)->flags, PS_ROW_ROUNDED);
    assert_int_equal(row_at(text, 0, 0)->bytes, INT64_C(22390453043));
    assert_int_equal(row_at(text, 0, 1)->tag, tag_of("Io  "));
    assert_int_equal(row_at(text, 0, 1)->bytes, 524288);
    assert_int_equal(memory_of(text, 0, PS_MEM_TAGGED_NONPAGED), UINT64_C(21982) << 20);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    ps_text_close(text);
}

static const char *const tags = "rem Pooltag.txt\r\n// more\r\n"
                                "8042 - i8042prt.sys - PS/2 kb - and mouse\r\n"
                                "Io   - nt!io - general\r\n"
                                "Ul?? - http.sys - in use\r\n"
                                "Ul* - star.sys\r\n"
                                "UlCo - first.sys - exact\r\n"
                                "ATmp - atm.sys\n"
                                "UlCo - second.sys - exact too\r\n"
                                "<unknown>\r\nA line of prose that says nothing\r\n"
                                "TooLong - a.sys - no\r\n\x1A";

static ps_tagfile *parse_tags(const char *bytes)
{
    ps_tagfile *file = NULL;

    assert_true(ps_tagfile_parse(&file, bytes, strlen(bytes), NULL));
    return file;
}

static void a_tag_file_is_read_and_oddities_are_named(void **state)
{
    ps_tagfile *file = parse_tags(tags);
    (void)state;

    assert_int_equal(ps_tagfile_count(file), 7);
    assert_string_equal(ps_tagfile_at(file, 0)->pattern, "8042");
    assert_string_equal(ps_tagfile_at(file, 0)->binary, "i8042prt.sys");
    assert_string_equal(ps_tagfile_at(file, 0)->text, "PS/2 kb - and mouse");
    assert_int_equal(ps_tagfile_at(file, 0)->line, 3);
    assert_string_equal(ps_tagfile_at(file, 5)->text, "");
    assert_int_equal(ps_tagfile_problem_count(file), 3);
    assert_int_equal(ps_tagfile_problem_at(file, 0)->line, 10);
    assert_null(ps_tagfile_at(file, 7));
    ps_tagfile_close(file);
}

static void the_most_specific_pattern_wins(void **state)
{
    static const struct {
        const char *tag;
        size_t count, first;
    } finds[] = {{"8042", 1, 0},    {"Io  ", 1, 1}, {"Io\0\0", 1, 1},
                 {"UlXy", 1, 2},    {"Ul  ", 1, 2}, {"UlCo", 2, 4},
                 {"UlC\xEF", 2, 4}, {"ul??", 0, 0}, {"Io x", 0, 0}};
    ps_tagfile *file = parse_tags(tags);
    size_t found[4];
    (void)state;

    for (size_t i = 0; i < sizeof finds / sizeof finds[0]; i++) {
        assert_int_equal(ps_tagfile_find(file, tag_of(finds[i].tag), found, 4), finds[i].count);
        if (finds[i].count > 0)
            assert_int_equal(found[0], finds[i].first);
    }
    assert_int_equal(ps_tagfile_find(file, tag_of("UlCo"), found, 0), 2);
    ps_tagfile_close(file);
    file = parse_tags("*b - x\nA*b - y\n?*  - z\n");
    assert_int_equal(ps_tagfile_find(file, tag_of("Axxb"), found, 4), 1);
    assert_int_equal(found[0], 1);
    assert_int_equal(ps_tagfile_find(file, tag_of("xxxx"), found, 4), 1);
    assert_int_equal(found[0], 2);
    ps_tagfile_close(file);
}

static bool read_time(const char *text, int64_t *seconds)
{
    return ps_read_time((ps_span){text, text + strlen(text)}, seconds);
}

static void times_are_read_where_they_can_mean_one_moment_only(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* 0: refused */
    } times[] = {
        {"2026-11-01 00:05:00", 1793491500},
        {"2026-11-01T00:05:00Z", 1793491500},
        {"2026/11/01 01:05:00+01:00", 1793491500},
        {"Sun Nov  1 00:05:00.123 2026 (UTC + 0:00)", 1793491500},
        {"Sun Oct 31 19:05:00 2026 (UTC - 5:00)", 1793491500},
        {"Wed 11/25/2026  0:05:00.12", 1795565100},
        {"25.11.2026 00:05:00", 1795565100},
        {"11/25/2026 12:05:00 AM", 1795565100},
        {"2024-02-29 00:00:00", 1709164800},
        {"2023-02-30 00:00:00", 0},
        {"11/01/2026 00:05:00", 0},
        {"11/25/2026", 0},
        {"2026-11-01 24:00:00", 0},
        {"2026-11-01 00:05:00 or so", 0},
        {"", 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t seconds = 0;
        assert_int_equal(read_time(times[i].text, &seconds), times[i].seconds != 0);
        if (times[i].seconds != 0)
            assert_int_equal(seconds, times[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driverquery_gives_names_paths_and_states),
        cmocka_unit_test(driverquery_s_table_is_read_by_its_rule),
        cmocka_unit_test(a_home_made_table_gives_rounded_bytes),
        cmocka_unit_test(a_tag_file_is_read_and_oddities_are_named),
        cmocka_unit_test(the_most_specific_pattern_wins),
        cmocka_unit_test(times_are_read_where_they_can_mean_one_moment_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
