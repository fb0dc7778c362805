/* When a round stood still: nothing was begun, by the user's wish or because the server was away.
 * Instants are CLOCK_MONOTONIC ns. */
#ifndef BENCHMARK_PAUSES_H
#define BENCHMARK_PAUSES_H

#include <stdint.h>

struct pause {
    uint64_t from_ns, to_ns;
};

/* A zeroed struct has none. */
struct pauses {
    struct pause *all; /* apart from each other, in no order */
    uint32_t count;
};

void pauses_free(struct pauses *pauses);
/* Together with those that it touches it becomes one. */
void pauses_add(struct pauses *pauses, uint64_t from_ns, uint64_t to_ns);
/* How much of that time they take. */
uint64_t pauses_within_ns(const struct pauses *pauses, uint64_t from_ns, uint64_t to_ns);

#endif
