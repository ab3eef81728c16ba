/* code.h - instructions in the reduced form that the walk understands, whatever the machine. */
#ifndef PS_PE_CODE_H
#define PS_PE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PS_REG_AX = 0,
    PS_REG_CX = 1,
    PS_REG_DX = 2,
    PS_REG_BX = 3,
    PS_REG_SP = 4,
    PS_REG_BP = 5,
    PS_REG_SI = 6,
    PS_REG_DI = 7,
    PS_REG_R8 = 8,
    PS_REG_R9 = 9,
    PS_REG_R10 = 10,
    PS_REG_COUNT = 16,
    PS_REG_NONE = 0xff,
};

typedef enum ps_op_kind {
    PS_OP_NOTHING, /* changes no register and no memory */
    PS_OP_PADDING, /* the same, as compilers put it between functions */
    PS_OP_OTHER,   /* clobbers registers; writes something unknown to operand a if that is memory */
    PS_OP_MOVE,    /* a = b, zero-extended */
    PS_OP_MOVE_SIGNED,
    PS_OP_ADDRESS, /* a = address of b */
    PS_OP_COMPUTE, /* a = a op b, or b op c for three operands */
    PS_OP_CHOOSE,  /* a = a or b */
    PS_OP_BOOLEAN, /* a = 0 or 1 */
    PS_OP_SPREAD,  /* a = 0 or all ones */
    PS_OP_NEGATE,
    PS_OP_INVERT,
    PS_OP_EXCHANGE,
    PS_OP_PUSH, /* of b */
    PS_OP_POP,  /* into a */
    PS_OP_LEAVE,
    PS_OP_CALL, /* of b */
    PS_OP_JUMP, /* to b */
    PS_OP_BRANCH,
    PS_OP_RETURN,
    PS_OP_STOP, /* control does not go on */
} ps_op_kind;

typedef enum ps_operand_kind {
    PS_ARG_NONE,
    PS_ARG_REGISTER,
    PS_ARG_CONST,
    PS_ARG_MEMORY, /* base + index * scale + value */
    PS_ARG_IMAGE,  /* memory at RVA value (+ index * scale) */
    PS_ARG_CODE,   /* target RVA value of a direct call or jump */
    PS_ARG_FAR,    /* memory of another segment */
} ps_operand_kind;

typedef struct ps_operand {
    uint8_t kind;
    uint8_t size;  /* bytes; 0 for memory of unknown extent */
    uint8_t reg;   /* register or base */
    uint8_t index; /* PS_REG_NONE if there is none */
    uint8_t scale;
    bool high; /* ah, bh, ch, dh */
    int64_t value;
} ps_operand;

typedef struct ps_op {
    uint32_t rva;
    uint8_t kind; /* ps_op_kind */
    uint8_t length;
    uint8_t arithmetic; /* ps_arithmetic */
    bool three;         /* b op c, where c is a constant in `third` */
    uint32_t clobbers;  /* a bit for each register */
    ps_operand a, b;
    int64_t third;
} ps_op;

/* Decodes the code of one machine. */
typedef struct ps_decoder ps_decoder;

/* base is the image's preferred base: x86 code names memory by virtual address. */
ps_decoder *ps_decoder_new(bool x64, uint64_t base);
void ps_decoder_free(ps_decoder *decoder);

/* Decode the instruction at rva; false if it is none. */
bool ps_code_decode(const ps_decoder *decoder, const uint8_t *at, size_t left, uint32_t rva,
                    ps_op *op);

#endif
