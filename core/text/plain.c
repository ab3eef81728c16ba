/* plain.c - take off a line what a terminal or a web page put into it.
 *
 *    ESC[33mEven ESC[0mNonp     <tr><td>Even</td><td>Nonp</td>     Even&nbsp;Nonp     Even | Nonp
 *
 * Only HTML's own elements are taken for tags: a pool tag may begin with '<'.
 */
#include "text/plain.h"

#include "base/encode.h"

#include <string.h>

enum { ESCAPE = 0x1B, LONGEST_TAG = 400, LONGEST_ENTITY = 10, FEWEST_BARS = 4 };

static const char *const inline_elements[] = {"a",      "b",    "code", "em",   "font",  "i",
                                              "kbd",    "mark", "nobr", "samp", "small", "span",
                                              "strong", "tt",   "u",    "wbr",  NULL};
static const char *const block_elements[] = {
    "blockquote", "body",   "br",    "caption", "center", "col",   "colgroup", "dd",    "details",
    "div",        "dl",     "dt",    "h1",      "h2",     "h3",    "h4",       "h5",    "h6",
    "head",       "header", "hr",    "html",    "img",    "li",    "main",     "meta",  "ol",
    "p",          "pre",    "style", "summary", "table",  "tbody", "td",       "tfoot", "th",
    "thead",      "title",  "tr",    "ul",      NULL};

static bool is_listed(ps_span name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (ps_word_is(name, *list))
            return true;
    return false;
}

static bool is_name(char c) { return ps_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

/* Behind the tag at the span; NULL if none is there. */
static const char *behind_tag(ps_span at, bool *block)
{
    ps_span name = {at.at + 1, at.at + 1};
    const char *end;

    if (name.at < at.end && *name.at == '/')
        name.at++;
    name.end = name.at;
    while (name.end < at.end && is_name(*name.end))
        name.end++;
    if (name.end == name.at || name.end == at.end ||
        (*name.end != '>' && *name.end != '/' && !ps_is_blank(*name.end)))
        return NULL;
    *block = is_listed(name, block_elements);
    if (!*block && !is_listed(name, inline_elements))
        return NULL;
    at = ps_first(at, LONGEST_TAG);
    end = memchr(at.at, '>', (size_t)(at.end - at.at));
    return end == NULL ? NULL : end + 1;
}

/* Behind a terminal's command: ESC [ 1 ; 33 m */
static const char *behind_escape(ps_span at)
{
    const char *next = at.at + 1;

    if (next == at.end || *next != '[')
        return next < at.end ? next + 1 : next;
    for (next++; next < at.end && (ps_is_digit(*next) || *next == ';' || *next == '?');)
        next++;
    return next < at.end ? next + 1 : next;
}

static bool numeric_entity(ps_span name, uint32_t *code)
{
    const bool hex = name.end - name.at > 2 && (name.at[1] | 0x20) == 'x';

    *code = 0;
    for (const char *at = name.at + (hex ? 2 : 1); at < name.end; at++) {
        const int digit = hex || ps_is_digit(*at) ? ps_hex_digit(*at) : -1;
        if (digit < 0)
            return false;
        *code = *code * (hex ? 16 : 10) + (uint32_t)digit;
        if (*code > 0xFFFF)
            return false;
    }
    return *code >= ' ';
}

/* The character of the entity at the span; behind it, or NULL if none is there. */
static const char *behind_entity(ps_span at, uint32_t *code)
{
    static const struct {
        const char *name;
        uint32_t code;
    } names[] = {{"nbsp", ' '},  {"amp", '&'},    {"lt", '<'},   {"gt", '>'},   {"quot", '"'},
                 {"apos", '\''}, {"thinsp", ' '}, {"ensp", ' '}, {"emsp", ' '}, {"lowbar", '_'}};
    const ps_span reach = ps_first(at, LONGEST_ENTITY);
    const char *end = memchr(reach.at, ';', (size_t)(reach.end - reach.at));
    const ps_span name = {at.at + 1, end};

    if (end == NULL || name.at == end)
        return NULL;
    if (*name.at == '#') {
        if (!numeric_entity(name, code))
            return NULL;
        *code = *code == 0xA0 ? ' ' : *code;
        return end + 1;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ps_word_is(name, names[i].name)) {
            *code = names[i].code;
            return end + 1;
        }
    }
    return NULL;
}

