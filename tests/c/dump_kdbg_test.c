/* dump_kdbg_test.c - encoded debugger data are decoded with the kernel's symbols, and only such. */
#include "dump/dump.h"
#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t keys[][2] = {
    {UINT64_C(0x1122334455667788), UINT64_C(0x99AABBCCDDEEFF00)},
    {UINT64_C(0xFEDCBA9876543240), UINT64_C(0x0123456789ABCDEF)}, /* no turn */
    {UINT64_C(0x80000000000000FF), UINT64_C(0x8000000000000001)}, /* 63 of 255 */
};

enum { KEYS = sizeof keys / sizeof keys[0], BLOCK = 0x380 };

static uint64_t get(const machine *m, uint64_t at)
{
    uint64_t value = 0;

    for (size_t i = 8; i-- > 0;)
        value = value << 8 | m->bytes[at + i];
    return value;
}

static uint64_t swap(uint64_t value)
{
    uint64_t swapped = 0;

    for (unsigned i = 0; i < 8; i++)
        swapped = swapped << 8 | (value >> 8 * i & 0xFF);
    return swapped;
}

/* What the kernel does to its block when no debugger is there: the way back of the reader's. */
static void encode(machine *m, const uint64_t key[2])
{
    const unsigned turn = (unsigned)(key[0] % 64);

    machine_put(m, m->image + MACHINE_NEVER, key[0], 8);
    machine_put(m, m->image + MACHINE_ALWAYS, key[1], 8);
    machine_put(m, m->image + MACHINE_SWITCH, 1, 1);
    for (uint64_t at = m->kdbg_physical; at < m->kdbg_physical + BLOCK; at += 8) {
        uint64_t word = swap(get(m, at) ^ key[1]) ^ (m->base + MACHINE_SWITCH);
        for (unsigned i = 0; i < turn; i++)
            word = word >> 1 | (word & 1) << 63;
        machine_put(m, at, word ^ key[0], 8);
    }
}

static void an_encoded_block_is_decoded_with_symbols(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS * 2; i++) {
        machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
        ps_dump *dump;

        encode(m, keys[i / 2]);
        dump = i % 2 == 0 ? machine_open(machine_write(m, 0))
                          : machine_open(machine_write_dump(m, m->root, m->base + 0x2020,
                                                            m->base + MACHINE_KDBG));
        assert_true(machine_says(dump, "encoded"));
        assert_int_equal(dump->kernel.kdbg.size, 0);
        assert_int_equal(ps_dump_module_count(dump), 2);
        assert_true(ps_kdbg_decode(&dump->kernel));
        assert_true(dump->kernel.kdbg.decoded);
        assert_int_equal(dump->kernel.kdbg.size, BLOCK);
        assert_true(dump->kernel.kdbg.address == m->base + MACHINE_KDBG);
        assert_true(ps_kdbg_field(&dump->kernel.kdbg, PS_KDBG_KERNEL_BASE) == m->base);
        assert_true(ps_kdbg_field(&dump->kernel.kdbg, PS_KDBG_LOADED_MODULES) == m->base + 0x2020);
        ps_dump_close(dump);
        machine_free(m);
    }
}

static void a_plain_block_is_read_as_it_is(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
    ps_dump *dump = machine_open(machine_write(m, 0));

    (void)state;
    assert_true(ps_kdbg_decode(&dump->kernel));
    assert_false(dump->kernel.kdbg.decoded);
    assert_int_equal(dump->kernel.kdbg.size, BLOCK);
    ps_dump_close(dump);
    machine_free(m);
}

/* A key that is not this kernel's gives a block of nothing, and nothing is taken. */
static void a_wrong_key_decodes_nothing(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 19041, 0x1A7);
    ps_dump *dump;

    (void)state;
    encode(m, keys[0]);
    machine_put(m, m->image + MACHINE_ALWAYS, keys[1][1], 8);
    dump = machine_open(machine_write(m, 0));
    assert_false(ps_kdbg_decode(&dump->kernel));
    assert_int_equal(dump->kernel.kdbg.size, 0);
    ps_dump_close(dump);
    machine_free(m);
}

/* 32-bit kernels never encode theirs. */
static void narrow_kernels_have_no_key(void **state)
{
    machine *m = machine_new(PS_PAGING_PAE, 9600, 0);
    ps_dump *dump;

    (void)state;
    encode(m, keys[0]);
    dump = machine_open(machine_write(m, 0));
    assert_false(ps_kdbg_decode(&dump->kernel));
    ps_dump_close(dump);
    machine_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encoded_block_is_decoded_with_symbols),
        cmocka_unit_test(a_plain_block_is_read_as_it_is),
        cmocka_unit_test(a_wrong_key_decodes_nothing),
        cmocka_unit_test(narrow_kernels_have_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
