/* machine.c - see machine.h. */
#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* How the tables of a mode are indexed, topmost first. */
typedef struct shape {
    unsigned levels, entry_size;
    unsigned shifts[5];
    unsigned bits;
    uint64_t flags; /* of an entry that leads to a table or a page */
} shape;

static const shape shapes[] = {
    [PS_PAGING_X86] = {2, 4, {22, 12}, 10, 0x63},
    [PS_PAGING_PAE] = {3, 8, {30, 21, 12}, 9, 0x63},
    [PS_PAGING_X64] = {4, 8, {39, 30, 21, 12}, 9, 0x63},
    [PS_PAGING_LA57] = {5, 8, {48, 39, 30, 21, 12}, 9, 0x63},
    [PS_PAGING_ARM64] = {4, 8, {39, 30, 21, 12}, 9, 0x60000000000703},
};

void machine_put(machine *m, uint64_t physical, uint64_t value, size_t size)
{
    assert_true(physical + size <= (uint64_t)MACHINE_PAGES * MACHINE_PAGE);
    for (size_t i = 0; i < size; i++)
        m->bytes[physical + i] = (uint8_t)(value >> 8 * i);
}

void machine_put_text(machine *m, uint64_t physical, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        machine_put(m, physical + i, (uint8_t)text[i], 1);
}

static uint64_t get(const machine *m, uint64_t physical, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | m->bytes[physical + i];
    return value;
}

static uint64_t new_frame(machine *m)
{
    assert_true(m->frame < MACHINE_PAGES);
    return m->frame++ * MACHINE_PAGE;
}

uint64_t machine_new_root(machine *m)
{
    const shape *s = &shapes[m->paging];
    const uint64_t root = new_frame(m);

    if (m->paging != PS_PAGING_PAE) {
        machine_put(m, root + (uint64_t)m->slot * s->entry_size, root | s->flags, s->entry_size);
        return root;
    }
    for (uint64_t i = 0; i < 4; i++)
        machine_put(m, root + 0x2A0 + i * 8, new_frame(m) | 1, 8);
    for (uint64_t i = 0; i < 4; i++)
        machine_put(m, root + UINT64_C(4) * MACHINE_PAGE + i * 8,
                    (root + (i + 1) * MACHINE_PAGE) | s->flags, 8);
    return root + 0x2A0;
}

void machine_map(machine *m, uint64_t root, uint64_t address, uint64_t physical)
{
    const shape *s = &shapes[m->paging];
    uint64_t table = root;

    for (unsigned i = 0; i < s->levels; i++) {
        const unsigned bits = m->paging == PS_PAGING_PAE && i == 0 ? 2 : s->bits;
        const uint64_t index = address >> s->shifts[i] & ((UINT64_C(1) << bits) - 1);
        const uint64_t entry = table + index * s->entry_size;
        if (i + 1 == s->levels)
            machine_put(m, entry, physical | s->flags, s->entry_size);
        else if (get(m, entry, s->entry_size) == 0)
            machine_put(m, entry, new_frame(m) | s->flags, s->entry_size);
        table = get(m, entry, s->entry_size) & UINT64_C(0x0000FFFFFFFFF000);
    }
}

/* --- the kernel -------------------------------------------------------------------------------
 */

static void put_pointer(machine *m, uint64_t physical, uint64_t rva)
{
    machine_put(m, physical, m->base + rva, m->pointer);
}

static void put_section(machine *m, uint64_t at, const char *name, uint32_t rva, uint32_t flags)
{
    machine_put_text(m, at, name);
    machine_put(m, at + 8, 0x1000, 4);
    machine_put(m, at + 12, rva, 4);
    machine_put(m, at + 36, flags, 4);
}

static void put_headers(machine *m)
{
    const uint64_t at = m->image;
    const bool wide = m->pointer == 8;
    const uint64_t optional = at + 0x80 + 24;
    const uint64_t directories = optional + (wide ? 0x70 : 0x60);
    const uint64_t size = wide ? 0xF0 : 0xE0;

    machine_put_text(m, at, "MZ");
    machine_put(m, at + 0x3C, 0x80, 4);
    machine_put_text(m, at + 0x80, "PE");
    machine_put(m, at + 0x84, wide ? 0x8664 : 0x14C, 2);
    if (m->paging == PS_PAGING_ARM64)
        machine_put(m, at + 0x84, 0xAA64, 2);
    machine_put(m, at + 0x86, 2, 2);
    machine_put(m, at + 0x88, 0x50000000, 4);
    machine_put(m, at + 0x94, size, 2);
    machine_put(m, optional, wide ? 0x20B : 0x10B, 2);
    machine_put(m, optional + 0x38, 0x4000, 4);
    machine_put(m, directories - 4, 16, 4);
    machine_put(m, directories, 0x1000, 4);
    machine_put(m, directories + 4, 0x100, 4);
    put_section(m, optional + size, ".text", 0x1000, 0x60000020);
    put_section(m, optional + size + 40, ".data", 0x2000, 0xC0000040);
}

