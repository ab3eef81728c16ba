/* modules.c - which modules were loaded.
 *
 *    start             end                 module name
 *    fffff806`bd0b0000 fffff806`bd0cd000   disk       (deferred)
 *        Image path: \SystemRoot\System32\drivers\disk.sys            (lm v)
 *    Unloaded modules:
 *    f9f53000 f9f61000   swmidi.sys
 *
 *    "Module Name","Display Name","Driver Type","Link Date"           (driverquery /fo csv)
 *
 *    Module Name  Display Name           Driver Type   Link Date      (driverquery)
 *    ============ ====================== ============= ======================
 */
#include "text/modules.h"

#include <string.h>

typedef struct cell_list {
    ps_span at[PS_CSV_CELLS];
    size_t count;
} cell_list;

void ps_modules_open(ps_modules *modules, ps_text *text) { *modules = (ps_modules){.text = text}; }

void ps_modules_leave(ps_modules *modules)
{
    modules->list = PS_MODULES_NONE;
    modules->open_module = false;
}

/* --- lm -------------------------------------------------------------------------------------- */

/* 8 to 16 hex digits, with or without the debugger's ` in the middle. */
static bool take_address(ps_span *at, uint64_t *address)
{
    size_t digits = 0;

    *address = 0;
    for (; at->at < at->end && !ps_is_blank(*at->at); at->at++) {
        const char c = *at->at;
        const char low = (char)(c | 0x20);
        if (c == '`' && digits == 8)
            continue;
        if (!ps_is_digit(c) && (low < 'a' || low > 'f'))
            return false;
        *address = *address << 4 | (uint64_t)(ps_is_digit(c) ? c - '0' : low - 'a' + 10);
        digits++;
    }
    return digits == 8 || digits == 16;
}

static bool lm_row(ps_modules *modules, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t base, end, third;
    ps_module *module;
    ps_span name, word;

    if (!take_address(&at, &base))
        return false;
    ps_skip_blanks(&at);
    if (!take_address(&at, &end) || end < base)
        return false;
    name = ps_next_word(&at);
    word = name;
    if (name.at == name.end || take_address(&word, &third))
        return false; /* three addresses are a dump of memory */
    module = ps_add_module(modules->text);
    if (module == NULL)
        return true;
    *module = (ps_module){.base = base,
                          .end = end,
                          .size = end - base,
                          .line = reading->line.number,
                          .origin = "lm",
                          .instances = -1};
    module->name = ps_keep(modules->text, name);
    module->unloaded = modules->list == PS_MODULES_UNLOADED;
    modules->open_module = true;
    return true;
}

/* What lm v says of the module above. */
static bool lm_detail(ps_modules *modules, ps_reading *reading)
{
    ps_span at = reading->body;

    if (!modules->open_module || !ps_take_text(&at, "Image path:"))
        return false;
    at = ps_trim(at);
    if (at.at < at.end)
        modules->text->modules[modules->text->module_count - 1].path = ps_keep(modules->text, at);
    return true;
}

/* --- driverquery ----------------------------------------------------------------------------- */

/* Cells between commas; in quotes "" stands for a quote, which no name or path has. */
static bool part_csv(ps_span line, cell_list *cells)
{
    cells->count = 0;
    while (cells->count < PS_CSV_CELLS) {
        ps_span *cell = &cells->at[cells->count++];
        const bool quoted = line.at < line.end && *line.at == '"';
        const char *stop;
        line.at += quoted;
        stop = line.at == line.end
                   ? NULL
                   : memchr(line.at, quoted ? '"' : ',', (size_t)(line.end - line.at));
        if (stop == NULL && quoted)
            return false;
        *cell = ps_trim((ps_span){line.at, stop == NULL ? line.end : stop});
        line.at = stop == NULL ? line.end : stop + quoted;
        if (line.at == line.end)
            return true;
        if (*line.at++ != ',')
            return false;
    }
    return false;
}

static size_t find_cell(const cell_list *cells, const char *name)
{
    for (size_t i = 0; i < cells->count; i++)
        if (ps_word_is(cells->at[i], name))
            return i;
    return PS_CSV_CELLS;
}

/* The columns are known by name; a driver that driverquery /v shows as stopped is not loaded. */
static bool take_header(ps_modules *modules, const cell_list *cells, ps_module_list list)
{
    modules->name = find_cell(cells, "Module Name");
    modules->path = find_cell(cells, "Path");
    modules->state = find_cell(cells, "State");
    modules->cells = cells->count;
    if (modules->name == PS_CSV_CELLS || cells->count < 2)
        return false;
    modules->list = list;
    modules->open_module = false;
    return true;
}

static void add_queried(ps_modules *modules, const cell_list *cells, const ps_line *line)
{
    ps_module *module = ps_add_module(modules->text);

    if (module == NULL)
        return;
    *module = (ps_module){.line = line->number, .origin = "driverquery", .instances = -1};
    module->name = ps_keep(modules->text, cells->at[modules->name]);
    if (modules->path < cells->count && cells->at[modules->path].at < cells->at[modules->path].end)
        module->path = ps_keep(modules->text, cells->at[modules->path]);
    if (modules->state < cells->count)
        module->unloaded = ps_word_is(cells->at[modules->state], "Stopped");
}

