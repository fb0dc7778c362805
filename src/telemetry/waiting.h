/* Requests that were sent and have no token yet, by number, and since when. Its room follows how
 * many are in flight, not how many a round has. */
#ifndef TELEMETRY_WAITING_H
#define TELEMETRY_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one is empty. */
struct waiting {
    struct waiting_slot {
        uint64_t since_ns;
        uint32_t request;
        bool taken;
    } * slots;
    size_t capacity; /* 0 or a power of two, at most half full */
    size_t count;
};

void waiting_free(struct waiting *waiting);
/* One that waits already begins again. */
void waiting_begin(struct waiting *waiting, uint32_t request, uint64_t at_ns);
/* Nothing happens when it does not wait. */
void waiting_end(struct waiting *waiting, uint32_t request);
/* Since when the oldest has waited; UINT64_MAX when none does. */
uint64_t waiting_oldest_ns(const struct waiting *waiting);

#endif
