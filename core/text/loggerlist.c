/* loggerlist.c - sessions of event tracing as logman and a kernel debugger list them.
 *
 *    Data Collector Set                      Type                          Status
 *    -------------------------------------------------------------------------------
 *    EventLog-System                         Trace                         Running
 *
 *    Logger Id 0x02 @ 0xFFFFFA8003C42040 Named 'EventLog-System'          (!wmitrace.strdump)
 *
 *     Logger Context  Number Available   Size    NPP Usage   PP Usage    (!wmitrace.bufdump)
 *    ================ ====== ========= ======== =========== ==========
 *    ffffe6055eaa8040      2         2    65536                 131072  EventLog-Application
 *
 * logman's headings are in the system's language; the rule and the columns are the same.
 */
#include "text/address.h"
#include "text/dialect.h"
#include "text/items.h"

#include <string.h>

enum { RULE = 79, TYPE_COLUMN = 40, STATE_COLUMN = 70, NONPAGED_END = 55 };

typedef struct logger_list {
    bool dump;    /* of the debugger, and */
    bool buffers; /* with the buffers of each */
} logger_list;

PS_DIALECT_FITS(logger_list);

static bool is_rule(ps_span body)
{
    if (body.end - body.at != RULE)
        return false;
    while (body.at < body.end && *body.at == '-')
        body.at++;
    return body.at == body.end;
}

/* "Logger Id 0x02 @ 0xFFFFFA8003C42040 Named 'EventLog-System'" */
static bool dump_row(ps_reading *reading)
{
    ps_span at = reading->body;
    ps_logger *logger;
    uint64_t id;
    const char *quote;

    if (!ps_take_text(&at, "Logger Id ") || !ps_take_hex(&at, &id) || !ps_contains(at, " Named '"))
        return false;
    quote = memchr(at.at, '\'', (size_t)(at.end - at.at));
    if (quote == NULL || at.end[-1] != '\'' || at.end - 1 <= quote)
        return false;
    logger = ps_add_item(reading, PS_ITEM_LOGGERS, "!wmitrace.strdump", &reading->line);
    if (logger == NULL)
        return true;
    logger->id = id;
    logger->name = ps_keep(reading->text, (ps_span){quote + 1, at.end - 1});
    logger->state = "running";
    reading->text->row_line_count++;
    return true;
}

/* The words from the column on, up to two blanks. */
static ps_span take_column(ps_span line, ps_span *rest)
{
    ps_span cell = line;

    for (cell.end = cell.at; cell.end < line.end; cell.end++)
        if (line.end - cell.end >= 2 && cell.end[0] == ' ' && cell.end[1] == ' ')
            break;
    *rest = ps_trim((ps_span){cell.end, line.end});
    return ps_trim(cell);
}

/* Characters before the place, of which some may take more than a byte. */
static size_t column_of(const ps_reading *reading, const char *place)
{
    size_t column = 0;

    for (const char *at = reading->line.text; at < place; at++)
        column += ((unsigned char)*at & 0xC0) != 0x80;
    return column;
}

/* A name that fills its column is followed by no blank.  What is not known to be a state must stand
 * in its column. */
static bool list_row(ps_reading *reading)
{
    ps_span rest;
    ps_span name = take_column(reading->body, &rest);
    ps_span type;
    ps_logger *logger;
    const char *state;

    type = take_column(rest, &rest);
    if (rest.at == rest.end && name.end - name.at >= TYPE_COLUMN) {
        rest = type;
        type = ps_trim((ps_span){name.at + TYPE_COLUMN, name.end});
        name.end = name.at + TYPE_COLUMN;
        name = ps_trim(name);
    }
    if (name.at == name.end || type.at == type.end || rest.at == rest.end ||
        rest.end - rest.at > RULE)
        return false;
    state = ps_service_state(rest);
    if (state == NULL &&
        (column_of(reading, type.at) != TYPE_COLUMN || column_of(reading, rest.at) != STATE_COLUMN))
        return false;
    logger = ps_add_item(reading, PS_ITEM_LOGGERS, "logman", &reading->line);
    if (logger == NULL)
        return true;
    logger->name = ps_keep(reading->text, name);
    logger->type = ps_keep(reading->text, type);
    logger->state = state != NULL ? state : ps_keep(reading->text, rest);
    reading->text->row_line_count++;
    return true;
}

/* --- !wmitrace.bufdump ------------------------------------------------------------------------ */

static bool is_buffer_header(ps_span body)
{
    return ps_take_text(&body, "Logger Context") && ps_contains(body, "Available") &&
           ps_contains(body, "NPP Usage");
}

/* The memory of a logger stands under the pool that it is of. */
static void take_usage(ps_logger *logger, const ps_reading *reading, ps_span number, uint64_t bytes)
{
    if (column_of(reading, number.end) <= NONPAGED_END)
        logger->nonpaged_bytes = bytes;
    else
        logger->paged_bytes = bytes;
}

static bool buffer_row(ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t address, numbers[3], bytes;
    ps_span next, rest;
    ps_logger *logger;

    if (!ps_take_address(&at, &address))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!ps_item_number(ps_next_word(&at), &numbers[i])) {
            ps_remark(reading->text, PS_REFUSED, &reading->line, "this is no trace session");
            return true;
        }
    }
    logger = ps_add_item(reading, PS_ITEM_LOGGERS, "!wmitrace.bufdump", &reading->line);
    if (logger == NULL)
        return true;
    logger->state = "running";
    logger->buffers = numbers[0];
    logger->free_buffers = numbers[1];
    logger->buffer_bytes = numbers[2];
    rest = at;
    next = ps_next_word(&rest);
    while (next.at < next.end && column_of(reading, next.at) < NONPAGED_END + 11 &&
           ps_item_number(next, &bytes)) {
        take_usage(logger, reading, next, bytes);
        at = rest;
        next = ps_next_word(&rest);
    }
    at = ps_trim(at);
    if (at.at < at.end)
        logger->name = ps_keep(reading->text, at);
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    logger_list *list = state;

    if (reading->line.size > reading->row_bytes)
        return false;
    list->buffers = is_buffer_header(reading->body);
    list->dump = *reading->body.at != '-' && dump_row(reading);
    return list->buffers || list->dump || is_rule(reading->body);
}

static bool row(void *state, ps_reading *reading)
{
    logger_list *list = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued || reading->at_prompt)
        return false;
    if (list->dump)
        return dump_row(reading);
    if (reading->body.at == reading->body.end)
        return false;
    return list->buffers ? *reading->body.at == '=' || buffer_row(reading) : list_row(reading);
}

static void finish(void *state, ps_reading *reading)
{
    (void)state;
    (void)reading;
}

const ps_dialect ps_loggerlist_dialect = {.name = "trace sessions",
                                          .any = PS_HAS_STROKE | PS_LETTER('l'),
                                          .least = 20,
                                          .start = start,
                                          .row = row,
                                          .finish = finish};
