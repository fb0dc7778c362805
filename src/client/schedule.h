/* When open-loop requests are meant to go: seeded, made before the round, the same for all rounds.
 */
#ifndef CLIENT_SCHEDULE_H
#define CLIENT_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/* Gaps are gamma distributed with mean 1/rate and shape `burstiness` (1 = Poisson, larger is more
 * even, smaller burstier). With `ramp_s` the rate grows from 0 to `rate` in that time. Writes
 * `count` ascending offsets in ns from the round's start. */
void schedule_arrivals(uint64_t *arrival_ns, size_t count, double rate, double burstiness,
                       double ramp_s, uint64_t seed);

#endif
