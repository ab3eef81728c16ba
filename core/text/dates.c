/* dates.c - points in time of a list, whose day and month may stand in either order. */
#include "text/dates.h"
#include "text/when.h"

#include <string.h>

enum { DAY = 86400, LONGEST = 80 };

/* Behind the first run of characters that are not in the set. */
static char separator_of(ps_span span)
{
    for (const char *at = span.at; at < span.end; at++)
        if (*at == '/' || *at == '-' || *at == '.')
            return *at;
    return '\0';
}

/* "2:48 PM 10/29/2014" with its date first; "May 26, 2011 13:48:54 UTC" with its year behind. */
static ps_span turn(ps_span span, char *room)
{
    ps_span at = span;
    const ps_span first = ps_next_word(&at);
    const ps_span second = ps_next_word(&at);
    const ps_span third = ps_next_word(&at);
    const size_t size = (size_t)(span.end - span.at);
    size_t out = 0;

    if (size + 2 > LONGEST || second.at == second.end)
        return span;
    if (ps_is_digit(*first.at) && memchr(first.at, ':', (size_t)(first.end - first.at)) != NULL) {
        ps_span date = {span.end, span.end};
        while (date.at > span.at && !ps_is_blank(date.at[-1]))
            date.at--;
        memcpy(room, date.at, (size_t)(date.end - date.at));
        out = (size_t)(date.end - date.at);
        room[out++] = ' ';
        memcpy(room + out, span.at, (size_t)(date.at - span.at));
        return ps_trim((ps_span){room, room + out + (date.at - span.at)});
    }
    if (third.end - third.at == 4 && second.end[-1] == ',' && !ps_is_digit(*first.at)) {
        const ps_span clock = ps_next_word(&at);
        const ps_span parts[] = {first, {second.at, second.end - 1}, clock, third, ps_trim(at)};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            memcpy(room + out, parts[i].at, (size_t)(parts[i].end - parts[i].at));
            out += (size_t)(parts[i].end - parts[i].at);
            room[out++] = ' ';
        }
        return ps_trim((ps_span){room, room + out});
    }
    return span;
}

/* A date alone is its first moment. */
static ps_span at_midnight(ps_span span, char *room)
{
    static const char clock[] = " 00:00:00";
    const size_t size = (size_t)(span.end - span.at);

    if (size + sizeof clock > LONGEST)
        return span;
    memmove(room, span.at, size);
    memcpy(room + size, clock, sizeof clock - 1);
    return (ps_span){room, room + size + sizeof clock - 1};
}

