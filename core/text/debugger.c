/* debugger.c - what !poolused and !vm share: commands, the session's time, the snapshot. */
#include "text/debugger.h"

#include "text/flow.h"
#include "text/when.h"

#include <string.h>

void ps_debugger_open(ps_debugger *debugger, ps_text *text)
{
    *debugger = (ps_debugger){.time = PS_NO_TIME, .uptime = UINT64_MAX};
    ps_draft_start(&debugger->draft, text, "!poolused");
}

void ps_debugger_finish(ps_debugger *debugger, ps_reading *reading)
{
    bool whole;
    const char *origin;

    ps_poolused_flush(debugger, reading);
    whole = debugger->total && !debugger->filtered && !debugger->session_pool && !debugger->elided;
    origin = !debugger->has_vm ? "!poolused" : !debugger->has_poolused ? "!vm" : "!vm + !poolused";

    ps_draft_finish(&debugger->draft, origin, whole ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
    debugger->has_vm = debugger->has_poolused = false;
    debugger->in_table = debugger->elided = debugger->total = false;
    debugger->in_vm = false;
}

void ps_debugger_begin(ps_debugger *debugger, ps_reading *reading, bool *part)
{
    if (*part)
        ps_debugger_finish(debugger, reading);
    *part = true;
    debugger->draft.origin = debugger->has_vm ? "!vm + !poolused" : "!poolused";
    if (debugger->draft.time == PS_NO_TIME)
        debugger->draft.time = debugger->time;
    if (debugger->uptime != UINT64_MAX)
        ps_draft_memory(&debugger->draft, PS_MEM_UPTIME_S, debugger->uptime, &reading->line);
    ps_take_moment(reading, &debugger->draft);
}

void ps_debugger_leave(ps_debugger *debugger, ps_reading *reading)
{
    ps_poolused_flush(debugger, reading);
    debugger->in_table = false;
    debugger->in_vm = false;
}

/* Flags as the debugger reads numbers: hexadecimal, with or without 0x. */
static bool take_flags(ps_span word, unsigned *flags)
{
    *flags = 0;
    (void)ps_take_text(&word, "0x");
    if (word.at == word.end || word.end - word.at > 4)
        return false;
    for (; word.at < word.end; word.at++) {
        const int digit = ps_hex_digit(*word.at);
        if (digit < 0)
            return false;
        *flags = *flags << 4 | (unsigned)digit;
    }
    return true;
}

/* !poolused [flags [tag]], and /t2 or /t 2 for the first two. */
static void poolused_command(ps_debugger *debugger, ps_span arguments)
{
    bool flags_seen = false;
    unsigned flags;

    debugger->command_seen = true;
    debugger->filtered = debugger->session_pool = false;
    for (;;) {
        const ps_span word = ps_next_word(&arguments);
        ps_span rest = word;
        if (word.at == word.end || *word.at == ';' || ps_take_text(&rest, "//"))
            return;
        if (ps_take_text(&rest, "/t")) {
            debugger->filtered = true;
            if (rest.at == rest.end)
                (void)ps_next_word(&arguments);
        } else if (!flags_seen && take_flags(word, &flags)) {
            debugger->session_pool = (flags & 8) != 0;
            flags_seen = true;
        } else if (!ps_word_is(word, "*")) {
            debugger->filtered = true;
        }
    }
}

bool ps_debugger_command(ps_debugger *debugger, ps_reading *reading)
{
    ps_span body = reading->body;
    ps_span word;

    if (body.at == body.end || *body.at != '!' || ps_flow_is_flat(body))
        return false;
    body.at++;
    word = ps_next_word(&body);
    debugger->vm_seen = debugger->command_seen = false;
    if (ps_word_is(word, "poolused"))
        poolused_command(debugger, body);
    else if (ps_word_is(word, "vm"))
        debugger->vm_seen = true;
    if (debugger->vm_seen && ps_vm_is_flat(body)) {
        reading->body = body;
        (void)ps_vm_line(debugger, reading);
    }
    return true;
}

bool ps_debugger_banner(ps_debugger *debugger, ps_reading *reading)
{
    ps_span body = reading->body;

    if (ps_take_text(&body, "Debug session time:"))
        return ps_read_time(body, &debugger->time);
    if (ps_take_text(&body, "System Uptime:"))
        return ps_read_uptime(body, &debugger->uptime);
    return false;
}
