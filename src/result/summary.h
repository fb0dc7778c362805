/* The exact figures of one round, made once from its records. */
#ifndef RESULT_SUMMARY_H
#define RESULT_SUMMARY_H

#include "base/statistics.h"
#include "result/metric.h"
#include "result/run.h"

struct error_group {
    enum error_class class;
    uint16_t http_status; /* 0 = none */
    uint32_t count;
    uint32_t first_index; /* a request to look at */
    char text[512];       /* "" = none */
};

enum cold_verdict { COLD_UNKNOWN, COLD_CHECKED, COLD_NOT };

struct summary {
    struct round_counts counts;
    struct statistics metrics[METRIC_COUNT]; /* in ns; over requests that succeeded; exact
                                                percentiles up to a million: see summary_is_exact */
    double duration_s; /* first dispatch → last end of what succeeded or failed, pauses out */
    double avg_input_tokens, avg_output_tokens;
    bool input_estimated, output_estimated;
    uint64_t input_tokens, output_tokens; /* of requests that succeeded */
    uint64_t received_tokens;  /* of all requests: what tokens-meeting-SLO is a share of */
    double token_throughput;   /* tokens/s of requests that succeeded */
    double request_throughput; /* requests/s that succeeded */
    bool has_slo;
    uint32_t slo_met_requests;
    uint32_t slo_missed[SLO_LIMIT_COUNT]; /* how many that succeeded missed each limit */
    uint64_t slo_met_tokens;
    double goodput_tokens_per_s, goodput_requests_per_s;
    double cached_share;      /* 0…1 of input tokens by usage; NaN when the server does not say */
    double server_hit_rate;   /* 0…1 of tokens by the server's counters; NaN when it has none */
    bool hit_rates_disagree;  /* with the line above, by more than 5 points */
    double coalesced_share;   /* 0…1 of text chunks */
    enum cold_verdict cold;   /* first turns only, see cold_verdict_of; UNKNOWN = "cold?" */
    double unexplained_share; /* 0…1 of input tokens cached beyond what the round explains */
    struct error_group *errors; /* most frequent first */
    uint32_t error_count;
};

void summary_make(struct summary *summary, const struct run *run, const struct level *level,
                  const struct round *round);

/* Which of a round's requests; −1 = all. */
struct summary_part {
    int32_t segment;
    int32_t turn;
};

/* The same of a part of the round. Counts are of requests with a record; chunk gaps have no value.
 */
void summary_make_part(struct summary *summary, const struct run *run, const struct level *level,
                       const struct round *round, struct summary_part part);
/* Of all requests that ended in that time, in whatever round; for a run in progress. `duration_s`
 * is the whole time, chunk gaps are from the run's history and approximate, errors are not grouped.
 */
void summary_make_recent(struct summary *summary, const struct run *run, uint64_t from_ns,
                         uint64_t to_ns);
/* False when percentiles are of more than a million requests, and within 0.1 %. */
bool summary_is_exact(const struct summary *summary);
void summary_free(struct summary *summary);

/* Groups what failed (not what was cancelled) by class, status and text, most frequent first. Sets
 * `count`; freed by the caller. */
struct error_group *error_groups_make(const struct record *const *records, size_t record_count,
                                      uint32_t *count);

/* What cold_tokens tell, and the share of them that is unexplained: more than 5 % means not cold.
 * NaN where the verdict is COLD_UNKNOWN. */
enum cold_verdict cold_verdict_of(const struct cold_tokens *tokens, double *unexplained_share);
const char *cold_verdict_name(enum cold_verdict verdict);

/* Strict limits; a value that is absent: n ≤ 1 passes an ITL limit, n > 1 without ITL misses it.
 * Open loop (`user_times`) judges user TTFT and user latency. `missed` may be NULL, else one flag
 * per limit. */
bool record_meets_slo(const struct record *record, const struct slo *slo, bool user_times,
                      bool missed[SLO_LIMIT_COUNT]);

#endif
