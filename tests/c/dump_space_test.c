/* dump_space_test.c - addresses go through page tables of every kind to the page that is theirs, and
 * each way not to get there has a name of its own. */
#include "dump/space.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PAGE = 4096,
    PAGES = 2048,
    ROOT = 1,
    DATA = 100,
    LARGE = 512,
    BUILD_7 = 7601,
    BUILD_10 = 19041
};

#define KERNEL_64 UINT64_C(0xFFFFF80012345000)
#define KERNEL_57 UINT64_C(0xFF11223344556000)
#define KERNEL_32 UINT64_C(0xFFFFFFFF81234000)

/* Memory of a machine whose frames tell their number. */
typedef struct machine {
    uint8_t *bytes;
    ps_source *source;
    ps_container_file file;
    ps_space space;
} machine;

static void put(machine *m, uint64_t address, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        m->bytes[address + i] = (uint8_t)(value >> 8 * i);
}

/* What was read of the memory is kept: changed memory is a machine anew. */
static void forget(machine *m)
{
    const ps_run all = {0, (uint64_t)PAGES * PAGE, 0};
    bool overlap;

    ps_physical_free(m->file.physical);
    m->file.physical = ps_physical_new(m->source);
    assert_non_null(m->file.physical);
    assert_true(ps_physical_add(m->file.physical, &all));
    ps_physical_tidy(m->file.physical, &overlap);
    memset(m->space.cache, 0, sizeof m->space.cache);
}

static machine *new_machine(void)
{
    machine *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->bytes = calloc(PAGES, PAGE);
    assert_non_null(m->bytes);
    for (uint64_t frame = DATA; frame < PAGES; frame++)
        put(m, frame * PAGE + 0x123, frame, 8);
    assert_true(ps_source_memory(&m->source, m->bytes, (size_t)PAGES * PAGE, NULL));
    m->file.source = m->source;
    forget(m);
    return m;
}

static void free_machine(machine *m)
{
    ps_physical_free(m->file.physical);
    ps_source_close(m->source);
    free(m->bytes);
    free(m);
}

/* How the tables of a mode are indexed, topmost first. */
typedef struct shape {
    ps_paging paging;
    unsigned levels, entry_size;
    unsigned shifts[5], bits[5];
    uint64_t flags; /* of an entry that leads to a table or a page */
    uint64_t address;
} shape;

static const shape shapes[] = {
    {PS_PAGING_X86, 2, 4, {22, 12}, {10, 10}, 0x3, KERNEL_32},
    {PS_PAGING_PAE, 3, 8, {30, 21, 12}, {2, 9, 9}, 0x3, KERNEL_32},
    {PS_PAGING_X64, 4, 8, {39, 30, 21, 12}, {9, 9, 9, 9}, 0x8000000000000063, KERNEL_64},
    {PS_PAGING_LA57, 5, 8, {48, 39, 30, 21, 12}, {9, 9, 9, 9, 9}, 0x63, KERNEL_57},
    {PS_PAGING_ARM64, 4, 8, {39, 30, 21, 12}, {9, 9, 9, 9}, 0x60000000000703, KERNEL_64},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static uint64_t entry_at(const shape *s, unsigned level)
{
    const uint64_t index = s->address >> s->shifts[level] & ((UINT64_C(1) << s->bits[level]) - 1);

    return (uint64_t)(ROOT + level) * PAGE + index * s->entry_size;
}

/* Tables from the root down to the page; the last entry is the caller's. */
static void map(machine *m, const shape *s, uint64_t last, uint32_t build)
{
    for (unsigned level = 0; level + 1 < s->levels; level++)
        put(m, entry_at(s, level), (uint64_t)(ROOT + level + 1) * PAGE | s->flags, s->entry_size);
    put(m, entry_at(s, s->levels - 1), last, s->entry_size);
    ps_space_init(&m->space, &m->file, s->paging, ROOT * PAGE, build);
}

static void status_is(machine *m, const shape *s, ps_read_status wanted)
{
    uint64_t value = 0;

    forget(m);
    assert_int_equal(ps_space_uint(&m->space, s->address + 0x123, 8, &value), wanted);
    if (wanted == PS_READ_OK)
        assert_true(value == DATA);
}

static void a_mapped_page_is_read_in_every_mode(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        machine *m = new_machine();
        ps_trail trail;
        uint64_t physical;

        map(m, s, (uint64_t)DATA * PAGE | s->flags, BUILD_10);
        status_is(m, s, PS_READ_OK);
        assert_int_equal(ps_space_translate(&m->space, s->address, &physical, &trail), PS_READ_OK);
        assert_true(physical == (uint64_t)DATA * PAGE);
        assert_int_equal(trail.count, s->levels);
        assert_true(trail.entries[0].address == entry_at(s, 0));
        assert_true(trail.page_size == PAGE);
        if (ps_space_pointer(&m->space) == 4) {
            uint64_t value = 0;
            assert_int_equal(ps_space_uint(&m->space, (uint32_t)s->address + 0x123, 8, &value),
                             PS_READ_OK);
            assert_true(value == DATA);
        }
        free_machine(m);
    }
}

