/* The guide's seven statistics (and P95) of a set of integers. Exact: sums are 128-bit integers,
 * percentiles come from the sorted values, so the order of arrival changes nothing. */
#ifndef BASE_STATISTICS_H
#define BASE_STATISTICS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

/* A figure without a value: isnan() asks for it, and no output prints it as a number. */
#define NO_VALUE ((double)NAN)

/* In the unit of the values. With count 0 all are NaN; stddev is NaN below two values. */
struct statistics {
    uint64_t count;
    double avg, p50, p90, p95, p99, min, max;
    double stddev; /* the sample's: n − 1 */
};

/* key as in JSON ("p50"), title as in a wide table ("P50"), title in metrics_summary.csv
 * ("Median"), offset of the double in struct statistics; `in_guide` is false for P95. */
struct statistic {
    const char *key, *title, *csv_title;
    size_t offset;
    bool in_guide;
};

#define STATISTIC_COUNT 8
extern const struct statistic statistics_table[STATISTIC_COUNT];
double statistics_get(const struct statistics *statistics, const struct statistic *which);

/* Sorts `values` in place. */
struct statistics statistics_of(uint64_t *values, size_t count);
/* Of measured reals, finite ones, such as a server's gauges. Sorts them too, and sums in that
 * order.
 */
struct statistics statistics_of_reals(double *values, size_t count);
struct statistics statistics_of_histogram(const struct histogram *histogram);
/* The sample's standard deviation (n − 1) from exact sums; NaN below two values. `squares` is the
 * sum of (x − m)², m the mean cut to an integer; `rest` is the sum of x − m, which is below
 * `count`. */
double stddev_from_sums(uint64_t count, __uint128_t squares, uint64_t rest);
/* Linear interpolation between closest ranks (numpy's default); `sorted` ascending, count ≥ 1. */
double percentile_of_sorted(const uint64_t *sorted, size_t count, double q);
/* What half a 95 % interval of a mean is in standard errors, by Student's t; `freedom` ≥ 1, and not
 * always whole. */
double student_t(double freedom);

#endif
