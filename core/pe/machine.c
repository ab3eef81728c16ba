/* machine.c - how the code of each machine passes arguments and keeps its stack. */
#include "pe/machine.h"

#include "pe/code.h"
#include "pe/image.h"
#include "pe/value.h"

enum {
    X64_PARAMETERS = 0x306,
    X64_VOLATILES = 0x0f07,
    X86_VOLATILES = 0x07,
    ARM_VOLATILES = 0x500f
};

/* x0 to x18 and the link register; the decoder's scratch register, too. */
#define ARM64_VOLATILES (UINT64_C(0x4007ffff) | UINT64_C(1) << PS_REG_SCRATCH)

static const ps_machine machines[] = {
    {.id = PS_MACHINE_X64,
     .width = 8,
     .unit = 1,
     .registers = 16,
     .stack = PS_REG_SP,
     .frame = PS_REG_BP,
     .result = PS_REG_AX,
     .argument_count = 4,
     .arguments = {PS_REG_CX, PS_REG_DX, PS_REG_R8, PS_REG_R9},
     .return_size = 8,
     .parameters = X64_PARAMETERS,
     .volatiles = X64_VOLATILES},
    {.id = PS_MACHINE_X86,
     .width = 4,
     .unit = 1,
     .registers = 8,
     .stack = PS_REG_SP,
     .frame = PS_REG_BP,
     .result = PS_REG_AX,
     .return_size = 4,
     .parameters = UINT64_MAX,
     .volatiles = X86_VOLATILES},
    {.id = PS_MACHINE_ARM64,
     .width = 8,
     .unit = 4,
     .registers = PS_REG_SCRATCH + 1,
     .stack = PS_REG_ARM64_SP,
     .frame = 29,
     .argument_count = 8,
     .arguments = {0, 1, 2, 3, 4, 5, 6, 7},
     .homeless = 8,
     .parameters = 0xff,
     .volatiles = ARM64_VOLATILES},
    {.id = PS_MACHINE_ARM,
     .width = 4,
     .unit = 2,
     .registers = PS_REG_SCRATCH + 1,
     .stack = PS_REG_ARM_SP,
     .frame = 11,
     .argument_count = 4,
     .arguments = {0, 1, 2, 3},
     .homeless = 4,
     .parameters = 0xf,
     .volatiles = ARM_VOLATILES | UINT64_C(1) << PS_REG_SCRATCH},
};

const ps_machine *ps_machine_find(uint16_t id)
{
    for (unsigned i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].id == id)
            return &machines[i];
    return NULL;
}

uint32_t ps_machine_location(const ps_machine *machine, unsigned i)
{
    if (i < machine->argument_count)
        return ps_register_location(machine->arguments[i]);
    return machine->return_size + (uint32_t)machine->width * (i - machine->homeless);
}

uint8_t ps_machine_argument(const ps_machine *machine, uint32_t location)
{
    if ((location & PS_IN_REGISTERS) == 0)
        return (uint8_t)((location - machine->return_size) / machine->width + machine->homeless);
    for (uint8_t i = 0; i < machine->argument_count; i++)
        if (machine->arguments[i] == (location & 0xff))
            return i;
    return 0;
}
