/* slope.h - robust statistics of one series: Theil-Sen, Sen's interval, Mann-Kendall.
 *
 * Formulas: Sen 1968 and Kendall 1975, with the correction for ties.  Points of different runs of
 * the machine are never compared.
 */
#ifndef PS_POOL_SLOPE_H
#define PS_POOL_SLOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ps_point {
    double time; /* hours, or the index where there are no times */
    double value;
    uint32_t run; /* of the machine: pairs never cross runs */
} ps_point;

typedef struct ps_slope {
    double slope, low, high;  /* a unit of value per unit of time; 0 under two points */
    double s, variance, z, p; /* Mann-Kendall, p one-sided for growth */
} ps_slope;

/* Room for the slopes of count points; the caller frees it. */
double *ps_slope_room(size_t count);

/* Statistics of count points in order of time, using room of ps_slope_room(count). */
ps_slope ps_slope_of(const ps_point *points, size_t count, double *room);

#endif
