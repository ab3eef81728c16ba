/* dump_lists_test.c - what a kernel keeps beside its tag tables is read in every layout, and what is
 * not there is told from what is empty. */
#include "dump/offsets.h"
#include "dump_kernel_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TAG(a, b, c, d) ((ps_tag)(a) | (ps_tag)(b) << 8 | (ps_tag)(c) << 16 | (ps_tag)(d) << 24)

enum { LEAK = TAG('L', 'e', 'a', 'k'), CM = TAG('C', 'M', '3', '1') };

/* --- offsets --------------------------------------------------------------------------------- */

static void offsets_are_those_of_the_build_or_the_one_before(void **state)
{
    static const struct {
        unsigned pointer;
        uint32_t build, known;
        const char *structure, *field;
        uint64_t offset;
    } cases[] = {
        {4, 2600, 2600, "_EPROCESS", "ObjectTable", 0xC4},
        {4, 3790, 3790, "_EPROCESS", "UniqueProcessId", 0x94},
        {8, 3790, 3790, "_EPROCESS", "ImageFileName", 0x268},
        {8, 7601, 7601, "_OBJECT_TYPE", "Key", 0xB8},
        {8, 9600, 9600, "_HANDLE_TABLE", "HandleCount", PS_OFFSET_UNKNOWN},
        {8, 14393, 10240, "_EPROCESS", "UniqueProcessId", 0x2E8},
        {8, 19041, 19041, "_EPROCESS", "ActiveProcessLinks", 0x448},
        {8, 22631, 19041, "_EPROCESS", "ActiveProcessLinks", 0x448},
        {8, 26100, 19041, "_EPROCESS", "ActiveProcessLinks", 0x1D8},
        {8, 26100, 19041, "_EPROCESS", "ProcessQuotaUsage", PS_OFFSET_UNKNOWN},
        {8, 2195, 0, "_EPROCESS", "UniqueProcessId", PS_OFFSET_UNKNOWN},
        {8, 19041, 19041, "_POOL_DESCRIPTOR", "PoolType", PS_OFFSET_UNKNOWN},
        {8, 17763, 17763, "_POOL_DESCRIPTOR", "RunningDeAllocs", 0x80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world *w = new_world(cases[i].pointer, cases[i].build);
        uint64_t offset;

        open_world(w, 0, 0);
        (void)ps_offset(&w->dump.kernel, cases[i].structure, cases[i].field, &offset);
        assert_true(offset == cases[i].offset);
        assert_int_equal(ps_dump_layouts_of(&w->dump), cases[i].known);
        free_world(w);
    }
}

static void the_pdb_that_is_needed_is_named(void **state)
{
    world *w = new_world(8, 22000);
    ps_error err;

    (void)state;
    open_world(w, 0, 0);
    assert_false(ps_symbols_needed(&w->dump.kernel, "PoolBigPageTable", &err));
    assert_non_null(strstr(err.text, "does not say"));
    w->dump.kernel.wants =
        (ps_loaded_pdb){"ntkrnlmp.pdb", "01234567-89AB-CDEF-0123-456789ABCDEF", 7};
    assert_false(ps_symbols_needed(&w->dump.kernel, "PoolBigPageTable", &err));
    assert_non_null(strstr(err.text, "ntkrnlmp.pdb 01234567-89AB-CDEF-0123-456789ABCDEF age 7"));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
    free_world(w);
}

/* --- big pages ------------------------------------------------------------------------------- */

typedef struct big_shape {
    unsigned pointer;
    uint32_t build;
    unsigned size, key, type, amount, amount_size, shift;
    bool pages;
} big_shape;

static const big_shape big_shapes[] = {
    {4, 2600, 0x0C, 4, 0, 8, 4, 0, true},        {4, 3790, 0x10, 4, 0, 8, 4, 0, true},
    {4, 6002, 0x10, 4, 8, 0xC, 4, 0, false},     {4, 19041, 0x10, 4, 8, 0xC, 4, 8, false},
    {8, 3790, 0x18, 8, 0, 0xC, 4, 0, true},      {8, 7601, 0x18, 8, 0xC, 0x10, 8, 0, false},
    {8, 17763, 0x18, 8, 0xC, 0x10, 8, 8, false}, {8, 22000, 0x20, 8, 0xC, 0x10, 8, 8, false},
};

enum { BIG_SHAPES = sizeof big_shapes / sizeof big_shapes[0], SLOTS = 1024, BLOCKS = 40 };

/* Blocks of two tags at addresses of their own, every third slot; the others are free. */
static uint64_t put_bigs(world *w, const big_shape *s)
{
    const uint64_t table = take(w, (uint64_t)SLOTS * s->size + WORLD_PAGE) & ~UINT64_C(0xFFF);

    for (uint64_t i = 0; i < SLOTS; i++)
        put_pointer(w, table + i * s->size, i % 2);
    for (uint64_t i = 0; i < BLOCKS; i++) {
        const uint64_t at = table + (i * 3 + 7) * s->size;
        const bool paged = i % 4 == 0;
        put_pointer(w, at, w->base + 0x200000 + i * 0x2000);
        put(w, at + s->key, paged ? CM : LEAK, 4);
        if (!s->pages)
            put(w, at + s->type,
                ((uint64_t)(paged ? 1 : 0x200) << s->shift) | (s->shift ? 0x5A : 0), 4);
        put(w, at + s->amount, s->pages ? 2 : 0x1FF0 + i, s->amount_size);
    }
    return table;
}

static void bigs_are_whole(world *w, const big_shape *s)
{
    const ps_dump_big *items;
    size_t count;
    ps_error err;

    if (!ps_dump_bigs(&w->dump, &items, &count, &err))
        fail_msg("build %u: %s", (unsigned)s->build, err.text);
    assert_int_equal(count, BLOCKS);
    for (size_t i = 0; i < count; i++) {
        assert_true(items[i].address == w->base + 0x200000 + i * 0x2000);
        assert_int_equal(items[i].tag, i % 4 == 0 ? CM : LEAK);
        assert_true(items[i].size == (s->pages ? 0x2000 : 0x1FF0 + i));
        if (!s->pages) {
            assert_int_equal(items[i].pool, i % 4 == 0 ? PS_POOL_PAGED : PS_POOL_NONPAGED);
            assert_int_equal(items[i].pool_type, i % 4 == 0 ? 1 : 0x200);
        }
    }
}

static void big_blocks_are_read_in_every_layout(void **state)
{
    (void)state;
    for (int i = 0; i < BIG_SHAPES; i++) {
        const big_shape *s = &big_shapes[i];
        world *w = new_world(s->pointer, s->build);

        put_pointer(w, symbol(w, "PoolBigPageTable", 0x100), put_bigs(w, s));
        put_pointer(w, symbol(w, "PoolBigPageTableSize", 0x300), SLOTS);
        open_world(w, 0, 0);
        bigs_are_whole(w, s);
        assert_int_equal(w->dump.file.problem_count, 0);
        free_world(w);
    }
}

/* Without symbols: the pointer and the size are found beside the tag table's variable. */
static void big_blocks_are_found_without_symbols(void **state)
{
    (void)state;
    for (int i = 0; i < BIG_SHAPES; i++) {
        const big_shape *s = &big_shapes[i];
        world *w = new_world(s->pointer, s->build);
        const uint64_t data = w->base + WORLD_DATA;

        put_pointer(w, data + 0x500, take(w, 0x8000));
        set_kdbg(w, PS_KDBG_TRACK_TABLE, data + 0x500);
        put_pointer(w, data + 0x520, 0x800);
        put_pointer(w, data + 0x580, put_bigs(w, s));
        put_pointer(w, data + 0x640, SLOTS);
        open_world(w, 0, 0);
        bigs_are_whole(w, s);
        free_world(w);
    }
}

static void another_builds_table_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < BIG_SHAPES; i++) {
        for (int k = 0; k < BIG_SHAPES; k++) {
            const big_shape *is = &big_shapes[i];
            const big_shape *as = &big_shapes[k];
            world *w = new_world(is->pointer, as->build);
            const ps_dump_big *items;
            size_t count;
            ps_error err;

            put_pointer(w, symbol(w, "PoolBigPageTable", 0x100), put_bigs(w, is));
            put_pointer(w, symbol(w, "PoolBigPageTableSize", 0x300), SLOTS);
            open_world(w, 0, 0);
            if (is->pointer == as->pointer && is->size != as->size) {
                assert_false(ps_dump_bigs(&w->dump, &items, &count, &err));
                assert_int_equal(err.code, PS_EFORMAT);
                assert_non_null(strstr(err.text, "looks like none"));
            }
            free_world(w);
        }
    }
}

