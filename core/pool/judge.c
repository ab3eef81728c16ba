/* judge.c - the word for a series, and the numbers that made it.
 *
 * A leak is a rise (1) that matters, (2) that is significant by Kendall's test with its variance
 * widened for autocorrelation, (3) that a wandering level would not show, (4) that one step does not
 * explain, (5) that does not fade, and (6) whose floor rises too.  What fails at (2) or (3) is load,
 * at (4) a burst, at (5) a cache that fills up, at (6) a suspect.
 */
#include "pool/judge.h"

#include "base/error.h"

#include <math.h>

static const double z_95 = 1.959963984540054;
static const double plain_drift = 4;   /* z of a drift that needs no second opinion */
static const double slowing = 0.75;    /* of the whole slope: the second half's is clearly less */
static const double clear_bend = 0.25; /* a bend that leaves less of a line's misfit is plain */

ps_thresholds ps_thresholds_default(void)
{
    return (ps_thresholds){
        .min_growth_bytes = 1 << 20,
        .min_growth_ratio = 0.02,
        .short_span_s = 1800,
        .never_freed = 0.02,
        .significant_z = 2.326,
        .fading = 0.4,
        .flat = 0.05,
        .floor_share = 0.5,
        .step_fit = 0.8,
        .false_discovery = 0.01,
    };
}

const char *ps_word_name(ps_word word)
{
    static const char *const names[PS_WORDS] = {
        [PS_WORD_NOT_ENOUGH_DATA] = "NOT-ENOUGH-DATA",
        [PS_WORD_NO_LEAK] = "NO-LEAK",
        [PS_WORD_LOAD] = "LOAD",
        [PS_WORD_BURST] = "BURST",
        [PS_WORD_PLATEAU] = "PLATEAU",
        [PS_WORD_GROWING_CACHE] = "GROWING-CACHE",
        [PS_WORD_SUSPECT] = "SUSPECT",
        [PS_WORD_LEAK] = "LEAK",
    };

    return (unsigned)word < PS_WORDS ? names[word] : "?";
}

const char *ps_confidence_name(ps_confidence confidence)
{
    static const char *const names[] = {"low", "medium", "high"};

    return (unsigned)confidence <= PS_HIGH ? names[confidence] : "?";
}

typedef struct judging {
    const ps_series *series;
    const ps_context *context;
    const ps_thresholds *limits;
    ps_judgement *out;
    ps_workroom *room;
    double moved; /* from the first to the last point, run by run */
    double range; /* from the least to the most */
    double median;
} judging;

static bool say(const judging *j, ps_word word, ps_confidence confidence, const char *reason)
{
    j->out->word = word;
    j->out->confidence = confidence;
    j->out->reason = reason;
    return true;
}

/* Time inside runs, and what the values moved by. */
static double add_runs(const ps_series *series, double *moved)
{
    double span = 0;

    *moved = 0;
    for (size_t begin = 0, end; begin < series->count; begin = end) {
        end = ps_run_end(series, begin);
        span += ps_time_at(series, end - 1) - ps_time_at(series, begin);
        *moved += series->values[end - 1] - series->values[begin];
    }
    return span;
}

static bool matters(const judging *j, double growth)
{
    return growth >= j->limits->min_growth_bytes &&
           growth >= j->limits->min_growth_ratio * j->median;
}

/* Trend and slope, across a period where there is one; room->adjusted is the series without it. */
static void measure_trend(const judging *j, ps_series *adjusted)
{
    const ps_series *series = j->series;
    ps_workroom *room = j->room;
    ps_judgement *out = j->out;
    const double hours = j->context->hours_per_time;

    if (matters(j, j->range))
        out->period = ps_find_period(series, hours > 0 ? 24 / hours : 0, room);
    if (out->period > 0) {
        const ps_seasonal seasonal = ps_seasonal_by(series, room->phases, room);
        ps_deseason(series, seasonal.slope, out->period, room);
        adjusted->values = room->adjusted;
        out->trend = (ps_kendall){.s = seasonal.s,
                                  .variance = seasonal.variance,
                                  .correction = 1,
                                  .tau = ps_kendall_plain(adjusted, room).tau};
        ps_kendall_test(&out->trend);
        out->slope = (ps_sen){.slope = seasonal.slope,
                              .low = seasonal.low,
                              .high = seasonal.high,
                              .pairs = seasonal.pairs};
        return;
    }
    out->trend = ps_kendall_plain(series, room);
    out->slope = ps_sen_slope(series, sqrt(out->trend.variance), z_95, room);
    if (series->count >= PS_MANY_POINTS) {
        out->trend.correction = ps_kendall_correction(series, out->slope.slope, room);
        ps_kendall_test(&out->trend);
    }
}

static void measure_halves(const judging *j, const ps_series *adjusted, ps_sen *late)
{
    const size_t count = adjusted->count, half = count / 2;
    const ps_series first = ps_part_of(adjusted, 0, half + 1 < count ? half + 1 : count);
    const ps_series second = ps_part_of(adjusted, half, count - half);
    const double deviation = sqrt(ps_kendall_plain(&second, j->room).variance);
    double moved;

    j->out->early = ps_sen_slope(&first, 0, 0, j->room).slope;
    *late = ps_sen_slope(&second, deviation, z_95, j->room);
    j->out->late = late->slope;
    j->out->late_growth = late->slope * add_runs(&second, &moved);
}

