/* Whether one request met the service level objectives. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "result/summary.h"

static double metric_ms(enum metric_id id, const struct record *record)
{
    uint64_t ns;
    return metrics_table[id].value(record, &ns) ? (double)ns / NS_PER_MS : NO_VALUE;
}

static double tokens_per_s(const struct record *record)
{
    bool estimated;
    double latency_ms = metric_ms(METRIC_LATENCY, record);
    return record_output_tokens(record, &estimated) / (latency_ms / 1e3);
}

/* The value that a limit judges. One token has no interval: it passes any ITL limit. */
static double judged_value(size_t offset, const struct record *record, bool user_times)
{
    switch (offset) {
    case offsetof(struct slo, ttft_ms):
        return metric_ms(user_times ? METRIC_USER_TTFT : METRIC_TTFT, record);
    case offsetof(struct slo, latency_ms):
        return metric_ms(user_times ? METRIC_USER_LATENCY : METRIC_LATENCY, record);
    case offsetof(struct slo, itl_ms):
        return record_itl_tokens(record) <= 1 ? 0.0 : metric_ms(METRIC_ITL, record);
    default:
        return tokens_per_s(record);
    }
}

bool record_meets_slo(const struct record *record, const struct slo *slo, bool user_times,
                      bool missed[SLO_LIMIT_COUNT])
{
    bool meets = record_succeeded(record);
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        double limit;
        memcpy(&limit, (const char *)slo + slo_limits[i].offset, sizeof limit);
        double value = judged_value(slo_limits[i].offset, record, user_times);
        /* Written so that a value that is absent (NaN) misses. */
        bool within = isnan(limit) || (slo_limits[i].is_minimum ? value > limit : value < limit);
        if (missed)
            missed[i] = !within;
        meets = meets && within;
    }
    return meets;
}