/* Behind a character that web pages use for a blank, a minus or for nothing at all. */
static const char *behind_wide(ps_span at, char put[4], size_t *size)
{
    static const struct {
        const char *bytes, *stands_for;
    } wide[] = {{"\xC2\xA0", " "},     {"\xE2\x80\xAF", " "}, {"\xE2\x80\x89", " "},
                {"\xE2\x80\x83", " "}, {"\xE2\x80\x82", " "}, {"\xE2\x80\x8B", ""},
                {"\xE2\x80\x8D", ""},  {"\xEF\xBB\xBF", ""},  {"\xE2\x88\x92", "-"},
                {"\xE2\x80\x91", "-"}};

    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        const size_t length = strlen(wide[i].bytes);
        if ((size_t)(at.end - at.at) < length || memcmp(at.at, wide[i].bytes, length) != 0)
            continue;
        *size = strlen(wide[i].stands_for);
        put[0] = wide[i].stands_for[0];
        return at.at + length;
    }
    return NULL;
}

/* What stands at the span, if it is to be taken off: behind it, and what is put in its place. */
static const char *behind_mark(ps_span at, char put[4], size_t *size)
{
    const char *next = NULL;
    uint32_t code = 0;
    bool block = false;

    *size = 0;
    if (*at.at == '<') {
        next = behind_tag(at, &block);
        put[0] = ' ';
        *size = block ? 1 : 0;
    } else if (*at.at == '&') {
        next = behind_entity(at, &code);
        *size = next == NULL ? 0 : ps_put_utf8(put, code);
    } else if (*at.at == ESCAPE) {
        next = behind_escape(at);
    } else if ((unsigned char)*at.at >= 0xC2) {
        next = behind_wide(at, put, size);
    }
    return next;
}

size_t ps_plain_take(ps_span *in, char *out, size_t room)
{
    size_t size = 0;

    while (in->at < in->end && size + 4 <= room) {
        const unsigned char c = (unsigned char)*in->at;
        char put[4];
        size_t put_size;
        const char *next = c == '<' || c == '&' || c == ESCAPE || c >= 0xC2
                               ? behind_mark(*in, put, &put_size)
                               : NULL;
        if (next == NULL) {
            out[size++] = *in->at++;
            continue;
        }
        memcpy(out + size, put, put_size);
        size += put_size;
        in->at = next;
    }
    return size;
}

static bool has_high(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] & 0x80) != 0)
            return true;
    return false;
}

static size_t count_bars(const char *text, size_t size)
{
    const char *end = text + size;
    size_t count = 0;

    for (const char *at = text; (at = memchr(at, '|', (size_t)(end - at))) != NULL; at++)
        count++;
    return count;
}

bool ps_plain_line(ps_line *line, char *buffer, size_t limit)
{
    ps_span in = {line->text, line->text + line->size};
    const bool marked = memchr(line->text, '<', line->size) != NULL ||
                        memchr(line->text, '&', line->size) != NULL ||
                        memchr(line->text, ESCAPE, line->size) != NULL ||
                        has_high(line->text, line->size);
    const bool bars = count_bars(line->text, line->size) >= FEWEST_BARS;
    size_t size;

    if ((!marked && !bars) || line->size + 4 > limit)
        return false;
    size = ps_plain_take(&in, buffer, limit); /* which may hold the line itself: it only shrinks */
    for (size_t i = 0; bars && i < size; i++)
        if (buffer[i] == '|' || buffer[i] == '`')
            buffer[i] = ' ';
    if (!bars && size == line->size)
        return false;
    line->text = buffer;
    line->size = size;
    return true;
}
