/* pe_sites_x86_test.c - calls of pool APIs in x86 code, where the stack must be followed. */
#include "pe_support.h"

#define POOL "ExAllocatePoolWithTag"
#define PROLOGUE 0x55, 0x8b, 0xec
#define PUSH_TAG(t) 0x68, BYTES(t)

static void pushed_arguments_are_found(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    const ps_site *site;
    ps_driver *driver;
    (void)state;

    EMIT(&made, PROLOGUE, PUSH_TAG("Acme"), 0x6a, 0x40, 0x6a, 1);
    call = emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    site = site_at(driver, call, "Acme");
    assert_int_equal(site->function_rva, begin);
    assert_int_equal(site->confidence, PS_HIGH);
    assert_true(site->has_pool && site->pool_flags == 1);
    assert_true(site->has_size && site->size == 0x40);
    ps_driver_close(driver);
}

static void arguments_stored_beforehand_are_found(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    (void)begin_function(&made);
    /* sub esp, 1c; mov [esp+8], tag; mov [esp+4], eax; mov [esp], 0 */
    EMIT(&made, PROLOGUE, 0x83, 0xec, 0x1c, 0xc7, 0x44, 0x24, 8, BYTES("Acme"), 0x89, 0x44, 0x24, 4,
         0xc7, 0x04, 0x24, 0, 0, 0, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0xc9, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, call, "Acme")->pool_flags, 0);
    ps_driver_close(driver);
}

static void a_call_between_the_pushes_takes_its_own_arguments(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t other = add_import(&made, "RtlInitUnicodeString"); /* takes 8 bytes */
    uint32_t call;
    ps_driver *driver;
    (void)state;

    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, PUSH_TAG("Acme"), PUSH_TAG("xxxx"), 0x6a, 0);
    (void)emit_call(&made, other);
    EMIT(&made, 0x50, 0x6a, 0); /* push eax; push 0 */
    call = emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_non_null(site_at(driver, call, "Acme"));
    ps_driver_close(driver);
}

static void what_an_unknown_callee_takes_is_not_guessed(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t other = add_import(&made, "AcmeDoesWhatItWants");
    uint32_t call;
    ps_driver *driver;
    (void)state;

    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, PUSH_TAG("Mayb"), PUSH_TAG("xxxx"));
    (void)emit_call(&made, other);
    EMIT(&made, 0x50, 0x6a, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_false(site_at(driver, call, NULL)->has_tag);
    ps_driver_close(driver);
}

static void the_import_may_be_kept_in_a_register(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, 0x56, 0x8b, 0x35); /* push esi; mov esi, [slot] */
    emit_address(&made, slot);
    EMIT(&made, PUSH_TAG("AcmA"), 0x50, 0x6a, 1, 0xff, 0xd6, PUSH_TAG("AcmB"), 0x50, 0x6a, 1);
    call = made.at;
    EMIT(&made, 0xff, 0xd6, 0x5e, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_non_null(site_at(driver, call, "AcmB"));
    ps_driver_close(driver);
}

static void a_wrapper_with_its_tag_on_the_stack_is_followed(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t wrapper = begin_function(&made);
    uint32_t call;
    const ps_site *site;
    ps_driver *driver;
    (void)state;

    /* push [ebp+c]; push [ebp+8]; push 1 */
    EMIT(&made, PROLOGUE, 0xff, 0x75, 0xc, 0xff, 0x75, 8, 0x6a, 1);
    (void)emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc2, 8, 0);
    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, PUSH_TAG("Acme"), 0x6a, 0x30);
    call = emit_direct_call(&made, wrapper);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    site = site_at(driver, call, "Acme");
    assert_int_equal(site->via_count, 1);
    assert_int_equal(site->via[0], wrapper);
    assert_int_equal(site->argument, 1);
    assert_true(site->has_size && site->size == 0x30);
    ps_driver_close(driver);
}

static void a_wrapper_with_its_tag_in_a_register_is_followed(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t wrapper = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, PROLOGUE, 0x52, 0x50, 0x6a, 0); /* push edx; push eax; push 0 */
    (void)emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc3);
    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, 0xba, BYTES("Acme"), 0xb8, 0x30, 0, 0, 0);
    call = emit_direct_call(&made, wrapper);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, call, "Acme")->via[0], wrapper);
    ps_driver_close(driver);
}

static void flags_of_64_bits_take_two_slots(void **state)
{
    image made = new_image(false);
    const uint32_t slot = add_import(&made, "ExAllocatePool2");
    uint32_t call;
    ps_driver *driver;
    (void)state;

    (void)begin_function(&made);
    EMIT(&made, PROLOGUE, PUSH_TAG("Acme"), 0x6a, 0x20, 0x6a, 0, 0x6a, 0x40);
    call = emit_call(&made, slot);
    EMIT(&made, 0x5d, 0xc3);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, call, "Acme")->size, 0x20);
    assert_int_equal(site_at(driver, call, "Acme")->pool_flags, 0x40);
    ps_driver_close(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushed_arguments_are_found),
        cmocka_unit_test(arguments_stored_beforehand_are_found),
        cmocka_unit_test(a_call_between_the_pushes_takes_its_own_arguments),
        cmocka_unit_test(what_an_unknown_callee_takes_is_not_guessed),
        cmocka_unit_test(the_import_may_be_kept_in_a_register),
        cmocka_unit_test(a_wrapper_with_its_tag_on_the_stack_is_followed),
        cmocka_unit_test(a_wrapper_with_its_tag_in_a_register_is_followed),
        cmocka_unit_test(flags_of_64_bits_take_two_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
