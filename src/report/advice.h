/* What a person can do about a round, from what was measured. One fact is one row of the table in
 * advice.c; a round that is well has no advice. */
#ifndef REPORT_ADVICE_H
#define REPORT_ADVICE_H

#include "result/summary.h"

struct advice {
    char **sentences; /* owned */
    size_t count;
};

/* `summary` is the round's. The server's own metrics are used where the run watches them. */
void advice_make(struct advice *advice, const struct run *run, const struct level *level,
                 const struct round *round, const struct summary *summary);
void advice_free(struct advice *advice);

#endif
