#include "result/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/round_kept.h"

/* Requests of a run share queues and batches, so they are not independent samples: tests over
 * single requests find differences between equal systems. The medians of ten consecutive batches
 * are close to independent. */
#define BATCH_COUNT        10
#define UNITS_FOR_INTERVAL 50
#define EFFECT_MIN         0.01

/* One prompt of both rounds, or one request of one of them. */
struct unit {
    uint64_t dispatched_ns; /* what the order is by */
    uint64_t other_ns;      /* dispatched in the other round */
    uint32_t index;
    unsigned batch; /* in the order of the first round */
    double before_ns, after_ns;
};

const char *comparison_word_title(enum comparison_word word)
{
    static const char *const titles[] = {
        [COMPARISON_NOT_SHOWN] = "no difference shown",
        [COMPARISON_FASTER] = "faster",
        [COMPARISON_SLOWER] = "slower",
    };
    return titles[word];
}

const char *comparison_word_key(enum comparison_word word)
{
    return word == COMPARISON_NOT_SHOWN ? "not_shown" : comparison_word_title(word);
}

/* ---- orders and middles ---- */

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
    const struct unit *a = left, *b = right;
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

/* A mean, and how sure it is. */
struct moments {
    double mean, variance, freedom; /* the variance is the mean's own */
};

static struct moments moments_of(const double *values, size_t count)
{
    double sum = 0.0, squares = 0.0, n = (double)count;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - sum / n) * (values[i] - sum / n);
    return (struct moments){sum / n, squares / (n - 1.0) / n, n - 1.0};
}

static size_t batch_begin(size_t batch, size_t count)
{
    return batch * count / BATCH_COUNT;
}

/* Of the medians of consecutive batches; each batch is sorted. */
static struct moments batch_moments(double *logs, size_t count)
{
    double medians[BATCH_COUNT];
    for (size_t batch = 0; batch < BATCH_COUNT; batch++) {
        size_t first = batch_begin(batch, count);
        medians[batch] = median(&logs[first], batch_begin(batch + 1, count) - first);
    }
    return moments_of(medians, BATCH_COUNT);
}

/* ---- verdicts ---- */

static void begin(struct comparison *comparison, enum comparison_basis basis)
{
    *comparison = (struct comparison){.basis = basis,
                                      .speed_up = NO_VALUE,
                                      .low = NO_VALUE,
                                      .high = NO_VALUE,
                                      .saved_ms = NO_VALUE,
                                      .word = COMPARISON_NOT_SHOWN};
}

/* Of the mean of logs. */
static void set_interval(struct comparison *comparison, double centre, double variance,
                         double freedom)
{
    double half = student_t(freedom) * sqrt(variance);
    comparison->has_interval = true;
    comparison->low = exp(centre - half);
    comparison->high = exp(centre + half);
}

/* The difference of two means whose spreads may differ: Welch's interval. */
static void set_interval_between(struct comparison *comparison, struct moments before,
                                 struct moments after)
{
    double variance = before.variance + after.variance;
    double freedom = variance * variance /
                     (before.variance * before.variance / before.freedom +
                      after.variance * after.variance / after.freedom);
    set_interval(comparison, before.mean - after.mean, variance,
                 isfinite(freedom) ? freedom : before.freedom + after.freedom);
}

static void judge(struct comparison *comparison, double stamp_lag_ms)
{
    bool shown = comparison->has_interval && (comparison->low > 1.0 || comparison->high < 1.0) &&
                 fabs(comparison->speed_up - 1.0) > EFFECT_MIN &&
                 fabs(comparison->saved_ms) > stamp_lag_ms;
    if (shown)
        comparison->word = comparison->low > 1.0 ? COMPARISON_FASTER : COMPARISON_SLOWER;
}

static double stamp_lag_ms(const struct round *round)
{
    return (double)round->health.stamp_lag_p50_ns / NS_PER_MS;
}

/* ---- requests that have a value ---- */

