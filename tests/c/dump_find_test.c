/* dump_find_test.c - the kernel is found in memory without a header, whatever its page tables, and
 * in dumps whose header is wrong about them; what only looks like a kernel is not taken. */
#include "dump/dump.h"
#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct mode {
    ps_paging paging;
    uint32_t build;
    unsigned slot;
} mode;

static const mode modes[] = {
    {PS_PAGING_X86, 3790, 0x300},    {PS_PAGING_PAE, 7601, 0},      {PS_PAGING_X64, 7601, 0x1ED},
    {PS_PAGING_X64, 19041, 0x100},   {PS_PAGING_X64, 22621, 0x1FE}, {PS_PAGING_LA57, 26100, 0x155},
    {PS_PAGING_ARM64, 22000, 0x1A0},
};

enum { MODES = sizeof modes / sizeof modes[0] };

static void kernel_is_known(const machine *m, ps_dump *dump)
{
    const ps_dump_facts *facts = ps_dump_get_facts(dump);
    uint64_t address = 0;

    assert_int_equal(dump->kernel.space.paging, m->paging);
    assert_int_equal(facts->table_base, m->root);
    assert_int_equal(facts->bits, m->pointer * 8);
    assert_int_equal(facts->build, m->build);
    assert_true(ps_dump_symbol(dump, "PsLoadedModuleList", &address));
    assert_true(address == m->base + 0x2020);
    assert_int_equal(ps_dump_module_count(dump), 2);
    assert_string_equal(ps_dump_module_at(dump, 1)->name, "acmeflt.sys");
}

static void a_raw_image_of_every_mode_gives_its_kernel(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        ps_dump *dump = machine_open(machine_write(m, 0));
        const ps_dump_facts *facts = ps_dump_get_facts(dump);

        kernel_is_known(m, dump);
        assert_true(facts->has_kernel);
        assert_false(facts->has_header);
        assert_int_equal(facts->processors, MACHINE_PROCESSORS);
        assert_int_equal(facts->product, 3);
        assert_true(facts->has_time);
        assert_int_equal(facts->uptime_s, 360);
        assert_true(facts->debugger_data == m->base + MACHINE_KDBG);
        assert_true(facts->processes == m->base + 0x2060);
        assert_true(machine_says(dump, "found"));
        ps_dump_close(dump);
        machine_free(m);
    }
}

static void a_kernel_without_readable_debugger_data_is_found_by_its_exports(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        ps_dump *dump;

        memset(m->bytes + m->kdbg_physical, 0xA5, 0x380);
        dump = machine_open(machine_write(m, 0));
        kernel_is_known(m, dump);
        assert_true(machine_says(dump, "no debugger data"));
        ps_dump_close(dump);
        machine_free(m);
    }
}

/* Pool blocks with the tag KDBG, and blocks that name another kernel. */
static void a_pool_tag_is_no_debugger_data(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    ps_dump *dump;

    (void)state;
    memmove(m->bytes + m->kdbg_physical + 0x880, m->bytes + m->kdbg_physical, 0x380);
    machine_put_text(m, m->image + 0x2100, "KDBG");
    machine_put(m, m->kdbg_physical + 0x18, 0xFFFFF80001000000, 8);
    dump = machine_open(machine_write(m, 0));
    assert_true(ps_dump_get_facts(dump)->debugger_data == m->base + MACHINE_KDBG + 0x880);
    ps_dump_close(dump);
    machine_free(m);
}

static void stale_tables_are_rejected(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        const uint64_t stale = machine_new_root(m);
        ps_dump *dump;

        /* One that maps itself alone, and one whose kernel is gone, both before the real one. */
        if (m->paging != PS_PAGING_PAE) {
            const uint64_t step = m->pointer;
            memcpy(m->bytes + (uint64_t)10 * MACHINE_PAGE, m->bytes + stale, MACHINE_PAGE);
            machine_put(m, (uint64_t)10 * MACHINE_PAGE + m->slot * step,
                        ((uint64_t)10 * MACHINE_PAGE) |
                            (m->paging == PS_PAGING_ARM64 ? UINT64_C(0x60000000000703) : 0x63),
                        m->pointer);
        }
        dump = machine_open(machine_write(m, 0));
        kernel_is_known(m, dump);
        ps_dump_close(dump);
        machine_free(m);
    }
}

