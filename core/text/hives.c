/* hives.c - sizes of the registry's hives, in listings of folders and as a debugger knows them.
 *
 *     Directory of C:\Windows\System32\config                    (dir; the words in any language)
 *    11/01/2026  12:05 AM        94,371,840 SOFTWARE
 *
 *        Directory: C:\Windows\System32\config                   (Get-ChildItem)
 *    -a----         11/1/2026  12:05 AM       94371840 SOFTWARE
 *
 *    | HiveAddr |Stable Length|Stable Map|Volatile Length|...| FileName      (!reg hivelist)
 *    | e1008b60 |       1000  | e1008bbc |          0    |...| \SystemRoot\System32\Config\SAM
 */
#include "text/address.h"
#include "text/dialect.h"
#include "text/entry.h"

#include <string.h>

enum { PATH_LIMIT = 1024, BARS = 16 };

typedef struct hive_list {
    bool registry; /* of the debugger */
    size_t stable, of_volatile, name, columns;
    size_t folder_size;
    char folder[PATH_LIMIT];
} hive_list;

PS_DIALECT_FITS(hive_list);

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* --- folders ---------------------------------------------------------------------------------- */

/* " Directory of C:\Windows", "    Directory: C:\Windows": the path stands at the end, behind words
 * that are indented. */
static bool folder_line(hive_list *list, ps_reading *reading)
{
    ps_span body = reading->body;
    const char *path = NULL;

    if (reading->line.size == 0 || !ps_is_blank(*reading->line.text))
        return false;
    for (const char *at = body.at + 4; at + 3 <= body.end && path == NULL; at++)
        if (ps_is_blank(at[-1]) && is_letter(at[0]) && at[1] == ':' && at[2] == '\\')
            path = at;
    if (path == NULL || path - body.at > 40 || body.end - path >= PATH_LIMIT - 300)
        return false;
    list->folder_size = (size_t)(body.end - path);
    memcpy(list->folder, path, list->folder_size);
    if (list->folder[list->folder_size - 1] != '\\')
        list->folder[list->folder_size++] = '\\';
    return true;
}

static void add_hive(hive_list *list, ps_reading *reading, ps_span name, uint64_t bytes)
{
    ps_hive *hive;

    if (!ps_is_hive(name))
        return;
    memcpy(list->folder + list->folder_size, name.at, (size_t)(name.end - name.at));
    hive = ps_add_item(reading, PS_ITEM_HIVES, "dir", &reading->line);
    if (hive == NULL)
        return;
    hive->path = ps_keep(reading->text, (ps_span){list->folder, list->folder + list->folder_size +
                                                                    (name.end - name.at)});
    hive->bytes = bytes;
    reading->text->row_line_count++;
}

/* The name is what is behind the size; names of hives have no blanks. */
static bool file_row(hive_list *list, ps_reading *reading)
{
    const ps_span body = reading->body;
    ps_span name = body;
    ps_span size;
    uint64_t bytes;

    while (name.at < name.end && !ps_is_blank(name.end[-1]))
        name.end--;
    name = (ps_span){name.end, body.end};
    if (!ps_is_hive(name) || name.end - name.at > 64)
        return true;
    size = ps_trim((ps_span){body.at, name.at});
    size.at = size.end;
    while (size.at > body.at &&
           (!ps_is_blank(size.at[-1]) ||
            (size.at - 2 >= body.at && ps_is_digit(size.at[-2]) && size.end - size.at == 3)))
        size.at--;
    if (ps_item_number(size, &bytes))
        add_hive(list, reading, name, bytes);
    else if (!ps_contains(body, "<"))
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this hive has no size");
    return true;
}

/* --- !reg hivelist ---------------------------------------------------------------------------- */

/* The cells between the bars of the line as it came. */
static size_t part_bars(ps_span raw, ps_span *cells)
{
    size_t count = 0;

    raw = ps_trim(raw);
    if (raw.at == raw.end || *raw.at != '|')
        return 0;
    for (raw.at++; count < BARS; count++) {
        const char *bar = memchr(raw.at, '|', (size_t)(raw.end - raw.at));
        cells[count] = ps_trim((ps_span){raw.at, bar == NULL ? raw.end : bar});
        if (bar == NULL)
            return count + 1;
        raw.at = bar + 1;
    }
    return count;
}

static bool registry_header(hive_list *list, const ps_reading *reading)
{
    ps_span cells[BARS];
    const size_t count = part_bars(reading->raw, cells);

    list->stable = list->of_volatile = list->name = 0;
    for (size_t i = 0; i < count; i++) {
        if (ps_word_is(cells[i], "Stable Length"))
            list->stable = i;
        else if (ps_word_is(cells[i], "Volatile Length"))
            list->of_volatile = i;
        else if (ps_word_is(cells[i], "FileName"))
            list->name = i;
    }
    list->columns = count;
    return count > 0 && ps_word_is(cells[0], "HiveAddr") && list->stable > 0 && list->name > 0;
}

static bool registry_row(const hive_list *list, ps_reading *reading)
{
    ps_span cells[BARS];
    const size_t count = part_bars(reading->raw, cells);
    uint64_t stable, of_volatile = PS_UNKNOWN;
    ps_hive *hive;

    if (count == 0)
        return false;
    if (count != list->columns || !ps_take_hex(&cells[list->stable], &stable) ||
        (list->of_volatile > 0 && !ps_take_hex(&cells[list->of_volatile], &of_volatile))) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no hive of the list");
        return true;
    }
    hive = ps_add_item(reading, PS_ITEM_HIVES, "!reg hivelist", &reading->line);
    if (hive == NULL)
        return true;
    hive->path = ps_keep(reading->text, cells[list->name]);
    hive->bytes = stable;
    hive->volatile_bytes = of_volatile;
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    hive_list *list = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    list->registry =
        ps_contains(ps_first(reading->body, 40), "HiveAddr") && registry_header(list, reading);
    if (list->registry || folder_line(list, reading))
        return true;
    memset(list, 0, sizeof *list);
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    hive_list *list = state;
    const ps_span body = reading->body;

    if (reading->line.size > reading->row_bytes || reading->line.continued || reading->at_prompt)
        return false;
    if (body.at == body.end)
        return true;
    if (list->registry)
        return *body.at == '-' || registry_row(list, reading);
    if (folder_line(list, reading))
        return true;
    if (*body.at != '-' && !ps_is_digit(*body.at) && *body.at != 'd' &&
        !ps_contains(body, "LastWriteTime"))
        return false;
    return file_row(list, reading);
}

static void finish(void *state, ps_reading *reading)
{
    (void)state;
    (void)reading;
}

const ps_dialect ps_hives_dialect = {.name = "hives",
                                     .any = PS_HAS_COLON | PS_LETTER('v'),
                                     .least = 8,
                                     .start = start,
                                     .row = row,
                                     .finish = finish};
