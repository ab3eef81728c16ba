/* memsnap.c - what memsnap and handle -s write.
 *
 *    Process ID         Proc.Name Wrkng.Set PagedPool  NonPgdPl  Pagefile    Commit   Handles   Threads
 *             4            System    241664         0         0     28672     28672       211        54
 *
 *    Handle type summary:
 *      Event           : 13202
 *    Total handles: 90211
 *
 * memsnap writes one header a log, and a blank line before each snapshot; with /t, lines of keys and
 * values before the rows say when and where. */
#include "text/dialect.h"
#include "text/items.h"
#include "text/when.h"

#include <string.h>

enum { COLUMN_LIMIT = 12, NO_FIELD = 255 };

typedef struct memsnap {
    bool summary; /* of handles, not a log of memsnap */
    size_t count; /* columns behind the name */
    uint8_t fields[COLUMN_LIMIT];
    int64_t time;
    const char *host;
    ps_draft draft; /* of a summary */
} memsnap;

PS_DIALECT_FITS(memsnap);

/* --- memsnap ---------------------------------------------------------------------------------- */

static uint8_t column_of(ps_span word)
{
    static const struct {
        const char *name;
        uint8_t field;
    } columns[] = {{"Wrkng.Set", PS_PROCESS_WORKING_SET}, {"PagedPool", PS_PROCESS_PAGED},
                   {"NonPgdPl", PS_PROCESS_NONPAGED},     {"Pagefile", PS_PROCESS_PAGE_FILE},
                   {"Commit", PS_PROCESS_COMMIT},         {"Handles", PS_PROCESS_HANDLES},
                   {"Threads", PS_PROCESS_THREADS},       {"User", PS_PROCESS_USER_OBJECTS},
                   {"UserObjs", PS_PROCESS_USER_OBJECTS}, {"Gdi", PS_PROCESS_GDI_OBJECTS},
                   {"GdiObjs", PS_PROCESS_GDI_OBJECTS}};

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (ps_word_is(word, columns[i].name))
            return columns[i].field;
    return NO_FIELD;
}

static bool take_header(memsnap *table, ps_span body)
{
    if (!ps_take_text(&body, "Process ID") && !ps_take_text(&body, "Proc ID"))
        return false;
    if (!ps_word_is(ps_next_word(&body), "Proc.Name"))
        return false;
    table->count = 0;
    while (table->count < COLUMN_LIMIT) {
        const ps_span word = ps_next_word(&body);
        if (word.at == word.end)
            break;
        table->fields[table->count++] = column_of(word);
    }
    return table->count >= 5 && body.at == body.end;
}

/* Numbers from the end of the line, as many as there are columns; what is left is the name. */
static bool take_numbers(const memsnap *table, ps_span *body, uint64_t *numbers)
{
    for (size_t i = table->count; i-- > 0;) {
        ps_span word = {body->end, body->end};
        while (word.at > body->at && !ps_is_blank(word.at[-1]))
            word.at--;
        body->end = word.at;
        if (ps_scan_unsigned(&word, &numbers[i]) != PS_SCAN_OK || word.at != word.end)
            return false;
        *body = ps_trim(*body);
    }
    return true;
}

static bool process_row(const memsnap *table, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t numbers[COLUMN_LIMIT] = {0};
    ps_process *process;
    uint64_t id;

    if (ps_scan_unsigned(&at, &id) != PS_SCAN_OK || at.at == at.end || !ps_is_blank(*at.at))
        return false;
    at = ps_trim(at);
    if (!take_numbers(table, &at, numbers))
        return false;
    process = ps_add_process(reading->text, &reading->line);
    if (process == NULL)
        return true;
    process->id = id;
    process->origin = "memsnap";
    process->time = table->time;
    process->host = table->host;
    if (at.at < at.end)
        process->name = ps_keep(reading->text, at);
    for (size_t i = 0; i < table->count; i++)
        if (table->fields[i] != NO_FIELD)
            ps_process_set(process, (ps_process_field)table->fields[i], numbers[i]);
    reading->text->row_line_count++;
    return true;
}

