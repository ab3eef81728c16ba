/* fuzz_code.c - functions of a driver that imports the pool's API: each byte chooses an instruction, so that
 * calls, tags in registers, wrappers and loops come about at once; some are any bytes. */
#include "pe_support.h"

#include <stdlib.h>

enum { API_COUNT = 8, FUNCTIONS = 32, LAST = CODE + 0xf00 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const apis[API_COUNT] = {"ExAllocatePoolWithTag",
                                            "ExAllocatePool2",
                                            "ExFreePoolWithTag",
                                            "ExAllocatePool3",
                                            "ExAllocatePool",
                                            "ExInitializeNPagedLookasideList",
                                            "ExAllocatePoolWithQuotaTag",
                                            "NdisAllocateMemoryWithTag"};

typedef struct code {
    image made;
    const uint8_t *data;
    size_t left;
    uint32_t slots[API_COUNT];
    uint32_t begins[FUNCTIONS];
    uint32_t count;
    bool arm;
} code;

static uint8_t byte(code *c)
{
    if (c->left == 0)
        return 0;
    c->left--;
    return *c->data++;
}

static void emit_word(code *c, uint32_t word)
{
    put(&c->made, c->made.at, word, 4);
    c->made.at += 4;
}

static uint32_t any_function(code *c)
{
    return c->count == 0 ? CODE : c->begins[byte(c) % c->count];
}

static uint32_t distance(const code *c, uint32_t to) { return (to - c->made.at) / 4; }

static void emit_arm64(code *c, uint8_t what)
{
    const uint32_t r = what >> 4;

    switch (what % 12) {
    case 0: /* adrp x16, then ldr x16, [x16, #slot], then blr x16 */
        emit_word(c, 0x90000010U | (READ_ONLY - CODE) / 4096 << 29);
        emit_word(c, 0xf9400210U | (c->slots[byte(c) % API_COUNT] & 0xfff) / 8 << 10);
        emit_word(c, 0xd63f0200);
        break;
    case 1: /* movz w, #tag; movk w, #tag, lsl 16 */
        emit_word(c, 0x52800000U | 0x656cU << 5 | r % 8);
        emit_word(c, 0x72a00000U | (uint32_t)byte(c) << 5 | r % 8);
        break;
    case 2:
        emit_word(c, 0x94000000U | (distance(c, any_function(c)) & 0x3ffffff));
        break;
    case 3:
        emit_word(c, 0x14000000U | (distance(c, any_function(c)) & 0x3ffffff));
        break;
    case 4: /* mov x, x */
        emit_word(c, 0xaa0003e0U | (uint32_t)(byte(c) % 31) << 16 | r);
        break;
    case 5:
        emit_word(c, 0xa9be7bfd);
        break;
    case 6:
        emit_word(c, 0xd65f03c0);
        break;
    case 7: /* cbz, back or forth */
        emit_word(c, 0x34000000U | (uint32_t)(byte(c) & 63) << 5 | r % 8);
        break;
    case 8:
        emit_word(c, 0xb9000000U | (uint32_t)(byte(c) & 31) << 10 | 31U << 5 | r % 8);
        break;
    case 9:
        emit_word(c, 0xb9400000U | (uint32_t)(byte(c) & 31) << 10 | 31U << 5 | r % 8);
        break;
    default:
        emit_word(c, (uint32_t)byte(c) | (uint32_t)byte(c) << 8 | (uint32_t)byte(c) << 16 |
                         (uint32_t)byte(c) << 24);
    }
}

static void emit_tag(code *c, uint8_t which)
{
    static const uint8_t moves[] = {0xb8, 0xb9, 0xba, 0xbb};

    if (c->made.x64 && which % 2 == 0)
        EMIT(&c->made, 0x41);
    EMIT(&c->made, moves[which % 4], 'A', 'b', byte(c), 'd');
}

static void emit_x86(code *c, uint8_t what)
{
    static const uint8_t jumps[] = {0x74, 0x75, 0xeb, 0x72};
    image *to = &c->made;
    const uint8_t r = what >> 4;

    switch (what % 16) {
    case 0:
    case 1:
        (void)emit_call(to, c->slots[byte(c) % API_COUNT]);
        break;
    case 2:
    case 3:
        emit_tag(c, r);
        break;
    case 4:
        (void)emit_direct_call(to, any_function(c));
        break;
    case 5: /* jmp [slot] */
        EMIT(to, 0xff, 0x25);
        emit_address(to, c->slots[byte(c) % API_COUNT]);
        break;
    case 6: /* jcc near here */
        EMIT(to, jumps[r % 4], byte(c));
        break;
    case 7:
        EMIT(to, (uint8_t)(0x50 | (r & 15))); /* push, pop */
        break;
    case 8:
        EMIT(to, 0x68, 'L', 'k', byte(c), 'L');
        break;
    case 9:
        if (to->x64)
            EMIT(to, 0x48);
        EMIT(to, 0x89, byte(c)); /* mov r/m, r */
        break;
    case 10:
        if (to->x64)
            EMIT(to, 0x44);
        EMIT(to, 0x8b, 0x44, 0x24, byte(c)); /* mov r, [sp + n] */
        break;
    case 11: /* mov [sp + n], tag */
        EMIT(to, 0xc7, 0x44, 0x24, byte(c), 'T', 'a', 'g', byte(c));
        break;
    case 12:
        EMIT(to, 0xc3);
        break;
    case 13: /* lea of memory that can be written */
        if (to->x64)
            EMIT(to, 0x48);
        EMIT(to, 0x8d, (uint8_t)(0x05 | (r & 7) << 3));
        emit_address(to, WRITABLE + byte(c));
        break;
    case 14: /* mov r, [memory] */
        if (to->x64)
            EMIT(to, 0x44);
        EMIT(to, 0x8b, (uint8_t)(0x05 | (r & 7) << 3));
        emit_address(to, WRITABLE + byte(c));
        break;
    default:
        EMIT(to, byte(c), byte(c), byte(c));
    }
}

static void emit_functions(code *c)
{
    while (c->left > 0 && c->count < FUNCTIONS && c->made.at < LAST) {
        const uint32_t begin = c->arm ? c->made.at : begin_function(&c->made);

        c->begins[c->count++] = begin;
        for (int n = 1 + byte(c) % 64; n > 0 && c->left > 0 && c->made.at < LAST; n--)
            if (c->arm)
                emit_arm64(c, byte(c));
            else
                emit_x86(c, byte(c));
        if (c->made.functions < 20 && !c->arm && byte(c) % 4 != 0)
            end_function(&c->made, begin);
    }
}

static void check(const ps_driver *driver)
{
    for (size_t i = 0; i < ps_driver_site_count(driver); i++) {
        const ps_site *site = ps_driver_site_at(driver, i);
        if (site->api == NULL || site->via_count > PS_VIA_LIMIT ||
            site->has_tag != (site->reason == NULL))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static code c;
    ps_driver *driver;

    if (size < 2)
        return 0;
    c = (code){.made = new_image(data[0] % 3 != 1), .data = data + 1, .left = size - 1};
    c.arm = data[0] % 3 == 2;
    if (c.arm)
        put(&c.made, PE_AT + 4, 0xaa64, 2);
    for (unsigned i = 0; i < API_COUNT; i++)
        c.slots[i] = add_import(&c.made, apis[i]);
    emit_functions(&c);
    put(&c.made, OPTIONAL_AT + 16, c.count > 0 ? c.begins[c.count - 1] : CODE, 4);
    if (!ps_driver_parse(&driver, c.made.bytes, sizeof c.made.bytes, NULL))
        abort();
    check(driver);
    ps_driver_close(driver);
    return 0;
}
