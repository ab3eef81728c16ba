/* shared_data.c - what the kernel says of its machine: shared data, exports and debugger data. */
#include "dump/shared_data.h"

#include "base/encode.h"

#include <string.h>

#define SHARED_64 UINT64_C(0xFFFFF78000000000)
#define SHARED_32 UINT64_C(0xFFFFFFFFFFDF0000)

/* Offsets in KUSER_SHARED_DATA (public headers). */
enum {
    INTERRUPT_TIME = 0x08,
    SYSTEM_TIME = 0x14,
    BUILD = 0x260, /* from version 10 on */
    PRODUCT = 0x264,
    MAJOR = 0x26C,
    MINOR = 0x270,
    PROCESSORS = 0x3C0, /* from build 7600 on */
    PROCESSOR_LIMIT = 2048,
};

static uint64_t base_of(const ps_space *space)
{
    return ps_space_pointer(space) == 8 ? SHARED_64 : SHARED_32;
}

static uint64_t field(ps_space *space, uint64_t offset, size_t size)
{
    uint64_t value = 0;

    (void)ps_space_uint(space, base_of(space) + offset, size, &value);
    return value;
}

bool ps_shared_data_is_mapped(ps_space *space)
{
    uint64_t physical;
    uint64_t major = 0;
    ps_read_status status = ps_space_translate(space, base_of(space), &physical, NULL);

    if (status != PS_READ_OK)
        return false;
    status = ps_space_uint(space, base_of(space) + MAJOR, 4, &major);
    if (status != PS_READ_OK)
        return status == PS_READ_NOT_IN_DUMP && space->file->facts.has_header;
    return major >= 3 && major <= 12 && field(space, MINOR, 4) < 100;
}

static uint64_t exported(ps_kernel *kernel, const char *name, size_t size)
{
    uint64_t value;

    (void)ps_kernel_value(kernel, name, size, &value);
    return value;
}

static uint32_t find_build(ps_kernel *kernel)
{
    char lab[8] = {0};
    uint64_t build = exported(kernel, "NtBuildNumber", 4) & 0xFFFF;
    const uint64_t at = ps_kdbg_field(&kernel->kdbg, PS_KDBG_BUILD_LAB);

    if (build == 0 && field(&kernel->space, MAJOR, 4) >= 10)
        build = field(&kernel->space, BUILD, 4) & 0xFFFF;
    if (build == 0 && at != 0 &&
        ps_space_take(&kernel->space, at, lab, sizeof lab - 1) == PS_READ_OK)
        for (size_t i = 0; lab[i] >= '0' && lab[i] <= '9'; i++)
            build = build * 10 + (uint64_t)(lab[i] - '0');
    return (uint32_t)build;
}

/* The debugger's array of processors ends with the first that is none. */
static uint32_t count_processors(ps_kernel *kernel)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    const uint64_t array = ps_kdbg_field(&kernel->kdbg, PS_KDBG_PROCESSORS);
    uint64_t count = 0;
    uint64_t block = 1;

    while (array != 0 && count < PROCESSOR_LIMIT &&
           ps_space_uint(&kernel->space, array + count * pointer, pointer, &block) == PS_READ_OK &&
           block != 0)
        count++;
    if (count == 0 && kernel->file->facts.build >= 7600)
        count = field(&kernel->space, PROCESSORS, 4);
    if (count == 0)
        count = exported(kernel, "KeNumberProcessors", 1);
    return count <= PROCESSOR_LIMIT ? (uint32_t)count : 0;
}

/* A time is kept as its lower half and its upper half twice. */
static uint64_t time_at(ps_kernel *kernel, uint64_t offset)
{
    const uint64_t high = field(&kernel->space, offset + 4, 4);

    if (high != field(&kernel->space, offset + 8, 4))
        return 0;
    return high << 32 | field(&kernel->space, offset, 4);
}

static void find_times(ps_kernel *kernel)
{
    ps_dump_facts *facts = &kernel->file->facts;
    const uint64_t time = time_at(kernel, SYSTEM_TIME);
    const uint64_t uptime = time_at(kernel, INTERRUPT_TIME);

    facts->has_time = ps_filetime(time, &facts->time);
    facts->has_uptime = uptime != 0 && uptime < UINT64_C(1) << 58;
    facts->uptime_s = uptime / 10000000;
}

static void find_machine(ps_kernel *kernel)
{
    ps_dump_facts *facts = &kernel->file->facts;

    facts->bits = ps_space_pointer(&kernel->space) * 8;
    facts->pae = kernel->space.paging == PS_PAGING_PAE;
    facts->table_base = kernel->space.root;
    facts->machine = facts->bits == 64 ? 0x8664 : 0x14C;
    if (kernel->space.paging == PS_PAGING_ARM64)
        facts->machine = 0xAA64;
    facts->machine_name = ps_dump_machine_name(facts->machine);
}

void ps_kernel_facts(ps_kernel *kernel)
{
    ps_dump_facts *facts = &kernel->file->facts;
    const uint64_t product = field(&kernel->space, PRODUCT, 4);

    facts->has_kernel = true;
    find_machine(kernel);
    facts->build = find_build(kernel);
    facts->checked_build = exported(kernel, "NtBuildNumber", 4) >> 28 == 0xC;
    facts->processors = count_processors(kernel);
    facts->product = product <= 3 ? (uint32_t)product : 0;
    find_times(kernel);
    if (kernel->space.build != facts->build)
        ps_space_init(&kernel->space, kernel->file, kernel->space.paging, kernel->space.root,
                      facts->build);
}
