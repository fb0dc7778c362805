/* The levels of a run as they wait for their turn: those of the command line, and those queued
 * since. */
#ifndef BENCHMARK_JOBS_H
#define BENCHMARK_JOBS_H

#include "benchmark/benchmark.h"

/* Adds a level to the run and its job to the list. NULL when the run has too many. */
struct level_job *jobs_add(struct benchmark *benchmark, const struct level_plan *plan,
                           uint32_t rounds, const struct config *config);
/* The next one to run. Waits for one while the benchmark stays; NULL at the end. */
struct level_job *jobs_next(struct benchmark *benchmark);
void jobs_free_one(struct level_job *job);

#endif
