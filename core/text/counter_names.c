/* counter_names.c - what a counter's path names, in the languages that Windows has it in.
 *
 * Letters beyond ASCII come in the code page of whoever wrote the log, or as '?': they are left out
 * on both sides before names are compared.  Names in other alphabets are compared as UTF-8. */
#include "text/counter_names.h"

#include "poolsleuth.h"

#include <string.h>

typedef enum object {
    OBJECT_NONE,
    OBJECT_MEMORY,
    OBJECT_PROCESS,
    OBJECT_OBJECTS,
    OBJECT_SYSTEM
} object;

static const struct {
    const char *name;
    object object;
} object_names[] = {
    {"Memory", OBJECT_MEMORY},
    {"4", OBJECT_MEMORY},
    {"Arbeitsspeicher", OBJECT_MEMORY},
    {"Speicher", OBJECT_MEMORY},
    {"M\xC3\xA9moire", OBJECT_MEMORY},
    {"Memoria", OBJECT_MEMORY},
    {"Mem\xC3\xB3ria", OBJECT_MEMORY},
    {"Geheugen", OBJECT_MEMORY},
    {"Minne", OBJECT_MEMORY},
    {"Pami\xC4\x99\xC4\x87", OBJECT_MEMORY},
    {"Pam\xC4\x9B\xC5\xA5", OBJECT_MEMORY},
    {"Bellek", OBJECT_MEMORY},
    {"\xD0\x9F\xD0\xB0\xD0\xBC\xD1\x8F\xD1\x82\xD1\x8C", OBJECT_MEMORY},
    {"Process", OBJECT_PROCESS},
    {"230", OBJECT_PROCESS},
    {"Prozess", OBJECT_PROCESS},
    {"Processus", OBJECT_PROCESS},
    {"Proceso", OBJECT_PROCESS},
    {"Processo", OBJECT_PROCESS},
    {"Proces", OBJECT_PROCESS},
    {"\xD0\x9F\xD1\x80\xD0\xBE\xD1\x86\xD0\xB5\xD1\x81\xD1\x81", OBJECT_PROCESS},
    {"Objects", OBJECT_OBJECTS},
    {"260", OBJECT_OBJECTS},
    {"Objekte", OBJECT_OBJECTS},
    {"Objets", OBJECT_OBJECTS},
    {"Objetos", OBJECT_OBJECTS},
    {"System", OBJECT_SYSTEM},
    {"2", OBJECT_SYSTEM},
};

typedef struct counter_name {
    const char *name;
    uint8_t object, field;
} counter_name;

