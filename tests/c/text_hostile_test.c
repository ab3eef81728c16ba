/* text_hostile_test.c - encodings, cuts, floods and failing memory: what any text may be. */
#include "support/failing.h"
#include "text_support.h"

#include <stdio.h>

#define MIXED                                                                                      \
    "2026-11-01 00:05:00\r\n Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: "     \
    "1916K P:17856K\r\n Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K "    \
    "P:27220K\r\n System pool information\r\n Tag  Type     Allocs            Frees            "   \
    "Diff   Bytes       Per Alloc  Mapped_Driver\r\n\r\n Wait Nonp    3971107 (   0)   3971077 ( " \
    "  0)       30    8456 (     0)    281 [a.sys - b]\r\n Io   Nonp    1021112 (   1)   1020985 " \
    "(   1)      127   91912 (     0)    723\r\n Bad  Nonp 1 2\r\n\r\n2: kd> !vm\r\n"              \
    "NonPagedPool Usage: 31369 ( 125476 Kb) Very high\r\n2: kd> !poolused 2\r\n"                   \
    " Tag    Allocs     Used    Allocs     Used\r\n AGP         1      344         2      "        \
    "384UNKNOWN pooltag 'AGP ', please\r\n TOTAL     1 344 2 384\r\n2: kd> lm\r\n"                 \
    "start    end        module name\r\n77e80000 77f35000   KERNEL32     (export symbols)\r\n"

static void check_mixed(const ps_text *text, const char *encoding)
{
    assert_string_equal(ps_text_encoding(text), encoding);
    assert_int_equal(ps_text_snapshot_count(text), 2);
    assert_int_equal(rows_of(text, 0), 2);
    assert_int_equal(row_at(text, 0, 1)->tag, tag_of("Io  "));
    assert_int_equal(row_at(text, 0, 1)->line, 8);
    assert_int_equal(rows_of(text, 1), 2);
    assert_int_equal(memory_of(text, 1, PS_MEM_NONPAGED), 125476 * 1024);
    assert_int_equal(ps_text_module_count(text), 1);
    assert_int_equal(problems_of(text, PS_REFUSED), 1);
    assert_int_equal(ps_text_problem_at(text, 0)->line, 9);
}

/* MIXED in another form: wide as UTF-16, big or little, behind a mark or not, its CR LF replaced. */
static size_t remake(uint8_t *out, const char *mark, int width, bool big, const char *newline)
{
    size_t size = strlen(mark);

    memcpy(out, mark, size);
    for (const char *at = MIXED; *at != '\0'; at++) {
        const bool ends = at[0] == '\r' && at[1] == '\n';
        const char *from = ends ? newline : at;
        const size_t count = ends ? strlen(newline) : 1;
        for (size_t i = 0; i < count; i++) {
            if (width == 2 && big)
                out[size++] = 0;
            out[size++] = (uint8_t)from[i];
            if (width == 2 && !big)
                out[size++] = 0;
        }
        at += ends;
    }
    return size;
}

static void every_encoding_and_line_end_reads_the_same(void **state)
{
    static const struct {
        const char *mark;
        int width;
        bool big;
        const char *newline, *encoding;
    } forms[] = {{"", 1, false, "\n", "utf-8"},
                 {"", 1, false, "\r\n", "utf-8"},
                 {"", 1, false, "\r", "utf-8"},
                 {"", 1, false, "\r\r\n", "utf-8"},
                 {"\xEF\xBB\xBF", 1, false, "\n", "utf-8"},
                 {"", 2, false, "\r\n", "utf-16le"},
                 {"\xFF\xFE", 2, false, "\n", "utf-16le"},
                 {"", 2, true, "\r\n", "utf-16be"},
                 {"\xFE\xFF", 2, true, "\r", "utf-16be"}};
    static uint8_t bytes[8192];
    (void)state;

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const size_t size =
            remake(bytes, forms[i].mark, forms[i].width, forms[i].big, forms[i].newline);
        const ps_row *row;
        ps_text *text;
        assert_true(ps_text_parse(&text, bytes, size, NULL));
        check_mixed(text, forms[i].encoding);
        row = row_at(text, 0, 1);
        assert_memory_equal(bytes + row->offset + (forms[i].big ? 1 : 0), " ", 1);
        assert_memory_equal(
            bytes + row->offset + (forms[i].width == 2 ? 2 : 1) + (forms[i].big ? 1 : 0), "I", 1);
        ps_text_close(text);
    }
}

static void bytes_of_a_code_page_stay_what_they_are(void **state)
{
    ps_text *text =
        parse(" Tag  Type     Allocs            Frees            Diff   Bytes       Per "
              "Alloc\n A\x81\xFF\xE4 Nonp 1 0 1 8 8\n");
    (void)state;

    assert_string_equal(ps_text_encoding(text), "8-bit");
    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("A\x81\xFF\xE4"));
    assert_int_equal(row_at(text, 0, 0)->flags, PS_ROW_PROTECTED);
    ps_text_close(text);
    text = parse("Tag Type Allocs Frees Diff Bytes Per Alloc\nA\xC3\xA4"
                 "bc Nonp 1 0 1 8 8\n");
    assert_string_equal(ps_text_encoding(text), "utf-8");
    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("A\xE4"
                                                     "bc"));
    assert_int_equal(row_at(text, 0, 0)->flags, PS_ROW_TAG_AMBIGUOUS);
    ps_text_close(text);
}

