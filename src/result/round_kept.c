#include "result/round_kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The last rounds of a level, and all that were on so shortly ago, have their records. */
#define ROUNDS_AT_HAND  4
#define TIME_AT_HAND_NS (120 * NS_PER_S)
/* Plots of the last hour are made from readings. */
#define READINGS_AT_HAND_NS (3600 * NS_PER_S)

void round_kept_delete(struct round_kept *kept)
{
    if (!kept)
        return;
    summary_free(&kept->summary);
    free(kept->watched);
    free(kept);
}

static bool is_judged_by(const struct round_kept *kept, const struct run *run)
{
    struct slo now = run_slo(run);
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        double one, other;
        memcpy(&one, (const char *)&kept->slo + slo_limits[i].offset, sizeof one);
        memcpy(&other, (const char *)&now + slo_limits[i].offset, sizeof other);
        if (isnan(one) != isnan(other) || one < other || one > other)
            return false;
    }
    return true;
}

/* ---- letting go ---- */

static void keep_watched(struct round_kept *kept, const struct run *run, const struct level *level,
                         const struct round *round)
{
    const struct samples *samples = &run->samples;
    kept->watched_count = samples_watched_count(samples);
    kept->watched = xcalloc(kept->watched_count, sizeof *kept->watched);
    for (uint32_t i = 0; i < kept->watched_count; i++)
        samples_round(samples, samples_watched(samples, i), level->number, round->number,
                      round->start_ns, round->end_ns, &kept->watched[i]);
}

static void keep_place(struct round_kept *kept, const struct round *round)
{
    kept->journal_from = kept->records ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < kept->records; i++) {
        uint64_t offset = round->records[i].journal_offset;
        if (offset < kept->journal_from)
            kept->journal_from = offset;
        if (offset > kept->journal_to)
            kept->journal_to = offset;
    }
}

static struct round_kept *keep(const struct run *run, const struct level *level,
                               const struct round *round)
{
    struct round_kept *kept = xcalloc(1, sizeof *kept);
    kept->slo = run_slo(run);
    summary_make(&kept->summary, run, level, round);
    for (unsigned id = 0; id < METRIC_COUNT; id++)
        if (metrics_table[id].value)
            comparison_of_pairs(&kept->against_first[id], id, &level->rounds[0], round);
    kept->first_start_ns = level->rounds[0].start_ns;
    keep_watched(kept, run, level, round);
    kept->records = round_record_count(round);
    keep_place(kept, round);
    kept->last_turn = round_last_turn(round);
    kept->dropped_turns = round_dropped_turns(round, &kept->shortened);
    return kept;
}

static void release(struct run *run, const struct level *level, struct round *round)
{
    struct record *records = round->records;
    struct histogram gaps = round->gaps;
    struct round_kept *kept = keep(run, level, round);

    run_hold_alone(run);
    /* Who changes the limits holds the run. */
    while (!is_judged_by(kept, run)) {
        run_let_go(run);
        round_kept_delete(kept);
        kept = keep(run, level, round);
        run_hold_alone(run);
    }
    round->kept = kept;
    round->records = NULL;
    round->gaps = (struct histogram){0};
    atomic_store_explicit(&round->record_count, 0, memory_order_release);
    run->releases++;
    run_let_go(run);

    for (uint32_t i = 0; i < kept->records; i++)
        record_free_owned(&records[i]);
    free(records);
    histogram_free(&gaps);
}

void run_release_records(struct run *run, const struct level *level, uint64_t now_ns)
{
    /* Back to the newest that is without them already; those before it are too. */
    for (uint32_t i = level->round_count; i-- > 1;) {
        struct round *round = &level->rounds[i];
        if (round->kept)
            return;
        if (round->ended && i + ROUNDS_AT_HAND < level->round_count &&
            round->end_ns + TIME_AT_HAND_NS < now_ns)
            release(run, level, round);
    }
}

void run_release_readings(struct run *run, const struct level *level, uint64_t now_ns)
{
    for (uint32_t i = level->round_count; i-- > 1;) {
        const struct round *round = &level->rounds[i];
        if (!round->kept || round->end_ns + READINGS_AT_HAND_NS > now_ns)
            continue;
        if (round->kept->thinned)
            return;
        samples_drop(&run->samples, round->start_ns, round->end_ns);
        round->kept->thinned = true;
    }
}

/* ---- reading ---- */

bool level_released(const struct level *level, uint16_t *first, uint16_t *last)
{
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire), at = count;
    while (at > 1 && !level->rounds[at - 1].kept)
        at--;
    if (at <= 1)
        return false;
    *first = 2; /* they are let go in their order */
    *last = (uint16_t)at;
    return true;
}

bool round_judged_otherwise(const struct run *run, const struct round *round)
{
    return round->kept && !is_judged_by(round->kept, run);
}

void round_watched(const struct run *run, const struct level *level, const struct round *round,
                   const struct watched *watched, struct watched_round *out)
{
    const struct samples *samples = &run->samples;
    for (uint32_t i = 0; round->kept && i < round->kept->watched_count; i++)
        if (strcmp(samples_watched(samples, i)->key, watched->key) == 0) {
            *out = round->kept->watched[i];
            return;
        }
    bool ended = round_has_ended(round);
    samples_round(samples, watched, level->number, round->number, round->start_ns,
                  ended ? round->end_ns : 0, out);
}
