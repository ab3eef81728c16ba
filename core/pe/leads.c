/* leads.c - what a driver hides from the search for call sites: names of routines that it looks up
 * at run time, and code that is packed. */
#include "pe/driver.h"

#include "base/array.h"

#include <math.h>
#include <string.h>

enum { NAME_LIMIT = 64, NAME_LEAST = 5, NAME_MOST = 63, SAMPLE = 65536 };

#define PACKED_ENTROPY 7.2

static bool is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_word(uint8_t c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does a name begin as those of kernel routines do? */
static bool is_routine(const char *name, size_t length)
{
    static const char *const prefixes[] = {"Cc", "Cm", "Dbg", "Etw", "Ex", "Flt", "FsRtl", "Hal",
                                           "Io", "Kd", "Ke",  "Lsa", "Mm", "Nt",  "Ob",    "Pf",
                                           "Po", "Ps", "Rtl", "Se",  "Tm", "Wmi", "Zw"};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        const size_t size = strlen(prefixes[i]);

        if (length > size && memcmp(name, prefixes[i], size) == 0 && is_upper((uint8_t)name[size]))
            return true;
    }
    return false;
}

static bool is_known(const ps_driver *driver, const char *name)
{
    for (size_t i = 0; i < driver->looked_up_count; i++)
        if (strcmp(driver->looked_up[i], name) == 0)
            return true;
    for (size_t i = 0; i < driver->import_count; i++)
        if (driver->imports[i].name != NULL && strcmp(driver->imports[i].name, name) == 0)
            return true;
    return false;
}

static bool add_name(ps_driver *driver, const char *name, size_t length, ps_error *err)
{
    const char *copy;

    if (!is_routine(name, length) || driver->looked_up_count == NAME_LIMIT ||
        is_known(driver, name))
        return true;
    copy = ps_arena_copy(&driver->arena, name, length);
    if (driver->looked_up == NULL)
        driver->looked_up = ps_arena_take(&driver->arena, NAME_LIMIT * sizeof *driver->looked_up);
    if (copy == NULL || driver->looked_up == NULL)
        return ps_fail_memory(err);
    driver->looked_up[driver->looked_up_count++] = copy;
    return true;
}

/* The name at bytes at, whose characters are width bytes apart; its length, 0 if it is none. */
static size_t take_name(const uint8_t *at, size_t left, unsigned width, char name[NAME_MOST + 1])
{
    size_t length = 0;

    while (length < NAME_MOST && (length + 1) * width <= left && is_word(at[length * width])) {
        if (width == 2 && at[length * 2 + 1] != 0)
            return 0;
        name[length] = (char)at[length * width];
        length++;
    }
    name[length] = '\0';
    if (length < NAME_LEAST || (length + 1) * width > left || at[length * width] != 0)
        return 0;
    return width == 1 || at[length * 2 + 1] == 0 ? length : 0;
}

/* Kernel routines are looked up by names in UTF-16, those of the filter manager by plain ones. */
static bool read_names(ps_driver *driver, ps_error *err)
{
    const uint8_t *data = driver->image.data;
    const size_t size = driver->image.size;
    char name[NAME_MOST + 1];

    for (size_t i = 0; i + 4 < size; i++) {
        unsigned width = 0;
        size_t length = 0;

        if (!is_upper(data[i]) || (i > 0 && is_word(data[i - 1])))
            continue;
        if (data[i + 1] == 0 && data[i + 3] == 0)
            width = 2;
        else if (memcmp(data + i, "Flt", 3) == 0)
            width = 1;
        if (width != 0)
            length = take_name(data + i, size - i, width, name);
        if (length > 0 && !add_name(driver, name, length, err))
            return false;
        i += length * width;
    }
    return true;
}

/* Bits a byte of a section's beginning. */
static double entropy_of(const ps_image *image, const ps_section *section)
{
    uint32_t counts[256] = {0};
    const size_t backed = ps_section_backed(image, section);
    size_t left;
    const uint8_t *at = ps_image_at(image, section->rva, &left);
    double bits = 0;

    if (at == NULL)
        return 0;
    if (left > backed)
        left = backed;
    if (left > SAMPLE)
        left = SAMPLE;
    for (size_t i = 0; i < left; i++)
        counts[at[i]]++;
    for (unsigned i = 0; i < 256 && left >= 4096; i++) {
        if (counts[i] > 0)
            bits -= counts[i] * log2((double)counts[i] / (double)left) / (double)left;
    }
    return bits;
}

/* The packer that names its sections so, or NULL. */
static const char *packer_of(const ps_section *section)
{
    static const struct {
        const char *begins, *packer;
    } known[] = {{"UPX", "UPX"},          {".vmp", "VMProtect"},      {"vmp", "VMProtect"},
                 {".themida", "Themida"}, {".winlice", "WinLicense"}, {".enigma", "Enigma"},
                 {".aspack", "ASPack"},   {".adata", "ASPack"},       {".petite", "Petite"},
                 {".MPRESS", "MPRESS"},   {".packed", "a packer"},    {".svmp", "VMProtect"},
                 {".nsp", "NsPack"},      {"PEC2", "PECompact"},      {".perplex", "Perplex"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(section->name, known[i].begins, strlen(known[i].begins)) == 0)
            return known[i].packer;
    return NULL;
}

/* Why the code of this section cannot be read as it will run; NULL if it looks as it should. */
static const char *why_packed(const ps_driver *driver, const ps_section *section)
{
    const ps_image *image = &driver->image;
    const bool entered =
        image->entry >= section->rva && image->entry - section->rva < section->virtual_size;

    if (!ps_section_executes(section))
        return NULL;
    if (entered && ps_section_writes(section) && strcmp(section->name, "INIT") != 0)
        return "the entry point is in a section that is written to";
    if (entropy_of(image, section) > PACKED_ENTROPY)
        return "its code is as random as packed data";
    if (section->file_size == 0 && section->virtual_size > 4096)
        return "it has code that only exists at run time";
    return NULL;
}

static bool note_packed(ps_driver *driver, ps_error *err)
{
    static const char text[] = "packed or virtualised: %s (%s); call sites are missing";
    const ps_image *image = &driver->image;

    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        const char *packer = packer_of(section);
        const char *why = packer != NULL ? packer : why_packed(driver, section);

        if (why != NULL) {
            driver->facts.packed = true;
            return ps_driver_note(driver, PS_FLAGGED, section->file_offset, err, text,
                                  section->name[0] != '\0' ? section->name : "a section", why);
        }
    }
    return true;
}

bool ps_leads_read(ps_driver *driver, ps_error *err)
{
    if (driver->facts.imports_dynamically && !read_names(driver, err))
        return false;
    return note_packed(driver, err);
}
