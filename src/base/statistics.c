#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct statistic statistics_table[STATISTIC_COUNT] = {
    {"avg", "Avg", "Average", offsetof(struct statistics, avg), true},
    {"p50", "P50", "Median", offsetof(struct statistics, p50), true},
    {"p90", "P90", "P90", offsetof(struct statistics, p90), true},
    {"p95", "P95", "P95", offsetof(struct statistics, p95), false},
    {"p99", "P99", "P99", offsetof(struct statistics, p99), true},
    {"min", "Min", "Min", offsetof(struct statistics, min), true},
    {"max", "Max", "Max", offsetof(struct statistics, max), true},
    {"stddev", "Stddev", "Stddev", offsetof(struct statistics, stddev), true},
};

double statistics_get(const struct statistics *statistics, const struct statistic *which)
{
    return *(const double *)((const char *)statistics + which->offset);
}

static struct statistics no_statistics(void)
{
    return (struct statistics){0,        NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE,
                               NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE};
}

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)
/* Below, comparing costs less than counting. */
#define FEW_VALUES 256

/* By their digits, from the last one on: a round has a million values and a dozen metrics. Digits
 * that are 0 in all of them cost nothing. */
static void sort_values(uint64_t *values, size_t count)
{
    if (count < FEW_VALUES) {
        qsort(values, count, sizeof *values, compare_values);
        return;
    }
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= values[i];
    uint64_t *from = values, *to = xmalloc(count * sizeof *to), *scratch = to;
    for (unsigned shift = 0; shift < 64 && all >> shift; shift += DIGIT_BITS) {
        size_t place[DIGITS] = {0}, next = 0;
        for (size_t i = 0; i < count; i++)
            place[from[i] >> shift & (DIGITS - 1)]++;
        for (size_t digit = 0; digit < DIGITS; digit++) {
            size_t with_digit = place[digit];
            place[digit] = next;
            next += with_digit;
        }
        for (size_t i = 0; i < count; i++)
            to[place[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        uint64_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != values)
        memcpy(values, from, count * sizeof *values);
    free(scratch);
}

/* From the nearer end, as numpy does: equal to its figures to the last bit. */
static double between(double low, double high, double fraction)
{
    return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1.0 - fraction);
}

double percentile_of_sorted(const uint64_t *sorted, size_t count, double q)
{
    double at = q * (double)(count - 1);
    size_t rank = (size_t)at;
    if (rank + 1 >= count)
        return (double)sorted[count - 1];
    return between((double)sorted[rank], (double)sorted[rank + 1], at - (double)rank);
}

static double percentile_of_reals(const double *sorted, size_t count, double q)
{
    double at = q * (double)(count - 1);
    size_t rank = (size_t)at;
    if (rank + 1 >= count)
        return sorted[count - 1];
    return between(sorted[rank], sorted[rank + 1], at - (double)rank);
}

double stddev_from_sums(uint64_t count, __uint128_t squares, uint64_t rest)
{
    if (count < 2)
        return NO_VALUE;
    long double r = rest, n = count;
    return (double)sqrtl(((long double)squares - r * r / n) / (n - 1.0L));
}

static double mean(__uint128_t sum, uint64_t count)
{
    return (double)((long double)sum / (long double)count);
}

struct statistics statistics_of(uint64_t *values, size_t count)
{
    if (count == 0)
        return no_statistics();
    sort_values(values, count);

    __uint128_t sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    uint64_t middle = (uint64_t)(sum / count);
    for (size_t i = 0; i < count; i++) {
        uint64_t away = values[i] > middle ? values[i] - middle : middle - values[i];
        squares += (__uint128_t)away * away;
    }
    return (struct statistics){
        .count = count,
        .avg = mean(sum, count),
        .p50 = percentile_of_sorted(values, count, 0.50),
        .p90 = percentile_of_sorted(values, count, 0.90),
        .p95 = percentile_of_sorted(values, count, 0.95),
        .p99 = percentile_of_sorted(values, count, 0.99),
        .min = (double)values[0],
        .max = (double)values[count - 1],
        .stddev = stddev_from_sums(count, squares, (uint64_t)(sum % count)),
    };
}

struct statistics statistics_of_histogram(const struct histogram *histogram)
{
    uint64_t count = histogram->count;
    if (count == 0)
        return no_statistics();
    /* Σ(x − m)² = Σx² − 2mΣx + nm². Unsigned arithmetic may wrap on the way; the result is right,
     * as it is not above Σx². */
    __uint128_t middle = histogram->sum / count;
    __uint128_t squares =
        histogram->sum_of_squares - 2 * middle * histogram->sum + middle * middle * count;
    return (struct statistics){
        .count = count,
        .avg = mean(histogram->sum, count),
        .p50 = histogram_quantile(histogram, 0.50),
        .p90 = histogram_quantile(histogram, 0.90),
        .p95 = histogram_quantile(histogram, 0.95),
        .p99 = histogram_quantile(histogram, 0.99),
        .min = (double)histogram->min,
        .max = (double)histogram->max,
        .stddev = stddev_from_sums(count, squares, (uint64_t)(histogram->sum % count)),
    };
}

double student_t(double freedom)
{
    /* Quantiles at 97.5 % for 1, 2, … degrees of freedom; between them, and on to infinity, they
     * run nearly straight over 1 / freedom. */
    static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                   2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                   2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    static const double at_infinity = 1.960;
    const size_t last = ARRAY_SIZE(table);
    double below = floor(fmin(fmax(freedom, 1.0), (double)last));
    double from = table[(size_t)below - 1];
    if (freedom <= below)
        return from;
    bool beyond = (size_t)below == last;
    double to = beyond ? at_infinity : table[(size_t)below];
    double inverse_to = beyond ? 0.0 : 1.0 / (below + 1.0);
    return from + (to - from) * (1.0 / below - 1.0 / freedom) / (1.0 / below - inverse_to);
}

static int compare_reals(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct statistics statistics_of_reals(double *values, size_t count)
{
    if (count == 0)
        return no_statistics();
    qsort(values, count, sizeof *values, compare_reals);
    long double sum = 0.0L, squares = 0.0L;
    for (size_t i = 0; i < count; i++)
        sum += (long double)values[i];
    long double middle = sum / (long double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((long double)values[i] - middle) * ((long double)values[i] - middle);
    return (struct statistics){
        .count = count,
        .avg = (double)middle,
        .p50 = percentile_of_reals(values, count, 0.50),
        .p90 = percentile_of_reals(values, count, 0.90),
        .p95 = percentile_of_reals(values, count, 0.95),
        .p99 = percentile_of_reals(values, count, 0.99),
        .min = values[0],
        .max = values[count - 1],
        .stddev = count < 2 ? NO_VALUE : (double)sqrtl(squares / ((long double)count - 1.0L)),
    };
}
