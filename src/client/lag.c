#include "client/lag.h"

#include "base/clock.h"

/* How often one ready socket is asked how long it had waited. */
#define SAMPLE_NS (5 * NS_PER_MS)
/* A wait that was no longer than that may have found something at once. */
#define EMPTY_WAIT_NS (50 * NS_PER_US)
/* Chunks of one turn that differ in how long they waited. */
#define STEPS 16
/* A wake-up so long after its time says that the worker was kept from running. */
#define LATE_NS (5 * NS_PER_MS)

void lag_init(struct lag *lag, uint64_t seed)
{
    *lag = (struct lag){0};
    random_seed(&lag->random, seed);
}

void lag_free(struct lag *lag)
{
    histogram_free(&lag->stamp_lag);
    histogram_free(&lag->chunk_lag);
}

void lag_begin_round(struct lag *lag)
{
    lag->at_least = false;
    histogram_clear(&lag->stamp_lag);
    histogram_clear(&lag->chunk_lag);
}

/* A wait that lasted and ended in time began with all sockets empty. Else what is readable now may
 * have been so since they were all looked at before. A full batch leaves some that were not, and a
 * wait that a stop of the process broke off looked at none. */
void lag_note_wait(struct lag *lag, uint64_t woke_ns, uint64_t deadline_ns, uint64_t waited_ns,
                   size_t found, bool all_found)
{
    bool in_time = waited_ns > clock_driven_ns(EMPTY_WAIT_NS) &&
                   woke_ns < deadline_ns + clock_driven_ns(LATE_NS);
    lag->readable_since_ns = in_time ? woke_ns : lag->looked_ns;
    bool timed_out = in_time && woke_ns >= deadline_ns;
    if (all_found && (found || timed_out))
        lag->looked_ns = woke_ns;
}

size_t lag_sample(struct lag *lag, uint64_t woke_ns, size_t count)
{
    if (count == 0 || woke_ns < lag->sample_ns)
        return count;
    lag->sample_ns = woke_ns + clock_driven_ns(SAMPLE_NS);
    return (size_t)random_below(&lag->random, count);
}

void lag_begin_turn(struct lag *lag)
{
    lag->turn++;
    lag->looked = lag->by_chance = false;
    lag->stamp_ns = 0;
    lag->chunks = 0;
    lag->gap_ns = 0;
    lag->first = NULL;
}

void lag_note_arrival(struct lag *lag, uint64_t kernel_ns, uint64_t woke_ns, uint64_t sent_ns)
{
    /* No reply comes before its request: the clock that the kernel stamps with was set forward. */
    lag->arrival_is_wake = kernel_ns == 0 || kernel_ns < sent_ns;
    lag->arrival_ns = lag->arrival_is_wake ? woke_ns : kernel_ns;
}

/* The kernel joins what waits in a socket and keeps the stamp of the newest part. Where several
 * chunks waited, the oldest had done so for as many gaps longer, but not since before the last time
 * that all sockets were looked at. */
static uint64_t hidden_lag_ns(const struct lag *lag, uint64_t lag_ns)
{
    uint64_t most_ns =
        lag->stamp_ns > lag->readable_since_ns ? lag->stamp_ns - lag->readable_since_ns : 0;
    if (lag->chunks < 2 || most_ns <= lag_ns)
        return 0;
    /* Before any gap is known, they may have come evenly. */
    uint64_t gap_ns = lag->mean_gap_ns ? lag->mean_gap_ns : (most_ns - lag_ns) / lag->chunks;
    uint64_t hidden_ns = (lag->chunks - 1) * gap_ns;
    return hidden_ns < most_ns - lag_ns ? hidden_ns : most_ns - lag_ns;
}

/* While the worker was kept away nothing was looked at: what would have been then had waited less,
 * by as much as it was later. */
static void add_by_chance(struct lag *lag, uint64_t lag_ns)
{
    histogram_add(&lag->chunk_lag, lag_ns);
    const uint64_t step_ns = clock_driven_ns(SAMPLE_NS);
    for (; lag_ns > step_ns; lag_ns -= step_ns)
        histogram_add(&lag->chunk_lag, lag_ns - step_ns);
}

/* The newest of them had waited for `lag_ns`, the oldest for so much longer. Beyond STEPS the ones
 * in between are taken together. */
static void add_each(struct lag *lag, uint64_t lag_ns, uint64_t hidden_ns)
{
    uint64_t steps = hidden_ns == 0 ? 1 : lag->chunks < STEPS ? lag->chunks : STEPS;
    for (uint64_t i = 0; i < steps; i++) {
        uint64_t from = lag->chunks * i / steps, to = lag->chunks * (i + 1) / steps;
        uint64_t longer_ns = steps > 1 ? hidden_ns / (steps - 1) * i : 0;
        histogram_add_times(&lag->chunk_lag, lag_ns + longer_ns, to - from);
    }
}

void lag_end_turn(struct lag *lag)
{
    if (lag->gap_ns) {
        uint64_t gap_ns = lag->gap_ns / lag->chunks;
        lag->mean_gap_ns = lag->mean_gap_ns ? (63 * lag->mean_gap_ns + gap_ns) / 64 : gap_ns;
    }
    if (!lag->stamp_ns)
        return;
    uint64_t lag_ns = lag->stamp_ns > lag->arrival_ns ? lag->stamp_ns - lag->arrival_ns : 0;
    uint64_t hidden_ns = hidden_lag_ns(lag, lag_ns);
    lag->at_least |= lag->arrival_is_wake;
    if (lag->looked)
        histogram_add(&lag->stamp_lag, lag_ns + hidden_ns);
    if (lag->each)
        add_each(lag, lag_ns, hidden_ns);
    else if (lag->by_chance)
        add_by_chance(lag, lag_ns + hidden_ns);
    if (lag->first)
        lag->first->first_token_lag_ns += hidden_ns;
}
