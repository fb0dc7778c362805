#include "result/run.h"

#include <stdlib.h>

#include "base/memory.h"
#include "result/round_kept.h"

struct run_locks {
    pthread_rwlock_t records;
    pthread_mutex_t slo;
};

struct run *run_new(void)
{
    struct run *run = xcalloc(1, sizeof *run);
    run->levels = xcalloc(RUN_LEVELS_MAX, sizeof *run->levels);
    run->history = history_new();
    run->samples.history = run->history;
    run->clock_rate = 1;
    run->locks = xmalloc(sizeof *run->locks);
    pthread_rwlock_init(&run->locks->records, NULL);
    pthread_mutex_init(&run->locks->slo, NULL);
    slo_none(&run->slo);
    return run;
}

static void round_free(struct round *round)
{
    for (uint32_t i = 0; i < round->record_count; i++)
        record_free_owned(&round->records[i]);
    free(round->records);
    free(round->segments);
    histogram_free(&round->gaps);
    round_kept_delete(round->kept);
}

static void level_delete(struct level *level)
{
    for (uint32_t i = 0; i < level->round_count; i++)
        round_free(&level->rounds[i]);
    free(level->rounds);
    free(level->note);
    free(level->options_json);
    free(level->own_words);
    free(level);
}

void run_free(struct run *run)
{
    if (!run)
        return;
    for (uint32_t i = 0; i < run->level_count; i++)
        level_delete(run->levels[i]);
    run_dataset_free_owned(&run->dataset);
    for (uint32_t i = 0; i < run->other_count; i++) {
        run_dataset_free_owned(run->others[i]);
        free(run->others[i]);
    }
    char *strings[] = {run->version,
                       run->command_line,
                       run->config_json,
                       run->endpoint,
                       run->model,
                       run->models,
                       run->engine,
                       run->note,
                       run->machine,
                       run->end_reason,
                       run->transport,
                       run->stage,
                       run->baseline.directory};
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        free(strings[i]);
    samples_free(&run->samples);
    changes_free(&run->changes);
    history_free(run->history);
    pthread_rwlock_destroy(&run->locks->records);
    pthread_mutex_destroy(&run->locks->slo);
    free(run->locks);
    free(run->levels);
    free(run);
}

void run_set_baseline(struct run *run, const struct baseline_choice *choice)
{
    char *directory = choice->directory ? xstrdup(choice->directory) : NULL;
    free(run->baseline.directory);
    run->baseline = *choice;
    run->baseline.directory = directory;
}

void run_set_slo(struct run *run, const struct slo *slo)
{
    pthread_mutex_lock(&run->locks->slo);
    run->slo = *slo;
    pthread_mutex_unlock(&run->locks->slo);
}

struct slo run_slo(const struct run *run)
{
    pthread_mutex_lock(&run->locks->slo);
    struct slo slo = run->slo;
    pthread_mutex_unlock(&run->locks->slo);
    return slo;
}

void run_hold(const struct run *run)
{
    pthread_rwlock_rdlock(&run->locks->records);
}

void run_hold_alone(const struct run *run)
{
    pthread_rwlock_wrlock(&run->locks->records);
}

void run_let_go(const struct run *run)
{
    pthread_rwlock_unlock(&run->locks->records);
}

struct level *run_add_level(struct run *run, uint32_t concurrency, double rate, uint32_t samples,
                            uint32_t rounds_planned)
{
    uint32_t count = run->level_count;
    if (count == RUN_LEVELS_MAX)
        return NULL;
    struct level *level = xcalloc(1, sizeof *level);
    *level = (struct level){
        .number = (uint16_t)(count + 1),
        .concurrency = concurrency,
        .rate = rate,
        .samples = samples,
        .cold_start = "none",
        .rounds = xcalloc(rounds_planned, sizeof *level->rounds),
        .rounds_most = rounds_planned,
        .rounds_planned = rounds_planned,
    };
    if (rate > 0.0)
        snprintf(level->label, sizeof level->label, "%g req/s", rate);
    else
        snprintf(level->label, sizeof level->label, "C=%u", concurrency);

    run->levels[count] = level;
    atomic_store_explicit(&run->level_count, count + 1, memory_order_release);
    return level;
}

void level_set_free_run(struct level *level)
{
    free(level->rounds);
    level->free_run = true;
    level->rounds_planned = 1;
    level->rounds_most = FREE_RUN_PASSES;
    level->rounds = xcalloc(FREE_RUN_PASSES, sizeof *level->rounds);
}

