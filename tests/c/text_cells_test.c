/* text_cells_test.c - cells of CSV and TSV, addresses and the paths of counters, piece by piece. */
#include "text/address.h"
#include "text/cells.h"
#include "text/counter_names.h"
#include "text_support.h"

static ps_span span_of(const char *text) { return (ps_span){text, text + strlen(text)}; }

static void assert_span(ps_span span, const char *text)
{
    assert_int_equal(span.end - span.at, strlen(text));
    assert_memory_equal(span.at, text, strlen(text));
}

static void cells_stand_between_separators_and_in_quotes(void **state)
{
    static const struct {
        const char *line;
        char separator;
        const char *cells[5];
    } lines[] = {
        {"a,b,c", ',', {"a", "b", "c"}},
        {"\"a,b\", \"c\" ,d", ',', {"a,b", "c", "d"}},
        {"a;;b;", ';', {"a", "", "b", ""}},
        {"\" \"\t\"1\"", '\t', {"", "1"}},
        {"\"say \"\"no\"\"\",2", ',', {"say \"\"no\"\"", "2"}},
        {"", ',', {""}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t wanted = 0;
        ps_cells cells;
        while (wanted < 5 && lines[i].cells[wanted] != NULL)
            wanted++;
        assert_true(ps_part_cells(span_of(lines[i].line), lines[i].separator, &cells));
        assert_int_equal(cells.count, wanted);
        for (size_t k = 0; k < wanted; k++)
            assert_span(cells.at[k], lines[i].cells[k]);
    }
}

static void bad_lines_are_refused(void **state)
{
    static const char *const lines[] = {"\"a,b", "\"a\"b,c", "a,\"", "\"a\"\"b"};
    char many[PS_CELL_LIMIT + 2];
    ps_cells cells;
    (void)state;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(ps_part_cells(span_of(lines[i]), ',', &cells));
    memset(many, ',', sizeof many);
    many[PS_CELL_LIMIT - 1] = '\0';
    assert_true(ps_part_cells(span_of(many), ',', &cells));
    many[PS_CELL_LIMIT - 1] = ',';
    many[PS_CELL_LIMIT] = '\0';
    assert_false(ps_part_cells(span_of(many), ',', &cells));
}

static void a_cell_s_quotes_are_single_where_they_fit(void **state)
{
    char room[8];
    (void)state;

    assert_span(ps_cell_text(span_of("a\"\"b"), room, sizeof room), "a\"b");
    assert_span(ps_cell_text(span_of("plain"), room, sizeof room), "plain");
    assert_span(ps_cell_text(span_of("too\"\"long for it"), room, sizeof room),
                "too\"\"long for it");
    assert_int_equal(ps_guess_separator(span_of("a;b;c,d")), ';');
    assert_int_equal(ps_guess_separator(span_of("\"a,b\"")), 0);
}

static void addresses_have_8_or_16_digits(void **state)
{
    static const struct {
        const char *text;
        uint64_t value; /* 0: refused */
    } addresses[] = {{"fffff806`bd0b0000", UINT64_C(0xfffff806bd0b0000)},
                     {"0x8645a000", 0x8645a000},
                     {"8645A000 rest", 0x8645a000},
                     {"8645a00", 0},
                     {"fffff806`bd0b000", 0},
                     {"fffff806bd0b00001", 0},
                     {"8645a00g", 0}};
    (void)state;

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        ps_span at = span_of(addresses[i].text);
        uint64_t value;
        assert_int_equal(ps_take_address(&at, &value), addresses[i].value != 0);
        if (addresses[i].value != 0)
            assert_int_equal(value, addresses[i].value);
    }
}

static void paths_of_counters_are_parted_and_known(void **state)
{
    static const struct {
        const char *path;
        ps_counter_kind kind;
        uint8_t field, shift;
    } paths[] = {
        {"\\\\SRV\\Memory\\Pool Nonpaged Bytes", PS_COUNTER_MEMORY, PS_MEM_NONPAGED, 0},
        {"\\\\srv\\memory\\pool paged bytes", PS_COUNTER_MEMORY, PS_MEM_PAGED, 0},
        {"\\M\xE9moire\\Octets de r\xE9serve non pagin\xE9"
         "e",
         PS_COUNTER_MEMORY, PS_MEM_NONPAGED, 0},
        {"\\M?moire\\Octets de r?serve pagin?e", PS_COUNTER_MEMORY, PS_MEM_PAGED, 0},
        {"\\Memory\\Available KBytes", PS_COUNTER_MEMORY, PS_MEM_AVAILABLE, 10},
        {"\\Memory\\Available MBytes", PS_COUNTER_MEMORY, PS_MEM_AVAILABLE, 20},
        {"\\4\\64", PS_COUNTER_MEMORY, PS_MEM_NONPAGED_ALLOCS, 0},
        {"\\\\S\\Process(a(b)#2)\\Handle Count", PS_COUNTER_PROCESS, PS_PROCESS_HANDLES, 0},
        {"\\\\S\\Process(x)\\ID Process", PS_COUNTER_PROCESS_ID, 0, 0},
        {"\\\\S\\Process\\Handle Count", PS_COUNTER_NONE, 0, 0},
        {"\\\\S\\Memory\\Pages/sec", PS_COUNTER_NONE, 0, 0},
        {"Memory\\Pool Paged Bytes", PS_COUNTER_NONE, 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ps_counter_path path;
        ps_counter counter = {PS_COUNTER_NONE, 0, 0};
        if (ps_part_counter(span_of(paths[i].path), &path))
            counter = ps_find_counter(&path);
        assert_int_equal(counter.kind, paths[i].kind);
        assert_int_equal(counter.field, paths[i].field);
        assert_int_equal(counter.shift, paths[i].shift);
    }
}

static void values_of_counters_are_whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool read;
        uint64_t value;
    } values[] = {{"1047961600.000000", true, 1047961600},
                  {"12,5", true, 12},
                  {"1.0479616e+009", true, 1047961600},
                  {"6.0131999999999998", true, 6},
                  {"25e-1", true, 2},
                  {"18446744073709551000", true, UINT64_C(18446744073709551000)},
                  {"1,234,567", false, 0},
                  {"1.5x", false, 0},
                  {"", false, 0}};
    (void)state;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint64_t value = 0;
        assert_int_equal(ps_take_counter_value(span_of(values[i].text), &value), values[i].read);
        if (values[i].read)
            assert_int_equal(value, values[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_stand_between_separators_and_in_quotes),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(a_cell_s_quotes_are_single_where_they_fit),
        cmocka_unit_test(addresses_have_8_or_16_digits),
        cmocka_unit_test(paths_of_counters_are_parted_and_known),
        cmocka_unit_test(values_of_counters_are_whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
