/* The server's metrics in the history of a run, and out of it. */
#ifndef TELEMETRY_WATCHED_HISTORY_H
#define TELEMETRY_WATCHED_HISTORY_H

#include "telemetry/history.h"
#include "telemetry/watched.h"

/* What a metric did from one reading (NULL = there is none before) to the next. Under the history's
 * lock. Gauges enter as they were; what a counter gained, over the time between; what only a time
 * gives, weighted by what it is a mean of, so that the mean of a longer time is that of all of it.
 */
void watched_to_history(const struct watched *watched, const struct reading *before,
                        const struct reading *reading, struct history *history, uint32_t series);
/* The value of a stretch of time: a counter's gain a second, else the mean. NaN where nothing was
 * read. */
double watched_of_cell(const struct watched *watched, const struct history_cell *cell);

#endif