static const counter_name counter_names[] = {
    {"Pool Nonpaged Bytes", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"58", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Nicht-Auslagerungsseiten (Bytes)", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Octets de r\xC3\xA9serve non pagin\xC3\xA9"
     "e",
     OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Bytes de bloque no paginado", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Byte del pool non di paging", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Bytes de pool n\xC3\xA3o pagin\xC3\xA1vel", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Bytes do pool n\xC3\xA3o pagin\xC3\xA1vel", OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"\xD0\x91\xD0\xB0\xD0\xB9\xD1\x82 \xD0\xB2 "
     "\xD0\xBD\xD0\xB5\xD0\xB2\xD1\x8B\xD0\xB3\xD1\x80\xD1\x83\xD0\xB6\xD0\xB0\xD0\xB5\xD0\xBC\xD0"
     "\xBE\xD0\xBC "
     "\xD1\x81\xD1\x82\xD1\x80\xD0\xB0\xD0\xBD\xD0\xB8\xD1\x87\xD0\xBD\xD0\xBE\xD0\xBC "
     "\xD0\xBF\xD1\x83\xD0\xBB\xD0\xB5",
     OBJECT_MEMORY, PS_MEM_NONPAGED},
    {"Pool Paged Bytes", OBJECT_MEMORY, PS_MEM_PAGED},
    {"56", OBJECT_MEMORY, PS_MEM_PAGED},
    {"Auslagerungsseiten (Bytes)", OBJECT_MEMORY, PS_MEM_PAGED},
    {"Octets de r\xC3\xA9serve pagin\xC3\xA9"
     "e",
     OBJECT_MEMORY, PS_MEM_PAGED},
    {"Bytes de bloque paginado", OBJECT_MEMORY, PS_MEM_PAGED},
    {"Byte del pool di paging", OBJECT_MEMORY, PS_MEM_PAGED},
    {"Bytes de pool pagin\xC3\xA1vel", OBJECT_MEMORY, PS_MEM_PAGED},
    {"Bytes do pool pagin\xC3\xA1vel", OBJECT_MEMORY, PS_MEM_PAGED},
    {"\xD0\x91\xD0\xB0\xD0\xB9\xD1\x82 \xD0\xB2 "
     "\xD0\xB2\xD1\x8B\xD0\xB3\xD1\x80\xD1\x83\xD0\xB6\xD0\xB0\xD0\xB5\xD0\xBC\xD0\xBE\xD0\xBC "
     "\xD1\x81\xD1\x82\xD1\x80\xD0\xB0\xD0\xBD\xD0\xB8\xD1\x87\xD0\xBD\xD0\xBE\xD0\xBC "
     "\xD0\xBF\xD1\x83\xD0\xBB\xD0\xB5",
     OBJECT_MEMORY, PS_MEM_PAGED},
    {"Pool Nonpaged Allocs", OBJECT_MEMORY, PS_MEM_NONPAGED_ALLOCS},
    {"64", OBJECT_MEMORY, PS_MEM_NONPAGED_ALLOCS},
    {"Nichtauslagerungsseiten reserviert", OBJECT_MEMORY, PS_MEM_NONPAGED_ALLOCS},
    {"Allocations de r\xC3\xA9serve non pagin\xC3\xA9"
     "e",
     OBJECT_MEMORY, PS_MEM_NONPAGED_ALLOCS},
    {"Pool Paged Allocs", OBJECT_MEMORY, PS_MEM_PAGED_ALLOCS},
    {"60", OBJECT_MEMORY, PS_MEM_PAGED_ALLOCS},
    {"Auslagerungsseiten reserviert", OBJECT_MEMORY, PS_MEM_PAGED_ALLOCS},
    {"Allocations de r\xC3\xA9serve pagin\xC3\xA9"
     "e",
     OBJECT_MEMORY, PS_MEM_PAGED_ALLOCS},
    {"Pool Paged Resident Bytes", OBJECT_MEMORY, PS_MEM_PAGED_RESIDENT},
    {"66", OBJECT_MEMORY, PS_MEM_PAGED_RESIDENT},
    {"Auslagerungsseiten: Residente Bytes", OBJECT_MEMORY, PS_MEM_PAGED_RESIDENT},
    {"Available Bytes", OBJECT_MEMORY, PS_MEM_AVAILABLE},
    {"24", OBJECT_MEMORY, PS_MEM_AVAILABLE},
    {"Verf\xC3\xBCgbare Bytes", OBJECT_MEMORY, PS_MEM_AVAILABLE},
    {"Octets disponibles", OBJECT_MEMORY, PS_MEM_AVAILABLE},
    {"Committed Bytes", OBJECT_MEMORY, PS_MEM_COMMIT},
    {"26", OBJECT_MEMORY, PS_MEM_COMMIT},
    {"Zugesicherte Bytes", OBJECT_MEMORY, PS_MEM_COMMIT},
    {"Octets valid\xC3\xA9s", OBJECT_MEMORY, PS_MEM_COMMIT},
    {"Commit Limit", OBJECT_MEMORY, PS_MEM_COMMIT_LIMIT},
    {"30", OBJECT_MEMORY, PS_MEM_COMMIT_LIMIT},
    {"Zusagegrenze", OBJECT_MEMORY, PS_MEM_COMMIT_LIMIT},
    {"Limite de m\xC3\xA9moire d\xC3\xA9"
     "di\xC3\xA9"
     "e",
     OBJECT_MEMORY, PS_MEM_COMMIT_LIMIT},
    {"Free System Page Table Entries", OBJECT_MEMORY, PS_MEM_FREE_PTES},
    {"678", OBJECT_MEMORY, PS_MEM_FREE_PTES},
    {"Processes", OBJECT_OBJECTS, PS_MEM_PROCESSES},
    {"248", OBJECT_OBJECTS, PS_MEM_PROCESSES},
    {"Threads", OBJECT_OBJECTS, PS_MEM_THREADS},
    {"250", OBJECT_OBJECTS, PS_MEM_THREADS},
    {"Events", OBJECT_OBJECTS, PS_MEM_EVENTS},
    {"252", OBJECT_OBJECTS, PS_MEM_EVENTS},
    {"Semaphores", OBJECT_OBJECTS, PS_MEM_SEMAPHORES},
    {"254", OBJECT_OBJECTS, PS_MEM_SEMAPHORES},
    {"Mutexes", OBJECT_OBJECTS, PS_MEM_MUTEXES},
    {"256", OBJECT_OBJECTS, PS_MEM_MUTEXES},
    {"Sections", OBJECT_OBJECTS, PS_MEM_SECTIONS},
    {"258", OBJECT_OBJECTS, PS_MEM_SECTIONS},
    {"Processes", OBJECT_SYSTEM, PS_MEM_PROCESSES},
    {"Threads", OBJECT_SYSTEM, PS_MEM_THREADS},
    {"System Up Time", OBJECT_SYSTEM, PS_MEM_UPTIME_S},
    {"674", OBJECT_SYSTEM, PS_MEM_UPTIME_S},
    {"Pool Nonpaged Bytes", OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"58", OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"Nicht-Auslagerungsseiten (Bytes)", OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"Octets de r\xC3\xA9serve non pagin\xC3\xA9"
     "e",
     OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"Bytes de bloque no paginado", OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"Byte del pool non di paging", OBJECT_PROCESS, PS_PROCESS_NONPAGED},
    {"Pool Paged Bytes", OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"56", OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"Auslagerungsseiten (Bytes)", OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"Octets de r\xC3\xA9serve pagin\xC3\xA9"
     "e",
     OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"Bytes de bloque paginado", OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"Byte del pool di paging", OBJECT_PROCESS, PS_PROCESS_PAGED},
    {"Handle Count", OBJECT_PROCESS, PS_PROCESS_HANDLES},
    {"952", OBJECT_PROCESS, PS_PROCESS_HANDLES},
    {"Handleanzahl", OBJECT_PROCESS, PS_PROCESS_HANDLES},
    {"Nombre de handles", OBJECT_PROCESS, PS_PROCESS_HANDLES},
    {"Thread Count", OBJECT_PROCESS, PS_PROCESS_THREADS},
    {"680", OBJECT_PROCESS, PS_PROCESS_THREADS},
    {"Threadanzahl", OBJECT_PROCESS, PS_PROCESS_THREADS},
    {"Working Set", OBJECT_PROCESS, PS_PROCESS_WORKING_SET},
    {"180", OBJECT_PROCESS, PS_PROCESS_WORKING_SET},
    {"Arbeitsseiten", OBJECT_PROCESS, PS_PROCESS_WORKING_SET},
    {"Page File Bytes", OBJECT_PROCESS, PS_PROCESS_PAGE_FILE},
    {"184", OBJECT_PROCESS, PS_PROCESS_PAGE_FILE},
    {"Private Bytes", OBJECT_PROCESS, PS_PROCESS_COMMIT},
    {"186", OBJECT_PROCESS, PS_PROCESS_COMMIT},
};

