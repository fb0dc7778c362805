/* The thread that drains the ring: it writes the journal, updates the live view, and fills the
 * round. */
#ifndef BENCHMARK_COLLECTOR_H
#define BENCHMARK_COLLECTOR_H

#include "benchmark/debug_log.h"
#include "client/pool.h"
#include "result/journal.h"
#include "result/run.h"
#include "telemetry/live.h"

struct collector;

/* Starts the thread. Everything given is the caller's and outlives it. The journal is used under
 * collector_lock from then on. */
struct collector *collector_new(struct journal *journal, struct pool *pool, struct live *live,
                                struct history *history, struct debug_log *debug);
/* Drains what is left, ends the thread. Call when no worker has work. False when the journal could
 * not be written to its end (the reason was said). */
bool collector_stop(struct collector *collector);
/* After collector_stop, when nobody asks for the lock any more. */
void collector_free(struct collector *collector);

/* Records of the round go into `round` and the journal; round NULL discards them (warm-up). Not
 * while another round is under way. */
void collector_begin_round(struct collector *collector, struct level *level, struct round *round,
                           uint32_t planned);
/* Waits until as many requests have ended (or will never be sent) as were planned. */
void collector_wait_round(struct collector *collector);

/* For lines that are not requests: hold the lock while putting them. */
struct journal *collector_lock(struct collector *collector);
void collector_unlock(struct collector *collector);

#endif
