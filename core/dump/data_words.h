/* data_words.h - the kernel's variables, looked through one by one. */
#ifndef PS_DUMP_DATA_WORDS_H
#define PS_DUMP_DATA_WORDS_H

#include "dump/kernel.h"

/* Is this variable, of a pointer's size, the one?  The value is as an address. */
typedef bool (*ps_data_word)(void *context, uint64_t variable, uint64_t value);

/* The first of the kernel's variables that is the one; 0 if none is. */
uint64_t ps_find_data_word(ps_kernel *kernel, ps_data_word is_it, void *context);

#endif
