/* roles.c - what a column, a field or a key of a table of pool tags holds, by its heading.
 *
 * A heading is compared by its letters and digits alone, so that "NonPagedUsedBytes", "Non-paged
 * bytes (total)" and "np_used_bytes" are the same.  What is left when the pool, the unit and the
 * word for a change are taken off must be a known name of a number.
 */
#include "text/roles.h"

#include <string.h>

enum { LETTERS = 48 };

typedef struct letters {
    char at[LETTERS + 1];
    size_t size;
} letters;

/* Letters and digits in lower case; size 0 where the heading is none. */
static letters letters_of(ps_span span)
{
    letters word;

    word.size = 0;
    word.at[0] = '\0';
    for (; span.at < span.end; span.at++) {
        const char c = *span.at;
        const bool upper = c >= 'A' && c <= 'Z';
        if (!upper && !(c >= 'a' && c <= 'z') && !ps_is_digit(c))
            continue;
        if (word.size == LETTERS) {
            word.size = 0;
            return word;
        }
        word.at[word.size++] = (char)(upper ? c - 'A' + 'a' : c);
    }
    word.at[word.size] = '\0';
    return word;
}

static bool is(const letters *word, const char *literal)
{
    return word->at[0] == literal[0] && strcmp(word->at, literal) == 0;
}

static bool take_front(letters *word, const char *literal)
{
    size_t size;

    if (word->at[0] != literal[0])
        return false;
    size = strlen(literal);
    if (word->size < size || memcmp(word->at, literal, size) != 0)
        return false;
    memmove(word->at, word->at + size, word->size - size + 1);
    word->size -= size;
    return true;
}

static bool take_back(letters *word, const char *literal)
{
    const size_t size = strlen(literal);

    if (word->size < size || word->at[word->size - 1] != literal[size - 1] ||
        memcmp(word->at + word->size - size, literal, size) != 0)
        return false;
    word->size -= size;
    word->at[word->size] = '\0';
    return true;
}

typedef struct name_of {
    const char *name;
    int value;
} name_of;

/* By their letters, as they are looked for. */
static const name_of kinds[] = {
    {"address", PS_ROLE_ADDRESS},
    {"allocation", PS_ROLE_ADDRESS},
    {"binary", PS_ROLE_BINARY},
    {"computer", PS_ROLE_HOST},
    {"computername", PS_ROLE_HOST},
    {"date", PS_ROLE_TIME},
    {"datetime", PS_ROLE_TIME},
    {"datetimeutc", PS_ROLE_TIME_UTC},
    {"description", PS_ROLE_NOTE},
    {"driver", PS_ROLE_BINARY},
    {"flag", PS_ROLE_FLAGS},
    {"flags", PS_ROLE_FLAGS},
    {"host", PS_ROLE_HOST},
    {"hostname", PS_ROLE_HOST},
    {"machinename", PS_ROLE_HOST},
    {"mappeddriver", PS_ROLE_NOTE},
    {"module", PS_ROLE_BINARY},
    {"note", PS_ROLE_NOTE},
    {"notes", PS_ROLE_NOTE},
    {"numberofbytes", PS_ROLE_NUMBER}, /* of a block; its measure is set apart */
    {"offset", PS_ROLE_ADDRESS},
    {"owner", PS_ROLE_NOTE},
    {"pool", PS_ROLE_POOL},
    {"pooltag", PS_ROLE_TAG},
    {"pooltagname", PS_ROLE_TAG},
    {"pooltype", PS_ROLE_POOL},
    {"pscomputername", PS_ROLE_HOST},
    {"server", PS_ROLE_HOST},
    {"session", PS_ROLE_SESSION},
    {"sessionid", PS_ROLE_SESSION},
    {"source", PS_ROLE_BINARY},
    {"sourcedescription", PS_ROLE_NOTE},
    {"status", PS_ROLE_STATE},
    {"tag", PS_ROLE_TAG},
    {"taghex", PS_ROLE_TAG_HEX},
    {"tagname", PS_ROLE_TAG},
    {"tagvalue", PS_ROLE_TAG_HEX},
    {"time", PS_ROLE_TIME},
    {"timestamp", PS_ROLE_TIME},
    {"timestamputc", PS_ROLE_TIME_UTC},
    {"timeutc", PS_ROLE_TIME_UTC},
    {"type", PS_ROLE_POOL},
    {"utc", PS_ROLE_TIME_UTC},
    {"virtualaddress", PS_ROLE_ADDRESS},
};

