/* json_tokens.h - the tokens of JSON that comes in pieces. */
#ifndef PS_TEXT_JSON_TOKENS_H
#define PS_TEXT_JSON_TOKENS_H

#include "text/numbers.h"

enum { PS_JSON_DEPTH = 64, PS_JSON_TEXT = 1024 };

typedef enum ps_json_kind {
    PS_JSON_BEGIN_OBJECT,
    PS_JSON_END_OBJECT,
    PS_JSON_BEGIN_ARRAY,
    PS_JSON_END_ARRAY,
    PS_JSON_KEY,
    PS_JSON_STRING,
    PS_JSON_NUMBER, /* its text as it stands */
    PS_JSON_TRUE,
    PS_JSON_FALSE,
    PS_JSON_NULL,
} ps_json_kind;

typedef struct ps_json_token {
    ps_json_kind kind;
    ps_span text; /* of a key, string or number, until the next token; UTF-8 */
    bool cut;     /* the text was longer than PS_JSON_TEXT */
} ps_json_token;

typedef struct ps_json {
    int state, within;
    size_t depth;        /* of what is open */
    uint64_t objects;    /* bit i: what is open at depth i + 1 is an object */
    size_t escape;       /* characters of an escape so far; 0 outside of one */
    uint32_t code, high; /* of \uXXXX, and of the first half of a pair */
    size_t size;
    bool cut;
    const char *error; /* NULL while what came is JSON */
    char text[PS_JSON_TEXT];
} ps_json;

/* All zero before the first piece.  Take the next token from the piece and move its beginning behind
 * it.  False: the piece is used up, or it is no JSON and json->error says why. */
bool ps_json_next(ps_json *json, ps_span *piece, ps_json_token *token);

/* The line ends: so do numbers and words; a string cannot go on.  True if that makes a token. */
bool ps_json_end_line(ps_json *json, ps_json_token *token);

/* Between two values at the top. */
bool ps_json_is_between(const ps_json *json);

#endif
