/* eventxml.c - events as XML: wevtutil, the Event Viewer, evtxexport and evtx_dump, on one line or many.
 *
 *    <Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
 *      <Provider Name='Srv'/><EventID Qualifiers='49152'>2019</EventID><Level>2</Level>
 *      <TimeCreated SystemTime='2026-11-01T00:05:00.123Z'/><Channel>System</Channel>
 *      <Computer>SRV07</Computer></System>
 *      <EventData><Data Name='param1'>\Device\LanmanServer</Data></EventData>
 *      <RenderingInfo Culture='en-US'><Message>The server was unable ...</Message></RenderingInfo>
 *    </Event>
 */
#include "base/encode.h"
#include "text/dialect.h"
#include "text/entry.h"

#include <string.h>

enum { TAG_LIMIT = 512, TEXT_LIMIT = 1900, EVENT_LIMIT = 1 << 20, COPY_LINES = 60 };

typedef struct event_xml {
    ps_entry entry;
    bool in_event, in_tag, in_user_data;
    bool leaf; /* nothing but text since the last tag, which opened an element */
    size_t event_size, tag_size, text_size;
    char tag[TAG_LIMIT];   /* the one that is being read, else the last */
    char text[TEXT_LIMIT]; /* behind it */
    ps_line begun;
} event_xml;

PS_DIALECT_FITS(event_xml);

/* --- tags and texts --------------------------------------------------------------------------- */

/* The name of a tag without a prefix of its namespace. */
static ps_span name_of(ps_span tag)
{
    ps_span name = tag;

    if (name.at < name.end && *name.at == '/')
        name.at++;
    for (name.end = name.at; name.end < tag.end; name.end++) {
        if (ps_is_blank(*name.end) || *name.end == '/' || *name.end == '>')
            break;
        if (*name.end == ':')
            name.at = name.end + 1;
    }
    return name;
}

/* The value of an attribute between quotes of either kind. */
static bool attribute(ps_span tag, const char *name, ps_span *value)
{
    for (; tag.at < tag.end; tag.at++) {
        ps_span at = tag;
        const char *end;
        if (!ps_is_blank(*at.at++) || !ps_take_text(&at, name) || at.end - at.at < 3 ||
            at.at[0] != '=' || (at.at[1] != '"' && at.at[1] != '\''))
            continue;
        end = memchr(at.at + 2, at.at[1], (size_t)(at.end - at.at - 2));
        if (end == NULL)
            return false;
        *value = (ps_span){at.at + 2, end};
        return true;
    }
    return false;
}

/* The character of "lt", "amp", "#13", "#xA"; 0 for what is none. */
static uint32_t entity(ps_span name)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    uint32_t code = 0;
    bool hex;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ps_word_is(name, names[i].name))
            return (uint32_t)names[i].c;
    if (name.end - name.at < 2 || *name.at != '#')
        return 0;
    hex = (name.at[1] | 0x20) == 'x';
    for (const char *at = name.at + (hex ? 2 : 1); at < name.end; at++) {
        const int digit = hex || ps_is_digit(*at) ? ps_hex_digit(*at) : -1;
        if (digit < 0 || code > 0xFFFF)
            return 0;
        code = code * (hex ? 16 : 10) + (uint32_t)digit;
    }
    return code < ' ' ? ' ' : code;
}

/* The text with its entities put in, in place. */
static ps_span plain(event_xml *xml)
{
    size_t out = 0;

    for (size_t i = 0; i < xml->text_size; i++) {
        const ps_span rest = ps_first((ps_span){xml->text + i, xml->text + xml->text_size}, 10);
        const char *end =
            *rest.at == '&' ? memchr(rest.at, ';', (size_t)(rest.end - rest.at)) : NULL;
        const uint32_t code = end == NULL ? 0 : entity((ps_span){rest.at + 1, end});
        if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
            xml->text[out++] = xml->text[i];
            continue;
        }
        i = (size_t)(end - xml->text);
        out += ps_put_utf8(xml->text + out, code);
    }
    xml->text_size = out;
    return ps_trim((ps_span){xml->text, xml->text + out});
}

