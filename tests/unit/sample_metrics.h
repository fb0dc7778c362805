/* Server metrics of a run made in memory: a gauge, a counter, a histogram, a quotient of deltas,
 * and one that is not exposed, read each second from 10 s to 19 s. Level 1 round 1 lasts from 12 s
 * to 15 s.
 */
#ifndef SAMPLE_METRICS_H
#define SAMPLE_METRICS_H

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "result/samples.h"

enum { COLUMN_GAUGE, COLUMN_COUNTER, COLUMN_HITS, COLUMN_SUM, COLUMN_COUNT, COLUMN_BUCKETS };
#define SAMPLE_COLUMNS (COLUMN_BUCKETS + 3)

static double sample_bounds[] = {0.1, 0.5, 1.0};

static inline struct watched sample_watched(const char *key, enum watched_kind kind,
                                            uint32_t column)
{
    return (struct watched){.key = (char *)(uintptr_t)key,
                            .title = (char *)(uintptr_t)key,
                            .unit = (char *)(uintptr_t) "tokens",
                            .origin = (char *)(uintptr_t) "",
                            .kind = kind,
                            .quantile = (double)NAN,
                            .scale = 1.0,
                            .column = column};
}

static inline void sample_put_metrics(struct samples *samples)
{
    static const char *const series[SAMPLE_COLUMNS] = {"running",
                                                       "queries_total",
                                                       "hits_total",
                                                       "ttft_sum",
                                                       "ttft_count",
                                                       "ttft_bucket{le=\"0.1\"}",
                                                       "ttft_bucket{le=\"0.5\"}",
                                                       "ttft_bucket{le=\"1\"}"};
    for (uint32_t i = 0; i < SAMPLE_COLUMNS; i++)
        samples_add_column(samples, series[i]);
    struct watched gauge = sample_watched("running", WATCHED_GAUGE, COLUMN_GAUGE);
    struct watched counter = sample_watched("queries", WATCHED_COUNTER, COLUMN_COUNTER);
    struct watched rate = sample_watched("hit_rate", WATCHED_QUOTIENT, COLUMN_HITS);
    struct watched mean = sample_watched("ttft", WATCHED_HISTOGRAM, COLUMN_SUM);
    struct watched absent = sample_watched("kv_cache_size", WATCHED_ABSENT, 0);
    rate.divisor = COLUMN_COUNTER;
    rate.deltas = true;
    rate.role = ROLE_HIT_RATE;
    mean.bounds = sample_bounds;
    mean.bound_count = 3;
    struct watched p50 = mean;
    p50.key = (char *)(uintptr_t) "p50(ttft)";
    p50.quantile = 0.5;
    const struct watched *all[] = {&gauge, &counter, &rate, &mean, &p50, &absent};
    for (uint32_t i = 0; i < ARRAY_SIZE(all); i++)
        samples_put_watched(samples, all[i]);
}

/* At `s` seconds: 100 tokens asked for and 40 found each second from 12 s on, four requests of
 * 0.3 s. */
static inline void sample_read(struct samples *samples, uint32_t s, enum reading_place place)
{
    struct reading *reading = xcalloc(1, sizeof *reading + SAMPLE_COLUMNS * sizeof(double));
    double steps = s > 12 ? s - 12 : 0;
    bool in_round = place != READING_BETWEEN;
    *reading = (struct reading){.at_ns = s * NS_PER_S,
                                .took_ns = 3 * NS_PER_MS,
                                .level = in_round,
                                .round = in_round,
                                .place = (uint8_t)place,
                                .count = SAMPLE_COLUMNS};
    const double values[SAMPLE_COLUMNS] = {
        s, 1000 + 100 * steps, 400 + 40 * steps, 1.2 * steps, 4 * steps, 0, 4 * steps, 4 * steps};
    for (uint32_t i = 0; i < SAMPLE_COLUMNS; i++)
        reading->values[i] = values[i];
    samples_add(samples, reading);
    free(reading);
}

static inline void sample_read_all(struct samples *samples)
{
    for (uint32_t s = 10; s < 20; s++)
        sample_read(samples, s,
                    s < 12 || s > 16 ? READING_BETWEEN
                    : s == 12        ? READING_BEFORE
                    : s == 16        ? READING_AFTER
                                     : READING_DURING);
}

#endif
