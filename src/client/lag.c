#include "client/lag.h"

#include "base/clock.h"
#include "client/arrival.h"

/* A wait that was no longer than that may have found something at once. */
#define EMPTY_WAIT_NS (50 * NS_PER_US)
/* A wake-up so long after its time says that the worker was kept from running. */
#define LATE_NS (5 * NS_PER_MS)

/* A wait that lasted and ended in time began with all sockets empty. Else what is readable now may
 * have been so since they were all looked at before. A full batch leaves some that were not, and a
 * wait that a stop of the process broke off looked at none. */
void lag_note_look(struct worker *worker, uint64_t deadline_ns, uint64_t waited_ns, size_t count)
{
    uint64_t woke_ns = worker->loop.woke_ns;
    bool in_time = waited_ns > clock_driven_ns(EMPTY_WAIT_NS) &&
                   woke_ns < deadline_ns + clock_driven_ns(LATE_NS);
    worker->owner.readable_since_ns = in_time ? woke_ns : worker->looked_ns;
    bool timed_out = in_time && woke_ns >= deadline_ns;
    if (count < READY_BATCH && (count || timed_out))
        worker->looked_ns = woke_ns;
}

/* How long bytes had been in the kernel is asked at each wake of a request that waits for its first
 * token, else for one random ready socket every 5 ms. The wake-up alone does not tell: a thread
 * that waits for its processor has not been woken yet. */
void lag_note_arrival(struct worker *worker, const struct socket_watch *watch, bool sampled)
{
    struct transfer_owner *owner = &worker->owner;
    owner->lag_pending = false;
    owner->lag_by_chance = sampled;
    owner->arrival_ns = worker->loop.woke_ns;
    owner->arrival_is_wake = true;
    const struct transfer *transfer = watch->transfer;
    bool awaits_token = transfer && transfer->in_flight && transfer->record.sent_ns &&
                        !transfer->record.first_token_ns;
    if (!awaits_token && !sampled)
        return;
    uint64_t kernel_ns = arrival_peek_ns(watch->fd);
    /* No reply comes before its request: the clock that the kernel stamps with was set forward. */
    uint64_t sent_ns = transfer && transfer->in_flight ? transfer->record.sent_ns : 0;
    if (kernel_ns && kernel_ns >= sent_ns) {
        owner->arrival_ns = kernel_ns;
        owner->arrival_is_wake = false;
    }
    owner->lag_pending = true;
}

void lag_begin_turn(struct transfer_owner *owner)
{
    owner->turn++;
    owner->stamp_uses = 0;
    owner->lag_stamp_ns = 0;
    owner->turn_chunks = 0;
    owner->turn_gap_ns = 0;
    owner->turn_first = NULL;
}

/* The kernel joins what waits in a socket and keeps the stamp of the newest part. Where several
 * chunks waited, the oldest had done so for as many gaps longer, but not since before the last time
 * that all sockets were looked at. */
static uint64_t hidden_lag_ns(const struct transfer_owner *owner, uint64_t lag_ns)
{
    uint64_t most_ns = owner->lag_stamp_ns > owner->readable_since_ns
                           ? owner->lag_stamp_ns - owner->readable_since_ns
                           : 0;
    if (owner->turn_chunks < 2 || most_ns <= lag_ns)
        return 0;
    /* Before any gap is known, they may have come evenly. */
    uint64_t gap_ns =
        owner->mean_gap_ns ? owner->mean_gap_ns : (most_ns - lag_ns) / owner->turn_chunks;
    uint64_t hidden_ns = (owner->turn_chunks - 1) * gap_ns;
    return hidden_ns < most_ns - lag_ns ? hidden_ns : most_ns - lag_ns;
}

/* While the worker was kept away nothing was looked at: what would have been then had waited less,
 * by as much as it was later. */
static void add_by_chance(struct transfer_owner *owner, uint64_t lag_ns)
{
    histogram_add(&owner->chunk_lag, lag_ns);
    const uint64_t step_ns = clock_driven_ns(SAMPLE_NS);
    for (; lag_ns > step_ns; lag_ns -= step_ns)
        histogram_add(&owner->chunk_lag, lag_ns - step_ns);
}

void lag_end_turn(struct transfer_owner *owner)
{
    owner->lag_pending = false;
    if (owner->turn_gap_ns) {
        uint64_t gap_ns = owner->turn_gap_ns / owner->turn_chunks;
        owner->mean_gap_ns = owner->mean_gap_ns ? (63 * owner->mean_gap_ns + gap_ns) / 64 : gap_ns;
    }
    if (!owner->lag_stamp_ns)
        return;
    uint64_t lag_ns =
        owner->lag_stamp_ns > owner->arrival_ns ? owner->lag_stamp_ns - owner->arrival_ns : 0;
    uint64_t hidden_ns = hidden_lag_ns(owner, lag_ns);
    owner->lag_at_least |= owner->arrival_is_wake;
    histogram_add(&owner->stamp_lag, lag_ns + hidden_ns);
    if (owner->lag_by_chance)
        add_by_chance(owner, lag_ns + hidden_ns);
    if (owner->turn_first)
        owner->turn_first->first_token_lag_ns += hidden_ns;
}
