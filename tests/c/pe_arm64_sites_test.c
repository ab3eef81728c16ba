/* pe_arm64_sites_test.c - calls of pool APIs in ARM64 code: what is found, and what is not
 * claimed. */
#include "pe_support.h"

#define POOL "ExAllocatePoolWithTag"
#define WORDS(to, ...)                                                                             \
    emit_words(to, (const uint32_t[]){__VA_ARGS__},                                                \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

enum { XDATA = 0x2e00 };

#define ENTER 0xa9be7bfd /* stp x29, x30, [sp, #-32]! */
#define LEAVE 0xa8c27bfd /* ldp x29, x30, [sp], #32 */
#define RET 0xd65f03c0

static image new_arm64(void)
{
    image made = new_image(true);

    put(&made, PE_AT + 4, 0xaa64, 2);
    return made;
}

static void emit_words(image *to, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(to, to->at, words[i], 4);
        to->at += 4;
    }
}

/* mov wN, low half; movk wN, high half */
static void emit_tag(image *to, unsigned reg, const char *tag)
{
    const uint32_t low = (uint32_t)(uint8_t)tag[0] | (uint32_t)(uint8_t)tag[1] << 8;
    const uint32_t high = (uint32_t)(uint8_t)tag[2] | (uint32_t)(uint8_t)tag[3] << 8;

    WORDS(to, 0x52800000 | low << 5 | reg, 0x72a00000 | high << 5 | reg);
}

/* adrp xN, page of rva; from at, where the instruction is */
static uint32_t adrp(uint32_t at, unsigned reg, uint32_t rva)
{
    const uint32_t pages = (rva >> 12) - (at >> 12);

    return 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | reg;
}

/* ldr xN, [xM, rest of rva] */
static uint32_t ldr(unsigned reg, unsigned base, uint32_t rva)
{
    return 0xf9400000 | (rva & 0xfff) / 8 << 10 | base << 5 | reg;
}

static void emit_load(image *to, unsigned reg, uint32_t slot)
{
    WORDS(to, adrp(to->at, reg, slot), ldr(reg, reg, slot));
}

/* adrp x8; ldr x8; blr x8: returns the RVA of the last */
static uint32_t emit_api(image *to, uint32_t slot)
{
    emit_load(to, 8, slot);
    WORDS(to, 0xd63f0100);
    return to->at - 4;
}

static uint32_t begin_arm64(image *to)
{
    WORDS(to, 0xd503201f);
    return to->at;
}

/* Packed unwind data. */
static void end_arm64(image *to, uint32_t begin)
{
    put(to, PDATA + to->functions * 8, begin, 4);
    put(to, PDATA + to->functions * 8 + 4, 1 | (to->at - begin) / 4 << 2, 4);
    to->functions++;
    put_directory(to, 3, PDATA, to->functions * 8);
}

static void a_split_tag_is_found_with_pool_and_size(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t call;
    ps_driver *driver;
    const ps_site *site;
    (void)state;

    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Acme");
    WORDS(&made, 0x52800801, 0x52804000); /* mov w1, #0x40; mov w0, #512 */
    call = emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, begin);
    driver = parse_image(&made);
    assert_true(ps_driver_get_facts(driver)->sites_supported);
    assert_int_equal(ps_driver_site_count(driver), 1);
    site = site_at(driver, call, "Acme");
    assert_int_equal(site->function_rva, begin);
    assert_int_equal(site->argument, 2);
    assert_true(site->has_pool && site->pool_flags == 512);
    assert_true(site->has_size && site->size == 0x40);
    assert_int_equal(site->confidence, PS_HIGH);
    ps_driver_close(driver);
}

static void a_tag_in_a_literal_pool_and_an_ordered_load_are_read(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER, 0x18000109, 0x11000122); /* ldr w9, +32; add w2, w9, #0 */
    WORDS(&made, adrp(made.at, 8, slot), 0x91000108 | (slot & 0xfff) << 10, 0xc8dffd08);
    call = made.at;
    WORDS(&made, 0xd63f0100, LEAVE, RET);
    end_arm64(&made, begin);
    put(&made, begin + 36, tag_of("Pool"), 4);
    driver = parse_image(&made);
    assert_non_null(site_at(driver, call, "Pool"));
    ps_driver_close(driver);
}

