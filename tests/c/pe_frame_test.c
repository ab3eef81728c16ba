/* pe_frame_test.c - stack slots that are wider than a register. */
#include "pe/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const ps_machine *x64(void) { return ps_machine_find(0x8664); }

static void a_part_of_a_wide_constant_is_not_known(void **state)
{
    const ps_value area = ps_stack_address(0, -0x100);
    const ps_value place = ps_stack_address(0, -0x100 + 52);
    const ps_value zero = ps_const(0);
    ps_frame frame;

    (void)state;
    ps_frame_enter(&frame, x64());
    ps_frame_store(&frame, &area, 64, &zero);
    assert_int_equal(ps_frame_load(&frame, &place, 4).kind, PS_V_UNKNOWN);
}

static void a_store_of_more_than_255_bytes_overwrites_parameters(void **state)
{
    const ps_value area = ps_stack_address(0, 0x20);
    const ps_value parameter = ps_stack_address(0, 0x28);
    ps_frame frame;

    (void)state;
    ps_frame_enter(&frame, x64());
    assert_int_equal(ps_frame_load(&frame, &parameter, 8).kind, PS_V_PARAMETER);
    ps_frame_forget(&frame, &area, 512);
    assert_int_equal(ps_frame_load(&frame, &parameter, 8).kind, PS_V_UNKNOWN);
}

static void parameters_stay_overwritten_beside_a_later_store(void **state)
{
    const ps_value area = ps_stack_address(0, 0x20);
    const ps_value middle = ps_stack_address(0, 0x30);
    const ps_value before = ps_stack_address(0, 0x28);
    const ps_value behind = ps_stack_address(0, 0x38);
    const ps_value seven = ps_const(7);
    ps_frame frame;

    (void)state;
    ps_frame_enter(&frame, x64());
    ps_frame_forget(&frame, &area, 0x40);
    ps_frame_store(&frame, &middle, 8, &seven);
    assert_int_equal(ps_frame_load(&frame, &before, 8).kind, PS_V_UNKNOWN);
    assert_int_equal(ps_frame_load(&frame, &middle, 8).u.bits, 7);
    assert_int_equal(ps_frame_load(&frame, &behind, 8).kind, PS_V_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_wide_constant_is_not_known),
        cmocka_unit_test(parameters_stay_overwritten_beside_a_later_store),
        cmocka_unit_test(a_store_of_more_than_255_bytes_overwrites_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
