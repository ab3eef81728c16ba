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
    PS_HAS_ANYTHING = 32767,
};

/* All that the span has; a very long one may have anything. */
unsigned ps_traits_of(ps_span span);

#endif
