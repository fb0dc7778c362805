/* What the rows of the advice table share. */
#ifndef REPORT_ADVICE_FACTS_H
#define REPORT_ADVICE_FACTS_H

#include "base/buffer.h"
#include "result/comparison.h"

struct advice_facts {
    const struct run *run;
    const struct level *level;
    const struct round *round, *first, *before; /* of the level; `before` = the round before */
    const struct summary *summary;
    struct comparison gain; /* over the first round; of a later one */
};

/* The rows: each adds one piece of advice without its full stop, or nothing. */
void advice_say_high_ttft(const struct advice_facts *facts, struct buffer *out);
void advice_say_no_gain(const struct advice_facts *facts, struct buffer *out);
void advice_say_still_improving(const struct advice_facts *facts, struct buffer *out);
void advice_say_timeout(const struct advice_facts *facts, struct buffer *out);
void advice_say_first_token_timeout(const struct advice_facts *facts, struct buffer *out);
void advice_say_connect_timeout(const struct advice_facts *facts, struct buffer *out);

double advice_ms(double ns);
/* "2310 ms", "18.3 ms" */
void advice_add_ms(struct buffer *out, double value);
/* Ends the sentence before. */
void advice_add_sentence(struct buffer *out, const char *words);
/* A number among the run's options; false when it was not given. */
bool advice_option_number(const struct advice_facts *facts, const char *name, double *value);
/* What the first of the names that the run watches did in the round; each engine has its own name.
 * The names end with NULL. */
bool advice_server_metric(const struct advice_facts *facts, const struct round *round,
                          const char *const *names, struct watched_round *out);

#endif
