#include "result/steady.h"

#include <math.h>

struct steady_point steady_point_of(const struct round *round, const struct summary *summary)
{
    bool comparable = round->ended && !round->incomplete && !round->interrupted &&
                      round->segment_count == 1 && summary->metrics[METRIC_TTFT].count;
    return (struct steady_point){comparable ? summary->metrics[METRIC_TTFT].p50 : NO_VALUE,
                                 summary->cached_share};
}

/* The extremes so far. fmin and fmax pass over NaN. */
struct span {
    double lowest, highest;
};

static void widen(struct span *span, double value)
{
    span->lowest = fmin(span->lowest, value);
    span->highest = fmax(span->highest, value);
}

uint32_t steady_from(const struct steady_point *points, uint32_t count)
{
    struct span ttft = {NO_VALUE, NO_VALUE}, cached = {NO_VALUE, NO_VALUE};
    uint32_t first = count;
    while (first > 0 && isfinite(points[first - 1].ttft_p50_ns)) {
        widen(&ttft, points[first - 1].ttft_p50_ns);
        widen(&cached, points[first - 1].cached_share);
        if (ttft.highest > ttft.lowest * (1.0 + STEADY_WITHIN) ||
            cached.highest > cached.lowest + STEADY_WITHIN)
            break;
        first--;
    }
    return count - first >= STEADY_ROUNDS ? first + 1 : 0;
}
