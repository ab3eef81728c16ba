/* entry.c - an item in the making, filled in by the names of its fields. */
#include "text/entry.h"

#include "text/address.h"

#include <string.h>

enum { PARAMETER_NAME = 64, PARAMETER_LIMIT = 250 };

/* --- words ------------------------------------------------------------------------------------ */

static const char *const levels[] = {"information", "critical",    "error",
                                     "warning",     "information", "verbose"};

const char *ps_event_level(ps_reading *reading, ps_span span)
{
    static const struct {
        const char *begins;
        uint8_t level;
    } words[] = {
        {"Crit", 1},
        {"Krit", 1},
        {"Cr\xC3\xAD", 1},
        {"Error", 2},
        {"Err", 2},
        {"Fehler", 2},
        {"Fel", 2},
        {"Fout", 2},
        {"\xE3\x82\xA8\xE3\x83\xA9\xE3\x83\xBC", 2},
        {"Warn", 3},
        {"Avert", 3},
        {"Advert", 3},
        {"Avviso", 3},
        {"Aviso", 3},
        {"Waarsch", 3},
        {"Varning", 3},
        {"\xE8\xAD\xA6\xE5\x91\x8A", 3},
        {"Info", 4},
        {"\xE6\x83\x85\xE5\xA0\xB1", 4},
        {"Verbose", 5},
        {"Ausf\xC3\xBC", 5},
    };
    uint64_t number;

    span = ps_trim(span);
    if (ps_item_number(span, &number) && number < sizeof levels / sizeof levels[0])
        return levels[number];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ps_span at = span;
        if (ps_take_text(&at, words[i].begins))
            return levels[words[i].level];
    }
    return span.at == span.end || ps_word_is(span, "N/A") ? NULL : ps_keep(reading->text, span);
}

bool ps_is_hive(ps_span path)
{
    static const char *const hives[] = {
        "SOFTWARE",     "SYSTEM",       "SAM",        "SECURITY",     "DEFAULT",  "COMPONENTS",
        "DRIVERS",      "BBI",          "ELAM",       "BCD-Template", "USERDIFF", "NTUSER.DAT",
        "NTUSER.MAN",   "UsrClass.dat", "schema.dat", "Amcache.hve",  "BCD",      "Syscache.hve",
        "settings.dat", "VSMIDK",       "FP"};
    ps_span name = path;

    for (const char *at = path.at; at < path.end; at++)
        if (*at == '\\' || *at == '/')
            name.at = at + 1;
    for (size_t i = 0; i < sizeof hives / sizeof hives[0]; i++)
        if (ps_word_is(name, hives[i]))
            return true;
    return false;
}

/* --- the item --------------------------------------------------------------------------------- */

void ps_entry_begin(ps_entry *entry, ps_reading *reading, ps_item_kind kind, const char *origin)
{
    entry->kind = kind;
    entry->origin = origin;
    entry->first = ps_text_item_count(reading->text, kind);
    entry->open = false;
}

void ps_entry_open(ps_entry *entry, ps_reading *reading, const ps_line *line)
{
    entry->open = ps_add_item(reading, entry->kind, entry->origin, line) != NULL;
    entry->bad = false;
    entry->names = 0;
    entry->date[0] = '\0';
    entry->dated = false;
}

static ps_item *item_of(const ps_entry *entry, ps_reading *reading)
{
    return ps_items_from(reading->text, entry->kind,
                         ps_text_item_count(reading->text, entry->kind) - 1);
}

static void set_time(ps_entry *entry, ps_reading *reading, ps_span value, bool whole)
{
    ps_item *item = item_of(entry, reading);
    bool zoned;
    int64_t time;

    if (value.end - value.at < (ptrdiff_t)sizeof entry->date) {
        memcpy(entry->date, value.at, (size_t)(value.end - value.at));
        entry->date[value.end - value.at] = '\0';
    }
    if (item->time != PS_NO_TIME || value.at == value.end ||
        (!whole && entry->kind == PS_ITEM_EVENTS))
        return;
    entry->dated = true;
    if (!ps_dates_read(&entry->dates, value, &time, &zoned)) {
        entry->timeless++;
        return;
    }
    item->time = time;
    if (entry->kind == PS_ITEM_EVENTS)
        ((ps_event *)(void *)item)->zoned = zoned;
}

/* "Date: 11/1/2026" and "Time: 12:05:00 AM" */
static void set_clock(ps_entry *entry, ps_reading *reading, ps_span value)
{
    char both[96];
    const size_t date = strlen(entry->date);
    const size_t size = (size_t)(value.end - value.at);

    if (date == 0 || size > 40)
        return;
    memcpy(both, entry->date, date);
    both[date] = ' ';
    memcpy(both + date + 1, value.at, size);
    set_time(entry, reading, (ps_span){both, both + date + 1 + size}, true);
}

