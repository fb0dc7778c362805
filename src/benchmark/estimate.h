/* How long a plan may take, before anything is known of the server: for --dry-run. */
#ifndef BENCHMARK_ESTIMATE_H
#define BENCHMARK_ESTIMATE_H

#include "benchmark/plan.h"

/* All rounds of the level, of so many requests each, with its warm-up and pauses. The built-in
 * server's speed is that of its knobs; of any other the figures of estimate_assumption are taken.
 */
double estimate_level_s(const struct plan *plan, const struct level_plan *level, uint64_t requests,
                        const struct config *config, const struct dataset *dataset);
/* One line that says what was assumed. */
void estimate_assumption(const struct config *config, struct buffer *out);
/* "45 s", "3 min 20 s", "2 h 5 min". */
void estimate_format(double seconds, struct buffer *out);

#endif
