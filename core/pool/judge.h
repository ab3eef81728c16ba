/* judge.h - judging one series in room that the caller keeps. */
#ifndef PS_POOL_JUDGE_H
#define PS_POOL_JUDGE_H

#include "pool/series.h"

/* Fewer points than this are judged by their plain movement: the tests have no power yet. */
enum { PS_MANY_POINTS = 8 };

/* Values must be finite, times must not fall. */
void ps_judge_in(const ps_series *series, const ps_context *context,
                 const ps_thresholds *thresholds, ps_judgement *out, ps_workroom *room);

#endif