static const name_of measures[] = {
    {"alloc", PS_MEASURE_ALLOCS},
    {"allocationcount", PS_MEASURE_ALLOCS},
    {"allocations", PS_MEASURE_ALLOCS},
    {"allocationsinuse", PS_MEASURE_DIFF},
    {"alloccount", PS_MEASURE_ALLOCS},
    {"allocs", PS_MEASURE_ALLOCS},
    {"allocscount", PS_MEASURE_ALLOCS},
    {"allocsinuse", PS_MEASURE_DIFF},
    {"averagesize", PS_MEASURE_PER_ALLOC},
    {"balloc", PS_MEASURE_PER_ALLOC},
    {"byte", PS_MEASURE_BYTES},
    {"bytes", PS_MEASURE_BYTES},
    {"bytesalloc", PS_MEASURE_PER_ALLOC},
    {"bytesinuse", PS_MEASURE_BYTES},
    {"bytesperalloc", PS_MEASURE_PER_ALLOC},
    {"bytesused", PS_MEASURE_BYTES},
    {"current", PS_MEASURE_DIFF},
    {"currentallocations", PS_MEASURE_DIFF},
    {"currentallocs", PS_MEASURE_DIFF},
    {"currentbytes", PS_MEASURE_BYTES},
    {"diff", PS_MEASURE_DIFF},
    {"difference", PS_MEASURE_DIFF},
    {"free", PS_MEASURE_FREES},
    {"freecount", PS_MEASURE_FREES},
    {"freed", PS_MEASURE_FREES},
    {"frees", PS_MEASURE_FREES},
    {"freescount", PS_MEASURE_FREES},
    {"inuse", PS_MEASURE_DIFF},
    {"live", PS_MEASURE_DIFF},
    {"memory", PS_MEASURE_BYTES},
    {"outstanding", PS_MEASURE_DIFF},
    {"outstandingallocations", PS_MEASURE_DIFF},
    {"outstandingallocationsallocsfrees", PS_MEASURE_DIFF},
    {"outstandingallocs", PS_MEASURE_DIFF},
    {"peralloc", PS_MEASURE_PER_ALLOC},
    {"size", PS_MEASURE_BYTES},
    {"sizebytes", PS_MEASURE_BYTES},
    {"usage", PS_MEASURE_BYTES},
    {"used", PS_MEASURE_BYTES},
    {"usedbytes", PS_MEASURE_BYTES},
};

static bool find_name(const name_of *names, size_t count, const letters *word, int *value)
{
    size_t first = 0, end = count;

    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        const int order = strcmp(word->at, names[middle].name);
        if (order == 0) {
            *value = names[middle].value;
            return true;
        }
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return false;
}

static bool find_measure(const letters *word, int *measure)
{
    return find_name(measures, sizeof measures / sizeof *measures, word, measure);
}

/* The pool at the front of the heading; longer words come before those that they begin with. */
static ps_side take_side(letters *word)
{
    static const name_of sides[] = {
        {"nonpagedpool", PS_SIDE_NONPAGED},
        {"nonpaged", PS_SIDE_NONPAGED},
        {"npaged", PS_SIDE_NONPAGED},
        {"nonp", PS_SIDE_NONPAGED},
        {"npp", PS_SIDE_NONPAGED},
        {"np", PS_SIDE_NONPAGED},
        {"pagedpool", PS_SIDE_PAGED},
        {"paged", PS_SIDE_PAGED},
        {"pp", PS_SIDE_PAGED},
        {"total", PS_SIDE_BOTH},
    };

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (take_front(word, sides[i].name))
            return (ps_side)sides[i].value;
    return PS_SIDE_ROW;
}

/* Of what is not empty. */
static int take_shift(letters *word)
{
    static const struct {
        const char *unit;
        int shift;
    } units[] = {{"kbytes", 10}, {"kib", 10}, {"kb", 10},     {"mbytes", 20}, {"mib", 20},
                 {"mb", 20},     {"gib", 30}, {"gbytes", 30}, {"gb", 30}};

    if (word->at[word->size - 1] != 'b' && word->at[word->size - 1] != 's')
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (take_back(word, units[i].unit))
            return units[i].shift;
    return 0;
}

static bool is_delta(letters *word)
{
    return take_back(word, "delta") || take_back(word, "change") || take_front(word, "delta");
}

/* "Total" behind a number's name says that it counts since the machine was started. */
static ps_role number_role(letters word)
{
    ps_role role = {.kind = PS_ROLE_NUMBER};
    const bool delta = is_delta(&word);
    int measure;

    (void)(!delta && take_back(&word, "total"));
    role.side = take_side(&word);
    if (!find_measure(&word, &measure)) {
        role.shift = word.size == 0 ? 0 : take_shift(&word);
        if (role.shift == 0 || (word.size > 0 && !find_measure(&word, &measure)))
            return (ps_role){0};
        if (word.size == 0)
            measure = PS_MEASURE_BYTES;
        if (measure != PS_MEASURE_BYTES)
            return (ps_role){0};
    }
    if (delta && measure == PS_MEASURE_PER_ALLOC)
        return (ps_role){0};
    role.measure = (ps_measure)(delta ? measure + PS_MEASURE_DELTA_ALLOCS : measure);
    return role;
}

ps_role ps_role_of(ps_span heading)
{
    const letters word = letters_of(heading);
    int kind;

    if (word.size == 0 || ps_is_digit(word.at[0]))
        return (ps_role){0};
    if (!find_name(kinds, sizeof kinds / sizeof *kinds, &word, &kind))
        return number_role(word);
    if (kind == PS_ROLE_NUMBER)
        return (ps_role){.kind = PS_ROLE_NUMBER, .measure = PS_MEASURE_BYTES, .side = PS_SIDE_ROW};
    return (ps_role){.kind = (ps_role_kind)kind};
}

bool ps_has_tag_word(ps_span span)
{
    for (const char *at = span.at; span.end - at >= 3; at++)
        if ((at[0] | 0x20) == 't' && (at[1] | 0x20) == 'a' && (at[2] | 0x20) == 'g')
            return true;
    return false;
}

bool ps_read_pool(ps_span word, ps_pool *pool)
{
    letters name = letters_of(word);

    *pool = PS_POOL_NONPAGED;
    if (take_front(&name, "nonp") || is(&name, "np") || is(&name, "npp"))
        return true;
    *pool = PS_POOL_PAGED;
    return take_front(&name, "paged") || is(&name, "pp");
}