static void a_large_page_is_read_in_every_mode(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        const unsigned level = s->levels - 2;
        const uint64_t inside = s->address & ((UINT64_C(1) << s->shifts[level]) - 1);
        const uint64_t flags =
            s->paging == PS_PAGING_ARM64 ? s->flags & ~UINT64_C(2) : s->flags | 0x80;
        const uint64_t base = s->paging == PS_PAGING_X86 ? 0 : (uint64_t)LARGE * PAGE;
        const uint64_t page = base + inside;
        machine *m = new_machine();
        uint64_t value = 0;
        ps_trail trail;

        map(m, s, 0, BUILD_10);
        put(m, entry_at(s, level), base | flags, s->entry_size);
        assert_int_equal(ps_space_translate(&m->space, s->address, &value, &trail), PS_READ_OK);
        assert_true(value == page);
        assert_true(trail.page_size == UINT64_C(1) << s->shifts[level]);
        if (page / PAGE >= DATA && page / PAGE < PAGES) {
            assert_int_equal(ps_space_uint(&m->space, s->address + 0x123, 8, &value), PS_READ_OK);
            assert_true(value == page / PAGE);
        }
        free_machine(m);
    }
}

static void a_page_on_its_way_out_is_still_read(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        machine *m = new_machine();
        ps_trail trail;
        uint64_t physical;

        map(m, s, (uint64_t)DATA * PAGE | 0x800 | 0x80, BUILD_7);
        status_is(m, s, PS_READ_OK);
        assert_int_equal(ps_space_translate(&m->space, s->address, &physical, &trail), PS_READ_OK);
        assert_true(trail.transition);
        free_machine(m);
    }
}

static void entries_are_masked_from_build_17763_on(void **state)
{
    const uint64_t mask = UINT64_C(1) << 45;
    const uint64_t entry = (uint64_t)DATA * PAGE | 0x800 | 0x80;
    const shape *s = &shapes[2];

    (void)state;
    for (int known = 0; known < 2; known++) {
        machine *m = new_machine();

        map(m, s, entry ^ mask, BUILD_10);
        m->space.invalid_mask = mask;
        m->space.mask_known = known != 0;
        status_is(m, s, PS_READ_OK);
        map(m, s, entry | 0x10, BUILD_10);
        m->space.invalid_mask = mask;
        m->space.mask_known = known != 0;
        status_is(m, s, PS_READ_OK);
        map(m, s, entry ^ mask, BUILD_7);
        status_is(m, s, PS_READ_NOT_IN_DUMP);
        free_machine(m);
    }
}

