/* arm64_decode.c - ARM64 instructions into reduced form. */
#include "pe/code.h"
unsigned ps_arm64_decode(uint32_t word, uint32_t rva, ps_op *ops)
{
    (void)word;
    ops[0] = (ps_op){.rva = rva, .length = 4, .kind = PS_OP_OTHER};
    return 1;
}
