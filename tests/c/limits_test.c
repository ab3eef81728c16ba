/* limits_test.c - limits on texts, counters, folders, archives and histories; and limits as such. */
#include "limits_support.h"

#include "support/failing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- texts ----------------------------------------------------------------------------------- */

#define TABLE " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
#define SPOILT " Cuts Nonp      51231806 506\n"
#define LOG(host) "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\" host "\\Memory\\Pool Nonpaged Bytes\""
#define PAGED "\\\\A\\Memory\\Pool Paged Bytes"
#define ROW "                                                                  "

static const char *text_of(const char *name)
{
    static const struct {
        const char *limit, *text;
    } texts[] = {
        {"text_line_bytes", LOG("A") "\n\"11/01/2026 00:05:00\",\"1\"\n"},
        {"text_row_bytes", TABLE " Good Nonp 9 1 8 64 8" ROW "\n"},
        {"text_problems", TABLE " Good Nonp 9 1 8 64 8\n" SPOILT SPOILT SPOILT},
        {"text_totals", LOG("A") "\n\"11/01/2026 00:05:00\",\"1\"\n"
                                 "\"11/01/2026 00:06:00\",\"1\"\n\"11/01/2026 00:07:00\",\"1\"\n"},
        {"text_moments", "DateTime,Tag,PagedUsedBytes\n2025-03-01T00:00:01,Acme,1\n"
                         "2025-03-01T00:00:02,Acme,2\n2025-03-01T00:00:03,Acme,3\n"},
        {"text_reopened", "DateTime,Tag,PagedUsedBytes\n2025-03-01T00:00:01,Acme,1\n"
                          "2025-03-01T00:00:02,Acme,2\n2025-03-01T00:00:03,Acme,2\n"
                          "2025-03-01T00:00:01,Acmf,1\n2025-03-01T00:00:02,Acmf,1\n"
                          "2025-03-01T00:00:03,Acmf,1\n"},
        {"text_items", "SERVICE_NAME: a\n        TYPE               : 1  KERNEL_DRIVER\n"
                       "        STATE              : 4  RUNNING\n\n"
                       "SERVICE_NAME: b\n        TYPE               : 1  KERNEL_DRIVER\n"
                       "        STATE              : 4  RUNNING\n"},
        {"text_hosts", "COMPUTERNAME=A\nCOMPUTERNAME=B\nCOMPUTERNAME=C\n"},
        {"text_barren", LOG("A") "\n" LOG("A") "\n" LOG("A") "\n"},
        {"text_refusals", TABLE " Good Nonp 9 1 8 64 8\n" SPOILT SPOILT SPOILT},
        {"text_tries", TABLE "Spce Nonp 51 231 806 50 633 533 598 273 28 717 104 48\n"},
        {"counter_columns", LOG("A") ",\"" PAGED "\"\n\"11/01/2026 00:05:00\",\"1\",\"2\"\n"},
        {"counter_hosts",
         LOG("A") ",\"\\\\B\\Memory\\Pool Paged Bytes\"\n\"11/01/2026 00:05:00\",\"1\",\"2\"\n"},
        {"counter_samples",
         LOG("A") "\n\"11/01/2026 00:05:00\",\"1\"\n"
                  "\"11/01/2026 00:06:00\",\"1\"\n\"11/01/2026 00:07:00\",\"1\"\n"},
        {"counter_points", LOG("A") ",\"\\\\A\\Process(x)\\Handle Count\"\n"
                                    "\"11/01/2026 00:05:00\",\"1\",\"2\"\n"
                                    "\"11/01/2026 00:06:00\",\"1\",\"2\"\n"
                                    "\"11/01/2026 00:07:00\",\"1\",\"2\"\n"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].limit, name) == 0)
            return texts[i].text;
    fail_msg("no text for %s", name);
    return "";
}

static bool text_tells(const ps_limits *limits, const char *name)
{
    const char *bytes = text_of(name);
    ps_text *text;
    ps_error err;
    bool told = false;

    if (!ps_text_parse_within(&text, bytes, strlen(bytes), limits, &err)) {
        assert_int_equal(err.code, PS_ELIMIT); /* below the least that may be asked for */
        return true;
    }
    for (size_t i = 0; i < ps_text_problem_count(text); i++)
        told = told || names_limit(ps_text_problem_at(text, i)->reason, name);
    ps_text_close(text);
    return told;
}