static void a_missing_page_of_the_table_is_told(void **state)
{
    const big_shape *s = &big_shapes[5];
    world *w = new_world(s->pointer, s->build);
    const uint64_t table = put_bigs(w, s);
    const ps_dump_big *items;
    size_t count;
    ps_error err;

    (void)state;
    put_pointer(w, symbol(w, "PoolBigPageTable", 0x100), table);
    put_pointer(w, symbol(w, "PoolBigPageTableSize", 0x300), SLOTS);
    open_world(w, table + 3 * WORLD_PAGE, WORLD_PAGE);
    assert_true(ps_dump_bigs(&w->dump, &items, &count, &err));
    assert_true(says(w, "of 1024 entries of the big-page table are not in the dump"));
    open_world(w, table, 6 * WORLD_PAGE);
    assert_false(ps_dump_bigs(&w->dump, &items, &count, &err));
    assert_null(items);
    assert_non_null(strstr(err.text, "is not in the dump"));
    open_world(w, w->base + WORLD_DATA, WORLD_PAGE);
    assert_false(ps_dump_bigs(&w->dump, &items, &count, &err));
    assert_non_null(strstr(err.text, "PoolBigPageTable at 0x"));
    assert_int_equal(err.code, PS_ETRUNCATED);
    free_world(w);
}

static void counts_that_no_table_has_are_refused(void **state)
{
    static const uint64_t counts[] = {UINT32_MAX, UINT64_MAX, UINT64_C(1) << 40};
    const big_shape *s = &big_shapes[5];

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        world *w = new_world(s->pointer, s->build);
        const ps_dump_big *items;
        size_t count;
        ps_error err;

        put_pointer(w, symbol(w, "PoolBigPageTable", 0x100), put_bigs(w, s));
        put_pointer(w, symbol(w, "PoolBigPageTableSize", 0x300), counts[i]);
        open_world(w, 0, 0);
        assert_false(ps_dump_bigs(&w->dump, &items, &count, &err));
        assert_int_equal(err.code, PS_EFORMAT);
        free_world(w);
    }
}

/* --- owners ---------------------------------------------------------------------------------- */

