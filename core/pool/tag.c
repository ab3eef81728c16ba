/* tag.c - the text of a tag. */
#include "poolsleuth.h"

void ps_tag_text(ps_tag tag, char text[5])
{
    for (unsigned i = 0; i < 4; i++) {
        const unsigned byte = tag >> (8 * i) & 0xFFU;
        text[i] = (char)(byte >= 0x20 && byte < 0x7F ? byte : '.');
    }
    text[4] = '\0';
}
