/* vm.c - the memory totals of the debugger's !vm.
 *
 *    NonPagedPool Usage:     31369 (    125476 Kb)  what a user wrote behind it
 *    NonPagedPoolNx Usage:   14108 (     56432 Kb)
 *    ********** Excessive NonPaged Pool Usage *****
 *    ********** 3 pool allocations have failed **********
 *
 * Kb decide, because a page is not 4 KiB everywhere.  From Windows 8 on the nonpaged pool has two
 * parts, with and without execution, which one maximum bounds.  A value that contradicts its pages
 * is one that passed 2^32, or went below 0, or is told to be wrong.
 */
#include "text/debugger.h"
#include "text/decimal.h"

#include <string.h>

enum { LONGEST_LABEL = 40, LINE_REACH = 300 };

typedef struct vm_label {
    const char *name;
    ps_memory_field field;
    bool pages; /* the count of pages is wanted, not the bytes */
} vm_label;

static const vm_label labels[] = {
    {"Physical Memory", PS_MEM_PHYSICAL, false},
    {"Available Pages", PS_MEM_AVAILABLE, false},
    {"Committed pages", PS_MEM_COMMIT, false},
    {"Commit limit", PS_MEM_COMMIT_LIMIT, false},
    {"Peak Commitment", PS_MEM_COMMIT_PEAK, false},
    {"NonPagedPool Usage", PS_MEM_NONPAGED, false},
    {"NonPagedPoolNx Usage", PS_MEM_NONPAGED, false},
    {"NonPagedPool Max", PS_MEM_NONPAGED_LIMIT, false},
    {"NonPagedPool Maximum", PS_MEM_NONPAGED_LIMIT, false},
    {"PagedPool Usage", PS_MEM_PAGED, false},
    {"PagedPool Maximum", PS_MEM_PAGED_LIMIT, false},
    {"PagedPool Max", PS_MEM_PAGED_LIMIT, false},
    {"Free System PTEs", PS_MEM_FREE_PTES, true},
};

static const vm_label *find_label(ps_span name)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (ps_word_is(name, labels[i].name))
            return &labels[i];
    return NULL;
}

typedef struct vm_value {
    int64_t pages, kilobytes;
    bool has_pages;
    bool rounded; /* "1,5 MB", as people write it down */
} vm_value;

/* The unit behind a value as a shift from Kb; -1 if there is none. */
static int take_unit(ps_span *at)
{
    static const char *const units[] = {"K", "M", "G"};

    ps_skip_blanks(at);
    for (int i = 0; i < 3; i++) {
        if (!ps_take_text(at, units[i]))
            continue;
        (void)(ps_take_text(at, "iB") || ps_take_text(at, "b"));
        return 10 * i;
    }
    return -1;
}

/* "1,5 MB", "0.9 GB" */
static bool scan_rounded(ps_span at, vm_value *value)
{
    ps_decimal decimal;
    int shift;

    if (!ps_scan_decimal(&at, &decimal) || decimal.ambiguous)
        return false;
    shift = take_unit(&at);
    if (shift < 10)
        return false;
    *value = (vm_value){.rounded = true};
    return ps_decimal_to_integer(&decimal, shift, &value->kilobytes);
}

/* "31369 ( 125476 Kb)" or "3584000 Kb" alone. */
static bool scan_value(ps_span at, vm_value *value)
{
    const ps_span start = at;
    int shift;

    *value = (vm_value){0};
    ps_skip_blanks(&at);
    if (ps_scan_signed(&at, &value->pages) != PS_SCAN_OK)
        return scan_rounded(ps_trim(start), value);
    shift = take_unit(&at);
    if (shift > 0)
        return scan_rounded(ps_trim(start), value);
    if (shift == 0) {
        value->kilobytes = value->pages;
        return true;
    }
    value->has_pages = true;
    if (!ps_take_text(&at, "("))
        return false;
    ps_skip_blanks(&at);
    return ps_scan_signed(&at, &value->kilobytes) == PS_SCAN_OK && take_unit(&at) == 0;
}

/* The first value of a !vm, or one that it has already, begins a snapshot's part. */
static void begin_value(ps_debugger *debugger, ps_reading *reading, const vm_label *label)
{
    const uint32_t bit = UINT32_C(1) << (label - labels);

    if (debugger->vm_seen || !debugger->has_vm || (debugger->vm_labels & bit) != 0) {
        ps_debugger_begin(debugger, reading, &debugger->has_vm);
        debugger->vm_labels = 0;
    }
    debugger->vm_labels |= bit;
    debugger->vm_seen = false;
    debugger->in_vm = true;
}

/* A number of 32 bits that went below 0, as if it were a large one. */
static bool went_below(int64_t value)
{
    return value < 0 || (value >= INT64_C(0xFF000000) && value <= UINT32_MAX);
}