static void owners_are_those_whose_addresses_the_blocks_hold(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        const big_shape *s = &big_shapes[pointer == 8 ? 5 : 2];
        world *w = new_world(pointer, s->build);
        const uint64_t driver = w->base + 0x10000000;
        ps_dump_owners owners;
        ps_error err;

        add_module(w, "ntoskrnl.exe", w->base, WORLD_IMAGE);
        add_module(w, "acme.sys", driver, 0x8000);
        put_pointer(w, symbol(w, "PoolBigPageTable", 0x100), put_bigs(w, s));
        put_pointer(w, symbol(w, "PoolBigPageTableSize", 0x300), SLOTS);
        for (uint64_t i = 0; i < BLOCKS; i++) {
            const uint64_t block = w->base + 0x200000 + i * 0x2000;
            put_pointer(w, block + 0x40, driver + 0x1234);
            put_pointer(w, block + 0x48, driver + 0x7FFF);
            put_pointer(w, block + 0x50, driver + 0x8000);
            if (i < 6)
                put_pointer(w, block, w->base + 0x100);
        }
        open_world(w, w->base + 0x200000 + 38 * 0x2000, WORLD_PAGE);
        assert_true(ps_dump_big_owners(&w->dump, LEAK, &owners, &err));
        assert_true(owners.blocks == 30 && owners.sampled == 29 && owners.missing == 1);
        assert_int_equal(owners.count, 2);
        assert_string_equal(owners.votes[0].module->name, "acme.sys");
        assert_true(owners.votes[0].blocks == 29 && owners.votes[0].pointers == 58);
        assert_true(owners.votes[1].blocks == 4 && owners.votes[1].pointers == 4);
        assert_true(ps_dump_big_owners(&w->dump, TAG('N', 'o', 'n', 'e'), &owners, &err));
        assert_true(owners.blocks == 0 && owners.count == 0);
        free_world(w);
    }
}

/* --- processes ------------------------------------------------------------------------------- */

typedef struct process_shape {
    unsigned pointer;
    uint32_t build;
    unsigned pid, quota, handles, handle_count, name;
} process_shape;

static const process_shape process_shapes[] = {
    {4, 2600, 0x84, 0x90, 0xC4, 0x3C, 0x174},     {4, 7601, 0xB4, 0xC0, 0xF4, 0x30, 0x16C},
    {4, 15063, 0xB4, 0xD8, 0x15C, 0x4C, 0x17C},   {8, 3790, 0xD8, 0xF0, 0x158, 0x68, 0x268},
    {8, 7601, 0x180, 0x198, 0x200, 0x58, 0x2E0},  {8, 9600, 0x2E0, 0x300, 0x408, 0x58, 0x438},
    {8, 19041, 0x440, 0x470, 0x570, 0x58, 0x5A8}, {8, 22631, 0x440, 0x470, 0x570, 0x58, 0x5A8},
};

enum { PROCESS_SHAPES = sizeof process_shapes / sizeof process_shapes[0], PROCESSES = 5 };

static const char *const process_names[] = {"System", "smss.exe", "svchost.exe", "leaky.exe",
                                            "fifteen_letters"};

static uint64_t put_processes(world *w, const process_shape *s, uint64_t head, uint64_t *entries)
{
    uint64_t system = 0;

    for (unsigned i = 0; i < PROCESSES; i++) {
        const uint64_t process = take(w, 0xC00);
        const uint64_t handles = take(w, 0x80);
        put_pointer(w, process + s->pid, 4 + 100 * i);
        put_pointer(w, process + s->quota, 1000 + i);
        put_pointer(w, process + s->quota + w->pointer, 2000 + i);
        put_pointer(w, process + s->handles, handles);
        put(w, handles + s->handle_count, i == 3 ? 41000 : i, 4);
        put_text(w, process + s->name, process_names[i]);
        put_pointer(w, process + (w->pointer == 8 ? 0x28 : 0x18), 0x1000 * i);
        entries[i] = process + s->pid + w->pointer;
        if (i == 0)
            system = process;
    }
    put_list(w, head, entries, PROCESSES);
    return system;
}

static void processes_show_what_is_charged_to_them(void **state)
{
    (void)state;
    for (int i = 0; i < PROCESS_SHAPES; i++) {
        const process_shape *s = &process_shapes[i];
        world *w = new_world(s->pointer, s->build);
        const uint64_t head = w->base + WORLD_DATA + 0x80;
        uint64_t entries[PROCESSES];
        const ps_dump_process *items;
        size_t count;
        ps_error err;

        (void)put_processes(w, s, head, entries);
        set_kdbg(w, PS_KDBG_PROCESSES, head);
        open_world(w, 0, 0);
        if (!ps_dump_processes(&w->dump, &items, &count, &err))
            fail_msg("build %u: %s", (unsigned)s->build, err.text);
        assert_int_equal(count, PROCESSES);
        for (unsigned k = 0; k < count; k++) {
            assert_string_equal(items[k].name, process_names[k]);
            assert_true(items[k].pid == 4 + 100 * k);
            assert_true(items[k].nonpaged == 1000 + k && items[k].paged == 2000 + k);
            assert_true(items[k].handles == (k == 3 ? 41000 : k));
            assert_true(items[k].table_base == 0x1000 * k);
            assert_true(items[k].address == entries[k] - s->pid - s->pointer);
            assert_true(items[k].session_space == 0 && !items[k].exited);
        }
        assert_int_equal(w->dump.file.problem_count, 0);
        free_world(w);
    }
}