static const char *const id_names[] = {"ID Process", "784", "Prozesskennung"};

/* --- names ------------------------------------------------------------------------------------ */

static bool is_plain(char c) { return (unsigned char)c < 0x80 && c != '?'; }

static const char *next_plain(const char *at, const char *end)
{
    while (at < end && !is_plain(*at))
        at++;
    return at;
}

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

/* Equal but for letters beyond ASCII, of which there are not too many. */
static bool same_name(ps_span name, const char *known)
{
    const char *end = known + strlen(known);
    const char *at = name.at;
    size_t letters = 0;

    for (;;) {
        at = next_plain(at, name.end);
        known = next_plain(known, end);
        if (at == name.end || known == end)
            return at == name.end && known == end && letters > 0;
        if (lower(*at) != lower(*known))
            return false;
        letters += *at != ' ';
        at++;
        known++;
    }
}

static bool is_name(ps_span name, const char *known)
{
    const size_t size = strlen(known);

    if ((size_t)(name.end - name.at) == size && memcmp(name.at, known, size) == 0)
        return true;
    return same_name(name, known);
}

bool ps_part_counter(ps_span path, ps_counter_path *parts)
{
    const char *last = path.end;
    const char *at = path.at;

    *parts = (ps_counter_path){.host = {at, at}};
    if (path.end - at < 4 || *at != '\\')
        return false;
    at++;
    if (*at == '\\') {
        parts->host.at = ++at;
        while (at < path.end && *at != '\\')
            at++;
        parts->host.end = at;
        if (at == path.end)
            return false;
        at++;
    }
    while (last > at && last[-1] != '\\')
        last--;
    if (last <= at + 1 || last == path.end)
        return false;
    parts->counter = ps_trim((ps_span){last, path.end});
    parts->object = (ps_span){at, last - 1};
    parts->instance = (ps_span){last - 1, last - 1};
    if (last[-2] == ')') {
        const char *open = memchr(at, '(', (size_t)(last - 2 - at));
        if (open == NULL)
            return false;
        parts->object.end = open;
        parts->instance = (ps_span){open + 1, last - 2};
    }
    return parts->object.at < parts->object.end;
}

