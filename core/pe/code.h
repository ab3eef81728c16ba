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
    PS_REG_ARM_SP = 13,
    PS_REG_ARM_LR = 14,
    PS_REG_ARM64_LR = 30,
    PS_REG_ARM64_SP = 31,
    PS_REG_SCRATCH = 32, /* for the steps of an ARM instruction that takes several */
    PS_REG_COUNT = 33,
    PS_REG_NONE = 0xff,
    PS_VECTORS = 31,       /* that the walk follows: all but ARM64's last */
    PS_VECTOR_CLOBBER = 33 /* the bit of the first one among the clobbers */
};

typedef enum ps_op_kind {
    PS_OP_NOTHING, /* changes no register and no memory; ARM: may compare a with b */
    PS_OP_PADDING, /* the same, as compilers put it between functions */
    PS_OP_OTHER,   /* clobbers registers; writes something unknown to operand a if that is memory */
    PS_OP_MOVE,    /* a = b, zero-extended */
    PS_OP_MOVE_SIGNED,
    PS_OP_ADDRESS, /* a = address of b */
    PS_OP_COMPUTE, /* a = a op b, or b op c for three operands */
    PS_OP_CHOOSE,  /* a = a or b, or b or c for three operands */
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
    PS_OP_FILL, /* c elements of memory a = b; registers as for OTHER */
    PS_OP_COPY, /* c elements of memory a = those of memory b; registers as for OTHER */
} ps_op_kind;

typedef enum ps_operand_kind {
    PS_ARG_NONE,
    PS_ARG_REGISTER,
    PS_ARG_CONST,
    PS_ARG_MEMORY, /* base + index * scale + value */
    PS_ARG_IMAGE,  /* memory at RVA value (+ index * scale) */
    PS_ARG_CODE,   /* target RVA value of a direct call or jump */
    PS_ARG_FAR,    /* memory of another segment */
    PS_ARG_VECTOR, /* the low size bytes of vector register reg */
} ps_operand_kind;

enum { PS_EXTEND_SIGNED = 0x80 };

typedef struct ps_operand {
    uint8_t kind;
    uint8_t size;  /* bytes; 0 for memory of unknown extent */
    uint8_t reg;   /* register or base */
    uint8_t index; /* PS_REG_NONE if there is none */
    uint8_t scale;
    bool high;      /* ah, bh, ch, dh */
    uint8_t extend; /* low bytes of register or index that count, PS_EXTEND_SIGNED; 0: all */
    uint8_t shift;  /* of a register by value, which comes last: ps_arithmetic, or 0 for none */
    int64_t value;
} ps_operand;

typedef struct ps_op {
    uint32_t rva;
    uint8_t kind; /* ps_op_kind */
    uint8_t length;
    uint8_t arithmetic; /* ps_arithmetic */
    bool three;         /* c counts */
    uint64_t clobbers;  /* a bit for each register */
    ps_operand a, b, c;
} ps_op;

/* Decodes the code of one machine. */
typedef struct ps_decoder ps_decoder;

/* base is the image's preferred base: x86 code names memory by virtual address. */
ps_decoder *ps_decoder_new(uint16_t machine, uint64_t base);
void ps_decoder_free(ps_decoder *decoder);

/* An instruction that does several things is that many ops; all but the last have length 0. */
enum { PS_OPS_LIMIT = 32 };

/* Decode the instruction at rva; the number of ops, 0 if it is none. */
unsigned ps_code_decode(const ps_decoder *decoder, const uint8_t *at, size_t left, uint32_t rva,
                        ps_op ops[PS_OPS_LIMIT]);

static inline uint32_t ps_word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The same, for the machines that have a decoder of our own. */
unsigned ps_arm64_decode(uint32_t word, uint32_t rva, ps_op *ops);
unsigned ps_arm_decode(const uint8_t *at, size_t left, uint32_t rva, ps_op *ops);

#endif
