/* arm_decode.c - Thumb-2 instructions into reduced form. */
#include "pe/code.h"
unsigned ps_arm_decode(const uint8_t *at, size_t left, uint32_t rva, ps_op *ops)
{
    (void)at;
    (void)left;
    ops[0] = (ps_op){.rva = rva, .length = 2, .kind = PS_OP_OTHER};
    return 1;
}
