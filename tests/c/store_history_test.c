/* store_history_test.c - the history: what is in a reel comes out again, and what was committed stays,
 * whoever is killed and however full the disk. */
#include "store/reel.h"
#include "support/failing.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <sqlite3.h>

enum { ROWS = 60, START = 1790000000, MOST_ROWS = 300 };

static uint64_t seed = 12345;

static uint64_t below(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 20) % limit;
}

/* --- samples --------------------------------------------------------------------------------- */

static ps_row numbers_of(ps_row row)
{
    if ((row.known & PS_KNOW_ALLOCS) == 0)
        row.allocs = 0;
    if ((row.known & PS_KNOW_FREES) == 0)
        row.frees = 0;
    if ((row.known & PS_KNOW_DIFF) == 0)
        row.diff = 0;
    if ((row.known & PS_KNOW_BYTES) == 0)
        row.bytes = 0;
    if ((row.known & PS_KNOW_PER_ALLOC) == 0)
        row.per_alloc = 0;
    if ((row.known & PS_KNOW_DELTA_ALLOCS) == 0)
        row.delta_allocs = 0;
    if ((row.known & PS_KNOW_DELTA_FREES) == 0)
        row.delta_frees = 0;
    if ((row.known & PS_KNOW_DELTA_BYTES) == 0)
        row.delta_bytes = 0;
    return row;
}

static ps_row any_row(void)
{
    static const char *const notes[] = {"acmeflt.sys", "a note", "", "nt!mm"};
    const uint64_t wide = below(9) == 0 ? UINT64_MAX : UINT64_C(1) << below(40);

    return numbers_of((ps_row){
        .tag = 0x61616161 + (ps_tag)below(ROWS) + (below(30) == 0 ? PS_TAG_PROTECTED : 0),
        .pool = (uint8_t)below(2),
        .known = below(4) == 0 ? (uint8_t)below(256) : 31,
        .flags = below(5) == 0 ? (uint16_t)(below(128) & ~UINT64_C(1)) : 0,
        .session = below(6) == 0 ? (int32_t)below(5) - 2 : PS_NO_SESSION,
        .line = (uint32_t)below(5000),
        .offset = below(20) == 0 ? PS_NOWHERE : below(1 << 20),
        .allocs = below(wide),
        .frees = below(wide),
        .per_alloc = below(wide),
        .diff = (int64_t)below(wide) - (int64_t)below(1000),
        .bytes = (int64_t)below(wide) - (int64_t)below(1000),
        .delta_allocs = (int64_t)below(3) - 1,
        .delta_frees = (int64_t)below(wide),
        .delta_bytes = -(int64_t)below(100),
        .note = below(3) == 0 ? notes[below(4)] : NULL,
    });
}

/* Rows change a little from one snapshot to the next: some move, some go, come, or change places. */
static void vary(ps_row *rows, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (below(4) == 0) {
            rows[i].allocs += below(1000);
            rows[i].bytes += (int64_t)below(100000) - 50000;
            rows[i] = numbers_of(rows[i]);
        }
        if (below(40) == 0)
            rows[i] = any_row();
        if (below(60) == 0 && i > 0) {
            const ps_row row = rows[i];
            rows[i] = rows[i - 1];
            rows[i - 1] = row;
        }
    }
    if (below(3) == 0 && *count < MOST_ROWS)
        rows[(*count)++] = any_row();
    if (below(5) == 0 && *count > 1) {
        --*count;
        rows[below(*count)] = rows[*count];
    }
}

static ps_snapshot *snapshot_of(const ps_row *rows, size_t count, int64_t n)
{
    ps_snapshot *s;

    assert_true(ps_snapshot_new(&s, n % 50 == 49 ? "!poolused" : "poolmon -n", NULL));
    ps_snapshot_set_scope(s, (ps_scope)(n / 20 % 3));
    ps_snapshot_set_time(s, START + n);
    ps_snapshot_set_lines(s, (uint32_t)n, (uint32_t)n + 7);
    if (n % 3 == 0)
        ps_snapshot_set_memory(s, (ps_memory_field)below(PS_MEM_FIELDS), below(UINT64_MAX));
    if (n % 7 == 0)
        assert_true(ps_snapshot_set_host(s, "SRV", NULL));
    for (size_t i = 0; i < count; i++)
        assert_true(ps_snapshot_add(s, &rows[i], NULL));
    return s;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (a != NULL)
        assert_string_equal(a, b);
}

