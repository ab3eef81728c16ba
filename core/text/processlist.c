/* processlist.c - processes and their handles as a kernel debugger lists them.
 *
 *    PROCESS ffffe000aa6ce040
 *        SessionId: none  Cid: 0004    Peb: 00000000  ParentCid: 0000
 *        DirBase: 001aa000  ObjectTable: ffffc0002ea03000  HandleCount: 1209.
 *        Image: System
 *        QuotaPoolUsage[PagedPool]         244688                       (!process 0 1)
 *
 *    Handle table at ffffc0002ea03000 with 1209 entries in use          (!handle)
 *    0004: Object: ffffe000aa6ce040  GrantedAccess: 001fffff Entry: ffffc0002ea05010
 *    Object: ffffe000aa6ce040  Type: (ffffe000aa6b2a60) Process
 *
 *    Type                Count                                          (!handle in a process)
 *    Event               14
 *
 * A process without a table of handles has ended, and something still refers to it.
 */
#include "text/address.h"
#include "text/dialect.h"
#include "text/handlecount.h"
#include "text/when.h"

#include <string.h>

enum { PAGE = 4096, SHOWN = 60 };

typedef struct process_list {
    size_t current; /* the process that lines belong to, counted from 1; 0 for none */
    bool has_table, has_pid, summary, rows;
    bool in_handles; /* the line before told a handle */
    ps_line begun;   /* with the line of the process, of which this is kept */
    char shown[SHOWN];
    ps_handle_counts counts;
} process_list;

PS_DIALECT_FITS(process_list);

static ps_process *current(const process_list *list, ps_reading *reading)
{
    return list->current == 0 ? NULL : &reading->text->lists.processes[list->current - 1];
}

/* --- a process -------------------------------------------------------------------------------- */

static void end_process(process_list *list, ps_reading *reading)
{
    ps_process *process = current(list, reading);

    ps_handles_finish(&list->counts, reading, "!handle");
    if (process != NULL && !list->has_pid) {
        list->begun.text = list->shown;
        if (!ps_failed(reading->text))
            reading->text->lists.process_count--;
        ps_remark(reading->text, PS_REFUSED, &list->begun, "this process has no Cid");
    }
    list->current = 0;
    list->has_table = list->has_pid = list->in_handles = false;
}

/* "HandleCount: 1209.", "TableSize: 150." */
static void take_handles(ps_process *process, ps_span value)
{
    uint64_t count;

    if (value.at < value.end && value.end[-1] == '.')
        value.end--;
    if (ps_scan_unsigned(&value, &count) == PS_SCAN_OK && value.at == value.end)
        ps_process_set(process, PS_PROCESS_HANDLES, count);
}

static void take_table(process_list *list, ps_process *process, ps_span value)
{
    uint64_t address;

    list->has_table = ps_take_address(&value, &address);
    if (!list->has_table)
        return;
    process->has_exited = true;
    process->exited = address == 0;
}

/* One key with its value, both words of the line. */
static void take_word(process_list *list, ps_reading *reading, ps_span key, ps_span value)
{
    ps_process *process = current(list, reading);
    uint64_t number;

    if (ps_word_is(key, "SessionId:")) {
        if (ps_scan_unsigned(&value, &number) == PS_SCAN_OK && number <= INT32_MAX)
            process->session = (int32_t)number;
    } else if (ps_word_is(key, "Cid:") && !list->has_pid) {
        list->has_pid = ps_take_hex(&value, &process->id);
    } else if (ps_word_is(key, "ObjectTable:")) {
        take_table(list, process, value);
    } else if (ps_word_is(key, "HandleCount:") || ps_word_is(key, "TableSize:")) {
        take_handles(process, value);
    }
}

static bool is_key(ps_span word)
{
    static const char *const keys[] = {"SessionId:", "Cid:",         "Peb:",         "ParentCid:",
                                       "DirBase:",   "ObjectTable:", "HandleCount:", "TableSize:"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (ps_word_is(word, keys[i]))
            return true;
    return false;
}

/* "SessionId: 0  Cid: 0340    Peb: 7ff7ca1b0000  ParentCid: 0320" */
static bool take_words(process_list *list, ps_reading *reading, ps_span at)
{
    bool any = false;

    for (ps_span key = ps_next_word(&at); key.at < key.end; key = ps_next_word(&at)) {
        if (!is_key(key))
            continue;
        any = true;
        take_word(list, reading, key, ps_next_word(&at));
    }
    return any;
}

/* "QuotaPoolUsage[PagedPool]         244688": one of the values of !process 0 1. */
static bool take_value(const process_list *list, ps_reading *reading)
{
    static const struct {
        const char *key;
        ps_process_field field;
        uint32_t unit;
    } keys[] = {{"QuotaPoolUsage[PagedPool]", PS_PROCESS_PAGED, 1},
                {"QuotaPoolUsage[NonPagedPool]", PS_PROCESS_NONPAGED, 1},
                {"CommitCharge", PS_PROCESS_COMMIT, PAGE},
                {"Working Set Sizes (now,min,max)", PS_PROCESS_WORKING_SET, PAGE}};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ps_span at = reading->body;
        uint64_t value;
        if (!ps_take_text(&at, keys[i].key))
            continue;
        ps_skip_blanks(&at);
        if (at.at < at.end && *at.at == '(')
            at.at++;
        if (ps_scan_unsigned(&at, &value) == PS_SCAN_OK && value <= UINT64_MAX / keys[i].unit)
            ps_process_set(current(list, reading), keys[i].field, value * keys[i].unit);
        return true;
    }
    return false;
}

