/* Deadlines in order: a binary min-heap of timers that live inside other structs. A zeroed timer is
 * not set. Setting, moving and removing cost O(log n), the first one O(1). */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    size_t place; /* in the heap, from 1; 0 = not set */
};

struct timers {
    struct timers_entry {
        uint64_t at_ns;
        struct timer *timer;
    } * heap;
    size_t count, capacity;
};

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->place != 0;
}

/* The timers still in it become dangling: they are not touched. */
void timers_free(struct timers *timers);
/* Sets the timer, or moves it when it is set already. */
void timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns);
/* Does nothing when the timer is not set. */
void timers_remove(struct timers *timers, struct timer *timer);
/* The earliest, still set; NULL when there is none. */
struct timer *timers_first(const struct timers *timers);
/* When it is due; UINT64_MAX when there is none. */
uint64_t timers_first_ns(const struct timers *timers);

#endif
