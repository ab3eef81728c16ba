/* moments.c - a table whose rows say when they were taken: a snapshot for each moment.
 *
 * Rows of one moment mostly stand together.  Where they do not, as in a table sorted by tag, each
 * moment stays open until the end.
 */
#include "text/moments.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>

enum {
    FIRST_SLOTS = 64,
    WHOLE_ROWS = 200, /* no machine has fewer tags */
};

void ps_moments_open(ps_moments *moments, ps_text *text, const char *origin)
{
    *moments = (ps_moments){.text = text, .origin = origin};
}

static size_t slot_of(const ps_moments *moments, const char *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    size_t slot;

    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001B3);
    slot = (size_t)(hash ^ hash >> 29) & (moments->slot_count - 1);
    while (moments->slots[slot] != 0 &&
           strcmp(moments->list[moments->slots[slot] - 1].name, name) != 0)
        slot = (slot + 1) & (moments->slot_count - 1);
    return slot;
}

static bool grow_slots(ps_moments *moments)
{
    const size_t count = moments->slot_count == 0 ? FIRST_SLOTS : moments->slot_count * 2;
    size_t *slots = calloc(count, sizeof *slots);

    if (slots == NULL)
        return ps_fail_memory(&moments->text->error);
    free(moments->slots);
    moments->slots = slots;
    moments->slot_count = count;
    for (size_t i = 0; i < moments->count; i++)
        slots[slot_of(moments, moments->list[i].name)] = i + 1;
    return true;
}

static void copy_span(char **out, const char *end, ps_span span)
{
    for (; span.at < span.end && *out < end; span.at++) {
        **out = *span.at;
        if (*span.at == '\0')
            **out = ' ';
        ++*out;
    }
}

static void write_name(char text[PS_MOMENT_NAME], const ps_moment_name *name)
{
    char *out = text;

    copy_span(&out, text + PS_MOMENT_NAME / 2, name->time);
    if (name->host.at < name->host.end && out < text + PS_MOMENT_NAME - 2)
        *out++ = '\n';
    copy_span(&out, text + PS_MOMENT_NAME - 1, name->host);
    *out = '\0';
}

static bool has_room(ps_moments *moments, ps_reading *reading)
{
    const uint64_t limit = moments->text->bounds.of.text_moments;

    if (moments->count < limit)
        return true;
    ps_remark(moments->text, PS_REFUSED, &reading->line,
              "the table has more than %llu snapshots, and this row belongs to one more (limit "
              "text_moments)",
              (unsigned long long)limit);
    return false;
}

static ps_moment *add_moment(ps_moments *moments, ps_reading *reading, const char *text,
                             const ps_moment_name *name)
{
    ps_moment *moment;

    if (!has_room(moments, reading))
        return NULL;
    if (!ps_grow((void **)&moments->list, &moments->capacity, moments->count,
                 sizeof *moments->list)) {
        (void)ps_fail_memory(&moments->text->error);
        return NULL;
    }
    moment = &moments->list[moments->count];
    *moment = (ps_moment){0};
    memcpy(moment->name, text, strlen(text) + 1);
    ps_draft_start(&moment->draft, moments->text, moments->origin);
    moment->has_when = ps_read_when(name->time, &moment->when);
    if (name->time.at == name->time.end)
        ps_take_moment(reading, &moment->draft);
    if (name->host.at < name->host.end)
        moment->draft.host = ps_keep(moments->text, name->host);
    moments->slots[slot_of(moments, text)] = ++moments->count;
    return moment;
}

/* Rows of another moment follow: the keys of this one's rows are not needed again, most likely. */
static void leave_current(ps_moments *moments)
{
    if (moments->count > 0 && moments->reopened == 0)
        ps_draft_forget(&moments->list[moments->current].draft);
}

static bool reopen(ps_moments *moments, ps_reading *reading, ps_moment *moment)
{
    if (moment->draft.seen != NULL || moment->draft.rows == NULL)
        return true;
    if (++moments->reopened > moments->text->bounds.of.text_reopened) {
        ps_remark(moments->text, PS_REFUSED, &reading->line,
                  "the rows of more than %llu snapshots stand between each other (limit "
                  "text_reopened)",
                  (unsigned long long)moments->text->bounds.of.text_reopened);
        return false;
    }
    return ps_draft_remember(&moment->draft);
}

