/* A reset of the server's cache that somebody asked for by hand. */
#ifndef BENCHMARK_RESET_H
#define BENCHMARK_RESET_H

#include "benchmark/benchmark.h"

/* Starts it on a thread of its own, as a server may take long; notify_fd is written to when it is
 * done. False when no way to reset is known, or one is under way. Any thread, once the run is
 * ready. */
bool reset_begin(struct benchmark *benchmark, struct error *error);
/* Tells what came of one that is done, as a change of the run. A running round is parted there: it
 * enters no comparison. For the thread that reads segments and changes the load. */
void reset_settle(struct benchmark *benchmark);
/* Waits for the last one, some seconds at most, then gives it up and says so. The benchmark
 * thread's, before the journal ends. */
void reset_finish(struct benchmark *benchmark);

#endif