/* --- elements --------------------------------------------------------------------------------- */

static void set(event_xml *xml, ps_reading *reading, const char *name, ps_span value)
{
    ps_entry_set(&xml->entry, reading,
                 ps_entry_find(PS_ITEM_EVENTS, (ps_span){name, name + strlen(name)}), value);
}

/* What the Event Viewer copies is the same event twice: in words, and as XML, which knows more of its
 * time.  They become one. */
static void join_copies(ps_reading *reading)
{
    ps_item_list *events = &reading->text->lists.items[PS_ITEM_EVENTS];
    ps_event *copy, *event;

    if (events->count < 2 || ps_failed(reading->text))
        return;
    event = ps_items_from(reading->text, PS_ITEM_EVENTS, events->count - 2);
    copy = ps_items_from(reading->text, PS_ITEM_EVENTS, events->count - 1);
    if (event->id != copy->id || strcmp(event->item.origin, "Event Viewer") != 0 ||
        copy->item.line - event->item.line > COPY_LINES)
        return;
    if (copy->item.time != PS_NO_TIME) {
        event->item.time = copy->item.time;
        event->zoned = copy->zoned;
    }
    if (copy->parameters != NULL)
        event->parameters = copy->parameters;
    events->count--;
}

static void end_event(event_xml *xml, ps_reading *reading, bool whole)
{
    const size_t before = ps_text_item_count(reading->text, PS_ITEM_EVENTS);

    if (!xml->in_event)
        return;
    xml->in_event = false;
    if (!ps_entry_end(&xml->entry, reading) || !whole) {
        ps_remark(reading->text, PS_REFUSED, &xml->begun,
                  whole ? "this event has no number that is one" : "this event does not end");
    } else if (before == xml->entry.first + 1) {
        join_copies(reading);
    }
}

/* An element that has nothing but text is closed. */
static void take_leaf(event_xml *xml, ps_reading *reading)
{
    static const struct {
        const char *element, *name;
    } names[] = {{"EventID", "Event ID"},
                 {"Level", "Level"},
                 {"Channel", "Channel"},
                 {"Computer", "Computer"},
                 {"Message", "Message"}};
    const ps_span tag = {xml->tag, xml->tag + xml->tag_size};
    const ps_span element = name_of(tag);
    const ps_span value = plain(xml);
    ps_span name = {element.at, element.at};

    if (value.at == value.end)
        return;
    if (ps_word_is(element, "Data") || xml->in_user_data) {
        if (!attribute(tag, "Name", &name) && xml->in_user_data)
            name = element;
        ps_entry_parameter(&xml->entry, reading, name, value);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ps_word_is(element, names[i].element))
            set(xml, reading, names[i].name, value);
}

static void open_element(event_xml *xml, ps_reading *reading)
{
    const ps_span tag = {xml->tag, xml->tag + xml->tag_size};
    const ps_span element = name_of(tag);
    ps_span value;

    if (ps_word_is(element, "Event")) {
        end_event(xml, reading, false);
        xml->in_event = true;
        xml->event_size = 0;
        xml->in_user_data = false;
        xml->begun = reading->line;
        xml->begun.text = "<Event>";
        xml->begun.size = 7;
        ps_entry_open(&xml->entry, reading, &reading->line);
    } else if (ps_word_is(element, "UserData")) {
        xml->in_user_data = true;
    } else if (ps_word_is(element, "Provider") && attribute(tag, "Name", &value)) {
        set(xml, reading, "Provider", value);
    } else if (ps_word_is(element, "TimeCreated") && attribute(tag, "SystemTime", &value)) {
        set(xml, reading, "TimeCreated", value);
    }
}