static void a_build_that_is_not_known_shows_names(void **state)
{
    const process_shape s = {8, 30000, 0x250, 0x300, 0x310, 0x58, 0x400};
    world *w = new_world(s.pointer, s.build);
    const uint64_t head = w->base + WORLD_DATA + 0x80;
    uint64_t entries[PROCESSES];
    const ps_dump_process *items;
    size_t count;
    ps_error err;
    uint64_t system;

    (void)state;
    system = put_processes(w, &s, head, entries);
    set_kdbg(w, PS_KDBG_PROCESSES, head);
    open_world(w, 0, 0);
    assert_false(ps_dump_processes(&w->dump, &items, &count, &err));
    assert_non_null(strstr(err.text, "is not System by the layout of build 30000"));
    put_pointer(w, symbol(w, "PsInitialSystemProcess", 0x200), system);
    open_world(w, 0, 0);
    assert_true(ps_dump_processes(&w->dump, &items, &count, &err));
    assert_int_equal(count, PROCESSES);
    assert_string_equal(items[3].name, "leaky.exe");
    assert_true(items[3].pid == 304 && items[3].nonpaged == PS_NOT_KNOWN &&
                items[3].handles == PS_NOT_KNOWN);
    assert_true(says(w, "need the kernel's PDB"));
    free_world(w);
}

/* Debugger data may be encoded: System is exported, and its entry is behind the list's head. */
static void processes_are_found_without_debugger_data(void **state)
{
    (void)state;
    for (int i = 0; i < PROCESS_SHAPES; i++) {
        const process_shape *s = &process_shapes[i];
        world *w = new_world(s->pointer, s->build);
        const uint64_t head = w->base + WORLD_DATA + 0x80;
        uint64_t entries[PROCESSES];
        const ps_dump_process *items;
        size_t count;
        ps_error err;

        put_pointer(w, symbol(w, "PsInitialSystemProcess", 0x200),
                    put_processes(w, s, head, entries));
        open_world(w, 0, 0);
        if (!ps_dump_processes(&w->dump, &items, &count, &err))
            fail_msg("build %u: %s", (unsigned)s->build, err.text);
        assert_int_equal(count, PROCESSES);
        assert_string_equal(items[3].name, "leaky.exe");
        assert_true(items[3].handles == 41000);
        w->dump.file.facts.build = 40000;
        open_world(w, 0, 0);
        assert_true(ps_dump_processes(&w->dump, &items, &count, &err));
        assert_int_equal(count, PROCESSES);
        assert_string_equal(items[3].name, "leaky.exe");
        free_world(w);
    }
}

static void lists_that_loop_or_break_off_end(void **state)
{
    const process_shape *s = &process_shapes[4];

    (void)state;
    for (int how = 0; how < 3; how++) {
        world *w = new_world(s->pointer, s->build);
        const uint64_t head = w->base + WORLD_DATA + 0x80;
        uint64_t entries[PROCESSES];
        const ps_dump_process *items;
        size_t count;

        (void)put_processes(w, s, head, entries);
        set_kdbg(w, PS_KDBG_PROCESSES, head);
        if (how == 0)
            put_pointer(w, entries[3], entries[1]);
        else if (how == 1)
            put_pointer(w, entries[3], entries[3]);
        else
            put_pointer(w, entries[3], 0);
        open_world(w, 0, 0);
        assert_true(ps_dump_processes(&w->dump, &items, &count, NULL));
        assert_int_equal(count, 4);
        assert_true(says(w, "the list of processes breaks off after 4"));
        free_world(w);
    }
}

