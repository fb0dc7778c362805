#include "base/histogram.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Above the exact range an octave has 512 buckets: half a bucket is at most 1/1024 of its value. */
#define EXACT_BITS   10
#define EXACT        (1u << EXACT_BITS)
#define OCTAVE_BITS  (EXACT_BITS - 1)
#define PER_OCTAVE   (1u << OCTAVE_BITS)
#define BUCKET_COUNT (EXACT + (64 - EXACT_BITS) * PER_OCTAVE)

static size_t bucket_of(uint64_t value)
{
    if (value < EXACT)
        return (size_t)value;
    unsigned octave = 63 - (unsigned)__builtin_clzll(value);
    uint64_t within = (value >> (octave - OCTAVE_BITS)) - PER_OCTAVE;
    return EXACT + (octave - EXACT_BITS) * PER_OCTAVE + (size_t)within;
}

static double bucket_middle(size_t bucket)
{
    if (bucket < EXACT)
        return (double)bucket;
    unsigned shift = (unsigned)((bucket - EXACT) / PER_OCTAVE) + 1;
    uint64_t lowest = ((bucket - EXACT) % PER_OCTAVE + PER_OCTAVE) << shift;
    return (double)lowest + (double)((UINT64_C(1) << shift) - 1) / 2.0;
}

void histogram_free(struct histogram *histogram)
{
    free(histogram->buckets);
    *histogram = (struct histogram){0};
}

void histogram_clear(struct histogram *histogram)
{
    uint64_t *buckets = histogram->buckets;
    if (buckets)
        memset(buckets, 0, BUCKET_COUNT * sizeof *buckets);
    *histogram = (struct histogram){.buckets = buckets};
}

static void need_buckets(struct histogram *histogram)
{
    if (!histogram->buckets)
        histogram->buckets = xcalloc(BUCKET_COUNT, sizeof *histogram->buckets);
}

void histogram_add_times(struct histogram *histogram, uint64_t value, uint64_t times)
{
    if (times == 0)
        return;
    need_buckets(histogram);
    histogram->buckets[bucket_of(value)] += times;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (histogram->count == 0 || value > histogram->max)
        histogram->max = value;
    histogram->count += times;
    histogram->sum += (__uint128_t)value * times;
    histogram->sum_of_squares += (__uint128_t)value * value * times;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram_add_times(histogram, value, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    need_buckets(into);
    for (size_t i = 0; i < BUCKET_COUNT; i++)
        into->buckets[i] += from->buckets[i];
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (into->count == 0 || from->max > into->max)
        into->max = from->max;
    into->count += from->count;
    into->sum += from->sum;
    into->sum_of_squares += from->sum_of_squares;
}

static double clamp(const struct histogram *histogram, double value)
{
    double min = (double)histogram->min, max = (double)histogram->max;
    return value < min ? min : value > max ? max : value;
}

double histogram_quantile(const struct histogram *histogram, double q)
{
    if (histogram->count == 0)
        return 0.0;
    double at = q * (double)(histogram->count - 1);
    uint64_t rank = (uint64_t)at;
    double fraction = at - (double)rank;

    size_t bucket = bucket_of(histogram->min);
    uint64_t below = histogram->buckets[bucket]; /* values in this bucket and before it */
    while (below <= rank)
        below += histogram->buckets[++bucket];
    double low = clamp(histogram, bucket_middle(bucket));
    if (fraction <= 0.0 || rank + 1 < below)
        return low;
    do
        bucket++;
    while (histogram->buckets[bucket] == 0);
    double high = clamp(histogram, bucket_middle(bucket));
    return low + (high - low) * fraction;
}
