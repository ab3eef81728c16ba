/* listing.c - one entry of a list of drivers or of processes, filled in by its headings. */
#include "text/listing.h"
#include "text/items.h"

enum { MIB = 1024 * 1024, UNIT_LETTERS = 6 };

void ps_listing_clear(ps_listing *entry)
{
    *entry = (ps_listing){.origin = entry->origin,
                          .host = entry->host,
                          .time = entry->time,
                          .time_known = entry->time_known};
    entry->process.id = PS_NO_ID;
    entry->process.session = PS_NO_SESSION;
    entry->process.time = entry->time_known ? entry->time : PS_NO_TIME;
    entry->module.instances = -1;
}

const char *ps_driver_state(ps_span word)
{
    static const struct {
        const char *begins, *state;
    } states[] = {
        {"Running", "running"},   {"Stopped", "stopped"},     {"Wird aus", "running"},
        {"Beendet", "stopped"},   {"Angehalten", "stopped"},  {"En cours", "running"},
        {"Arr", "stopped"},       {"En ejecuci", "running"},  {"Detenido", "stopped"},
        {"In esecuz", "running"}, {"Interrotto", "stopped"},  {"Em execu", "running"},
        {"Parado", "stopped"},    {"Interromp", "stopped"},   {"Wordt uit", "running"},
        {"Gestopt", "stopped"},   {"K\xC3\xB6rs", "running"}, {"Stoppad", "stopped"},
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        ps_span at = word;
        if (ps_take_text(&at, states[i].begins))
            return states[i].state;
    }
    return NULL;
}

/* "12,34" of a column in MiB: two decimals behind a comma or a point. */
static bool take_decimals(ps_span cell, uint64_t *value)
{
    const char *point = cell.end - 3;
    uint64_t whole = 0;
    ps_span part = {cell.at, point};

    if (cell.end - cell.at < 4 || (*point != ',' && *point != '.') || !ps_is_digit(point[1]) ||
        !ps_is_digit(point[2]))
        return false;
    if (ps_scan_unsigned(&part, &whole) != PS_SCAN_OK || part.at != part.end ||
        whole > UINT64_MAX / MIB - 1)
        return false;
    *value = whole * MIB + (uint64_t)((point[1] - '0') * 10 + (point[2] - '0')) * MIB / 100;
    return true;
}

/* A number with nothing behind it but the letters of its unit: "12,345 K". */
static bool take_amount(ps_span cell, uint32_t unit, uint64_t *value)
{
    if (unit == MIB && take_decimals(cell, value))
        return true;
    if (ps_scan_unsigned(&cell, value) != PS_SCAN_OK)
        return false;
    ps_skip_blanks(&cell);
    if (cell.end - cell.at > (unit == 1 ? 0 : UNIT_LETTERS) || *value > UINT64_MAX / unit)
        return false;
    *value *= unit;
    return true;
}

static void set_number(ps_listing *entry, const ps_heading *heading, ps_span cell)
{
    ps_process *process = &entry->process;
    uint64_t value;
    const bool read = take_amount(cell, heading->unit, &value);

    if (heading->field == PS_FIELD_ID && read)
        process->id = value;
    else if (heading->field == PS_FIELD_ID)
        entry->bad = true;
    else if (heading->field == PS_FIELD_SESSION && read && value <= INT32_MAX)
        process->session = (int32_t)value;
    else if (heading->field == PS_FIELD_VALUE && read) {
        process->values[heading->value] = value;
        process->known |= UINT32_C(1) << heading->value;
    }
}

static bool ends_in(ps_span path, const char *ending, size_t size)
{
    if ((size_t)(path.end - path.at) < size)
        return false;
    path.at = path.end - size;
    return ps_word_is(path, ending);
}

