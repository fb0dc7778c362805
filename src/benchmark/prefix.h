/* How much of each prompt another prompt of the same round begins with: what a prefix cache may
 * rightly serve inside one round. */
#ifndef BENCHMARK_PREFIX_H
#define BENCHMARK_PREFIX_H

#include "client/conversation.h"

struct prefix_set {
    struct buffer texts;
    size_t *offsets; /* count + 1 */
    uint32_t count, capacity;
};

void prefix_set_init(struct prefix_set *set, uint32_t capacity);
void prefix_set_free(struct prefix_set *set);
/* The texts of a conversation's first request. */
void prefix_set_add(struct prefix_set *set, struct text texts);
/* Fills prompt_bytes and shared_bytes of the first request of the i-th conversation that was added.
 * O(n log n) compares: in sorted order the longest common prefix is with a neighbour. */
void prefix_set_measure(const struct prefix_set *set, const struct conversation *conversations);

#endif
