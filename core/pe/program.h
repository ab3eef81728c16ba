/* program.h - the code of an image: what refers to its imports, and where its functions are. */
#ifndef PS_PE_PROGRAM_H
#define PS_PE_PROGRAM_H

#include "pe/apis.h"
#include "pe/code.h"
#include "pe/driver.h"
#include "pe/kmdf.h"
#include "pe/machine.h"

#define PS_NO_IMPORT UINT32_MAX

typedef struct ps_import_slot {
    uint32_t rva;
    uint32_t import; /* its number in the driver's list */
} ps_import_slot;

/* Code that names the slot of an import of interest: on x86 and x64 the four bytes at rva, on ARM
 * the instruction there. */
typedef struct ps_reference {
    uint32_t rva;
    uint32_t import;
    uint32_t call; /* RVA of the instruction if it calls by itself, else 0 */
    bool loose;    /* found by a register that may hold something else by then */
} ps_reference;

/* `jmp [slot]`: code that calls of its address go through, or the tail of a function. */
typedef struct ps_thunk {
    uint32_t rva;
    uint32_t import;
    bool called;
} ps_thunk;

typedef enum ps_branch_kind { PS_BRANCH_CALL, PS_BRANCH_JUMP, PS_BRANCH_CONDITION } ps_branch_kind;

/* A direct call or jump with a 32-bit displacement. */
typedef struct ps_branch {
    uint32_t source, target;
    uint8_t kind;
} ps_branch;

/* A stretch of code that belongs to the function whose entry is root. */
typedef struct ps_function {
    uint32_t begin, end, root;
    bool continues; /* has a frame before its first instruction: another function jumps here */
    bool certain;   /* its end is known, too */
} ps_function;

/* What x86 functions pop, once found. */
enum { PS_POPS_CACHED = 1024 };
typedef struct ps_pops_cache {
    uint32_t decoded; /* instructions that finding out has taken: it is bounded for a file */
    struct {
        uint32_t rva;
        int bytes;
    } known[PS_POPS_CACHED];
} ps_pops_cache;

typedef struct ps_program {
    ps_driver *driver;
    const ps_image *image;
    const ps_machine *machine;
    bool x64;
    ps_decoder *decoder;
    uint32_t guard_check; /* RVA of the pointer to what checks the targets of calls, or 0 */
    ps_kmdf kmdf;
    bool structures; /* an API is called that finds its tag in one: what is stored matters */
    const ps_api *
        *apis; /* of each import and, behind these, of each ps_framework_api; NULL for those
                            that are of no interest */
    ps_import_slot *slots; /* sorted by RVA */
    size_t slot_count;
    ps_reference *references; /* sorted by RVA */
    size_t reference_count, reference_capacity;
    ps_thunk *thunks; /* sorted by RVA */
    size_t thunk_count, thunk_capacity;
    ps_branch *branches; /* sorted by source */
    size_t branch_count, branch_capacity;
    ps_function *functions; /* sorted by begin; they do not overlap */
    size_t function_count, function_capacity;
    ps_pops_cache *pops;
} ps_program;

/* The import whose slot is at rva, or PS_NO_IMPORT. */
uint32_t ps_program_slot(const ps_program *program, uint32_t rva);

/* The thunk at rva, or NULL. */
const ps_thunk *ps_program_thunk(const ps_program *program, uint32_t rva);

/* The stretch of a function that holds rva, or NULL. */
const ps_function *ps_program_function(const ps_program *program, uint32_t rva);

/* The stretch that a function is entered by, given any of its stretches. */
ps_function ps_program_root(const ps_program *program, const ps_function *stretch);

/* Index of the last function that begins at or before rva; SIZE_MAX if there is none. */
size_t ps_functions_before(const ps_program *program, uint32_t rva);

/* What the passes over the bytes of code find; each false only when memory is out. */
typedef struct ps_bytes {
    const uint8_t *at;
    uint32_t rva, size;
} ps_bytes;
bool ps_references_add(ps_program *program, const ps_reference *reference);
bool ps_references_add_thunk(ps_program *program, uint32_t rva, uint32_t import);
bool ps_references_add_branch(ps_program *program, uint32_t source, uint32_t target,
                              ps_branch_kind kind);
bool ps_arm64_references(ps_program *program, const ps_bytes *code);
bool ps_arm_references(ps_program *program, const ps_bytes *code);

/* The functions of ARM unwind data. */
bool ps_functions_read_arm(ps_program *program, ps_error *err);

/* Find the functions around code at count sorted RVAs where neither unwind data nor a call tells of
 * them.  False only when memory is out. */
bool ps_functions_sweep(ps_program *program, const uint32_t *rvas, size_t count, ps_error *err);

/* Put functions in order and cut what overlaps; add one. */
void ps_functions_tidy(ps_program *program);
bool ps_functions_add(ps_program *program, const ps_function *function);

/* Does ARM code at rva begin as functions with a frame do? */
bool ps_functions_is_prologue(const ps_program *program, uint32_t rva);

/* Fill in slots, references, thunks and branches; then functions.  False only when memory is out. */
bool ps_references_read(ps_program *program, ps_error *err);
bool ps_functions_read(ps_program *program, ps_error *err);

#endif