static bool never_freed(const judging *j)
{
    return j->context->freed_ratio < j->limits->never_freed;
}

/* Three to seven points, or more without need of tests. */
static bool judge_few(const judging *j, const ps_sen *late)
{
    const ps_context *seen = j->context;
    const ps_judgement *out = j->out;
    const bool always = seen->intervals > 0 && seen->rises == seen->intervals;

    if (seen->rises == 1 && seen->falls == 0 && seen->intervals >= 4)
        return say(j, PS_WORD_BURST, PS_MEDIUM, "all of the growth is in one interval");
    if (out->points >= 4 && out->slope.slope > 0 && !never_freed(j) &&
        late->slope < j->limits->fading * out->slope.slope) {
        if (out->late_growth < j->limits->flat * j->moved)
            return say(j, PS_WORD_PLATEAU, PS_MEDIUM, "it grew, and has stopped");
        return say(j, PS_WORD_GROWING_CACHE, PS_MEDIUM, "it grows ever slower");
    }
    if (always)
        return say(j, PS_WORD_LEAK, PS_MEDIUM, "it grew in every interval");
    if (never_freed(j) && seen->falls == 0)
        return say(j, PS_WORD_LEAK, PS_MEDIUM, "it grew and is never freed");
    if (seen->rises > seen->falls)
        return say(j, PS_WORD_SUSPECT, PS_LOW, "it grew in most intervals");
    return say(j, PS_WORD_LOAD, PS_LOW, "it rises and falls");
}

/* Does it fade: is the second half slower, by more than its own uncertainty? */
static bool fades(const judging *j, const ps_sen *late)
{
    const double slope = j->out->slope.slope;

    return late->slope < j->limits->fading * slope && late->high < slope;
}

/* Slower by a plain bend, not yet so much that it fades; what is never freed is no cache. */
static bool slows(const judging *j, const ps_sen *late)
{
    const double slope = j->out->slope.slope;

    return j->out->bend_fit < clear_bend && late->slope < slowing * slope && late->high < slope &&
           !never_freed(j);
}

/* It grew and has stopped where the second half may as well be flat. */
static bool has_stopped(const judging *j, const ps_sen *late)
{
    const double grown = j->moved > j->out->growth ? j->moved : j->out->growth;

    return late->low <= 0 || j->out->late_growth < j->limits->flat * grown;
}

static bool is_step(const ps_judgement *out, const ps_thresholds *limits)
{
    return out->step_fit < limits->step_fit && out->step_fit < out->bend_fit;
}

/* Kendall's test knows only ranks: where what a line leaves lingers, be it ever so little, its variance
 * is widened so much that few points cannot pass.  A drift that is plain by its size may speak then. */
static bool is_significant(const ps_judgement *out, double z)
{
    return out->trend.z > z ||
           (out->trend.z * sqrt(out->trend.correction) > z && out->drift.z > plain_drift);
}

static bool judge_many(const judging *j, const ps_sen *late)
{
    const ps_judgement *out = j->out;
    const double z = j->limits->significant_z;
    const bool drifts = out->p < erfc(z / sqrt(2)) / 2;

    if (matters(j, j->moved) && is_step(out, j->limits))
        return say(j, PS_WORD_BURST, PS_MEDIUM,
                   "one step explains the growth better than a steady rise");
    if (matters(j, j->moved) && out->bend_fit < j->limits->step_fit && has_stopped(j, late))
        return say(j, PS_WORD_PLATEAU, PS_MEDIUM, "it grew, and has stopped");
    if (!matters(j, out->growth))
        return say(j, PS_WORD_NO_LEAK, PS_MEDIUM, "the trend adds too little to matter");
    if (!is_significant(out, z))
        return say(j, PS_WORD_LOAD, PS_MEDIUM, "the rise is not significant");
    if (fades(j, late) && has_stopped(j, late))
        return say(j, PS_WORD_PLATEAU, PS_MEDIUM, "it grew, and has stopped");
    if ((fades(j, late) && out->bend_fit < clear_bend) || (!drifts && slows(j, late)))
        return say(j, PS_WORD_GROWING_CACHE, PS_MEDIUM, "it grows ever slower");
    if (!drifts)
        return say(j, PS_WORD_LOAD, PS_MEDIUM, "a level that wanders would rise as much");
    if (fades(j, late))
        return say(j, PS_WORD_GROWING_CACHE, PS_MEDIUM, "it grows ever slower");
    if (out->floor_share < j->limits->floor_share)
        return say(j, PS_WORD_SUSPECT, PS_MEDIUM,
                   "it rises, but what it falls back to does not rise with it");
    if (slows(j, late))
        return say(j, PS_WORD_SUSPECT, PS_MEDIUM,
                   "it rises and its floor with it, but it slows down as a large cache does");
    return say(j, PS_WORD_LEAK, PS_HIGH, "it rises steadily, and its floor with it");
}

