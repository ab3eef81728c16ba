/* traits.h - what a line has at all: most readers need no more to know that it is not theirs. */
#ifndef PS_TEXT_TRAITS_H
#define PS_TEXT_TRAITS_H

#include "text/numbers.h"

enum {
    PS_HAS_DIGIT = 1,
    PS_HAS_LETTER = 2,
    PS_HAS_TAB = 4,
    PS_HAS_MARKUP = 8, /* '<', '&' or ESC */
    PS_HAS_BAR = 16,   /* '|' or '`' */
    PS_HAS_ANGLE = 32, /* '>' */
    PS_HAS_COLON = 64,
    PS_HAS_COMMA = 128,
    PS_HAS_SEMICOLON = 256,
    PS_HAS_QUOTE = 512, /* '"' */
    PS_HAS_EQUALS = 1024,
    PS_HAS_BRACKET = 2048, /* '[' or '{' */
    PS_HAS_STAR = 4096,
    PS_HAS_STROKE = 8192, /* '-', '/' or '\\' */
    PS_HAS_HIGH = 16384,  /* anything but ASCII */
    PS_HAS_SEPARATOR = PS_HAS_TAB | PS_HAS_COMMA | PS_HAS_SEMICOLON,
};

/* PS_HAS_* and, above them, a bit for each letter in either case. */
typedef uint64_t ps_traits;

#define PS_HAS_ANYTHING UINT64_MAX
#define PS_LETTER(letter) (UINT64_C(1) << (32 + (letter) - 'a'))
#define PS_LETTERS_TAG (PS_LETTER('t') | PS_LETTER('a') | PS_LETTER('g'))
#define PS_LETTERS_NAME (PS_LETTER('n') | PS_LETTER('a') | PS_LETTER('m') | PS_LETTER('e'))

/* All that the span has; a very long one may have anything. */
ps_traits ps_traits_of(ps_span span);

static inline bool ps_has_all(ps_traits traits, ps_traits wanted)
{
    return (traits & wanted) == wanted;
}

#endif
