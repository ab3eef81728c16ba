/* pe_structs_test.c - tags in structures and behind the framework's table, and what is made of such
 * that lead nowhere. */
#include "pe_support.h"

#define LIST_POOL "NdisAllocateNetBufferListPool"

enum { TEXT_AT = FREE_SPACE, TABLE_AT = WRITABLE + 0x80, LIST_AT = FREE_SPACE + 0x100 };

/* sub rsp, 58; ... lea rdx, [rsp+20]; call [slot]; add rsp, 58; ret */
static uint32_t finish_with_stack(image *made, uint32_t slot, uint32_t begin)
{
    uint32_t call;

    EMIT(made, 0x48, 0x8d, 0x54, 0x24, 0x20);
    call = emit_call(made, slot);
    EMIT(made, 0x48, 0x83, 0xc4, 0x58, 0xc3);
    end_function(made, begin);
    return call;
}

static void a_structure_cleared_and_filled_by_vectors_is_read(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, LIST_POOL);
    const uint32_t begin = begin_function(&made);
    const ps_site *site;
    ps_driver *driver;
    uint32_t call;
    (void)state;

    put(&made, FREE_SPACE + 8, tag_of("AcmV"), 4);
    EMIT(&made, 0x48, 0x83, 0xec, 0x58, 0x0f, 0x57, 0xc0); /* xorps xmm0, xmm0 */
    EMIT(&made, 0x0f, 0x11, 0x44, 0x24, 0x30);             /* movups [rsp+30], xmm0 */
    EMIT(&made, 0x0f, 0x10, 0x05);                         /* movups xmm0, [rva] */
    emit_address(&made, FREE_SPACE);
    EMIT(&made, 0x0f, 0x11, 0x44, 0x24, 0x20); /* movups [rsp+20], xmm0 */
    call = finish_with_stack(&made, slot, begin);
    driver = parse_image(&made);
    site = site_at(driver, call, "AcmV");
    assert_int_equal(site->confidence, PS_HIGH);
    assert_string_equal(site->detail, "NET_BUFFER_LIST_POOL_PARAMETERS.PoolTag");
    assert_int_equal(site->argument, 1);
    ps_driver_close(driver);
}

static void a_constant_stored_over_a_wider_one_is_read_from_it(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, LIST_POOL);
    const uint32_t begin = begin_function(&made);
    ps_driver *driver;
    uint32_t call;
    (void)state;

    /* mov rax, tag and 5; mov [rsp+28], rax; mov dword [rsp+2c], 7 */
    EMIT(&made, 0x48, 0x83, 0xec, 0x58, 0x48, 0xb8, BYTES("AcmW"), 5, 0, 0, 0);
    EMIT(&made, 0x48, 0x89, 0x44, 0x24, 0x28, 0xc7, 0x44, 0x24, 0x2c, 7, 0, 0, 0);
    call = finish_with_stack(&made, slot, begin);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, call, "AcmW")->confidence, PS_HIGH);
    ps_driver_close(driver);
}

static void a_string_instruction_clears_a_structure(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, LIST_POOL);
    const uint32_t begin = begin_function(&made);
    ps_driver *driver;
    uint32_t call;
    (void)state;

    /* lea rdi, [rsp+20]; xor eax, eax; mov ecx, 5; rep stosd; mov dword [rdi-c], tag */
    EMIT(&made, 0x48, 0x83, 0xec, 0x58, 0x48, 0x8d, 0x7c, 0x24, 0x20, 0x31, 0xc0);
    EMIT(&made, 0xb9, 5, 0, 0, 0, 0xf3, 0xab, 0xc7, 0x47, 0xf4, BYTES("AcmS"));
    call = finish_with_stack(&made, slot, begin);
    driver = parse_image(&made);
    assert_non_null(site_at(driver, call, "AcmS"));
    ps_driver_close(driver);
}

static void a_structure_that_is_nowhere_has_no_tag(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, LIST_POOL);
    const uint32_t begin = begin_function(&made);
    ps_driver *driver;
    uint32_t call;
    (void)state;

    /* mov rdx, 7fffffff0000; call */
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x48, 0xba, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_string_equal(site_at(driver, call, NULL)->reason, "memory");
    ps_driver_close(driver);
}

/* A filter whose registration points to a list of contexts. */
static image filter_image(uint32_t *call)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "FltRegisterFilter");
    const uint32_t begin = begin_function(&made);

    put(&made, FREE_SPACE + 8, image_base(&made) + LIST_AT, 8);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x48, 0x8d, 0x15);
    emit_address(&made, FREE_SPACE);
    *call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    return made;
}

static void put_context(image *made, unsigned i, uint16_t type, const char *tag, uint64_t size)
{
    const uint32_t at = LIST_AT + i * 56;

    put(made, at, type, 2);
    put(made, at + 16, size, 8);
    put(made, at + 24, tag_of(tag), 4);
}

