/* A log-linear histogram of u64 values: relative error ≤ 0.1 % at any size, in constant memory once
 * its buckets are there. Values below 1,024 are exact. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

struct histogram {
    uint64_t count;
    uint64_t min, max;          /* exact; meaningless while count is 0 */
    __uint128_t sum;            /* exact */
    __uint128_t sum_of_squares; /* exact below 2^128: 10^13 gaps of an hour each, in ns */
    uint64_t *buckets;          /* allocated by the first add */
};

void histogram_free(struct histogram *histogram);
void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
/* The same value so many times. */
void histogram_add_times(struct histogram *histogram, uint64_t value, uint64_t times);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* q in 0…1; linear interpolation between closest ranks over bucket midpoints, clamped to min and
 * max. 0 when empty. */
double histogram_quantile(const struct histogram *histogram, double q);

#endif
