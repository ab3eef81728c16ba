/* text_tables_test.c - tables of pool tags: what fixtures do not show.  JSON in pieces and beyond its
 * bounds, thousands that only sums can put together, times in two orders, headings in other words. */
#include "text_support.h"

#include "text/amounts.h"
#include "text/json_tokens.h"
#include "text/roles.h"
#include "text/when.h"

#include <stdio.h>

static ps_span span_of(const char *text) { return (ps_span){text, text + strlen(text)}; }

/* --- JSON ------------------------------------------------------------------------------------ */

/* The tokens as words, the text fed in pieces of the size. */
static void tokens_of(const char *text, size_t piece, char *out, size_t room)
{
    static const char *const names[] = {"{",      "}",      "[",    "]",     "key",
                                        "string", "number", "true", "false", "null"};
    ps_json json = {0};
    ps_json_token token;
    size_t size = 0;

    out[0] = '\0';
    for (const char *at = text; *at != '\0';) {
        const size_t left = strlen(at);
        ps_span part = {at, at + (left < piece ? left : piece)};
        at = part.end;
        while (ps_json_next(&json, &part, &token) ||
               (*at == '\0' && part.at == part.end && ps_json_end_line(&json, &token)))
            size += (size_t)snprintf(out + size, room - size, "%s%.*s ", names[token.kind],
                                     (int)(token.text.end - token.text.at), token.text.at);
    }
    if (json.error != NULL)
        (void)snprintf(out + size, room - size, "error: %s", json.error);
}

static void json_is_the_same_in_pieces_of_any_size(void **state)
{
    static const char text[] =
        "{\"a\\u00e4\\ud83d\\ude00\": [1, -2.5e3, true, null, \"\\\"\\\\\"], \"b\": {}} [false] 17";
    char whole[400], pieces[400];

    (void)state;
    tokens_of(text, sizeof text, whole, sizeof whole);
    assert_string_equal(whole, "{ keya\xC3\xA4\xF0\x9F\x98\x80 [ number1 number-2.5e3 truetrue "
                               "nullnull string\"\\ ] keyb { } } [ falsefalse ] number17 ");
    for (size_t piece = 1; piece < sizeof text; piece++) {
        tokens_of(text, piece, pieces, sizeof pieces);
        assert_string_equal(pieces, whole);
    }
}

static void what_is_no_json_is_told(void **state)
{
    static const char *const wrong[] = {
        "{\"a\" 1}",  "[1,]",  "{,}",       "[1 2]", "]",     "{\"a\":}",
        "\"\\x\"",    "[tru]", "[1.]",      "[-]",   "{1:2}", "[\"\\u12g4\"]",
        "{\"a\":1,}", "[}",    "{\"a\":1]", "[01x]", ":",     ","};
    char out[400];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tokens_of(wrong[i], 100, out, sizeof out);
        if (strstr(out, "error: ") == NULL)
            fail_msg("%s was taken for JSON: %s", wrong[i], out);
    }
}

static void json_is_bounded(void **state)
{
    char deep[PS_JSON_DEPTH + 2], out[1000];
    char *text = malloc(PS_JSON_TEXT * 3);
    ps_json json = {0};
    ps_json_token token;
    ps_span piece;

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    tokens_of(deep, 7, out, sizeof out);
    assert_non_null(strstr(out, "error: it is nested too deeply"));
    assert_non_null(text);
    memset(text, 'x', (size_t)PS_JSON_TEXT * 3);
    text[0] = text[PS_JSON_TEXT * 3 - 1] = '"';
    piece = (ps_span){text, text + (size_t)PS_JSON_TEXT * 3};
    assert_true(ps_json_next(&json, &piece, &token));
    assert_true(token.cut);
    assert_int_equal(token.text.end - token.text.at, PS_JSON_TEXT);
    free(text);
}