static void the_tables_of_the_system_process_are_preferred(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
    const uint64_t other = (uint64_t)20 * MACHINE_PAGE;
    ps_dump *dump;

    (void)state;
    memcpy(m->bytes + other, m->bytes + m->root, MACHINE_PAGE);
    machine_put(m, other + (uint64_t)m->slot * 8, other | 0x63, 8);
    dump = machine_open(machine_write(m, 0));
    kernel_is_known(m, dump);
    ps_dump_close(dump);
    machine_free(m);
}

/* The first page behind a large entry is seen among the tables as if it were one. */
static void a_kernel_among_its_tables_is_not_taken(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        ps_dump *dump;

        machine_rebase(m, UINT64_C(0xFFFFFFFFE0800000));
        machine_map(m, m->root, i == 0 ? 0xC0380000 : 0xC0700000, m->image);
        dump = machine_open(machine_write(m, 0));
        kernel_is_known(m, dump);
        ps_dump_close(dump);
        machine_free(m);
    }
}

static void the_start_up_code_of_processors_names_the_tables(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
    const uint64_t stub = (uint64_t)0x13 * MACHINE_PAGE;
    ps_dump *dump;

    (void)state;
    machine_put(m, stub, UINT64_C(0x000000010006AAE9), 8);
    machine_put(m, stub + 0x70, m->base + 0x1500, 8);
    machine_put(m, stub + 0xA0, m->root, 8);
    machine_put(m, m->root + (uint64_t)m->slot * 8, 0, 8);
    machine_put(m, stub, UINT64_C(0x00000001000600E9), 8);
    dump = machine_open(machine_write(m, 0));
    kernel_is_known(m, dump);
    ps_dump_close(dump);
    machine_free(m);
}

static void a_header_with_wrong_tables_is_put_right(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        const uint64_t lists[] = {m->base + 0x2020, m->base + MACHINE_KDBG};
        const uint64_t wrong[] = {0, machine_new_root(m), 0x77777000, UINT64_C(0x4547415045474150)};

        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            ps_dump *dump = machine_open(machine_write_dump(m, wrong[k], lists[0], lists[1]));
            assert_true(machine_says(dump, "do not map the kernel"));
            assert_int_equal(dump->kernel.space.root, m->root);
            assert_int_equal(ps_dump_module_count(dump), 2);
            ps_dump_close(dump);
        }
        machine_free(m);
    }
}

/* The user's half of a machine with shadowed tables maps the shared data and not the kernel. */
static void tables_of_a_program_are_not_the_kernels(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
    const uint64_t user = (uint64_t)m->frame++ * MACHINE_PAGE;
    const size_t shared = (size_t)0x1EF * 8; /* the entry on the way to it */
    ps_dump *dump;

    (void)state;
    memcpy(m->bytes + user + shared, m->bytes + m->root + shared, 8);
    dump =
        machine_open(machine_write_dump(m, user | 0x2, m->base + 0x2020, m->base + MACHINE_KDBG));
    assert_int_equal(dump->kernel.space.root, m->root);
    assert_int_equal(ps_dump_module_count(dump), 2);
    ps_dump_close(dump);
    dump = machine_open(machine_write_dump(m, m->root | UINT64_C(0x8000000000000002),
                                           m->base + 0x2020, m->base + MACHINE_KDBG));
    assert_int_equal(ps_dump_problem_count(dump), 0);
    assert_int_equal(ps_dump_module_count(dump), 2);
    ps_dump_close(dump);
    machine_free(m);
}

/* A dump whose header is right and whose pages are missing is read as far as it goes. */
static void tables_are_right_though_pages_are_missing(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    const uint64_t nowhere = UINT64_C(1) << 33;
    ps_dump *dump;

    (void)state;
    machine_map(m, m->root, m->base + 0x2000, nowhere);
    machine_map(m, m->root, UINT64_C(0xFFFFF78000000000), nowhere);
    dump = machine_open(machine_write_dump(m, m->root, m->base + 0x2020, m->base + MACHINE_KDBG));
    assert_int_equal(dump->kernel.space.root, m->root);
    assert_true(dump->kernel.has_space);
    assert_true(machine_says(dump, "not in the dump"));
    assert_true(dump->kernel.image.base == m->base);
    ps_dump_close(dump);
    machine_free(m);
}

static void a_header_without_debugger_data_is_put_right(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        const uint64_t wrong[] = {0, m->base + 0x1000, UINT64_C(0x4547415045474150)};

        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            ps_dump *dump =
                machine_open(machine_write_dump(m, m->root, m->base + 0x2020, wrong[k]));
            assert_true(dump->kernel.kdbg.address == m->base + MACHINE_KDBG);
            assert_true(machine_says(dump, "debugger data are not at"));
            assert_int_equal(ps_dump_module_count(dump), 2);
            ps_dump_close(dump);
        }
        machine_free(m);
    }
}

