/* What stands before the first request that counts: probe, limits, directory, journal, workers. */
#ifndef BENCHMARK_PREPARE_H
#define BENCHMARK_PREPARE_H

#include "benchmark/benchmark.h"

/* Fills run, directory, journal, pool, collector. False with benchmark->error set; nothing that was
 * measured is lost then, for nothing was sent. */
bool prepare_run(struct benchmark *benchmark);
/* Before a level: what counts tokens for its length limits, if it has any, is put into the shape of
 * its bodies. False with benchmark->error set when that cannot be had. */
bool prepare_tokenizer(struct benchmark *benchmark, const struct config *config);
/* Before a level: the questions of a dataset of its own, for the run and the journal. */
void prepare_dataset(struct benchmark *benchmark, const struct level_job *job);
/* Whether this machine has what so many streams at once need. */
bool prepare_has_room(const struct benchmark *benchmark, uint64_t streams, struct error *error);
/* --save-requests: appends to bodies.jsonl the level's bodies, before its rounds those of first
 * turns, after them those that came in the first round. */
bool prepare_save_bodies(struct benchmark *benchmark, const struct level *level,
                         const struct level_requests *requests, bool later_turns);

#endif
