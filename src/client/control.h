/* What may be said to running workers: a handful of atomics. After a change the writer wakes the
 * pool. */
#ifndef CLIENT_CONTROL_H
#define CLIENT_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct control {
    _Atomic bool stop;            /* end the run: cancel what is in flight, send nothing more */
    _Atomic bool skip;            /* the same for this round only */
    _Atomic bool paused;          /* by the user: no dispatch */
    _Atomic uint32_t concurrency; /* streams over all workers; 0 = no limit (open loop) */
    _Atomic uint16_t segment;     /* what is dispatched now belongs to it */
    _Atomic bool server_down;     /* no dispatch until the server answers again */
    _Atomic uint32_t connect_failures;       /* in a row; the workers count, any success clears */
    _Atomic uint32_t connect_failures_limit; /* at this many the workers set server_down */
    _Atomic uint64_t paused_ns;  /* in this round, whole pauses; open-loop instants shift by it */
    _Atomic uint64_t resumed_ns; /* when the last pause ended, CLOCK_MONOTONIC */
};

/* What is in flight is cancelled, the rest of the round not sent. */
static inline bool control_must_end(const struct control *control)
{
    return atomic_load_explicit(&control->stop, memory_order_relaxed) ||
           atomic_load_explicit(&control->skip, memory_order_relaxed);
}

#endif
