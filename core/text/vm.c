/* vm.c - the memory totals of the debugger's !vm.
 *
 *    NonPagedPool Usage:     31369 (    125476 Kb)  what a user wrote behind it
 *    NonPagedPoolNx Usage:   14108 (     56432 Kb)
 *    ********** Excessive NonPaged Pool Usage *****
 *    ********** 3 pool allocations have failed **********
 *
 * Kb decide, because a page is not 4 KiB everywhere.  From Windows 8 on the nonpaged pool has two
 * parts, with and without execution, which one maximum bounds.
 */
#include "text/debugger.h"

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

/* "31369 ( 125476 Kb)" or "3584000 Kb" alone. */
static bool scan_value(ps_span *at, uint64_t *pages, uint64_t *kilobytes)
{
    ps_skip_blanks(at);
    if (ps_scan_unsigned(at, pages) != PS_SCAN_OK)
        return false;
    ps_skip_blanks(at);
    if (ps_take_text(at, "Kb")) {
        *kilobytes = *pages;
        *pages /= 4;
        return true;
    }
    if (!ps_take_text(at, "("))
        return false;
    ps_skip_blanks(at);
    if (ps_scan_unsigned(at, kilobytes) != PS_SCAN_OK)
        return false;
    ps_skip_blanks(at);
    return ps_take_text(at, "Kb");
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

static void check_pages(ps_reading *reading, uint64_t pages, uint64_t kilobytes)
{
    char first[32], second[32];

    if (kilobytes == pages * 4 || kilobytes == pages * 8)
        return;
    ps_group_digits(pages, first);
    ps_group_digits(kilobytes, second);
    ps_remark(reading->text, PS_FLAGGED, &reading->line,
              "%s pages are not %s Kb: the latter stands", first, second);
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool take_label(ps_debugger *debugger, ps_reading *reading, ps_span at,
                       const vm_label *label)
{
    uint64_t pages, kilobytes, value;

    if (!scan_value(&at, &pages, &kilobytes)) {
        if (!debugger->in_vm && !debugger->vm_seen)
            return false;
        ps_remark(reading->text, PS_REFUSED, &reading->line, "the value of %s is not understood",
                  label->name);
        return true;
    }
    if (kilobytes > UINT64_MAX / 1024) {
        ps_remark(reading->text, PS_REFUSED, &reading->line, "%s does not fit in 64 bits",
                  label->name);
        return true;
    }
    begin_value(debugger, reading, label);
    check_pages(reading, pages, kilobytes);
    value = label->pages ? pages : kilobytes * 1024;
    if (label->field == PS_MEM_NONPAGED && ps_draft_has(&debugger->draft, label->field))
        value = add_capped(value, debugger->draft.memory[label->field]);
    ps_draft_memory(&debugger->draft, label->field, value, &reading->line);
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

bool ps_vm_line(ps_debugger *debugger, ps_reading *reading)
{
    ps_span name = reading->body;
    const vm_label *label;
    ps_span at;

    if (name.at == name.end)
        return false;
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
