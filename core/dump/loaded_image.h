/* loaded_image.h - the headers of a module as it lies in memory. */
#ifndef PS_DUMP_LOADED_IMAGE_H
#define PS_DUMP_LOADED_IMAGE_H

#include "dump/space.h"

enum { PS_IMAGE_SECTIONS = 96, PS_IMAGE_DIRECTORIES = 16 };

typedef struct ps_loaded_section {
    char name[9];
    uint32_t rva, size, flags;
} ps_loaded_section;

typedef struct ps_loaded_image {
    uint64_t base;
    bool wide; /* PE32+ */
    uint16_t machine;
    uint32_t timestamp, checksum, image_size, entry_rva;
    struct {
        uint32_t rva, size;
    } directories[PS_IMAGE_DIRECTORIES];
    ps_loaded_section sections[PS_IMAGE_SECTIONS];
    size_t section_count;
} ps_loaded_image;

enum {
    PS_DIRECTORY_EXPORT = 0,
    PS_DIRECTORY_IMPORT = 1,
    PS_DIRECTORY_DEBUG = 6,
    PS_DIRECTORY_IAT = 12
};

#define PS_SECTION_DISCARD UINT32_C(0x02000000)
#define PS_SECTION_EXECUTE UINT32_C(0x20000000)
#define PS_SECTION_WRITE UINT32_C(0x80000000)

/* Read the headers at base; PS_READ_NOT_PRESENT where no image begins there. */
ps_read_status ps_loaded_image_read(ps_space *space, uint64_t base, ps_loaded_image *image);

/* The RVA of an export by name; false with PS_READ_OK in *status where it has none. */
bool ps_loaded_export(ps_space *space, const ps_loaded_image *image, const char *name,
                      uint32_t *rva, ps_read_status *status);

/* What an image's debug directory says of its PDB. */
typedef struct ps_loaded_pdb {
    char name[64];
    char guid[37];
    uint32_t age;
} ps_loaded_pdb;

ps_read_status ps_loaded_pdb_read(ps_space *space, const ps_loaded_image *image,
                                  ps_loaded_pdb *pdb);

#endif
