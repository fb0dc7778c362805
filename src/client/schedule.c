#include "client/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

/* While the rate grows linearly, rate × t² / (2 ramp) requests are due at t; later rate × (t −
 * ramp/2). */
static double with_ramp(double steady_s, double ramp_s)
{
    if (steady_s < ramp_s / 2)
        return sqrt(2 * ramp_s * steady_s);
    return steady_s + ramp_s / 2;
}

static double without_ramp(double at_s, double ramp_s)
{
    if (at_s < ramp_s)
        return at_s * at_s / (2 * ramp_s);
    return at_s - ramp_s / 2;
}

static struct arrivals *allocate(size_t count, double rate)
{
    struct arrivals *arrivals = xcalloc(1, sizeof *arrivals + count * sizeof *arrivals->offset_ns);
    arrivals->count = count;
    arrivals->rate = rate;
    return arrivals;
}

struct arrivals *arrivals_new(size_t count, double rate, double burstiness, double ramp_s,
                              uint64_t seed)
{
    struct arrivals *arrivals = allocate(count, rate);
    struct random random;
    random_seed(&random, seed);
    arrivals->ramp_ns = (uint64_t)(ramp_s * 1e9);
    double at_s = 0;
    for (size_t i = 0; i < count; i++) {
        arrivals->offset_ns[i] = (uint64_t)(with_ramp(at_s, ramp_s) * 1e9);
        at_s += random_gamma(&random, burstiness) / rate;
    }
    return arrivals;
}

struct arrivals *arrivals_change_rate(struct arrivals *arrivals, uint64_t at_ns, double rate)
{
    struct arrivals *changed = allocate(arrivals->count, rate);
    double ramp_s = (double)arrivals->ramp_ns / 1e9;
    double from_s = without_ramp((double)at_ns / 1e9, ramp_s), stretch = arrivals->rate / rate;
    changed->earlier = arrivals;
    changed->ramp_ns = at_ns < arrivals->ramp_ns ? at_ns : arrivals->ramp_ns;
    for (size_t i = 0; i < arrivals->count; i++) {
        uint64_t offset_ns = arrivals->offset_ns[i];
        if (offset_ns > at_ns) {
            double after_s = without_ramp((double)offset_ns / 1e9, ramp_s) - from_s;
            offset_ns = at_ns + (uint64_t)(fmax(after_s, 0) * stretch * 1e9);
        }
        changed->offset_ns[i] = offset_ns;
    }
    return changed;
}

void arrivals_delete(struct arrivals *arrivals)
{
    while (arrivals) {
        struct arrivals *earlier = arrivals->earlier;
        free(arrivals);
        arrivals = earlier;
    }
}
