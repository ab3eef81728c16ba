/* tracker_search.c - the variable of the tag tables where neither symbols nor debugger data name it:
 * images without a header hide the debugger's block from Windows 8 on.
 *
 * A variable of the kernel is taken for it if it points at a page where a table of a known layout
 * begins, with no tag twice; if the tables' size and mask lie beside it; and if, of several
 * processors, an array of their tables begins with the same one.  Where two tables are of that kind,
 * none is believed.
 */
#include "base/reader.h"
#include "dump/data_words.h"
#include "dump/offsets.h"
#include "dump/tracker_find.h"

enum { FEWEST_TAGS = 16, CHUNK = 64, LARGEST_ENTRY = 0x50, MOST = 1 << 14 };

/* Memory that is made up may look like tables as often as it likes: variables whose surroundings are
 * read, entries of tables, and searches for an array. */
enum { VARIABLES = 1 << 15, ENTRIES = 1 << 21, ARRAYS = 32 };

typedef struct search {
    ps_kernel *kernel;
    uint64_t variable, table;
    uint64_t variables, entries, arrays; /* that may still be looked at */
    bool several;
} search;

/* Which tags were seen, by a hash of 16 bits. */
typedef struct tags {
    uint8_t seen[1 << 13];
    unsigned used, again;
} tags;

static void note_tag(tags *t, uint32_t key)
{
    const uint32_t hash = key * UINT32_C(0x9E3779B1) >> 16;
    const uint8_t bit = (uint8_t)(1U << (hash & 7));

    if (key == 0)
        return;
    t->used++;
    t->again += (t->seen[hash >> 3] & bit) != 0;
    t->seen[hash >> 3] |= bit;
}

/* Some tags share a hash; a table that repeats its tags has far more of them. */
static bool looks_like_table(ps_kernel *kernel, const ps_tracker_table *table)
{
    const ps_tracker_layout *is =
        ps_tracker_detect(&kernel->space, table, kernel->file->facts.build);
    uint8_t bytes[CHUNK * LARGEST_ENTRY];
    tags t = {.used = 0};

    if (is == NULL)
        return false;
    for (uint64_t at = 0; at < table->entries && at < MOST; at += CHUNK) {
        const uint64_t left = table->entries - at;
        size_t got = 0;
        (void)ps_space_read(&kernel->space, table->address + at * is->size, bytes,
                            (size_t)(left < CHUNK ? left : CHUNK) * is->size, &got);
        for (size_t i = 0; i + is->size <= got; i += is->size) {
            ps_reader r = ps_reader_at(bytes, got, i, is->size);
            note_tag(&t, ps_u32(&r));
        }
    }
    return t.used >= FEWEST_TAGS && t.again * 4 <= t.used;
}

static bool may_be_table(const ps_kernel *kernel, uint64_t address)
{
    return address % PS_FRAME_SIZE == 0 && ps_is_kernel_address(&kernel->space, address) &&
           (address < kernel->image.base ||
            address - kernel->image.base >= kernel->image.image_size);
}

/* All are looked at, so that a second table is noticed. */
static bool look_at(void *context, uint64_t variable, uint64_t value)
{
    search *s = context;
    ps_tracker_table table = {value, 0};

    if (!may_be_table(s->kernel, value) || (s->variable != 0 && value == s->table) ||
        s->variables == 0)
        return false;
    s->variables--;
    table.entries = ps_tracker_size_near(s->kernel, variable);
    if (table.entries == 0 || table.entries > s->entries || s->arrays == 0)
        return false;
    s->entries -= table.entries;
    if (!looks_like_table(s->kernel, &table))
        return false;
    s->arrays--;
    if (s->kernel->file->facts.processors > 1 && ps_tracker_array(s->kernel, variable, value) == 0)
        return false;
    s->several = s->variable != 0;
    s->variable = variable;
    s->table = value;
    return s->several;
}

uint64_t ps_tracker_variable(ps_kernel *kernel)
{
    const uint64_t named = ps_kdbg_field(&kernel->kdbg, PS_KDBG_TRACK_TABLE);
    search s = {.kernel = kernel, .variables = VARIABLES, .entries = ENTRIES, .arrays = ARRAYS};

    if (named != 0 || kernel->tables_sought || !kernel->has_space ||
        kernel->file->facts.processors == 0)
        return named != 0 ? named : kernel->tables_variable;
    kernel->tables_sought = true;
    (void)ps_find_data_word(kernel, look_at, &s);
    kernel->tables_variable = s.several ? 0 : s.variable;
    return kernel->tables_variable;
}
