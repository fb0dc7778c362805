/* Cold against warm, paired by prompt. */
#ifndef RESULT_COMPARISON_H
#define RESULT_COMPARISON_H

#include "result/summary.h"

enum comparison_word { COMPARISON_NOT_SHOWN, COMPARISON_FASTER, COMPARISON_SLOWER };

struct comparison {
    uint32_t pairs;    /* prompts that succeeded at the first attempt in both rounds */
    uint32_t retried;  /* left out because the request was written more than once */
    double speed_up;   /* exp(median of ln(cold TTFT / warm TTFT)); NaN without pairs */
    bool has_interval; /* from 50 pairs on */
    double low, high; /* 10 consecutive batches in dispatch order: mean ± 2.262 s/√10 of the logs */
    double saved_ms; /* median of cold − warm */
    /* Claimed only when the interval excludes 1, the effect is above 1 %, and it exceeds P50 stamp
     * lag. Without an interval nothing is claimed. */
    enum comparison_word word;
};

/* `cold` and `warm` are rounds of one level with the same plan. Rounds whose load was changed by
 * hand give no pairs. */
void comparison_make(struct comparison *comparison, const struct round *cold,
                     const struct round *warm);

#endif
