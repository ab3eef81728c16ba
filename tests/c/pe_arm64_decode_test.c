/* pe_arm64_decode_test.c - ARM64 instructions in reduced form: what they leave in registers and
 * memory, where they lead, and that they touch no less than Capstone says. */
#include "pe/image.h"
#include "pe/step.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#if __has_include(<capstone/capstone.h>)
#include <capstone/capstone.h>
#include <dlfcn.h>
#include <string.h>
#define HAS_CAPSTONE 1
#endif

enum { RVA = 0x1000, SP = PS_REG_ARM64_SP };

typedef struct machine {
    ps_image image;
    ps_driver driver;
    ps_program program;
    ps_frame frame;
} machine;

static void start(machine *m)
{
    memset(m, 0, sizeof *m);
    m->image.base = 0x140000000;
    m->image.machine = PS_MACHINE_ARM64;
    m->program.image = &m->image;
    m->program.driver = &m->driver;
    m->program.machine = ps_machine_find(PS_MACHINE_ARM64);
    ps_frame_enter(&m->frame, m->program.machine);
}

static ps_op_kind run(machine *m, uint32_t word)
{
    ps_op ops[PS_OPS_LIMIT];
    const unsigned count = ps_arm64_decode(word, RVA, ops);

    assert_in_range(count, 1, PS_OPS_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(ops[i].length, i + 1 == count ? 4 : 0);
        assert_int_equal(ops[i].rva, RVA);
        ps_step(&m->program, &m->frame, &ops[i]);
    }
    return (ps_op_kind)ops[count - 1].kind;
}

static void set(machine *m, unsigned reg, uint64_t value) { m->frame.reg[reg] = ps_const(value); }

static void holds(const machine *m, unsigned reg, uint64_t value)
{
    assert_int_equal(m->frame.reg[reg].kind, PS_V_CONST);
    assert_int_equal(m->frame.reg[reg].u.bits, value);
}

/* x0 is the target; x1, x2 and x3 are read. */
static void instructions_that_compute_leave_their_result(void **state)
{
    static const struct {
        uint32_t word;
        uint64_t x0, x1, x2, x3, result;
    } cases[] = {
        {0x528a8b40, 0, 0, 0, 0, 0x545a},             /* mov w0, #0x545a */
        {0x72acee80, 0x545a, 0, 0, 0, 0x6774545a},    /* movk w0, #0x6774, lsl #16 */
        {0x12800020, 0, 0, 0, 0, 0xfffffffe},         /* mov w0, #-2 */
        {0x92c00020, 0, 0, 0, 0, 0xfffffffeffffffff}, /* movn x0, #1, lsl #32 */
        {0x3204c7e0, 0, 0, 0, 0, 0x30303030},         /* mov w0, #0x30303030 */
        {0xb26087e0, 0, 0, 0, 0, 0xffffffff00000003}, /* mov x0, #-4294967293 */
        {0x11002020, 0, 7, 0, 0, 15},                 /* add w0, w1, #8 */
        {0x51402020, 0, 0x9000, 0, 0, 0x1000},        /* sub w0, w1, #8, lsl #12 */
        {0x8b020c20, 0, 1, 2, 0, 17},                 /* add x0, x1, x2, lsl #3 */
        {0x8b22c820, 0, 16, 0xfffffffe, 0, 8},        /* add x0, x1, w2, sxtw #2 */
        {0x0a220020, 0, 0xff, 0x0f, 0, 0xf0},         /* bic w0, w1, w2 */
        {0x2a2203e0, 0, 0, 0xff, 0, 0xffffff00},      /* mvn w0, w2 */
        {0xca820420, 0, 1, 0x8000000000000000, 0, 0xc000000000000001}, /* eor asr #1 */
        {0x53087c20, 0, 0x61626364, 0, 0, 0x616263},                   /* lsr w0, w1, #8 */
        {0x53103c20, 0, 0x61626364, 0, 0, 0x63640000},                 /* lsl w0, w1, #16 */
        {0xd3483c20, 0, 0x61626364, 0, 0, 0x63},                       /* ubfx x0, x1, #8, #8 */
        {0x33081c20, 0x61626364, 0x11, 0, 0, 0x11626364},              /* bfi w0, w1, #24, #8 */
        {0x33083c20, 0x61626364, 0xaabb, 0, 0, 0x616263aa},            /* bfxil w0, w1, #8, #8 */
        {0x13001c20, 0, 0x80, 0, 0, 0xffffff80},                       /* sxtb w0, w1 */
        {0x93407c20, 0, 0x80000000, 0, 0, 0xffffffff80000000},         /* sxtw x0, w1 */
        {0x937e7c20, 0, 0xffffffff, 0, 0, 0xfffffffffffffffc},         /* sbfiz x0, x1, #2, #32 */
        {0x13820820, 0, 0x3, 0x8, 0, 0xc0000002},                      /* extr w0, w1, w2, #2 */
        {0x1b020c20, 0, 3, 5, 7, 22},                                  /* madd w0, w1, w2, w3 */
        {0x1b02fc20, 0, 3, 5, 0, 0xfffffff1},                          /* mneg w0, w1, w2 */
        {0x9ba27c20, 0, 0x1ffffffff, 2, 0, 0x1fffffffe},               /* umull x0, w1, w2 */
        {0x1ac22020, 0, 3, 4, 0, 48},                                  /* lsl w0, w1, w2 */
        {0x4b0203e0, 0, 0, 1, 0, 0xffffffff},                          /* neg w0, w2 */
        {0x30000020, 0, 0, 0, 0, 0x140001005},                         /* adr x0, .+5 */
        {0xb0000020, 0, 0, 0, 0, 0x140006000},                         /* adrp x0, 5 pages on */
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        machine m;

        start(&m);
        set(&m, 0, cases[i].x0);
        set(&m, 1, cases[i].x1);
        set(&m, 2, cases[i].x2);
        set(&m, 3, cases[i].x3);
        (void)run(&m, cases[i].word);
        if (m.frame.reg[0].kind != PS_V_CONST || m.frame.reg[0].u.bits != cases[i].result)
            fail_msg("%08x leaves kind %d, %llx, not %llx", cases[i].word, m.frame.reg[0].kind,
                     (unsigned long long)m.frame.reg[0].u.bits,
                     (unsigned long long)cases[i].result);
    }
}