static void each_way_not_to_get_there_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        const uint64_t in_file =
            s->paging == PS_PAGING_X86 ? 0x12345080 : UINT64_C(0x1234500000080);
        machine *m = new_machine();

        map(m, s, 0, BUILD_7);
        status_is(m, s, PS_READ_NOT_PRESENT);
        map(m, s, in_file, BUILD_7);
        status_is(m, s, PS_READ_PAGED_OUT);
        map(m, s, 0x80, BUILD_7);
        status_is(m, s, PS_READ_NOT_PRESENT);
        map(m, s, (uint64_t)PAGES * PAGE | s->flags, BUILD_7);
        status_is(m, s, PS_READ_NOT_IN_DUMP);
        put(m, entry_at(s, s->levels - 2), (uint64_t)PAGES * PAGE | s->flags, s->entry_size);
        status_is(m, s, PS_READ_TABLE_MISSING);
        put(m, entry_at(s, s->levels - 2), in_file, s->entry_size);
        status_is(m, s, PS_READ_TABLE_MISSING);
        put(m, entry_at(s, s->levels - 2), 0, s->entry_size);
        status_is(m, s, PS_READ_NOT_PRESENT);
        free_machine(m);
    }
}

static void a_prototype_leads_to_the_page(void **state)
{
    const shape *s = &shapes[2];
    const uint64_t prototype = s->address + PAGE; /* mapped by the same tables, one entry on */
    machine *m = new_machine();
    ps_trail trail;
    uint64_t physical;

    (void)state;
    map(m, s, prototype << 16 | 0x400, BUILD_7);
    put(m, entry_at(s, 3) + 8, (uint64_t)(DATA + 1) * PAGE | s->flags, 8);
    put(m, (uint64_t)(DATA + 1) * PAGE, (uint64_t)DATA * PAGE | 0x800, 8);
    status_is(m, s, PS_READ_OK);
    assert_int_equal(ps_space_translate(&m->space, s->address, &physical, &trail), PS_READ_OK);
    assert_true(trail.prototype);
    put(m, (uint64_t)(DATA + 1) * PAGE, prototype << 16 | 0x400, 8);
    ps_space_init(&m->space, &m->file, s->paging, ROOT * PAGE, BUILD_7);
    status_is(m, s, PS_READ_PAGED_OUT);
    free_machine(m);
}

static void status_of_entry(ps_read_status wanted, uint64_t entry, uint64_t mask, bool known)
{
    const shape *s = &shapes[2];
    machine *m = new_machine();

    map(m, s, entry, BUILD_10);
    m->space.invalid_mask = mask;
    m->space.mask_known = known;
    status_is(m, s, wanted);
    free_machine(m);
}

/* What is demanded but was never there is no page in a file, masked or not, and the other way. */
static void a_masked_entry_is_paged_out_or_nothing(void **state)
{
    static const uint64_t places[] = {1, 0x12345, 0x2001, 0x1F000, 0xFFFFF};
    const uint64_t mask = UINT64_C(1) << 45;

    (void)state;
    for (int known = 0; known < 2; known++) {
        status_of_entry(PS_READ_NOT_PRESENT, 0x80 ^ mask, mask, known != 0);
        status_of_entry(PS_READ_NOT_PRESENT, 0x90, mask, known != 0);
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            const uint64_t entry = places[i] << 32 | 0x1084;
            status_of_entry(PS_READ_PAGED_OUT, entry ^ mask, mask, known != 0);
            status_of_entry(PS_READ_PAGED_OUT, entry | 0x10, mask, known != 0);
            status_of_entry(PS_READ_PAGED_OUT, entry, 0, known != 0);
        }
    }
}

