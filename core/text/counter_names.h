/* counter_names.h - what a counter's path names, in the languages that Windows has it in. */
#ifndef PS_TEXT_COUNTER_NAMES_H
#define PS_TEXT_COUNTER_NAMES_H

#include "text/numbers.h"

typedef enum ps_counter_kind {
    PS_COUNTER_NONE,
    PS_COUNTER_MEMORY,     /* field is a ps_memory_field */
    PS_COUNTER_PROCESS,    /* field is a ps_process_field */
    PS_COUNTER_PROCESS_ID, /* of the instance */
} ps_counter_kind;

typedef struct ps_counter {
    ps_counter_kind kind;
    uint8_t field;
    uint8_t shift; /* to the left, for counters of KiB and MiB */
} ps_counter;

typedef struct ps_counter_path {
    ps_span host, object, instance, counter; /* host and instance may be empty */
} ps_counter_path;

/* \\host\object(instance)\counter; false for anything else. */
bool ps_part_counter(ps_span path, ps_counter_path *parts);

/* What is counted, by the object's and the counter's name in one of the languages and any case, in UTF-8
 * or in a code page of Windows, or by their index: \4\58. */
ps_counter ps_find_counter(const ps_counter_path *path);

/* "1047961600.000000", "1,5", "1.2e+010": a whole number, what is behind the point cut off. */
bool ps_take_counter_value(ps_span cell, uint64_t *value);

#endif
