/* machine.h - physical memory of a made-up machine: page tables of any mode and a kernel of a few
 * pages that knows itself. */
#ifndef TESTS_SUPPORT_MACHINE_H
#define TESTS_SUPPORT_MACHINE_H

#include "dump/dump.h"

enum { MACHINE_PAGE = 4096, MACHINE_PAGES = 1024, MACHINE_PROCESSORS = 2 };

/* Where things are in the kernel's image; it exports those that a real one has in its PDB too. */
enum {
    MACHINE_KDBG = 0x2200,
    MACHINE_NEVER = 0x2080,
    MACHINE_ALWAYS = 0x2088,
    MACHINE_SWITCH = 0x2091,
};

typedef struct machine {
    ps_paging paging;
    uint32_t build;
    unsigned pointer;
    unsigned slot;  /* of the topmost table that maps itself */
    uint64_t root;  /* of the tables */
    uint64_t base;  /* of the kernel's image */
    uint64_t image; /* the same, physical */
    uint64_t frame; /* the next that is free */
    uint64_t kdbg_physical;
    uint8_t *bytes; /* MACHINE_PAGES pages */
} machine;

/* A machine that runs: its kernel is mapped and its debugger data can be read. */
machine *machine_new(ps_paging paging, uint32_t build, unsigned slot);
void machine_free(machine *m);
/* Map the kernel somewhere else. */
void machine_rebase(machine *m, uint64_t base);

void machine_put(machine *m, uint64_t physical, uint64_t value, size_t size);
void machine_put_text(machine *m, uint64_t physical, const char *text);
/* Map a page in the tables at root; tables in between are made. */
void machine_map(machine *m, uint64_t root, uint64_t address, uint64_t physical);
/* Topmost tables that map themselves and nothing else; their address. */
uint64_t machine_new_root(machine *m);

/* A file of its memory, of size bytes (0: as many as it has); the caller removes it. */
const char *machine_write(const machine *m, uint64_t size);
/* The same as a dump of type 1 whose header names tables, the list of modules and debugger data. */
const char *machine_write_dump(const machine *m, uint64_t root, uint64_t modules, uint64_t kdbg);

/* Open a file and remove it. */
ps_dump *machine_open(const char *path);
/* Is there a problem of the dump with this text in it? */
bool machine_says(const ps_dump *dump, const char *text);

#endif
