/* value.h - what the walk of a function knows about one register or stack slot. */
#ifndef PS_PE_VALUE_H
#define PS_PE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PS_SET_LIMIT = 8 };

typedef enum ps_value_kind {
    PS_V_UNKNOWN,
    PS_V_CONST,     /* bits */
    PS_V_SET,       /* one of up to PS_SET_LIMIT 32-bit values; base 1: or else a global's */
    PS_V_PARAMETER, /* what location bits held when the function was entered; see ps_doubt */
    PS_V_STACK,     /* address: bits bytes from stack base `base` */
    PS_V_IMPORT,    /* address of import number bits */
    PS_V_GLOBAL,    /* what the writable image memory at RVA bits holds */
    PS_V_TABLE, /* an entry of the table at RVA bits: plus constant `base` if count is 1, else one of
                       the first `base` unless that is 0; entries are `reason` bytes apart, 0 meaning
                       as far as what was read is long */
    PS_V_FIELD,  /* what lies at offset `base` of what the parameter at location bits points to */
    PS_V_OFFSET, /* address of import number bits, plus `base` */
    PS_V_BITS,   /* of its low 32 bits those in set[1] are as in set[0] */
} ps_value_kind;

/* Why a value is unknown. */
typedef enum ps_reason {
    PS_BY_COMPUTATION,
    PS_BY_MEMORY, /* read from memory that is not the stack's */
    PS_BY_CALL,   /* what a call returned */
    PS_BY_PATH,   /* differs from path to path */
    PS_BY_STACK,  /* a stack slot about which nothing is known */
    PS_BY_NO_PATH /* code that the walk has not reached from the function's entry */
} ps_reason;

/* Field `count` of a parameter: it may have been replaced on some path. */
typedef enum ps_doubt {
    PS_CERTAIN,
    PS_OR_ANY,   /* by something */
    PS_OR_CONST, /* by the constant `base` */
} ps_doubt;

/* What the high half of a table's bits says on ARM, where entries are narrow and count instructions:
 * bytes of an entry, 0 for as many as were read; is it signed; by how much it was shifted. */
enum { PS_ENTRY_SIZE = 32, PS_ENTRY_SIGNED = 40, PS_ENTRY_SHIFT = 48 };

typedef struct ps_value {
    uint8_t kind;   /* ps_value_kind */
    uint8_t reason; /* ps_reason of an unknown */
    uint8_t count;  /* of a set or table, doubt of a parameter */
    uint32_t base;  /* of a stack address, set, table or parameter */
    union {
        uint64_t bits;
        uint32_t set[PS_SET_LIMIT];
    } u;
} ps_value;

/* Where a parameter stands on entry: a register number, or the offset from the stack pointer that
 * points at the return address. */
enum { PS_IN_REGISTERS = 0x10000 };
static inline uint32_t ps_register_location(unsigned reg) { return PS_IN_REGISTERS | reg; }

static inline ps_value ps_unknown(ps_reason reason)
{
    return (ps_value){.kind = PS_V_UNKNOWN, .reason = (uint8_t)reason};
}

static inline ps_value ps_const(uint64_t bits)
{
    return (ps_value){.kind = PS_V_CONST, .u.bits = bits};
}

static inline ps_value ps_value_of(ps_value_kind kind, uint64_t bits)
{
    return (ps_value){.kind = (uint8_t)kind, .u.bits = bits};
}

static inline ps_value ps_stack_address(uint32_t base, int64_t offset)
{
    return (ps_value){.kind = PS_V_STACK, .base = base, .u.bits = (uint64_t)offset};
}

/* Are two values of the same kind, neither of them unknown, equal? */
bool ps_value_same_kind(const ps_value *a, const ps_value *b);

static inline bool ps_value_same(const ps_value *a, const ps_value *b)
{
    return a->kind == b->kind && (a->kind == PS_V_UNKNOWN || ps_value_same_kind(a, b));
}

/* What is known when either may be the case.  few: give up on sets of more than two. */
ps_value ps_value_join(const ps_value *a, const ps_value *b, bool few);

/* The low size bytes of a value that is no constant, zero-extended. */
ps_value ps_value_low_other(const ps_value *v, unsigned size);

/* The low size bytes of a value, zero-extended. */
static inline ps_value ps_value_low(const ps_value *v, unsigned size)
{
    if (size >= 8 || v->kind == PS_V_UNKNOWN)
        return *v;
    if (v->kind == PS_V_CONST)
        return ps_const(v->u.bits & ((UINT64_C(1) << size * 8) - 1));
    return ps_value_low_other(v, size);
}

/* What is known of a number of size bytes of which nothing is: that the rest is zero. */
ps_value ps_value_narrow(unsigned size);

/* Are there characters among the known bits? */
bool ps_value_tells(const ps_value *v);

/* The low size bytes of a value, sign-extended. */
ps_value ps_value_low_signed(const ps_value *v, unsigned size);

/* A binary operation on values of size bytes: constants, sets, and moving stack addresses. */
typedef enum ps_arithmetic {
    PS_A_ADD,
    PS_A_SUB,
    PS_A_AND,
    PS_A_OR,
    PS_A_XOR,
    PS_A_SHL,
    PS_A_SHR,
    PS_A_SAR,
    PS_A_MUL,
    PS_A_ROL,
    PS_A_ROR,
} ps_arithmetic;
ps_value ps_value_compute(ps_arithmetic op, const ps_value *a, const ps_value *b, unsigned size);

#endif