static void assert_same(const ps_snapshot *a, const ps_snapshot *b)
{
    uint32_t lines[4];
    uint64_t x = 0, y = 0;

    assert_string_equal(ps_snapshot_origin(a), ps_snapshot_origin(b));
    assert_same_text(ps_snapshot_host(a), ps_snapshot_host(b));
    assert_int_equal(ps_snapshot_scope(a), ps_snapshot_scope(b));
    assert_true(ps_snapshot_time(a) == ps_snapshot_time(b));
    ps_snapshot_lines(a, &lines[0], &lines[1]);
    ps_snapshot_lines(b, &lines[2], &lines[3]);
    assert_memory_equal(lines, lines + 2, 2 * sizeof *lines);
    for (unsigned i = 0; i < PS_MEM_FIELDS; i++) {
        assert_int_equal(ps_snapshot_memory(a, (ps_memory_field)i, &x),
                         ps_snapshot_memory(b, (ps_memory_field)i, &y));
        assert_true(x == y);
    }
    assert_int_equal(ps_snapshot_count(a), ps_snapshot_count(b));
    for (size_t i = 0; i < ps_snapshot_count(a); i++) {
        ps_row left = *ps_snapshot_at(a, i), right = *ps_snapshot_at(b, i);

        assert_same_text(left.note, right.note);
        left.note = right.note = NULL;
        assert_memory_equal(&left, &right, sizeof left);
    }
}

/* --- reels ----------------------------------------------------------------------------------- */

enum { FRAMES = 250 };

/* A reel of many snapshots, sealed and opened now and then on the way. */
static ps_reel *make_reel(ps_snapshot **kept, size_t frames)
{
    ps_row rows[MOST_ROWS + 1];
    size_t count = ROWS;
    ps_reel *reel;

    for (size_t i = 0; i < count; i++)
        rows[i] = any_row();
    assert_true(ps_reel_new(&reel, NULL));
    for (size_t n = 0; n < frames; n++) {
        if (n % 5 != 0)
            vary(rows, &count);
        kept[n] = snapshot_of(rows, n % 41 == 40 ? 0 : count, (int64_t)n);
        assert_true(ps_reel_append(reel, (int64_t)n + 100, START + (int64_t)n, kept[n], NULL));
        if (n % 37 == 0) {
            const ps_frame *frame;
            uint8_t *data;
            size_t size;

            assert_true(ps_reel_seal(reel, 3, &data, &size, NULL));
            ps_reel_close(reel);
            assert_true(ps_reel_open(&reel, data, size, NULL));
            free(data);
            do {
                assert_true(ps_reel_next(reel, &frame, NULL));
            } while (frame != NULL);
        }
    }
    return reel;
}

static void free_all(ps_snapshot **kept, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ps_snapshot_close(kept[i]);
}

static void every_field_survives(void **state)
{
    static ps_snapshot *kept[FRAMES];
    ps_reel *reel = make_reel(kept, FRAMES), *again;
    const ps_frame *frame;
    uint8_t *data;
    size_t size;

    (void)state;
    assert_true(ps_reel_seal(reel, 9, &data, &size, NULL));
    assert_true(ps_reel_open(&again, data, size, NULL));
    for (size_t n = 0; n < FRAMES; n++) {
        ps_snapshot *copy;

        assert_true(ps_reel_next(again, &frame, NULL));
        assert_non_null(frame);
        assert_true(frame->id == (int64_t)n + 100);
        assert_true(ps_reel_snapshot(again, &copy, NULL));
        assert_same(kept[n], copy);
        ps_snapshot_close(copy);
    }
    assert_true(ps_reel_next(again, &frame, NULL));
    assert_null(frame);
    ps_reel_close(again);
    ps_reel_close(reel);
    free(data);
    free_all(kept, FRAMES);
}

static void read_all(const uint8_t *data, size_t size)
{
    const ps_frame *frame;
    ps_snapshot *copy;
    ps_reel *reel;
    ps_error err;

    if (!ps_reel_open(&reel, data, size, &err)) {
        assert_int_not_equal(err.code, PS_OK);
        return;
    }
    while (ps_reel_next(reel, &frame, &err) && frame != NULL)
        if (ps_reel_snapshot(reel, &copy, &err))
            ps_snapshot_close(copy);
    ps_reel_close(reel);
}