static void end_tag(event_xml *xml, ps_reading *reading)
{
    const ps_span tag = {xml->tag, xml->tag + xml->tag_size};

    xml->in_tag = false;
    xml->leaf = false;
    xml->text_size = 0;
    if (tag.at == tag.end || *tag.at == '?' || *tag.at == '!')
        return;
    if (*tag.at == '/') {
        if (ps_word_is(name_of(tag), "Event"))
            end_event(xml, reading, true);
        else if (ps_word_is(name_of(tag), "UserData"))
            xml->in_user_data = false;
        return;
    }
    xml->leaf = tag.end[-1] != '/';
    open_element(xml, reading);
}

static void begin_tag(event_xml *xml, ps_reading *reading, bool closing)
{
    if (xml->in_event && xml->leaf && closing)
        take_leaf(xml, reading);
    xml->leaf = false;
    xml->in_tag = true;
    xml->tag_size = 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void put(char *room, size_t *size, size_t limit, ps_span span)
{
    const size_t count = (size_t)(ps_first(span, limit - *size).end - span.at);

    memcpy(room + *size, span.at, count);
    *size += count;
}

static const char *find(ps_span span, char c)
{
    const char *at = span.at == span.end ? NULL : memchr(span.at, c, (size_t)(span.end - span.at));

    return at == NULL ? span.end : at;
}

static void read_span(event_xml *xml, ps_reading *reading, ps_span at)
{
    while (at.at < at.end) {
        const char *stop = find(at, xml->in_tag ? '>' : '<');
        const ps_span part = {at.at, stop};
        if (xml->in_tag)
            put(xml->tag, &xml->tag_size, TAG_LIMIT, part);
        else if (xml->leaf)
            put(xml->text, &xml->text_size, TEXT_LIMIT, part);
        if (stop == at.end)
            return;
        at.at = stop + 1;
        if (xml->in_tag)
            end_tag(xml, reading);
        else
            begin_tag(xml, reading, at.at < at.end && *at.at == '/');
    }
}

static void read_line(event_xml *xml, ps_reading *reading)
{
    static const char blank[] = " ";

    xml->event_size += reading->line.size;
    if (xml->in_event && xml->event_size > EVENT_LIMIT && !reading->line.continued)
        end_event(xml, reading, false);
    read_span(xml, reading, reading->raw);
    if (!reading->line.more && (xml->leaf || xml->in_tag))
        read_span(xml, reading, (ps_span){blank, blank + 1});
}

static bool begins(ps_span raw)
{
    ps_span at = ps_trim(raw);

    if (ps_take_text(&at, "<?xml") || ps_take_text(&at, "<Events>"))
        return ps_contains(ps_first(at, 1000), "<Event");
    return ps_take_text(&at, "<Event") && at.at < at.end && (*at.at == '>' || ps_is_blank(*at.at));
}

static bool start(void *state, ps_reading *reading)
{
    event_xml *xml = state;

    if (!begins(reading->raw))
        return false;
    ps_entry_begin(&xml->entry, reading, PS_ITEM_EVENTS, "event log");
    read_line(xml, reading);
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    event_xml *xml = state;
    const ps_span raw = ps_trim(reading->raw);

    if (!xml->in_event && !xml->in_tag && !reading->line.continued && raw.at < raw.end &&
        *raw.at != '<')
        return false;
    read_line(xml, reading);
    return true;
}

static void finish(void *state, ps_reading *reading)
{
    event_xml *xml = state;

    end_event(xml, reading, false);
    ps_entry_finish(&xml->entry, reading);
}

const ps_dialect ps_eventxml_dialect = {.name = "events as XML",
                                        .takes_pieces = true,
                                        .needs = PS_HAS_MARKUP | PS_LETTER('e') | PS_LETTER('v') |
                                                 PS_LETTER('n') | PS_LETTER('t'),
                                        .least = 7,
                                        .start = start,
                                        .row = row,
                                        .finish = finish};