/* The span without line ends and without another character, which become blanks. */
static void put_plain(char *out, size_t *size, ps_span span, char other)
{
    for (; span.at < span.end; span.at++) {
        out[*size] = *span.at;
        if (*span.at == other || *span.at == '\n')
            out[*size] = ' ';
        ++*size;
    }
}

/* One more line "name=value" behind those that there are. */
static void add_parameter(ps_reading *reading, char *at, ps_span name, ps_span value)
{
    const char *before;
    const char *joined;
    char line[PARAMETER_NAME + PARAMETER_LIMIT + 1];
    size_t size = 0;

    memcpy(&before, at, sizeof before);
    if (value.at == value.end || (before != NULL && strlen(before) > PS_ENTRY_LONGEST))
        return;
    name = ps_first(name, PARAMETER_NAME);
    value = ps_first(value, PARAMETER_LIMIT);
    put_plain(line, &size, name, '=');
    line[size++] = '=';
    put_plain(line, &size, value, '\n');
    joined = before == NULL
                 ? ps_keep(reading->text, (ps_span){line, line + size})
                 : ps_keep_joined(reading->text, before, '\n', (ps_span){line, line + size});
    memcpy(at, &joined, sizeof joined);
}

void ps_entry_parameter(ps_entry *entry, ps_reading *reading, ps_span name, ps_span value)
{
    if (entry->open)
        add_parameter(reading, (char *)item_of(entry, reading) + offsetof(ps_event, parameters),
                      name, value);
}

static void set_number(ps_entry *entry, char *at, ps_span value, uint64_t unit)
{
    const ps_span whole = value;
    uint64_t number;

    /* "64 Kb", "0x00001234 (4660)", "1,048,576 bytes" */
    if (!ps_item_number(ps_next_word(&value), &number)) {
        entry->bad =
            entry->bad || (unit == 1 && whole.at != whole.end && !ps_word_is(whole, "N/A"));
        return;
    }
    value = ps_trim(value);
    if (unit == 1 && value.at < value.end && *value.at == '(') {
        ps_span inner = {value.at + 1, value.end - (value.end[-1] == ')')};
        (void)ps_item_number(inner, &number);
    }
    if (number > UINT64_MAX / 1024 / 1024)
        return;
    if (entry->kind == PS_ITEM_EVENTS)
        number &= 0xFFFF; /* above are its severity and its facility */
    if (unit != 1 && (ps_word_is(value, "MB") || ps_word_is(value, "MiB")))
        unit *= 1024;
    else if (unit != 1 && (ps_word_is(value, "bytes") || ps_word_is(value, "B")))
        unit = 1;
    number *= unit;
    memcpy(at, &number, sizeof number);
}

static void set_hex(char *at, ps_span value)
{
    uint64_t number;

    if (ps_take_hex(&value, &number) && value.at == value.end)
        memcpy(at, &number, sizeof number);
}

static void set_text(ps_reading *reading, char *at, ps_span value)
{
    const char *text;

    if (value.at == value.end || ps_word_is(value, "N/A") || ps_word_is(value, "n/a"))
        return;
    text = ps_keep(reading->text, ps_first(value, PS_ENTRY_LONGEST));
    memcpy(at, &text, sizeof text);
}

/* A text of several lines as one. */
static void set_long(ps_reading *reading, char *at, ps_span value)
{
    char line[PS_ENTRY_LONGEST];
    size_t size = 0;

    for (; value.at < value.end && size < sizeof line; value.at++) {
        if (!ps_is_blank(*value.at))
            line[size++] = *value.at;
        else if (size > 0 && line[size - 1] != ' ')
            line[size++] = ' ';
    }
    set_text(reading, at, (ps_span){line, line + size});
}

void ps_entry_more(ps_entry *entry, ps_reading *reading, const ps_entry_name *name, ps_span line)
{
    const char *before;
    char *at;

    line = ps_first(ps_trim(line), PS_ENTRY_LONGEST / 2);
    if (!entry->open || line.at == line.end)
        return;
    at = (char *)item_of(entry, reading) + name->offset;
    memcpy(&before, at, sizeof before);
    if (before == NULL) {
        set_text(reading, at, line);
    } else if (strlen(before) < PS_ENTRY_LONGEST) {
        before = ps_keep_joined(reading->text, before, ' ', line);
        memcpy(at, &before, sizeof before);
    }
}

