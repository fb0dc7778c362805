#include "client/schedule.h"

#include <math.h>

#include "base/random.h"

/* While the rate grows linearly, rate × t² / (2 ramp) requests are due at t; later rate × (t −
 * ramp/2). */
static double with_ramp(double steady_s, double ramp_s)
{
    if (steady_s < ramp_s / 2)
        return sqrt(2 * ramp_s * steady_s);
    return steady_s + ramp_s / 2;
}

void schedule_arrivals(uint64_t *arrival_ns, size_t count, double rate, double burstiness,
                       double ramp_s, uint64_t seed)
{
    struct random random;
    random_seed(&random, seed);
    double at_s = 0;
    for (size_t i = 0; i < count; i++) {
        arrival_ns[i] = (uint64_t)(with_ramp(at_s, ramp_s) * 1e9);
        at_s += random_gamma(&random, burstiness) / rate;
    }
}
