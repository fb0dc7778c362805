/* --fail-on: "errors>0", "slo<95%", "ttft_p99>500": a figure of a round held against a limit. */
#ifndef REPORT_CONDITION_H
#define REPORT_CONDITION_H

#include "base/error.h"
#include "result/summary.h"

struct condition {
    char *text;
    char
        figure[48]; /* a key: errors, failed, slo, cached, goodput, token_throughput, ttft_p99, … */
    bool greater;   /* else less */
    double limit;   /* as written: ms, tokens/s, a count, or % when is_percent */
    bool is_percent;
};

/* Names the unknown figure and lists what there is. */
bool condition_parse(struct condition *condition, const char *text, struct error *error);
void condition_free(struct condition *condition);
/* True when the round has the figure and it is beyond the limit; `value` then holds it. */
bool condition_holds(const struct condition *condition, const struct summary *summary,
                     double *value);

#endif