/* Settle what the value is; a reason where it cannot be told. */
static const char *settle(ps_reading *reading, vm_value *value)
{
    const int64_t four = value->pages > INT64_MAX / 8 ? -1 : value->pages * 4;
    char first[32], second[32];

    if (went_below(value->pages) || (!value->has_pages && went_below(value->kilobytes)))
        return "is or may be a number that went below zero";
    if (!value->has_pages || value->kilobytes == four || value->kilobytes == four * 2)
        return NULL;
    ps_group_digits((uint64_t)value->pages, first);
    if ((uint32_t)value->kilobytes == (uint32_t)four) {
        ps_remark(reading->text, PS_FLAGGED, &reading->line, "Kb passed 2^32: the %s pages stand",
                  first);
        value->kilobytes = four;
        return NULL;
    }
    if (went_below(value->kilobytes))
        return "is or may be a number that went below zero";
    ps_group_digits((uint64_t)value->kilobytes, second);
    ps_remark(reading->text, PS_FLAGGED, &reading->line,
              "%s pages are not %s Kb: the latter stands", first, second);
    return NULL;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void keep_value(ps_debugger *debugger, ps_reading *reading, const vm_label *label,
                       const vm_value *found)
{
    const uint64_t bytes = (uint64_t)found->kilobytes * 1024;
    uint64_t value = label->pages ? (uint64_t)found->pages : bytes;

    begin_value(debugger, reading, label);
    if (label->field == PS_MEM_NONPAGED && ps_draft_has(&debugger->draft, label->field))
        value = add_capped(value, debugger->draft.memory[label->field]);
    ps_draft_memory(&debugger->draft, label->field, value, &reading->line);
    if (found->rounded)
        ps_remark(reading->text, PS_NOTE, &reading->line, "the value of %s is rounded",
                  label->name);
}

static bool take_label(ps_debugger *debugger, ps_reading *reading, ps_span at,
                       const vm_label *label)
{
    vm_value found;
    const char *reason;

    if (!scan_value(at, &found)) {
        if (!debugger->in_vm && !debugger->vm_seen)
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "the value of %s is not understood",
                  label->name);
        return true;
    }
    if (found.kilobytes > INT64_MAX / 1024) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s does not fit in 64 bits",
                  label->name);
        return true;
    }
    reason = settle(reading, &found);
    if (reason != NULL) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s %s", label->name, reason);
        return true;
    }
    keep_value(debugger, reading, label, &found);
    return true;
}

/* "********** 3 pool allocations have failed **********" and its like */
static bool take_banner(ps_debugger *debugger, ps_reading *reading)
{
    ps_span body = reading->body;
    uint64_t count;

    while (body.at < body.end && *body.at == '*')
        body.at++;
    if (body.at - reading->body.at < 3)
        return false;
    ps_skip_blanks(&body);
    if (ps_take_text(&body, "Virtual Memory Usage")) {
        debugger->vm_seen = true;
        return true;
    }
    if (!debugger->has_vm)
        return false;
    if (ps_take_text(&body, "Excessive ")) {
        ps_remark(reading->text, PS_NOTE, &reading->line, "the debugger warns of excessive usage");
        ps_draft_touch(&debugger->draft, &reading->line);
        return true;
    }
    if (ps_scan_unsigned(&body, &count) != PS_SCAN_OK || !ps_contains(body, "have failed"))
        return false;
    if (ps_take_text(&body, " pool allocation"))
        ps_draft_memory(&debugger->draft, PS_MEM_POOL_FAILURES, count, &reading->line);
    else
        ps_draft_touch(&debugger->draft, &reading->line);
    ps_remark(reading->text, PS_NOTE, &reading->line, "the debugger tells of failed allocations");
    return true;
}

/* The label that ends before the colon; NULL if none does. */
static const vm_label *label_before(ps_span body, const char *colon)
{
    const char *start = colon - body.at > LONGEST_LABEL ? colon - LONGEST_LABEL : body.at;

    for (const char *at = start; at < colon; at++) {
        const vm_label *label;
        if (at > body.at && !ps_is_blank(at[-1]) && at[-1] != '*' && at[-1] != ')')
            continue;
        label = find_label((ps_span){at, colon});
        if (label != NULL)
            return label;
    }
    return NULL;
}

static const char *next_colon(ps_span body, const char *at)
{
    return memchr(at, ':', (size_t)(body.end - at));
}

bool ps_vm_is_flat(ps_span body)
{
    size_t labels_seen = 0;
    const char *first;

    body = ps_first(body, PS_MOST_ROW_BYTES);
    first = next_colon(body, body.at);
    if (first == NULL || next_colon(body, first + 1) == NULL)
        return false;
    for (const char *at = body.at; (at = next_colon(body, at)) != NULL && labels_seen < 2; at++)
        labels_seen += label_before(body, at) != NULL;
    return labels_seen >= 2;
}

/* All values in one line. */
static bool take_flat(ps_debugger *debugger, ps_reading *reading, ps_span body)
{
    bool taken = false;

    for (const char *at = body.at; (at = next_colon(body, at)) != NULL; at++) {
        const vm_label *label = label_before(body, at);
        if (label != NULL)
            taken |= take_label(debugger, reading, (ps_span){at + 1, body.end}, label);
    }
    return taken;
}

bool ps_vm_line(ps_debugger *debugger, ps_reading *reading)
{
    ps_span name = reading->body;
    const vm_label *label;
    ps_span at;

    if (name.at == name.end)
        return false;
    if (ps_vm_is_flat(name))
        return take_flat(debugger, reading, ps_first(name, PS_MOST_ROW_BYTES));
    name = ps_first(name, LINE_REACH);
    if (*name.at == '*')
        return take_banner(debugger, reading);
    if (strchr("PACNF", *name.at) == NULL)
        return false;
    at = name;
    while (at.at < at.end && *at.at != ':' && at.at - name.at < LONGEST_LABEL)
        at.at++;
    if (at.at == at.end || *at.at != ':')
        return false;
    label = find_label(ps_trim((ps_span){name.at, at.at}));
    if (label == NULL)
        return false;
    at.at++;
    return take_label(debugger, reading, at, label);
}
