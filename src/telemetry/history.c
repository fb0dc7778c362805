#include "telemetry/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/memory.h"

/* A little more than an hour, a day: a span of exactly that, cut to whole cells, is still there. */
static const struct {
    uint64_t width_ns;
    uint64_t capacity;
} tiers[HISTORY_TIERS] = {
    {1 * NS_PER_S, 3840},
    {10 * NS_PER_S, 8880},
    {60 * NS_PER_S, 20160},
};

struct bucket {
    double sum;
    uint32_t count;
    float min, max;
    uint32_t halvings; /* of its bins: from then on one value in 2^halvings enters them */
};

struct series {
    char *name; /* NULL for figures, which have an enum */
    double lowest, ratio, log_ratio;
    struct bucket *buckets[HISTORY_TIERS];
    uint16_t (*bins[HISTORY_TIERS])[HISTORY_BINS]; /* NULL without quantiles */
};

struct history {
    pthread_mutex_t lock;
    uint64_t now_ns;
    uint64_t newest[HISTORY_TIERS]; /* index of the bucket that holds now_ns … */
    uint64_t slot[HISTORY_TIERS];   /* … and where it lies: nearly all values go there */
    uint64_t end_ns[HISTORY_TIERS]; /* of that bucket */
    struct series *series[HISTORY_SERIES_MAX];
    uint32_t series_count;
};

/* ---- a series ---- */

/* Anonymous pages, which cost nothing until something is written to them: a short run fills few. */
static void *map_pages(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        die("out of memory (%zu bytes for the history of a figure)", bytes);
    return pages;
}

static size_t series_bytes(const struct series *series)
{
    size_t bucket = sizeof(struct bucket) + (series->ratio > 0.0 ? sizeof *series->bins[0] : 0);
    size_t bytes = 0;
    for (size_t i = 0; i < HISTORY_TIERS; i++)
        bytes += tiers[i].capacity * bucket;
    return bytes;
}

/* Without quantiles `highest` is 0. */
static struct series *series_new(const char *name, double lowest, double highest)
{
    struct series *series = xcalloc(1, sizeof *series);
    series->name = name ? xstrdup(name) : NULL;
    series->lowest = lowest;
    series->ratio = highest > 0.0 ? pow(highest / lowest, 1.0 / HISTORY_BINS) : 0.0;
    series->log_ratio = highest > 0.0 ? log(series->ratio) : 0.0;
    char *at = map_pages(series_bytes(series));
    for (size_t i = 0; i < HISTORY_TIERS; i++) {
        series->buckets[i] = (struct bucket *)(void *)at;
        at += tiers[i].capacity * sizeof *series->buckets[i];
    }
    for (size_t i = 0; i < HISTORY_TIERS && highest > 0.0; i++) {
        series->bins[i] = (uint16_t(*)[HISTORY_BINS])(void *)at;
        at += tiers[i].capacity * sizeof *series->bins[i];
    }
    return series;
}

static void series_delete(struct series *series)
{
    munmap(series->buckets[0], series_bytes(series));
    free(series->name);
    free(series);
}

static void series_clear(struct series *series, size_t tier, uint64_t slot, uint64_t count)
{
    memset(&series->buckets[tier][slot], 0, count * sizeof *series->buckets[tier]);
    if (series->bins[tier])
        memset(&series->bins[tier][slot], 0, count * sizeof *series->bins[tier]);
}

/* What is too small or too large stands in the first or last bin; min and max tell more. */
static size_t bin_of(const struct series *series, double value)
{
    if (!(value > series->lowest))
        return 0;
    double bin = log(value / series->lowest) / series->log_ratio;
    return bin < HISTORY_BINS - 1 ? (size_t)bin : HISTORY_BINS - 1;
}

/* 16 bits are enough for a shape: when one is full, all are halved, and from then on every other
 * value enters. */
