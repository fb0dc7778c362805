/* What stays of a round whose records were let go. In a run of days they would fill the memory; the
 * journal has them, and `fluxperf view` shows them all when the run is over. */
#ifndef RESULT_ROUND_KEPT_H
#define RESULT_ROUND_KEPT_H

#include "result/comparison.h"
#include "result/summary.h"

struct round_kept {
    struct summary summary;                        /* of the whole round, exact */
    struct slo slo;                                /* the limits it was judged by */
    struct comparison against_first[METRIC_COUNT]; /* with the level's first round before it */
    uint64_t first_start_ns;                       /* which tells that round */
    struct watched_round *watched; /* what each metric of the server did in it, by its place … */
    uint32_t watched_count;        /* … among the watched ones; those that came later have none */
    uint32_t records;
    uint64_t journal_from, journal_to; /* where the lines of its first and last records begin */
    uint16_t last_turn;
    uint64_t dropped_turns;
    uint32_t shortened;
    bool thinned; /* the readings inside it were let go too */
};

void round_kept_delete(struct round_kept *kept);

/* ---- letting go: by the thread that adds rounds ---- */

/* Lets go the records of rounds of the level that are over: not of the first, which others are held
 * against, not of the last few, and of none that was on in the last minutes. */
void run_release_records(struct run *run, const struct level *level, uint64_t now_ns);
/* Lets go the server's readings inside of rounds that were over an hour ago and have no records any
 * more, but for those at their boundaries. Under run_hold_alone, and while nobody adds readings. */
void run_release_readings(struct run *run, const struct level *level, uint64_t now_ns);

/* ---- reading ---- */

/* The first and the last round of the level without records; false when all have theirs. */
bool level_released(const struct level *level, uint16_t *first, uint16_t *last);
/* True when it has no records to judge it by the limits that the run has by now. */
bool round_judged_otherwise(const struct run *run, const struct round *round);
/* As samples_round. */
void round_watched(const struct run *run, const struct level *level, const struct round *round,
                   const struct watched *watched, struct watched_round *out);

#endif
