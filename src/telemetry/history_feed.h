/* From the events of a run in progress to its history. One thread's own. */
#ifndef TELEMETRY_HISTORY_FEED_H
#define TELEMETRY_HISTORY_FEED_H

#include "base/ring.h"
#include "telemetry/history.h"

struct history_feed {
    struct history *history;
    uint64_t origin_ns; /* the run's start, CLOCK_MONOTONIC */
    uint32_t in_flight;
    uint64_t in_flight_since_ns;
    uint64_t last_token_ns; /* of any request, from the run's start; 0 = none came yet */
    uint64_t second_ns;     /* the second of the chunks that are not in the history yet … */
    uint32_t chunks;        /* … how many they are … */
    uint64_t tokens;        /* … and their tokens */
};

void history_feed_init(struct history_feed *feed, struct history *history, uint64_t origin_ns);
/* All figures but HISTORY_CACHED, which only a record tells. Takes the history's lock. */
void history_feed_take(struct history_feed *feed, const struct event *events, size_t count);
/* Time went on to `now_ns` (CLOCK_MONOTONIC), whether anything happened or not. The oldest request
 * without a token was sent at `oldest_ns` (from the run's start; 0 = none waits). Takes the lock.
 */
void history_feed_advance(struct history_feed *feed, uint64_t now_ns, uint64_t oldest_ns);

#endif
