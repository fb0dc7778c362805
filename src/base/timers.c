#include "base/timers.h"

#include <stdlib.h>

#include "base/memory.h"

void timers_free(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

static void put(struct timers *timers, size_t index, struct timers_entry entry)
{
    timers->heap[index] = entry;
    entry.timer->place = index + 1;
}

/* Finds the place of `entry`, starting at the hole `index`, on the way to the root. */
static void sift_up(struct timers *timers, size_t index, struct timers_entry entry)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (timers->heap[parent].at_ns <= entry.at_ns)
            break;
        put(timers, index, timers->heap[parent]);
        index = parent;
    }
    put(timers, index, entry);
}

/* The same on the way to the leaves. */
static void sift_down(struct timers *timers, size_t index, struct timers_entry entry)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= timers->count)
            break;
        if (child + 1 < timers->count && timers->heap[child + 1].at_ns < timers->heap[child].at_ns)
            child++;
        if (entry.at_ns <= timers->heap[child].at_ns)
            break;
        put(timers, index, timers->heap[child]);
        index = child;
    }
    put(timers, index, entry);
}

static void settle(struct timers *timers, size_t index, struct timers_entry entry)
{
    if (index > 0 && entry.at_ns < timers->heap[(index - 1) / 2].at_ns)
        sift_up(timers, index, entry);
    else
        sift_down(timers, index, entry);
}

void timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns)
{
    struct timers_entry entry = {at_ns, timer};
    if (timer_is_set(timer)) {
        settle(timers, timer->place - 1, entry);
        return;
    }
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
        timers->heap = xreallocarray(timers->heap, timers->capacity, sizeof *timers->heap);
    }
    sift_up(timers, timers->count++, entry);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
    if (!timer_is_set(timer))
        return;
    size_t hole = timer->place - 1;
    timer->place = 0;
    struct timers_entry last = timers->heap[--timers->count];
    if (hole < timers->count)
        settle(timers, hole, last);
}

struct timer *timers_first(const struct timers *timers)
{
    return timers->count ? timers->heap[0].timer : NULL;
}

uint64_t timers_first_ns(const struct timers *timers)
{
    return timers->count ? timers->heap[0].at_ns : UINT64_MAX;
}