static void a_tail_call_and_a_thunk_are_calls(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    uint32_t begin = begin_arm64(&made);
    uint32_t tail;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    emit_tag(&made, 2, "Tail");
    emit_load(&made, 3, slot);
    tail = made.at;
    WORDS(&made, 0xd61f0060); /* br x3 */
    end_arm64(&made, begin);
    begin = begin_arm64(&made);
    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Thnk");
    call = made.at;
    WORDS(&made, 0x94000003, LEAVE, RET); /* bl to what follows */
    end_arm64(&made, begin);
    emit_load(&made, 16, slot);
    WORDS(&made, 0xd61f0200); /* br x16 */
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_non_null(site_at(driver, tail, "Tail"));
    assert_non_null(site_at(driver, call, "Thnk"));
    ps_driver_close(driver);
}

/* The ninth argument is the tag: on the stack. */
static void the_caller_of_a_wrapper_is_the_site(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t wrapper = begin_arm64(&made);
    uint32_t caller;
    uint32_t call;
    ps_driver *driver;
    const ps_site *site;
    (void)state;

    WORDS(&made, ENTER, 0xb94023e2); /* ldr w2, [sp, #32] */
    (void)emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, wrapper);
    caller = begin_arm64(&made);
    WORDS(&made, ENTER, 0xd10043ff); /* sub sp, sp, #16 */
    emit_tag(&made, 9, "Wrap");
    WORDS(&made, 0xb90003e9); /* str w9, [sp] */
    call = made.at;
    WORDS(&made, 0x94000000 | ((wrapper - call) / 4 & 0x3ffffff), 0x910043ff, LEAVE, RET);
    end_arm64(&made, caller);
    driver = parse_image(&made);
    site = site_at(driver, call, "Wrap");
    assert_int_equal(site->via_count, 1);
    assert_int_equal(site->via[0], wrapper);
    assert_int_equal(site->argument, 8);
    ps_driver_close(driver);
}

static void put_guard(image *to, uint32_t pointer)
{
    put_directory(to, 10, FREE_SPACE, 0x100);
    put(to, FREE_SPACE + 0x70, image_base(to) + pointer, 8);
}

static void a_check_of_the_target_keeps_the_arguments(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    const uint32_t pointer = FREE_SPACE + 0x200;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    put_guard(&made, pointer);
    put(&made, pointer, image_base(&made) + CODE, 8);
    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Chck");
    emit_load(&made, 15, slot);
    emit_load(&made, 17, pointer);
    WORDS(&made, 0xd63f0220); /* blr x17 */
    call = made.at;
    WORDS(&made, 0xd63f01e0, LEAVE, RET); /* blr x15 */
    end_arm64(&made, begin);
    driver = parse_image(&made);
    assert_non_null(site_at(driver, call, "Chck"));
    ps_driver_close(driver);
}

static void a_call_that_makes_room_keeps_the_arguments(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Room");
    WORDS(&made, 0x5280400f, 0x97fffff0, 0xcb2f73ff); /* mov w15; bl; sub sp, sp, x15, uxtx #4 */
    call = emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, begin);
    driver = parse_image(&made);
    assert_non_null(site_at(driver, call, "Room"));
    ps_driver_close(driver);
}

static void a_value_from_before_a_call_is_not_believed(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Gone");
    WORDS(&made, 0xd63f0120); /* blr x9 */
    call = emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_false(site_at(driver, call, NULL)->has_tag);
    ps_driver_close(driver);
}