static void pairs_move_the_stack_pointer_and_keep_their_values(void **state)
{
    machine m;
    (void)state;

    start(&m);
    set(&m, 29, 0x29);
    set(&m, 30, 0x30);
    (void)run(&m, 0xa9be7bfd); /* stp x29, x30, [sp, #-32]! */
    assert_int_equal((int64_t)m.frame.reg[SP].u.bits, -32);
    (void)run(&m, 0x910003fd); /* mov x29, sp */
    set(&m, 19, 0x6d656d54);
    (void)run(&m, 0xb90013f3); /* str w19, [sp, #16] */
    (void)run(&m, 0xb94013a0); /* ldr w0, [x29, #16] */
    holds(&m, 0, 0x6d656d54);
    (void)run(&m, 0x394043a1); /* ldrb w1, [x29, #16] */
    holds(&m, 1, 0x54);
    (void)run(&m, 0xa8c27bfd); /* ldp x29, x30, [sp], #32 */
    holds(&m, 29, 0x29);
    holds(&m, 30, 0x30);
    assert_int_equal(m.frame.reg[SP].u.bits, 0);
}

static void a_pair_may_load_its_own_base(void **state)
{
    machine m;
    (void)state;

    start(&m);
    (void)run(&m, 0xd10083ff); /* sub sp, sp, #32 */
    set(&m, 4, 4);
    set(&m, 5, 5);
    (void)run(&m, 0xa90017e4); /* stp x4, x5, [sp] */
    (void)run(&m, 0x910003e0); /* mov x0, sp */
    (void)run(&m, 0xa9400400); /* ldp x0, x1, [x0] */
    holds(&m, 0, 4);
    holds(&m, 1, 5);
}

static void register_31_is_zero_or_the_stack_pointer(void **state)
{
    machine m;
    (void)state;

    start(&m);
    (void)run(&m, 0x2a1f03e0); /* mov w0, wzr */
    holds(&m, 0, 0);
    (void)run(&m, 0x910043e1); /* add x1, sp, #16 */
    assert_int_equal(m.frame.reg[1].kind, PS_V_STACK);
    (void)run(&m, 0xf100043f); /* cmp x1, #1: writes nothing */
    assert_int_equal(m.frame.reg[SP].kind, PS_V_STACK);
    (void)run(&m, 0xa9017fff); /* stp xzr, xzr, [sp, #16] */
    (void)run(&m, 0xf9400fe2); /* ldr x2, [sp, #24] */
    holds(&m, 2, 0);
}

