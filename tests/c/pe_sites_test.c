/* pe_sites_test.c - calls of pool APIs in x64 code: what is found, and what is not claimed. */
#include "pe_support.h"

#define POOL "ExAllocatePoolWithTag"

/* mov r8d, tag */
#define TAG_IN_R8(t) 0x41, 0xb8, BYTES(t)

static void a_constant_tag_is_found_with_pool_and_size(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    const ps_site *site;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, TAG_IN_R8("Acme"), 0xba, 0x40, 0, 0, 0, 0xb9, 1, 0, 0, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    site = site_at(driver, call, "Acme");
    assert_string_equal(site->api, POOL);
    assert_int_equal(site->role, PS_SITE_ALLOCATES);
    assert_int_equal(site->function_rva, begin);
    assert_int_equal(site->argument, 2);
    assert_true(site->has_pool && !site->pool_is_flags && site->pool_flags == 1);
    assert_true(site->has_size && site->size == 0x40);
    assert_int_equal(site->confidence, PS_HIGH);
    assert_int_equal(site->via_count, 0);
    assert_null(site->reason);
    ps_driver_close(driver);
}

static void either_of_two_tags_is_found_with_less_confidence(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    /* mov r8d, "AcmA"; test ecx, ecx; je +6; mov r8d, "AcmB" */
    EMIT(&made, TAG_IN_R8("AcmA"), 0x85, 0xc9, 0x74, 6, TAG_IN_R8("AcmB"));
    call = emit_call(&made, slot);
    EMIT(&made, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_int_equal(site_at(driver, call, "AcmA")->confidence, PS_MEDIUM);
    assert_int_equal(site_at(driver, call, "AcmB")->confidence, PS_MEDIUM);
    ps_driver_close(driver);
}

static void an_import_kept_in_a_register_is_called_with_its_tags(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t first;
    uint32_t second;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x53, 0x48, 0x83, 0xec, 0x20, 0x48, 0x8b, 0x1d); /* mov rbx, [slot] */
    emit_address(&made, slot);
    EMIT(&made, TAG_IN_R8("AcmA"));
    first = made.at;
    EMIT(&made, 0xff, 0xd3, TAG_IN_R8("AcmB")); /* call rbx */
    second = made.at;
    EMIT(&made, 0xff, 0xd3, 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_int_equal(site_at(driver, first, "AcmA")->confidence, PS_HIGH);
    assert_int_equal(site_at(driver, second, "AcmB")->confidence, PS_HIGH);
    ps_driver_close(driver);
}

static void a_jump_to_the_import_is_a_call(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t jump;
    ps_driver *driver;
    (void)state;

    EMIT(&made, TAG_IN_R8("Acme"));
    jump = made.at;
    EMIT(&made, 0x48, 0xff, 0x25);
    emit_address(&made, slot);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_non_null(site_at(driver, jump, "Acme"));
    ps_driver_close(driver);
}

static void a_call_through_a_thunk_is_a_call_of_the_import(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t thunk = begin_function(&made);
    uint32_t begin;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0xff, 0x25);
    emit_address(&made, slot);
    begin = begin_function(&made);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, TAG_IN_R8("Acme"));
    call = emit_direct_call(&made, thunk);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_int_equal(site_at(driver, call, "Acme")->via_count, 0);
    ps_driver_close(driver);
}

/* A wrapper (size in rcx, tag in edx), and a caller of it that gives a tag. */
static image wrapper_image(uint32_t *wrapper, uint32_t *call)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    uint32_t begin;

    *wrapper = begin_function(&made);
    /* sub rsp, 28; mov r8d, edx; mov rdx, rcx; mov ecx, 200 */
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x44, 0x8b, 0xc2, 0x48, 0x8b, 0xd1, 0xb9, 0, 2, 0, 0);
    (void)emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, *wrapper);
    begin = begin_function(&made);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0xba, BYTES("Acme"), 0xb9, 0x18, 0, 0, 0);
    *call = emit_direct_call(&made, *wrapper);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    return made;
}

static void the_caller_of_a_wrapper_is_the_site(void **state)
{
    uint32_t wrapper;
    uint32_t call;
    image made = wrapper_image(&wrapper, &call);
    ps_driver *driver = parse_image(&made);
    const ps_site *site = site_at(driver, call, "Acme");
    (void)state;

    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_string_equal(ps_driver_site_at(driver, 0)->reason, "parameter");
    assert_int_equal(site->via_count, 1);
    assert_int_equal(site->via[0], wrapper);
    assert_int_equal(site->argument, 1);
    assert_int_equal(site->confidence, PS_HIGH);
    assert_true(site->has_size && site->size == 0x18);
    assert_true(site->has_pool && site->pool_flags == 0x200);
    ps_driver_close(driver);
}