/* Each prefix in a block of its own size, so that a sanitiser sees one byte too many. */
static void every_prefix_is_read_as_far_as_it_goes(void **state)
{
    static uint8_t wide[8192];
    const size_t sizes[] = {strlen(MIXED), remake(wide, "\xFF\xFE", 2, false, "\r\n")};
    const uint8_t *const sources[] = {(const uint8_t *)MIXED, wide};
    (void)state;

    for (size_t source = 0; source < 2; source++) {
        size_t rows = 0;
        for (size_t size = 0; size <= sizes[source]; size++) {
            uint8_t *prefix = malloc(size == 0 ? 1 : size);
            ps_text *text;
            memcpy(prefix, sources[source], size);
            assert_true(ps_text_parse(&text, prefix, size, NULL));
            assert_true(ps_text_row_line_count(text) <= 4);
            rows = ps_text_row_line_count(text);
            ps_text_close(text);
            free(prefix);
        }
        assert_int_equal(rows, 4);
    }
}

static void nothing_in_it_is_said_once(void **state)
{
    static const char *const nothings[] = {
        "",         "\n\n\n", "prose",         "# source: poolmon -n, !poolused",
        "\xFF\xFE", "\x1A",   "a,b,c\n1,2,3\n"};
    (void)state;

    for (size_t i = 0; i < sizeof nothings / sizeof nothings[0]; i++) {
        ps_text *text = parse(nothings[i]);
        assert_int_equal(ps_text_snapshot_count(text), 0);
        assert_int_equal(ps_text_problem_count(text), 1);
        assert_int_equal(ps_text_problem_at(text, 0)->severity, PS_NOTE);
        ps_text_close(text);
    }
}

static char *filled(const char *head, const char *piece, size_t size)
{
    const size_t length = strlen(piece);
    char *bytes = malloc(size + length + strlen(head) + 1);
    size_t at = strlen(head);

    memcpy(bytes, head, at);
    for (; at < size; at += length)
        memcpy(bytes + at, piece, length);
    bytes[at] = '\0';
    return bytes;
}

/* A megabyte of what looks for the slow way; quadratic work would take minutes. */
static void floods_are_read_in_linear_time(void **state)
{
    static const char *const pieces[] = {"Memory: Avail: ",
                                         "\n",
                                         "\r",
                                         " ",
                                         "|",
                                         "> ",
                                         "...\n",
                                         " Even Nonp 1 2 3 4x\n",
                                         "kd>",
                                         "\xC2\xA0",
                                         "EvenNonp1,234,5678,901,2341,2\n",
                                         " Even Nonp 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
                                         " Abcd 1 2 x 4\n"};
    static const char *const heads[] = {"", "Tag Type Allocs Frees Diff Bytes Per Alloc\n",
                                        "Tag Allocs Used Allocs Used\n"};
    (void)state;

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        for (size_t head = 0; head < sizeof heads / sizeof heads[0]; head++) {
            char *bytes = filled(heads[head], pieces[i], 1 << 20);
            ps_text *text = parse(bytes);
            assert_true(ps_text_problem_count(text) <= 10000);
            ps_text_close(text);
            free(bytes);
        }
    }
}

static void remarks_over_the_limit_are_counted(void **state)
{
    char *bytes =
        filled("Tag Type Allocs Frees Diff Bytes Per Alloc\n", " Even Nonp 1 2\n", 15 * 20000);
    ps_text *text = parse(bytes);
    const ps_problem *last = ps_text_problem_at(text, 9999);
    (void)state;

    assert_int_equal(ps_text_problem_count(text), 10000);
    assert_non_null(strstr(last->reason, " more remarks "));
    assert_null(last->text);
    assert_null(ps_text_problem_at(text, 10000));
    ps_text_close(text);
    free(bytes);
}

static bool read_mixed(void *context)
{
    static uint8_t bytes[8192];
    const size_t size =
        remake(bytes, context == NULL ? "" : "\xFF\xFE", context == NULL ? 1 : 2, false, "\n");
    ps_error err;
    ps_text *text;

    if (!ps_text_parse(&text, bytes, size, &err)) {
        assert_int_equal(err.code, PS_ENOMEM);
        assert_null(text);
        return false;
    }
    ps_text_close(text);
    return true;
}

static bool read_tags(void *context)
{
    static const char bytes[] = "Io   - nt!io - x\nUl?? - http.sys - y\n<unknown>\n";
    ps_error err;
    ps_tagfile *file;
    (void)context;

    if (!ps_tagfile_parse(&file, bytes, sizeof bytes - 1, &err)) {
        assert_int_equal(err.code, PS_ENOMEM);
        assert_null(file);
        return false;
    }
    assert_int_equal(ps_tagfile_count(file), 2);
    ps_tagfile_close(file);
    return true;
}