static void a_key_that_stands_twice_makes_a_row_ambiguous(void **state)
{
    ps_text *text = parse("[{\"tag\":\"Acme\",\"pool\":\"paged\",\"bytes\":640,\"bytes\":641},\n"
                          "{\"tag\":\"Good\",\"pool\":\"paged\",\"bytes\":640,\"bytes\":640}]\n");

    (void)state;
    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(row_at(text, 0, 0)->tag, tag_of("Good"));
    assert_int_equal(problems_of(text, PS_AMBIGUOUS), 1);
    ps_text_close(text);
}

static void json_that_is_cut_gives_its_rows_and_says_so(void **state)
{
    ps_text *text =
        parse("{\"data\":{\"time\":\"2026-11-01T00:05:00\",\"scope\":\"whole\",\"rows\":[\n"
              "{\"tag\":\"Acme\",\"pool\":\"paged\",\"diff\":10,\"bytes\":640},\n"
              "{\"tag\":\"Bcme\",\"pool\":\"pag");

    (void)state;
    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(ps_snapshot_scope(ps_text_snapshot_at(text, 0)), PS_SCOPE_PART);
    assert_true(problems_of(text, PS_REFUSED) > 0);
    ps_text_close(text);
}

static void numbers_of_json_keep_64_bits(void **state)
{
    ps_text *text = parse("[{\"tag\":\"Acme\",\"pool\":\"paged\",\"allocs\":18446744073709551615,"
                          "\"frees\":0,\"bytes\":9223372036854775807},\n"
                          "{\"tag\":\"Big1\",\"pool\":\"paged\",\"bytes\":9223372036854775808},\n"
                          "{\"tag\":\"Flo1\",\"pool\":\"paged\",\"bytes\":1.250},\n"
                          "{\"tag\":\"Flo2\",\"pool\":\"paged\",\"bytes\":1e3},\n"
                          "{\"tag\":\"Flo3\",\"pool\":\"paged\",\"bytes\":128.0}]\n");

    (void)state;
    assert_int_equal(rows_of(text, 0), 2);
    assert_true(row_at(text, 0, 0)->allocs == UINT64_MAX);
    assert_true(row_at(text, 0, 0)->bytes == INT64_MAX);
    assert_int_equal(row_at(text, 0, 1)->bytes, 128);
    assert_int_equal(problems_of(text, PS_REFUSED), 3);
    ps_text_close(text);
}

static void other_programs_json_is_passed_over(void **state)
{
    ps_text *text =
        parse("{\n  \"name\": \"a package\",\n  \"tags\": [\"x\", \"y\"],\n  \"n\": 1\n}\n"
              "Tag,Type,Diff,Bytes\nAcme,Paged,10,640\n");

    (void)state;
    assert_int_equal(rows_of(text, 0), 1);
    assert_int_equal(problems_of(text, PS_REFUSED), 0);
    ps_text_close(text);
}

/* --- thousands without quotes ----------------------------------------------------------------- */

static void grouped(char *out, size_t room, uint64_t value)
{
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    size_t size = 0;

    for (int i = 0; i < length && size + 2 < room; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[size++] = ',';
        out[size++] = digits[i];
    }
    out[size] = '\0';
}

/* Rows are made of known numbers; what comes back is them or a remark, never something else. */
static void broken_thousands_are_proved_or_refused(void **state)
{
    uint64_t seed = 20250314;
    size_t read = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint64_t values[8];
        char line[400] = "Acme,0x656D6341";
        ps_text *text;
        for (int i = 0; i < 8; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
            values[i] = (seed >> 33) % (UINT64_C(1) << (4 + (seed >> 20) % 24));
        }
        for (int i = 0; i < 8; i += 4) {
            if (values[i] < values[i + 1])
                values[i] += values[i + 1];
            values[i + 2] = values[i] - values[i + 1];
            values[i + 3] = values[i + 2] * (16 + values[i + 3] % 4096);
        }
        for (int i = 0; i < 8; i++) {
            char number[40];
            grouped(number, sizeof number, values[i]);
            (void)snprintf(line + strlen(line), sizeof line - strlen(line), ",%s", number);
        }
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), ",acmeflt.sys,a filter\n");
        text = parse(line);
        for (size_t i = 0; ps_text_snapshot_count(text) > 0 && i < rows_of(text, 0); i++) {
            const ps_row *row = row_at(text, 0, i);
            const uint64_t *side = row->pool == PS_POOL_PAGED ? values : values + 4;
            assert_true(row->allocs == side[0] && row->frees == side[1]);
            assert_true(row->diff == (int64_t)side[2] && row->bytes == (int64_t)side[3]);
            read++;
        }
        assert_true(ps_text_snapshot_count(text) > 0 || problems_of(text, PS_AMBIGUOUS) == 1);
        ps_text_close(text);
    }
    assert_true(read > 3000); /* most rows can be told */
}