static void a_choice_is_one_of_two(void **state)
{
    machine m;
    (void)state;

    start(&m);
    set(&m, 1, 10);
    set(&m, 2, 20);
    (void)run(&m, 0x1a821420); /* csinc w0, w1, w2, ne */
    assert_int_equal(m.frame.reg[0].kind, PS_V_SET);
    assert_int_equal(m.frame.reg[0].u.set[0], 10);
    assert_int_equal(m.frame.reg[0].u.set[1], 21);
}

static void what_is_not_known_is_not_believed(void **state)
{
    static const uint32_t words[] = {
        0xd53800a0, /* mrs x0, ... */
        0x5ac00820, /* rev w0, w1 */
        0x1e260020, /* fmov w0, s1 */
        0x0e043c20, /* mov w0, v1.s[0] */
        0xb82080a0, /* swp w0, w0, [x5] */
        0x9ac20820, /* udiv x0, x1, x2 */
        0x9a020020, /* adc x0, x1, x2 */
        0x04e0e3e0, /* a scalable one: cntd x0 */
        0xf82004a0, /* ldraa x0, [x5] */
        0xdac103e0, /* a signature of x0 */
        0xc85f7ca0, /* ldxr x0, [x5] */
    };
    (void)state;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        machine m;

        start(&m);
        set(&m, 0, 0x1234);
        (void)run(&m, words[i]);
        if (m.frame.reg[0].kind == PS_V_CONST)
            fail_msg("%08x leaves x0 as it was", words[i]);
    }
}

static void vectors_leave_registers_alone(void **state)
{
    static const uint32_t words[] = {0x4f000400, 0x3dc003e0, 0x1e22c020, 0x4c407000, 0x4ea01c00};
    (void)state;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        machine m;

        start(&m);
        set(&m, 0, 0x1234);
        (void)run(&m, words[i]);
        holds(&m, 0, 0x1234);
    }
}

static void control_flow_is_told(void **state)
{
    static const struct {
        uint32_t word, target;
        uint8_t kind;
    } cases[] = {
        {0x94000004, RVA + 16, PS_OP_CALL},  {0x17ffffff, RVA - 4, PS_OP_JUMP},
        {0x54000041, RVA + 8, PS_OP_BRANCH}, {0xb4000060, RVA + 12, PS_OP_BRANCH},
        {0x37f80040, RVA + 8, PS_OP_BRANCH}, {0xd63f0100, 0, PS_OP_CALL},
        {0xd61f0200, 0, PS_OP_JUMP},         {0xd65f03c0, 0, PS_OP_RETURN},
        {0xd65f0fff, 0, PS_OP_RETURN},       {0xd73f0900, 0, PS_OP_CALL},
        {0xd43e0060, 0, PS_OP_STOP},         {0x00000000, 0, PS_OP_STOP},
        {0xd503201f, 0, PS_OP_PADDING},      {0xd503245f, 0, PS_OP_NOTHING},
        {0xd503237f, 0, PS_OP_OTHER},        {0xd43e0000, 0, PS_OP_OTHER},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ps_op ops[PS_OPS_LIMIT];
        const unsigned count = ps_arm64_decode(cases[i].word, RVA, ops);

        assert_int_equal(count, 1);
        assert_int_equal(ops[0].kind, cases[i].kind);
        if (cases[i].target != 0) {
            assert_int_equal(ops[0].b.kind, PS_ARG_CODE);
            assert_int_equal(ops[0].b.value, cases[i].target);
        }
    }
}

#ifdef HAS_CAPSTONE
typedef struct library {
    void *handle;
    csh engine;
    size_t (*disassemble)(csh, const uint8_t *, size_t, uint64_t, size_t, cs_insn **);
    void (*release)(cs_insn *, size_t);
    cs_err (*access)(csh, const cs_insn *, cs_regs, uint8_t *, cs_regs, uint8_t *);
    cs_err (*close)(csh *);
} library;

