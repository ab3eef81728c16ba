/* pops.c - how many bytes of arguments an x86 function takes off the stack when it returns. */
#include "pe/pops.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_LIMIT = 3000, FILE_LIMIT = 1000000, FRAME_EXTENT = 48 };

static int by_name(const void *name, const void *row)
{
    return strcmp(name, ((const ps_pops_row *)row)->name);
}

int ps_pops_of_import(const ps_import *import)
{
    const ps_pops_row *row;

    if (import->name == NULL)
        return -1;
    row = bsearch(import->name, ps_pops_rows, ps_pops_row_count, sizeof *row, by_name);
    return row != NULL ? row->bytes : -1;
}

/* The first return instruction in address order: all of a function's return alike. */
static int find_return(const ps_program *program, uint32_t rva)
{
    size_t left;
    const uint8_t *at = ps_image_at(program->image, rva, &left);

    for (int i = 0; i < LINE_LIMIT && at != NULL && left > 0; i++) {
        ps_op ops[PS_OPS_LIMIT];
        ps_op op;

        if (program->pops->decoded++ >= FILE_LIMIT ||
            ps_code_decode(program->decoder, at, left, rva, ops) == 0)
            return -1;
        op = ops[0];
        if (op.kind == PS_OP_RETURN)
            return op.b.kind == PS_ARG_CONST ? (int)(op.b.value & 0xffff) : 0;
        if (i == 0 && op.kind == PS_OP_JUMP)
            return -1;
        at += op.length;
        left -= op.length;
        rva += op.length;
    }
    return -1;
}

int ps_pops_of_code(const ps_program *program, uint32_t rva)
{
    ps_pops_cache *cache = program->pops;
    const uint32_t at = (rva * 2654435761U) >> 22; /* the top bits: below PS_POPS_CACHED */

    if (cache->known[at].rva != rva) {
        cache->known[at].rva = rva;
        cache->known[at].bytes = find_return(program, rva);
    }
    return cache->known[at].bytes;
}

bool ps_pops_frame(const ps_program *program, uint32_t rva)
{
    static const uint8_t loads[] = {0x64, 0xa1, 0, 0, 0, 0};
    static const uint8_t pushes[] = {0x64, 0xff, 0x35, 0, 0, 0, 0};
    size_t left;
    const uint8_t *at = ps_image_at(program->image, rva, &left);

    if (rva == 0 || at == NULL)
        return false;
    if (left > FRAME_EXTENT)
        left = FRAME_EXTENT;
    for (size_t i = 0; i + sizeof pushes <= left; i++)
        if (memcmp(at + i, loads, sizeof loads) == 0 || memcmp(at + i, pushes, sizeof pushes) == 0)
            return true;
    return false;
}
