#include "mock/mock_metrics.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/memory.h"

/* The sizes a dashboard would show: a model of 7 billion parameters in 16 bits, and its KV cache.
 */
#define WEIGHTS_BYTES      (14e9)
#define KV_BYTES_PER_TOKEN (128.0 * 1024)
#define LOAD_SECONDS       2.5

static const uint64_t bounds_half_ms[MOCK_BOUNDS] = {
    2,    5,    10,    20,    50,    100,    200,    500,    1000,
    2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
};

void mock_histogram_add(struct mock_histogram *histogram, uint64_t value_ns)
{
    size_t i = 0;
    while (i < MOCK_BOUNDS && value_ns * 2 > bounds_half_ms[i] * NS_PER_MS)
        i++;
    histogram->buckets[i]++;
    histogram->count++;
    histogram->sum_ns += value_ns;
}

void mock_metrics_lookup(struct mock_metrics *metrics, uint64_t tokens, uint64_t hits)
{
    size_t slot = metrics->lookups++ % MOCK_LATEST;
    metrics->latest[slot].tokens = tokens;
    metrics->latest[slot].hits = hits;
    metrics->lookup_tokens += tokens;
    metrics->hit_tokens += hits;
}

void mock_metrics_forget_latest(struct mock_metrics *metrics)
{
    memset(metrics->latest, 0, sizeof metrics->latest);
}

static double latest_hit_rate(const struct mock_metrics *metrics)
{
    uint64_t tokens = 0, hits = 0;
    for (size_t i = 0; i < MOCK_LATEST; i++) {
        tokens += metrics->latest[i].tokens;
        hits += metrics->latest[i].hits;
    }
    return tokens ? (double)hits / (double)tokens : 0;
}

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

/* With no limit of slots all that can be said is whether anything runs. */
static double utilization(const struct mock_state *state)
{
    if (state->slots > 0)
        return (double)state->running / (double)state->slots;
    return state->running > 0 ? 1 : 0;
}

static void add_labels(struct buffer *out, const char *model)
{
    buffer_add_string(out, "engine=\"0\",model_name=\"");
    for (; *model; model++) {
        if (*model == '\n') {
            buffer_add_string(out, "\\n");
            continue;
        }
        if (*model == '\\' || *model == '"')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *model);
    }
    buffer_add_char(out, '"');
}

static void add_heading(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_histogram(struct buffer *out, const char *name, const char *help,
                            const char *labels, const struct mock_histogram *histogram)
{
    add_heading(out, name, "histogram", help);
    uint64_t below = 0;
    for (size_t i = 0; i < MOCK_BOUNDS; i++) {
        below += histogram->buckets[i];
        buffer_printf(out, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
                      (double)bounds_half_ms[i] / 2000, below);
    }
    buffer_printf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, histogram->count);
    buffer_printf(out, "%s_sum{%s} %.9f\n", name, labels, seconds(histogram->sum_ns));
    buffer_printf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, histogram->count);
}

static void write_requests(struct buffer *out, const char *labels, const struct mock_metrics *m)
{
    const struct {
        const char *reason;
        uint64_t count;
    } rows[] = {{"stop", m->stopped}, {"length", m->cut}, {"abort", m->aborted}};
    const char *name = "vllm:request_success_total";
    add_heading(out, name, "counter", "Requests that ended, by reason.");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        buffer_printf(out, "%s{%s,finished_reason=\"%s\"} %" PRIu64 "\n", name, labels,
                      rows[i].reason, rows[i].count);
}