static void each_context_of_a_filter_is_a_site(void **state)
{
    uint32_t call;
    image made = filter_image(&call);
    const ps_site *site;
    ps_driver *driver;
    (void)state;

    put_context(&made, 0, 2, "AcIn", 64);
    put_context(&made, 1, 8, "AcSt", UINT64_MAX);
    put_context(&made, 2, 0xffff, "AcNo", 0);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    site = site_at(driver, call, "AcIn");
    assert_string_equal(site->detail, "FLT_INSTANCE_CONTEXT");
    assert_true(site->has_size && site->size == 64);
    site = site_at(driver, call, "AcSt");
    assert_string_equal(site->detail, "FLT_STREAM_CONTEXT");
    assert_false(site->has_size);
    ps_driver_close(driver);
}

static void a_list_of_contexts_that_does_not_end_is_given_up(void **state)
{
    uint32_t call;
    image made = filter_image(&call);
    ps_driver *driver;
    (void)state;

    for (unsigned i = 0; i < 20; i++)
        put_context(&made, i, 1, "AcVo", i);
    driver = parse_image(&made);
    assert_in_range(ps_driver_site_count(driver), 1, 32);
    ps_driver_close(driver);
    put(&made, FREE_SPACE + 8, image_base(&made) + 0xffff0000, 8);
    driver = parse_image(&made);
    assert_false(site_at(driver, call, NULL)->has_tag);
    ps_driver_close(driver);
}

/* A framework driver: what it hands the loader is at WRITABLE, its table's address at TABLE_AT. */
static image framework_image(uint32_t functions)
{
    static const char name[] = "KmdfLibrary";
    image made = new_image(true);

    put_text(&made, NAMES, "WDFLDR.SYS");
    add_import(&made, "WdfVersionBind");
    for (unsigned i = 0; i < sizeof name; i++)
        put(&made, TEXT_AT + i * 2, (uint8_t)name[i], 2);
    put(&made, WRITABLE, 48, 4);
    put(&made, WRITABLE + 8, image_base(&made) + TEXT_AT, 8);
    put(&made, WRITABLE + 16, 1, 4);
    put(&made, WRITABLE + 20, 15, 4);
    put(&made, WRITABLE + 28, functions, 4);
    put(&made, WRITABLE + 32, image_base(&made) + TABLE_AT, 8);
    return made;
}

/* mov rax, [table]; mov rax, [rax+offset]; mov r9d, tag; call rax */
static uint32_t emit_framework_call(image *made, uint32_t offset, const char *tag)
{
    const uint32_t begin = begin_function(made);
    uint32_t call;

    EMIT(made, 0x48, 0x83, 0xec, 0x48, 0x48, 0x8b, 0x05);
    emit_address(made, TABLE_AT);
    EMIT(made, 0x48, 0x8b, 0x80);
    put(made, made->at, offset, 4);
    made->at += 4;
    EMIT(made, 0x41, 0xb9, BYTES(tag));
    call = made->at;
    EMIT(made, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x48, 0xc3);
    end_function(made, begin);
    return call;
}

static void a_function_of_the_framework_is_called_through_its_table(void **state)
{
    image made = framework_image(444);
    const uint32_t call = emit_framework_call(&made, 192 * 8, "AcKm");
    ps_driver *driver;
    const ps_driver_facts *facts;
    (void)state;

    (void)emit_framework_call(&made, 191 * 8, "AcNo");
    driver = parse_image(&made);
    facts = ps_driver_get_facts(driver);
    assert_true(facts->has_kmdf && facts->kmdf_major == 1 && facts->kmdf_minor == 15);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_string_equal(site_at(driver, call, "AcKm")->api, "WdfMemoryCreate");
    ps_driver_close(driver);
}

static void a_table_that_leads_out_of_the_image_is_none(void **state)
{
    image made = framework_image(444);
    ps_driver *driver;
    (void)state;

    (void)emit_framework_call(&made, 192 * 8, "AcKm");
    put(&made, WRITABLE + 32, UINT64_MAX, 8);
    driver = parse_image(&made);
    assert_false(ps_driver_get_facts(driver)->has_kmdf);
    assert_int_equal(ps_driver_site_count(driver), 0);
    ps_driver_close(driver);
    put(&made, WRITABLE + 32, image_base(&made) + TABLE_AT, 8);
    put(&made, WRITABLE + 28, UINT32_MAX, 4);
    driver = parse_image(&made);
    assert_false(ps_driver_get_facts(driver)->has_kmdf);
    ps_driver_close(driver);
}