static void the_process_of_a_triage_dump_shows_its_quota(void **state)
{
    const process_shape *s = &process_shapes[6];
    world *w = new_world(s->pointer, s->build);
    const uint64_t process = take(w, 0x1000);
    const ps_dump_process *items;
    size_t count;
    ps_error err;

    (void)state;
    put_pointer(w, process + s->pid, 1236);
    put_pointer(w, process + s->quota, 777);
    put_pointer(w, process + s->quota + 8, 888);
    put_text(w, process + s->name, "leaky.exe");
    w->dump.file.facts.container = PS_CONTAINER_TRIAGE;
    w->dump.file.triage.process_offset = process - w->base;
    open_world(w, 0, 0);
    assert_true(ps_dump_processes(&w->dump, &items, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(items[0].name, "leaky.exe");
    assert_true(items[0].pid == 1236 && items[0].nonpaged == 777 && items[0].paged == 888);
    free_world(w);
}

/* --- types ----------------------------------------------------------------------------------- */

typedef struct type_shape {
    unsigned pointer;
    uint32_t build;
    unsigned list, name, objects, handles, key;
} type_shape;

static const type_shape type_shapes[] = {
    {4, 2600, 0x38, 0x40, 0x50, 0x54, 0xAC}, {8, 3790, 0x68, 0x78, 0x94, 0x98, 0x118},
    {4, 7601, 0, 8, 0x18, 0x1C, 0x7C},       {8, 6002, 0, 0x10, 0x2C, 0x30, 0x120},
    {8, 7601, 0, 0x10, 0x2C, 0x30, 0xB8},    {8, 19041, 0, 0x10, 0x2C, 0x30, 0xC0},
};

static uint64_t put_type(world *w, const type_shape *s, const char *name, ps_tag tag, uint32_t many)
{
    const uint64_t before = w->pointer == 8 ? 0x50 : 0x28;
    const uint64_t type = take(w, 0x200) + before;

    put_string(w, type + s->name, name);
    put(w, type + s->objects, many, 4);
    put(w, type + s->handles, many * 2, 4);
    put(w, type + s->handles + 4, many + 1, 4);
    put(w, type + s->handles + 8, many * 2 + 1, 4);
    put(w, type + s->key, tag, 4);
    return type;
}

static void types_are_found_by_symbols_exports_or_their_list(void **state)
{
    (void)state;
    for (int i = 0; i < (int)(sizeof type_shapes / sizeof type_shapes[0]) * 3; i++) {
        const type_shape *s = &type_shapes[i / 3];
        world *w = new_world(s->pointer, s->build);
        const uint64_t process =
            put_type(w, s, "Process", TAG('P', 'r', 'o', 'c') | 1U << 31, 41000);
        const uint64_t types = put_type(w, s, "Type", TAG('O', 'b', 'j', 'T'), 42);
        const uint64_t before = w->pointer == 8 ? 0x50 : 0x28;
        const ps_dump_type *items;
        size_t count;
        ps_error err;

        if (i % 3 == 0) {
            const uint64_t table = symbol(w, "ObTypeIndexTable", 0x100);
            put_pointer(w, table + w->pointer, 0xBAD0B0B0);
            put_pointer(w, table + (uint64_t)2 * w->pointer, types);
            put_pointer(w, table + (uint64_t)3 * w->pointer, process);
        } else if (i % 3 == 1) {
            put_pointer(w, symbol(w, "PsProcessType", 0x100), process);
            put_pointer(w, symbol(w, "ExEventObjectType", 0x108), types);
        } else {
            const uint64_t entries[] = {types - before, process - before};
            put_pointer(w, w->base + WORLD_DATA + 0x100, types);
            set_kdbg(w, 0xA0, w->base + WORLD_DATA + 0x100);
            put_list(w, types + s->list, entries, 2);
        }
        open_world(w, 0, 0);
        if (!ps_dump_types(&w->dump, &items, &count, &err))
            fail_msg("build %u: %s", (unsigned)s->build, err.text);
        assert_int_equal(count, 2);
        for (size_t k = 0; k < count; k++) {
            if (items[k].address != process)
                continue;
            assert_string_equal(items[k].name, "Process");
            assert_true(items[k].objects == 41000 && items[k].handles == 82000);
            assert_int_equal(items[k].tag & ~PS_TAG_PROTECTED, TAG('P', 'r', 'o', 'c'));
        }
        free_world(w);
    }
}

static void a_kernel_without_types_says_what_is_needed(void **state)
{
    world *w = new_world(8, 7601);
    const ps_dump_type *items;
    size_t count;
    ps_error err;

    (void)state;
    open_world(w, 0, 0);
    assert_false(ps_dump_types(&w->dump, &items, &count, &err));
    assert_non_null(strstr(err.text, "symbols are needed"));
    free_world(w);
}

/* --- descriptors, lookaside lists, verifier -------------------------------------------------- */

static void descriptors_tell_what_is_in_use(void **state)
{
    static const struct {
        unsigned pointer;
        uint32_t build;
        unsigned index, allocs, frees, pages, big_pages, bytes, lost, page_size;
    } shapes[] = {
        {4, 2600, 4, 8, 0xC, 0x10, 0x14, 0, 0, 4},
        {4, 3790, 4, 8, 0xC, 0x10, 0x14, 0x28, 0, 4},
        {8, 3790, 4, 8, 0xC, 0x10, 0x14, 0x38, 0, 4},
        {8, 7601, 0x80, 0x40, 0x44, 0xC0, 0x48, 0x50, 0, 4},
        {4, 15063, 0xC0, 0x40, 0x80, 0x44, 0x48, 0x4C, 0x40, 4},
        {8, 17763, 0xC0, 0x40, 0x80, 0x48, 0x50, 0x58, 0x40, 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        world *w = new_world(shapes[i].pointer, shapes[i].build);
        const uint64_t paged = take(w, 0x1200);
        const uint64_t nonpaged = w->base + WORLD_DATA + 0x1000;
        const ps_dump_descriptor *items;
        size_t count;
        ps_error err;

        set_kdbg(w, PS_KDBG_NONPAGED_DESCRIPTOR, nonpaged);
        set_kdbg(w, PS_KDBG_PAGED_DESCRIPTORS, w->base + WORLD_DATA + 0x40);
        set_kdbg(w, PS_KDBG_PAGED_POOLS, w->base + WORLD_DATA + 0x60);
        put_pointer(w, w->base + WORLD_DATA + 0x40, paged);
        put(w, w->base + WORLD_DATA + 0x60, 1, 4);
        for (int k = 0; k < 2; k++) {
            const uint64_t at = k == 0 ? nonpaged : paged;
            put(w, at, (uint64_t)k, 4);
            put(w, at + shapes[i].allocs, 5000, 4);
            put(w, at + shapes[i].frees, 1000, 4);
            put(w, at + shapes[i].pages, 700 + shapes[i].lost, shapes[i].page_size);
            put(w, at + shapes[i].big_pages, 300 + shapes[i].lost, shapes[i].page_size);
            if (shapes[i].bytes != 0)
                put_pointer(w, at + shapes[i].bytes, 90000 + shapes[i].lost);
            if (shapes[i].lost != 0) {
                put(w, at + shapes[i].pages + shapes[i].lost, shapes[i].lost, shapes[i].page_size);
                put(w, at + shapes[i].big_pages + shapes[i].lost, shapes[i].lost,
                    shapes[i].page_size);
                put_pointer(w, at + shapes[i].bytes + shapes[i].lost, shapes[i].lost);
            }
        }
        open_world(w, 0, 0);
        if (!ps_dump_descriptors(&w->dump, &items, &count, &err))
            fail_msg("build %u: %s", (unsigned)shapes[i].build, err.text);
        assert_int_equal(count, 2);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(items[k].pool, k);
            assert_true(items[k].allocs == 5000 && items[k].frees == 1000);
            assert_true(items[k].pages == 700 && items[k].big_pages == 300);
            assert_true(items[k].bytes == (shapes[i].bytes == 0 ? PS_NOT_KNOWN : 90000));
        }
        free_world(w);
    }
}

static void newer_builds_have_no_descriptors(void **state)
{
    world *w = new_world(8, 19041);
    const ps_dump_descriptor *items;
    size_t count;
    ps_error err;

    (void)state;
    open_world(w, 0, 0);
    assert_false(ps_dump_descriptors(&w->dump, &items, &count, &err));
    assert_non_null(strstr(err.text, "_POOL_DESCRIPTOR"));
    free_world(w);
}

static void lookaside_lists_lie_in_their_drivers(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        world *w = new_world(pointer, 7601);
        const uint64_t driver = take(w, 0x2000);
        const unsigned links = pointer == 8 ? 0x40 : 0x30;
        const unsigned first = pointer == 8 ? 0x14 : 0xC;
        const uint64_t lists[] = {driver + 0x100, take(w, 0x80)};
        const uint64_t entries[] = {lists[0] + links, lists[1] + links};
        const ps_dump_lookaside *items;
        const uint64_t paged = symbol(w, "ExPagedLookasideListHead", 0x100);
        size_t count;
        ps_error err;

        add_module(w, "acme.sys", driver, 0x2000);
        put_list(w, symbol(w, "ExNPagedLookasideListHead", 0x80), entries, 2);
        put_list(w, paged, NULL, 0);
        for (int i = 0; i < 2; i++) {
            put(w, lists[i] + first, 500, 4);
            put(w, lists[i] + first + 8, 200, 4);
            put(w, lists[i] + first + 0x10, 0x200, 4);
            put(w, lists[i] + first + 0x14, LEAK, 4);
            put(w, lists[i] + first + 0x18, 96, 4);
        }
        open_world(w, 0, 0);
        assert_true(ps_dump_lookasides(&w->dump, &items, &count, &err));
        assert_int_equal(count, 2);
        assert_true(items[0].tag == LEAK && items[0].size == 96 && items[0].allocates == 500 &&
                    items[0].frees == 200 && items[0].pool == PS_POOL_NONPAGED);
        assert_string_equal(items[0].module->name, "acme.sys");
        assert_null(items[1].module);
        put_pointer(w, entries[1], entries[0]);
        open_world(w, 0, 0);
        assert_true(ps_dump_lookasides(&w->dump, &items, &count, &err));
        assert_int_equal(count, 2);
        assert_true(says(w, "ExNPagedLookasideListHead breaks off"));
        free_world(w);
    }
}

static void verified_drivers_show_who_allocated(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        world *w = new_world(pointer, 3790);
        const bool wide = pointer == 8;
        const uint64_t data = w->base + WORLD_DATA + 0x200;
        const uint64_t driver = take(w, 0x100);
        const uint64_t page = w->base + 0x80000;
        const uint64_t entry = (uint64_t)pointer * 4;
        const ps_dump_verified_block *blocks;
        ps_dump_verifier verifier;
        size_t count;
        ps_error err;

        put(w, data, 0x1B, 4);
        put(w, data + 0x10, 900, 4);
        put(w, data + 0x14, 890, 4);
        put(w, data + 0x1C, 17, 4);
        put(w, data + 0x44, 55, 4);
        put_pointer(w, data + (wide ? 0x58 : 0x54), 123456);
        set_kdbg(w, PS_KDBG_VERIFIER, data);
        put_list(w, symbol(w, "MiSuspectDriverList", 0x100), &driver, 1);
        put_string(w, driver + (wide ? 0x18 : 0x10), "acme.sys");
        put_pointer(w, driver + (wide ? 0x28 : 0x18), w->base + 0x300000);
        put_pointer(w, driver + (wide ? 0x30 : 0x1C), w->base + 0x308000);
        put_pointer(w, driver + (wide ? 0x50 : 0x28), page);
        put(w, driver + (wide ? 0x74 : 0x3C), 55, 4);
        put_pointer(w, page + pointer, driver);
        put_pointer(w, page + entry, w->base + 0x310000);
        put_pointer(w, page + entry + pointer, w->base + 0x301234);
        put_pointer(w, page + entry + (uint64_t)2 * pointer, 0x880);
        put_pointer(w, page + entry + (uint64_t)3 * pointer, LEAK);
        put_pointer(w, page + 2 * entry, page + 3 * entry);
        open_world(w, 0, 0);
        assert_true(ps_dump_get_verifier(&w->dump, &verifier, &err));
        assert_true(verifier.level == 0x1B && verifier.attempted == 900 &&
                    verifier.untagged == 17 && verifier.nonpaged_allocs == 55 &&
                    verifier.nonpaged_bytes == 123456);
        if (!ps_dump_verified_blocks(&w->dump, &blocks, &count, &err))
            fail_msg("%s", err.text);
        assert_int_equal(count, 1);
        assert_string_equal(blocks[0].driver->name, "acme.sys");
        assert_true(blocks[0].driver->nonpaged_allocs == 55);
        assert_true(blocks[0].address == w->base + 0x310000 && blocks[0].size == 0x880 &&
                    blocks[0].caller == w->base + 0x301234 && blocks[0].tag == LEAK);
        put_pointer(w, page, page);
        open_world(w, 0, 0);
        assert_true(ps_dump_verified_blocks(&w->dump, &blocks, &count, &err));
        assert_true(says(w, "do not end"));
        free_world(w);
    }
}

