/* find_tables.c - try page tables until some map the kernel. */
#include "dump/find_tables.h"

#include "dump/find_image.h"
#include "dump/root_page.h"
#include "dump/shared_data.h"
#include "dump/sweep.h"

/* What is tried, and what is looked up to know whether to try: more than any machine has. */
enum { CANDIDATES = 1 << 16, PROBES = 1 << 16 };

typedef struct search {
    ps_kernel *kernel;
    ps_root weak; /* maps what the kernel shares with programs, but no kernel was found by it */
    bool has_weak, found;
    unsigned candidates, probes;
    ps_walk_budget budget; /* of searches for an image */
} search;

bool ps_list_is_mapped(ps_space *space, uint64_t head)
{
    uint64_t first = 0;
    uint64_t back = 0;

    return head != 0 && ps_space_address(space, head, &first) == PS_READ_OK && first != 0 &&
           ps_space_address(space, first + ps_space_pointer(space), &back) == PS_READ_OK &&
           back == head;
}

/* Mapped to a page that the dump leaves out. */
static bool is_mapped_elsewhere(ps_space *space, uint64_t address)
{
    uint64_t physical;
    uint64_t byte;

    return address != 0 && ps_space_translate(space, address, &physical, NULL) == PS_READ_OK &&
           ps_space_uint(space, address, 1, &byte) == PS_READ_NOT_IN_DUMP;
}

static bool maps_what_the_header_names(ps_kernel *kernel)
{
    const ps_dump_facts *facts = &kernel->file->facts;

    return ps_list_is_mapped(&kernel->space, facts->loaded_modules) ||
           ps_kdbg_read(&kernel->space, facts->debugger_data, &kernel->kdbg) ||
           (is_mapped_elsewhere(&kernel->space, facts->loaded_modules) &&
            (is_mapped_elsewhere(&kernel->space, facts->debugger_data) ||
             ps_shared_data_is_mapped(&kernel->space)));
}

static bool judge(void *context, const ps_root *root)
{
    search *s = context;
    ps_kernel *kernel = s->kernel;
    const ps_dump_facts *facts = &kernel->file->facts;
    bool shared;

    if (root->root == 0 || s->candidates++ >= CANDIDATES)
        return false;
    ps_space_init(&kernel->space, kernel->file, root->paging, root->root, facts->build);
    if (facts->loaded_modules != 0 || facts->debugger_data != 0)
        s->found = maps_what_the_header_names(kernel);
    shared = !s->found && ps_shared_data_is_mapped(&kernel->space);
    if (shared && facts->loaded_modules == 0)
        s->found = ps_find_kernel_image(&kernel->space, root->code, &kernel->image, &s->budget);
    if (shared && !s->found && !s->has_weak) {
        s->weak = *root;
        s->has_weak = true;
    }
    return s->found;
}

/* One root in every mode that the machine may have used. */
static bool try_root(search *s, uint64_t root)
{
    const ps_dump_facts *facts = &s->kernel->file->facts;
    static const ps_paging modes[] = {PS_PAGING_X64, PS_PAGING_LA57, PS_PAGING_ARM64, PS_PAGING_PAE,
                                      PS_PAGING_X86};
    static const ps_paging narrow[] = {PS_PAGING_X86, PS_PAGING_PAE};
    const bool arm = facts->machine == 0xAA64;

    if (facts->has_header && facts->bits == 32 && !facts->pae) {
        return judge(s, &(ps_root){narrow[0], root, 0}) || judge(s, &(ps_root){narrow[1], root, 0});
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        const bool wide = i < 3;
        if (facts->has_header &&
            (wide != (facts->bits == 64) || (wide && arm != (modes[i] == PS_PAGING_ARM64))))
            continue;
        if (judge(s, &(ps_root){modes[i], root, 0}))
            return true;
    }
    return false;
}

static bool visit_page(void *context, uint64_t address, const uint8_t *page)
{
    search *s = context;

    return !ps_roots_in_page(s->kernel->file, address, page, judge, s, &s->probes);
}

static bool remark(const search *s, ps_error *err)
{
    ps_container_file *file = s->kernel->file;
    const unsigned long long root = s->kernel->space.root;

    if (!s->found && !s->has_weak) {
        return ps_container_note(file, PS_REFUSED, PS_NOWHERE, err,
                                 file->facts.has_header
                                     ? "the page tables at 0x%llx do not map the kernel, and none "
                                       "that do were found: no virtual address can be read"
                                     : "no page tables of a kernel were found: only physical "
                                       "memory can be read",
                                 (unsigned long long)file->facts.table_base);
    }
    if (!s->found) {
        return ps_container_note(file, PS_FLAGGED, PS_NOWHERE, err,
                                 "the page tables at 0x%llx map what Windows shares with programs, "
                                 "but no kernel was found by them",
                                 root);
    }
    if (file->facts.has_header) {
        return ps_container_note(file, PS_FLAGGED, PS_NOWHERE, err,
                                 "the header's page tables at 0x%llx do not map the kernel: those "
                                 "at 0x%llx, found by a search, do",
                                 (unsigned long long)file->facts.table_base, root);
    }
    return ps_container_note(file, PS_NOTE, PS_NOWHERE, err,
                             "the kernel's page tables were found at 0x%llx by a search: %u "
                             "candidates before them were rejected",
                             root, s->candidates - 1);
}

static bool search_memory(search *s, ps_error *err)
{
    ps_kernel *kernel = s->kernel;

    if (!ps_sweep(kernel->file, visit_page, s, err))
        return false;
    kernel->has_space = s->found || s->has_weak;
    if (!s->found)
        ps_space_init(&kernel->space, kernel->file, s->has_weak ? s->weak.paging : PS_PAGING_PIECES,
                      s->has_weak ? s->weak.root : 0, kernel->file->facts.build);
    return remark(s, err);
}

bool ps_find_tables(ps_kernel *kernel, ps_error *err)
{
    const ps_dump_facts *facts = &kernel->file->facts;
    search s = {.kernel = kernel, .budget = ps_image_budget(kernel->file), .probes = PROBES};

    ps_space_init(&kernel->space, kernel->file, PS_PAGING_PIECES, 0, facts->build);
    if (facts->container == PS_CONTAINER_TRIAGE) {
        kernel->has_space = true;
        return true;
    }
    if (kernel->file->physical == NULL || facts->present_pages == 0)
        return true;
    if (try_root(&s, facts->table_base) || try_root(&s, kernel->file->qemu_cr3)) {
        kernel->has_space = true;
        return true;
    }
    return search_memory(&s, err);
}