static void a_wrapper_of_a_wrapper_is_followed_too(void **state)
{
    uint32_t inner;
    uint32_t call;
    image made = wrapper_image(&inner, &call);
    uint32_t outer = begin_function(&made);
    uint32_t begin;
    const ps_site *site;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x89, 0xca, 0x31, 0xc9, 0xe9); /* mov edx, ecx; xor ecx, ecx; jmp */
    emit_distance(&made, inner);
    end_function(&made, outer);
    begin = begin_function(&made);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0xb9, BYTES("Outr"));
    call = emit_direct_call(&made, outer);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    site = site_at(driver, call, "Outr");
    assert_int_equal(site->via_count, 2);
    assert_int_equal(site->via[0], inner);
    assert_int_equal(site->via[1], outer);
    assert_int_equal(site->confidence, PS_MEDIUM);
    ps_driver_close(driver);
}

static void a_wrapper_that_may_replace_the_tag_gives_less_confidence(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t wrapper = begin_function(&made);
    uint32_t begin;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x8b, 0x05); /* mov eax, [global] */
    emit_address(&made, WRITABLE);
    /* test eax, eax; cmovne edx, eax; mov r8d, edx */
    EMIT(&made, 0x85, 0xc0, 0x0f, 0x45, 0xd0, 0x44, 0x8b, 0xc2);
    (void)emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, wrapper);
    begin = begin_function(&made);
    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0xba, BYTES("Acme"));
    call = emit_direct_call(&made, wrapper);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, call, "Acme")->confidence, PS_MEDIUM);
    ps_driver_close(driver);
}

static void a_checked_call_has_its_target_in_rax(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x48, 0x8b, 0x05); /* mov rax, [slot] */
    emit_address(&made, slot);
    EMIT(&made, TAG_IN_R8("Acme"));
    call = emit_call(&made, FREE_SPACE);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    put(&made, FREE_SPACE, image_base(&made) + begin, 8);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_non_null(site_at(driver, call, "Acme"));
    ps_driver_close(driver);
}

/* mov r8d, [rva], and the call. */
static image image_with_tag_in_memory(uint32_t rva, uint32_t *call)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);

    EMIT(&made, 0x44, 0x8b, 0x05);
    emit_address(&made, rva);
    *call = emit_call(&made, slot);
    EMIT(&made, 0xc3);
    end_function(&made, begin);
    put(&made, rva, tag_of("Acme"), 4);
    return made;
}

static ps_driver *parse_with_tag_in_memory(uint32_t rva, uint32_t *call)
{
    const image made = image_with_tag_in_memory(rva, call);

    return parse_image(&made);
}

/* The same with code that writes to the variable: the bytes before and behind its address. */
static ps_driver *parse_with_writer(const uint8_t *before, size_t size, const char *behind,
                                    uint32_t *call)
{
    image made = image_with_tag_in_memory(WRITABLE, call);
    const uint32_t begin = begin_function(&made);

    emit(&made, before, size);
    emit_address(&made, behind != NULL ? WRITABLE - 4 : WRITABLE);
    if (behind != NULL)
        EMIT(&made, BYTES(behind));
    EMIT(&made, 0xc3);
    end_function(&made, begin);
    return parse_image(&made);
}

static void a_variable_is_as_good_as_what_is_written_to_it(void **state)
{
    static const uint8_t from_register[] = {0x89, 0x0d}; /* mov [v], ecx */
    static const uint8_t constant[] = {0xc7, 0x05};      /* mov dword [v], tag */
    static const uint8_t address[] = {0x48, 0x8d, 0x0d}; /* lea rcx, [v] */
    static const uint8_t compared[] = {0x3b, 0x0d};      /* cmp ecx, [v] */
    uint32_t call;
    ps_driver *driver = parse_with_writer(constant, sizeof constant, "AcmB", &call);
    (void)state;

    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_int_equal(site_at(driver, call, "Acme")->confidence, PS_MEDIUM);
    assert_int_equal(site_at(driver, call, "AcmB")->confidence, PS_MEDIUM);
    ps_driver_close(driver);
    driver = parse_with_writer(compared, sizeof compared, NULL, &call);
    assert_int_equal(site_at(driver, call, "Acme")->confidence, PS_MEDIUM);
    ps_driver_close(driver);
    driver = parse_with_writer(from_register, sizeof from_register, NULL, &call);
    assert_string_equal(site_at(driver, call, NULL)->reason, "global variable");
    ps_driver_close(driver);
    driver = parse_with_writer(address, sizeof address, NULL, &call);
    assert_string_equal(site_at(driver, call, NULL)->reason, "global variable");
    ps_driver_close(driver);
}