/* --- sessions and totals --------------------------------------------------------------------- */

/* Entries of a tag table as builds before 16299 have them. */
static uint64_t put_tracker(world *w, size_t entries, ps_tag tag, uint64_t allocs, uint64_t bytes)
{
    const uint64_t size = w->pointer == 8 ? 0x28 : 0x1C;
    const uint64_t table = take(w, entries * size);

    for (uint64_t i = 0; i < 8; i++) {
        const uint64_t at = table + (3 + i * 5) * size;
        put(w, at, i == 0 ? tag : TAG('T', 's', 't', '0' + i), 4);
        put(w, at + 4, i == 0 ? allocs : 100, 4);
        put(w, at + 8, i == 0 ? 0 : 40, 4);
        put_pointer(w, at + (w->pointer == 8 ? 0x10 : 0xC), i == 0 ? bytes : 6400);
    }
    return table;
}

static const ps_row *find_row(ps_snapshot *snapshot, ps_tag tag, int32_t session)
{
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
        const ps_row *row = ps_snapshot_at(snapshot, i);
        if (row->tag == tag && row->session == session)
            return row;
    }
    return NULL;
}

static void put_session_kernel(world *w, const process_shape *s, uint64_t *entries)
{
    const uint64_t head = w->base + WORLD_DATA + 0x80;
    const uint64_t variable = w->base + WORLD_DATA + 0x100;

    (void)put_processes(w, s, head, entries);
    set_kdbg(w, PS_KDBG_PROCESSES, head);
    put_pointer(w, variable, put_tracker(w, 64, LEAK, 1000, 64000));
    put_pointer(w, variable - w->pointer, 64);
    set_kdbg(w, PS_KDBG_TRACK_TABLE, variable);
}

