/* decode.c - instructions into reduced form: those of x86 and x64 by Zydis. */
#include "base/array.h"
#include "pe/code.h"
#include "pe/image.h"
#include "pe/value.h"

#include <Zydis/Zydis.h>

struct ps_decoder {
    ZydisDecoder zydis;
    uint16_t machine;
    bool x64;
    uint64_t base;
};

ps_decoder *ps_decoder_new(uint16_t machine, uint64_t base)
{
    const bool x64 = machine == PS_MACHINE_X64;
    ps_decoder *decoder = malloc(sizeof *decoder);

    if (decoder == NULL)
        return NULL;
    decoder->machine = machine;
    decoder->x64 = x64;
    decoder->base = base;
    (void)ZydisDecoderInit(&decoder->zydis,
                           x64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                           x64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
    return decoder;
}

void ps_decoder_free(ps_decoder *decoder) { free(decoder); }

static uint8_t register_number(ZydisRegister reg)
{
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
        return PS_REG_NONE;
    return (uint8_t)(whole - ZYDIS_REGISTER_RAX);
}

static uint8_t vector_number(ZydisRegister reg)
{
    return reg >= ZYDIS_REGISTER_XMM0 && reg <= ZYDIS_REGISTER_XMM15
               ? (uint8_t)(reg - ZYDIS_REGISTER_XMM0)
               : PS_REG_NONE;
}

static ps_operand memory_operand(const ps_decoder *decoder, const ZydisDecodedInstruction *in,
                                 const ZydisDecodedOperand *from, uint32_t rva)
{
    ps_operand to = {.kind = PS_ARG_MEMORY,
                     .size = (uint8_t)(from->size / 8),
                     .reg = register_number(from->mem.base),
                     .index = register_number(from->mem.index),
                     .scale = from->mem.scale,
                     .value = from->mem.disp.has_displacement ? from->mem.disp.value : 0};

    if (from->mem.segment == ZYDIS_REGISTER_FS || from->mem.segment == ZYDIS_REGISTER_GS) {
        to.kind = PS_ARG_FAR;
    } else if (from->mem.base == ZYDIS_REGISTER_RIP) {
        to.kind = PS_ARG_IMAGE;
        to.value = (int64_t)(uint32_t)(rva + in->length + (uint32_t)to.value);
    } else if (from->mem.base == ZYDIS_REGISTER_NONE && from->mem.disp.has_displacement) {
        to.kind = PS_ARG_IMAGE;
        to.value = (int64_t)(uint32_t)((uint64_t)to.value - decoder->base);
        if (decoder->x64)
            to.kind = PS_ARG_FAR; /* an absolute address, which no driver has */
    }
    return to;
}

static ps_operand operand(const ps_decoder *decoder, const ZydisDecodedInstruction *in,
                          const ZydisDecodedOperand *from, uint32_t rva)
{
    ps_operand to = {.kind = PS_ARG_NONE,
                     .size = (uint8_t)(from->size / 8),
                     .reg = PS_REG_NONE,
                     .index = PS_REG_NONE};

    switch (from->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        to.reg = register_number(from->reg.value);
        to.kind = to.reg == PS_REG_NONE ? PS_ARG_NONE : PS_ARG_REGISTER;
        to.high = from->reg.value >= ZYDIS_REGISTER_AH && from->reg.value <= ZYDIS_REGISTER_BH;
        if (to.reg == PS_REG_NONE && vector_number(from->reg.value) != PS_REG_NONE) {
            to.kind = PS_ARG_VECTOR;
            to.reg = vector_number(from->reg.value);
        }
        return to;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return memory_operand(decoder, in, from, rva);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        to.kind = from->imm.is_relative ? PS_ARG_CODE : PS_ARG_CONST;
        to.value = from->imm.value.s;
        if (from->imm.is_relative)
            to.value = (int64_t)(uint32_t)(rva + in->length + (uint32_t)to.value);
        return to;
    default:
        return to;
    }
}

typedef struct meaning {
    bool known;
    uint8_t kind;       /* ps_op_kind */
    uint8_t arithmetic; /* ps_arithmetic */
} meaning;

/* The mnemonics that move values about; the rest only clobber. */
static const meaning meanings[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
    [ZYDIS_MNEMONIC_MOV] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVZX] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVSX] = {true, PS_OP_MOVE_SIGNED, 0},
    [ZYDIS_MNEMONIC_MOVSXD] = {true, PS_OP_MOVE_SIGNED, 0},
    [ZYDIS_MNEMONIC_LEA] = {true, PS_OP_ADDRESS, 0},
    [ZYDIS_MNEMONIC_XCHG] = {true, PS_OP_EXCHANGE, 0},
    [ZYDIS_MNEMONIC_PUSH] = {true, PS_OP_PUSH, 0},
    [ZYDIS_MNEMONIC_POP] = {true, PS_OP_POP, 0},
    [ZYDIS_MNEMONIC_LEAVE] = {true, PS_OP_LEAVE, 0},
    [ZYDIS_MNEMONIC_ADD] = {true, PS_OP_COMPUTE, PS_A_ADD},
    [ZYDIS_MNEMONIC_INC] = {true, PS_OP_COMPUTE, PS_A_ADD},
    [ZYDIS_MNEMONIC_SUB] = {true, PS_OP_COMPUTE, PS_A_SUB},
    [ZYDIS_MNEMONIC_DEC] = {true, PS_OP_COMPUTE, PS_A_SUB},
    [ZYDIS_MNEMONIC_AND] = {true, PS_OP_COMPUTE, PS_A_AND},
    [ZYDIS_MNEMONIC_OR] = {true, PS_OP_COMPUTE, PS_A_OR},
    [ZYDIS_MNEMONIC_XOR] = {true, PS_OP_COMPUTE, PS_A_XOR},
    [ZYDIS_MNEMONIC_SHL] = {true, PS_OP_COMPUTE, PS_A_SHL},
    [ZYDIS_MNEMONIC_SHR] = {true, PS_OP_COMPUTE, PS_A_SHR},
    [ZYDIS_MNEMONIC_SAR] = {true, PS_OP_COMPUTE, PS_A_SAR},
    [ZYDIS_MNEMONIC_ROL] = {true, PS_OP_COMPUTE, PS_A_ROL},
    [ZYDIS_MNEMONIC_ROR] = {true, PS_OP_COMPUTE, PS_A_ROR},
    [ZYDIS_MNEMONIC_IMUL] = {true, PS_OP_COMPUTE, PS_A_MUL},
    [ZYDIS_MNEMONIC_SBB] = {true, PS_OP_SPREAD, 0},
    [ZYDIS_MNEMONIC_NEG] = {true, PS_OP_NEGATE, 0},
    [ZYDIS_MNEMONIC_NOT] = {true, PS_OP_INVERT, 0},
    [ZYDIS_MNEMONIC_MOVUPS] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVAPS] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVUPD] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVAPD] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVDQU] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVDQA] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVQ] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_MOVD] = {true, PS_OP_MOVE, 0},
    [ZYDIS_MNEMONIC_XORPS] = {true, PS_OP_COMPUTE, PS_A_XOR},
    [ZYDIS_MNEMONIC_XORPD] = {true, PS_OP_COMPUTE, PS_A_XOR},
    [ZYDIS_MNEMONIC_PXOR] = {true, PS_OP_COMPUTE, PS_A_XOR},
    [ZYDIS_MNEMONIC_STOSB] = {true, PS_OP_FILL, 0},
    [ZYDIS_MNEMONIC_STOSD] = {true, PS_OP_FILL, 0},
    [ZYDIS_MNEMONIC_STOSQ] = {true, PS_OP_FILL, 0},
    [ZYDIS_MNEMONIC_MOVSB] = {true, PS_OP_COPY, 0},
    [ZYDIS_MNEMONIC_MOVSD] = {true, PS_OP_COPY, 0},
    [ZYDIS_MNEMONIC_MOVSQ] = {true, PS_OP_COPY, 0},
    [ZYDIS_MNEMONIC_CALL] = {true, PS_OP_CALL, 0},
    [ZYDIS_MNEMONIC_JMP] = {true, PS_OP_JUMP, 0},
    [ZYDIS_MNEMONIC_RET] = {true, PS_OP_RETURN, 0},
    [ZYDIS_MNEMONIC_IRETD] = {true, PS_OP_RETURN, 0},
    [ZYDIS_MNEMONIC_IRETQ] = {true, PS_OP_RETURN, 0},
    [ZYDIS_MNEMONIC_INT3] = {true, PS_OP_STOP, 0},
    [ZYDIS_MNEMONIC_UD2] = {true, PS_OP_STOP, 0},
    [ZYDIS_MNEMONIC_HLT] = {true, PS_OP_STOP, 0},
};