static void bins_add(struct bucket *bucket, uint16_t bins[HISTORY_BINS], size_t bin,
                     uint32_t weight)
{
    uint64_t at = bucket->count, end = at + weight;
    for (;;) {
        uint64_t step = UINT64_C(1) << bucket->halvings;
        at = (at + step - 1) & ~(step - 1);
        if (at >= end)
            return;
        uint64_t entering = (end - at + step - 1) / step, room = UINT16_MAX - bins[bin];
        uint64_t taken = entering < room ? entering : room;
        bins[bin] = (uint16_t)(bins[bin] + taken);
        at += taken * step;
        if (taken == entering)
            return;
        for (size_t i = 0; i < HISTORY_BINS; i++)
            bins[i] = (uint16_t)(bins[i] / 2 + (bins[i] & 1));
        bucket->halvings++;
    }
}

static void bucket_add(struct bucket *bucket, double value, double sum, uint32_t weight)
{
    float at = (float)value;
    if (bucket->count == 0 || at < bucket->min)
        bucket->min = at;
    if (bucket->count == 0 || at > bucket->max)
        bucket->max = at;
    bucket->sum += sum;
    bucket->count = UINT32_MAX - bucket->count < weight ? UINT32_MAX : bucket->count + weight;
}

/* ---- the whole ---- */

/* Between 0.5 ms and 200 s of TTFT, 0.05 ms and 20 s of gap, a bin ends 38 % above its start. */
static const struct {
    double lowest, highest;
} figure_bins[HISTORY_FIGURE_COUNT] = {
    [HISTORY_TTFT] = {0.5, 200e3},
    [HISTORY_GAP] = {0.05, 20e3},
};

struct history *history_new(void)
{
    struct history *history = xcalloc(1, sizeof *history);
    pthread_mutex_init(&history->lock, NULL);
    for (size_t i = 0; i < HISTORY_FIGURE_COUNT; i++)
        history->series[i] = series_new(NULL, figure_bins[i].lowest, figure_bins[i].highest);
    history->series_count = HISTORY_FIGURE_COUNT;
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (uint32_t i = 0; i < history->series_count; i++)
        series_delete(history->series[i]);
    pthread_mutex_destroy(&history->lock);
    free(history);
}

void history_lock(struct history *history)
{
    pthread_mutex_lock(&history->lock);
}

void history_unlock(struct history *history)
{
    pthread_mutex_unlock(&history->lock);
}

static uint32_t find_series(const struct history *history, const char *name)
{
    for (uint32_t i = HISTORY_FIGURE_COUNT; i < history->series_count; i++)
        if (strcmp(history->series[i]->name, name) == 0)
            return i;
    return HISTORY_SERIES_MAX;
}

uint32_t history_series(struct history *history, const char *name)
{
    uint32_t found = find_series(history, name);
    if (found < HISTORY_SERIES_MAX || history->series_count == HISTORY_SERIES_MAX)
        return found;
    history->series[history->series_count] = series_new(name, 0.0, 0.0);
    return history->series_count++;
}

static uint64_t oldest_kept(const struct history *history, size_t tier)
{
    uint64_t newest = history->newest[tier], capacity = tiers[tier].capacity;
    return newest < capacity ? 0 : newest - capacity + 1;
}

/* Slots of the first lap are still empty, so that a short run touches little memory. */
static void clear_slots(struct history *history, size_t tier, uint64_t first, uint64_t last)
{
    uint64_t capacity = tiers[tier].capacity;
    if (last < capacity)
        return;
    if (last - first >= capacity)
        first = last - capacity + 1;
    for (uint32_t i = 0; i < history->series_count; i++)
        for (uint64_t index = first; index <= last; index++)
            series_clear(history->series[i], tier, index % capacity, 1);
}