static bool positive_value(const struct record *record, enum metric_id id, double *value_ns)
{
    uint64_t ns;
    if (!metrics_table[id].value(record, &ns) || ns == 0)
        return false;
    *value_ns = (double)ns;
    return true;
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

struct record_pair *comparison_record_pairs(enum metric_id id, const struct round *before,
                                            const struct round *after, uint32_t *count,
                                            uint32_t *retried)
{
    size_t before_count, after_count;
    const struct record **befores = sorted_successes(before, &before_count);
    const struct record **afters = sorted_successes(after, &after_count);
    struct record_pair *pairs = xreallocarray(NULL, before_count, sizeof *pairs);
    *count = *retried = 0;
    for (size_t b = 0, a = 0; b < before_count && a < after_count;) {
        int order = by_prompt(&befores[b], &afters[a]);
        double value_ns;
        if (order == 0 && (befores[b]->attempts > 1 || afters[a]->attempts > 1))
            ++*retried;
        else if (order == 0 && positive_value(befores[b], id, &value_ns) &&
                 positive_value(afters[a], id, &value_ns))
            pairs[(*count)++] = (struct record_pair){befores[b], afters[a]};
        b += order <= 0;
        a += order >= 0;
    }
    free(befores);
    free(afters);
    return pairs;
}

/* In the order of `before`; freed by the caller. */
static struct unit *make_pairs(struct comparison *comparison, enum metric_id id,
                               const struct round *before, const struct round *after)
{
    struct record_pair *found =
        comparison_record_pairs(id, before, after, &comparison->pairs, &comparison->retried);
    struct unit *pairs = xreallocarray(NULL, comparison->pairs, sizeof *pairs);
    for (uint32_t i = 0; i < comparison->pairs; i++) {
        pairs[i] = (struct unit){.dispatched_ns = found[i].before->dispatched_ns,
                                 .other_ns = found[i].after->dispatched_ns,
                                 .index = found[i].before->index};
        positive_value(found[i].before, id, &pairs[i].before_ns);
        positive_value(found[i].after, id, &pairs[i].after_ns);
    }
    comparison->before = comparison->after = comparison->pairs;
    if (comparison->pairs)
        qsort(pairs, comparison->pairs, sizeof *pairs, by_dispatch);
    free(found);
    return pairs;
}

/* ---- pairs ---- */

static void fill_logs(double *logs, const struct unit *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        logs[i] = log(pairs[i].before_ns / pairs[i].after_ns);
}

/* The interval of pairs in the order of the first round. In the order of the second, what waxed and
 * waned in that round shows too; where prompts stand in other batches there, it has not been seen
 * yet. */
static void make_paired_interval(struct comparison *comparison, struct unit *pairs, double *logs)
{
    size_t count = comparison->pairs, moved = 0;
    fill_logs(logs, pairs, count);
    struct moments moments = batch_moments(logs, count);
    for (unsigned batch = 0; batch < BATCH_COUNT; batch++)
        for (size_t i = batch_begin(batch, count); i < batch_begin(batch + 1, count); i++) {
            pairs[i].batch = batch;
            pairs[i].dispatched_ns = pairs[i].other_ns;
        }
    qsort(pairs, count, sizeof *pairs, by_dispatch);
    for (unsigned batch = 0; batch < BATCH_COUNT; batch++)
        for (size_t i = batch_begin(batch, count); i < batch_begin(batch + 1, count); i++)
            moved += pairs[i].batch != batch;
    if (moved > count / 2) {
        fill_logs(logs, pairs, count);
        struct moments other = batch_moments(logs, count);
        moments.mean = (moments.mean + other.mean) / 2.0;
        moments.variance += other.variance;
    }
    set_interval(comparison, moments.mean, moments.variance, moments.freedom);
}

void comparison_of_pairs(struct comparison *comparison, enum metric_id id,
                         const struct round *before, const struct round *after)
{
    const struct round_kept *kept = after->kept;
    if (kept && before->number == 1 && before->start_ns == kept->first_start_ns) {
        *comparison = kept->against_first[id];
        return;
    }
    begin(comparison, COMPARISON_PAIRS);
    if (before->segment_count > 1 || after->segment_count > 1 ||
        before->prompts_key != after->prompts_key)
        return;
    struct unit *pairs = make_pairs(comparison, id, before, after);
    if (comparison->pairs == 0) {
        free(pairs);
        return;
    }
    double *values = xreallocarray(NULL, comparison->pairs, sizeof *values);
    fill_logs(values, pairs, comparison->pairs);
    comparison->speed_up = exp(median(values, comparison->pairs));
    for (uint32_t i = 0; i < comparison->pairs; i++)
        values[i] = (pairs[i].before_ns - pairs[i].after_ns) / NS_PER_MS;
    comparison->saved_ms = median(values, comparison->pairs);
    if (comparison->pairs >= UNITS_FOR_INTERVAL)
        make_paired_interval(comparison, pairs, values);
    judge(comparison, fmax(stamp_lag_ms(before), stamp_lag_ms(after)));
    free(values);
    free(pairs);
}

void comparison_make(struct comparison *comparison, const struct round *cold,
                     const struct round *warm)
{
    comparison_of_pairs(comparison, METRIC_TTFT, cold, warm);
}

/* ---- requests of two rounds ---- */

/* Logs in order of dispatch; freed by the caller. */
static double *make_logs(const struct round *round, enum metric_id id, uint32_t *count,
                         uint32_t *retried)
{
    uint32_t all = round_record_count(round);
    struct unit *units = xreallocarray(NULL, all, sizeof *units);
    double *logs = xreallocarray(NULL, all, sizeof *logs);
    *count = 0;
    for (uint32_t i = 0; i < all; i++) {
        const struct record *record = &round->records[i];
        struct unit unit = {.dispatched_ns = record->dispatched_ns, .index = record->index};
        if (!record_succeeded(record) || !positive_value(record, id, &unit.before_ns))
            continue;
        *retried += record->attempts > 1;
        if (record->attempts <= 1)
            units[(*count)++] = unit;
    }
    if (*count)
        qsort(units, *count, sizeof *units, by_dispatch);
    for (uint32_t i = 0; i < *count; i++)
        logs[i] = log(units[i].before_ns);
    free(units);
    return logs;
}

static void set_ratio(struct comparison *comparison, double before_log, double after_log,
                      double values_per_ms)
{
    comparison->speed_up = exp(before_log - after_log);
    comparison->saved_ms = (exp(before_log) - exp(after_log)) / values_per_ms;
}

void comparison_of_requests(struct comparison *comparison, enum metric_id id,
                            const struct round *before, const struct round *after)
{
    begin(comparison, COMPARISON_REQUESTS);
    if (before->segment_count > 1 || after->segment_count > 1)
        return;
    double *befores = make_logs(before, id, &comparison->before, &comparison->retried);
    double *afters = make_logs(after, id, &comparison->after, &comparison->retried);
    if (comparison->before >= UNITS_FOR_INTERVAL && comparison->after >= UNITS_FOR_INTERVAL)
        set_interval_between(comparison, batch_moments(befores, comparison->before),
                             batch_moments(afters, comparison->after));
    if (comparison->before && comparison->after)
        set_ratio(comparison, median(befores, comparison->before),
                  median(afters, comparison->after), NS_PER_MS);
    judge(comparison, fmax(stamp_lag_ms(before), stamp_lag_ms(after)));
    free(befores);
    free(afters);
}

/* ---- runs ---- */

static uint32_t keep_logs(double *logs, const double *values, size_t count)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]) && values[i] > 0.0)
            logs[kept++] = log(values[i]);
    return kept;
}

