/* A metric as somebody asks for it: a name, a name with labels, a quantile, a quotient, or anything
 * else, which only a Prometheus server can answer. */
#ifndef TELEMETRY_WISH_H
#define TELEMETRY_WISH_H

#include "base/error.h"
#include "base/text.h"

/* NAME, NAME{label="v"}, p99(NAME), or a number. */
struct wish_term {
    char *name;      /* NULL = a number */
    char *labels;    /* between the braces, as an exposition has them; "" = any */
    double quantile; /* NaN = none asked for */
    double number;
};

/* [ALIAS =] TERM [/ TERM] */
struct wish {
    char *key; /* the alias, else the text without blanks at its ends */
    struct wish_term term, divisor;
    bool divided;
    char *promql; /* what stands behind the alias when it is none of these; else NULL */
};

/* False for text that is empty. */
bool wish_parse(struct wish *wish, struct text text, struct error *error);
void wish_free(struct wish *wish);

#endif