/* An address that may be masked is followed where only one of its meanings leads anywhere. */
static void a_masked_prototype_is_followed_if_there_is_one_way(void **state)
{
    const uint64_t mask = UINT64_C(1) << 45;
    const shape *s = &shapes[2];
    const uint64_t prototype = s->address + PAGE;
    const uint64_t other = prototype ^ mask >> 16;

    (void)state;
    for (int i = 0; i < 4; i++) {
        const uint64_t entry = (prototype << 16 | 0x400) ^ (i < 2 ? mask : 0);
        machine *m = new_machine();
        shape there = *s;

        map(m, s, entry, BUILD_10);
        m->space.invalid_mask = i < 2 ? mask : 0;
        m->space.mask_known = i % 2 == 0;
        put(m, entry_at(s, 3) + 8, (uint64_t)(DATA + 1) * PAGE | s->flags, 8);
        put(m, (uint64_t)(DATA + 1) * PAGE, (uint64_t)DATA * PAGE | 0x810, 8);
        status_is(m, s, PS_READ_OK);
        there.address = other;
        put(m, entry_at(&there, 2), (uint64_t)(ROOT + 5) * PAGE | s->flags, 8);
        put(m, (uint64_t)(ROOT + 5) * PAGE + (other >> 12 & 511) * 8,
            (uint64_t)(DATA + 2) * PAGE | s->flags, 8);
        put(m, (uint64_t)(DATA + 2) * PAGE, (uint64_t)(DATA + 3) * PAGE | 0x810, 8);
        status_is(m, s, i % 2 == 0 ? PS_READ_OK : PS_READ_PAGED_OUT);
        free_machine(m);
    }
}

static void tables_that_point_at_themselves_end(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        machine *m = new_machine();
        uint64_t physical;

        for (uint64_t at = ROOT * PAGE; at < (ROOT + 1) * PAGE; at += s->entry_size)
            put(m, at, ROOT * PAGE | s->flags, s->entry_size);
        ps_space_init(&m->space, &m->file, s->paging, ROOT * PAGE, BUILD_10);
        assert_int_equal(ps_space_translate(&m->space, s->address, &physical, NULL), PS_READ_OK);
        assert_true(physical == ROOT * PAGE);
        free_machine(m);
    }
}

static void addresses_that_no_machine_has_are_refused(void **state)
{
    static const struct {
        int shape;
        uint64_t address;
    } bad[] = {{0, UINT64_C(0x181234000)},        {1, UINT64_C(0xFFFFFFFF01234000)},
               {2, UINT64_C(0x0000800000000000)}, {2, UINT64_C(0xFFFF700000000000)},
               {3, UINT64_C(0x0100000000000000)}, {4, UINT64_C(0x0001000000000000)}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const shape *s = &shapes[bad[i].shape];
        machine *m = new_machine();
        uint64_t value;

        map(m, s, (uint64_t)DATA * PAGE | s->flags, BUILD_10);
        assert_int_equal(ps_space_uint(&m->space, bad[i].address, 8, &value),
                         PS_READ_NOT_CANONICAL);
        free_machine(m);
    }
}

static void a_read_goes_on_over_pages_and_stops_where_one_is_missing(void **state)
{
    const shape *s = &shapes[2];
    machine *m = new_machine();
    uint8_t *bytes = malloc((size_t)3 * PAGE);
    size_t got;

    (void)state;
    assert_non_null(bytes);
    map(m, s, (uint64_t)DATA * PAGE | s->flags, BUILD_10);
    put(m, entry_at(s, 3) + 8, (uint64_t)(DATA + 7) * PAGE | s->flags, 8);
    assert_int_equal(ps_space_read(&m->space, s->address + 1, bytes, (size_t)3 * PAGE, &got),
                     PS_READ_NOT_PRESENT);
    assert_int_equal(got, 2 * PAGE - 1);
    assert_int_equal(bytes[0x122], DATA);
    assert_int_equal(bytes[PAGE + 0x122], DATA + 7);
    free(bytes);
    free_machine(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mapped_page_is_read_in_every_mode),
        cmocka_unit_test(a_large_page_is_read_in_every_mode),
        cmocka_unit_test(a_page_on_its_way_out_is_still_read),
        cmocka_unit_test(entries_are_masked_from_build_17763_on),
        cmocka_unit_test(each_way_not_to_get_there_has_a_name),
        cmocka_unit_test(a_prototype_leads_to_the_page),
        cmocka_unit_test(a_masked_entry_is_paged_out_or_nothing),
        cmocka_unit_test(a_masked_prototype_is_followed_if_there_is_one_way),
        cmocka_unit_test(tables_that_point_at_themselves_end),
        cmocka_unit_test(addresses_that_no_machine_has_are_refused),
        cmocka_unit_test(a_read_goes_on_over_pages_and_stops_where_one_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