static void compare_values(struct comparison *comparison, const double *before, size_t before_count,
                           const double *after, size_t after_count, double lag_ms)
{
    double *befores = xreallocarray(NULL, before_count, sizeof *befores);
    double *afters = xreallocarray(NULL, after_count, sizeof *afters);
    begin(comparison, COMPARISON_RUNS);
    comparison->before = keep_logs(befores, before, before_count);
    comparison->after = keep_logs(afters, after, after_count);
    if (comparison->before && comparison->after) {
        struct moments b = moments_of(befores, comparison->before);
        struct moments a = moments_of(afters, comparison->after);
        set_ratio(comparison, b.mean, a.mean, 1.0);
        if (comparison->before > 1 && comparison->after > 1)
            set_interval_between(comparison, b, a);
    }
    judge(comparison, lag_ms);
    free(befores);
    free(afters);
}

void comparison_of_values(struct comparison *comparison, const double *before, size_t before_count,
                          const double *after, size_t after_count)
{
    compare_values(comparison, before, before_count, after, after_count, 0.0);
}

/* Milliseconds; NO_VALUE where no request has one, or the load was changed by hand. */
static double run_median_ms(const struct round *round, enum metric_id id, uint32_t *retried)
{
    uint32_t count;
    double *logs = make_logs(round, id, &count, retried);
    double value =
        count && round->segment_count <= 1 ? exp(median(logs, count)) / NS_PER_MS : NO_VALUE;
    free(logs);
    return value;
}

/* Raises `lag_ms` to the rounds' own. */
static double *make_medians(const struct round *const *rounds, size_t count, enum metric_id id,
                            uint32_t *retried, double *lag_ms)
{
    double *values = xreallocarray(NULL, count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = run_median_ms(rounds[i], id, retried);
        *lag_ms = fmax(*lag_ms, stamp_lag_ms(rounds[i]));
    }
    return values;
}

void comparison_of_runs(struct comparison *comparison, enum metric_id id,
                        const struct round *const *before, size_t before_count,
                        const struct round *const *after, size_t after_count)
{
    uint32_t retried = 0;
    double lag_ms = 0.0;
    double *befores = make_medians(before, before_count, id, &retried, &lag_ms);
    double *afters = make_medians(after, after_count, id, &retried, &lag_ms);
    compare_values(comparison, befores, before_count, afters, after_count, lag_ms);
    comparison->retried = retried;
    free(befores);
    free(afters);
}
