/* What a person may change while a run is on. Any thread may call these. */
#ifndef BENCHMARK_TUNING_H
#define BENCHMARK_TUNING_H

#include "benchmark/benchmark.h"

/* Takes hold at once and to the end of the level. Fewer: no new dispatch until in flight ≤ target.
 * The requests sent from then on are a segment, and the level's label shows the change. False when
 * that many streams do not fit into the descriptor limit, or the level is an open loop without a
 * cap. */
bool tuning_set_concurrency(struct benchmark *benchmark, uint32_t concurrency, struct error *error);
/* The same of an open loop: what was meant for later goes at the new rate, in the same random
 * pattern. False in a closed loop. */
bool tuning_set_rate(struct benchmark *benchmark, double rate, struct error *error);
/* Requests/s that hold now; 0 in a closed loop. */
double tuning_rate(struct benchmark *benchmark);
/* Stops dispatching only. */
void tuning_pause(struct benchmark *benchmark, bool paused);
bool tuning_is_paused(const struct benchmark *benchmark);
/* Other limits, by which what is done is judged too. Call from the thread that reads the run's
 * figures. */
void tuning_set_slo(struct benchmark *benchmark, const struct slo *slo);
/* How long this round was paused in all, by the user or because the server was away. */
uint64_t tuning_paused_ns(struct benchmark *benchmark);
/* A remark for plots, tables and files, at this instant. */
void tuning_note(struct benchmark *benchmark, const char *text);
/* A level that failed as an experiment, or shows it again. Its figures stay in all files, marked.
 */
void tuning_hide_level(struct benchmark *benchmark, uint16_t number, bool hidden);
/* From now on, and for what is done too, figures are held against this. */
void tuning_set_baseline(struct benchmark *benchmark, const struct baseline_choice *choice);
/* Ends the running round: in flight becomes cancelled, the rest is not sent. */
void tuning_skip_round(struct benchmark *benchmark);

/* A level to add: the options of the command line with these in their place. −1, NaN and NULL keep
 * what the command line said. */
struct level_wish {
    int64_t concurrency;
    double rate;
    int64_t samples, rounds;
    bool until_steady; /* then `rounds` is the most */
    int64_t max_output_tokens, min_output_tokens;
    double temperature, top_p;
    double settle_s;
    double duration_s;
    int cold_start; /* enum cold_start, −1 */
    char *extra_body;
    char *note;
};

void level_wish_init(struct level_wish *wish);
void level_wish_free(struct level_wish *wish);
/* The wish that repeats a level, salted. */
void level_wish_repeat(struct level_wish *wish, const struct level *level);

/* Takes what the wish owns. `now` skips to it at once: what runs is ended as by tuning_skip_round,
 * for all its rounds. Returns the new level's number; 0 with the reason when it cannot be. */
uint16_t tuning_queue_level(struct benchmark *benchmark, struct level_wish *wish, bool now,
                            struct error *error);

/* With benchmark->stay the thread waits for more levels after the last one; this lets it end. */
void tuning_finish(struct benchmark *benchmark);
/* True while it waits for more. */
bool tuning_is_waiting(struct benchmark *benchmark);

#endif
