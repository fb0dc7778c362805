/* One round: connections, dispatch, a server that goes away and comes back, health, journal. */
#ifndef BENCHMARK_ROUND_H
#define BENCHMARK_ROUND_H

#include "benchmark/benchmark.h"

/* `round` NULL sends the requests and keeps nothing (warm-up). False when the run must end: the
 * server is gone for longer than --give-up. */
bool round_run(struct benchmark *benchmark, struct level *level, struct round *round,
               const struct level_requests *requests);

/* Before the next round is prepared: where the server was away at the end of the last one, waits
 * until it is back. False as above. */
bool round_wait_for_server(struct benchmark *benchmark);

#endif
