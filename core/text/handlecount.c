/* handlecount.c - open handles of one process, counted by their types while they are listed. */
#include "text/handlecount.h"

#include <string.h>

void ps_handles_open(ps_handle_counts *counts, ps_reading *reading, const char *process,
                     uint64_t pid)
{
    counts->open = true;
    counts->process = process;
    counts->pid = pid;
    counts->line = reading->line;
    counts->count = 0;
}

static bool is_type(ps_span type)
{
    if (type.at == type.end || type.end - type.at >= PS_HANDLE_TYPE || ps_is_digit(*type.at))
        return false;
    for (const char *at = type.at; at < type.end; at++) {
        const char low = (char)(*at | 0x20);
        if ((low < 'a' || low > 'z') && !ps_is_digit(*at) && *at != '_' && *at != ' ')
            return false;
    }
    return true;
}

bool ps_handles_count(ps_handle_counts *counts, ps_span type)
{
    const size_t size = (size_t)(type.end - type.at);

    if (!is_type(type))
        return false;
    for (size_t i = 0; i < counts->count; i++) {
        const char *name = counts->types[i].name;
        if (memcmp(name, type.at, size) == 0 && name[size] == '\0') {
            counts->types[i].count++;
            return true;
        }
    }
    if (counts->count == PS_HANDLE_TYPES)
        return false;
    counts->types[counts->count] = (ps_handle_type){.count = 1};
    memcpy(counts->types[counts->count++].name, type.at, size);
    return true;
}

void ps_handles_finish(ps_handle_counts *counts, ps_reading *reading, const char *origin)
{
    for (size_t i = 0; counts->open && i < counts->count; i++) {
        const char *name = counts->types[i].name;
        ps_handles *handles = ps_add_item(reading, PS_ITEM_HANDLES, origin, &counts->line);
        if (handles == NULL)
            break;
        handles->process = counts->process;
        handles->pid = counts->pid;
        handles->type = ps_keep(reading->text, (ps_span){name, name + strlen(name)});
        handles->count = counts->types[i].count;
    }
    counts->open = false;
    counts->count = 0;
}

ps_span ps_handles_type(ps_span text)
{
    static const char *const two_words[] = {"ALPC Port"};
    ps_span word;

    for (size_t i = 0; i < sizeof two_words / sizeof two_words[0]; i++) {
        ps_span at = text;
        if (ps_take_text(&at, two_words[i]) && (at.at == at.end || ps_is_blank(*at.at)))
            return (ps_span){text.at, at.at};
    }
    word = ps_next_word(&text);
    return word;
}
