#include "base/ring.h"

#include <stdlib.h>

#include "base/memory.h"

_Static_assert(sizeof(struct event) == 32, "two events share a cache line");

void ring_init(struct ring_lane *lane, uint64_t capacity)
{
    *lane =
        (struct ring_lane){.capacity = capacity, .slots = xcalloc(capacity, sizeof(struct event))};
}

void ring_free(struct ring_lane *lane)
{
    free(lane->slots);
    lane->slots = NULL;
}

bool ring_push(struct ring_lane *lane, const struct event *event)
{
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    if (tail - lane->known_head == lane->capacity) {
        lane->known_head = atomic_load_explicit(&lane->head, memory_order_acquire);
        if (tail - lane->known_head == lane->capacity)
            return false;
    }
    lane->slots[tail & (lane->capacity - 1)] = *event;
    atomic_store_explicit(&lane->tail, tail + 1, memory_order_release);
    return true;
}

size_t ring_take(struct ring_lane *lane, struct event *events, size_t most)
{
    uint64_t head = atomic_load_explicit(&lane->head, memory_order_relaxed);
    if (lane->known_tail - head < most)
        lane->known_tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
    uint64_t there = lane->known_tail - head;
    size_t taken = there < most ? (size_t)there : most;
    for (size_t i = 0; i < taken; i++)
        events[i] = lane->slots[(head + i) & (lane->capacity - 1)];
    /* The slots are ours until this store: the producer may overwrite them after it. */
    atomic_store_explicit(&lane->head, head + taken, memory_order_release);
    return taken;
}