void history_advance(struct history *history, uint64_t now_ns)
{
    if (now_ns > history->now_ns)
        history->now_ns = now_ns;
    for (size_t tier = 0; tier < HISTORY_TIERS && history->now_ns >= history->end_ns[tier];
         tier++) {
        uint64_t newest = history->now_ns / tiers[tier].width_ns;
        if (newest != history->newest[tier])
            clear_slots(history, tier, history->newest[tier] + 1, newest);
        history->newest[tier] = newest;
        history->slot[tier] = newest % tiers[tier].capacity;
        history->end_ns[tier] = (newest + 1) * tiers[tier].width_ns;
    }
}

void history_add(struct history *history, uint32_t number, uint64_t at_ns, double value,
                 uint32_t weight)
{
    if (number >= history->series_count || !isfinite(value))
        return;
    if (at_ns >= history->end_ns[0])
        history_advance(history, at_ns);
    else if (at_ns > history->now_ns)
        history->now_ns = at_ns;
    struct series *series = history->series[number];
    size_t bin = series->bins[0] ? bin_of(series, value) : 0;
    for (size_t tier = 0; tier < HISTORY_TIERS; tier++) {
        uint64_t slot = history->slot[tier];
        if (at_ns < history->end_ns[tier] - tiers[tier].width_ns) {
            uint64_t index = at_ns / tiers[tier].width_ns;
            if (index < oldest_kept(history, tier))
                continue;
            slot = index % tiers[tier].capacity;
        }
        struct bucket *bucket = &series->buckets[tier][slot];
        if (series->bins[tier])
            bins_add(bucket, series->bins[tier][slot], bin, weight);
        bucket_add(bucket, value, value * weight, weight);
    }
}

void history_add_over(struct history *history, uint32_t number, uint64_t from_ns, uint64_t to_ns,
                      double value)
{
    if (number >= history->series_count || from_ns >= to_ns)
        return;
    if (to_ns > history->now_ns)
        history_advance(history, to_ns);
    struct series *series = history->series[number];
    for (size_t tier = 0; tier < HISTORY_TIERS; tier++) {
        uint64_t width_ns = tiers[tier].width_ns, oldest = oldest_kept(history, tier);
        uint64_t first = from_ns / width_ns, last = (to_ns - 1) / width_ns;
        for (uint64_t index = first < oldest ? oldest : first; index <= last; index++) {
            uint64_t start_ns = index * width_ns, end_ns = start_ns + width_ns;
            uint64_t held_ns =
                (to_ns < end_ns ? to_ns : end_ns) - (from_ns > start_ns ? from_ns : start_ns);
            bucket_add(&series->buckets[tier][index % tiers[tier].capacity], value,
                       value * (double)held_ns / 1e9, 1);
        }
    }
}

/* ---- reading ---- */

uint64_t history_now_ns(struct history *history)
{
    history_lock(history);
    uint64_t now_ns = history->now_ns;
    history_unlock(history);
    return now_ns;
}

uint32_t history_find_series(struct history *history, const char *name)
{
    history_lock(history);
    uint32_t found = find_series(history, name);
    history_unlock(history);
    return found;
}

const char *history_series_name(struct history *history, uint32_t series)
{
    static const char *const figures[HISTORY_FIGURE_COUNT] = {
        [HISTORY_TTFT] = "ttft_ms",
        [HISTORY_GAP] = "chunk_gap_ms",
        [HISTORY_TOKENS] = "tokens",
        [HISTORY_FINISHED] = "finished",
        [HISTORY_FAILED] = "failed",
        [HISTORY_IN_FLIGHT] = "in_flight",
        [HISTORY_OLDEST_WAIT] = "oldest_wait_s",
        [HISTORY_CACHED] = "cached",
    };
    if (series < HISTORY_FIGURE_COUNT)
        return figures[series];
    history_lock(history);
    const char *name = series < history->series_count ? history->series[series]->name : NULL;
    history_unlock(history);
    return name;
}