static bool csv_row(ps_modules *modules, ps_reading *reading)
{
    cell_list cells;

    if (!part_csv(reading->body, &cells))
        return false;
    if (find_cell(&cells, "Module Name") != PS_CSV_CELLS)
        return take_header(modules, &cells, PS_MODULES_CSV);
    if (cells.count != modules->cells || cells.at[modules->name].at == cells.at[modules->name].end)
        return false;
    add_queried(modules, &cells, &reading->line);
    return true;
}

static void part_table(const ps_modules *modules, ps_span line, cell_list *cells)
{
    const size_t size = (size_t)(line.end - line.at);

    cells->count = modules->cells;
    for (size_t i = 0; i < cells->count; i++) {
        const size_t start = modules->starts[i] < size ? modules->starts[i] : size;
        const size_t stop = start + modules->widths[i] < size ? start + modules->widths[i] : size;
        cells->at[i] = ps_trim((ps_span){line.at + start, line.at + stop});
    }
}

static bool is_rule(ps_span body)
{
    for (const char *at = body.at; at < body.end; at++)
        if (*at != '=' && *at != ' ')
            return false;
    return body.at < body.end;
}

/* The rule under the header gives the columns; the header's words are read by them afterwards. */
static bool table_rule(ps_modules *modules, ps_span line)
{
    const char *start = line.at;
    cell_list cells;

    while (modules->cells < PS_CSV_CELLS) {
        const ps_span word = ps_next_word(&line);
        if (word.at == word.end)
            break;
        modules->starts[modules->cells] = (size_t)(word.at - start);
        modules->widths[modules->cells++] = (size_t)(word.end - word.at);
    }
    part_table(modules, modules->header, &cells);
    if (take_header(modules, &cells, PS_MODULES_TABLE))
        return true;
    ps_modules_leave(modules);
    return false;
}

static bool table_row(ps_modules *modules, ps_reading *reading)
{
    const ps_line *line = &reading->line;
    const ps_span whole = {line->text, line->text + line->size};
    cell_list cells;

    if (reading->at_prompt || (reading->after_blank && modules->rows))
        return false;
    if (modules->cells == 0)
        return is_rule(reading->body) && table_rule(modules, whole);
    part_table(modules, whole, &cells);
    if (cells.at[modules->name].at == cells.at[modules->name].end ||
        ps_trim(whole).end - line->text < (ptrdiff_t)modules->starts[1])
        return false;
    modules->rows = true;
    add_queried(modules, &cells, line);
    return true;
}

/* --- the way in ------------------------------------------------------------------------------ */

bool ps_modules_row(ps_modules *modules, ps_reading *reading)
{
    if (reading->body.at == reading->body.end || reading->line.size > PS_ROW_LIMIT)
        return false;
    switch (modules->list) {
    case PS_MODULES_LM:
    case PS_MODULES_UNLOADED:
        return lm_row(modules, reading) || lm_detail(modules, reading);
    case PS_MODULES_CSV:
        return csv_row(modules, reading);
    case PS_MODULES_TABLE:
        return table_row(modules, reading);
    default:
        return false;
    }
}

static bool is_lm_header(ps_span body)
{
    return ps_word_is(ps_next_word(&body), "start") && ps_word_is(ps_next_word(&body), "end") &&
           ps_word_is(ps_next_word(&body), "module") && ps_word_is(ps_next_word(&body), "name");
}

static bool begin_table(ps_modules *modules, const ps_line *line)
{
    const char *header = ps_keep(modules->text, (ps_span){line->text, line->text + line->size});

    if (header == NULL)
        return true;
    modules->header = (ps_span){header, header + line->size};
    modules->list = PS_MODULES_TABLE;
    modules->rows = false;
    modules->cells = 0;
    return true;
}

bool ps_modules_start(ps_modules *modules, ps_reading *reading)
{
    ps_span body = reading->body;
    cell_list cells;

    if (body.at == body.end || reading->line.size > PS_ROW_LIMIT)
        return false;
    if (*body.at == 's' && is_lm_header(body)) {
        ps_modules_leave(modules);
        modules->list = PS_MODULES_LM;
        return true;
    }
    if (ps_word_is(body, "Unloaded modules:")) {
        ps_modules_leave(modules);
        modules->list = PS_MODULES_UNLOADED;
        return true;
    }
    if (ps_take_text(&body, "\"Module Name\","))
        return part_csv(reading->body, &cells) && take_header(modules, &cells, PS_MODULES_CSV);
    if (!ps_take_text(&body, "Module Name ") || !ps_contains(body, "Display Name"))
        return false;
    ps_modules_leave(modules);
    return begin_table(modules, &reading->line);
}

void ps_modules_strange(ps_modules *modules, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t address;

    if (modules->list == PS_MODULES_NONE)
        return;
    if (modules->list == PS_MODULES_LM || modules->list == PS_MODULES_UNLOADED) {
        if (reading->after_blank)
            ps_modules_leave(modules);
        else if (take_address(&at, &address))
            ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the modules");
        return;
    }
    if (reading->after_blank)
        ps_modules_leave(modules);
    else
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of the driver list");
}