/* cmp w0, #1; b.hi end; adr table; ldrb; adr base; add lsl #2; br: two cases that call. */
static void cases_of_a_jump_table_are_reached(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t first;
    uint32_t second;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER, 0x7100041f, 0x54000248); /* b.hi to the end, 18 words on */
    WORDS(&made, 0x10000289, 0x38604929, 0x1000006a, 0x8b09094a, 0xd61f0140);
    emit_tag(&made, 2, "Cas0");
    first = emit_api(&made, slot);
    WORDS(&made, 0x14000006);
    emit_tag(&made, 2, "Cas1");
    second = emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, begin);
    put(&made, begin + 23 * 4, 0x0600, 2);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_non_null(site_at(driver, first, "Cas0"));
    assert_non_null(site_at(driver, second, "Cas1"));
    ps_driver_close(driver);
}

/* Two ways load different imports and share the call: each keeps its own tag. */
static void a_shared_call_is_looked_at_on_each_way(void **state)
{
    image made = new_arm64();
    const uint32_t pool = add_import(&made, POOL);
    const uint32_t quota = add_import(&made, "ExAllocatePoolWithQuotaTag");
    const uint32_t begin = begin_arm64(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER, 0x340000c0); /* cbz w0, +24 */
    emit_tag(&made, 2, "WayA");
    emit_load(&made, 8, pool);
    WORDS(&made, 0x14000005); /* b to the call */
    emit_tag(&made, 2, "WayB");
    emit_load(&made, 8, quota);
    call = made.at;
    WORDS(&made, 0xd63f0100, LEAVE, RET);
    end_arm64(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_string_equal(site_at(driver, call, "WayA")->api, POOL);
    assert_string_equal(site_at(driver, call, "WayB")->api, "ExAllocatePoolWithQuotaTag");
    ps_driver_close(driver);
}

/* Full unwind data whose first code says that the prologue was another's. */
static void a_part_belongs_to_the_function_that_jumps_to_it(void **state)
{
    image made = new_arm64();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm64(&made);
    uint32_t part;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    WORDS(&made, ENTER);
    emit_tag(&made, 2, "Part");
    WORDS(&made, 0x34000040, 0x14000004, LEAVE, RET); /* cbz w0, +8; b to the part */
    end_arm64(&made, begin);
    part = begin_arm64(&made);
    call = emit_api(&made, slot);
    WORDS(&made, LEAVE, RET);
    end_arm64(&made, part);
    put(&made, PDATA + 12, XDATA, 4);
    put(&made, XDATA, (made.at - part) / 4 | 1 << 21 | 1U << 27, 4);
    put(&made, XDATA + 4, 0xe5, 4);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_int_equal(site_at(driver, call, "Part")->function_rva, begin);
    ps_driver_close(driver);
}

static void lying_unwind_data_does_no_harm(void **state)
{
    (void)state;
    for (uint32_t word = 0; word < 64; word++) {
        image made = new_arm64();
        const uint32_t slot = add_import(&made, POOL);
        const uint32_t begin = begin_arm64(&made);
        ps_driver *driver;

        WORDS(&made, ENTER);
        emit_tag(&made, 2, "Lies");
        (void)emit_api(&made, slot);
        WORDS(&made, LEAVE, RET);
        end_arm64(&made, begin);
        put(&made, PDATA + 4, word < 32 ? word : ~word * 0x01010101U, 4);
        put(&made, PDATA, word % 3 == 0 ? begin : begin * (word + 1), 4);
        driver = parse_image(&made);
        ps_driver_close(driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_tag_is_found_with_pool_and_size),
        cmocka_unit_test(a_tag_in_a_literal_pool_and_an_ordered_load_are_read),
        cmocka_unit_test(a_tail_call_and_a_thunk_are_calls),
        cmocka_unit_test(the_caller_of_a_wrapper_is_the_site),
        cmocka_unit_test(a_check_of_the_target_keeps_the_arguments),
        cmocka_unit_test(a_call_that_makes_room_keeps_the_arguments),
        cmocka_unit_test(a_value_from_before_a_call_is_not_believed),
        cmocka_unit_test(cases_of_a_jump_table_are_reached),
        cmocka_unit_test(a_shared_call_is_looked_at_on_each_way),
        cmocka_unit_test(a_part_belongs_to_the_function_that_jumps_to_it),
        cmocka_unit_test(lying_unwind_data_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