static void damage_is_survived(void **state)
{
    static ps_snapshot *kept[20];
    ps_reel *reel = make_reel(kept, 20);
    uint8_t *data, *cut;
    size_t size;

    (void)state;
    assert_true(ps_reel_seal(reel, 9, &data, &size, NULL));
    for (size_t length = 0; length < size; length += 1 + length / 64) {
        cut = malloc(length + 1);
        assert_non_null(cut);
        memcpy(cut, data, length);
        read_all(cut, length);
        free(cut);
    }
    for (int round = 0; round < 400; round++) {
        const size_t at = below(size);
        const uint8_t was = data[at];

        data[at] = (uint8_t)below(256);
        read_all(data, size);
        data[at] = was;
    }
    free(data);
    ps_reel_close(reel);
    free_all(kept, 20);
}

/* --- files ----------------------------------------------------------------------------------- */

typedef struct place {
    char folder[64], path[96];
} place;

static int make_place(void **state)
{
    place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    (void)snprintf(p->folder, sizeof p->folder, "/dev/shm/poolsleuth-history-XXXXXX");
    if (mkdtemp(p->folder) == NULL) { /* no file system in memory: the disk, which is slower */
        (void)snprintf(p->folder, sizeof p->folder, "/tmp/poolsleuth-history-XXXXXX");
        assert_non_null(mkdtemp(p->folder));
    }
    (void)snprintf(p->path, sizeof p->path, "%s/history.db", p->folder);
    *state = p;
    return 0;
}

static void remove_files(const place *p)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[120];
        (void)snprintf(path, sizeof path, "%s%s", p->path, ends[i]);
        (void)unlink(path);
    }
}

static int remove_place(void **state)
{
    place *p = *state;

    remove_files(p);
    (void)rmdir(p->folder);
    free(p);
    return 0;
}

static ps_history *open_history(const place *p)
{
    ps_history *history;
    ps_error err = {.code = PS_OK};

    if (!ps_history_open(&history, p->path, NULL, &err))
        print_message("%s\n", err.text);
    assert_int_equal(err.code, PS_OK);
    return history;
}

/* Snapshot number n of a machine that leaks. */
static ps_snapshot *leaking(int64_t n, ps_error *err)
{
    ps_snapshot *s;

    if (!ps_snapshot_new(&s, "poolmon", err))
        return NULL;
    for (unsigned i = 0; i < ROWS; i++) {
        const ps_row row = {.tag = 0x41414141 + i,
                            .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES,
                            .session = PS_NO_SESSION,
                            .allocs = 1000 + (uint64_t)n * (i + 1),
                            .frees = 10,
                            .diff = 990 + n * (i + 1),
                            .bytes = (990 + n * (i + 1)) * 48 + (int64_t)((n * 7919 + i) % 977)};
        if (!ps_snapshot_add(s, &row, err)) {
            ps_snapshot_close(s);
            return NULL;
        }
    }
    return s;
}

static bool record(ps_history *history, const char *host, int64_t n, ps_error *err)
{
    const ps_history_origin origin = {.time = START + n * 60, .source = "a.log"};
    ps_snapshot *s = leaking(n, err);
    bool added = false, done;

    if (s == NULL)
        return false;
    done = ps_history_record(history, host, s, &origin, &added, err);
    ps_snapshot_close(s);
    return done;
}

static bool no_problem(void *context, const char *problem)
{
    print_message("%s\n", problem);
    ++*(size_t *)context;
    return true;
}

static void assert_sound(ps_history *history)
{
    size_t problems = 0;

    assert_true(ps_history_check(history, no_problem, &problems, NULL));
    assert_int_equal(problems, 0);
}

typedef struct counting {
    size_t count;
    int64_t last;
} counting;

static bool count_snapshot(void *context, const ps_history_snapshot *snapshot)
{
    counting *c = context;

    assert_true(snapshot->time > c->last);
    c->last = snapshot->time;
    c->count++;
    return true;
}

static size_t count_of(ps_history *history, const char *host)
{
    static const int64_t all[2] = {INT64_MIN, INT64_MAX};
    counting c = {0};
    ps_error err;

    if (!ps_history_snapshots(history, host, all, count_snapshot, &c, &err))
        assert_int_equal(err.code, PS_EFORMAT);
    return c.count;
}

/* --- killed ---------------------------------------------------------------------------------- */

