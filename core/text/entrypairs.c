/* entrypairs.c - events, loggers and files by key and value, a group an item.
 *
 *    Event[0]:                       Log Name:      System          TimeCreated  : 11/1/2026 12:05:00 AM
 *      Log Name: System              Source:        Srv             ProviderName : Srv
 *      Source: Srv                   Date:          11/1/2026 ...   Id           : 2019
 *      Date: 2026-11-01T00:05:00     Event ID:      2019            Message      : The server was
 *      ...                           ...                                           unable ...
 *      Description:                  Description:
 *    The server was unable ...       The server was unable ...
 *
 *    Name:           EventLog-System             Logger Name       : NT Kernel Logger
 *    Status:         Running                     Buffer Size       : 1024
 *
 *    c:\windows\system32\drivers\acmeflt.sys:
 *            Verified:       Signed
 *
 * wevtutil writes its keys in the system's language, but always in the same order.
 */
#include "text/dialect.h"
#include "text/entry.h"

#include <string.h>

enum { TEXT_LINES = 60 };

typedef struct entry_pairs {
    ps_entry entry;
    bool wevtutil;                  /* items begin with "Event[" */
    bool provider;                  /* in the part of a logger that tells of a provider */
    bool blank, text_seen;          /* a blank line was last; the text has a line */
    unsigned place;                 /* of the next key behind "Event[" */
    unsigned text_lines;            /* of the text so far */
    const ps_entry_name *long_name; /* whose text goes on; NULL if none */
    const ps_entry_name *first;     /* name of the item */
    char name[120];                 /* of the logger */
    ps_line begun;
} entry_pairs;

PS_DIALECT_FITS(entry_pairs);

typedef struct opening {
    const char *key;
    uint8_t kind;
    const char *origin;
} opening;

/* Keys that begin an item. */
static const opening openings[] = {
    {"Log Name", PS_ITEM_EVENTS, "Event Viewer"},
    {"Protokollname", PS_ITEM_EVENTS, "Event Viewer"},
    {"Event Type", PS_ITEM_EVENTS, "Event Viewer"},
    {"Event number", PS_ITEM_EVENTS, "evtxexport"},
    {"TimeCreated", PS_ITEM_EVENTS, "Get-WinEvent"},
    {"ProviderName", PS_ITEM_EVENTS, "Get-WinEvent"},
    {"LogName", PS_ITEM_EVENTS, "Get-WinEvent"},
    {"Message", PS_ITEM_EVENTS, "Get-WinEvent"},
    {"LevelDisplayName", PS_ITEM_EVENTS, "Get-WinEvent"},
    {"Index", PS_ITEM_EVENTS, "Get-EventLog"},
    {"EventID", PS_ITEM_EVENTS, "Get-EventLog"},
    {"TimeGenerated", PS_ITEM_EVENTS, "Get-EventLog"},
    {"EntryType", PS_ITEM_EVENTS, "Get-EventLog"},
    {"InstanceId", PS_ITEM_EVENTS, "Get-EventLog"},
    {"Operation Status", PS_ITEM_LOGGERS, "tracelog"},
    {"Logger Name", PS_ITEM_LOGGERS, "trace sessions"},
    {"LoggerName", PS_ITEM_LOGGERS, "trace sessions"},
    {"Logger Id", PS_ITEM_LOGGERS, "trace sessions"},
};

static bool take_pair(ps_span body, ps_span *key, ps_span *value)
{
    const char *at = body.at;

    while (at < body.end && *at != ':' && *at != '=')
        at++;
    if (at == body.end || at == body.at)
        return false;
    *key = ps_trim((ps_span){body.at, at});
    *value = ps_trim((ps_span){at + 1, body.end});
    return key->at < key->end;
}

/* "Event[0]:", "Event[0]" */
static bool is_event_line(ps_span body)
{
    uint64_t number;

    return ps_take_text(&body, "Event[") && ps_scan_unsigned(&body, &number) == PS_SCAN_OK &&
           body.at < body.end && *body.at == ']' && body.end - body.at <= 2;
}