struct level *run_find_level(const struct run *run, uint16_t number)
{
    for (uint32_t i = 0; i < run->level_count; i++)
        if (run->levels[i]->number == number)
            return run->levels[i];
    return NULL;
}

bool level_same_load(const struct level *a, const struct level *b)
{
    return a->concurrency == b->concurrency && a->rate >= b->rate && a->rate <= b->rate;
}

struct round *level_next_round(struct level *level, uint32_t planned, uint64_t start_ns)
{
    if (level->free_run && level->round_count < level->rounds_most)
        level->rounds_planned = level->round_count + 1;
    if (level->round_count == level->rounds_planned)
        return NULL;
    struct round *round = &level->rounds[level->round_count];
    *round = (struct round){
        .number = (uint16_t)(level->round_count + 1),
        .start_ns = start_ns,
        .counts = {.planned = planned},
        .prompts_key = level->prompts_key,
        .records = xcalloc(planned, sizeof *round->records),
    };
    round_add_segment(round, start_ns, level->concurrency, level->rate);
    return round;
}

void level_show_round(struct level *level)
{
    atomic_fetch_add_explicit(&level->round_count, 1, memory_order_release);
}

struct round *level_add_round(struct level *level, uint32_t planned, uint64_t start_ns)
{
    struct round *round = level_next_round(level, planned, start_ns);
    if (round)
        level_show_round(level);
    return round;
}

struct round *level_find_round(const struct level *level, uint16_t number)
{
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    return number >= 1 && number <= count ? &level->rounds[number - 1] : NULL;
}

struct segment *round_add_segment(struct round *round, uint64_t start_ns, uint32_t concurrency,
                                  double rate)
{
    round->segments =
        xreallocarray(round->segments, round->segment_count + 1, sizeof *round->segments);
    struct segment *segment = &round->segments[round->segment_count++];
    *segment = (struct segment){start_ns, concurrency, rate};
    return segment;
}

enum segment_part segment_part_of(const struct segment *before, const struct segment *segment)
{
    if (segment->rate < before->rate || segment->rate > before->rate)
        return PART_RATE;
    return segment->concurrency == before->concurrency ? PART_RESET : PART_CONCURRENCY;
}

uint32_t round_done_count(const struct round *round)
{
    return round->kept ? round->kept->records : round_record_count(round);
}

uint16_t round_last_turn(const struct round *round)
{
    uint16_t last = round->kept ? round->kept->last_turn : 1;
    uint32_t count = round_record_count(round);
    for (uint32_t i = 0; i < count; i++)
        if (round->records[i].turn > last)
            last = round->records[i].turn;
    return last;
}

uint64_t round_dropped_turns(const struct round *round, uint32_t *requests)
{
    uint64_t turns = round->kept ? round->kept->dropped_turns : 0;
    uint32_t count = round_record_count(round);
    *requests = round->kept ? round->kept->shortened : 0;
    for (uint32_t i = 0; i < count; i++) {
        turns += round->records[i].dropped_turns;
        *requests += round->records[i].dropped_turns > 0;
    }
    return turns;
}

static void count_record(struct round_counts *counts, const struct record *record)
{
    if (record_succeeded(record))
        counts->succeeded++;
    else if (record->error == ERR_CANCELLED)
        counts->cancelled++;
    else
        counts->failed++;
}

struct record *round_add_record(struct round *round, const struct record *record)
{
    uint32_t count = atomic_load_explicit(&round->record_count, memory_order_relaxed);
    if (count >= round->counts.planned)
        return NULL;
    struct record *stored = &round->records[count];
    *stored = *record;
    count_record(&round->counts, record);
    cold_tokens_add(&round->cold, record);
    stored->longest_gap_us = 0;
    uint64_t without_gap = 0; /* to the chunk before: many, where a read brings many */
    for (uint32_t i = 1; i < record->chunk_count; i++) {
        uint32_t gap_us = record->chunk_us[i] - record->chunk_us[i - 1];
        without_gap += gap_us == 0;
        if (gap_us > stored->longest_gap_us)
            stored->longest_gap_us = gap_us;
        if (gap_us && record_succeeded(record))
            histogram_add(&round->gaps, (uint64_t)gap_us * NS_PER_US);
    }
    if (record_succeeded(record))
        histogram_add_times(&round->gaps, 0, without_gap);
    atomic_store_explicit(&round->record_count, count + 1, memory_order_release);
    return stored;
}

void round_add_not_sent(struct round *round, uint32_t count)
{
    round->counts.not_sent += count;
}
