/* trend_points.c - the course of one tag, as far as a trend keeps it. */
#include "pool/trend.h"

#include <math.h>

size_t ps_trend_points(const ps_trend *trend) { return trend->next_thin; }

bool ps_trend_point(const ps_trend *trend, size_t index, size_t point, size_t *snapshot,
                    int64_t *bytes)
{
    double value;

    *snapshot = 0;
    *bytes = 0;
    if (index >= trend->row_count || point >= trend->next_thin)
        return false;
    *snapshot = ps_trend_thin_index(trend, point);
    value = ps_trend_column(trend, trend->places[index])[point];
    if (isnan(value))
        return false;
    *bytes = (int64_t)value;
    return true;
}
