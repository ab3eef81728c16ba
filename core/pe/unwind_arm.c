/* unwind_arm.c - where ARM and ARM64 functions begin and end: their unwind data.
 *
 *   .pdata entry   8   begin (bit 0: Thumb code); bits 0-1 of the second word: 0: RVA of the full
 *                      data, 1: packed, 2: packed, of a stretch without prologue; then bits 2-12:
 *                      length
 *   full data          bits 0-17: length; bit 21: one epilogue, described in the header;
 *                      ARM64: 22-26 epilogues, 27-31 words of codes
 *                      ARM:   22: a stretch without prologue, 23-27 epilogues, 28-31 words of codes
 *                      both 0: a second word, 0-15 epilogues, 16-23 words of codes; then a word for
 *                      each epilogue, unless the one is in the header; then the codes.  ARM64: a
 *                      first code 0xe5 says that the prologue was another stretch's.
 * Lengths count instructions: 4 bytes on ARM64, 2 on ARM.
 */
#include "pe/program.h"

enum { ENTRY_SIZE = 8, IS_PACKED = 1, IS_PACKED_PART = 2, END_C = 0xe5 };

typedef struct unwind {
    uint32_t length; /* bytes */
    bool part;       /* its prologue is elsewhere */
} unwind;

static bool read_full(const ps_program *program, uint32_t rva, unwind *found)
{
    const bool arm64 = program->machine->id == PS_MACHINE_ARM64;
    ps_reader r = ps_image_reader(program->image, rva, 8 + 32 * 4 + 1);
    const uint32_t header = ps_u32(&r);
    uint32_t epilogues = header >> (arm64 ? 22 : 23) & 31;
    const uint32_t words = header >> (arm64 ? 27 : 28);

    if (!ps_reader_good(&r))
        return false;
    found->length = (header & 0x3ffff) * program->machine->unit;
    found->part = !arm64 && (header >> 22 & 1) != 0;
    if (!arm64)
        return true;
    if (epilogues == 0 && words == 0)
        epilogues = ps_u32(&r) & 0xffff;
    if ((header >> 21 & 1) == 0) {
        if (epilogues > 32)
            return true;
        ps_skip(&r, (size_t)epilogues * 4);
    }
    found->part = ps_u8(&r) == END_C && ps_reader_good(&r);
    return true;
}

static bool read_entry(const ps_program *program, uint32_t word, unwind *found)
{
    const uint32_t kind = word & 3;

    if (kind == 0)
        return read_full(program, word, found);
    found->length = (word >> 2 & 0x7ff) * program->machine->unit;
    found->part = kind == IS_PACKED_PART;
    return kind == IS_PACKED || kind == IS_PACKED_PART;
}

bool ps_functions_read_arm(ps_program *program, ps_error *err)
{
    const ps_image *image = program->image;
    ps_reader r = ps_image_reader(image, image->directory[PS_DIRECTORY_EXCEPTION].rva,
                                  image->directory[PS_DIRECTORY_EXCEPTION].size);

    if (image->directory[PS_DIRECTORY_EXCEPTION].rva == 0)
        return true;
    while (ps_fits(&r, 1, ENTRY_SIZE)) {
        const uint32_t begin = ps_u32(&r) & ~(uint32_t)(program->machine->unit - 1);
        const uint32_t word = ps_u32(&r);
        const ps_section *section = ps_image_section(image, begin);
        ps_function function = {.begin = begin, .root = begin, .certain = true};
        unwind found = {0};

        if (section == NULL || !ps_section_executes(section) || !read_entry(program, word, &found))
            continue;
        function.end = begin + found.length;
        function.continues = found.part;
        if (function.end > begin && !ps_functions_add(program, &function))
            return ps_fail_memory(err);
    }
    ps_functions_tidy(program);
    return true;
}

bool ps_functions_is_prologue(const ps_program *program, uint32_t rva)
{
    size_t left;
    const uint8_t *at = ps_image_at(program->image, rva, &left);
    uint32_t word;

    if (at == NULL || left < 4)
        return false;
    word = ps_word_at(at);
    if (program->machine->id == PS_MACHINE_ARM) /* push {..., lr}, in two or four bytes */
        return (word & 0xff00) == 0xb500 || (word & 0x4000ffff) == 0x4000e92d;
    return word == 0xd503237f || word == 0xd503233f || /* pacibsp, paciasp */
           (word & 0xffc003e0) == 0xa98003e0 ||        /* stp ..., [sp, #-n]! */
           (word & 0xffe00fe0) == 0xf8000fe0 ||        /* str ..., [sp, #-n]! */
           (word & 0xff8003ff) == 0xd10003ff;          /* sub sp, sp, #n */
}
