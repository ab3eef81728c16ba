/***
Robust statistics of a series: what the verdicts rest on, for scripts of one's own.

A series is a list of numbers; `times` are numbers that do not fall, in any unit (without them 0, 1, 2,
…); `runs` are integers, one a value: values of different runs of the machine are never compared. A
result is a table of named numbers; what is unknown is nil.
@module poolsleuth.statistics
*/
#include "bind/statistics.h"

#include <math.h>

static const double z_95 = 1.959963984540054;

/* Numbers of the list at index, in memory that Lua owns, pushed. */
static double *push_numbers(lua_State *L, int index, size_t count)
{
    double *numbers = lua_newuserdatauv(L, (count + 1) * sizeof *numbers, 0);
    int is_number;

    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        numbers[i] = lua_tonumberx(L, -1, &is_number);
        if (!is_number)
            luaL_error(L, "value %I is no number", (lua_Integer)i + 1);
        lua_pop(L, 1);
    }
    return numbers;
}

static uint32_t *push_runs(lua_State *L, int index, size_t count)
{
    uint32_t *runs = lua_newuserdatauv(L, (count + 1) * sizeof *runs, 0);

    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        runs[i] = (uint32_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    return runs;
}

/* The list at index values, times at index times (0: none), runs in field `runs` of the table at
 * index options (0: none). */
static ps_series check_series(lua_State *L, int values, int times, int options)
{
    ps_series series;

    luaL_checktype(L, values, LUA_TTABLE);
    series = (ps_series){.count = lua_rawlen(L, values)};
    series.values = push_numbers(L, values, series.count);
    if (times > 0 && !lua_isnoneornil(L, times)) {
        luaL_checktype(L, times, LUA_TTABLE);
        luaL_argcheck(L, lua_rawlen(L, times) == series.count, times, "one time a value");
        series.times = push_numbers(L, times, series.count);
    }
    if (options == 0 || lua_isnoneornil(L, options))
        return series;
    luaL_checktype(L, options, LUA_TTABLE);
    if (lua_getfield(L, options, "runs") == LUA_TTABLE)
        series.runs = push_runs(L, lua_gettop(L), series.count);
    return series;
}

double ps_number_option(lua_State *L, int options, const char *name, double otherwise)
{
    double value = otherwise;

    if (!lua_istable(L, options))
        return value;
    if (lua_getfield(L, options, name) != LUA_TNIL)
        value = luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return value;
}

static void set_interval(lua_State *L, const ps_sen *sen)
{
    ps_set_number(L, "slope", sen->slope);
    ps_set_number(L, "intercept", sen->intercept);
    ps_set_number(L, "low", sen->low);
    ps_set_number(L, "high", sen->high);
    ps_set_uint(L, "pairs", sen->pairs);
}

static void set_kendall(lua_State *L, const ps_kendall *kendall)
{
    ps_set_number(L, "s", kendall->s);
    ps_set_number(L, "variance", kendall->variance);
    ps_set_number(L, "correction", kendall->correction);
    ps_set_number(L, "z", kendall->z);
    ps_set_number(L, "p", kendall->p);
    ps_set_number(L, "p_two", kendall->p_two);
    ps_set_number(L, "tau", kendall->tau);
}

static void set_minima(lua_State *L, const ps_minima *minima)
{
    ps_set_uint(L, "windows", minima->windows);
    ps_set_uint(L, "steps", minima->steps);
    ps_set_uint(L, "rises", minima->rises);
    ps_set_uint(L, "falls", minima->falls);
    ps_set_number(L, "first", minima->first);
    ps_set_number(L, "last", minima->last);
}

static void set_change(lua_State *L, const ps_pettitt *change)
{
    ps_set_number(L, "u", change->u);
    ps_set_uint(L, "after", change->after);
    ps_set_number(L, "p", change->p);
}

void ps_push_sen(lua_State *L, const ps_sen *sen)
{
    lua_createtable(L, 0, 5);
    set_interval(L, sen);
}

void ps_push_kendall(lua_State *L, const ps_kendall *kendall)
{
    lua_createtable(L, 0, 7);
    set_kendall(L, kendall);
}

void ps_push_minima(lua_State *L, const ps_minima *minima)
{
    lua_createtable(L, 0, 6);
    set_minima(L, minima);
}

/***
Mann-Kendall's test of a trend.
@function mann_kendall
@tparam {number,...} values
@tparam[opt] table options `runs`; `correction` "hamed-rao" widens the variance for autocorrelation
@treturn[1] table `s`, `variance` (before the correction), `correction` (its factor), `z`, `p` (one-sided,
  for growth), `p_two`, `tau` (tau-b)
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int mann_kendall(lua_State *L)
{
    static const char *const corrections[] = {"none", "hamed-rao", NULL};
    ps_series series;
    ps_kendall kendall;
    bool corrected = false;
    ps_error err;

    lua_settop(L, 2);
    series = check_series(L, 1, 0, 2);
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "correction");
        corrected = luaL_checkoption(L, -1, "none", corrections) == 1;
    }
    if (!ps_kendall_of(&series, corrected, &kendall, &err))
        return ps_push_error(L, &err);
    ps_push_kendall(L, &kendall);
    return 1;
}

/***
Theil and Sen's slope: the median over all pairs, with Sen's interval.  Over 2,000 values every k-th is
taken.
@function theil_sen
@tparam {number,...} values
@tparam[opt] {number,...} times
@tparam[opt] table options `runs`; `z`: how wide the interval is, 1.959964 (95 %) unless told
@treturn[1] table `slope`, `intercept`, `low`, `high`, `pairs`
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int theil_sen(lua_State *L)
{
    ps_series series;
    ps_sen sen;
    ps_error err;

    lua_settop(L, 3);
    series = check_series(L, 1, 2, 3);
    if (!ps_sen_of(&series, ps_number_option(L, 3, "z", z_95), &sen, &err))
        return ps_push_error(L, &err);
    ps_push_sen(L, &sen);
    return 1;
}

/***
Mann-Kendall and Theil-Sen across a period: only values of equal phase are compared.
@function seasonal
@tparam {number,...} values
@int period values a period
@tparam[opt] {number,...} times
@treturn[1] table `s`, `variance`, `z`, `p`, `p_two`, `slope`, `low`, `high`, `pairs`, `period`
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int seasonal(lua_State *L)
{
    const lua_Integer period = luaL_checkinteger(L, 2);
    ps_series series;
    ps_seasonal found;
    ps_error err;

    luaL_argcheck(L, period >= 1, 2, "a period has 1 value or more");
    lua_settop(L, 3);
    series = check_series(L, 1, 3, 0);
    if (!ps_seasonal_of(&series, (size_t)period, &found, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 10);
    ps_set_number(L, "s", found.s);
    ps_set_number(L, "variance", found.variance);
    ps_set_number(L, "z", found.z);
    ps_set_number(L, "p", found.p);
    ps_set_number(L, "p_two", found.p_two);
    ps_set_number(L, "slope", found.slope);
    ps_set_number(L, "low", found.low);
    ps_set_number(L, "high", found.high);
    ps_set_uint(L, "pairs", found.pairs);
    ps_set_uint(L, "period", found.period);
    return 1;
}

/***
Pettitt's test: where the level changed most.
@function pettitt
@tparam {number,...} values
@treturn[1] table `u`, `after` (so many values come before the change), `p`
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int pettitt(lua_State *L)
{
    const ps_series series = check_series(L, 1, 0, 0);
    ps_pettitt change;
    ps_error err;

    if (!ps_pettitt_of(&series, &change, &err))
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 3);
    set_change(L, &change);
    return 1;
}

/***
The least values of windows: the floor of a leak rises.
@function window_minima
@tparam {number,...} values
@int width values a window; a shorter rest is left out
@treturn table `windows`, `steps` (neighbouring windows), `rises` and `falls` (of those), `first` and `last` (means of the
  first and of the last third of the minima)
*/
static int window_minima(lua_State *L)
{
    const lua_Integer width = luaL_checkinteger(L, 2);
    ps_minima minima;
    ps_series series;

    luaL_argcheck(L, width >= 1, 2, "a window has 1 value or more");
    series = check_series(L, 1, 0, 0);
    minima = ps_minima_of(&series, (size_t)width);
    ps_push_minima(L, &minima);
    return 1;
}

/***
Page and Hinkley's alarm on a rise of the mean.
@function page_hinkley
@tparam {number,...} values
@number delta a rise that is borne, half a standard deviation for example
@number lambda how much may add up, 10 to 20 standard deviations for example
@treturn[1] int the value, from 1, at which the alarm goes off
@treturn[2] nil where it does not
*/
static int page_hinkley(lua_State *L)
{
    const double delta = luaL_checknumber(L, 2), lambda = luaL_checknumber(L, 3);
    const ps_series series = check_series(L, 1, 0, 0);
    const size_t at = ps_page_hinkley(series.values, series.count, delta, lambda);

    if (at == 0)
        luaL_pushfail(L);
    else
        lua_pushinteger(L, (lua_Integer)at);
    return 1;
}

void ps_push_ols(lua_State *L, const ps_ols *line)
{
    lua_createtable(L, 0, 4);
    ps_set_number(L, "slope", line->slope);
    ps_set_number(L, "intercept", line->intercept);
    ps_set_number(L, "r2", line->r2);
    ps_set_number(L, "error", line->error);
}

/***
Least squares.
@function ols
@tparam {number,...} values
@tparam[opt] {number,...} times
@tparam[opt] table options `runs`
@treturn table `slope`, `intercept`, `r2`, `error` (standard error of the slope)
*/
static int ols(lua_State *L)
{
    ps_series series;
    ps_ols line;

    lua_settop(L, 3);
    series = check_series(L, 1, 2, 3);
    line = ps_ols_of(&series);
    ps_push_ols(L, &line);
    return 1;
}

/***
How closely the movements of one series follow those of another.
@function lockstep
@tparam {number,...} a
@tparam {number,...} b of the same length
@tparam[opt] table options `runs`
@treturn[1] table `ratio` (growth of b for one of a), `residual` (share of b's movement that it leaves
  unexplained; 0 is perfect), `correlation` of the steps (0 where one moves evenly), `steps`
@treturn[2] nil where there is too little to compare
*/
static int lockstep(lua_State *L)
{
    ps_series a, b;
    ps_lockstep found;

    lua_settop(L, 3);
    a = check_series(L, 1, 0, 3);
    b = check_series(L, 2, 0, 0);
    luaL_argcheck(L, a.count == b.count, 2, "as many values as the first has");
    if (!ps_lockstep_of(a.values, b.values, a.runs, a.count, &found)) {
        luaL_pushfail(L);
        return 1;
    }
    lua_createtable(L, 0, 4);
    ps_set_number(L, "ratio", found.ratio);
    ps_set_number(L, "residual", found.residual);
    ps_set_number(L, "correlation", found.correlation);
    ps_set_uint(L, "steps", found.steps);
    return 1;
}

static void set_if_finite(lua_State *L, const char *key, double value)
{
    if (isfinite(value))
        ps_set_number(L, key, value);
}

/***
When a series meets a limit, if it goes on along its Theil-Sen line; counted from the last value.
@function forecast
@tparam {number,...} values
@tparam[opt] {number,...} times
@number limit
@tparam[opt] table options as of @{theil_sen}
@treturn[1] table `now` (the line at the last value), `slope`, `eta`, `low`, `high` in units of time; nil where the line, or
  that end of its interval, never gets there
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int forecast(lua_State *L)
{
    const double limit = luaL_checknumber(L, 3);
    ps_forecast found;
    ps_series series;
    ps_sen line;
    ps_error err;
    double last;

    lua_settop(L, 4);
    series = check_series(L, 1, 2, 4);
    luaL_argcheck(L, series.count > 0, 1, "at least one value");
    if (!ps_sen_of(&series, ps_number_option(L, 4, "z", z_95), &line, &err))
        return ps_push_error(L, &err);
    last = series.times == NULL ? (double)(series.count - 1) : series.times[series.count - 1];
    found = ps_forecast_of(&line, last, limit);
    lua_createtable(L, 0, 5);
    ps_set_number(L, "now", found.now);
    ps_set_number(L, "slope", line.slope);
    set_if_finite(L, "eta", found.eta);
    set_if_finite(L, "low", found.low);
    set_if_finite(L, "high", found.high);
    return 1;
}

typedef struct threshold_name {
    const char *name;
    size_t offset;
} threshold_name;

static const threshold_name threshold_names[] = {
    {"min_growth_bytes", offsetof(ps_thresholds, min_growth_bytes)},
    {"min_growth_ratio", offsetof(ps_thresholds, min_growth_ratio)},
    {"short_span_s", offsetof(ps_thresholds, short_span_s)},
    {"never_freed", offsetof(ps_thresholds, never_freed)},
    {"significant_z", offsetof(ps_thresholds, significant_z)},
    {"fading", offsetof(ps_thresholds, fading)},
    {"flat", offsetof(ps_thresholds, flat)},
    {"floor_share", offsetof(ps_thresholds, floor_share)},
    {"step_fit", offsetof(ps_thresholds, step_fit)},
    {"false_discovery", offsetof(ps_thresholds, false_discovery)},
};

enum { THRESHOLDS = sizeof threshold_names / sizeof *threshold_names };

/* A threshold by its place in the struct. */
static double *threshold_at(ps_thresholds *thresholds, size_t i)
{
    return (double *)(void *)((char *)thresholds + threshold_names[i].offset);
}

ps_thresholds ps_check_thresholds(lua_State *L, int index)
{
    ps_thresholds given = ps_thresholds_default();

    if (lua_isnoneornil(L, index))
        return given;
    luaL_checktype(L, index, LUA_TTABLE);
    for (size_t i = 0; i < THRESHOLDS; i++) {
        if (lua_getfield(L, index, threshold_names[i].name) != LUA_TNIL)
            *threshold_at(&given, i) = luaL_checknumber(L, -1);
        lua_pop(L, 1);
    }
    return given;
}

/***
The thresholds of a judgement, as they are unless told.
@function thresholds
@treturn table `min_growth_bytes`, `min_growth_ratio`, `short_span_s`, `never_freed`, `significant_z`, `fading`,
  `flat`, `floor_share`, `step_fit`, `false_discovery`
*/
static int thresholds(lua_State *L)
{
    ps_thresholds defaults = ps_thresholds_default();

    lua_createtable(L, 0, THRESHOLDS);
    for (size_t i = 0; i < THRESHOLDS; i++)
        ps_set_number(L, threshold_names[i].name, *threshold_at(&defaults, i));
    return 1;
}

/* What is measured of a series that grew enough to matter. */
static void set_shape(lua_State *L, const ps_judgement *judgement)
{
    ps_set_number(L, "p", judgement->p);
    ps_set_number(L, "early", judgement->early);
    ps_set_number(L, "late", judgement->late);
    ps_set_number(L, "late_growth", judgement->late_growth);
    ps_set_number(L, "floor_share", judgement->floor_share);
    ps_set_number(L, "step_fit", judgement->step_fit);
    ps_set_number(L, "bend_fit", judgement->bend_fit);
    lua_createtable(L, 0, 4);
    ps_set_number(L, "slope", judgement->drift.slope);
    ps_set_number(L, "z", judgement->drift.z);
    ps_set_number(L, "p", judgement->drift.p);
    ps_set_number(L, "persistence", judgement->drift.persistence);
    lua_setfield(L, -2, "drift");
    ps_push_minima(L, &judgement->minima);
    lua_setfield(L, -2, "minima");
    lua_createtable(L, 0, 3);
    set_change(L, &judgement->change);
    lua_setfield(L, -2, "change");
}

void ps_push_judgement(lua_State *L, const ps_judgement *judgement)
{
    lua_createtable(L, 0, 24);
    ps_set_text(L, "word", ps_word_name(judgement->word));
    ps_set_text(L, "confidence", ps_confidence_name(judgement->confidence));
    ps_set_text(L, "reason", judgement->reason);
    ps_set_uint(L, "points", judgement->points);
    set_interval(L, &judgement->slope);
    if (judgement->period > 0)
        ps_set_uint(L, "period", judgement->period);
    ps_set_number(L, "growth", judgement->growth);
    ps_set_number(L, "relative", judgement->relative);
    ps_push_kendall(L, &judgement->trend);
    lua_setfield(L, -2, "trend");
    if (judgement->shaped)
        set_shape(L, judgement);
}

/***
The word for a series, and every number that made it.
@function judge
@tparam {number,...} values
@tparam[opt] {number,...} times in seconds
@tparam[opt] table options `runs`, `thresholds` (see @{thresholds}), `freed_ratio` (frees over allocations)
@treturn[1] table `word` ("LEAK", "SUSPECT", "GROWING-CACHE", "PLATEAU", "BURST", "LOAD", "NO-LEAK",
  "NOT-ENOUGH-DATA"), `confidence`, `reason`, `points`, `slope`, `low`, `high` (a second; a value without
  times), `growth` (over the whole, by the slope), `relative` (of the median), `period` (phases, if it has
  one), `trend` (as of @{mann_kendall}); where it grew enough to matter also `early` and `late` (slopes of the
  halves), `late_growth`, `p` (chance of such a drift), `drift` (`slope`, `z`, `p`, `persistence`), `minima` (as of @{window_minima}), `floor_share` (growth of the minima over that of
  the whole), `change` (as of @{pettitt}), `step_fit` and `bend_fit` (what one step, or one bend, leaves of a line's misfit)
@treturn[2] nil
@treturn[2] string what was wrong
@treturn[2] table `code`
*/
static int judge(lua_State *L)
{
    ps_context context = {.growth = (double)NAN};
    ps_thresholds limits;
    ps_judgement judgement;
    ps_series series;
    ps_error err;

    lua_settop(L, 3);
    series = check_series(L, 1, 2, 3);
    context.freed_ratio = ps_number_option(L, 3, "freed_ratio", (double)NAN);
    lua_pushnil(L);
    if (lua_istable(L, 3))
        lua_getfield(L, 3, "thresholds");
    limits = ps_check_thresholds(L, lua_gettop(L));
    if (series.times != NULL && series.count > 0) {
        context.span_s = series.times[series.count - 1] - series.times[0];
        context.hours_per_time = 1.0 / 3600;
    }
    if (!ps_series_judge(&series, &context, &limits, &judgement, &err))
        return ps_push_error(L, &err);
    ps_push_judgement(L, &judgement);
    return 1;
}

/***
The largest p that stands among many at once (Benjamini and Hochberg).
@function discovery_limit
@tparam {number,...} ps
@number share of chance findings among what is found that is borne, 0.01 for example
@treturn number 0 where none stands
*/
static int discovery_limit(lua_State *L)
{
    const double share = luaL_checknumber(L, 2);
    size_t count;
    double *ps;

    luaL_checktype(L, 1, LUA_TTABLE);
    count = lua_rawlen(L, 1);
    ps = push_numbers(L, 1, count);
    lua_pushnumber(L, ps_discovery_limit(ps, count, share));
    return 1;
}

int luaopen_poolsleuth_statistics(lua_State *L)
{
    static const luaL_Reg functions[] = {{"mann_kendall", mann_kendall},
                                         {"theil_sen", theil_sen},
                                         {"seasonal", seasonal},
                                         {"pettitt", pettitt},
                                         {"window_minima", window_minima},
                                         {"page_hinkley", page_hinkley},
                                         {"ols", ols},
                                         {"lockstep", lockstep},
                                         {"forecast", forecast},
                                         {"thresholds", thresholds},
                                         {"judge", judge},
                                         {"discovery_limit", discovery_limit},
                                         {"online", ps_statistics_online},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