/* Exports by name, sorted; each is a variable in the page of data. */
static void put_exports(machine *m)
{
    static const struct {
        const char *name;
        uint32_t rva;
    } exports[] = {{"KdDebuggerDataBlock", MACHINE_KDBG},
                   {"KdpDataBlockEncoded", MACHINE_SWITCH},
                   {"KiWaitAlways", MACHINE_ALWAYS},
                   {"KiWaitNever", MACHINE_NEVER},
                   {"NtBuildNumber", 0x2000},
                   {"PsInitialSystemProcess", 0x2010},
                   {"PsLoadedModuleList", 0x2020}};
    const uint64_t at = m->image + 0x1000;
    const uint64_t count = sizeof exports / sizeof exports[0];

    machine_put(m, at + 12, 0x1100, 4);
    machine_put_text(m, at + 0x100, "ntoskrnl.exe");
    machine_put(m, at + 20, count, 4);
    machine_put(m, at + 24, count, 4);
    machine_put(m, at + 28, 0x1200, 4);
    machine_put(m, at + 32, 0x1240, 4);
    machine_put(m, at + 36, 0x1280, 4);
    for (uint64_t i = 0; i < count; i++) {
        machine_put(m, at + 0x200 + i * 4, exports[i].rva, 4);
        machine_put(m, at + 0x240 + i * 4, 0x1300 + i * 0x40, 4);
        machine_put(m, at + 0x280 + i * 2, i, 2);
        machine_put_text(m, at + 0x300 + i * 0x40, exports[i].name);
    }
}

static void put_module(machine *m, uint64_t rva, uint64_t next, uint64_t before, const char *name)
{
    const bool wide = m->pointer == 8;
    const uint64_t at = m->image + rva;
    const uint64_t string = at + (wide ? 0x58 : 0x2C);

    put_pointer(m, at, next);
    put_pointer(m, at + m->pointer, before);
    put_pointer(m, at + (uint64_t)m->pointer * 6, rva == 0x3000 ? 0 : 0x100000);
    machine_put(m, at + (uint64_t)m->pointer * 8, 0x4000, 4);
    machine_put(m, string, strlen(name) * 2, 2);
    put_pointer(m, string + m->pointer, rva + 0xC0);
    for (uint64_t i = 0; name[i] != '\0'; i++)
        machine_put(m, at + 0xC0 + i * 2, (uint8_t)name[i], 2);
}

static void put_kdbg(machine *m)
{
    const uint64_t at = m->kdbg_physical;

    put_pointer(m, at, MACHINE_KDBG);
    put_pointer(m, at + m->pointer, MACHINE_KDBG);
    machine_put_text(m, at + 0x10, "KDBG");
    machine_put(m, at + 0x14, m->build >= 17763 ? 0x380 : 0x340, 4);
    machine_put(m, at + 0x18, m->base, 8);
    machine_put(m, at + 0x48, m->base + 0x2020, 8);
    machine_put(m, at + 0x50, m->base + 0x2060, 8);
    machine_put(m, at + 0x218, m->base + 0x2040, 8);
}

static void put_kernel(machine *m)
{
    const uint64_t data = m->image + 0x2000;
    const uint64_t process = m->image + 0x3800;

    put_headers(m);
    put_exports(m);
    machine_put(m, data, m->build | 0xF0000000, 4);
    put_pointer(m, data + 0x10, 0x3800);
    put_pointer(m, data + 0x20, 0x3000);
    put_pointer(m, data + 0x20 + m->pointer, 0x3200);
    for (uint64_t i = 0; i < MACHINE_PROCESSORS; i++)
        put_pointer(m, data + 0x40 + i * m->pointer, 0x3900);
    put_kdbg(m);
    put_module(m, 0x3000, 0x3200, 0x2020, "ntoskrnl.exe");
    put_module(m, 0x3200, 0x2020, 0x3000, "acmeflt.sys");
    machine_put(m, process + (m->pointer == 8 ? 0x28 : 0x18), m->root, m->pointer);
}

