/* pending.c - a row that a narrow window or a mail broke over several lines. */
#include "text/pending.h"

#include <string.h>

enum { LINES = 6 };

bool ps_pending_keep(ps_pending *pending, const ps_line *line)
{
    if (line->size > PS_PENDING_LIMIT)
        return false;
    memcpy(pending->text, line->text, line->size);
    pending->size = line->size;
    pending->line = *line;
    pending->line.text = NULL;
    pending->lines = 1;
    return true;
}

ps_line ps_pending_line(const ps_pending *pending)
{
    ps_line line = pending->line;

    line.text = pending->text;
    line.size = pending->size;
    return line;
}

bool ps_pending_join(const ps_pending *pending, const ps_line *next, bool glued, ps_joined *joined)
{
    const bool blank = next->size == 0 || ps_is_blank(*next->text) ||
                       ps_is_blank(pending->text[pending->size - 1]);

    if (next->size > PS_PENDING_LIMIT || (glued && blank))
        return false;
    memcpy(joined->text, pending->text, pending->size);
    joined->line = pending->line;
    joined->line.text = joined->text;
    joined->line.size = pending->size;
    if (!glued)
        joined->text[joined->line.size++] = ' ';
    memcpy(joined->text + joined->line.size, next->text, next->size);
    joined->line.size += next->size;
    joined->line.ended = next->ended;
    return true;
}

bool ps_pending_extend(ps_pending *pending, const ps_joined *joined)
{
    const size_t lines = pending->lines + 1;

    if (lines > LINES || !ps_pending_keep(pending, &joined->line))
        return false;
    pending->lines = lines;
    return true;
}