/* --- cells ----------------------------------------------------------------------------------- */

static void amounts_are_read_or_refused(void **state)
{
    static const struct {
        const char *cell;
        char decimal;
        ps_amount_result result;
        uint64_t size;
    } cases[] = {
        {"1,234,567", 0, PS_AMOUNT_OK, 1234567},
        {"1.234.567", 0, PS_AMOUNT_OK, 1234567},
        {"1 234 567", 0, PS_AMOUNT_OK, 1234567},
        {"1'234'567", 0, PS_AMOUNT_OK, 1234567},
        {"0x1F", 0, PS_AMOUNT_OK, 31},
        {"640.00", 0, PS_AMOUNT_OK, 640},
        {"640.5", 0, PS_AMOUNT_FRACTION, 0},
        {"12x", 0, PS_AMOUNT_BAD, 0},
        {"", 0, PS_AMOUNT_EMPTY, 0},
        {"N/A", 0, PS_AMOUNT_EMPTY, 0},
        {"1.5 KB", 0, PS_AMOUNT_OK, 1536},
        {"1,5 KB", 0, PS_AMOUNT_OK, 1536},
        {"1.250 MB", 0, PS_AMOUNT_AMBIGUOUS, 0},
        {"1.250 MB", '.', PS_AMOUNT_OK, 1310720},
        {"1.250 MB", ',', PS_AMOUNT_OK, UINT64_C(1250) << 20},
        {"1,234.5 KB", 0, PS_AMOUNT_OK, 1264128},
        {"18446744073709551616", 0, PS_AMOUNT_BIG, 0},
        {"99999999999999 GB", 0, PS_AMOUNT_BIG, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char decimal = cases[i].decimal;
        ps_amount amount;
        const ps_amount_result result =
            ps_read_amount(span_of(cases[i].cell), 0, &decimal, &amount);
        if (result != cases[i].result || (result == PS_AMOUNT_OK && amount.size != cases[i].size))
            fail_msg("%s: result %d, %llu", cases[i].cell, (int)result,
                     (unsigned long long)amount.size);
    }
}

static void headings_are_known_by_their_letters(void **state)
{
    static const struct {
        const char *heading;
        ps_role_kind kind;
        ps_side side;
        ps_measure measure;
    } cases[] = {
        {"NonPagedUsedBytes", PS_ROLE_NUMBER, PS_SIDE_NONPAGED, PS_MEASURE_BYTES},
        {"Non-paged bytes (total)", PS_ROLE_NUMBER, PS_SIDE_NONPAGED, PS_MEASURE_BYTES},
        {"np_used_bytes", PS_ROLE_NUMBER, PS_SIDE_NONPAGED, PS_MEASURE_BYTES},
        {"Paged frees (delta)", PS_ROLE_NUMBER, PS_SIDE_PAGED, PS_MEASURE_DELTA_FREES},
        {"B / Alloc", PS_ROLE_NUMBER, PS_SIDE_ROW, PS_MEASURE_PER_ALLOC},
        {"TotalUsedBytes", PS_ROLE_NUMBER, PS_SIDE_BOTH, PS_MEASURE_BYTES},
        {"Pool Tag", PS_ROLE_TAG, 0, 0},
        {"PoolType", PS_ROLE_POOL, 0, 0},
        {"DateTimeUTC", PS_ROLE_TIME_UTC, 0, 0},
        {"Colour", PS_ROLE_NONE, 0, 0},
        {"Paged", PS_ROLE_NONE, 0, 0},
        {"", PS_ROLE_NONE, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ps_role role = ps_role_of(span_of(cases[i].heading));
        if (role.kind != cases[i].kind ||
            (role.kind == PS_ROLE_NUMBER &&
             (role.side != cases[i].side || role.measure != cases[i].measure)))
            fail_msg("%s: kind %d, side %d, measure %d", cases[i].heading, (int)role.kind,
                     (int)role.side, (int)role.measure);
    }
}

static void times_keep_both_orders(void **state)
{
    ps_when when;
    int64_t seconds;

    (void)state;
    assert_true(ps_read_when(span_of("04/05/2025 23:50:00"), &when));
    assert_true(when.month_first_fits && when.day_first_fits);
    assert_int_equal(when.month_first, 1743897000);
    assert_int_equal(when.day_first, 1746402600);
    assert_false(ps_read_time(span_of("04/05/2025 23:50:00"), &seconds));
    assert_true(ps_read_when(span_of("14.03.2025 09:00:00"), &when));
    assert_true(!when.month_first_fits && when.day_first_fits);
    assert_true(ps_read_time(span_of("03-14-2025 09:00:00.123 +0100"), &seconds));
    assert_int_equal(seconds, 1741939200);
    assert_true(ps_read_time(span_of("2025-03-14T09:00:00+01:00"), &seconds));
    assert_int_equal(seconds, 1741939200);
    assert_true(ps_read_time(span_of("04.05.2025 23:50"), &seconds));
    assert_int_equal(seconds, 1746402600);
    assert_true(ps_read_time(span_of("Friday, March 14, 2025 9:00:00 AM"), &seconds));
    assert_int_equal(seconds, 1741942800);
    assert_true(ps_read_time(span_of("14-Mar-2025 09:00"), &seconds));
    assert_int_equal(seconds, 1741942800);
    assert_false(ps_read_time(span_of("Mon, 14 March 2025 09"), &seconds));
    assert_true(ps_read_clock(span_of("9:00 PM"), &seconds));
    assert_int_equal(seconds, 75600);
    assert_false(ps_read_clock(span_of("24:00"), &seconds));
    assert_false(ps_read_when(span_of("2025-13-14 09:00:00"), &when));
    assert_false(ps_read_when(span_of("31/31/2025 09:00:00"), &when));
}

static void a_table_with_rows_of_many_moments_is_bounded(void **state)
{
    enum { MOMENTS = 20200, ROOM = 48 };
    char *text = malloc((size_t)MOMENTS * ROOM);
    size_t size;
    ps_text *read;

    (void)state;
    assert_non_null(text);
    size = (size_t)sprintf(text, "DateTime,Tag,PagedUsedBytes\n");
    for (int i = 0; i < MOMENTS; i++)
        size += (size_t)sprintf(text + size, "2025-03-%02dT%02d:%02d:%02d,Acme,%d\n", 1 + i / 86400,
                                i / 3600 % 24, i / 60 % 60, i % 60, i + 1);
    read = parse(text);
    assert_int_equal(ps_text_snapshot_count(read), 20000);
    assert_int_equal(ps_text_problem_total(read, PS_REFUSED), MOMENTS - 20000);
    ps_text_close(read);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_the_same_in_pieces_of_any_size),
        cmocka_unit_test(what_is_no_json_is_told),
        cmocka_unit_test(json_is_bounded),
        cmocka_unit_test(a_key_that_stands_twice_makes_a_row_ambiguous),
        cmocka_unit_test(json_that_is_cut_gives_its_rows_and_says_so),
        cmocka_unit_test(numbers_of_json_keep_64_bits),
        cmocka_unit_test(other_programs_json_is_passed_over),
        cmocka_unit_test(broken_thousands_are_proved_or_refused),
        cmocka_unit_test(amounts_are_read_or_refused),
        cmocka_unit_test(headings_are_known_by_their_letters),
        cmocka_unit_test(times_keep_both_orders),
        cmocka_unit_test(a_table_with_rows_of_many_moments_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