static void put_shared(machine *m)
{
    const uint64_t at = new_frame(m);
    const uint64_t time = UINT64_C(0x01DC000000000000);

    machine_put(m, at + 0x08, UINT64_C(100000000) * 36, 4);
    machine_put(m, at + 0x14, time, 8);
    machine_put(m, at + 0x1C, time >> 32, 4);
    machine_put(m, at + 0x264, 3, 4);
    machine_put(m, at + 0x26C, m->build >= 10240 ? 10 : 6, 4);
    machine_put(m, at + 0x270, m->build >= 10240 ? 0 : 1, 4);
    machine_map(m, m->root, m->pointer == 8 ? UINT64_C(0xFFFFF78000000000) : UINT64_C(0xFFDF0000),
                at);
}

void machine_rebase(machine *m, uint64_t base)
{
    for (uint64_t i = 0; i < 4; i++)
        machine_map(m, m->root, m->base + i * MACHINE_PAGE, 0);
    m->base = base;
    put_kernel(m);
    for (uint64_t i = 0; i < 4; i++)
        machine_map(m, m->root, m->base + i * MACHINE_PAGE, m->image + i * MACHINE_PAGE);
}

machine *machine_new(ps_paging paging, uint32_t build, unsigned slot)
{
    machine *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->bytes = calloc(MACHINE_PAGES, MACHINE_PAGE);
    assert_non_null(m->bytes);
    m->paging = paging;
    m->build = build;
    m->slot = slot;
    m->pointer = paging == PS_PAGING_X86 || paging == PS_PAGING_PAE ? 4 : 8;
    m->frame = 300;
    m->base = m->pointer == 8 ? UINT64_C(0xFFFFF80002A4D000) : UINT64_C(0xFFFFFFFF81E03000);
    m->image = new_frame(m);
    for (int i = 0; i < 3; i++)
        (void)new_frame(m);
    m->kdbg_physical = m->image + MACHINE_KDBG;
    m->root = machine_new_root(m);
    machine_rebase(m, m->base);
    put_shared(m);
    return m;
}

void machine_free(machine *m)
{
    free(m->bytes);
    free(m);
}

/* --- files ------------------------------------------------------------------------------------
 */

static int make_file(char *path, size_t size)
{
    int fd;

    (void)snprintf(path, size, "/tmp/poolsleuth-machine-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

static void write_all(int fd, const void *bytes, size_t size)
{
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
}

const char *machine_write(const machine *m, uint64_t size)
{
    static char path[64];
    const int fd = make_file(path, sizeof path);

    write_all(fd, m->bytes, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    if (size != 0)
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
    (void)close(fd);
    return path;
}

static void set(uint8_t *header, size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        header[at + i] = (uint8_t)(value >> 8 * i);
}

const char *machine_write_dump(const machine *m, uint64_t root, uint64_t modules, uint64_t kdbg)
{
    static char path[64];
    static uint8_t header[0x2000];
    const bool wide = m->pointer == 8;
    const size_t size = wide ? 0x2000 : 0x1000;
    const size_t runs = wide ? 0x98 : 0x6C;
    const int fd = make_file(path, sizeof path);

    for (size_t i = 0; i < size; i += 4)
        set(header, i, 0x45474150, 4);
    set(header, 4, wide ? 0x34365544 : 0x504D5544, 4);
    set(header, 0xC, m->build, 4);
    set(header, 0x10, root, m->pointer);
    set(header, wide ? 0x20 : 0x18, modules, m->pointer);
    set(header, wide ? 0x30 : 0x20, wide ? 0x8664 : 0x14C, 4);
    if (m->paging == PS_PAGING_ARM64)
        set(header, 0x30, 0xAA64, 4);
    set(header, wide ? 0x80 : 0x60, kdbg, m->pointer);
    if (!wide)
        header[0x5C] = m->paging == PS_PAGING_PAE;
    set(header, wide ? 0x88 : 0x64, 1, 4);
    set(header, runs, 0, m->pointer);
    set(header, runs + m->pointer, MACHINE_PAGES, m->pointer);
    set(header, wide ? 0xF98 : 0xF88, 1, 4);
    write_all(fd, header, size);
    write_all(fd, m->bytes, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    (void)close(fd);
    return path;
}

ps_dump *machine_open(const char *path)
{
    ps_dump *dump;
    ps_error err = {0};

    if (!ps_dump_open(&dump, path, NULL, &err))
        fail_msg("%s", err.text);
    (void)unlink(path);
    return dump;
}

bool machine_says(const ps_dump *dump, const char *text)
{
    for (size_t i = 0; i < ps_dump_problem_count(dump); i++)
        if (strstr(ps_dump_problem_at(dump, i)->reason, text) != NULL)
            return true;
    return false;
}