static void write_values(struct buffer *out, const char *labels, const struct mock_metrics *m,
                         const struct mock_state *state)
{
    double hit_rate = latest_hit_rate(m);
    double cached_tokens = (double)state->cached_tokens;
    double kv_bytes = cached_tokens * KV_BYTES_PER_TOKEN;
    double cache_share = state->cache_tokens ? cached_tokens / (double)state->cache_tokens : 0;
    double lookup_tokens = (double)m->lookup_tokens;
    double hit_tokens = (double)m->hit_tokens;
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"vllm:num_requests_running", "gauge", "Requests being answered.", (double)state->running},
        {"vllm:num_requests_waiting", "gauge", "Requests in the queue.", (double)state->waiting},
        {"vllm:kv_cache_usage_perc", "gauge", "Share of the KV cache in use.", cache_share},
        {"vllm:prefix_cache_queries_total", "counter", "Tokens looked up.", lookup_tokens},
        {"vllm:prefix_cache_hits_total", "counter", "Tokens found.", hit_tokens},
        {"vllm:external_prefix_cache_queries_total", "counter",
         "Tokens looked up outside the engine.", 0},
        {"vllm:external_prefix_cache_hits_total", "counter", "Tokens found outside the engine.", 0},
        {"vllm:prompt_tokens_total", "counter", "Prompt tokens taken in.", lookup_tokens},
        {"vllm:prompt_tokens_cached_total", "counter", "Of those, found in the cache.", hit_tokens},
        {"vllm:generation_tokens_total", "counter", "Tokens given out.",
         (double)m->generated_tokens},
        {"vllm:num_preemptions_total", "counter", "Requests put back in the queue.", 0},
        {"lmcache:num_requested_tokens_total", "counter", "Tokens asked for.", lookup_tokens},
        {"lmcache:num_hit_tokens_total", "counter", "Tokens retrieved.", hit_tokens},
        {"lmcache:num_lookup_tokens_total", "counter", "Tokens looked up.", lookup_tokens},
        {"lmcache:num_lookup_hits_total", "counter", "Tokens found by look-ups.", hit_tokens},
        {"lmcache:num_stored_tokens_total", "counter", "Tokens stored.", (double)m->stored_tokens},
        {"lmcache:retrieve_hit_rate", "gauge", "Hit rate of the latest requests.", hit_rate},
        {"lmcache:lookup_hit_rate", "gauge", "Hit rate of the latest look-ups.", hit_rate},
        {"lmcache:local_cache_usage", "gauge", "Bytes in the local cache.", kv_bytes},
        {"lmcache:remote_cache_usage", "gauge", "Bytes in the remote cache.", 0},
        {"lmcache_hit_rate", "gauge", "Hit rate of the latest requests.", hit_rate},
        {"memory_usage_bytes", "gauge", "Memory in use.", WEIGHTS_BYTES + kv_bytes},
        {"gpu_memory_usage", "gauge", "GPU memory in use, in bytes.", WEIGHTS_BYTES + kv_bytes},
        {"gpu_utilization", "gauge", "Share of the GPU that is busy.", utilization(state)},
        {"kv_cache_size", "gauge", "Tokens in the KV cache.", cached_tokens},
        {"kv_cache_eviction_count", "counter", "Blocks that had to leave the KV cache.",
         (double)state->evicted_blocks},
        {"request_latency", "gauge", "Seconds that the last finished request took.",
         seconds(m->last_latency_ns)},
        {"model_load_time", "gauge", "Seconds that loading the model took.", LOAD_SECONDS},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        add_heading(out, rows[i].name, rows[i].type, rows[i].help);
        buffer_printf(out, "%s{%s} %.15g\n", rows[i].name, labels, rows[i].value);
    }
}

static void write_histograms(struct buffer *out, const char *labels, const struct mock_metrics *m)
{
    const struct {
        const char *name, *help;
        const struct mock_histogram *histogram;
    } rows[] = {
        {"vllm:time_to_first_token_seconds", "From the request to its first token.", &m->ttft},
        {"vllm:inter_token_latency_seconds", "From one token to the next.", &m->itl},
        {"vllm:e2e_request_latency_seconds", "From the request to its end.", &m->e2e},
        {"vllm:request_queue_time_seconds", "Waiting for a slot.", &m->queue},
        {"vllm:request_prefill_time_seconds", "From the slot to the first token.", &m->prefill},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        write_histogram(out, rows[i].name, rows[i].help, labels, rows[i].histogram);
}

void mock_metrics_write(const struct mock_metrics *metrics, const struct mock_state *state,
                        struct buffer *out)
{
    struct buffer labels = {0};
    add_labels(&labels, state->model);
    write_values(out, labels.data, metrics, state);
    write_requests(out, labels.data, metrics);
    write_histograms(out, labels.data, metrics);
    buffer_free(&labels);
}