/* "!ComputerName=SRV01", "SystemTime: 2026/11/01 00:05:00 GMT": what /t adds. */
static bool tag_line(memsnap *table, ps_reading *reading)
{
    ps_span key = reading->body;
    ps_span value;

    while (key.at < key.end && *key.at != '=' && *key.at != ':')
        key.at++;
    if (key.at == key.end)
        return false;
    value = ps_trim((ps_span){key.at + 1, key.end});
    key = (ps_span){reading->body.at, key.at};
    if (key.end - key.at > 40 || key.at == key.end || ps_is_digit(*key.at) ||
        (*key.at != '!' && *key.end != '=' && !ps_contains(key, "computer") &&
         !ps_contains(key, "time") && !ps_contains(key, "date")))
        return false;
    if (ps_contains(key, "computer") && value.at < value.end)
        table->host = ps_keep(reading->text, ps_next_word(&value));
    if (ps_contains(key, "time") || ps_contains(key, "date")) {
        if (value.end - value.at > 4 && ps_word_is((ps_span){value.end - 4, value.end}, " GMT"))
            value.end -= 4;
        if (!ps_read_time(value, &table->time))
            table->time = PS_NO_TIME;
    }
    return true;
}

static bool memsnap_row(memsnap *table, ps_reading *reading)
{
    if (process_row(table, reading) || take_header(table, reading->body) ||
        tag_line(table, reading))
        return true;
    if (reading->after_blank || !ps_is_digit(*reading->body.at))
        return false;
    ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no row of memsnap");
    return true;
}

/* --- handle -s -------------------------------------------------------------------------------- */

static bool type_of(ps_span name, ps_memory_field *field)
{
    static const struct {
        const char *name;
        ps_memory_field field;
    } types[] = {{"Event", PS_MEM_EVENTS},         {"Mutant", PS_MEM_MUTEXES},
                 {"Section", PS_MEM_SECTIONS},     {"Semaphore", PS_MEM_SEMAPHORES},
                 {"Process", PS_MEM_PROCESSES},    {"Thread", PS_MEM_THREADS},
                 {"Total handles", PS_MEM_HANDLES}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!ps_word_is(name, types[i].name))
            continue;
        *field = types[i].field;
        return true;
    }
    return false;
}

static bool summary_row(memsnap *table, ps_reading *reading)
{
    ps_span name = reading->body;
    ps_memory_field field;
    ps_handles *handles;
    ps_span number;
    uint64_t value;

    while (name.at < name.end && *name.at != ':')
        name.at++;
    if (name.at == name.end)
        return false;
    number = ps_trim((ps_span){name.at + 1, name.end});
    name = ps_trim((ps_span){reading->body.at, name.at});
    if (ps_scan_unsigned(&number, &value) != PS_SCAN_OK || number.at != number.end) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no count of handles");
        return true;
    }
    handles = ps_add_item(reading, PS_ITEM_HANDLES, "handle -s", &reading->line);
    if (handles == NULL)
        return true;
    handles->item.time = table->time;
    handles->count = value;
    if (!ps_word_is(name, "Total handles"))
        handles->type = ps_keep(reading->text, name);
    if (type_of(name, &field) && field != PS_MEM_PROCESSES && field != PS_MEM_THREADS)
        ps_draft_memory(&table->draft, field, value, &reading->line);
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    memsnap *table = state;
    ps_draft moment;

    if (reading->body.at == reading->body.end || reading->line.size > reading->row_bytes)
        return false;
    table->summary = ps_word_is(reading->body, "Handle type summary:");
    if (!table->summary && (*reading->body.at != 'P' || !take_header(table, reading->body))) {
        memset(table, 0, sizeof *table);
        return false;
    }
    ps_draft_start(&moment, reading->text, "handle -s");
    ps_take_moment(reading, &moment);
    table->time = moment.time;
    table->host = moment.host;
    table->draft = moment;
    return true;
}

static bool row(void *state, ps_reading *reading)
{
    memsnap *table = state;

    if (reading->body.at == reading->body.end)
        return true;
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    return table->summary ? summary_row(table, reading) : memsnap_row(table, reading);
}

static void finish(void *state, ps_reading *reading)
{
    memsnap *table = state;

    (void)reading;
    if (table->summary)
        ps_draft_finish(&table->draft, "handle -s", PS_SCOPE_TOTALS);
}

const ps_dialect ps_memsnap_dialect = {.name = "memsnap",
                                       .needs = PS_LETTER('e') | PS_LETTER('p'),
                                       .start = start,
                                       .row = row,
                                       .finish = finish};
