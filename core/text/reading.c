/* reading.c - what every dialect's reader asks of the walk through a text. */
#include "text/reading.h"

#include <string.h>

enum { TIME_REACH = 6, CUT_SIZE = 10 };

void ps_take_moment(ps_reading *reading, ps_draft *draft)
{
    draft->host = reading->host;
    if (reading->time_line != 0 && reading->line.number - reading->time_line <= TIME_REACH)
        draft->time = reading->time;
    reading->time_line = 0;
}

const char *ps_note_of(ps_reading *reading, ps_span span)
{
    const size_t size = (size_t)(span.end - span.at);

    if (size == 0 || size > PS_MOST_ROW_BYTES)
        return NULL;
    memcpy(reading->note, span.at, size);
    reading->note[size] = '\0';
    return reading->note;
}

bool ps_is_elision(ps_span body)
{
    static const char *const marks[] = {"...",    "....",   "[...]",        "(...)",  "<...>",
                                        "<snip>", "[snip]", "(snip)",       "-snip-", "--snip--",
                                        "[cut]",  "<cut>",  "\xE2\x80\xA6", ". . ."};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (ps_word_is(body, marks[i]))
            return true;
    return false;
}

static bool is_numeric(ps_span word)
{
    while (word.at < word.end && (*word.at == '(' || *word.at == '-'))
        word.at++;
    return word.at < word.end && ps_is_digit(*word.at);
}

bool ps_looks_like_row(const ps_reading *reading, bool right_behind_row)
{
    ps_span at = reading->body;
    const ps_span tag = ps_next_word(&at);
    const size_t tag_size = (size_t)(tag.end - tag.at);
    size_t numbers = 0;
    ps_span word = ps_next_word(&at);

    if (tag_size == 0)
        return false;
    if (right_behind_row && tag_size <= 5 && is_numeric(word))
        return true;
    if (right_behind_row && !reading->line.ended && tag_size <= 4 && at.end - tag.at <= CUT_SIZE)
        return true;
    for (int i = 0; i < 5 && word.at < word.end; i++) {
        numbers += is_numeric(word);
        word = ps_next_word(&at);
    }
    return numbers >= 3;
}