static void a_tag_in_read_only_memory_is_surer_than_one_in_a_variable(void **state)
{
    uint32_t call;
    ps_driver *driver = parse_with_tag_in_memory(FREE_SPACE, &call);
    (void)state;

    assert_int_equal(site_at(driver, call, "Acme")->confidence, PS_HIGH);
    ps_driver_close(driver);
    driver = parse_with_tag_in_memory(WRITABLE, &call);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_int_equal(site_at(driver, call, "Acme")->confidence, PS_MEDIUM);
    ps_driver_close(driver);
}

static void a_tag_on_the_stack_is_found(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "ExInitializeLookasideListEx");
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    const ps_site *site;
    ps_driver *driver;
    (void)state;

    /* sub rsp, 48; mov dword [rsp+30], tag; mov qword [rsp+28], 120; mov r9d, 200 */
    EMIT(&made, 0x48, 0x83, 0xec, 0x48, 0xc7, 0x44, 0x24, 0x30, BYTES("Look"), 0x48, 0xc7, 0x44,
         0x24, 0x28, 0x20, 1, 0, 0, 0x41, 0xb9, 0, 2, 0, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x48, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    site = site_at(driver, call, "Look");
    assert_int_equal(site->argument, 6);
    assert_true(site->has_size && site->size == 0x120);
    assert_true(site->has_pool && site->pool_flags == 0x200);
    ps_driver_close(driver);
}

static void registers_that_a_call_may_change_are_not_believed(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t other = add_import(&made, "KeQueryTimeIncrement");
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, TAG_IN_R8("Gone"));
    (void)emit_call(&made, other);
    call = emit_call(&made, slot);
    EMIT(&made, 0x44, 0x8b, 0xc0); /* mov r8d, eax */
    (void)emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 2);
    assert_false(site_at(driver, call, NULL)->has_tag);
    assert_string_equal(ps_driver_site_at(driver, 1)->reason, "returned by a call");
    ps_driver_close(driver);
}

static void a_tag_that_a_loop_computes_is_not_constant(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t loop;
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x53, 0x48, 0x83, 0xec, 0x20, 0xbb, BYTES("Tag0")); /* mov ebx, "Tag0" */
    loop = made.at;
    EMIT(&made, 0x41, 0x89, 0xd8); /* mov r8d, ebx */
    call = emit_call(&made, slot);
    EMIT(&made, 0x81, 0xc3, 0, 0, 0, 1, 0x48, 0x85, 0xc0); /* add ebx, 1000000; test rax, rax */
    EMIT(&made, 0x75, (uint8_t)(loop - (made.at + 2)), 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_false(site_at(driver, call, NULL)->has_tag);
    assert_non_null(site_at(driver, call, NULL)->reason);
    ps_driver_close(driver);
}

static void chained_unwind_data_makes_one_function(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t jump;
    uint32_t call;
    uint32_t far;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x53, 0x48, 0x83, 0xec, 0x20, 0xbb, BYTES("Acme"), 0x85, 0xc9, 0x0f, 0x84);
    jump = made.at;
    EMIT(&made, 0, 0, 0, 0, 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3);
    end_function(&made, begin);
    far = begin_function(&made);
    put(&made, jump, far - (jump + 4), 4);
    EMIT(&made, 0x41, 0x89, 0xd8); /* mov r8d, ebx */
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3);
    end_function(&made, far);
    put(&made, PDATA + 12 + 8, FREE_SPACE, 4);
    put(&made, FREE_SPACE, 0x21, 4); /* version 1, chained */
    put(&made, FREE_SPACE + 4, begin, 4);
    put(&made, FREE_SPACE + 8, far, 4);
    put(&made, FREE_SPACE + 12, UNWIND, 4);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_int_equal(site_at(driver, call, "Acme")->function_rva, begin);
    ps_driver_close(driver);
}

