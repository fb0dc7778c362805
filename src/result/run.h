/* The one model of a run: filled live by the collector or from disk by journal_read, read by
 * everything that shows or writes results. */
#ifndef RESULT_RUN_H
#define RESULT_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "config/slo.h"
#include "result/change.h"
#include "result/record.h"
#include "result/run_dataset.h"
#include "result/samples.h"
#include "telemetry/history.h"

enum health_verdict {
    HEALTH_OK,
    HEALTH_STRAINED,
    HEALTH_SATURATED,
    HEALTH_NOT_BOUNDED,
    HEALTH_VERDICT_COUNT
};

const char *health_verdict_name(enum health_verdict verdict);

/* What the client itself may have added to a round's figures. */
struct health {
    uint64_t stamp_lag_p50_ns, stamp_lag_p99_ns, stamp_lag_max_ns;
    uint64_t stamp_lag_samples;
    bool stamp_lag_at_least; /* some came without a kernel stamp */
    uint64_t dispatch_lag_p50_ns, dispatch_lag_p99_ns, dispatch_lag_max_ns;
    double loop_busy; /* 0…1, of the busiest worker */
    double client_cpu_s;
    uint32_t connects; /* connections opened in the round */
    uint32_t retries;  /* requests written more than once */
    uint64_t chunk_events_skipped;
    uint64_t chunk_events_made;
    enum health_verdict verdict;
};

struct round_counts {
    uint32_t planned, succeeded, failed, cancelled, not_sent;
};

/* Of the first turns of a round that succeeded, as far as usage tells: what was sent, and what of
 * it came from the cache that no other prompt of the round explains. */
struct cold_tokens {
    uint64_t sent, unexplained;
};

/* A stretch of a round between two changes of load; the first one begins with the round. */
struct segment {
    uint64_t start_ns;
    uint32_t concurrency;
    double rate;
};

/* What parted a segment from the one before it. */
enum segment_part { PART_RESET, PART_CONCURRENCY, PART_RATE };
enum segment_part segment_part_of(const struct segment *before, const struct segment *segment);

#define RUN_OTHER_DATASETS_MAX 255
/* Beyond this many levels in a run nobody reads its table. */
#define RUN_LEVELS_MAX 1024
/* Of a free run; at a pass a minute, more than a month. */
#define FREE_RUN_PASSES 60000

struct round_kept;

struct round {
    uint16_t number;            /* from 1 */
    uint64_t start_ns, end_ns;  /* from the run's start; end 0 while it runs */
    uint64_t paused_ns;         /* between its first dispatch and its last one */
    struct round_counts counts; /* live: planned is set, the rest grows */
    _Atomic bool ended;         /* what stands above and below is final */
    bool incomplete;            /* the journal holds no end of it */
    _Atomic bool interrupted;   /* the server went away in it */
    bool after_reset;           /* the cache was reset right before */
    char salt[12];              /* of this round alone, in a free run; "" = the level's */
    uint64_t prompts_key;       /* the level's */
    struct cold_tokens cold;    /* grows like the counts */
    struct health health;
    struct histogram gaps; /* chunk gaps of requests that succeeded, ns */
    struct segment *segments;
    uint32_t segment_count;
    /* Append-only, in order of completion; capacity is `planned`. Readers on other threads take
     * record_count with acquire, and hold the run: see run_hold. */
    struct record *records;
    _Atomic uint32_t record_count;
    uint32_t first_change;   /* of the run's changes: where its own begin */
    struct round_kept *kept; /* what stays when its records are let go; NULL while they are here */
};

struct level {
    uint16_t number;      /* from 1, never reused */
    uint32_t concurrency; /* 0 = open loop without a cap */
    double rate;          /* requests/s; 0 = closed loop */
    uint32_t samples;
    char label[64];        /* "C=10", "C=10→12", "5 req/s" */
    char cold_start[16];   /* how it began: "reset", "salt", "disjoint", "none" */
    char salt[12];         /* the line in front of each prompt, "" = none */
    char tokenizer[12];    /* of the length limits: "server", "estimate"; "" = no limits */
    uint32_t cut_requests; /* to --max-input-length */
    char *note;
    _Atomic bool hidden;  /* by hand, as a failed experiment; its figures stay, marked */
    uint16_t dataset;     /* 0 = the run's, else from 1 in run->others */
    char *options_json;   /* what it was sent with, an object; NULL = the run's options */
    char *own_words;      /* "--settle 5": what of it is not as in the run; NULL = nothing */
    uint64_t prompts_key; /* levels in which it differs sent no prompt in common */
    struct round *rounds; /* numbered without a gap */
    _Atomic uint32_t round_count;
    uint32_t rounds_most;
    _Atomic uint32_t rounds_planned; /* at most, until it is steady: then as many as there are */
    bool until_steady;
    bool free_run; /* a round more as long as nobody stops it: rounds_planned grows */
    _Atomic uint16_t
        steady_from; /* the first of the last rounds within 2 %; 0 = not, or not asked */
};

/* What figures are held against: a run that was over when this one began, or a round of this one.
 */
struct baseline_choice {
    char *directory;        /* of the other run, absolute; NULL = it is this one */
    uint64_t start_wall_ns; /* of the other run: another one may stand there by now */
    uint16_t level, round;  /* 0 = of the other run the same load and number; of this one nothing */
};