static void set_word(ps_listing *entry, ps_text *text, uint8_t field, ps_span cell)
{
    ps_module *module = &entry->module;

    switch (field) {
    case PS_FIELD_NAME:
        module->name = entry->process.name = ps_keep(text, cell);
        entry->has_name = module->name != NULL;
        break;
    case PS_FIELD_PATH:
        module->path = ps_keep(text, cell);
        entry->not_a_driver = ends_in(cell, ".exe", 4);
        break;
    case PS_FIELD_DISPLAY:
        module->display = ps_keep(text, cell);
        break;
    case PS_FIELD_STATE:
        if (module->state == NULL)
            module->state = ps_driver_state(cell);
        if (entry->service_state == NULL)
            entry->service_state = ps_service_state(cell);
        break;
    case PS_FIELD_TYPE:
        entry->type = ps_service_type(cell);
        break;
    case PS_FIELD_EXITED:
        entry->process.has_exited = ps_word_is(cell, "True") || ps_word_is(cell, "False");
        entry->process.exited = ps_word_is(cell, "True");
        break;
    case PS_FIELD_START:
        entry->start = ps_service_start(cell);
        break;
    case PS_FIELD_STARTED:
        if (module->state == NULL && (ps_word_is(cell, "True") || ps_word_is(cell, "False")))
            module->state = ps_word_is(cell, "True") ? "running" : "stopped";
        break;
    case PS_FIELD_VERSION:
        module->version = ps_keep(text, cell);
        break;
    case PS_FIELD_COMPANY:
        module->company = ps_keep(text, cell);
        break;
    case PS_FIELD_USER:
        entry->process.user = ps_word_is(cell, "N/A") ? NULL : ps_keep(text, cell);
        break;
    default:
        break;
    }
}

void ps_listing_cell(ps_listing *entry, ps_text *text, const ps_heading *heading, ps_span cell)
{
    if (heading == NULL || cell.at == cell.end)
        return;
    if (heading->field == PS_FIELD_ID || heading->field == PS_FIELD_SESSION ||
        heading->field == PS_FIELD_VALUE) {
        set_number(entry, heading, cell);
    } else {
        char plain[PS_MOST_ROW_BYTES];
        set_word(entry, text, heading->field, ps_cell_text(cell, plain, sizeof plain));
    }
}

/* Lists of drivers and of services tell how each starts and runs. */
static void add_service(const ps_listing *entry, ps_reading *reading, const ps_line *line)
{
    const ps_module *module = &entry->module;
    ps_service *service = ps_add_item(reading, PS_ITEM_SERVICES,
                                      entry->origin != NULL ? entry->origin : "service list", line);

    if (service == NULL)
        return;
    service->item.time = entry->time_known ? entry->time : PS_NO_TIME;
    service->item.host = entry->host;
    service->name = module->name;
    service->display_name = module->display;
    service->type = entry->type;
    service->state = entry->service_state != NULL ? entry->service_state : module->state;
    service->start = entry->start;
    service->path = module->path;
}

bool ps_listing_add(const ps_listing *entry, ps_reading *reading, ps_list_kind kind,
                    const ps_line *line)
{
    if (!entry->has_name || entry->bad ||
        (kind == PS_LIST_PROCESSES && entry->process.id == PS_NO_ID && entry->process.known == 0))
        return false;
    if (kind == PS_LIST_MODULES)
        add_service(entry, reading, line);
    if (kind == PS_LIST_MODULES && !entry->not_a_driver &&
        (entry->type == NULL || ps_is_driver_type(entry->type))) {
        ps_module *module = ps_add_module(reading->text);
        if (module == NULL)
            return true;
        *module = entry->module;
        module->line = line->number;
        module->origin = entry->origin != NULL ? entry->origin : "Win32_SystemDriver";
        module->unloaded = module->state != NULL && module->state[0] == 's';
    } else if (kind == PS_LIST_PROCESSES) {
        ps_process *process = ps_add_process(reading->text, line);
        if (process == NULL)
            return true;
        *process = entry->process;
        process->line = line->number;
        process->offset = line->offset;
        process->host = entry->host;
        process->origin = entry->origin != NULL ? entry->origin : "process list";
    }
    reading->text->row_line_count++;
    return true;
}
