/* traits.c - what a line has at all, found out once for the readers of all dialects. */
#include "text/traits.h"

enum { REACH = 4096 };

/* One for each byte; the letters are short for the traits, so that the table can be overlooked. */
enum {
    N = 0,
    A = PS_HAS_STAR,
    C = PS_HAS_COMMA,
    D = PS_HAS_DIGIT,
    E = PS_HAS_EQUALS,
    G = PS_HAS_ANGLE,
    H = PS_HAS_HIGH,
    I = PS_HAS_STROKE,
    K = PS_HAS_BRACKET,
    M = PS_HAS_MARKUP,
    O = PS_HAS_COLON,
    Q = PS_HAS_QUOTE,
    R = PS_HAS_BAR,
    S = PS_HAS_SEMICOLON,
    T = PS_HAS_TAB,
};

#define LETTER(letter) (PS_HAS_LETTER | PS_LETTER(letter))

/* clang-format off */
static const uint64_t traits[256] = {
    N, N, N, N, N, N, N, N, N, T, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, M, N, N, N, N,
    N, N, Q, N, N, N, M, N, N, N, A, N, C, I, N, I,
    D, D, D, D, D, D, D, D, D, D, O, S, M, E, G, N,
    N, LETTER('a'), LETTER('b'), LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'), LETTER('g'),
    LETTER('h'), LETTER('i'), LETTER('j'), LETTER('k'), LETTER('l'), LETTER('m'), LETTER('n'), LETTER('o'),
    LETTER('p'), LETTER('q'), LETTER('r'), LETTER('s'), LETTER('t'), LETTER('u'), LETTER('v'), LETTER('w'),
    LETTER('x'), LETTER('y'), LETTER('z'), K, I, N, N, N,
    R, LETTER('a'), LETTER('b'), LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'), LETTER('g'),
    LETTER('h'), LETTER('i'), LETTER('j'), LETTER('k'), LETTER('l'), LETTER('m'), LETTER('n'), LETTER('o'),
    LETTER('p'), LETTER('q'), LETTER('r'), LETTER('s'), LETTER('t'), LETTER('u'), LETTER('v'), LETTER('w'),
    LETTER('x'), LETTER('y'), LETTER('z'), K, R, N, N, N,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};
/* clang-format on */

ps_traits ps_traits_of(ps_span span)
{
    const unsigned char *at = (const unsigned char *)span.at;
    const unsigned char *end = (const unsigned char *)ps_first(span, REACH).end;
    ps_traits found = 0;

    if (span.end - span.at > REACH)
        return PS_HAS_ANYTHING;
    while (at < end)
        found |= traits[*at++];
    return found;
}
