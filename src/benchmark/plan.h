/* What will be sent: levels in their order, which rows each takes, and the requests of a level. */
#ifndef BENCHMARK_PLAN_H
#define BENCHMARK_PLAN_H

#include "client/lengths.h"
#include "dataset/dataset.h"
#include "result/run.h"

struct level_plan {
    uint32_t concurrency; /* 0 = open loop without a cap */
    double rate;          /* 0 = closed loop */
    uint32_t first;       /* in plan->order */
    uint32_t count;
};

/* The same seed and dataset give the same plan. */
struct plan {
    uint32_t *order; /* indices of samples: file order, or a seeded permutation with --shuffle */
    struct level_plan *levels;
    uint32_t level_count;
    uint32_t rounds; /* at most, with until_steady */
    bool until_steady;
    bool free_run; /* a round after another until it is stopped */
};

/* Warns where --num-samples is more than there are; never repeats a row. False where levels cannot
 * be disjoint. */
bool plan_make(struct plan *plan, const struct config *config, const struct dataset *dataset,
               struct error *error);
void plan_free(struct plan *plan);
struct plan_total {
    uint64_t requests; /* over all rounds */
    double seconds;    /* an estimate */
};

/* What --dry-run prints: levels, rounds, requests, about how long, where it would go, and what the
 * largest level needs of this machine. */
struct plan_total plan_print(const struct plan *plan, const struct config *config,
                             const struct dataset *dataset, bool builtin_server,
                             struct buffer *out);
/* Streams at once that the largest level may have; for open loop without a cap an estimate. */
uint32_t plan_peak_concurrency(const struct plan *plan);

/* The requests of one level with their bodies; those of later turns come in the first round. */
struct level_requests {
    struct request *requests; /* in the plan's order, the turns of a conversation together */
    uint32_t request_count;
    struct conversation *conversations; /* one for each row */
    uint32_t conversation_count;
    struct conversation_rules *rules;
    struct lengths lengths; /* empty where there is no limit */

    const struct request **order; /* of dispatch: the first request of each conversation */
    uint32_t count;               /* of them */
    uint32_t planned;             /* requests of those in `order` */
};

/* Waits for the server's tokenizer where there is a length limit. `shape` outlives the result. */
void level_requests_build(struct level_requests *out, const struct plan *plan,
                          const struct level_plan *level, const struct dataset *dataset,
                          const struct body_shape *shape, struct text salt);
void level_requests_free(struct level_requests *requests);
/* Leaves out the conversations that the first round did not begin (--duration may have cut it). */
void level_requests_keep_sent(struct level_requests *requests, const struct round *first);
/* What the usage in a round tells the estimate of tokens. */
void level_requests_learn(const struct level_requests *requests, const struct round *first);
/* Puts the order of dispatch in a seeded permutation, for rounds ≥ 2 with --shuffle-round2. */
void level_requests_shuffle(struct level_requests *requests, uint64_t seed);

/* `count` discarded requests of random words, as long as the median prompt of the level. */
void level_requests_build_warmup(struct level_requests *out, uint32_t count,
                                 const struct level_requests *like, const struct body_shape *shape,
                                 uint64_t seed);

#endif
