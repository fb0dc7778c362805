/* When open-loop requests are meant to go: seeded, made before the round. The rate of a running
 * round may change; what was meant for the time before stays as it was. */
#ifndef CLIENT_SCHEDULE_H
#define CLIENT_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/* Workers read it without a lock, so it is never changed: another rate makes another one, and this
 * one is kept until they are done with it. */
struct arrivals {
    struct arrivals *earlier; /* the one that this one replaced; owned */
    double rate;              /* requests/s of the last ones */
    uint64_t ramp_ns;         /* those before it are sent while the rate still grows */
    size_t count;
    uint64_t offset_ns[]; /* from the round's start, ascending */
};

/* Gaps are gamma distributed with mean 1/rate and shape `burstiness` (1 = Poisson, larger is more
 * even, smaller burstier). With `ramp_s` the rate grows from 0 to `rate` in that time. */
struct arrivals *arrivals_new(size_t count, double rate, double burstiness, double ramp_s,
                              uint64_t seed);
/* Those up to `at_ns` as they are, and the later ones at another rate: the same random gaps, longer
 * or shorter. A ramp ends there. Takes `arrivals`. */
struct arrivals *arrivals_change_rate(struct arrivals *arrivals, uint64_t at_ns, double rate);
void arrivals_delete(struct arrivals *arrivals);

#endif
