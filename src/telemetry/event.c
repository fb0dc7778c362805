#include "telemetry/event.h"

#include <stdlib.h>

#include "base/memory.h"

void event_lane_init(struct event_lane *lane)
{
    *lane = (struct event_lane){0};
    ring_init(&lane->ring, RING_LANE_CAPACITY);
}

void event_lane_free(struct event_lane *lane)
{
    ring_free(&lane->ring);
    free(lane->waiting);
    lane->waiting = NULL;
}

void event_push_chunk(struct event_lane *lane, const struct event *event)
{
    lane->made++;
    /* Behind waiting events it would overtake the end of its own request. */
    if (lane->waiting_count || !ring_push(&lane->ring, event))
        lane->skipped++;
}

void event_push(struct event_lane *lane, const struct event *event)
{
    lane->made++;
    if (event_lane_settle(lane) && ring_push(&lane->ring, event))
        return;
    if (lane->waiting_first + lane->waiting_count == lane->waiting_capacity) {
        lane->waiting_capacity = lane->waiting_capacity ? 2 * lane->waiting_capacity : 256;
        lane->waiting = xreallocarray(lane->waiting, lane->waiting_capacity, sizeof *lane->waiting);
    }
    lane->waiting[lane->waiting_first + lane->waiting_count++] = *event;
}

bool event_lane_settle(struct event_lane *lane)
{
    while (lane->waiting_count) {
        if (!ring_push(&lane->ring, &lane->waiting[lane->waiting_first]))
            return false;
        lane->waiting_first++;
        lane->waiting_count--;
    }
    lane->waiting_first = 0;
    return true;
}
