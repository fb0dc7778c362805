#include "result/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Requests of a run share queues and batches, so they are not independent samples: tests over
 * single requests find differences between equal systems. The medians of ten consecutive batches
 * are close to independent. */
#define BATCH_COUNT        10
#define PAIRS_FOR_INTERVAL 50
#define STUDENT_T_9        2.262 /* two-sided 95 %, nine degrees of freedom */
#define EFFECT_MIN         0.01

struct pair {
    uint64_t dispatched_ns; /* in the cold round */
    uint32_t index;
    double cold_ns, warm_ns;
};

static int by_prompt(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    if (a->sample != b->sample)
        return a->sample < b->sample ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

static int by_dispatch(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    if (a->dispatched_ns != b->dispatched_ns)
        return a->dispatched_ns < b->dispatched_ns ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

static const struct record **sorted_successes(const struct round *round, size_t *count)
{
    uint32_t all = round_record_count(round);
    const struct record **records = xreallocarray(NULL, all, sizeof *records);
    *count = 0;
    for (uint32_t i = 0; i < all; i++)
        if (record_succeeded(&round->records[i]))
            records[(*count)++] = &round->records[i];
    if (*count)
        qsort(records, *count, sizeof *records, by_prompt);
    return records;
}

static bool make_pair(struct pair *pair, const struct record *cold, const struct record *warm)
{
    uint64_t cold_ns, warm_ns;
    if (!metrics_table[METRIC_TTFT].value(cold, &cold_ns) ||
        !metrics_table[METRIC_TTFT].value(warm, &warm_ns) || cold_ns == 0 || warm_ns == 0)
        return false;
    *pair = (struct pair){cold->dispatched_ns, cold->index, (double)cold_ns, (double)warm_ns};
    return true;
}

/* In dispatch order; freed by the caller. */
static struct pair *make_pairs(struct comparison *comparison, const struct round *cold,
                               const struct round *warm)
{
    size_t cold_count, warm_count;
    const struct record **colds = sorted_successes(cold, &cold_count);
    const struct record **warms = sorted_successes(warm, &warm_count);
    struct pair *pairs = xreallocarray(NULL, cold_count, sizeof *pairs);
    for (size_t c = 0, w = 0; c < cold_count && w < warm_count;) {
        int order = by_prompt(&colds[c], &warms[w]);
        if (order == 0 && (colds[c]->attempts > 1 || warms[w]->attempts > 1))
            comparison->retried++;
        else if (order == 0 && make_pair(&pairs[comparison->pairs], colds[c], warms[w]))
            comparison->pairs++;
        c += order <= 0;
        w += order >= 0;
    }
    if (comparison->pairs)
        qsort(pairs, comparison->pairs, sizeof *pairs, by_dispatch);
    free(colds);
    free(warms);
    return pairs;
}

static void make_interval(struct comparison *comparison, const struct pair *pairs, double *logs)
{
    double medians[BATCH_COUNT], mean = 0.0, squares = 0.0;
    for (size_t batch = 0; batch < BATCH_COUNT; batch++) {
        size_t first = batch * comparison->pairs / BATCH_COUNT;
        size_t end = (batch + 1) * comparison->pairs / BATCH_COUNT;
        for (size_t i = first; i < end; i++)
            logs[i] = log(pairs[i].cold_ns / pairs[i].warm_ns);
        medians[batch] = median(&logs[first], end - first);
        mean += medians[batch] / BATCH_COUNT;
    }
    for (size_t batch = 0; batch < BATCH_COUNT; batch++)
        squares += (medians[batch] - mean) * (medians[batch] - mean);
    double deviation = sqrt(squares / (BATCH_COUNT - 1));
    double half = STUDENT_T_9 * deviation / sqrt(BATCH_COUNT);
    comparison->has_interval = true;
    comparison->low = exp(mean - half);
    comparison->high = exp(mean + half);
}

static enum comparison_word judge(const struct comparison *comparison, uint64_t stamp_lag_ns)
{
    bool shown = comparison->has_interval && (comparison->low > 1.0 || comparison->high < 1.0) &&
                 fabs(comparison->speed_up - 1.0) > EFFECT_MIN &&
                 fabs(comparison->saved_ms) > (double)stamp_lag_ns / NS_PER_MS;
    if (!shown)
        return COMPARISON_NOT_SHOWN;
    return comparison->low > 1.0 ? COMPARISON_FASTER : COMPARISON_SLOWER;
}

void comparison_make(struct comparison *comparison, const struct round *cold,
                     const struct round *warm)
{
    *comparison = (struct comparison){.speed_up = NO_VALUE,
                                      .low = NO_VALUE,
                                      .high = NO_VALUE,
                                      .saved_ms = NO_VALUE,
                                      .word = COMPARISON_NOT_SHOWN};
    if (cold->segment_count > 1 || warm->segment_count > 1)
        return;
    struct pair *pairs = make_pairs(comparison, cold, warm);
    if (comparison->pairs == 0) {
        free(pairs);
        return;
    }
    double *values = xreallocarray(NULL, comparison->pairs, sizeof *values);
    for (uint32_t i = 0; i < comparison->pairs; i++)
        values[i] = log(pairs[i].cold_ns / pairs[i].warm_ns);
    comparison->speed_up = exp(median(values, comparison->pairs));
    for (uint32_t i = 0; i < comparison->pairs; i++)
        values[i] = (pairs[i].cold_ns - pairs[i].warm_ns) / NS_PER_MS;
    comparison->saved_ms = median(values, comparison->pairs);
    if (comparison->pairs >= PAIRS_FOR_INTERVAL)
        make_interval(comparison, pairs, values);

    uint64_t lag_ns = cold->health.stamp_lag_p50_ns > warm->health.stamp_lag_p50_ns
                          ? cold->health.stamp_lag_p50_ns
                          : warm->health.stamp_lag_p50_ns;
    comparison->word = judge(comparison, lag_ns);
    free(values);
    free(pairs);
}