static void pools_of_sessions_stand_beside_the_kernels(void **state)
{
    const process_shape *s = &process_shapes[4];
    const unsigned session_at = 0x2D8;
    world *w = new_world(s->pointer, s->build);
    uint64_t entries[PROCESSES];
    ps_snapshot *snapshot;
    ps_error err;

    (void)state;
    put_session_kernel(w, s, entries);
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t space = take(w, 0x2000);
        put(w, space + 8, i + 1, 4);
        put_pointer(w, space + 0x1F30, put_tracker(w, 64, CM, 70 + i, 7000 + i));
        put_pointer(w, space + 0x1F38, 64);
        for (unsigned k = 1 + i; k < PROCESSES; k += 2)
            put_pointer(w, entries[k] - s->pid - s->pointer + session_at, space);
    }
    open_world(w, 0, 0);
    if (!ps_dump_snapshot(&w->dump, &snapshot, &err))
        fail_msg("%s", err.text);
    assert_non_null(find_row(snapshot, LEAK, PS_NO_SESSION));
    assert_null(find_row(snapshot, CM, PS_NO_SESSION));
    assert_null(find_row(snapshot, LEAK, 1));
    for (int i = 0; i < 2; i++) {
        const ps_row *row = find_row(snapshot, CM, i + 1);
        assert_non_null(row);
        assert_true(row->allocs == 70U + (unsigned)i && row->bytes == 7000 + i);
    }
    assert_int_equal(w->dump.file.problem_count, 0);
    ps_snapshot_close(snapshot);
    free_world(w);
}

static void big_blocks_of_sessions_name_their_session(void **state)
{
    world *w = whole_world(8);
    const ps_dump_session_big *items;
    ps_error err = {.code = PS_OK};
    size_t count;

    (void)state;
    open_world(w, 0, 0);
    assert_true(ps_dump_session_bigs(&w->dump, &items, &count, &err));
    assert_int_equal(count, 22);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].session, 1);
        assert_int_equal(items[i].block.tag, LEAK);
        assert_int_equal(items[i].block.size, 0x1000);
    }
    w->dump.file.facts.build = 3790;
    ps_dump_lists_free(&w->dump.lists);
    assert_false(ps_dump_session_bigs(&w->dump, &items, &count, &err));
    assert_int_equal(count, 0);
    free_world(w);
}

static void a_session_that_is_not_there_is_told(void **state)
{
    const process_shape *s = &process_shapes[4];
    world *w = new_world(s->pointer, s->build);
    uint64_t entries[PROCESSES];
    ps_snapshot *snapshot;

    (void)state;
    put_session_kernel(w, s, entries);
    put_pointer(w, entries[2] - s->pid - s->pointer + 0x2D8, w->base + 2 * WORLD_SIZE);
    open_world(w, 0, 0);
    assert_true(ps_dump_snapshot(&w->dump, &snapshot, NULL));
    assert_non_null(find_row(snapshot, LEAK, PS_NO_SESSION));
    assert_true(says(w, "the pool of the session at 0x"));
    ps_snapshot_close(snapshot);
    free_world(w);
}