static void memory_without_a_kernel_is_said_to_have_none(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    ps_dump *dump;

    (void)state;
    memset(m->bytes, 0, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    dump = machine_open(machine_write(m, 0));
    assert_true(machine_says(dump, "only physical memory"));
    assert_false(dump->kernel.has_space);
    ps_dump_close(dump);
    machine_free(m);
}

/* The page with the image's header is gone: the debugger data still tell where everything is. */
static void a_kernel_without_its_header_is_found_by_its_debugger_data(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        machine *m = machine_new(modes[i].paging, modes[i].build, modes[i].slot);
        ps_dump *dump;

        memset(m->bytes + m->image, 0, MACHINE_PAGE);
        machine_put_text(m, (uint64_t)9 * MACHINE_PAGE + 0x110, "KDBG");
        dump = machine_open(machine_write(m, 0));
        assert_true(machine_says(dump, "by a search"));
        assert_true(ps_dump_get_facts(dump)->debugger_data == m->base + MACHINE_KDBG);
        assert_int_equal(ps_dump_get_facts(dump)->processors, MACHINE_PROCESSORS);
        assert_int_equal(ps_dump_module_count(dump), 2);
        ps_dump_close(dump);
        machine_free(m);
    }
}

static void shared_data_alone_are_said_to_be_that(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    ps_dump *dump;

    (void)state;
    memset(m->bytes + m->image, 0, (size_t)4 * MACHINE_PAGE);
    dump = machine_open(machine_write(m, 0));
    assert_true(machine_says(dump, "no kernel was found"));
    assert_true(dump->kernel.has_space);
    ps_dump_close(dump);
    machine_free(m);
}

typedef struct steps {
    unsigned count, limit;
    uint64_t last, total;
} steps;

static bool count_steps(void *context, uint64_t done, uint64_t total)
{
    steps *s = context;

    s->last = done;
    s->total = total;
    return ++s->count < s->limit;
}

/* A search of memory without a kernel, in a file of 64 GiB that holds next to nothing. */
static bool search_nothing(steps *s, ps_dump **dump, ps_error *err)
{
    const uint64_t size = UINT64_C(64) << 30;
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    const ps_dump_options options = {.progress = {count_steps, s}};
    const char *path;
    bool opened;

    memset(m->bytes, 0, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    path = machine_write(m, size);
    opened = ps_dump_open(dump, path, &options, err);
    assert_true(s->total == size);
    (void)unlink(path);
    machine_free(m);
    return opened;
}

static void holes_are_skipped(void **state)
{
    steps s = {.limit = 1000};
    ps_dump *dump;
    ps_error err = {0};

    (void)state;
    assert_true(search_nothing(&s, &dump, &err));
    assert_true(machine_says(dump, "only physical memory"));
    assert_in_range(s.count, 1, 100);
    ps_dump_close(dump);
}

static void a_search_can_be_cancelled(void **state)
{
    steps s = {.limit = 3};
    ps_dump *dump;
    ps_error err = {0};

    (void)state;
    assert_false(search_nothing(&s, &dump, &err));
    assert_int_equal(err.code, PS_ECANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raw_image_of_every_mode_gives_its_kernel),
        cmocka_unit_test(a_kernel_without_readable_debugger_data_is_found_by_its_exports),
        cmocka_unit_test(a_pool_tag_is_no_debugger_data),
        cmocka_unit_test(stale_tables_are_rejected),
        cmocka_unit_test(the_tables_of_the_system_process_are_preferred),
        cmocka_unit_test(a_kernel_among_its_tables_is_not_taken),
        cmocka_unit_test(the_start_up_code_of_processors_names_the_tables),
        cmocka_unit_test(a_header_with_wrong_tables_is_put_right),
        cmocka_unit_test(tables_of_a_program_are_not_the_kernels),
        cmocka_unit_test(tables_are_right_though_pages_are_missing),
        cmocka_unit_test(a_header_without_debugger_data_is_put_right),
        cmocka_unit_test(memory_without_a_kernel_is_said_to_have_none),
        cmocka_unit_test(a_kernel_without_its_header_is_found_by_its_debugger_data),
        cmocka_unit_test(shared_data_alone_are_said_to_be_that),
        cmocka_unit_test(holes_are_skipped),
        cmocka_unit_test(a_search_can_be_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
