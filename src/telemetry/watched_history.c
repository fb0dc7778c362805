#include "telemetry/watched_history.h"

#include <math.h>

static uint32_t weight_of(double units)
{
    return !(units >= 1.0) ? 1 : units < (double)UINT32_MAX ? (uint32_t)units : UINT32_MAX;
}

static void counter_to_history(double gained, const struct reading *before,
                               const struct reading *reading, struct history *history,
                               uint32_t series)
{
    double seconds = (double)(reading->at_ns - before->at_ns) / 1e9;
    if (isfinite(gained) && seconds > 0.0)
        history_add_over(history, series, before->at_ns, reading->at_ns, gained / seconds);
}

void watched_to_history(const struct watched *watched, const struct reading *before,
                        const struct reading *reading, struct history *history, uint32_t series)
{
    struct watched_gains gains = {0};
    switch (watched->kind) {
    case WATCHED_GAUGE:
        history_add(history, series, reading->at_ns, watched_at(watched, reading), 1);
        break;
    case WATCHED_QUOTIENT:
        if (!watched->deltas) {
            history_add(history, series, reading->at_ns, watched_at(watched, reading), 1);
            break;
        }
        __attribute__((fallthrough));
    case WATCHED_HISTOGRAM:
        if (!before)
            break;
        watched_gain(watched, &gains, before, reading);
        history_add(history, series, reading->at_ns, watched_over(watched, &gains),
                    weight_of(gains.columns[1]));
        break;
    case WATCHED_COUNTER:
        if (!before)
            break;
        watched_gain(watched, &gains, before, reading);
        counter_to_history(watched_over(watched, &gains), before, reading, history, series);
        break;
    case WATCHED_ABSENT:
    case WATCHED_KIND_COUNT:
        break;
    }
}

double watched_of_cell(const struct watched *watched, const struct history_cell *cell)
{
    if (cell->count == 0)
        return (double)NAN;
    return watched->kind == WATCHED_COUNTER ? history_rate(cell) : history_mean(cell);
}
