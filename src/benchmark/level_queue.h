/* Levels that a person adds while a run is on. For the thread that shows the run. */
#ifndef BENCHMARK_LEVEL_QUEUE_H
#define BENCHMARK_LEVEL_QUEUE_H

#include "benchmark/benchmark.h"

/* What a level was or will be sent with, for another one like it: a copy for config_override, freed
 * with config_free. */
void level_queue_config(struct benchmark *benchmark, const struct level *level,
                        struct config *config);
/* The dataset of the level, which outlives the run; NULL when the benchmark does not know it. */
const struct dataset *level_queue_dataset(struct benchmark *benchmark, const struct level *level);
/* Whether a level of this config could be queued now; false with the reason. */
bool level_queue_check(struct benchmark *benchmark, struct config *config,
                       const struct dataset *dataset, struct level_plan *load, struct error *error);

/* A level of this config, its note included, with the rows of `read`, which is taken, or of `like`
 * when it is NULL. `now` skips to it at once: what runs is ended as by tuning_skip_round, for all
 * its rounds. Returns the new level's number; 0 with the reason when it cannot be, and then nothing
 * was taken. */
uint16_t level_queue_add(struct benchmark *benchmark, struct config *config,
                         const struct level *like, struct dataset *read, bool now,
                         struct error *error);

#endif