/* "20261101000500.000000+060": a moment of WMI, minutes east of UTC at its end. */
static bool take_wmi(ps_span span, int64_t *time)
{
    char plain[32];
    int64_t minutes = 0;

    if (span.end - span.at != 25 || span.at[14] != '.' ||
        (span.at[21] != '+' && span.at[21] != '-'))
        return false;
    for (size_t i = 0; i < 25; i++)
        if (i != 14 && i != 21 && !ps_is_digit(span.at[i]))
            return false;
    (void)memcpy(plain, "0000-00-00 00:00:00", 20);
    static const unsigned char places[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    for (size_t i = 0; i < sizeof places; i++)
        plain[places[i]] = span.at[i];
    for (size_t i = 22; i < 25; i++)
        minutes = minutes * 10 + (span.at[i] - '0');
    if (!ps_read_time((ps_span){plain, plain + 19}, time))
        return false;
    *time -= (span.at[21] == '-' ? -minutes : minutes) * 60;
    return true;
}

/* Does the span say its zone: Z, UTC, or an offset behind the time of day? */
static bool is_zoned(ps_span span)
{
    const char *clock = memchr(span.at, ':', (size_t)(span.end - span.at));

    if (clock == NULL)
        return false;
    for (const char *at = clock; at < span.end; at++)
        if (*at == '+' || *at == '-' || *at == 'Z' || *at == 'U')
            return true;
    return false;
}

static void follow(ps_dates *dates, size_t order, int64_t time)
{
    const int course = time > dates->last[order] ? 1 : -1;

    if (dates->any && time != dates->last[order]) {
        dates->turns[order] += dates->course[order] == -course;
        dates->course[order] = course;
    }
    dates->last[order] = time;
}

/* Without the marks of direction that Windows puts between the parts of dates. */
static ps_span take_marks_off(ps_span span, char *room)
{
    size_t size = 0;

    if (span.end - span.at > LONGEST)
        return span;
    for (const char *at = span.at; at < span.end; at++) {
        if (span.end - at >= 3 &&
            (memcmp(at, "\xE2\x80\x8E", 3) == 0 || memcmp(at, "\xE2\x80\x8F", 3) == 0))
            at += 2;
        else
            room[size++] = *at;
    }
    return ps_trim((ps_span){room, room + size});
}

bool ps_dates_read(ps_dates *dates, ps_span span, int64_t *time, bool *zoned)
{
    char plain[LONGEST], room[LONGEST + 8];
    ps_when when;

    span = take_marks_off(ps_trim(span), plain);
    *zoned = true;
    if (take_wmi(span, time))
        return true;
    if (span.end - span.at > LONGEST)
        return false;
    *zoned = is_zoned(span);
    span = turn(span, room);
    if (span.at < span.end && memchr(span.at, ':', (size_t)(span.end - span.at)) == NULL)
        span = at_midnight(span, room);
    if (!ps_read_when(span, &when))
        return false;
    if (separator_of(span) == '.' && when.day_first_fits)
        when.month_first_fits = false;
    if (when.month_first_fits && when.day_first_fits)
        dates->unsure = dates->unsure || when.month_first != when.day_first;
    else if (when.month_first_fits)
        dates->month_only = true;
    else
        dates->day_only = true;
    follow(dates, 0, when.month_first_fits ? when.month_first : when.day_first);
    follow(dates, 1, when.day_first_fits ? when.day_first : when.month_first);
    dates->any = true;
    *time = when.month_first_fits ? when.month_first : when.day_first;
    return true;
}

/* Year, month and day of a day since 1970. */
static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    const int64_t shifted = days + 719468;
    const int64_t era = shifted / 146097;
    const int64_t of_era = shifted - era * 146097;
    const int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    const int64_t part = (5 * of_year + 2) / 153;

    *day = of_year - (153 * part + 2) / 5 + 1;
    *month = part < 10 ? part + 3 : part - 9;
    *year = years + era * 400 + (*month <= 2);
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t shifted = month <= 2 ? year - 1 : year;
    const int64_t era = shifted / 400;
    const int64_t of_era = shifted - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The moment with day and month exchanged; the same where that is no other date. */
static int64_t exchange(int64_t time)
{
    const int64_t days = time / DAY;
    int64_t year, month, day;

    civil(days, &year, &month, &day);
    return day > 12 ? time : days_of(year, day, month) * DAY + time % DAY;
}

void ps_dates_settle(const ps_dates *dates, ps_reading *reading, ps_item_kind kind, size_t first,
                     size_t offset)
{
    const size_t count = ps_text_item_count(reading->text, kind);
    const bool by_course =
        dates->turns[0] != dates->turns[1] && (dates->turns[0] == 0 || dates->turns[1] == 0);
    const bool day_first = dates->day_only || (by_course && dates->turns[1] == 0);
    const bool sure = dates->month_only != dates->day_only ||
                      (by_course && !dates->month_only && !dates->day_only);
    size_t forgotten = 0;

    if (!dates->unsure || (sure && !day_first))
        return;
    for (size_t i = first; i < count; i++) {
        char *at = (char *)ps_items_from(reading->text, kind, i) + offset;
        int64_t time, other;
        memcpy(&time, at, sizeof time);
        if (time == PS_NO_TIME || time < 0)
            continue;
        other = exchange(time);
        forgotten += !sure && other != time;
        time = sure || other == time ? other : PS_NO_TIME;
        memcpy(at, &time, sizeof time);
    }
    if (forgotten > 0) {
        ps_remark(reading->text, PS_NOTE, &reading->line,
                  "%zu dates above may have the day or the month first: their times are unknown",
                  forgotten);
    }
}
