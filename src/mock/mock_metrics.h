/* What /metrics shows: counters and histograms kept by the engine, written as Prometheus's text
 * format 0.0.4 under vLLM's, LMCache's and the plain names that dashboards use. */
#ifndef MOCK_MOCK_METRICS_H
#define MOCK_MOCK_METRICS_H

#include "base/buffer.h"

#define MOCK_BOUNDS 18
#define MOCK_LATEST 4

struct mock_histogram {
    uint64_t buckets[MOCK_BOUNDS + 1]; /* not cumulative; the last is +Inf */
    uint64_t count;
    uint64_t sum_ns;
};

struct mock_metrics {
    uint64_t lookups, lookup_tokens, hit_tokens;
    uint64_t stored_tokens;
    uint64_t generated_tokens;
    uint64_t stopped, cut, aborted; /* requests, by how they finished */
    struct mock_histogram ttft, itl, e2e, queue, prefill;
    uint64_t last_latency_ns;
    struct {
        uint64_t tokens, hits;
    } latest[MOCK_LATEST]; /* lookups, for a hit rate of what happens just now */
};

/* What the engine is like at this moment. */
struct mock_state {
    const char *model;
    uint64_t running, waiting;
    int64_t slots;
    uint64_t cached_tokens, cache_tokens, evicted_blocks;
};

void mock_histogram_add(struct mock_histogram *histogram, uint64_t value_ns);
void mock_metrics_lookup(struct mock_metrics *metrics, uint64_t tokens, uint64_t hits);
/* Forgets the latest lookups: the cache was emptied. */
void mock_metrics_forget_latest(struct mock_metrics *metrics);
void mock_metrics_write(const struct mock_metrics *metrics, const struct mock_state *state,
                        struct buffer *out);

#endif
