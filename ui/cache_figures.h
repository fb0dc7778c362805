/* What the Cache view shows of two rounds of a level: who gained how much from the cache, and why
 * some did not. */
#ifndef UI_CACHE_FIGURES_H
#define UI_CACHE_FIGURES_H

#include "result/comparison.h"

struct helped {
    const struct record *cold, *warm;
    double factor; /* cold TTFT / warm TTFT */
};

struct cache_figures {
    const struct level *level;
    const struct round *cold, *warm;
    struct comparison comparison;
    uint32_t count;         /* of pairs; all arrays below have so many */
    struct helped *helped;  /* least helped first */
    double *rank, *factors; /* 0, 1, 2 …, and the factors in the same order */
    double *cold_ms, *warm_ms;
    uint32_t point_count; /* two a pair where usage says what was cached */
    double *prefill_tokens, *prefill_ms;
    double cold_rate;          /* tokens/s of the cold round's prefill; NaN = not known */
    double saved_ms_per_token; /* median; NaN = not known */
    double median_cached;      /* share of warm prompts that was cached; NaN = not known */
    uint32_t hardly_cached;    /* had less than half of that */
    double hardly_share;       /* median cached share of those */
    double hardly_best;        /* the most that one of them gained */
    uint32_t records_seen;     /* of both rounds together, when this was made */
};

void cache_figures_make(struct cache_figures *figures, const struct level *level,
                        const struct round *cold, const struct round *warm);
void cache_figures_free(struct cache_figures *figures);

/* Share of the prompt that usage says was cached; NaN when it does not. */
double record_cached_share(const struct record *record);
/* Why a pair gained little: "hardly cached", "cached, 4 in queue". */
void helped_why(const struct cache_figures *figures, const struct run *run,
                const struct helped *helped, char why[static 48]);

#endif