uint32_t history_series_count(struct history *history)
{
    history_lock(history);
    uint32_t count = history->series_count;
    history_unlock(history);
    return count;
}

static void cell_take(struct history_cell *cell, const struct history *history,
                      const struct series *series, size_t tier, uint64_t index)
{
    uint64_t width_ns = tiers[tier].width_ns, start_ns = index * width_ns;
    uint64_t slot = index % tiers[tier].capacity;
    const struct bucket *bucket = &series->buckets[tier][slot];
    uint64_t known_ns = history->now_ns - start_ns;
    cell->covered_ns += known_ns < width_ns ? known_ns : width_ns;
    if (bucket->count == 0)
        return;
    if (cell->count == 0 || (double)bucket->min < cell->min)
        cell->min = (double)bucket->min;
    if (cell->count == 0 || (double)bucket->max > cell->max)
        cell->max = (double)bucket->max;
    cell->count += bucket->count;
    cell->sum += bucket->sum;
    if (!series->bins[tier])
        return;
    for (size_t i = 0; i < HISTORY_BINS; i++)
        cell->bins[i] += (uint64_t)series->bins[tier][slot][i] << bucket->halvings;
}

static size_t finest_tier_from(const struct history *history, uint64_t start_ns)
{
    for (size_t tier = 0; tier < HISTORY_TIERS - 1; tier++)
        if (oldest_kept(history, tier) * tiers[tier].width_ns <= start_ns)
            return tier;
    return HISTORY_TIERS - 1;
}

/* Buckets belong to the cell that holds their middle. */
static void fill_cell(struct history_cell *cell, const struct history *history,
                      const struct series *series, size_t tier, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t width_ns = tiers[tier].width_ns, half_ns = width_ns / 2;
    uint64_t first = (from_ns + half_ns - 1) / width_ns;
    uint64_t end = (to_ns + half_ns - 1) / width_ns;
    if (first >= end) { /* narrower than a bucket */
        first = (from_ns + (to_ns - from_ns) / 2) / width_ns;
        end = first + 1;
    }
    uint64_t oldest = oldest_kept(history, tier), newest = history->newest[tier];
    for (uint64_t index = first < oldest ? oldest : first; index < end && index <= newest; index++)
        cell_take(cell, history, series, tier, index);
}

void history_query(struct history *history, uint32_t number, uint64_t end_ns, uint64_t span_ns,
                   struct history_cell *cells, size_t count)
{
    memset(cells, 0, count * sizeof *cells);
    history_lock(history);
    uint64_t cell_ns = count ? span_ns / count : 0;
    if (number >= history->series_count || cell_ns == 0)
        goto done;
    const struct series *series = history->series[number];
    uint64_t end_cell = end_ns / cell_ns + (end_ns % cell_ns != 0);
    uint64_t first_cell = end_cell > count ? end_cell - count : 0;
    size_t tier = finest_tier_from(history, first_cell * cell_ns);
    for (size_t i = 0; i < count; i++) {
        cells[i].lowest = series->lowest;
        cells[i].ratio = series->ratio;
        if (end_cell + i < count) /* before the run */
            continue;
        uint64_t from_ns = (end_cell + i - count) * cell_ns;
        fill_cell(&cells[i], history, series, tier, from_ns, from_ns + cell_ns);
    }
done:
    history_unlock(history);
}

uint64_t history_whole_width_ns(struct history *history)
{
    history_lock(history);
    size_t tier = finest_tier_from(history, 0);
    history_unlock(history);
    return tiers[tier].width_ns;
}

uint64_t history_oldest_ns(struct history *history, uint64_t width_ns)
{
    uint64_t oldest_ns = 0;
    history_lock(history);
    for (size_t tier = 0; tier < HISTORY_TIERS; tier++)
        if (tiers[tier].width_ns == width_ns)
            oldest_ns = oldest_kept(history, tier) * width_ns;
    history_unlock(history);
    return oldest_ns;
}
