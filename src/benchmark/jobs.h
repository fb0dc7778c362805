/* The levels of a run as they wait for their turn: those of the command line, and those queued
 * since. */
#ifndef BENCHMARK_JOBS_H
#define BENCHMARK_JOBS_H

#include "benchmark/benchmark.h"

/* Adds a level to the run and its job to the list, with a copy of the config, narrowed to the load.
 * `dataset` is the number of one in run->others, 0 the run's own. A queued level brings a plan of
 * its own, which is taken; `queued` is NULL for those of the run. NULL when the run has too many
 * levels. */
struct level_job *jobs_add(struct benchmark *benchmark, const struct level_plan *load,
                           const struct config *config, uint16_t dataset, struct plan *queued);
/* The values of one level where the run has a list of them. */
void jobs_narrow(struct config *config, const struct level_plan *load);
/* NULL when there is none of that number. */
const struct level_job *jobs_find(struct benchmark *benchmark, uint16_t level);
/* The next one to run. Waits for one while the benchmark stays; NULL at the end. */
struct level_job *jobs_next(struct benchmark *benchmark);
void jobs_free_one(struct level_job *job);

#endif
