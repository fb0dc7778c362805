/* The workers of a run: started once, given work round by round. */
#ifndef CLIENT_POOL_H
#define CLIENT_POOL_H

#include "client/worker.h"
#include "result/run.h"

/* Streams of concurrency that one worker serves before another is worth its thread. */
#define STREAMS_PER_WORKER 256

struct pool;

/* Starts the threads. `settings` and `control` are the caller's and outlive the pool. */
struct pool *pool_new(const struct transfer_settings *settings, struct control *control,
                      uint32_t worker_count, struct error *error);
/* Ends the threads; no work may be under way. */
void pool_free(struct pool *pool);

uint32_t pool_worker_count(const struct pool *pool);
struct event_lane *pool_lane(struct pool *pool, uint32_t number);

/* Gives `work` to its first work->worker_count workers. It stays the caller's and must live until
 * pool_wait says that it is done. */
void pool_begin(struct pool *pool, struct work *work);
/* True when all workers are done with the work; waits at most that long. */
bool pool_wait(struct pool *pool, uint64_t timeout_ns);
/* After a change of the control. */
void pool_wake(struct pool *pool);

/* What the client may have added, over all workers of the work that just ended: stamp lag, loop
 * busy, CPU, connects, skipped events. */
void pool_report(const struct pool *pool, const struct work *work, struct health *health);

#endif
