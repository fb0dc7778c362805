/* What stands below a round's table: was it cold, what the client added, what went wrong, what to
 * do. */
#ifndef REPORT_REMARKS_H
#define REPORT_REMARKS_H

#include "report/page.h"

void remarks_print(struct page *page, const struct run *run, const struct level *level,
                   const struct round *round, const struct summary *summary);
/* "Client: …" for one round, with `before` in front. */
void remarks_print_client(struct page *page, const char *before, const struct health *health);
/* True for rounds that should find an empty cache: the first, and those after a reset. */
bool round_should_be_cold(const struct round *round);
/* What to say of a round's cache: "cold", "cold?", "not cold", "warm". */
const char *round_temperature(const struct round *round, const struct summary *summary);

#endif
