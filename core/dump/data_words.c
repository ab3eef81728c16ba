/* data_words.c - the writable sections of the kernel's image, word by word. */
#include "dump/data_words.h"

#include "base/reader.h"

enum { DATA_LIMIT = 16 << 20 };

static uint64_t find_in_section(ps_kernel *kernel, const ps_loaded_section *section,
                                ps_data_word is_it, void *context)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    const uint64_t base = kernel->image.base + section->rva;
    uint8_t page[PS_FRAME_SIZE];

    for (uint64_t at = 0; at < section->size && at < DATA_LIMIT; at += sizeof page) {
        size_t got = 0;
        (void)ps_space_read(&kernel->space, base + at, page, sizeof page, &got);
        for (size_t i = 0; i + pointer <= got; i += pointer) {
            ps_reader r = ps_reader_at(page, got, i, pointer);
            uint64_t value = ps_uint(&r, pointer);
            if (pointer == 4)
                value = (uint64_t)(int64_t)(int32_t)(uint32_t)value;
            if (is_it(context, base + at + i, value))
                return base + at + i;
        }
    }
    return 0;
}

uint64_t ps_find_data_word(ps_kernel *kernel, ps_data_word is_it, void *context)
{
    uint64_t found = 0;

    for (size_t i = 0; i < kernel->image.section_count && found == 0; i++)
        if ((kernel->image.sections[i].flags & PS_SECTION_WRITE) != 0)
            found = find_in_section(kernel, &kernel->image.sections[i], is_it, context);
    return found;
}
