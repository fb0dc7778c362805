/* What a person may change while a run is on. Any thread may call these. */
#ifndef BENCHMARK_TUNING_H
#define BENCHMARK_TUNING_H

#include "benchmark/benchmark.h"

/* Takes hold at once and to the end of the level. Fewer: no new dispatch until in flight ≤ target.
 * The requests sent from then on are a segment, and the level's label shows the change. False when
 * that many streams do not fit into the descriptor limit, the level is an open loop without a
 * cap, or no round is running: its figures would bear no mark of the change. */
bool tuning_set_concurrency(struct benchmark *benchmark, uint32_t concurrency, struct error *error);
/* The same of an open loop: what was meant for later goes at the new rate, in the same random
 * pattern. False in a closed loop, and as above. */
bool tuning_set_rate(struct benchmark *benchmark, double rate, struct error *error);
/* Requests/s that hold now; 0 in a closed loop. */
double tuning_rate(struct benchmark *benchmark);
/* Stops dispatching only. */
void tuning_pause(struct benchmark *benchmark, bool paused);
bool tuning_is_paused(const struct benchmark *benchmark);
/* Other limits, by which what is done is judged too. Call from the thread that reads the run's
 * figures. */
void tuning_set_slo(struct benchmark *benchmark, const struct slo *slo);
/* For the benchmark's thread: a round begins at that instant, whether it is paused or not; it stood
 * still because the server was away; how much of a time it did so, for whatever reason. */
void tuning_begin_pauses(struct benchmark *benchmark, uint64_t start_ns);
void tuning_add_pause(struct benchmark *benchmark, uint64_t from_ns, uint64_t to_ns);
uint64_t tuning_paused_within_ns(struct benchmark *benchmark, uint64_t from_ns, uint64_t to_ns);
/* A remark for plots, tables and files, at this instant. */
void tuning_note(struct benchmark *benchmark, const char *text);
/* A level that failed as an experiment, or shows it again. Its figures stay in all files, marked.
 */
void tuning_hide_level(struct benchmark *benchmark, uint16_t number, bool hidden);
/* From now on, and for what is done too, figures are held against this. */
void tuning_set_baseline(struct benchmark *benchmark, const struct baseline_choice *choice);
/* Ends the running round: in flight becomes cancelled, the rest is not sent. */
void tuning_skip_round(struct benchmark *benchmark);

/* With benchmark->stay the thread waits for more levels after the last one; this lets it end. */
void tuning_finish(struct benchmark *benchmark);
/* True while it waits for more. */
bool tuning_is_waiting(struct benchmark *benchmark);

#endif
