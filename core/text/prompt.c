/* prompt.c - "2: kd> ", "lkd>", ": kd>", "0:000>", "0: kd:x86>", "16.0: kd>", "C:\logs>". */
#include "text/prompt.h"

#include <string.h>

enum { DEBUGGER_REACH = 40, SHELL_REACH = 200 };

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static void skip_places(ps_span *at)
{
    while (at->at < at->end && (ps_is_digit(*at->at) || strchr(":. *|", *at->at) != NULL))
        at->at++;
}

static void skip_machine(ps_span *at)
{
    while (at->at < at->end && (is_letter(*at->at) || ps_is_digit(*at->at)))
        at->at++;
}

/* Processor or process and thread, then kd or lkd, then perhaps a machine. */
static bool is_debugger(ps_span inner)
{
    const bool numbered = inner.at < inner.end && ps_is_digit(*inner.at);
    const char *start = inner.at;

    skip_places(&inner);
    if (inner.at == inner.end)
        return numbered && memchr(start, ':', (size_t)(inner.end - start)) != NULL;
    if (!ps_take_text(&inner, "kd") && !ps_take_text(&inner, "lkd"))
        return false;
    if (ps_take_text(&inner, ":"))
        skip_machine(&inner);
    return inner.at == inner.end;
}

static bool is_shell(ps_span inner)
{
    (void)ps_take_text(&inner, "PS ");
    return inner.end - inner.at >= 3 && is_letter(inner.at[0]) && inner.at[1] == ':' &&
           inner.at[2] == '\\';
}

static const char *find_sign(ps_span line, size_t reach)
{
    const size_t left = (size_t)(line.end - line.at);

    return memchr(line.at, '>', left < reach ? left : reach);
}

/* Behind one prompt; NULL if there is none. */
static const char *skip_one(ps_span line)
{
    const char *sign;

    while (line.at < line.end && ps_is_blank(*line.at))
        line.at++;
    if (line.at == line.end)
        return NULL;
    sign = find_sign(line, DEBUGGER_REACH);
    if (sign != NULL && sign > line.at && is_debugger((ps_span){line.at, sign}))
        return sign + 1;
    sign = is_letter(*line.at) ? find_sign(line, SHELL_REACH) : NULL;
    return sign != NULL && is_shell((ps_span){line.at, sign}) ? sign + 1 : NULL;
}

size_t ps_prompt_length(ps_span line)
{
    const char *start = line.at;
    const char *behind = skip_one(line);

    if (behind == NULL)
        return 0;
    line.at = behind;
    behind = skip_one(line); /* "0:000>3: kd>" */
    return (size_t)((behind == NULL ? line.at : behind) - start);
}
