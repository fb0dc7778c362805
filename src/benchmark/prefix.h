/* How much of each prompt another prompt of the same round begins with: what a prefix cache may
 * rightly serve inside one round. */
#ifndef BENCHMARK_PREFIX_H
#define BENCHMARK_PREFIX_H

#include "client/request.h"

struct prefix_set {
    struct buffer texts;
    size_t *offsets; /* count + 1 */
    uint32_t count, capacity;
};

void prefix_set_init(struct prefix_set *set, uint32_t capacity);
void prefix_set_free(struct prefix_set *set);
void prefix_set_add(struct prefix_set *set, const struct config *config,
                    const struct sample *sample);
/* Fills prompt_bytes and shared_bytes of requests[i] for the i-th sample added. O(n log n)
 * compares: in sorted order the longest common prefix is with a neighbour. */
void prefix_set_measure(const struct prefix_set *set, struct request *requests);

#endif