static object find_object(ps_span name)
{
    for (size_t i = 0; i < sizeof object_names / sizeof object_names[0]; i++)
        if (is_name(name, object_names[i].name))
            return object_names[i].object;
    return OBJECT_NONE;
}

ps_counter_kind ps_find_counter(const ps_counter_path *path, uint8_t *field)
{
    const object of = find_object(path->object);
    const bool process = of == OBJECT_PROCESS;

    *field = 0;
    if (of == OBJECT_NONE || process != (path->instance.at < path->instance.end))
        return PS_COUNTER_NONE;
    for (size_t i = 0; process && i < sizeof id_names / sizeof id_names[0]; i++)
        if (is_name(path->counter, id_names[i]))
            return PS_COUNTER_PROCESS_ID;
    for (size_t i = 0; i < sizeof counter_names / sizeof counter_names[0]; i++) {
        if (counter_names[i].object != of || !is_name(path->counter, counter_names[i].name))
            continue;
        *field = counter_names[i].field;
        return process ? PS_COUNTER_PROCESS : PS_COUNTER_MEMORY;
    }
    return PS_COUNTER_NONE;
}

/* --- values ----------------------------------------------------------------------------------- */

/* Digits with one point or comma among them: their number without it, and how many stand behind. */
static bool take_digits(ps_span *cell, uint64_t *value, int64_t *scale)
{
    const char *mark = NULL;
    size_t digits = 0;

    *value = 0;
    *scale = 0;
    for (; cell->at < cell->end; cell->at++) {
        const char c = *cell->at;
        if (c == '.' || c == ',') {
            if (mark != NULL)
                return false;
            mark = cell->at;
        } else if (!ps_is_digit(c)) {
            break;
        } else if (*value > UINT64_MAX / 10 - 1) {
            *scale += mark == NULL;
        } else {
            *value = *value * 10 + (uint64_t)(c - '0');
            *scale -= mark != NULL;
            digits++;
        }
    }
    return digits > 0;
}

/* "e+010" */
static bool take_power(ps_span *cell, int64_t *scale)
{
    uint64_t power;
    bool down;

    if (!ps_take_text(cell, "e"))
        return false;
    down = cell->at < cell->end && *cell->at == '-';
    cell->at += cell->at < cell->end && (*cell->at == '-' || *cell->at == '+');
    if (ps_scan_unsigned(cell, &power) != PS_SCAN_OK || cell->at != cell->end || power > 40)
        return false;
    *scale += down ? -(int64_t)power : (int64_t)power;
    return true;
}

bool ps_take_counter_value(ps_span cell, uint64_t *value)
{
    int64_t scale;

    if (!take_digits(&cell, value, &scale) || (cell.at < cell.end && !take_power(&cell, &scale)))
        return false;
    for (; scale > 0 && *value <= UINT64_MAX / 10; scale--)
        *value *= 10;
    for (; scale < 0 && *value > 0; scale++)
        *value /= 10;
    return scale == 0 || *value == 0;
}
