/* counter_names_data.h - the names of objects and counters in the languages of Windows. */
#ifndef PS_TEXT_COUNTER_NAMES_DATA_H
#define PS_TEXT_COUNTER_NAMES_DATA_H

#include <stddef.h>
#include <stdint.h>

typedef enum ps_counter_object {
    PS_OBJECT_NONE,
    PS_OBJECT_MEMORY,
    PS_OBJECT_PROCESS,
    PS_OBJECT_OBJECTS,
    PS_OBJECT_SYSTEM,
} ps_counter_object;

typedef struct ps_object_name {
    const char *name; /* UTF-8, in small letters, as all names here; or the index of Windows */
    uint8_t object;
} ps_object_name;

enum { PS_COUNTER_IS_ID = 255 };

typedef struct ps_counter_name {
    const char *name;
    uint8_t object,
        field;     /* a ps_memory_field; of processes a ps_process_field or PS_COUNTER_IS_ID */
    uint8_t shift; /* 10: the counter counts KiB */
} ps_counter_name;

/* What the name of a pool's size holds in one language, whatever its order. */
typedef struct ps_pool_word {
    const char *pool, *nonpaged, *paged, *bytes;
} ps_pool_word;

/* A letter of two bytes in a code page, high byte first. */
typedef struct ps_wide_letter {
    uint16_t code;
    const char *utf8;
} ps_wide_letter;

typedef struct ps_code_page {
    const ps_wide_letter *letters; /* those that the names need */
    size_t count;
} ps_code_page;

typedef struct ps_counter_data {
    const ps_object_name *objects;
    size_t object_count;
    const ps_counter_name *counters;
    size_t counter_count;
    const ps_pool_word *pool_words;
    size_t pool_word_count;
    const char *const *other_words;
    size_t other_word_count;
    const ps_code_page *pages;
    size_t page_count;
} ps_counter_data;

extern const ps_counter_data ps_counter_data_of_windows;

#endif