static void only_the_allocating_function_of_an_extended_api_counts(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "StorPortExtendedFunction");
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x38, 0x31, 0xc9, 0x41, 0xb9, BYTES("Stor"));
    call = emit_call(&made, slot);
    EMIT(&made, 0xb9, 1, 0, 0, 0, 0x41, 0xb9, BYTES("None"));
    (void)emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x38, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_int_equal(site_at(driver, call, "Stor")->argument, 3);
    ps_driver_close(driver);
}

static void frees_and_untagged_allocations_are_told_apart(void **state)
{
    image made = new_image(true);
    const uint32_t pool = add_import(&made, "ExAllocatePool");
    const uint32_t release = add_import(&made, "ExFreePoolWithTag");
    const uint32_t begin = begin_function(&made);
    uint32_t untagged;
    uint32_t tagged;
    uint32_t zero;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0x31, 0xc9);
    untagged = emit_call(&made, pool);
    EMIT(&made, 0xba, BYTES("Acme"));
    tagged = emit_call(&made, release);
    EMIT(&made, 0x31, 0xd2);
    zero = emit_call(&made, release);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(site_at(driver, untagged, NULL)->role, PS_SITE_UNTAGGED);
    assert_false(site_at(driver, untagged, NULL)->has_tag);
    assert_int_equal(site_at(driver, tagged, "Acme")->role, PS_SITE_FREES);
    assert_false(site_at(driver, zero, NULL)->has_tag);
    assert_string_equal(site_at(driver, zero, NULL)->reason, "zero");
    ps_driver_close(driver);
}

static void flags_of_64_bits_name_the_pool(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, "ExAllocatePool2");
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, TAG_IN_R8("Acme"), 0xb9, 0x40, 0, 0, 0);
    call = emit_call(&made, slot);
    EMIT(&made, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_true(site_at(driver, call, "Acme")->pool_is_flags);
    assert_int_equal(site_at(driver, call, "Acme")->pool_flags, 0x40);
    ps_driver_close(driver);
}

static void code_that_no_path_reaches_is_read_all_the_same(void **state)
{
    image made = new_image(true);
    const uint32_t slot = add_import(&made, POOL);
    const uint32_t begin = begin_function(&made);
    uint32_t call;
    ps_driver *driver;
    (void)state;

    EMIT(&made, 0x48, 0x83, 0xec, 0x28, 0xeb, 12, TAG_IN_R8("Hndl")); /* jmp over the handler */
    call = emit_call(&made, slot);
    EMIT(&made, 0x48, 0x83, 0xc4, 0x28, 0xc3);
    end_function(&made, begin);
    driver = parse_image(&made);
    assert_int_equal(ps_driver_site_count(driver), 1);
    assert_non_null(site_at(driver, call, "Hndl"));
    ps_driver_close(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_tag_is_found_with_pool_and_size),
        cmocka_unit_test(either_of_two_tags_is_found_with_less_confidence),
        cmocka_unit_test(an_import_kept_in_a_register_is_called_with_its_tags),
        cmocka_unit_test(a_jump_to_the_import_is_a_call),
        cmocka_unit_test(a_call_through_a_thunk_is_a_call_of_the_import),
        cmocka_unit_test(the_caller_of_a_wrapper_is_the_site),
        cmocka_unit_test(a_wrapper_of_a_wrapper_is_followed_too),
        cmocka_unit_test(a_wrapper_that_may_replace_the_tag_gives_less_confidence),
        cmocka_unit_test(a_checked_call_has_its_target_in_rax),
        cmocka_unit_test(a_tag_in_read_only_memory_is_surer_than_one_in_a_variable),
        cmocka_unit_test(a_variable_is_as_good_as_what_is_written_to_it),
        cmocka_unit_test(a_tag_on_the_stack_is_found),
        cmocka_unit_test(registers_that_a_call_may_change_are_not_believed),
        cmocka_unit_test(a_tag_that_a_loop_computes_is_not_constant),
        cmocka_unit_test(chained_unwind_data_makes_one_function),
        cmocka_unit_test(only_the_allocating_function_of_an_extended_api_counts),
        cmocka_unit_test(frees_and_untagged_allocations_are_told_apart),
        cmocka_unit_test(flags_of_64_bits_name_the_pool),
        cmocka_unit_test(code_that_no_path_reaches_is_read_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