/* What the least values of windows grew by, as a share of what the line did between them. */
static double floor_share(const judging *j, const ps_minima *minima, size_t width)
{
    const double step = j->out->growth * (double)width / (double)j->series->count;
    const size_t third = minima->windows / 3;
    const double apart = (double)(minima->windows - third) * step;

    return minima->windows >= 3 && apart > 0 ? (minima->last - minima->first) / apart : 0;
}

/* A walk that hardly ever goes down: how probable are so many steps up? */
static double sign_p(const judging *j)
{
    const double rises = j->context->rises, falls = j->context->falls;

    if (!(rises > 0) || falls * 20 > rises)
        return 1;
    return erfc((rises - falls - 1) / sqrt(rises + falls) / sqrt(2)) / 2;
}

static void measure_shape(const judging *j, const ps_series *adjusted)
{
    const size_t count = j->series->count;
    ps_judgement *out = j->out;
    size_t width = out->period > 0 ? out->period : count / 8;
    const ps_series joined = {.values = j->room->values, .count = count};
    double freedom; /* what a parameter more must earn, by Schwarz's criterion */
    ps_fits fits;

    out->drift = ps_drift_of(adjusted, out->period > 0 ? out->period - 1 : 0, j->room);
    out->p = out->drift.p;
    if (sign_p(j) < out->p)
        out->p = sign_p(j);
    out->change = ps_pettitt_in(adjusted, j->room);
    fits = ps_fit_shapes(adjusted, j->room);
    freedom = pow((double)count, 1 / (double)count);
    out->step_fit = fits.line > 0 ? fits.step / fits.line * freedom : 1;
    out->bend_fit = fits.line > 0 ? fits.bend / fits.line * freedom * freedom : 1;
    ps_join_runs(j->series, j->room->values);
    out->minima = ps_minima_of(&joined, width);
    out->floor_share = floor_share(j, &out->minima, width);
}

static void measure_level(judging *j)
{
    const double *values = j->series->values;
    double least = values[0], most = values[0];

    for (size_t i = 0; i < j->series->count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
        j->room->values[i] = values[i];
    }
    j->range = most - least;
    j->median = ps_median(j->room->values, j->series->count);
}

static bool choose(judging *j)
{
    ps_series adjusted = *j->series;
    ps_judgement *out = j->out;
    ps_sen late = {0};
    const double span = add_runs(j->series, &j->moved);

    measure_level(j);
    if (!isnan(j->context->growth))
        j->moved = j->context->growth;
    measure_trend(j, &adjusted);
    out->growth = out->slope.slope * span;
    out->relative = j->median > 0 ? out->growth / j->median : 0;
    if (!matters(j, j->moved) && !matters(j, out->growth))
        return say(j, PS_WORD_NO_LEAK, PS_MEDIUM, "it grew by too little to matter");
    out->shaped = true;
    measure_halves(j, &adjusted, &late);
    measure_shape(j, &adjusted);
    if (out->points == 2)
        return say(j, PS_WORD_SUSPECT, PS_LOW, "it grew between two snapshots");
    if (j->context->span_s > 0 && j->context->span_s < j->limits->short_span_s)
        return say(j, PS_WORD_SUSPECT, PS_LOW, "it grew, over too short a time for more");
    return out->points < PS_MANY_POINTS ? judge_few(j, &late) : judge_many(j, &late);
}

void ps_judge_in(const ps_series *series, const ps_context *context,
                 const ps_thresholds *thresholds, ps_judgement *out, ps_workroom *room)
{
    judging j = {
        .series = series, .context = context, .limits = thresholds, .out = out, .room = room};

    *out = (ps_judgement){.points = series->count, .p = 1, .trend = {.p = 0.5, .p_two = 1}};
    if (series->count < 2)
        (void)say(&j, PS_WORD_NOT_ENOUGH_DATA, PS_LOW, "there is one point or none");
    else
        (void)choose(&j);
}

/* What a series tells of itself, where the caller did not say. */
static ps_context complete(const ps_series *series, const ps_context *given)
{
    ps_context context = {.growth = (double)NAN, .freed_ratio = (double)NAN};
    const bool counted = given != NULL && given->intervals > 0;

    if (given != NULL)
        context = *given;
    for (size_t i = 1; !counted && i < series->count; i++) {
        if (ps_run_at(series, i) != ps_run_at(series, i - 1))
            continue;
        context.intervals++;
        context.rises += series->values[i] > series->values[i - 1];
        context.falls += series->values[i] < series->values[i - 1];
    }
    return context;
}

bool ps_series_judge(const ps_series *series, const ps_context *context,
                     const ps_thresholds *thresholds, ps_judgement *out, ps_error *err)
{
    const ps_thresholds limits = thresholds == NULL ? ps_thresholds_default() : *thresholds;
    const ps_context known = complete(series, context);
    ps_workroom room;

    if (!ps_workroom_open(&room, series, err))
        return false;
    ps_judge_in(series, &known, &limits, out, &room);
    ps_workroom_close(&room);
    return true;
}