/* Record from number `first` on, single ones and batches in turn; say how many are committed. */
static void record_until_killed(const place *p, int64_t first, int tell)
{
    ps_history *history;
    ps_error err;
    int64_t n = first;

    if (!ps_history_open(&history, p->path, NULL, &err))
        _exit(1);
    for (int round = 0;; round++) {
        const int64_t batch = round % 3 == 0 ? 40 : 1;

        if (batch > 1 && !ps_history_begin(history, &err))
            _exit(2);
        for (int64_t i = 0; i < batch; i++)
            if (!record(history, "SRV", n + i, &err))
                _exit(3);
        if (batch > 1 && !ps_history_commit(history, &err))
            _exit(4);
        n += batch;
        if (write(tell, &n, sizeof n) != sizeof n)
            _exit(5);
    }
}

static int64_t last_told(int from, int64_t first)
{
    int64_t n, last = first;

    while (read(from, &n, sizeof n) == sizeof n)
        last = n;
    return last;
}

static void what_was_committed_survives_a_kill(void **state)
{
    const place *p = *state;
    const int rounds = getenv("POOLSLEUTH_LONG") != NULL ? 200 : 12;
    int64_t n = 0;

    for (int round = 0; round < rounds; round++) {
        const struct timespec wait = {.tv_nsec = (long)below(60 * 1000 * 1000)};
        ps_history *history;
        int ends[2], status;
        pid_t child;

        if (round % 40 == 39) {
            remove_files(p);
            n = 0;
        }
        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            record_until_killed(p, n, ends[1]);
        assert_int_equal(close(ends[1]), 0);
        (void)nanosleep(&wait, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        n = last_told(ends[0], n);
        assert_int_equal(close(ends[0]), 0);
        history = open_history(p);
        assert_true((int64_t)count_of(history, "SRV") >= n);
        n = (int64_t)count_of(history, "SRV");
        assert_sound(history);
        ps_history_close(history);
    }
}

/* --- full ------------------------------------------------------------------------------------ */

/* A storage layer that takes so many writes and then answers that it is full. */
static sqlite3_vfs full_vfs;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods full_methods;
static const sqlite3_io_methods *real_methods;
static long writes_left;

static int write_while_there_is_room(sqlite3_file *file, const void *bytes, int size,
                                     sqlite3_int64 offset)
{
    if (writes_left <= 0)
        return SQLITE_FULL;
    writes_left--;
    return real_methods->xWrite(file, bytes, size, offset);
}

static int open_with_little_room(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                                 int *given)
{
    const int done = real_vfs->xOpen(real_vfs, name, file, flags, given);

    (void)vfs;
    if (done == SQLITE_OK && file->pMethods != NULL) {
        real_methods = file->pMethods;
        full_methods = *real_methods;
        full_methods.xWrite = write_while_there_is_room;
        file->pMethods = &full_methods;
    }
    return done;
}

static bool leave_room_for_writes(unsigned long writes)
{
    real_vfs = sqlite3_vfs_find(NULL);
    full_vfs = *real_vfs;
    full_vfs.zName = "full";
    full_vfs.xOpen = open_with_little_room;
    writes_left = (long)writes;
    return sqlite3_vfs_register(&full_vfs, 1) == SQLITE_OK;
}

static bool leave_room_for_bytes(unsigned long bytes)
{
    const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};

    (void)signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

typedef struct shortage {
    bool (*leave)(unsigned long room);
    unsigned long room;
    bool from_the_start; /* not even the first snapshot fits */
} shortage;

static void record_into_little_room(const place *p, const shortage *of, int tell)
{
    ps_history *history;
    ps_error err = {.code = PS_OK};
    int64_t n = 0;

    if (!of->leave(of->room))
        _exit(1);
    if (ps_history_open(&history, p->path, NULL, &err)) {
        while (n < 5000 && record(history, "SRV", n, &err))
            n++;
        ps_history_close(history);
    }
    if (write(tell, &n, sizeof n) != sizeof n)
        _exit(2);
    _exit(err.code == PS_EIO && strstr(err.text, "history.db") != NULL &&
                  strstr(err.text, "as it was before") != NULL
              ? 0
              : 3);
}

static void a_full_disk_is_told_and_harms_nothing(void **state)
{
    static const shortage shortages[] = {
        {leave_room_for_bytes, 4096, true},    {leave_room_for_bytes, 300000, false},
        {leave_room_for_bytes, 444444, false}, {leave_room_for_bytes, 1000000, false},
        {leave_room_for_writes, 2, true},      {leave_room_for_writes, 150, false},
        {leave_room_for_writes, 333, false},   {leave_room_for_writes, 2000, false},
    };
    const place *p = *state;

    for (size_t i = 0; i < sizeof shortages / sizeof *shortages; i++) {
        ps_history *history;
        int ends[2], status;
        int64_t n;
        pid_t child;

        remove_files(p);
        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            record_into_little_room(p, &shortages[i], ends[1]);
        assert_int_equal(close(ends[1]), 0);
        n = last_told(ends[0], -1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(close(ends[0]), 0);
        history = open_history(p);
        assert_true(n >= 0 && (n > 0) != shortages[i].from_the_start);
        assert_true((int64_t)count_of(history, "SRV") >= n);
        assert_sound(history);
        assert_true(record(history, "SRV", 6000, NULL));
        assert_sound(history);
        ps_history_close(history);
    }
}

/* --- others ---------------------------------------------------------------------------------- */

static void two_programs_may_write(void **state)
{
    enum { EACH = 60, WRITERS = 2 };
    const place *p = *state;
    pid_t children[WRITERS];
    ps_history *history;

    for (int w = 0; w < WRITERS; w++) {
        children[w] = fork();
        assert_true(children[w] >= 0);
        if (children[w] == 0) {
            ps_error err;
            if (!ps_history_open(&history, p->path, NULL, &err))
                _exit(1);
            for (int64_t n = 0; n < EACH; n++)
                if (!record(history, "SRV", n * WRITERS + w, &err))
                    _exit(2);
            ps_history_close(history);
            _exit(0);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_int_equal(waitpid(children[w], &status, 0), children[w]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    history = open_history(p);
    assert_int_equal(count_of(history, "SRV"), EACH * WRITERS);
    assert_sound(history);
    ps_history_close(history);
}

static void a_locked_history_says_so(void **state)
{
    const place *p = *state;
    const ps_history_options hasty = {.busy_ms = 100};
    ps_history *first = open_history(p), *second;
    ps_error err;

    assert_true(ps_history_open(&second, p->path, &hasty, NULL));
    assert_true(ps_history_begin(first, NULL));
    assert_true(record(first, "A", 1, NULL));
    assert_false(record(second, "A", 2, &err));
    assert_int_equal(err.code, PS_EIO);
    assert_non_null(strstr(err.text, "another program"));
    assert_int_equal(count_of(second, "A"), 0);
    assert_true(ps_history_commit(first, NULL));
    assert_true(record(second, "A", 2, NULL));
    assert_int_equal(count_of(first, "A"), 2);
    ps_history_close(second);
    ps_history_close(first);
}

static void run_sql(const place *p, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void foreign_files_are_refused(void **state)
{
    static const struct {
        const char *sql;
        ps_status code;
    } cases[] = {
        {"PRAGMA user_version = 99", PS_EUNSUPPORTED},
        {"PRAGMA application_id = 7", PS_EFORMAT},
        {"CREATE TRIGGER t AFTER INSERT ON snapshots BEGIN DELETE FROM reels; END", PS_EFORMAT},
        {"DROP TABLE words; CREATE VIEW words AS SELECT 1 AS id, 'x' AS word", PS_EFORMAT},
        {"DROP TABLE reels", PS_EFORMAT},
    };
    const place *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ps_history *history;
        ps_error err;

        remove_files(p);
        history = open_history(p);
        assert_true(record(history, "A", 1, NULL));
        ps_history_close(history);
        run_sql(p, cases[i].sql);
        assert_false(ps_history_open(&history, p->path, NULL, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.text, "history.db"));
    }
}

/* Rows that lie about each other are problems or errors, never more. */
static void lying_rows_are_survived(void **state)
{
    static const char *const lies[] = {
        "UPDATE snapshots SET reel = 77 WHERE id = 3",
        "UPDATE snapshots SET host = 9",
        "UPDATE reels SET first = last + 1000000",
        "UPDATE reels SET data = zeroblob(100)",
        "UPDATE reels SET checksum = 1",
        "DELETE FROM reels",
        "DELETE FROM snapshots WHERE id = 2",
        "UPDATE snapshots SET time = 9223372036854775807 WHERE id = 4",
        "UPDATE snapshots SET rows = 'x', origin = 'y', line = -1",
        "UPDATE hosts SET id = 50",
        "INSERT INTO days VALUES(1, 5, 0, x'00')",
        "INSERT INTO inventories VALUES(1, 0, 5, 99)",
    };
    const place *p = *state;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        ps_history *history;
        ps_snapshot *s;
        size_t problems = 0;

        remove_files(p);
        history = open_history(p);
        for (int64_t n = 0; n < 5; n++)
            assert_true(record(history, "A", n, NULL));
        ps_history_close(history);
        run_sql(p, lies[i]);
        history = open_history(p);
        if (ps_history_load(history, 3, &s, NULL))
            ps_snapshot_close(s);
        (void)record(history, "A", 2, NULL);
        (void)record(history, "A", 9, NULL);
        assert_true(ps_history_check(history, no_problem, &problems, NULL));
        if (problems == 0)
            fail_msg("not noticed: %s", lies[i]);
        ps_history_close(history);
    }
}

static bool any_host(void *context, const ps_history_host *host)
{
    (void)context;
    return host->name != NULL;
}

static bool any_snapshot(void *context, const ps_history_snapshot *snapshot)
{
    (void)context;
    return snapshot->id > 0;
}

static void times_that_no_calendar_has_are_damage(void **state)
{
    static const char *const times[] = {"9223372036854775807", "-9223372036854775808",
                                        "274877906944", "1e300"};
    static const int64_t all[2] = {INT64_MIN, INT64_MAX};
    const place *p = *state;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        ps_history *history;
        ps_error err;
        char sql[80];

        remove_files(p);
        history = open_history(p);
        assert_true(record(history, "A", 1, NULL));
        ps_history_close(history);
        (void)snprintf(sql, sizeof sql, "UPDATE snapshots SET time = %s", times[i]);
        run_sql(p, sql);
        history = open_history(p);
        assert_false(ps_history_hosts(history, any_host, NULL, &err));
        assert_int_equal(err.code, PS_EFORMAT);
        assert_false(ps_history_snapshots(history, "A", all, any_snapshot, NULL, &err) &&
                     strcmp(times[i], "1e300") != 0);
        assert_non_null(strstr(err.text, "a snapshot's time"));
        ps_history_close(history);
    }
}

/* --- out of memory --------------------------------------------------------------------------- */

static bool any_day(void *context, const ps_history_day *day)
{
    (void)context;
    return day->n < UINT32_MAX;
}

static bool any_change(void *context, const ps_history_driver_change *change)
{
    (void)context;
    return change->time > 0;
}

static bool use_history(ps_history *history, ps_error *err)
{
    static const int64_t all[2] = {INT64_MIN, INT64_MAX};
    const ps_history_days_of of = {.host = "A", .from = INT64_MIN, .to = INT64_MAX};
    const ps_history_driver one = {.name = "a.sys", .version = "1"}, two = {.name = "b.sys"};
    ps_history_trend trend;
    uint64_t removed;

    for (int64_t n = 0; n < 4; n++)
        if (!record(history, "A", n * 3 % 4, err))
            return false;
    if (!ps_history_slopes(history, "A", all, any_day, NULL, err) ||
        !ps_history_days(history, &of, any_day, NULL, err) ||
        !ps_history_record_drivers(history, "A", 1, &one, 1, err) ||
        !ps_history_record_drivers(history, "A", 2, &two, 1, err) ||
        !ps_history_driver_changes(history, "A", all, any_change, NULL, err) ||
        !ps_history_prune(history, NULL, START + 60, &removed, err) ||
        !ps_history_trend_open(&trend, history, "A", all, 0, err))
        return false;
    ps_history_trend_close(&trend);
    return record(history, "B", 1, err) && ps_history_rename_host(history, "A", "B", err);
}

static bool history_scenario(void *context)
{
    ps_history *history = NULL;
    ps_error err = {.code = PS_OK};
    bool done;

    remove_files(context);
    done = ps_history_open(&history, ((const place *)context)->path, NULL, &err) &&
           use_history(history, &err);
    ps_history_close(history);
    if (!done)
        assert_int_equal(err.code, PS_ENOMEM);
    return done;
}

static void memory_may_run_out(void **state) { (void)failing_each(history_scenario, *state); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test_setup_teardown(what_was_committed_survives_a_kill, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_harms_nothing, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(two_programs_may_write, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_locked_history_says_so, make_place, remove_place),
        cmocka_unit_test_setup_teardown(foreign_files_are_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(lying_rows_are_survived, make_place, remove_place),
        cmocka_unit_test_setup_teardown(times_that_no_calendar_has_are_damage, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(memory_may_run_out, make_place, remove_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
