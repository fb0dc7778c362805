/* When more rounds would change little: TTFT P50 and the cached share have stopped moving. */
#ifndef RESULT_STEADY_H
#define RESULT_STEADY_H

#include "result/summary.h"

/* That many rounds, each within 2 % of the others: TTFT P50 by its value, the cached share in
 * points. */
#define STEADY_ROUNDS 3
#define STEADY_WITHIN 0.02

struct steady_point {
    double ttft_p50_ns;  /* NaN: the round has none, or cannot be held against others */
    double cached_share; /* NaN = not known; then TTFT alone decides */
};

/* A round that was interrupted, has not ended, or whose load was changed by hand has no TTFT here.
 */
struct steady_point steady_point_of(const struct round *round, const struct summary *summary);
/* The number of the first of the last rounds that are all within 2 %, from 1; 0 when those are
 * fewer than three. */
uint32_t steady_from(const struct steady_point *points, uint32_t count);

#endif
