/* How the figures of a run, and its server's metrics, went over time: buckets of 1 s for an hour,
 * of 10 s for a day, of 60 s for two weeks, in memory that does not grow with the run. Times are ns
 * from the run's start. One thread writes; any thread may query. */
#ifndef TELEMETRY_HISTORY_H
#define TELEMETRY_HISTORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The series that every run has; how each is read stands beside it. */
enum history_figure {
    HISTORY_TTFT,        /* ms, a value a request, at its first token: mean, quantiles */
    HISTORY_GAP,         /* ms, a value for each interval between chunks: mean, quantiles */
    HISTORY_TOKENS,      /* received: rate */
    HISTORY_FINISHED,    /* requests that ended, failed ones too: count, rate */
    HISTORY_FAILED,      /* of those: count, rate */
    HISTORY_IN_FLIGHT,   /* rate, which is the mean number of streams */
    HISTORY_OLDEST_WAIT, /* s that the oldest request without a token has waited: max */
    HISTORY_CACHED,      /* 0…1 of prompt tokens by usage, at a request's end: mean */
    HISTORY_FIGURE_COUNT
};

#define HISTORY_BINS       40
#define HISTORY_TIERS      3
#define HISTORY_SERIES_MAX (HISTORY_FIGURE_COUNT + 64)

/* What is known of a stretch of time. min and max mean nothing while count is 0. */
struct history_cell {
    uint64_t covered_ns; /* of it that lies within the run and is still kept */
    uint64_t count;      /* values, or their weights */
    double sum;          /* of value × weight */
    double min, max;
    uint64_t bins[HISTORY_BINS]; /* on a logarithmic scale; all 0 where a series has no quantiles */
    double lowest, ratio;        /* of the scale: a bin ends at `ratio` times its start */
};

/* NaN where nothing is known. */
double history_mean(const struct history_cell *cell);
/* Sum per second. */
double history_rate(const struct history_cell *cell);
/* From the bins, within min and max; the error is below a bin's width (37 % of the value). */
double history_quantile(const struct history_cell *cell, double q);

struct history;

struct history *history_new(void);
void history_free(struct history *history);

/* ---- writing: between lock and unlock, so that a batch costs one lock ---- */

void history_lock(struct history *history);
void history_unlock(struct history *history);
/* A series beyond the figures: a metric of the server. The name is copied. Returns its number, the
 * same for the same name; HISTORY_SERIES_MAX when there is no room. */
uint32_t history_series(struct history *history, const char *name);
/* The value `weight` times. */
void history_add(struct history *history, uint32_t series, uint64_t at_ns, double value,
                 uint32_t weight);
/* `value` held from one instant to the other: the sum grows by value × seconds. */
void history_add_over(struct history *history, uint32_t series, uint64_t from_ns, uint64_t to_ns,
                      double value);
/* Time went on, whether anything happened or not. */
void history_advance(struct history *history, uint64_t now_ns);

/* ---- reading ---- */

/* The latest instant it knows of. */
uint64_t history_now_ns(struct history *history);
/* The number of a series by its name; HISTORY_SERIES_MAX when there is none. */
uint32_t history_find_series(struct history *history, const char *name);
/* NULL when it has no such series. Valid as long as the history. */
const char *history_series_name(struct history *history, uint32_t series);
/* How many series there are, the figures included. */
uint32_t history_series_count(struct history *history);
/* Parts the span that ends at `end_ns` into `count` cells, oldest first, from the finest buckets
 * that reach back to its start. Cells begin at multiples of span / count: a plot whose end moves
 * on shifts by whole cells. A cell that is narrower than a bucket shows the bucket it lies in;
 * outside the run, covered_ns and count are 0. */
void history_query(struct history *history, uint32_t series, uint64_t end_ns, uint64_t span_ns,
                   struct history_cell *cells, size_t count);
/* The width of the finest buckets that still hold the whole run, from its start; the coarsest
 * where none does. */
uint64_t history_whole_width_ns(struct history *history);
/* Where the oldest bucket of that width begins. */
uint64_t history_oldest_ns(struct history *history, uint64_t width_ns);

#endif