/* One table is not taken for all where nobody knows how many there are. */
static void tables_of_unknown_number_are_not_added_up(void **state)
{
    (void)state;
    for (uint32_t processors = 0; processors < 3; processors++) {
        const process_shape *s = &process_shapes[4];
        world *w = new_world(s->pointer, s->build);
        uint64_t entries[PROCESSES];
        ps_snapshot *snapshot;

        put_session_kernel(w, s, entries);
        w->dump.file.facts.processors = processors;
        open_world(w, 0, 0);
        assert_true(ps_dump_snapshot(&w->dump, &snapshot, NULL));
        assert_int_equal(find_row(snapshot, LEAK, PS_NO_SESSION) != NULL, processors == 1);
        assert_int_equal(says(w, "how many processors"), processors == 0);
        assert_int_equal(says(w, "place of the tag tables of 2 processors is not"),
                         processors == 2);
        ps_snapshot_close(snapshot);
        free_world(w);
    }
}

static void totals_are_those_of_the_variables(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        world *w = new_world(pointer, 7601);
        const uint64_t data = w->base + WORLD_DATA;
        ps_snapshot *snapshot;
        uint64_t value;

        set_kdbg(w, PS_KDBG_ALLOCATED_NONPAGED, data);
        set_kdbg(w, PS_KDBG_PAGED_SIZE, data + 8);
        set_kdbg(w, PS_KDBG_PHYSICAL, data + 16);
        put_pointer(w, data, 1234);
        put_pointer(w, data + 8, 56 << 20);
        put(w, symbol(w, "ExPoolFailures", 0x40), 17, 4);
        open_world(w, 0, 0);
        assert_true(ps_dump_snapshot(&w->dump, &snapshot, NULL));
        assert_true(ps_snapshot_memory(snapshot, PS_MEM_NONPAGED, &value) && value == 1234 * 4096);
        assert_true(ps_snapshot_memory(snapshot, PS_MEM_PAGED_LIMIT, &value) && value == 56 << 20);
        assert_true(ps_snapshot_memory(snapshot, PS_MEM_POOL_FAILURES, &value) && value == 17);
        assert_false(ps_snapshot_memory(snapshot, PS_MEM_PHYSICAL, &value));
        assert_true(says(w, "no pool tags: "));
        ps_snapshot_close(snapshot);
        free_world(w);
    }
}

static void a_whole_kernel_answers_everything(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        world *w = whole_world(pointer);

        open_world(w, 0, 0);
        assert_int_equal(ask_world(&w->dump), pointer == 4 ? 9 : 8);
        assert_int_equal(w->dump.file.problem_count, 0);
        free_world(w);
    }
}

/* A page that is not in the dump is never an answer that looks whole. */
static void each_page_that_is_missing_is_told(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        const int all = pointer == 4 ? 9 : 8;
        world *w = whole_world(pointer);

        for (uint64_t at = WORLD_DATA; at < w->next; at += WORLD_PAGE) {
            const ps_dump_lists *lists = &w->dump.lists;
            const size_t before = w->dump.file.problem_count;
            open_world(w, w->base + at, WORLD_PAGE);
            if (ask_world(&w->dump) != all || w->dump.file.problem_count > before)
                continue;
            assert_int_equal(lists->bigs.count, 22);
            assert_int_equal(lists->processes.count, 4);
            assert_int_equal(lists->types.count, 3);
            assert_int_equal(lists->lookasides.count, 1);
            assert_int_equal(lists->blocks.count, pointer == 4);
            for (size_t i = 0; i < 4; i++)
                assert_true(lists->processes.items[i].handles == 100 * i);
        }
        free_world(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_build_or_the_one_before),
        cmocka_unit_test(the_pdb_that_is_needed_is_named),
        cmocka_unit_test(big_blocks_are_read_in_every_layout),
        cmocka_unit_test(big_blocks_are_found_without_symbols),
        cmocka_unit_test(another_builds_table_is_refused),
        cmocka_unit_test(a_missing_page_of_the_table_is_told),
        cmocka_unit_test(counts_that_no_table_has_are_refused),
        cmocka_unit_test(owners_are_those_whose_addresses_the_blocks_hold),
        cmocka_unit_test(processes_show_what_is_charged_to_them),
        cmocka_unit_test(a_build_that_is_not_known_shows_names),
        cmocka_unit_test(processes_are_found_without_debugger_data),
        cmocka_unit_test(lists_that_loop_or_break_off_end),
        cmocka_unit_test(the_process_of_a_triage_dump_shows_its_quota),
        cmocka_unit_test(types_are_found_by_symbols_exports_or_their_list),
        cmocka_unit_test(a_kernel_without_types_says_what_is_needed),
        cmocka_unit_test(descriptors_tell_what_is_in_use),
        cmocka_unit_test(newer_builds_have_no_descriptors),
        cmocka_unit_test(lookaside_lists_lie_in_their_drivers),
        cmocka_unit_test(verified_drivers_show_who_allocated),
        cmocka_unit_test(pools_of_sessions_stand_beside_the_kernels),
        cmocka_unit_test(big_blocks_of_sessions_name_their_session),
        cmocka_unit_test(a_session_that_is_not_there_is_told),
        cmocka_unit_test(tables_of_unknown_number_are_not_added_up),
        cmocka_unit_test(totals_are_those_of_the_variables),
        cmocka_unit_test(a_whole_kernel_answers_everything),
        cmocka_unit_test(each_page_that_is_missing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
