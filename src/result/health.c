/* Whether the client itself spoiled a round's figures. */
#include <math.h>

#include "base/values.h"
#include "result/metric.h"
#include "result/run.h"

#define STRAINED_SHARE 0.10
#define SATURATED_BUSY 0.90

const char *health_verdict_name(enum health_verdict verdict)
{
    static const char *const names[HEALTH_VERDICT_COUNT] = {
        [HEALTH_OK] = "ok",
        [HEALTH_STRAINED] = "strained",
        [HEALTH_SATURATED] = "saturated",
        [HEALTH_NOT_BOUNDED] = "not bounded",
    };
    return names[verdict];
}

static double metric_p50_ns(const struct round *round, enum metric_id id, struct values *values)
{
    uint64_t ns;
    for (uint32_t i = 0; i < round_record_count(round); i++)
        if (record_succeeded(&round->records[i]) &&
            metrics_table[id].value(&round->records[i], &ns))
            values_add(values, ns);
    return values_take(values).p50;
}

static void fill_dispatch_lag(struct round *round, struct values *values)
{
    round->health.retries = 0;
    for (uint32_t i = 0; i < round_record_count(round); i++) {
        const struct record *record = &round->records[i];
        round->health.retries += record->attempts > 1;
        if (record->intended_ns && record->dispatched_ns >= record->intended_ns)
            values_add(values, record->dispatched_ns - record->intended_ns);
    }
    struct statistics lag = values_take(values);
    round->health.dispatch_lag_p50_ns = lag.count ? (uint64_t)lag.p50 : 0;
    round->health.dispatch_lag_p99_ns = lag.count ? (uint64_t)lag.p99 : 0;
    round->health.dispatch_lag_max_ns = lag.count ? (uint64_t)lag.max : 0;
}

/* Late dispatch bends an open loop's schedule. In a closed loop it is the slot that waits: that
 * shows as queue and is in no TTFT. With a cap, waiting for the cap is meant. */
static bool dispatch_lag_counts(const struct round *round)
{
    for (uint32_t i = 0; i < round->segment_count; i++)
        if (round->segments[i].rate > 0.0 && round->segments[i].concurrency == 0)
            return true;
    return false;
}

/* Share of the round's requests that the client failed by not running. */
static double stalled_share(const struct round *round)
{
    uint32_t count = round_record_count(round), stalled = 0;
    for (uint32_t i = 0; i < count; i++)
        stalled += round->records[i].error == ERR_STALLED_CLIENT;
    return count ? (double)stalled / count : 0.0;
}

static enum health_verdict judge(const struct round *round, double ttft_ns, double itl_ns)
{
    const struct health *health = &round->health;
    uint64_t worst_ns = health->stamp_lag_p99_ns;
    if (dispatch_lag_counts(round) && health->dispatch_lag_p99_ns > worst_ns)
        worst_ns = health->dispatch_lag_p99_ns;
    double lag_ns = (double)worst_ns, stalled = stalled_share(round);
    /* A metric without values is NaN: fmin leaves it out, a comparison with it is false. */
    if (lag_ns > itl_ns || health->loop_busy > SATURATED_BUSY || stalled > STRAINED_SHARE)
        return HEALTH_SATURATED;
    bool strained = lag_ns > STRAINED_SHARE * fmin(ttft_ns, itl_ns) || stalled > 0.0;
    return strained ? HEALTH_STRAINED : HEALTH_OK;
}

void round_judge_health(struct round *round, bool http2)
{
    struct values values;
    values_init(&values, VALUES_EXACT_MOST);
    fill_dispatch_lag(round, &values);
    double ttft_ns = metric_p50_ns(round, METRIC_TTFT, &values);
    double itl_ns = metric_p50_ns(round, METRIC_ITL, &values);
    round->health.verdict = http2 ? HEALTH_NOT_BOUNDED : judge(round, ttft_ns, itl_ns);
    values_free(&values);
}