struct run {
    char *version;
    char *command_line;
    char *config_json; /* an object: options as resolved */
    char *stage;       /* of a recipe; NULL = none */
    char *endpoint, *model, *engine, *note, *machine;
    char *models;               /* "a, b": what the server lists */
    struct run_dataset dataset; /* of its options */
    uint64_t seed;
    struct clock_anchor anchor; /* the run's start on both clocks */
    struct slo slo;             /* other threads than the one that sets it: run_slo */
    char *transport;            /* "plain" or "libcurl"; NULL = the journal does not say */
    bool http2;
    bool insecure;       /* the server's certificate was not verified */
    uint32_t clock_rate; /* above 1 the clock was driven: no time in it is true */

    /* RUN_LEVELS_MAX pointers; a level never moves. Readers on other threads see those below
     * level_count whole. */
    struct level **levels;
    _Atomic uint32_t level_count;
    /* That levels had for themselves; they never move. */
    struct run_dataset *others[RUN_OTHER_DATASETS_MAX];
    _Atomic uint32_t other_count;
    struct samples samples; /* of the server's own metrics */
    struct changes changes;
    struct history *history;         /* how its figures went over time */
    struct baseline_choice baseline; /* as chosen last */
    struct run_locks *locks;
    uint32_t releases; /* how often records were let go: under run_hold */

    char *end_reason; /* "finished", "interrupted", …; NULL while it runs or when it was killed */
};

struct run *run_new(void);
void run_free(struct run *run);

/* While a run is on, records and readings of rounds long over are let go (result/round_kept.h), by
 * who holds the run alone. Other threads hold it as long as they look at any; never while they wait
 * for a terminal or a file. */
void run_hold(const struct run *run);
void run_hold_alone(const struct run *run);
void run_let_go(const struct run *run);

/* Levels and rounds are added by one thread; pointers stay valid. A new level is labelled by its
 * load. NULL when the run has RUN_LEVELS_MAX of them. */
struct level *run_add_level(struct run *run, uint32_t concurrency, double rate, uint32_t samples,
                            uint32_t rounds_planned);
/* Before its first round. It then has room for FREE_RUN_PASSES. */
void level_set_free_run(struct level *level);
struct level *run_find_level(const struct run *run, uint16_t number);
bool level_same_load(const struct level *a, const struct level *b);
/* With its first segment, under the level's load. NULL when all planned rounds are there. Nobody
 * else sees it before level_show_round. */
struct round *level_next_round(struct level *level, uint32_t planned, uint64_t start_ns);
void level_show_round(struct level *level);
/* Both at once. */
struct round *level_add_round(struct level *level, uint32_t planned, uint64_t start_ns);
struct round *level_find_round(const struct level *level, uint16_t number);
/* The load changed. `segments` may move: those who read it meanwhile need the adder's lock. */
struct segment *round_add_segment(struct round *round, uint64_t start_ns, uint32_t concurrency,
                                  double rate);
/* Other limits, while the run is on: other threads judge by them too. */
void run_set_slo(struct run *run, const struct slo *slo);
struct slo run_slo(const struct run *run);
/* Copies what it is given. */
void run_set_baseline(struct run *run, const struct baseline_choice *choice);

/* record_count, for threads that did not add the records. */
static inline uint32_t round_record_count(const struct round *round)
{
    return atomic_load_explicit(&round->record_count, memory_order_acquire);
}

/* Its figures are final. What was written before it ended is seen by whoever sees this. */
static inline bool round_has_ended(const struct round *round)
{
    return atomic_load_explicit(&round->ended, memory_order_acquire);
}

/* How many requests have ended in it, whether their records are still here or not. */
uint32_t round_done_count(const struct round *round);

/* 1 where no request belongs to a later turn of a conversation. */
uint16_t round_last_turn(const struct round *round);
/* Turns left out for --max-context-tokens, and in how many requests. */
uint64_t round_dropped_turns(const struct round *round, uint32_t *requests);

/* Takes what `record` owns, counts it, finds its longest gap, and adds all of them to the round's
 * histogram when it succeeded. Returns where it now stands; NULL when the round has all the records
 * that were planned. */
struct record *round_add_record(struct round *round, const struct record *record);
/* What a request may share inside its round (its longest common prefix with another prompt, in its
 * own tokens, + 64) is explained; cached tokens beyond that were there before. */
void cold_tokens_add(struct cold_tokens *tokens, const struct record *record);
/* Those that were never sent: they have no record. */
void round_add_not_sent(struct round *round, uint32_t count);

/* A dataset that only some levels send; copies the name. Its number, from 1; 0 when there are too
 * many. */
uint16_t run_add_dataset(struct run *run, const char *name, uint64_t hash);
const struct run_dataset *run_level_dataset(const struct run *run, const struct level *level);
const struct prompt *run_find_question(const struct run *run, const struct level *level,
                                       uint32_t row, uint16_t turn);
/* Once its dataset and options are known: what follows from them, prompts_key and own_words. */
void run_settle_level(const struct run *run, struct level *level);
/* An option that the level was sent with, by its recipe key: as JSON, inside the run. `level` may
 * be NULL: the run's. False when the files do not tell. */
bool run_option(const struct run *run, const struct level *level, const char *key,
                struct text *value);

/* Fills dispatch lag and retries from the records, and the verdict by the rule: strained when P99
 * lag > 10 % of min(P50 TTFT, P50 ITL), saturated when it is > P50 ITL or the loop was busy > 90 %;
 * not bounded over HTTP/2. The lag is the stamp lag, and in an open loop without a cap the dispatch
 * lag too. */
void round_judge_health(struct round *round, bool http2);

#endif
