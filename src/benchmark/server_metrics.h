/* The server's own metrics in a run: where they are, who reads them, and what the run waits for by
 * them. */
#ifndef BENCHMARK_SERVER_METRICS_H
#define BENCHMARK_SERVER_METRICS_H

#include "benchmark/benchmark.h"

/* Can the metrics that the config asks for be read? Before anything is sent. */
bool server_metrics_check(const struct config *config, struct error *error);
/* Starts the sampler with the URLs of the config, or with /metrics beside the endpoint where that
 * is a page of metrics. Without either there is none, and the others do nothing. Once the collector
 * is there. */
void server_metrics_start(struct benchmark *benchmark);
/* Watches one more metric from now on, as the user says on the screen. False when there is no
 * source of metrics, or the wish cannot be read. */
bool server_metrics_add(struct benchmark *benchmark, const char *wish, struct error *error);
/* Before the journal is closed. */
void server_metrics_stop(struct benchmark *benchmark);

/* Scrapes right before a round's first dispatch and after its last end; waits for it, at most 2 s.
 */
void server_metrics_before(struct benchmark *benchmark, const struct level *level,
                           const struct round *round);
void server_metrics_after(struct benchmark *benchmark, const struct level *level,
                          const struct round *round);

/* Waits until no request runs or waits and no store of the cache is in flight, at most 30 s or
 * until `ends` says so. Says what it waited for. */
void server_metrics_wait_idle(struct benchmark *benchmark, bool (*ends)(struct benchmark *));

#endif
