/* forecast.c - when a line meets a limit; the alarm over many tests at once. */
#include "pool/series.h"

#include <math.h>
#include <stdlib.h>

static double time_to(double distance, double slope)
{
    if (distance <= 0)
        return 0;
    return slope > 0 ? distance / slope : (double)INFINITY;
}

ps_forecast ps_forecast_of(const ps_sen *line, double last_time, double limit)
{
    ps_forecast forecast = {.now = line->intercept + line->slope * last_time};
    const double distance = limit - forecast.now;

    forecast.eta = time_to(distance, line->slope);
    forecast.low = time_to(distance, line->high);
    forecast.high = time_to(distance, line->low);
    return forecast;
}

double ps_discovery_limit(double *ps, size_t count, double share)
{
    double limit = 0;

    if (count > 0)
        qsort(ps, count, sizeof *ps, ps_ascending);
    for (size_t i = 0; i < count; i++)
        if (ps[i] <= share * (double)(i + 1) / (double)count)
            limit = ps[i];
    return limit;
}
