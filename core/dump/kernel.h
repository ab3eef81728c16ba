/* kernel.h - the kernel in a dump: its address space, its debugger data and its lists of modules. */
#ifndef PS_DUMP_KERNEL_H
#define PS_DUMP_KERNEL_H

#include "dump/loaded_image.h"
#include "dump/pdb.h"
#include "dump/space.h"

enum { PS_KDBG_LIMIT = 0x380 };

/* KDDEBUGGER_DATA64: nearly every field is the address of the kernel's variable of that name. */
typedef struct ps_kdbg {
    uint8_t bytes[PS_KDBG_LIMIT];
    size_t size; /* of what was read; 0 where there is none */
    uint64_t address;
    bool decoded; /* it was encoded, and the PDB told how */
} ps_kdbg;

/* Offsets of the fields that are asked for (public header wdbgexts.h and public readers). */
enum {
    PS_KDBG_KERNEL_BASE = 0x18,
    PS_KDBG_LOADED_MODULES = 0x48,
    PS_KDBG_PROCESSES = 0x50,
    PS_KDBG_PAGED_DESCRIPTORS = 0x68,
    PS_KDBG_PAGED_POOLS = 0x70,
    PS_KDBG_PHYSICAL = 0xF8,
    PS_KDBG_MAXIMUM_NONPAGED = 0x100,
    PS_KDBG_NONPAGED_START = 0x110,
    PS_KDBG_NONPAGED_END = 0x118,
    PS_KDBG_PAGED_START = 0x120,
    PS_KDBG_PAGED_END = 0x128,
    PS_KDBG_PAGED_SIZE = 0x140,
    PS_KDBG_COMMIT_LIMIT = 0x148,
    PS_KDBG_COMMITTED = 0x150,
    PS_KDBG_PAGED_COMMIT = 0x170,
    PS_KDBG_AVAILABLE = 0x1A8,
    PS_KDBG_TRACK_TABLE = 0x1B8,
    PS_KDBG_NONPAGED_DESCRIPTOR = 0x1C0,
    PS_KDBG_BUILD_LAB = 0x208,
    PS_KDBG_PROCESSORS = 0x218,
    PS_KDBG_UNLOADED = 0x220,
    PS_KDBG_LAST_UNLOADED = 0x228,
    PS_KDBG_VERIFIER = 0x248,
    PS_KDBG_ALLOCATED_NONPAGED = 0x250,
    PS_KDBG_PEAK_COMMIT = 0x258,
};

typedef struct ps_kernel {
    ps_container_file *file; /* borrowed */
    ps_space space;
    bool has_space;
    ps_kdbg kdbg;
    ps_loaded_image image;   /* of the kernel; base is 0 where it is not known */
    ps_loaded_pdb wants;     /* the PDB that goes with it; empty where that is not known */
    ps_pdb *pdb;             /* NULL where none was given */
    ps_dump_module *modules; /* loaded ones in their order, unloaded ones behind them */
    size_t module_count, module_capacity;
    size_t loaded_count;
    uint64_t tables_variable; /* of the tag tables, found by what it points at; 0 if it was not */
    bool tables_sought;
} ps_kernel;

/* Find the kernel of an opened container and read its lists.  What is missing is a remark of the
 * container; false only when memory is out or the file cannot be read. */
bool ps_kernel_open(ps_kernel *kernel, ps_container_file *file, ps_error *err);
void ps_kernel_close(ps_kernel *kernel);

/* A field of the debugger data; 0 where it is absent. */
uint64_t ps_kdbg_field(const ps_kdbg *kdbg, size_t offset);
/* Read the block at an address: false where none is there. */
bool ps_kdbg_read(ps_space *space, uint64_t address, ps_kdbg *kdbg);
/* Search the writable sections of the kernel's image for it. */
bool ps_kdbg_find(ps_kernel *kernel);
/* Search all physical memory for it, where the kernel's image is not known. */
bool ps_kdbg_hunt(ps_kernel *kernel, ps_error *err);
/* Read the block by the PDB's symbols, decoded where it is encoded. */
bool ps_kdbg_decode(ps_kernel *kernel);
/* The value of size bytes of the variable whose address is a field. */
ps_read_status ps_kdbg_value(ps_kernel *kernel, size_t offset, size_t size, uint64_t *value);

/* Walk the kernel's lists, or those that could not be found before; take a triage dump's own. */
bool ps_modules_walk(ps_kernel *kernel, ps_error *err);

/* The address of a symbol of the kernel, by its PDB or its exports. */
bool ps_kernel_symbol(ps_kernel *kernel, const char *name, uint64_t *address);
/* What the variable of that name holds, as of ps_space_value; 0 and PS_READ_NOT_PRESENT where no symbol
 * has the name. */
ps_read_status ps_kernel_value(ps_kernel *kernel, const char *name, size_t size, uint64_t *value);
/* Take a PDB for the kernel's; PS_EFORMAT where it is another's. */
bool ps_kernel_use_pdb(ps_kernel *kernel, ps_source *source, ps_error *err);

/* The module that holds an address, loaded ones before unloaded ones; NULL if none does. */
const ps_dump_module *ps_kernel_module_at(const ps_kernel *kernel, uint64_t address);

#endif
