/* Values that come one by one and of which only the statistics are wanted. Exact while they are
 * few; of more their percentiles are within 0.1 %, from a histogram, in memory that no longer
 * grows. Count, average, extremes and standard deviation are exact in any case. */
#ifndef BASE_VALUES_H
#define BASE_VALUES_H

#include "base/statistics.h"

#define VALUES_EXACT_MOST 1000000

struct values {
    size_t most; /* so many are exact */
    uint64_t *all;
    size_t count, capacity;
    struct histogram beyond; /* all of them, once they are more */
};

/* `most` is VALUES_EXACT_MOST, unless a test wants less. */
void values_init(struct values *values, size_t most);
void values_free(struct values *values);
void values_add(struct values *values, uint64_t value);
/* Their statistics; then it holds none. */
struct statistics values_take(struct values *values);

/* Of statistics that were made with VALUES_EXACT_MOST. */
static inline bool values_were_exact(const struct statistics *statistics)
{
    return statistics->count <= VALUES_EXACT_MOST;
}

#endif
