/* json_tokens.c - the tokens of JSON that comes in pieces (RFC 8259).
 *
 * A token that a piece cuts is kept as far as it is there.  Nothing is looked at twice; what is open
 * is a bit for each level.
 */
#include "text/json_tokens.h"

#include "base/encode.h"

#include <string.h>

enum {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* right behind '[' */
    WANT_KEY,          /* behind a comma in an object */
    WANT_KEY_OR_END,   /* right behind '{' */
    WANT_COLON,
    WANT_COMMA_OR_END,
};

enum { WITHIN_NOTHING, WITHIN_STRING, WITHIN_NUMBER, WITHIN_WORD };

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool in_object(const ps_json *json)
{
    return json->depth > 0 && (json->objects >> (json->depth - 1) & 1) != 0;
}

static bool fail(ps_json *json, const char *why)
{
    json->error = why;
    return false;
}

static void keep(ps_json *json, const char *at, size_t size)
{
    const size_t room = PS_JSON_TEXT - json->size;

    if (size > room) {
        json->cut = true;
        size = room;
    }
    memcpy(json->text + json->size, at, size);
    json->size += size;
}

static void value_done(ps_json *json)
{
    json->state = json->depth == 0 ? WANT_VALUE : WANT_COMMA_OR_END;
}

/* The text that was gathered as a token. */
static bool give(ps_json *json, ps_json_kind kind, ps_json_token *token)
{
    *token = (ps_json_token){
        .kind = kind, .text = {json->text, json->text + json->size}, .cut = json->cut};
    json->within = WITHIN_NOTHING;
    json->size = 0;
    json->cut = false;
    if (kind == PS_JSON_KEY)
        json->state = WANT_COLON;
    else
        value_done(json);
    return true;
}

/* --- strings --------------------------------------------------------------------------------- */

static void keep_code(ps_json *json, uint32_t code)
{
    char out[4] = {0};
    const size_t size = ps_put_utf8(out, code);

    keep(json, out, size);
}

/* Half of a pair alone is no character. */
static void drop_half(ps_json *json)
{
    if (json->high != 0)
        keep_code(json, 0xFFFD);
    json->high = 0;
}

static void keep_unit(ps_json *json, uint32_t unit)
{
    if (unit >= 0xDC00 && unit < 0xE000 && json->high != 0) {
        const uint32_t code = 0x10000 + ((json->high - 0xD800) << 10) + (unit - 0xDC00);
        json->high = 0;
        keep_code(json, code);
        return;
    }
    drop_half(json);
    if (unit >= 0xD800 && unit < 0xDC00)
        json->high = unit;
    else
        keep_code(json, unit >= 0xDC00 && unit < 0xE000 ? 0xFFFD : unit);
}

/* The character behind a backslash, or one of the four digits behind \u. */
static bool take_escaped(ps_json *json, char c)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    int digit;

    if (json->escape == 1) {
        const char *name = NULL;
        if (c == 'u') {
            json->escape = 2;
            json->code = 0;
            return true;
        }
        if (c != '\0')
            name = strchr(names, c);
        if (name == NULL)
            return fail(json, "a backslash has no meaning here");
        drop_half(json);
        keep(json, &values[name - names], 1);
        json->escape = 0;
        return true;
    }
    digit = ps_hex_digit(c);
    if (digit < 0)
        return fail(json, "\\u is not followed by four hex digits");
    json->code = json->code << 4 | (uint32_t)digit;
    if (json->escape++ < 5)
        return true;
    json->escape = 0;
    keep_unit(json, json->code);
    return true;
}

/* True behind the closing quote. */
static bool take_string(ps_json *json, ps_span *piece)
{
    while (piece->at < piece->end) {
        const char *start = piece->at;
        if (json->escape > 0) {
            if (!take_escaped(json, *piece->at++))
                return false;
            continue;
        }
        while (piece->at < piece->end && *piece->at != '"' && *piece->at != '\\' &&
               (unsigned char)*piece->at >= 0x20)
            piece->at++;
        if (piece->at > start) {
            drop_half(json);
            keep(json, start, (size_t)(piece->at - start));
        }
        if (piece->at == piece->end)
            return false;
        if (*piece->at == '"') {
            piece->at++;
            drop_half(json);
            return true;
        }
        if (*piece->at != '\\' && *piece->at != '\t')
            return fail(json, "a control character stands in a string");
        if (*piece->at == '\\')
            json->escape = 1;
        else
            keep(json, piece->at, 1);
        piece->at++;
    }
    return false;
}

/* --- numbers and words ------------------------------------------------------------------------ */

static bool is_of_number(char c)
{
    return ps_is_digit(c) || c == '-' || c == '+' || c == '.' || (c | 0x20) == 'e';
}

static bool is_of_word(char c) { return c >= 'a' && c <= 'z'; }

/* -12, 0.5, 1e9; leading zeros are let pass, because nothing is gained by refusing them. */
static bool is_number(ps_span text)
{
    const char *start;

    if (text.at < text.end && *text.at == '-')
        text.at++;
    start = text.at;
    while (text.at < text.end && ps_is_digit(*text.at))
        text.at++;
    if (text.at == start)
        return false;
    if (text.at < text.end && *text.at == '.') {
        start = ++text.at;
        while (text.at < text.end && ps_is_digit(*text.at))
            text.at++;
        if (text.at == start)
            return false;
    }
    if (text.at == text.end)
        return true;
    if ((*text.at++ | 0x20) != 'e')
        return false;
    if (text.at < text.end && (*text.at == '+' || *text.at == '-'))
        text.at++;
    start = text.at;
    while (text.at < text.end && ps_is_digit(*text.at))
        text.at++;
    return text.at > start && text.at == text.end;
}

