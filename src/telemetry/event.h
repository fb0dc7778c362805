/* What goes through the ring: kinds of events and the meaning of their fields. */
#ifndef TELEMETRY_EVENT_H
#define TELEMETRY_EVENT_H

#include "base/ring.h"

enum event_kind {
    EVENT_CHUNK, /* value: gap in ns, detail: 1 if it has one (the first has not); count: tokens
                    in it; spare: further chunks that came with it, without a gap, whose tokens are
                    counted too. May be skipped */
    EVENT_DISPATCHED, /* count: turn; spare: row of the dataset */
    EVENT_SENT,
    EVENT_FIRST_TOKEN, /* value: TTFT in ns */
    EVENT_FINISHED,    /* value: a struct record *, now the collector's */
    EVENT_NOT_SENT,    /* count: how many */
};

/* The producer's end of a lane. Chunk events are skipped when it is full; all others wait in
 * `waiting` until there is room, in order. */
struct event_lane {
    struct ring_lane ring;
    struct event *waiting;
    size_t waiting_first, waiting_count, waiting_capacity;
    uint64_t made;    /* pushed or waiting */
    uint64_t skipped; /* chunk events that found no room */
};

void event_lane_init(struct event_lane *lane);
void event_lane_free(struct event_lane *lane);
void event_push_chunk(struct event_lane *lane, const struct event *event);
void event_push(struct event_lane *lane, const struct event *event);
/* Moves waiting events on; the producer calls it once per turn of its loop. True when none waits.
 */
bool event_lane_settle(struct event_lane *lane);

#endif