static bool is_current(const ps_moments *moments, const char *text)
{
    return moments->count > 0 && strcmp(moments->list[moments->current].name, text) == 0;
}

ps_moment *ps_moments_find(ps_moments *moments, ps_reading *reading, const ps_moment_name *name)
{
    char text[PS_MOMENT_NAME];
    ps_moment *moment;
    size_t found;

    if (ps_failed(moments->text))
        return NULL;
    write_name(text, name);
    if (is_current(moments, text))
        return &moments->list[moments->current];
    if (moments->count * 2 >= moments->slot_count && !grow_slots(moments))
        return NULL;
    leave_current(moments);
    found = moments->slots[slot_of(moments, text)];
    if (found == 0) {
        moment = add_moment(moments, reading, text, name);
    } else {
        moment = &moments->list[found - 1];
        if (!reopen(moments, reading, moment))
            return NULL;
    }
    if (moment != NULL)
        moments->current = (size_t)(moment - moments->list);
    return moment;
}

ps_moment *ps_moments_add(ps_moments *moments, ps_reading *reading, const ps_moment_name *name)
{
    char text[PS_MOMENT_NAME];
    ps_moment *moment;

    if (ps_failed(moments->text) ||
        (moments->count * 2 >= moments->slot_count && !grow_slots(moments)))
        return NULL;
    leave_current(moments);
    write_name(text, name);
    moment = add_moment(moments, reading, text, name);
    if (moment != NULL)
        moments->current = (size_t)(moment - moments->list);
    return moment;
}

/* --- the end of the table -------------------------------------------------------------------- */

typedef struct day_orders {
    bool month_first, day_first; /* every time fits and none is before the one above it */
    bool differ;
} day_orders;

static day_orders find_orders(const ps_moments *moments)
{
    day_orders orders = {true, true, false};
    int64_t month_before = INT64_MIN, day_before = INT64_MIN;

    for (size_t i = 0; i < moments->count; i++) {
        const ps_moment *moment = &moments->list[i];
        if (!moment->has_when)
            continue;
        orders.month_first &=
            moment->when.month_first_fits && moment->when.month_first >= month_before;
        orders.day_first &= moment->when.day_first_fits && moment->when.day_first >= day_before;
        month_before = moment->when.month_first;
        day_before = moment->when.day_first;
        orders.differ |= moment->when.month_first != moment->when.day_first;
    }
    return orders;
}

static int64_t time_of(const ps_moment *moment, const day_orders *orders)
{
    const ps_when *when = &moment->when;

    if (!moment->has_when)
        return moment->draft.time;
    if (orders->month_first != orders->day_first)
        return orders->month_first ? when->month_first : when->day_first;
    if (when->month_first_fits != when->day_first_fits)
        return when->month_first_fits ? when->month_first : when->day_first;
    return when->month_first == when->day_first ? when->month_first : PS_NO_TIME;
}

/* A top list ends before the tags that hold nothing, and a filtered one is short. */
static bool is_whole(const ps_moment *moment)
{
    return moment->bottom && ps_draft_count(&moment->draft) >= WHOLE_ROWS;
}

void ps_moments_finish(ps_moments *moments, ps_scope scope)
{
    const day_orders orders = find_orders(moments);
    size_t dateless = 0, unread = 0;

    for (size_t i = 0; i < moments->count; i++) {
        ps_moment *moment = &moments->list[i];
        moment->draft.time = time_of(moment, &orders);
        dateless += moment->has_when && moment->draft.time == PS_NO_TIME;
        unread += !moment->has_when && moment->name[0] != '\0' && moment->name[0] != '\n';
        ps_draft_finish(&moment->draft, moments->origin, is_whole(moment) ? PS_SCOPE_WHOLE : scope);
    }
    if (dateless > 0) {
        ps_remark(moments->text, PS_NOTE, NULL,
                  "day and month of %zu of %zu times may stand in either order: they are not used",
                  dateless, moments->count);
    }
    if (unread > 0) {
        ps_remark(moments->text, PS_NOTE, NULL, "%zu of %zu times were not understood", unread,
                  moments->count);
    }
    ps_moments_drop(moments);
}

void ps_moments_drop(ps_moments *moments)
{
    for (size_t i = 0; i < moments->count; i++)
        ps_draft_drop(&moments->list[i].draft);
    free(moments->list);
    free(moments->slots);
    *moments = (ps_moments){0};
}