/* "c:\windows\system32\drivers\acmeflt.sys:" */
static bool is_path_line(ps_span body)
{
    return body.end - body.at > 6 && body.at[1] == ':' && body.at[2] == '\\' &&
           body.end[-1] == ':' && (body.at[0] | 0x20) >= 'a' && (body.at[0] | 0x20) <= 'z';
}

static ps_span literal(const char *text) { return (ps_span){text, text + strlen(text)}; }

/* --- items ------------------------------------------------------------------------------------ */

static void end_item(entry_pairs *pairs, ps_reading *reading)
{
    const unsigned names = pairs->entry.names;
    const ps_item_kind kind = pairs->entry.kind;

    pairs->long_name = NULL;
    pairs->provider = false;
    /* a lone key is prose, and so is what only looks like the beginning of a logger or a file */
    if (ps_entry_end(&pairs->entry, reading))
        return;
    if (kind == PS_ITEM_EVENTS && names >= 3)
        ps_remark(reading->text, PS_REFUSED, &pairs->begun, "this event has no number that is one");
    else if (kind == PS_ITEM_LOGGERS && names >= 3)
        ps_remark(reading->text, PS_REFUSED, &pairs->begun,
                  "this trace session has a number that is none");
}

static void open_item(entry_pairs *pairs, ps_reading *reading)
{
    end_item(pairs, reading);
    ps_entry_open(&pairs->entry, reading, &reading->line);
    pairs->begun = reading->line;
    pairs->begun.size = 0;
    pairs->place = 0;
    pairs->text_lines = 0;
    pairs->text_seen = false;
    pairs->first = NULL;
}

static void set(entry_pairs *pairs, ps_reading *reading, const ps_entry_name *name, ps_span value)
{
    ps_span number = value;
    uint64_t ignored;

    /* "String: 1   : value" */
    if (name->how == PS_ENTRY_PARAMETER && ps_scan_unsigned(&number, &ignored) == PS_SCAN_OK) {
        ps_skip_blanks(&number);
        if (number.at < number.end && *number.at == ':')
            value = (ps_span){number.at + 1, number.end};
    }
    if (pairs->first == NULL)
        pairs->first = name;
    ps_entry_set(&pairs->entry, reading, name, value);
    pairs->long_name = name->how == PS_ENTRY_LONG ? name : NULL;
    pairs->text_lines = 0;
    pairs->text_seen = value.at < value.end;
}

/* The key by its place behind "Event[", where it is in another language. */
static const ps_entry_name *name_by_place(entry_pairs *pairs)
{
    static const char *const places[] = {"Log Name", "Source",    "Date",     "Event ID",
                                         "Task",     "Level",     "Opcode",   "Keyword",
                                         "User",     "User Name", "Computer", "Description"};

    return pairs->place < sizeof places / sizeof places[0]
               ? ps_entry_find(PS_ITEM_EVENTS, literal(places[pairs->place]))
               : NULL;
}

/* --- loggers ---------------------------------------------------------------------------------- */

/* logman tells a collector first, and then its session under the name twice: "X", "X\X". */
static bool is_same_logger(const entry_pairs *pairs, ps_span name)
{
    const size_t size = strlen(pairs->name);

    return size > 0 && (size_t)(name.end - name.at) == 2 * size + 1 && name.at[size] == '\\' &&
           memcmp(name.at, pairs->name, size) == 0 &&
           memcmp(name.at + size + 1, pairs->name, size) == 0;
}

static void keep_logger(entry_pairs *pairs, ps_span name)
{
    const size_t size = (size_t)(name.end - name.at);

    pairs->name[0] = '\0';
    if (size >= sizeof pairs->name)
        return;
    memcpy(pairs->name, name.at, size);
    pairs->name[size] = '\0';
}

/* "Name:   EventLog-System" of logman: the colon stands right behind the key. */
static bool is_logman_name(ps_span key, ps_span value)
{
    return ps_word_is(key, "Name") && *key.end == ':' && value.at < value.end;
}