/* --- files ----------------------------------------------------------------------------------- */

static char root[] = "/tmp/limits-test-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[300];

    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
    (void)state;
    if (mkdtemp(root) == NULL)
        return -1;
    write_file("one", "1");
    write_file("two", "22");
    write_file("three", "333");
    return mkdir(path_of("a"), 0700) + mkdir(path_of("a/b"), 0700);
}

static int remove_files(void **state)
{
    static const char *const names[] = {"one", "two", "three", "history"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i]));
    return rmdir(path_of("a/b")) + rmdir(path_of("a")) + rmdir(root);
}

static bool folder_tells(const ps_limits *limits, const char *name)
{
    ps_folder *folder;
    bool told = false;

    assert_true(ps_folder_list_within(&folder, root, limits, NULL));
    for (size_t i = 0; i < ps_folder_problem_count(folder); i++)
        told = told || names_limit(ps_folder_problem_at(folder, i)->text, name);
    ps_folder_close(folder);
    return told;
}

static bool input_tells(const ps_limits *limits, const char *name)
{
    const int before = dup(STDIN_FILENO);
    const int file = open(path_of("three"), O_RDONLY | O_CLOEXEC);
    ps_source *source;
    ps_error err;
    bool told;

    assert_true(file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO);
    told = fails_at(ps_source_open_within(&source, "-", limits, &err), &err, name);
    ps_source_close(source);
    (void)close(file);
    if (before >= 0)
        (void)dup2(before, STDIN_FILENO);
    (void)close(before);
    return told;
}

/* An archive of three members without names, each of whose entries has 46 bytes. */
static size_t make_zip(uint8_t bytes[512])
{
    enum { MEMBERS = 3, ENTRY = 46, AT = 4 };
    uint8_t *end = bytes + AT + MEMBERS * ENTRY;

    memset(bytes, 0, 512);
    memcpy(bytes, "PK\3\4", 4);
    for (int i = 0; i < MEMBERS; i++)
        memcpy(bytes + AT + i * ENTRY, "PK\1\2", 4);
    memcpy(end, "PK\5\6", 4);
    end[10] = MEMBERS;
    end[12] = MEMBERS * ENTRY;
    end[16] = AT;
    return (size_t)(end + 22 - bytes);
}

static bool bytes_tell(const uint8_t *bytes, size_t size, const ps_limits *limits, const char *name)
{
    ps_source *source;
    ps_archive *archive;
    ps_error err;
    bool done, told;

    assert_true(ps_source_memory(&source, bytes, size, NULL));
    done = ps_archive_read_within(&archive, source, limits, &err);
    told = fails_at(done, &err, name) ||
           (done && ps_archive_count(archive) < ps_archive_total(archive));
    ps_archive_close(archive);
    ps_source_close(source);
    return told;
}

static bool zip_tells(const ps_limits *limits, const char *name)
{
    uint8_t bytes[512];

    return bytes_tell(bytes, make_zip(bytes), limits, name);
}

/* A cabinet of two files: behind a header of 36 bytes two entries of 16 and a name. */
static bool cabinet_tells(const ps_limits *limits, const char *name)
{
    uint8_t bytes[36 + 2 * 18 + 8] = "MSCF";

    bytes[16] = 36;
    bytes[28] = 2;
    bytes[24] = 3, bytes[25] = 1, bytes[26] = 1;
    bytes[36 + 16] = 'a';
    bytes[36 + 18 + 16] = 'b';
    return bytes_tell(bytes, sizeof bytes, limits, name);
}

static bool import_tells(const ps_limits *limits, const char *name)
{
    static const char csv[] = "host,time,tag,pool,bytes\nA,1,Acme,nonpaged,1\n";
    ps_history_imported imported;
    ps_history *history;
    ps_source *source;
    ps_error err;
    bool told;

    assert_true(ps_history_open(&history, path_of("history"), NULL, &err));
    assert_true(ps_source_memory(&source, csv, sizeof csv - 1, NULL));
    told = fails_at(ps_history_import_within(history, source, &imported, limits, &err), &err, name);
    ps_source_close(source);
    ps_history_close(history);
    return told;
}

