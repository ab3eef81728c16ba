/* counter_names.c - what a counter's path names, in the languages that Windows has it in.
 *
 * A name is brought into UTF-8 in small letters and compared whole.  Letters beyond ASCII come in the
 * code page of whoever wrote the log, or as '?': Latin names are compared without them, Cyrillic and
 * wide ones are tried in each code page that has them. */
#include "text/counter_names.h"

#include "poolsleuth.h"
#include "text/counter_names_data.h"

#include <string.h>

enum { NAME_LIMIT = 160, LEAST_LETTERS = 3 };

/* A name in small letters, and its ASCII letters alone. */
typedef struct name {
    char whole[NAME_LIMIT + 1], plain[NAME_LIMIT + 1];
} name;

/* --- names ------------------------------------------------------------------------------------ */

static bool is_high(char c) { return (unsigned char)c >= 0x80; }

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

static bool put(char *room, size_t *size, const char *bytes, size_t count)
{
    if (*size + count > NAME_LIMIT)
        return false;
    memcpy(room + *size, bytes, count);
    *size += count;
    room[*size] = '\0';
    return true;
}

/* A letter of the Cyrillic block, U+0400 to U+04FF, made small. */
static bool put_cyrillic(char *room, size_t *size, unsigned code)
{
    char bytes[2];

    if (code >= 0x410 && code < 0x430)
        code += 0x20;
    else if (code == 0x401)
        code = 0x451;
    bytes[0] = (char)(0xC0 | code >> 6);
    bytes[1] = (char)(0x80 | (code & 0x3F));
    return put(room, size, bytes, 2);
}

/* Small letters of what is UTF-8 or, byte by byte, whatever else. */
static bool fold(ps_span from, char *room)
{
    size_t size = 0;

    *room = '\0';
    while (from.at < from.end) {
        const unsigned first = (unsigned char)*from.at;
        const char small = lower(*from.at);
        if ((first == 0xD0 || first == 0xD1) && from.end - from.at > 1 && is_high(from.at[1])) {
            if (!put_cyrillic(room, &size,
                              (first & 0x1F) << 6 | ((unsigned char)from.at[1] & 0x3F)))
                return false;
            from.at += 2;
        } else {
            if (!put(room, &size, &small, 1))
                return false;
            from.at++;
        }
    }
    return true;
}

/* Code pages 1251 and, dos, 866. */
static bool fold_cyrillic(ps_span from, bool dos, char *room)
{
    size_t size = 0;

    *room = '\0';
    for (; from.at < from.end; from.at++) {
        const unsigned c = (unsigned char)*from.at;
        const char small = lower(*from.at);
        unsigned code = 0;
        if (dos)
            code = c >= 0x80 && c < 0xB0 ? 0x390 + c : c >= 0xE0 && c < 0xF0 ? 0x360 + c : 0;
        else if (c >= 0xC0)
            code = 0x350 + c;
        if (code != 0 ? !put_cyrillic(room, &size, code) : !put(room, &size, &small, 1))
            return false;
    }
    return true;
}

static const char *find_letter(const ps_code_page *page, unsigned code)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->letters[i].code == code)
            return page->letters[i].utf8;
    return "?";
}

static bool fold_wide(ps_span from, const ps_code_page *page, char *room)
{
    size_t size = 0;

    *room = '\0';
    while (from.at < from.end) {
        const char small = lower(*from.at);
        const char *letter;
        if (!is_high(*from.at) || from.end - from.at < 2) {
            if (!put(room, &size, &small, 1))
                return false;
            from.at++;
            continue;
        }
        letter =
            find_letter(page, (unsigned)(unsigned char)from.at[0] << 8 | (unsigned char)from.at[1]);
        if (!put(room, &size, letter, strlen(letter)))
            return false;
        from.at += 2;
    }
    return true;
}

/* Without letters beyond ASCII and what stands for them; the number of letters that are left. */
static size_t strip(const char *from, char *room)
{
    size_t letters = 0;

    for (; *from != '\0'; from++) {
        if (is_high(*from) || *from == '?')
            continue;
        letters += *from != ' ';
        *room++ = *from;
    }
    *room = '\0';
    return letters;
}

/* Equal but for letters beyond ASCII, if there are others enough. */
static bool is_plain_name(const char *plain, const char *known)
{
    size_t letters = 0;

    for (;; known++) {
        if (is_high(*known))
            continue;
        if (*plain != *known)
            return false;
        if (*known == '\0')
            return letters >= LEAST_LETTERS;
        letters += *known != ' ';
        plain++;
    }
}