static bool give_plain(ps_json *json, ps_json_token *token)
{
    const ps_span text = {json->text, json->text + json->size};

    if (json->within == WITHIN_NUMBER)
        return json->cut || is_number(text) ? give(json, PS_JSON_NUMBER, token)
                                            : fail(json, "this is no number");
    if (ps_word_is(text, "null"))
        return give(json, PS_JSON_NULL, token);
    if (ps_word_is(text, "true"))
        return give(json, PS_JSON_TRUE, token);
    if (ps_word_is(text, "false"))
        return give(json, PS_JSON_FALSE, token);
    return fail(json, "a word stands where a value should");
}

/* Goes on with a token that an earlier piece began. */
static bool go_on(ps_json *json, ps_span *piece, ps_json_token *token)
{
    const char *start = piece->at;

    if (json->within == WITHIN_STRING) {
        const bool key = json->state == WANT_KEY || json->state == WANT_KEY_OR_END;
        return take_string(json, piece) && give(json, key ? PS_JSON_KEY : PS_JSON_STRING, token);
    }
    while (piece->at < piece->end &&
           (json->within == WITHIN_NUMBER ? is_of_number(*piece->at) : is_of_word(*piece->at)))
        piece->at++;
    keep(json, start, (size_t)(piece->at - start));
    return piece->at < piece->end && give_plain(json, token);
}

/* --- structure -------------------------------------------------------------------------------- */

static bool open_value(ps_json *json, bool object, ps_json_token *token)
{
    if (json->depth == PS_JSON_DEPTH)
        return fail(json, "it is nested too deeply");
    json->objects &= ~(UINT64_C(1) << json->depth);
    json->objects |= (uint64_t)object << json->depth;
    json->depth++;
    json->state = object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
    *token = (ps_json_token){.kind = object ? PS_JSON_BEGIN_OBJECT : PS_JSON_BEGIN_ARRAY};
    return true;
}

static bool close_value(ps_json *json, bool object, ps_json_token *token)
{
    const int empty = object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;

    if (json->depth == 0 || in_object(json) != object ||
        (json->state != WANT_COMMA_OR_END && json->state != empty))
        return fail(json, "a bracket closes what is not open");
    json->depth--;
    value_done(json);
    *token = (ps_json_token){.kind = object ? PS_JSON_END_OBJECT : PS_JSON_END_ARRAY};
    return true;
}

/* A comma or a colon is no token. */
static bool take_mark(ps_json *json, char c)
{
    if (c == ':' && json->state == WANT_COLON)
        json->state = WANT_VALUE;
    else if (c == ',' && json->state == WANT_COMMA_OR_END)
        json->state = in_object(json) ? WANT_KEY : WANT_VALUE;
    else
        return fail(json, c == ':' ? "a colon stands where none should"
                                   : "a comma stands where none should");
    return true;
}

static bool wants_value(const ps_json *json)
{
    return json->state == WANT_VALUE || json->state == WANT_VALUE_OR_END;
}

/* What the character begins. */
static bool begin(ps_json *json, char c)
{
    const bool key = json->state == WANT_KEY || json->state == WANT_KEY_OR_END;

    if (c == '"' && (key || wants_value(json)))
        json->within = WITHIN_STRING;
    else if (wants_value(json) && (c == '-' || ps_is_digit(c)))
        json->within = WITHIN_NUMBER;
    else if (wants_value(json) && is_of_word(c))
        json->within = WITHIN_WORD;
    else
        return fail(json, key ? "a key is missing" : "a value is missing");
    return true;
}

static bool at_structure(ps_json *json, ps_span *piece, ps_json_token *token)
{
    const char c = *piece->at;

    piece->at++;
    if (c == '{' || c == '[')
        return wants_value(json) ? open_value(json, c == '{', token)
                                 : fail(json, "a bracket opens where none should");
    return close_value(json, c == '}', token);
}

bool ps_json_next(ps_json *json, ps_span *piece, ps_json_token *token)
{
    while (json->error == NULL && piece->at < piece->end) {
        const char c = *piece->at;
        if (json->within != WITHIN_NOTHING)
            return go_on(json, piece, token);
        if (c == '{' || c == '[' || c == '}' || c == ']')
            return at_structure(json, piece, token);
        if (is_space(c)) {
            piece->at++;
        } else if (c == ',' || c == ':') {
            piece->at += take_mark(json, c);
        } else if (begin(json, c)) {
            piece->at += c == '"';
        }
    }
    return false;
}

bool ps_json_end_line(ps_json *json, ps_json_token *token)
{
    if (json->error != NULL || json->within == WITHIN_NOTHING)
        return false;
    if (json->within == WITHIN_STRING)
        return fail(json, "a string is not closed in its line");
    return give_plain(json, token);
}

bool ps_json_is_between(const ps_json *json)
{
    return json->depth == 0 && json->within == WITHIN_NOTHING && json->state == WANT_VALUE;
}
