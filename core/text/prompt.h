/* prompt.h - prompts of debuggers and shells at the beginning of a line. */
#ifndef PS_TEXT_PROMPT_H
#define PS_TEXT_PROMPT_H

#include "text/numbers.h"

/* The length of the prompt, blanks before it included; 0 if there is none. */
size_t ps_prompt_length(ps_span line);

#endif