static bool is_name(const name *given, const char *known)
{
    if (given->whole[0] == known[0] && strcmp(given->whole, known) == 0)
        return true;
    return given->plain[0] != '\0' && is_plain_name(given->plain, known);
}

static bool has_word(const name *given, const char *word)
{
    char plain[NAME_LIMIT + 1]; /* words are shorter */

    if (strstr(given->whole, word) != NULL)
        return true;
    return strip(word, plain) >= LEAST_LETTERS && strstr(given->plain, plain) != NULL;
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

static uint8_t find_object(const name *given)
{
    const ps_counter_data *data = &ps_counter_data_of_windows;

    for (size_t i = 0; i < data->object_count; i++)
        if (is_name(given, data->objects[i].name))
            return data->objects[i].object;
    return PS_OBJECT_NONE;
}

static ps_counter found(uint8_t object, uint8_t field, uint8_t shift)
{
    if (object != PS_OBJECT_PROCESS)
        return (ps_counter){PS_COUNTER_MEMORY, field, shift};
    if (field == PS_COUNTER_IS_ID)
        return (ps_counter){PS_COUNTER_PROCESS_ID, 0, 0};
    return (ps_counter){PS_COUNTER_PROCESS, field, shift};
}

/* The size of a pool, by the words that one language has in its name. */
static ps_counter find_by_words(const name *asked, uint8_t object)
{
    const ps_counter_data *data = &ps_counter_data_of_windows;
    const bool process = object == PS_OBJECT_PROCESS;

    for (size_t i = 0; i < data->other_word_count; i++)
        if (has_word(asked, data->other_words[i]))
            return (ps_counter){.kind = PS_COUNTER_NONE};
    for (size_t i = 0; i < data->pool_word_count; i++) {
        const ps_pool_word *words = &data->pool_words[i];
        if (!has_word(asked, words->pool) || !has_word(asked, words->bytes))
            continue;
        if (has_word(asked, words->nonpaged))
            return found(object, process ? PS_PROCESS_NONPAGED : PS_MEM_NONPAGED, 0);
        if (has_word(asked, words->paged))
            return found(object, process ? PS_PROCESS_PAGED : PS_MEM_PAGED, 0);
    }
    return (ps_counter){.kind = PS_COUNTER_NONE};
}

static ps_counter find_by_name(const name *asked, uint8_t object)
{
    const ps_counter_data *data = &ps_counter_data_of_windows;

    for (size_t i = 0; i < data->counter_count; i++) {
        const ps_counter_name *counter = &data->counters[i];
        if (counter->object == object && is_name(asked, counter->name))
            return found(object, counter->field, counter->shift);
    }
    if (object == PS_OBJECT_MEMORY || object == PS_OBJECT_PROCESS)
        return find_by_words(asked, object);
    return (ps_counter){.kind = PS_COUNTER_NONE};
}

static bool has_high(ps_span span)
{
    while (span.at < span.end && !is_high(*span.at))
        span.at++;
    return span.at < span.end;
}

/* UTF-8, the code pages 1251 and 866, then those of wide letters. */
enum { AS_UTF8, AS_1251, AS_866, AS_WIDE };

static bool fold_as(size_t page, ps_span from, name *to)
{
    bool fits;

    if (page == AS_UTF8)
        fits = fold(from, to->whole);
    else if (page < AS_WIDE)
        fits = fold_cyrillic(from, page == AS_866, to->whole);
    else
        fits = fold_wide(from, &ps_counter_data_of_windows.pages[page - AS_WIDE], to->whole);
    if (fits)
        (void)strip(to->whole, to->plain);
    return fits;
}

ps_counter ps_find_counter(const ps_counter_path *path)
{
    const bool has_instance = path->instance.at < path->instance.end;
    const size_t pages =
        has_high(path->object) ? AS_WIDE + ps_counter_data_of_windows.page_count : 1;
    ps_counter counter = {.kind = PS_COUNTER_NONE};

    for (size_t page = 0; page < pages && counter.kind == PS_COUNTER_NONE; page++) {
        name asked;
        uint8_t object;
        if (!fold_as(page, path->object, &asked))
            continue;
        object = find_object(&asked);
        if (object == PS_OBJECT_NONE || (object == PS_OBJECT_PROCESS) != has_instance)
            continue;
        if (fold_as(page, path->counter, &asked))
            counter = find_by_name(&asked, object);
    }
    return counter;
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
