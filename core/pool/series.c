/* series.c - room for the statistics of one series; order statistics. */
#include "pool/series.h"

#include "base/array.h"
#include "base/error.h"

#include <math.h>

enum { SELECT_ROUNDS = 64 };

bool ps_workroom_make(ps_workroom *room, size_t count, ps_error *err)
{
    const size_t paired = count < PS_PAIRS_OF ? count + 1 : PS_PAIRS_OF + 1;
    const size_t waves = ps_wave_count(count);

    *room = (ps_workroom){.count = count + 1};
    room->pairs = ps_alloc(0, paired * paired / 2 + 1, sizeof *room->pairs);
    room->values = ps_alloc(0, room->count, 5 * sizeof *room->values);
    room->ranked = ps_alloc(0, room->count, sizeof *room->ranked);
    room->phases = ps_alloc(0, room->count, sizeof *room->phases);
    if (waves > 0)
        room->waves = ps_alloc(0, waves, 2 * sizeof *room->waves);
    if (room->pairs == NULL || room->values == NULL || room->ranked == NULL ||
        room->phases == NULL || (waves > 0 && room->waves == NULL)) {
        ps_workroom_close(room);
        return ps_fail_memory(err);
    }
    room->scratch = room->values + room->count;
    room->residual = room->scratch + room->count;
    room->lags = room->residual + room->count;
    room->adjusted = room->lags + room->count;
    return true;
}

bool ps_workroom_open(ps_workroom *room, const ps_series *series, ps_error *err)
{
    *room = (ps_workroom){0};
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->values[i]) || !isfinite(ps_time_at(series, i)))
            return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "point %zu is not a finite number", i + 1);
        if (i > 0 && ps_run_at(series, i) == ps_run_at(series, i - 1) &&
            ps_time_at(series, i) < ps_time_at(series, i - 1))
            return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "time falls at point %zu", i + 1);
    }
    return ps_workroom_make(room, series->count, err);
}

void ps_workroom_close(ps_workroom *room)
{
    free(room->pairs);
    free(room->values);
    free(room->waves);
    free(room->ranked);
    free(room->phases);
    *room = (ps_workroom){0};
}

int ps_ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double middle_of(double a, double b, double c)
{
    if (a < b)
        return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Hoare's selection; a range that refuses to shrink is sorted instead. */
double ps_select(double *values, size_t count, size_t rank)
{
    size_t begin = 0, end = count - 1; /* inclusive */

    for (unsigned round = 0; begin < end; round++) {
        const double pivot =
            middle_of(values[begin], values[begin + (end - begin) / 2], values[end]);
        size_t i = begin, j = end;
        if (round == SELECT_ROUNDS) {
            qsort(values + begin, end - begin + 1, sizeof *values, ps_ascending);
            break;
        }
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            const double held = values[i];
            values[i++] = values[j];
            values[j] = held;
            if (j == 0)
                break;
            j--;
        }
        if (rank <= j && j < end)
            end = j;
        else if (rank >= i && i > begin)
            begin = i;
        else
            break;
    }
    return values[rank];
}

double ps_median(double *values, size_t count)
{
    double upper, lower;

    if (count == 0)
        return 0;
    upper = ps_select(values, count, count / 2);
    if (count % 2 == 1)
        return upper;
    lower = values[0];
    for (size_t i = 1; i < count / 2; i++)
        lower = values[i] > lower ? values[i] : lower;
    return (lower + upper) / 2;
}

static int by_value(const void *left, const void *right)
{
    const ps_ranked *a = left, *b = right;

    if (a->value < b->value || a->value > b->value)
        return a->value < b->value ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

void ps_rank(const double *values, size_t count, double *ranks, ps_workroom *room)
{
    size_t begin = 0;

    for (size_t i = 0; i < count; i++)
        room->ranked[i] = (ps_ranked){.value = values[i], .index = i};
    qsort(room->ranked, count, sizeof *room->ranked, by_value);
    for (size_t i = 1; i <= count; i++) {
        if (i < count && !(room->ranked[i].value > room->ranked[begin].value))
            continue;
        for (size_t k = begin; k < i; k++)
            ranks[room->ranked[k].index] = (double)(begin + 1 + i) / 2;
        begin = i;
    }
}

void ps_residuals(const ps_series *series, double slope, double *residual)
{
    for (size_t begin = 0, end; begin < series->count; begin = end) {
        double mean = 0;
        end = ps_run_end(series, begin);
        for (size_t i = begin; i < end; i++) {
            residual[i] = series->values[i] - slope * ps_time_at(series, i);
            mean += residual[i] / (double)(end - begin);
        }
        for (size_t i = begin; i < end; i++)
            residual[i] -= mean;
    }
}