static meaning meaning_of(const ZydisDecodedInstruction *in)
{
    if (in->mnemonic <= ZYDIS_MNEMONIC_MAX_VALUE && meanings[in->mnemonic].known)
        return meanings[in->mnemonic];
    switch (in->meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
        return (meaning){.kind = PS_OP_BRANCH};
    case ZYDIS_CATEGORY_CMOV:
        return (meaning){.kind = PS_OP_CHOOSE};
    case ZYDIS_CATEGORY_SETCC:
        return (meaning){.kind = PS_OP_BOOLEAN};
    default:
        return (meaning){.kind = PS_OP_OTHER};
    }
}

static void take_clobbers(const ps_decoder *decoder, const ZydisDecodedInstruction *in,
                          const ZydisDecodedOperand *operands, ps_op *op)
{
    for (unsigned i = 0; i < in->operand_count; i++) {
        const ZydisDecodedOperand *from = &operands[i];

        if ((from->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
            continue;
        if (from->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            const uint8_t reg = register_number(from->reg.value);

            const uint8_t vector = vector_number(from->reg.value);

            if (reg != PS_REG_NONE)
                op->clobbers |= UINT64_C(1) << reg;
            if (vector != PS_REG_NONE)
                op->clobbers |= UINT64_C(1) << (PS_VECTOR_CLOBBER + vector);
        } else if (from->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            op->a = memory_operand(decoder, in, from, op->rva);
            if ((in->attributes & ZYDIS_ATTRIB_HAS_REP) != 0)
                op->a.size = 0;
        }
    }
}

/* What a string instruction fills or copies from, and how often. */
static void take_string(const ps_decoder *decoder, const ZydisDecodedInstruction *in,
                        const ZydisDecodedOperand *operands, ps_op *op)
{
    for (unsigned i = 0; i < in->operand_count; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            (operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
            op->b = memory_operand(decoder, in, &operands[i], op->rva);
    }
    op->a.size = (uint8_t)(in->operand_width / 8);
    if (in->mnemonic == ZYDIS_MNEMONIC_STOSB || in->mnemonic == ZYDIS_MNEMONIC_MOVSB)
        op->a.size = 1;
    if (op->kind == PS_OP_FILL) {
        op->b = (ps_operand){
            .kind = PS_ARG_REGISTER, .reg = PS_REG_AX, .size = op->a.size, .index = PS_REG_NONE};
    }
    op->c = (ps_operand){.kind = PS_ARG_CONST, .value = 1};
    if ((in->attributes & ZYDIS_ATTRIB_HAS_REP) != 0) {
        op->c = (ps_operand){.kind = PS_ARG_REGISTER,
                             .reg = PS_REG_CX,
                             .index = PS_REG_NONE,
                             .size = decoder->x64 ? 8 : 4};
    }
}

static bool is_flag_test(const ZydisDecodedInstruction *in)
{
    return in->mnemonic == ZYDIS_MNEMONIC_TEST || in->mnemonic == ZYDIS_MNEMONIC_CMP ||
           in->mnemonic == ZYDIS_MNEMONIC_NOP;
}

/* One, two or three visible operands that mean what the kind says; false if they do not. */
static bool take_operands(const ps_decoder *decoder, const ZydisDecodedInstruction *in,
                          const ZydisDecodedOperand *operands, ps_op *op)
{
    const unsigned count = in->operand_count_visible;

    if (in->mnemonic == ZYDIS_MNEMONIC_IMUL && count == 1)
        return false;
    if (count > 0)
        op->a = operand(decoder, in, &operands[0], op->rva);
    if (count > 1)
        op->b = operand(decoder, in, &operands[1], op->rva);
    if (in->mnemonic == ZYDIS_MNEMONIC_INC || in->mnemonic == ZYDIS_MNEMONIC_DEC)
        op->b = (ps_operand){.kind = PS_ARG_CONST, .size = op->a.size, .value = 1};
    if (count == 3) {
        op->three = true;
        op->c = (ps_operand){.kind = PS_ARG_CONST, .size = 8, .value = operands[2].imm.value.s};
    }
    switch ((ps_op_kind)op->kind) {
    case PS_OP_PUSH:
    case PS_OP_CALL:
    case PS_OP_JUMP:
    case PS_OP_BRANCH:
    case PS_OP_RETURN:
        op->b = op->a;
        op->a = (ps_operand){.kind = PS_ARG_NONE};
        return true;
    case PS_OP_SPREAD:
        return op->a.kind == PS_ARG_REGISTER && op->b.kind == PS_ARG_REGISTER &&
               op->a.reg == op->b.reg && op->a.size >= 4;
    case PS_OP_ADDRESS:
        if (op->b.kind == PS_ARG_MEMORY && op->b.reg == op->a.reg && op->b.value == 0 &&
            op->b.index == PS_REG_NONE)
            op->kind = PS_OP_PADDING;
        return true;
    case PS_OP_MOVE:
        return op->a.kind != PS_ARG_NONE && op->b.kind != PS_ARG_NONE;
    case PS_OP_FILL:
    case PS_OP_COPY:
        return false;
    default:
        return true;
    }
}

static bool decode_x86(const ps_decoder *decoder, const uint8_t *at, size_t left, uint32_t rva,
                       ps_op *op)
{
    ZydisDecoderContext context;
    ZydisDecodedInstruction in;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    meaning means;
    unsigned wanted;

    if (left > ZYDIS_MAX_INSTRUCTION_LENGTH)
        left = ZYDIS_MAX_INSTRUCTION_LENGTH;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder->zydis, &context, at, left, &in)))
        return false;
    *op = (ps_op){.rva = rva, .length = in.length, .kind = PS_OP_OTHER};
    if (is_flag_test(&in)) {
        op->kind = in.mnemonic == ZYDIS_MNEMONIC_NOP ? PS_OP_PADDING : PS_OP_NOTHING;
        return true;
    }
    means = meaning_of(&in);
    op->kind = means.kind;
    op->arithmetic = means.arithmetic;
    if (in.mnemonic == ZYDIS_MNEMONIC_INT && at[in.length - 1] == 0x29)
        op->kind = PS_OP_STOP;
    if (op->kind == PS_OP_STOP || op->kind == PS_OP_LEAVE)
        return true;
    wanted = op->kind == PS_OP_OTHER ? in.operand_count : in.operand_count_visible;
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeOperands(&decoder->zydis, &context, &in, operands, (ZyanU8)wanted)))
        return false;
    if (op->kind != PS_OP_OTHER && take_operands(decoder, &in, operands, op))
        return true;
    if (wanted < in.operand_count &&
        !ZYAN_SUCCESS(
            ZydisDecoderDecodeOperands(&decoder->zydis, &context, &in, operands, in.operand_count)))
        return false;
    op->kind = PS_OP_OTHER;
    op->a = op->b = (ps_operand){.kind = PS_ARG_NONE};
    take_clobbers(decoder, &in, operands, op);
    if ((means.kind == PS_OP_FILL || means.kind == PS_OP_COPY) &&
        in.meta.category == ZYDIS_CATEGORY_STRINGOP) {
        op->kind = means.kind;
        take_string(decoder, &in, operands, op);
    }
    return true;
}

unsigned ps_code_decode(const ps_decoder *decoder, const uint8_t *at, size_t left, uint32_t rva,
                        ps_op ops[PS_OPS_LIMIT])
{
    if (decoder->machine == PS_MACHINE_ARM64)
        return left < 4 ? 0 : ps_arm64_decode(ps_word_at(at), rva, ops);
    if (decoder->machine == PS_MACHINE_ARM)
        return ps_arm_decode(at, left, rva, ops);
    return decode_x86(decoder, at, left, rva, ops);
}