static void known_characters_of_a_tag_are_told(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "ExAllocatePoolWithTag");
    const uint32_t begin = begin_function(&made);
    const ps_site *site;
    ps_driver *driver;
    uint32_t call;
    (void)state;

    /* sub rsp, 28; movzx r8d, byte [rcx]; shl r8d, 18; or r8d, "Acm\0" */
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x44, 0x0f, 0xb6, 0x01, 0x41, 0xc1, 0xe0, 0x18);
    EMIT(&made, 0x41, 0x81, 0xc8, 'A', 'c', 'm', 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    site = site_at(driver, call, NULL);
    assert_false(site->has_tag);
    assert_int_equal(site->known_mask, 0xffffff);
    assert_int_equal(site->known_bits, tag_of("Acm\0"));
    ps_driver_close(driver);
}

static void a_site_that_nothing_leads_to_is_marked(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "ExAllocatePoolWithTag");
    uint32_t calls[2];
    uint32_t begins[2];
    uint32_t entry;
    ps_driver *driver;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        begins[i] = begin_function(&made);
        EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x41, 0xb8, BYTES("Acme"));
        calls[i] = emit_call(&made, slot);
        EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
        end_function(&made, begins[i]);
    }
    entry = begin_function(&made);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28);
    (void)emit_direct_call(&made, begins[1]);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, entry);
    put(&made, OPTIONAL_AT + 16, entry, 4);
    driver = parse_image(&made);
    assert_true(site_at(driver, calls[0], "Acme")->unreachable);
    assert_false(site_at(driver, calls[1], "Acme")->unreachable);
    ps_driver_close(driver);
    put(&made, WRITABLE, image_base(&made) + begins[0], 8);
    driver = parse_image(&made);
    assert_false(site_at(driver, calls[0], "Acme")->unreachable);
    ps_driver_close(driver);
}

static void routines_that_are_looked_up_are_named(void **state)
{
    static const char name[] = "ExAllocatePool2";
    image made = new_image(true);
    ps_driver *driver;
    (void)state;

    for (unsigned i = 0; i < sizeof name; i++)
        put(&made, FREE_SPACE + i * 2, (uint8_t)name[i], 2);
    put_text(&made, FREE_SPACE + 0x80, "FltGetFileContext");
    add_import(&made, "DbgPrint");
    driver = parse_image(&made);
    assert_int_equal(ps_driver_looked_up_count(driver), 0);
    ps_driver_close(driver);
    add_import(&made, "MmGetSystemRoutineAddress");
    driver = parse_image(&made);
    assert_int_equal(ps_driver_looked_up_count(driver), 2);
    assert_string_equal(ps_driver_looked_up_at(driver, 0), name);
    assert_string_equal(ps_driver_looked_up_at(driver, 1), "FltGetFileContext");
    assert_null(ps_driver_looked_up_at(driver, 2));
    ps_driver_close(driver);
}

static bool has_problem(const ps_driver *driver, const char *text)
{
    for (size_t i = 0; i < ps_driver_problem_count(driver); i++)
        if (strstr(ps_driver_problem_at(driver, i)->reason, text) != NULL)
            return true;
    return false;
}

static void packed_code_is_told(void **state)
{
    image made = new_image(true);
    ps_driver *driver = parse_image(&made);
    uint32_t random = 1;
    (void)state;

    assert_false(ps_driver_get_facts(driver)->packed);
    ps_driver_close(driver);
    put_section(&made, 0, ".vmp0", CODE, 0x60000020);
    driver = parse_image(&made);
    assert_true(ps_driver_get_facts(driver)->packed && has_problem(driver, "VMProtect"));
    ps_driver_close(driver);
    put_section(&made, 0, ".text", CODE, 0xe0000020);
    driver = parse_image(&made);
    assert_true(has_problem(driver, "written to"));
    ps_driver_close(driver);
    put_section(&made, 0, ".text", CODE, 0x60000020);
    for (unsigned i = 0; i < 0x1000; i++) {
        random = random * 1103515245 + 12345;
        put(&made, CODE + i, random >> 16 & 0xff, 1);
    }
    driver = parse_image(&made);
    assert_true(has_problem(driver, "as random as packed data"));
    ps_driver_close(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_structure_cleared_and_filled_by_vectors_is_read),
        cmocka_unit_test(a_constant_stored_over_a_wider_one_is_read_from_it),
        cmocka_unit_test(a_string_instruction_clears_a_structure),
        cmocka_unit_test(a_structure_that_is_nowhere_has_no_tag),
        cmocka_unit_test(each_context_of_a_filter_is_a_site),
        cmocka_unit_test(a_list_of_contexts_that_does_not_end_is_given_up),
        cmocka_unit_test(a_function_of_the_framework_is_called_through_its_table),
        cmocka_unit_test(a_table_that_leads_out_of_the_image_is_none),
        cmocka_unit_test(known_characters_of_a_tag_are_told),
        cmocka_unit_test(a_site_that_nothing_leads_to_is_marked),
        cmocka_unit_test(routines_that_are_looked_up_are_named),
        cmocka_unit_test(packed_code_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
