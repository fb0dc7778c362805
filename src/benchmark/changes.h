/* What happened, for the run and its journal alike. */
#ifndef BENCHMARK_CHANGES_H
#define BENCHMARK_CHANGES_H

#include "benchmark/benchmark.h"

/* Puts it down at this instant, in the round that runs. Any thread, once the run is ready; not
 * under collector_lock. */
void benchmark_change(struct benchmark *benchmark, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same about a round that may have ended. */
void benchmark_change_of(struct benchmark *benchmark, const struct level *level,
                         const struct round *round, const char *kind, const char *line);

#endif
