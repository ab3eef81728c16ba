/* pe_arm_sites_test.c - calls of pool APIs in Thumb-2 code. */
#include "pe_support.h"

#define POOL "ExAllocatePoolWithTag"
#define HALVES(to, ...)                                                                            \
    emit_halves(to, (const uint16_t[]){__VA_ARGS__},                                               \
                sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

enum { PUSH = 0xb510, POP = 0xbd10 }; /* of r4 and the link register */

static image new_arm(void)
{
    image made = new_image(false);

    put(&made, PE_AT + 4, 0x1c4, 2);
    return made;
}

static void emit_halves(image *to, const uint16_t *halves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(to, to->at, halves[i], 2);
        to->at += 2;
    }
}

/* movw or movt */
static void emit_wide(image *to, bool top, unsigned reg, uint32_t half)
{
    const uint32_t first = (top ? 0xf2c0U : 0xf240U) | half >> 12 | (half >> 11 & 1) << 10;
    const uint32_t second = (half >> 8 & 7) << 12 | reg << 8 | (half & 0xff);

    HALVES(to, (uint16_t)first, (uint16_t)second);
}

static void emit_number(image *to, unsigned reg, uint32_t number)
{
    emit_wide(to, false, reg, number & 0xffff);
    emit_wide(to, true, reg, number >> 16);
}

/* The slot's address into r3; ldr r3, [r3]; blx r3: returns the RVA of the last. */
static uint32_t emit_api(image *to, uint32_t slot)
{
    emit_number(to, 3, slot + (uint32_t)image_base(to));
    HALVES(to, 0x681b, 0x4798);
    return to->at - 2;
}

static uint32_t begin_arm(image *to)
{
    HALVES(to, 0xbf00, 0xbf00);
    return to->at;
}

static void end_arm(image *to, uint32_t begin)
{
    put(to, PDATA + to->functions * 8, begin | 1, 4);
    put(to, PDATA + to->functions * 8 + 4, 1 | (to->at - begin) / 2 << 2, 4);
    to->functions++;
    put_directory(to, 3, PDATA, to->functions * 8);
}

static void a_tag_in_two_halves_is_found(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm(&made);
    uint32_t call;
    ps_driver *driver;
    const ps_site *site;
    (void)state;

    HALVES(&made, PUSH);
    emit_number(&made, 2, tag_of("Thmb"));
    HALVES(&made, 0x2140, 0x2001); /* movs r1, #64; movs r0, #1 */
    call = emit_api(&made, slot);
    HALVES(&made, POP);
    end_arm(&made, begin);
    driver = parse_image(&made);
    assert_true(ps_driver_get_facts(driver)->sites_supported);
    assert_int_equal(ps_driver_site_count(driver), 1);
    site = site_at(driver, call, "Thmb");
    assert_int_equal(site->function_rva, begin);
    assert_true(site->has_pool && site->pool_flags == 1);
    assert_true(site->has_size && site->size == 64);
    ps_driver_close(driver);
}

/* The flags take r0 and r1, so that the tag is in r3. */
static void flags_of_64_bits_take_two_registers(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, "ExAllocatePool2");
    const uint32_t begin = begin_arm(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    HALVES(&made, PUSH);
    emit_number(&made, 3, tag_of("Flgs"));
    HALVES(&made, 0x2210, 0x2100, 0x2040); /* movs r2, #16; movs r1, #0; movs r0, #64 */
    emit_number(&made, 4, slot + (uint32_t)image_base(&made));
    HALVES(&made, 0x6824, 0x47a0); /* ldr r4, [r4]; blx r4 */
    call = made.at - 2;
    HALVES(&made, POP);
    end_arm(&made, begin);
    driver = parse_image(&made);
    assert_true(site_at(driver, call, "Flgs")->size == 16);
    ps_driver_close(driver);
}

static void constants_between_the_code_are_read_even_where_it_is_writable(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm(&made);
    ps_driver *driver;
    (void)state;

    put_section(&made, 0, "INIT", CODE, 0xe2000020);
    HALVES(&made, PUSH, 0x4a02, 0x4b03); /* ldr r2, [pc, #8]; ldr r3, [pc, #12] */
    HALVES(&made, 0x681b, 0x4798, POP);
    end_arm(&made, begin);
    assert_int_equal(begin % 4, 0);
    put(&made, begin + 12, tag_of("Litr"), 4);
    put(&made, begin + 20, slot + image_base(&made), 4);
    driver = parse_image(&made);
    assert_non_null(site_at(driver, begin + 8, "Litr"));
    ps_driver_close(driver);
}

/* ite eq; moveq r2, one; movne r2, other: in two pairs, as compilers for Windows have to */
static void a_condition_gives_one_of_two_tags(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm(&made);
    const uint32_t one = tag_of("OneT");
    const uint32_t other = tag_of("Othr");
    uint32_t call;
    ps_driver *driver;
    (void)state;

    HALVES(&made, PUSH, 0x2800, 0xbf07); /* cmp r0, #0; ittee eq */
    emit_number(&made, 2, one);
    emit_number(&made, 2, other);
    call = emit_api(&made, slot);
    HALVES(&made, POP);
    end_arm(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_non_null(site_at(driver, call, "OneT"));
    assert_non_null(site_at(driver, call, "Othr"));
    ps_driver_close(driver);
}

/* movw r12; movt r12; ldr.w pc, [r12] */
static void a_call_through_a_thunk_is_a_call_of_the_import(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    HALVES(&made, PUSH);
    emit_number(&made, 2, tag_of("Thnk"));
    call = made.at;
    HALVES(&made, 0xf000, 0xf801, POP); /* bl to what follows */
    end_arm(&made, begin);
    emit_number(&made, 12, slot + (uint32_t)image_base(&made));
    HALVES(&made, 0xf8dc, 0xf000);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_non_null(site_at(driver, call, "Thnk"));
    ps_driver_close(driver);
}

static void cut_code_does_no_harm(void **state)
{
    image made = new_arm();
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_arm(&made);
    ps_driver *driver;
    (void)state;

    emit_number(&made, 2, tag_of("Cuts"));
    (void)emit_api(&made, slot);
    end_arm(&made, begin);
    for (uint32_t half = 0; half < 0x10000; half += 7) { /* any first halfword at the end */
        put(&made, CODE + 0xffe, half, 2);
        put(&made, PDATA, (CODE + 0xffe) | 1, 4);
        driver = parse_image(&made);
        ps_driver_close(driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_in_two_halves_is_found),
        cmocka_unit_test(flags_of_64_bits_take_two_registers),
        cmocka_unit_test(constants_between_the_code_are_read_even_where_it_is_writable),
        cmocka_unit_test(a_condition_gives_one_of_two_tags),
        cmocka_unit_test(a_call_through_a_thunk_is_a_call_of_the_import),
        cmocka_unit_test(cut_code_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
