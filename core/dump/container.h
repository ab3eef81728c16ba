/* container.h - a dump or an image of memory while it is opened: its facts, the physical memory or
 * the ranges of addresses that it holds, and what is odd about it. */
#ifndef PS_DUMP_CONTAINER_H
#define PS_DUMP_CONTAINER_H

#include "base/arena.h"
#include "base/limits.h"
#include "dump/physical.h"
#include "dump/ranges.h"
#include "dump/triage.h"

typedef struct ps_container_file {
    ps_source *source;    /* borrowed */
    ps_source *companion; /* borrowed: VMware's other file; NULL if there is none */
    ps_arena arena;
    ps_dump_facts facts;
    ps_physical *physical; /* NULL for a triage dump and for a header without a body */
    ps_ranges ranges;      /* of a triage dump */
    ps_triage triage;      /* its lists; all 0 for other containers */
    uint64_t qemu_cr3;     /* of an ELF core of QEMU; 0 if unknown */
    ps_progress progress;  /* of searches through all memory */
    ps_problem *problems;
    size_t problem_count, problem_capacity;
    ps_bounds bounds; /* of all that is read of the dump */
} ps_container_file;

/* Detect and open.  The file's structure is zero-initialised by the caller; whatever this gives
 * back, ps_container_close frees what it holds. */
bool ps_container_open(ps_container_file *file, ps_error *err);
void ps_container_close(ps_container_file *file);

/* Remark on something odd.  False only when memory is out. */
bool ps_container_note(ps_container_file *file, ps_severity severity, uint64_t offset,
                       ps_error *err, const char *format, ...) PS_PRINTF(5, 6);

/* Remark that a limit was met at an offset.  False only when memory is out. */
bool ps_container_limit(ps_container_file *file, unsigned limit, uint64_t offset, ps_error *err);

/* Exactly size bytes of the source at offset; an error that names `what` where it ends before. */
bool ps_container_read(ps_source *source, uint64_t offset, void *buffer, size_t size,
                       const char *what, ps_error *err);

/* Run r as far as the source reaches; remarks once where it does not. */
bool ps_container_add_run(ps_container_file *file, const ps_run *run, ps_error *err);

/* Each opens one kind of file; facts.container and what the header says are set already. */
bool ps_header_open(ps_container_file *file, const uint8_t start[8], ps_error *err);
bool ps_full_open(ps_container_file *file, const uint8_t *header, size_t size, ps_error *err);
bool ps_bitmap_open(ps_container_file *file, size_t header_size, ps_error *err);
bool ps_summary_open(ps_container_file *file, size_t header_size, ps_error *err);
bool ps_page_ranges_open(ps_container_file *file, size_t header_size, ps_error *err);
bool ps_triage_open(ps_container_file *file, size_t header_size, ps_error *err);
bool ps_elf_open(ps_container_file *file, ps_error *err);
bool ps_lime_open(ps_container_file *file, ps_error *err);
bool ps_vmware_open(ps_container_file *file, ps_source *state, ps_error *err);
bool ps_raw_open(ps_container_file *file, ps_error *err);

/* "x64", "arm64", ... for a machine's number in images and headers. */
const char *ps_dump_machine_name(uint16_t machine);

/* The name of a bug check code, its variant bit ignored; NULL if unknown. */
const char *ps_bugcheck_name(uint32_t number);

#endif
