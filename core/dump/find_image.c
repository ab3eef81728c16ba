/* find_image.c - find the kernel's image by its header, and know it by its names. */
#include "dump/find_image.h"

#include <string.h>
#include <strings.h>

enum {
    LARGEST = 64 << 20, /* of a kernel's image: how far below its code it may begin */
    MOST_STEPS = 1 << 23,
    MOST_PAGES = 1 << 20,
};

/* Where loaders of all builds put the kernel. */
#define LOADED_64 UINT64_C(0xFFFFF80000000000)
#define LOADED_64_END UINT64_C(0xFFFFF88000000000)
#define LOADED_32 UINT64_C(0xFFFFFFFF80000000)
#define LOADED_32_END UINT64_C(0xFFFFFFFFFFC00000)
/* Page tables of 32 bits map themselves there: of a kernel in a large page, its first page too. */
#define TABLES_32 UINT64_C(0xFFFFFFFFC0000000)
#define TABLES_32_END UINT64_C(0xFFFFFFFFC0800000)

static bool fits_paging(const ps_space *space, const ps_loaded_image *image)
{
    if (space->paging == PS_PAGING_ARM64)
        return image->machine == 0xAA64;
    return image->machine == (ps_space_pointer(space) == 8 ? 0x8664 : 0x14C);
}

static bool is_pdb_of_kernel(const char *path)
{
    static const char *const names[] = {"ntkrnlmp.pdb", "ntkrnlpa.pdb", "ntkrpamp.pdb",
                                        "ntoskrnl.pdb"};
    const char *slash = strrchr(path, '\\');

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(slash != NULL ? slash + 1 : path, names[i]) == 0)
            return true;
    return false;
}

/* The name that the export directory gives; *read is false where it is not in the dump. */
static bool exports_as_kernel(ps_space *space, const ps_loaded_image *image, bool *read)
{
    const uint32_t directory = image->directories[PS_DIRECTORY_EXPORT].rva;
    char name[13] = {0};
    uint64_t rva = 0;

    *read = directory == 0;
    if (directory == 0 ||
        ps_space_uint(space, image->base + directory + 12, 4, &rva) != PS_READ_OK ||
        ps_space_take(space, image->base + rva, name, sizeof name) != PS_READ_OK)
        return false;
    *read = true;
    return name[12] == '\0' && strcasecmp(name, "ntoskrnl.exe") == 0;
}

/* A section that no other image has: for kernels whose names are not in the dump. */
static bool has_pool_code(const ps_loaded_image *image)
{
    for (size_t i = 0; i < image->section_count; i++)
        if (strcmp(image->sections[i].name, "POOLCODE") == 0)
            return true;
    return false;
}

bool ps_is_kernel_image(ps_space *space, uint64_t base, ps_loaded_image *image)
{
    ps_loaded_pdb pdb;
    bool read;

    if (ps_loaded_image_read(space, base, image) != PS_READ_OK || !fits_paging(space, image))
        return false;
    if (exports_as_kernel(space, image, &read))
        return true;
    if (ps_loaded_pdb_read(space, image, &pdb) == PS_READ_OK)
        return is_pdb_of_kernel(pdb.name);
    return !read && has_pool_code(image);
}

static bool begins_with_mz(ps_space *space, uint64_t address)
{
    char mark[2];

    return ps_space_take(space, address, mark, sizeof mark) == PS_READ_OK && mark[0] == 'M' &&
           mark[1] == 'Z';
}

ps_walk_budget ps_image_budget(const ps_container_file *file)
{
    ps_walk_budget budget = ps_walk_budget_of(file);

    budget.steps = budget.steps < MOST_STEPS ? budget.steps : MOST_STEPS;
    budget.pages = budget.pages < MOST_PAGES ? budget.pages : MOST_PAGES;
    return budget;
}

static bool find_below(ps_space *space, uint64_t code, ps_loaded_image *image,
                       ps_walk_budget *budget)
{
    const uint64_t page = code & ~(uint64_t)(PS_FRAME_SIZE - 1);

    for (uint64_t down = 0; down < LARGEST && budget->steps > 0;
         down += PS_FRAME_SIZE, budget->steps--)
        if (begins_with_mz(space, page - down) && ps_is_kernel_image(space, page - down, image))
            return true;
    return false;
}

static bool find_in(ps_space *space, uint64_t address, uint64_t end, ps_loaded_image *image,
                    ps_walk_budget *budget)
{
    uint64_t size = 0;

    while (budget->pages > 0 &&
           ps_space_next(space, address, end, &address, &size, &budget->steps)) {
        for (; size > 0 && budget->pages > 0; budget->pages--) {
            const uint64_t part = size < PS_FRAME_SIZE ? size : PS_FRAME_SIZE;
            if (begins_with_mz(space, address) && ps_is_kernel_image(space, address, image))
                return true;
            address += part;
            size -= part;
        }
    }
    return false;
}

static bool find_loaded(ps_space *space, ps_loaded_image *image, ps_walk_budget *budget)
{
    if (ps_space_pointer(space) == 8)
        return find_in(space, LOADED_64, LOADED_64_END, image, budget);
    return find_in(space, LOADED_32, TABLES_32, image, budget) ||
           find_in(space, TABLES_32_END, LOADED_32_END, image, budget);
}

bool ps_find_kernel_image(ps_space *space, uint64_t code, ps_loaded_image *image,
                          ps_walk_budget *budget)
{
    const bool found =
        (code != 0 && find_below(space, code, image, budget)) || find_loaded(space, image, budget);

    if (!found)
        memset(image, 0, sizeof *image);
    return found;
}
