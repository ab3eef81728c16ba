/* import.h - what the readers of CSV and of JSON Lines share. */
#ifndef PS_STORE_IMPORT_H
#define PS_STORE_IMPORT_H

#include "base/arena.h"
#include "store/history.h"

enum { IMPORT_COLUMNS = 12, HOST_LONGEST = 1024 };

typedef struct import_state {
    ps_history *history;
    ps_history_imported *counts;
    ps_snapshot *snapshot; /* that is being read; NULL: none */
    char host[HOST_LONGEST];
    int64_t time;
    const char *time_source, *source, *sha256; /* in texts */
    uint32_t line;
    ps_arena texts;
    bool has_header;
    int columns[IMPORT_COLUMNS]; /* of CSV: which field each is, or -1 */
} import_state;

/* Say what is wrong with the line at hand; false. */
bool import_fail(const import_state *s, ps_error *err, const char *what);

/* Record the snapshot that was read, if there is one. */
bool import_record(import_state *s, ps_error *err);

/* Take in a line of size bytes, which a NUL ends and which may be written to. */
bool import_csv_line(import_state *s, char *line, size_t size, ps_error *err);
bool import_json_line(import_state *s, char *line, size_t size, ps_error *err);

/* Digits as a number: false where there is anything else, or too much. */
bool import_unsigned(const char *text, size_t size, uint64_t *value);
bool import_signed(const char *text, size_t size, int64_t *value);
bool import_tag(const char *text, size_t size, ps_tag *tag);
bool import_word(const char *text, size_t size, const char *const *words, int *which);
extern const char *const import_pools[];
extern const char *const import_scopes[];

#endif
