/* Is one faster than the other, by how much, and how sure is that: cold against warm, run against
 * run. One rule for all of it. */
#ifndef RESULT_COMPARISON_H
#define RESULT_COMPARISON_H

#include "result/summary.h"

enum comparison_word { COMPARISON_NOT_SHOWN, COMPARISON_FASTER, COMPARISON_SLOWER };

/* "no difference shown", "faster", "slower" */
const char *comparison_word_title(enum comparison_word word);
/* "not_shown", "faster", "slower" */
const char *comparison_word_key(enum comparison_word word);

/* What the interval takes for independent. */
enum comparison_basis {
    COMPARISON_PAIRS,    /* batches of prompts that two rounds have in common */
    COMPARISON_REQUESTS, /* batches of each round's requests: the prompts are not the same */
    COMPARISON_RUNS,     /* whole runs, several a side: covers what differs from run to run */
};

struct comparison {
    enum comparison_basis basis;
    uint32_t pairs;         /* prompts that succeeded at the first attempt in both rounds */
    uint32_t before, after; /* requests or runs that have a value, on each side */
    uint32_t retried;       /* left out because the request was written more than once */
    double speed_up; /* before / after: exp(median of logs) of pairs, else the ratio of medians, for
                        runs the ratio of their geometric means; NaN with nothing to compare */
    bool has_interval;
    double low, high; /* 95 %, of speed_up */
    double saved_ms;  /* median of before − after; without pairs the difference of the middles */
    /* Claimed only when the interval excludes 1, the effect is above 1 %, and it exceeds P50 stamp
     * lag. Without an interval nothing is claimed. */
    enum comparison_word word;
};

/* One prompt, by row and turn, that succeeded at the first attempt in two rounds. */
struct record_pair {
    const struct record *before, *after;
};

/* Those where both have a value of the metric, in the order of rows. Sets `count`, and `retried` to
 * how many were left out because a request was written more than once. Freed by the caller. */
struct record_pair *comparison_record_pairs(enum metric_id id, const struct round *before,
                                            const struct round *after, uint32_t *count,
                                            uint32_t *retried);

/* TTFT of a cold and a warm round of one level, paired. */
void comparison_make(struct comparison *comparison, const struct round *cold,
                     const struct round *warm);

/* All of these are of values that each request has (metrics_table[id].value is set).
 * Rounds whose load was changed by hand compare with nothing. */

/* By row and turn. From 50 pairs on, mean ± t·s/√10 over the medians of 10 consecutive batches in
 * the order of dispatch. Where the rounds had different orders, batches of both count. */
void comparison_of_pairs(struct comparison *comparison, enum metric_id id,
                         const struct round *before, const struct round *after);
/* The same over the batches of each round by itself, from 50 requests on both sides on. */
void comparison_of_requests(struct comparison *comparison, enum metric_id id,
                            const struct round *before, const struct round *after);
/* A median for each run; the interval, from two runs on both sides on, is Welch's over their logs.
 */
void comparison_of_runs(struct comparison *comparison, enum metric_id id,
                        const struct round *const *before, size_t before_count,
                        const struct round *const *after, size_t after_count);
/* The same of a figure that is there already, one for each run; less is faster. */
void comparison_of_values(struct comparison *comparison, const double *before, size_t before_count,
                          const double *after, size_t after_count);

#endif