static bool logger_pair(entry_pairs *pairs, ps_reading *reading, ps_span key, ps_span value)
{
    const ps_entry_name *name;

    if (is_logman_name(key, value)) {
        if (pairs->provider)
            return true;
        if (pairs->entry.open && is_same_logger(pairs, value))
            return true;
        open_item(pairs, reading);
        keep_logger(pairs, value);
    } else if (ps_word_is(key, "Provider") && value.at == value.end) {
        pairs->provider = true;
        return true;
    }
    if (pairs->provider)
        return true;
    name = ps_entry_find(PS_ITEM_LOGGERS, key);
    if (name == NULL)
        return pairs->entry.open && !pairs->blank && pairs->entry.names >= 3;
    set(pairs, reading, name, value);
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static const opening *find_opening(ps_span key)
{
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
        if (ps_word_is(key, openings[i].key))
            return &openings[i];
    return NULL;
}

static bool start_pairs(entry_pairs *pairs, ps_reading *reading)
{
    const opening *found;
    ps_span key, value;

    if (!take_pair(ps_first(reading->body, 200), &key, &value))
        return false;
    if (is_logman_name(key, value)) {
        ps_entry_begin(&pairs->entry, reading, PS_ITEM_LOGGERS, "logman");
        return logger_pair(pairs, reading, key, value);
    }
    found = find_opening(key);
    if (found == NULL || (value.at == value.end && found->kind == PS_ITEM_LOGGERS))
        return false;
    ps_entry_begin(&pairs->entry, reading, (ps_item_kind)found->kind, found->origin);
    open_item(pairs, reading);
    (void)take_pair(reading->body, &key, &value);
    set(pairs, reading, ps_entry_find((ps_item_kind)found->kind, key), value);
    return true;
}

static bool start(void *state, ps_reading *reading)
{
    entry_pairs *pairs = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (is_event_line(reading->body)) {
        ps_entry_begin(&pairs->entry, reading, PS_ITEM_EVENTS, "wevtutil");
        pairs->wevtutil = true;
        open_item(pairs, reading);
        return true;
    }
    if (is_path_line(reading->body)) {
        ps_entry_begin(&pairs->entry, reading, PS_ITEM_FILES, "sigcheck");
        open_item(pairs, reading);
        set(pairs, reading, ps_entry_find(PS_ITEM_FILES, literal("Path")),
            (ps_span){reading->body.at, reading->body.end - 1});
        return true;
    }
    return start_pairs(pairs, reading);
}

/* A line of a text that goes on, up to a blank line behind its beginning; wevtutil's up to the next
 * event. */
static bool text_row(entry_pairs *pairs, ps_reading *reading)
{
    if (pairs->long_name == NULL)
        return false;
    if (reading->body.at == reading->body.end)
        return true;
    if (!pairs->wevtutil && pairs->blank && pairs->text_seen) {
        pairs->long_name = NULL;
        return false;
    }
    if (++pairs->text_lines > TEXT_LINES)
        return pairs->wevtutil;
    ps_entry_more(&pairs->entry, reading, pairs->long_name, reading->body);
    pairs->text_seen = true;
    return true;
}

static bool wevtutil_row(entry_pairs *pairs, ps_reading *reading)
{
    const ps_entry_name *name;
    ps_span key, value;

    if (is_event_line(reading->body)) {
        open_item(pairs, reading);
        return true;
    }
    if (text_row(pairs, reading))
        return true;
    if (!take_pair(reading->body, &key, &value))
        return false;
    name = ps_entry_find(PS_ITEM_EVENTS, key);
    if (name == NULL)
        name = name_by_place(pairs);
    pairs->place++;
    if (name == NULL)
        return pairs->entry.open && !pairs->blank;
    set(pairs, reading, name, value);
    return true;
}

/* Is it a key that may stand inside a text that goes on?  Format-List indents what goes on. */
static bool goes_on(const entry_pairs *pairs, const ps_reading *reading)
{
    return pairs->long_name != NULL &&
           (ps_is_blank(*reading->line.text) || strcmp(pairs->entry.origin, "Event Viewer") == 0);
}

/* "Event Xml:", "Ereignis-XML:" and what is under it: the same event once more. */
static bool is_xml(ps_span body)
{
    ps_span end = body;

    if (*body.at == '<')
        return true;
    end.at = body.end - body.at > 4 ? body.end - 4 : body.at;
    return ps_word_is(end, "Xml:");
}

static bool event_row(entry_pairs *pairs, ps_reading *reading)
{
    const ps_entry_name *name = NULL;
    const opening *found = NULL;
    ps_span key, value;

    if (is_xml(reading->body))
        return false;
    if (take_pair(reading->body, &key, &value)) {
        name = ps_entry_find(PS_ITEM_EVENTS, key);
        found = find_opening(key);
    }
    if (found != NULL && found->kind != PS_ITEM_EVENTS)
        return false;
    if (found != NULL && (!pairs->entry.open || pairs->blank || name == pairs->first)) {
        open_item(pairs, reading);
        pairs->entry.origin = found->origin;
    } else if (goes_on(pairs, reading) || !take_pair(reading->body, &key, &value)) {
        if (text_row(pairs, reading))
            return true;
    }
    pairs->long_name = NULL;
    /* strings of evtxexport may go over lines of any kind */
    if (name == NULL && pairs->entry.open && strcmp(pairs->entry.origin, "evtxexport") == 0)
        return !pairs->blank;
    if (name == NULL || !pairs->entry.open)
        return name == NULL && !pairs->blank && pairs->entry.open && pairs->entry.names >= 3 &&
               take_pair(reading->body, &key, &value);
    set(pairs, reading, name, value);
    return true;
}

static bool file_row(entry_pairs *pairs, ps_reading *reading)
{
    const ps_entry_name *name;
    ps_span key, value;

    if (is_path_line(reading->body)) {
        open_item(pairs, reading);
        set(pairs, reading, ps_entry_find(PS_ITEM_FILES, literal("Path")),
            (ps_span){reading->body.at, reading->body.end - 1});
        return true;
    }
    if (!take_pair(reading->body, &key, &value) || !ps_is_blank(*reading->line.text))
        return false;
    name = ps_entry_find(PS_ITEM_FILES, key);
    if (name == NULL)
        return pairs->entry.names > 1;
    set(pairs, reading, name, value);
    return true;
}

static bool read_row(entry_pairs *pairs, ps_reading *reading)
{
    ps_span key, value;

    if (pairs->wevtutil)
        return wevtutil_row(pairs, reading);
    if (pairs->entry.kind == PS_ITEM_EVENTS)
        return event_row(pairs, reading);
    if (pairs->entry.kind == PS_ITEM_FILES)
        return file_row(pairs, reading);
    if (!take_pair(reading->body, &key, &value))
        return false;
    if (!is_logman_name(key, value) && find_opening(key) != NULL &&
        ps_entry_find(PS_ITEM_LOGGERS, key) != NULL &&
        (pairs->blank || pairs->first == ps_entry_find(PS_ITEM_LOGGERS, key)))
        open_item(pairs, reading);
    return logger_pair(pairs, reading, key, value);
}

static bool row(void *state, ps_reading *reading)
{
    entry_pairs *pairs = state;
    bool taken;

    if (reading->at_prompt || reading->line.continued)
        return false;
    if (reading->body.at == reading->body.end) {
        pairs->blank = true;
        pairs->provider = false;
        return true;
    }
    taken = read_row(pairs, reading);
    pairs->blank = false;
    return taken;
}

static void finish(void *state, ps_reading *reading)
{
    entry_pairs *pairs = state;

    end_item(pairs, reading);
    ps_entry_finish(&pairs->entry, reading);
}

const ps_dialect ps_entrypairs_dialect = {.name = "items by key and value",
                                          .needs = PS_HAS_LETTER,
                                          .any = PS_HAS_COLON | PS_HAS_BRACKET | PS_HAS_EQUALS,
                                          .least = 6,
                                          .start = start,
                                          .row = row,
                                          .finish = finish};
