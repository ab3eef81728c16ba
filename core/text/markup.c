/* markup.c - take the marks off a line that came through a mail or a web page. */
#include "text/markup.h"

#include "text/numbers.h"

#include <string.h>

bool ps_has_bars(const ps_line *line)
{
    ps_span body = {line->text, line->text + line->size};

    ps_skip_blanks(&body);
    if (body.at == body.end || *body.at != '|')
        return false;
    body = ps_trim(body);
    return body.end - body.at >= 5 && *body.at == '|' && body.end[-1] == '|';
}

bool ps_is_quoted(const ps_line *line)
{
    return line->size >= 2 && line->text[0] == '>' &&
           (line->text[1] == ' ' || line->text[1] == '>');
}

/* "| `Even` | **48** |": a mark of markdown around a cell. */
static bool is_wrapped(const char *text, size_t i, size_t size)
{
    const char c = text[i];
    size_t before = i, behind = i + 1;

    if (c != '`' && c != '*')
        return false;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == c))
        before--;
    while (behind < size && (text[behind] == ' ' || text[behind] == c))
        behind++;
    return before == 0 || behind == size || text[before - 1] == '|' || text[behind] == '|';
}

void ps_blank_marks(ps_line *line, bool bars, char *buffer, size_t limit)
{
    if (line->size > limit)
        return;
    memcpy(buffer, line->text, line->size);
    for (size_t i = 0; i < line->size; i++) {
        if (!bars && buffer[i] != '>' && buffer[i] != ' ')
            break;
        if (buffer[i] == (bars ? '|' : '>') || (bars && is_wrapped(line->text, i, line->size)))
            buffer[i] = ' ';
    }
    line->text = buffer;
}
