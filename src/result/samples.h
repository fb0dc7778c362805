/* What a run saw of the server's own metrics: which ones it watches, and what each scrape read.
 * Added to by one thread at a time; others read what stands below the counts, taken with acquire.
 * Nothing that was published moves or changes, but for samples_drop. */
#ifndef RESULT_SAMPLES_H
#define RESULT_SAMPLES_H

#include <stdatomic.h>

#include "base/statistics.h"
#include "telemetry/history.h"
#include "telemetry/watched.h"

#define SAMPLES_SOURCES_MAX 16
#define SAMPLES_WATCHED_MAX 512
#define SAMPLES_COLUMNS_MAX 8192
#define SAMPLES_BLOCK       1024
#define SAMPLES_BLOCKS_MAX  2048
/* Of readings: some hours at one a second. Beyond it every second reading that is no boundary of a
 * round stays in memory, beyond twice as much every fourth, and so on: at 93 columns a day takes 35
 * MB, two weeks 92. Boundaries are thinned in the same way, round by round, when all of it is four
 * times as much. The journal has all. */
#define SAMPLES_FULL_BYTES  (16u << 20)
#define SAMPLES_ROUNDS_FULL 4u

struct samples {
    _Atomic(struct metrics_source *) sources[SAMPLES_SOURCES_MAX];
    _Atomic uint32_t source_count;
    /* In the order they were asked for or picked. One that appears late replaces its absent self.
     */
    _Atomic(struct watched *) watched[SAMPLES_WATCHED_MAX];
    _Atomic uint32_t watched_count;
    char *columns[SAMPLES_COLUMNS_MAX]; /* the series in each, "name{label=\"value\"}" */
    _Atomic uint32_t column_count;
    struct reading **blocks[SAMPLES_BLOCKS_MAX];
    _Atomic uint32_t reading_count;

    _Atomic uint32_t made, failed; /* scrapes; a failed one is not among the readings */
    _Atomic uint64_t last_ns;      /* when the last good one began; 0 = never */
    _Atomic(const char *) failure; /* why the last failed one did; NULL = none did */
    _Atomic uint64_t failure_ns;
    void (**retire)(void *); /* see samples.c */
    void **retired;
    uint32_t retired_count;
    uint64_t offered; /* readings that were added, kept or not */
    uint64_t kept_bytes;
    /* Where each reading goes as well, NULL = nowhere; with the reading before, whether it was kept
     * or not, and the number + 1 of each metric's series. */
    struct history *history;
    struct reading *latest;
    uint32_t series[SAMPLES_WATCHED_MAX];
};

/* NULL when there are none (samples is embedded in struct run and zero at first). */
void samples_free(struct samples *samples);

/* ---- adding; each copies what it is given ---- */

/* One that has this URL is replaced. False when there are too many. */
bool samples_put_source(struct samples *samples, const struct metrics_source *source);
/* One that has this key is replaced. False when there are too many, or it is no sound metric. */
bool samples_put_watched(struct samples *samples, const struct watched *watched);
/* Columns are numbered from 0 in the order they are added. */
bool samples_add_column(struct samples *samples, const char *series);
/* One that is older than the last is left out. */
void samples_add(struct samples *samples, const struct reading *reading);
/* Frees those between the two instants but for boundaries of rounds. Nobody may read meanwhile. */
void samples_drop(struct samples *samples, uint64_t from_ns, uint64_t to_ns);
void samples_add_failure(struct samples *samples, uint64_t at_ns, const char *why);

/* ---- reading ---- */

static inline uint32_t samples_count(const struct samples *samples)
{
    return atomic_load_explicit(&samples->reading_count, memory_order_acquire);
}

static inline const struct reading *samples_at(const struct samples *samples, uint32_t index)
{
    return samples->blocks[index / SAMPLES_BLOCK][index % SAMPLES_BLOCK];
}

static inline uint32_t samples_watched_count(const struct samples *samples)
{
    return atomic_load_explicit(&samples->watched_count, memory_order_acquire);
}

static inline const struct watched *samples_watched(const struct samples *samples, uint32_t index)
{
    return atomic_load_explicit(&samples->watched[index], memory_order_acquire);
}

static inline uint32_t samples_source_count(const struct samples *samples)
{
    return atomic_load_explicit(&samples->source_count, memory_order_acquire);
}

static inline const struct metrics_source *samples_source(const struct samples *samples,
                                                          uint32_t index)
{
    return atomic_load_explicit(&samples->sources[index], memory_order_acquire);
}

/* By key; NULL when there is none. */
const struct watched *samples_find(const struct samples *samples, const char *key);
/* The first with that role that is exposed; NULL when there is none. */
const struct watched *samples_find_role(const struct samples *samples, enum watched_role role);
/* The first reading at or after that instant; samples_count when there is none. */
uint32_t samples_from(const struct samples *samples, uint64_t at_ns);

/* One number for a plot or for "now": gauges and quotients of gauges as they were, a counter's
 * total; of histograms and quotients of deltas what happened since the reading before. */
double samples_value(const struct samples *samples, const struct watched *watched, uint32_t index);
/* A counter's gain a second since the reading before; NaN for others. */
double samples_rate(const struct samples *samples, const struct watched *watched, uint32_t index);

/* What a metric did in one round. What has no value is NaN. */
struct watched_round {
    /* At the scrapes right before and after it, else at the nearest ones outside it. NaN for
     * histograms and quotients of deltas, which only a time gives. */
    double before, after;
    double change; /* a gauge's after − before; what a counter gained, over resets */
    double value;  /* the figure of the round: a gauge's mean, a counter's gain, a quotient of what
                      was gained, a histogram's mean or quantile */
    /* Over the readings in the round, its end included: values, and of counters gains a second. The
     * average of a quotient of deltas and of a histogram is `value`, that of the whole round. */
    struct statistics statistics;
    uint32_t resets;            /* of its counters, in the round */
    bool has_before, has_after; /* by boundary scrapes */
};

/* `start_ns` and `end_ns` (0 = it runs) are the round's. */
void samples_round(const struct samples *samples, const struct watched *watched, uint16_t level,
                   uint16_t round, uint64_t start_ns, uint64_t end_ns, struct watched_round *out);

/* What a metric was around one request, or any other time: the last reading before `from_ns` and
 * the first after `to_ns`. */
struct watched_span {
    double before, after; /* NaN as in struct watched_round */
    double delta;         /* after − before, a counter's gain, or the quotient or histogram */
    uint64_t before_ns, after_ns; /* how far away those readings were */
};

/* False when there is no reading on one of the sides. */
bool samples_span(const struct samples *samples, const struct watched *watched, uint64_t from_ns,
                  uint64_t to_ns, struct watched_span *out);

#endif