/* The snapshot moves when !vm comes behind !poolused: that path, too. */
static bool read_late_vm(void *context)
{
    static const char bytes[] = "!poolused\nTag Allocs Used Allocs Used\nAbcd 1 64 0 0 note\n"
                                "COMPUTERNAME=SRV\n!vm\nPagedPool Usage: 1 ( 4 Kb)\n";
    ps_text *text;
    (void)context;

    if (!ps_text_parse(&text, bytes, sizeof bytes - 1, NULL))
        return false;
    assert_int_equal(ps_text_snapshot_count(text), 1);
    ps_text_close(text);
    return true;
}

/* A head, then so many times the piece. */
static ps_text *parse_repeated(const char *head, const char *piece, size_t times)
{
    const size_t size = strlen(head), length = strlen(piece);
    char *bytes = malloc(size + length * times + 1);
    ps_text *text;

    assert_non_null(bytes);
    memcpy(bytes, head, size + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(bytes + size + i * length, piece, length + 1);
    text = parse(bytes);
    free(bytes);
    return text;
}

static void totals_alone_have_an_end_that_is_told(void **state)
{
    ps_text *text = parse_repeated("", " Memory: 100K Avail: 50K\n", 100005);
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 100000);
    assert_int_equal(ps_text_problem_total(text, PS_REFUSED), 1);
    assert_int_equal(ps_text_problem_at(text, 0)->line, 100001);
    ps_text_close(text);
}

static void a_header_again_is_no_row_of_the_list(void **state)
{
    ps_text *text = parse_repeated("", "Module Name  Display Name  Driver Type\n", 1000);
    (void)state;

    assert_int_equal(ps_text_module_count(text), 0);
    ps_text_close(text);
}

#define COUNTERS "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\A\\Memory\\Pool Nonpaged Bytes\"\n"
#define SAMPLE "\"11/01/2026 00:05:00.123\",\"1047961600\"\n"

static void logs_of_counters_without_samples_have_an_end_that_is_told(void **state)
{
    ps_text *text = parse_repeated("", COUNTERS, 5000);
    (void)state;

    assert_non_null(strstr(reason_of(text, PS_REFUSED), "no more logs of counters"));
    ps_text_close(text);
    text = parse_repeated("", COUNTERS SAMPLE, 5000);
    assert_int_equal(ps_text_snapshot_count(text), 5000);
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    ps_text_close(text);
}

static void a_zero_byte_ends_no_heading(void **state)
{
    static const char bytes[] = "Name\0\0 PID\0 Handles Name\nstate\0 path\0,name\0\0\0,state\n";
    ps_text *text;
    ps_error err;
    (void)state;

    assert_true(ps_text_parse(&text, bytes, sizeof bytes - 1, &err));
    assert_int_equal(ps_text_module_count(text), 0);
    ps_text_close(text);
}

/* Repairs end with the patience, the reading of rows and the counting of what is refused do not. */
static void a_table_of_refused_rows_is_refused_row_by_row(void **state)
{
    static const char head[] =
        " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
        " Even Nonp 9 8 1 48 48\n";
    ps_text *text = parse_repeated(head, " Even Nonp 1 2 3 4x\n Late Paged 9 8 1 48 48\n", 5000);
    (void)state;

    assert_int_equal(ps_text_snapshot_count(text), 1);
    assert_int_equal(rows_of(text, 0), 5001);
    assert_int_equal(ps_text_problem_total(text, PS_REFUSED), 5000);
    assert_int_equal(ps_text_problem_total(text, PS_NOTE), 1);
    ps_text_close(text);
}

static void no_memory_is_an_error_and_no_leak(void **state)
{
    int wide = 1;
    (void)state;

    assert_true(failing_each(read_mixed, NULL) > 0);
    assert_true(failing_each(read_mixed, &wide) > 0);
    assert_true(failing_each(read_tags, NULL) > 0);
    assert_true(failing_each(read_late_vm, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_and_line_end_reads_the_same),
        cmocka_unit_test(bytes_of_a_code_page_stay_what_they_are),
        cmocka_unit_test(every_prefix_is_read_as_far_as_it_goes),
        cmocka_unit_test(nothing_in_it_is_said_once),
        cmocka_unit_test(floods_are_read_in_linear_time),
        cmocka_unit_test(remarks_over_the_limit_are_counted),
        cmocka_unit_test(totals_alone_have_an_end_that_is_told),
        cmocka_unit_test(a_header_again_is_no_row_of_the_list),
        cmocka_unit_test(logs_of_counters_without_samples_have_an_end_that_is_told),
        cmocka_unit_test(a_zero_byte_ends_no_heading),
        cmocka_unit_test(a_table_of_refused_rows_is_refused_row_by_row),
        cmocka_unit_test(no_memory_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