static void set_state(ps_reading *reading, char *at, ps_span value)
{
    const char *state = ps_service_state(value);

    if (state != NULL)
        memcpy(at, &state, sizeof state);
    else
        set_text(reading, at, value);
}

void ps_entry_set(ps_entry *entry, ps_reading *reading, const ps_entry_name *name, ps_span value)
{
    char *at;
    const char *level;
    int64_t time;
    bool zoned;

    value = ps_trim(value);
    if (!entry->open)
        return;
    at = (char *)item_of(entry, reading) + name->offset;
    entry->names++;
    switch (name->how) {
    case PS_ENTRY_NUMBER:
        set_number(entry, at, value, 1);
        break;
    case PS_ENTRY_HEX:
        set_hex(at, value);
        break;
    case PS_ENTRY_KIB:
        set_number(entry, at, value, 1024);
        break;
    case PS_ENTRY_TIME:
        set_time(entry, reading, value,
                 value.at < value.end &&
                     memchr(value.at, ':', (size_t)(value.end - value.at)) != NULL);
        break;
    case PS_ENTRY_CLOCK:
        set_clock(entry, reading, value);
        break;
    case PS_ENTRY_DATE:
        if (ps_dates_read(&entry->more, value, &time, &zoned))
            memcpy(at, &time, sizeof time);
        break;
    case PS_ENTRY_HOST:
        if (value.at < value.end)
            item_of(entry, reading)->host = ps_keep(reading->text, value);
        break;
    case PS_ENTRY_LEVEL:
        level = ps_event_level(reading, value);
        if (level != NULL)
            memcpy(at, &level, sizeof level);
        break;
    case PS_ENTRY_STATE:
        set_state(reading, at, value);
        break;
    case PS_ENTRY_PARAMETER:
        add_parameter(reading, at, (ps_span){NULL, NULL}, value);
        break;
    case PS_ENTRY_LONG:
        set_long(reading, at, value);
        break;
    case PS_ENTRY_NOTHING:
        break;
    default:
        set_text(reading, at, value);
    }
}

static bool is_item(const ps_entry *entry, const void *item)
{
    const ps_event *event = item;
    const ps_logger *logger = item;
    const ps_file *file = item;
    const ps_hive *hive = item;

    switch (entry->kind) {
    case PS_ITEM_EVENTS:
        return event->id != PS_UNKNOWN &&
               (event->provider != NULL || event->log != NULL || event->item.time != PS_NO_TIME);
    case PS_ITEM_LOGGERS:
        return logger->name != NULL && entry->names >= 2;
    case PS_ITEM_FILES:
        return file->path != NULL && file->verified != NULL;
    case PS_ITEM_HIVES:
        return hive->path != NULL && hive->bytes != PS_UNKNOWN;
    default:
        return true;
    }
}

bool ps_entry_end(ps_entry *entry, ps_reading *reading)
{
    const ps_hive *hive;

    if (!entry->open)
        return true;
    entry->open = false;
    if (ps_failed(reading->text))
        return true;
    if (entry->kind == PS_ITEM_EVENTS && entry->date[0] != '\0' && !entry->dated)
        set_time(entry, reading, (ps_span){entry->date, entry->date + strlen(entry->date)}, true);
    hive = (const void *)item_of(entry, reading);
    if (!entry->bad && is_item(entry, hive)) {
        if (entry->kind == PS_ITEM_HIVES &&
            !ps_is_hive((ps_span){hive->path, hive->path + strlen(hive->path)}))
            ps_drop_item(reading->text, entry->kind);
        else if (entry->last_line != reading->line.number || entry->last_line == 0)
            reading->text->row_line_count++; /* a line may hold many */
        entry->last_line = reading->line.number;
        return true;
    }
    ps_drop_item(reading->text, entry->kind);
    return false;
}

void ps_entry_finish(ps_entry *entry, ps_reading *reading)
{
    if (ps_failed(reading->text))
        return;
    if (entry->timeless > 0) {
        ps_remark(reading->text, PS_FLAGGED, &reading->line,
                  "%u times in the %s above were not understood", (unsigned)entry->timeless,
                  ps_item_kind_name(entry->kind));
    }
    ps_dates_settle(&entry->dates, reading, entry->kind, entry->first, offsetof(ps_item, time));
    if (entry->kind != PS_ITEM_FILES)
        return;
    ps_dates_settle(&entry->more, reading, entry->kind, entry->first, offsetof(ps_file, signed_at));
    ps_dates_settle(&entry->more, reading, entry->kind, entry->first, offsetof(ps_file, linked_at));
}