/* "THREAD fffffa80  Cid 0004.0008  Teb: ...": one more. */
static bool take_thread(const process_list *list, ps_reading *reading)
{
    ps_process *process = current(list, reading);
    ps_span at = reading->body;

    if (!ps_take_text(&at, "THREAD ") || !ps_contains(at, "Cid "))
        return false;
    ps_process_set(process, PS_PROCESS_THREADS, process->values[PS_PROCESS_THREADS] + 1);
    return true;
}

static bool process_line(process_list *list, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_process *process;
    uint64_t address;

    if (!ps_take_text(&at, "PROCESS ") || !ps_take_address(&at, &address))
        return false;
    end_process(list, reading);
    process = ps_add_process(reading->text, &reading->line);
    if (process == NULL)
        return true;
    process->origin = "!process";
    process->host = reading->host;
    list->current = reading->text->lists.process_count;
    list->begun = reading->line;
    list->begun.size = (size_t)(ps_first(reading->body, SHOWN).end - reading->body.at);
    memcpy(list->shown, reading->body.at, list->begun.size);
    reading->text->row_line_count++;
    (void)take_words(list, reading, at);
    return true;
}

static bool image_line(const process_list *list, ps_reading *reading)
{
    ps_span at = reading->body;
    ps_process *process = current(list, reading);

    if (!ps_take_text(&at, "Image:"))
        return false;
    at = ps_trim(at);
    process->name = at.at == at.end ? "" : ps_keep(reading->text, at);
    if (process->id == 0)
        process->has_exited = false; /* the idle process has no table of its own */
    return true;
}

/* --- handles ---------------------------------------------------------------------------------- */

/* "Handle table at ... with 1209 entries in use": they are of the process above. */
static bool table_line(process_list *list, ps_reading *reading)
{
    const ps_process *process = current(list, reading);

    if (!ps_contains(ps_first(reading->body, 40), "handle table at ") ||
        !ps_contains(reading->body, " in use"))
        return false;
    ps_handles_finish(&list->counts, reading, "!handle");
    ps_handles_open(&list->counts, reading,
                    process == NULL || *process->name == '\0' ? NULL : process->name,
                    process == NULL ? PS_UNKNOWN : process->id);
    return true;
}

/* "0004: Object: ..." announces a handle, "Object: ...  Type: (...) Key" behind it has its type;
 * both may stand in one line. */
static bool handle_line(process_list *list, ps_reading *reading)
{
    ps_span at = reading->body;
    uint64_t number;

    if (!list->counts.open)
        return false;
    if (ps_take_hex(&at, &number) && at.at < at.end && *at.at == ':') {
        list->in_handles = true;
        if (ps_contains(at, "free handle"))
            return true;
    } else if (!ps_take_text(&at, "Object:")) {
        return ps_contains(ps_first(reading->body, 24), "ObjectHeader:") ||
               ps_contains(ps_first(reading->body, 24), "HandleCount:") ||
               ps_contains(ps_first(reading->body, 24), "Directory Object:");
    }
    for (; at.at < at.end; at.at++) {
        if (!ps_take_text(&at, "Type: ("))
            continue;
        while (at.at < at.end && *at.at != ')')
            at.at++;
        at.at += at.at < at.end;
        ps_skip_blanks(&at);
        if (list->in_handles && ps_handles_count(&list->counts, ps_handles_type(at)))
            reading->text->row_line_count++;
        list->in_handles = false;
        break;
    }
    return true;
}

/* --- the summary of !handle in a process ------------------------------------------------------ */

static bool is_summary_header(ps_span body)
{
    const ps_span type = ps_next_word(&body);

    return ps_word_is(type, "Type") && ps_word_is(ps_trim(body), "Count");
}

static bool summary_row(process_list *list, ps_reading *reading)
{
    ps_span name = reading->body;
    ps_span number;
    ps_handles *handles;
    uint64_t count;

    while (name.end > name.at && !ps_is_blank(name.end[-1]))
        name.end--;
    number = (ps_span){name.end, reading->body.end};
    name = ps_trim(name);
    if (name.at == name.end || !ps_item_number(number, &count))
        return false;
    list->rows = true;
    handles = ps_add_item(reading, PS_ITEM_HANDLES, "!handle", &reading->line);
    if (handles == NULL)
        return true;
    handles->process = "debugged process";
    handles->type = ps_keep(reading->text, name);
    handles->count = count;
    reading->text->row_line_count++;
    return true;
}

/* --- the dialect ------------------------------------------------------------------------------ */

static bool start(void *state, ps_reading *reading)
{
    process_list *list = state;

    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    list->summary = is_summary_header(reading->body);
    if (list->summary || process_line(list, reading) || table_line(list, reading))
        return true;
    memset(list, 0, sizeof *list);
    return false;
}

static bool row(void *state, ps_reading *reading)
{
    process_list *list = state;

    if (reading->body.at == reading->body.end)
        return !list->summary;
    if (reading->line.size > reading->row_bytes || reading->line.continued)
        return false;
    if (list->summary)
        return summary_row(list, reading);
    if (process_line(list, reading) || table_line(list, reading) || handle_line(list, reading))
        return true;
    if (list->current == 0)
        return false;
    return image_line(list, reading) || take_value(list, reading) || take_thread(list, reading) ||
           take_words(list, reading, reading->body) || ps_is_blank(*reading->line.text);
}

static void finish(void *state, ps_reading *reading) { end_process(state, reading); }

const ps_dialect ps_processlist_dialect = {.name = "!process",
                                           .needs = PS_LETTER('e'),
                                           .any = PS_LETTER('p') | PS_LETTER('y'),
                                           .least = 9,
                                           .start = start,
                                           .row = row,
                                           .finish = finish};