static void each_limit_is_obeyed_and_told(void **state)
{
    static const char *const beginnings[] = {"input",   "folder",  "archive", "text",
                                             "counter", "history", NULL};
    static const trial trials[] = {
        {"input_bytes", input_tells, 3},
        {"folder_files", folder_tells, 3},
        {"folder_depth", folder_tells, 3},
        {"archive_members", zip_tells, 3},
        {"archive_members", cabinet_tells, 2},
        {"archive_directory_bytes", zip_tells, 138},
        {"archive_directory_bytes", cabinet_tells, 36},
        {"text_line_bytes", text_tells, sizeof LOG("A") - 1},
        {"text_row_bytes", text_tells, sizeof " Good Nonp 9 1 8 64 8" ROW - 1},
        {"text_problems", text_tells, 3},
        {"text_totals", text_tells, 3},
        {"text_moments", text_tells, 3},
        {"text_reopened", text_tells, 3},
        {"text_items", text_tells, 2},
        {"text_hosts", text_tells, 3},
        {"text_barren", text_tells, 3},
        {"text_refusals", text_tells, 3},
        {"text_tries", text_tells, 0},
        {"counter_columns", text_tells, 2},
        {"counter_hosts", text_tells, 2},
        {"counter_samples", text_tells, 3},
        {"counter_points", text_tells, 3},
        {"history_line_bytes", import_tells, 24},
    };

    (void)state;
    all_obey(trials, sizeof trials / sizeof trials[0], beginnings);
}

/* --- limits as such -------------------------------------------------------------------------- */

static bool parse_within(const ps_limits *limits, ps_error *err)
{
    ps_text *text;
    const bool done = ps_text_parse_within(&text, TABLE, sizeof TABLE - 1, limits, err);

    ps_text_close(text);
    return done;
}

static void the_defaults_are_given_as_far_as_a_program_knows_them(void **state)
{
    const size_t known = offsetof(ps_limits, folder_depth);
    ps_limits limits;

    (void)state;
    memset(&limits, 0xAA, sizeof limits);
    ps_limits_default(&limits, known);
    assert_int_equal(limits.size, known);
    assert_int_equal(limits.folder_files, 200000);
    assert_int_equal(limits.folder_depth, UINT64_C(0xAAAAAAAAAAAAAAAA));
    assert_true(parse_within(&limits, NULL));
    ps_limits_default(&limits, sizeof limits);
    assert_int_equal(limits.history_line_bytes, 256 << 20);
    assert_true(parse_within(&limits, NULL));
}

static void a_program_may_know_more_limits_unless_it_sets_them(void **state)
{
    struct {
        ps_limits known;
        uint64_t unknown;
    } later = {.known = {.size = sizeof later}};
    ps_error err;

    (void)state;
    assert_true(parse_within(&later.known, &err));
    later.unknown = 1;
    assert_false(parse_within(&later.known, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
}

static void limits_out_of_their_range_are_refused_by_name(void **state)
{
    ps_limits limits = {.size = sizeof limits, .text_row_bytes = 4097};
    ps_folder *folder;
    ps_error err;

    (void)state;
    assert_false(parse_within(&limits, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    assert_string_equal(err.text, "limit text_row_bytes: from 1 to 4096, not 4097");
    assert_false(ps_folder_list_within(&folder, root, &limits, &err));
    assert_null(folder);
    limits = (ps_limits){.size = sizeof limits, .text_line_bytes = 15};
    assert_false(parse_within(&limits, &err));
    limits = (ps_limits){0}; /* no size */
    assert_false(parse_within(&limits, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
    assert_int_equal(failing_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_is_obeyed_and_told),
        cmocka_unit_test(the_defaults_are_given_as_far_as_a_program_knows_them),
        cmocka_unit_test(a_program_may_know_more_limits_unless_it_sets_them),
        cmocka_unit_test(limits_out_of_their_range_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
