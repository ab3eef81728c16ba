/* when.c - points in time as logs print them. */
#include "text/when.h"

#include <string.h>

typedef struct moment {
    int64_t year, month, day, hour, minute, second, offset; /* offset: seconds east of UTC */
} moment;

static bool take_number(ps_span *at, size_t least, size_t most, int64_t *value)
{
    const char *start = at->at;

    *value = 0;
    while (at->at < at->end && ps_is_digit(*at->at) && (size_t)(at->at - start) < most)
        *value = *value * 10 + (*at->at++ - '0');
    return (size_t)(at->at - start) >= least && !(at->at < at->end && ps_is_digit(*at->at));
}

static bool take_char(ps_span *at, const char *any)
{
    if (at->at == at->end || strchr(any, *at->at) == NULL || *at->at == '\0')
        return false;
    at->at++;
    return true;
}

/* 0:05, 00:05:00, 00:05:00.123, 12:05:00 AM */
static bool take_clock(ps_span *at, moment *when)
{
    int64_t fraction;

    if (!take_number(at, 1, 2, &when->hour) || !take_char(at, ":") ||
        !take_number(at, 2, 2, &when->minute))
        return false;
    if (take_char(at, ":")) {
        if (!take_number(at, 2, 2, &when->second))
            return false;
        if (take_char(at, ".,") && !take_number(at, 1, 9, &fraction))
            return false;
    }
    ps_skip_blanks(at);
    if (ps_take_text(at, "AM") || ps_take_text(at, "PM")) {
        if (when->hour < 1 || when->hour > 12)
            return false;
        when->hour = when->hour % 12 + (at->at[-2] == 'P' || at->at[-2] == 'p' ? 12 : 0);
    }
    return true;
}

/* 1:00, 01:00, 0100 */
static bool take_offset(ps_span *at, int64_t *hours, int64_t *minutes)
{
    ps_span again = *at;

    *minutes = 0;
    if (take_number(&again, 4, 4, hours)) {
        *minutes = *hours % 100;
        *hours /= 100;
        *at = again;
        return true;
    }
    return take_number(at, 1, 2, hours) && take_char(at, ":") && take_number(at, 2, 2, minutes);
}

/* Z, +01:00, +0100, (UTC + 1:00) */
static bool take_zone(ps_span *at, moment *when)
{
    int64_t hours = 0, minutes = 0;

    ps_skip_blanks(at);
    if (at->at == at->end || ps_take_text(at, "Z"))
        return true;
    (void)(ps_take_text(at, "(UTC") || ps_take_text(at, "UTC"));
    ps_skip_blanks(at);
    if (at->at < at->end && (*at->at == '+' || *at->at == '-')) {
        const bool west = *at->at++ == '-';
        ps_skip_blanks(at);
        if (!take_offset(at, &hours, &minutes) || hours > 14 || minutes > 59)
            return false;
        when->offset = (hours * 60 + minutes) * (west ? -60 : 60);
    }
    (void)take_char(at, ")");
    ps_skip_blanks(at);
    return at->at == at->end;
}

/* "Sun", "Sunday", "Sept": its place among the names, -1 where it is none of them. */
static int take_name(ps_span *at, const char *const *names, int count)
{
    ps_span word = {at->at, at->at};

    while (word.end < at->end && (*word.end | 0x20) >= 'a' && (*word.end | 0x20) <= 'z')
        word.end++;
    if (word.end - word.at < 3)
        return -1;
    for (int i = 0; i < count; i++) {
        if (!ps_literal_starts(names[i], word))
            continue;
        at->at = word.end;
        (void)take_char(at, ",.-");
        ps_skip_blanks(at);
        return i;
    }
    return -1;
}

static void take_weekday(ps_span *at, int *weekday)
{
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

    *weekday = take_name(at, names, 7);
}