static bool open_library(library *l)
{
    cs_err (*open)(cs_arch, cs_mode, csh *);
    cs_err (*option)(csh, cs_opt_type, size_t);

    l->handle = dlopen("libcapstone.so.4", RTLD_NOW);
    if (l->handle == NULL)
        return false;
    *(void **)&open = dlsym(l->handle, "cs_open");
    *(void **)&option = dlsym(l->handle, "cs_option");
    *(void **)&l->disassemble = dlsym(l->handle, "cs_disasm");
    *(void **)&l->release = dlsym(l->handle, "cs_free");
    *(void **)&l->access = dlsym(l->handle, "cs_regs_access");
    *(void **)&l->close = dlsym(l->handle, "cs_close");
    return open(CS_ARCH_ARM64, CS_MODE_ARM, &l->engine) == CS_ERR_OK &&
           option(l->engine, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK;
}

/* The general registers among a list, a bit for each; the stack pointer is bit 31. */
static uint64_t general(const uint16_t *list, unsigned count)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < count; i++) {
        if (list[i] >= ARM64_REG_X0 && list[i] <= ARM64_REG_X28)
            mask |= UINT64_C(1) << (list[i] - ARM64_REG_X0);
        else if (list[i] >= ARM64_REG_W0 && list[i] <= ARM64_REG_W30)
            mask |= UINT64_C(1) << (list[i] - ARM64_REG_W0);
        else if (list[i] == ARM64_REG_X29)
            mask |= UINT64_C(1) << 29;
        else if (list[i] == ARM64_REG_X30)
            mask |= UINT64_C(1) << 30;
        else if (list[i] == ARM64_REG_SP || list[i] == ARM64_REG_WSP)
            mask |= UINT64_C(1) << SP;
    }
    return mask;
}

static uint64_t touched(const ps_op *ops, unsigned count)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < count; i++) {
        mask |= ops[i].clobbers;
        if (ops[i].a.kind == PS_ARG_REGISTER && ops[i].kind != PS_OP_NOTHING)
            mask |= UINT64_C(1) << ops[i].a.reg;
        if (ops[i].kind == PS_OP_CALL)
            mask |= UINT64_C(1) << 30;
    }
    return mask;
}

/* Capstone takes what these only read for written. */
static bool is_misread(const cs_insn *in)
{
    static const char *const names[] = {"cmn", "cmp", "tst", "msr", "sys"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(in->mnemonic, names[i]) == 0)
            return true;
    return strncmp(in->mnemonic, "st", 2) == 0 && in->mnemonic[2] >= '1' && in->mnemonic[2] <= '4';
}

static bool check(const library *l, uint32_t word)
{
    const uint8_t bytes[] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                             (uint8_t)(word >> 24)};
    ps_op ops[PS_OPS_LIMIT];
    const unsigned count = ps_arm64_decode(word, RVA, ops);
    cs_insn *in;
    cs_regs reads;
    cs_regs writes;
    uint8_t read_count;
    uint8_t write_count;
    uint64_t missing;

    if (l->disassemble(l->engine, bytes, 4, RVA, 1, &in) == 0)
        return ops[0].kind != PS_OP_PADDING;
    assert_int_equal(l->access(l->engine, in, reads, &read_count, writes, &write_count), CS_ERR_OK);
    missing = general(writes, write_count) & ~touched(ops, count);
    if (is_misread(in))
        missing = 0;
    if (missing != 0)
        print_message("%08x %s %s: %llx is written\n", word, in->mnemonic, in->op_str,
                      (unsigned long long)missing);
    l->release(in, 1);
    return missing == 0;
}

static void no_less_is_touched_than_capstone_says(void **state)
{
    library l;
    uint64_t seed = 20240229;
    unsigned wrong = 0;
    (void)state;

    if (!open_library(&l))
        skip();
    for (unsigned i = 0; i < 300000; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        if (!check(&l, (uint32_t)(seed >> 32)))
            wrong++;
    }
    assert_int_equal(l.close(&l.engine), CS_ERR_OK);
    (void)dlclose(l.handle);
    assert_int_equal(wrong, 0);
}
#else
static void no_less_is_touched_than_capstone_says(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_that_compute_leave_their_result),
        cmocka_unit_test(pairs_move_the_stack_pointer_and_keep_their_values),
        cmocka_unit_test(a_pair_may_load_its_own_base),
        cmocka_unit_test(register_31_is_zero_or_the_stack_pointer),
        cmocka_unit_test(a_choice_is_one_of_two),
        cmocka_unit_test(what_is_not_known_is_not_believed),
        cmocka_unit_test(vectors_leave_registers_alone),
        cmocka_unit_test(control_flow_is_told),
        cmocka_unit_test(no_less_is_touched_than_capstone_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
