/* What --fail-on takes: "errors>0", "slo<95%", "ttft_p99>500", a figure of a round held against a
 * limit; and "ttft_p99>+5%", its change from the same round of another run. */
#ifndef REPORT_CONDITION_H
#define REPORT_CONDITION_H

#include "base/error.h"
#include "report/page.h"
#include "result/summary.h"

struct condition {
    char *text;
    char figure[128]; /* a key: errors, failed, slo, cached, goodput, token_throughput, ttft_p99, …
                       */
    bool greater;     /* else less */
    bool is_change;   /* the limit was written with its sign, as in +5% */
    bool is_percent;
    double limit; /* as written: ms, tokens/s, a count, or % when is_percent */
};

/* Names the unknown figure and lists what there is. */
bool condition_parse(struct condition *condition, const char *text, struct error *error);
/* In two steps, for those who know other figures too: takes any name, `<` or `>`, and a limit; then
 * whether a summary has the figure, and whether the limit is in its unit. */
bool condition_split(struct condition *condition, const char *text, struct error *error);
bool condition_is_known(const struct condition *condition);
bool condition_check(const struct condition *condition, struct error *error);
void condition_free(struct condition *condition);

/* In the unit of a limit: ms, tokens/s, a count; shares in %. NO_VALUE when the round has none. */
double condition_figure(const struct condition *condition, const struct summary *summary);
/* From one figure to the other, in the unit of the limit: a change in % is relative, but of a share
 * in points. */
double condition_change(const struct condition *condition, double from, double to);
/* "2", "531.07", "94.50 %", and of a change "+5.20 %" */
struct figure condition_text(const struct condition *condition, double value);
/* False for NO_VALUE. */
bool condition_is_beyond(const struct condition *condition, double value);
/* True when the round has the figure and it is beyond the limit. `value` is the figure, NO_VALUE
 * where the round has none. Never of a change. */
bool condition_holds(const struct condition *condition, const struct summary *summary,
                     double *value);

#endif