static bool take_month(ps_span *at, int64_t *month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    const int place = take_name(at, names, 12);

    *month = place + 1;
    return place >= 0;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of(const moment *when)
{
    const int64_t year = when->month <= 2 ? when->year - 1 : when->year;
    const int64_t era = year / 400;
    const int64_t of_era = year - era * 400;
    const int64_t of_year =
        (153 * (when->month + (when->month > 2 ? -3 : 9)) + 2) / 5 + when->day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_valid(const moment *when)
{
    static const int64_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return when->year >= 1990 && when->year <= 2200 && when->month >= 1 && when->month <= 12 &&
           when->day >= 1 && when->day <= lengths[when->month - 1] && when->hour <= 23 &&
           when->minute <= 59 && when->second <= 60;
}

static int weekday_of(const moment *when) { return (int)((days_of(when) + 4) % 7); }

/* 2026-11-01 00:05:00, 2026/11/01T00:05Z */
static bool take_iso(ps_span *at, moment *when)
{
    if (!take_number(at, 4, 4, &when->year) || !take_char(at, "-/") ||
        !take_number(at, 2, 2, &when->month) || !take_char(at, "-/") ||
        !take_number(at, 2, 2, &when->day) || !take_char(at, " T_"))
        return false;
    ps_skip_blanks(at);
    return take_clock(at, when) && take_zone(at, when);
}

/* Nov 1, 15 November, 15-Nov- */
static bool take_named_day(ps_span *at, moment *when)
{
    const bool month_first = take_month(at, &when->month);

    if (!take_number(at, 1, 2, &when->day))
        return false;
    (void)take_char(at, ",.-");
    ps_skip_blanks(at);
    return month_first || take_month(at, &when->month);
}

/* Nov  1 00:05:00.123 2026, November 1, 2026 12:05:00 AM, 1-Nov-2026 00:05 */
static bool take_named(ps_span *at, moment *when)
{
    ps_span again;

    if (!take_named_day(at, when))
        return false;
    again = *at;
    if (take_number(&again, 4, 4, &when->year)) {
        (void)take_char(&again, ",T");
        ps_skip_blanks(&again);
        *at = again;
        return take_clock(at, when) && take_zone(at, when);
    }
    if (!take_clock(at, when))
        return false;
    ps_skip_blanks(at);
    return take_number(at, 4, 4, &when->year) && take_zone(at, when);
}

/* 11/25/2026 0:05:00 or 25/11/2026, 25.11.2026: the numbers in the order in which they stand. */
static bool take_local(ps_span *at, moment *when)
{
    if (!take_number(at, 1, 2, &when->month) || !take_char(at, "/.-") ||
        !take_number(at, 1, 2, &when->day) || !take_char(at, "/.-") ||
        !take_number(at, 4, 4, &when->year))
        return false;
    (void)take_char(at, ",T");
    ps_skip_blanks(at);
    return take_clock(at, when) && take_zone(at, when);
}

static int64_t seconds_of(const moment *when)
{
    return days_of(when) * 86400 + when->hour * 3600 + when->minute * 60 + when->second -
           when->offset;
}

/* Both orders of day and month, as far as they are dates and fall on the weekday that stands before
 * them. */
static bool both_orders(const moment *when, int weekday, ps_when *orders)
{
    moment other = *when;

    other.day = when->month;
    other.month = when->day;
    orders->month_first_fits = is_valid(when) && (weekday < 0 || weekday_of(when) == weekday);
    orders->day_first_fits = is_valid(&other) && (weekday < 0 || weekday_of(&other) == weekday);
    if (orders->month_first_fits)
        orders->month_first = seconds_of(when);
    if (orders->day_first_fits)
        orders->day_first = seconds_of(&other);
    return orders->month_first_fits || orders->day_first_fits;
}

bool ps_read_when(ps_span span, ps_when *orders)
{
    moment when = {0};
    int weekday;
    ps_span at = ps_trim(span);
    ps_span again;

    *orders = (ps_when){0};
    take_weekday(&at, &weekday);
    again = at;
    if (!take_iso(&at, &when)) {
        at = again;
        when = (moment){0};
        if (!take_named(&at, &when)) {
            at = again;
            when = (moment){0};
            if (!take_local(&at, &when) || at.at != at.end || !both_orders(&when, weekday, orders))
                return false;
            if (orders->day_first_fits && memchr(again.at, '.', 3) != NULL)
                orders->month_first_fits = false; /* with points it is the day that goes before */
            return true;
        }
    }
    if (at.at != at.end || !is_valid(&when))
        return false;
    orders->month_first_fits = orders->day_first_fits = true;
    orders->month_first = orders->day_first = seconds_of(&when);
    return true;
}

bool ps_read_time(ps_span span, int64_t *seconds)
{
    ps_when when;

    if (!ps_read_when(span, &when) ||
        (when.month_first_fits && when.day_first_fits && when.month_first != when.day_first))
        return false;
    *seconds = when.month_first_fits ? when.month_first : when.day_first;
    return true;
}

bool ps_read_clock(ps_span span, int64_t *seconds)
{
    moment when = {0};
    ps_span at = ps_trim(span);

    if (!take_clock(&at, &when) || at.at != at.end || when.hour > 23 || when.minute > 59)
        return false;
    *seconds = when.hour * 3600 + when.minute * 60 + when.second;
    return true;
}

bool ps_read_uptime(ps_span span, uint64_t *seconds)
{
    moment when = {0};
    ps_span at = ps_trim(span);
    int64_t days;

    if (!take_number(&at, 1, 6, &days))
        return false;
    ps_skip_blanks(&at);
    if (!ps_take_text(&at, "day"))
        return false;
    (void)ps_take_text(&at, "s");
    ps_skip_blanks(&at);
    if (!take_clock(&at, &when) || at.at != at.end || when.hour > 23 || when.minute > 59)
        return false;
    *seconds = (uint64_t)(days * 86400 + when.hour * 3600 + when.minute * 60 + when.second);
    return true;
}
