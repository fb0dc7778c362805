#include "telemetry/picks.h"

#include "base/memory.h"

/* clang-format off */
const struct pick picks[] = {
    {"hit_rate", "hit rate", "ratio", ROLE_HIT_RATE, true,
     {"vllm:prompt_tokens_cached / vllm:prompt_tokens",
      "vllm:prefix_cache_hits / vllm:prefix_cache_queries",
      "vllm:gpu_prefix_cache_hits / vllm:gpu_prefix_cache_queries",
      "sglang:cached_tokens / sglang:prompt_tokens",
      "lmcache:num_hit_tokens / lmcache:num_requested_tokens",
      "lmcache_mp_lookup_hit_tokens / lmcache_mp_lookup_requested_tokens"}},
    {"lmcache_hit_rate", "lmcache_hit_rate", "ratio", ROLE_NONE, true,
     {"lmcache:retrieve_hit_rate", "lmcache:num_hit_tokens / lmcache:num_requested_tokens",
      "lmcache_mp_lookup_hit_tokens / lmcache_mp_lookup_requested_tokens"}},
    {"prefix_hit_tokens", "prefix hit tokens", "tokens", ROLE_NONE, false,
     {"vllm:prefix_cache_hits", "vllm:gpu_prefix_cache_hits", "sglang:cached_tokens"}},
    {"prefix_query_tokens", "prefix query tokens", "tokens", ROLE_NONE, false,
     {"vllm:prefix_cache_queries", "vllm:gpu_prefix_cache_queries", "sglang:prompt_tokens"}},
    /* Without those that the cache had. */
    {"prefilled_tokens", "prefilled tokens", "tokens", ROLE_NONE, false,
     {"llamacpp:prompt_tokens"}},
    {"external_hit_tokens", "external hit tokens", "tokens", ROLE_NONE, false,
     {"vllm:external_prefix_cache_hits"}},
    {"lmcache_hit_tokens", "lmcache hit tokens", "tokens", ROLE_NONE, false,
     {"lmcache:num_hit_tokens", "lmcache_mp_lookup_hit_tokens"}},
    {"lmcache_stored_tokens", "lmcache stored tokens", "tokens", ROLE_NONE, false,
     {"lmcache:num_stored_tokens"}},
    {"lmcache_storing", "lmcache stores in flight", "", ROLE_STORING, true,
     {"lmcache_mp_num_inflight_l2_stores"}},
    {"kv_hit_rate", "router KV hit rate", "ratio", ROLE_NONE, false,
     {"dynamo_frontend_kv_hit_rate", "dynamo_component_kv_hit_rate", "sglang:cache_hit_rate"}},
    {"generation_tokens", "generation tokens", "tokens", ROLE_NONE, false,
     {"vllm:generation_tokens", "sglang:generation_tokens", "llamacpp:tokens_predicted"}},
    {"kv_cache_used", "KV cache used", "ratio", ROLE_KV_USAGE, true,
     {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage",
      "llamacpp:kv_cache_usage_ratio", "lmcache_mp_l1_usage_ratio"}},
    {"running", "running", "", ROLE_RUNNING, true,
     {"vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing",
      "tgi_batch_current_size", "dynamo_frontend_inflight_requests"}},
    {"waiting", "waiting", "", ROLE_WAITING, true,
     {"vllm:num_requests_waiting", "sglang:num_queue_reqs", "llamacpp:requests_deferred",
      "tgi_queue_size", "dynamo_frontend_queued_requests"}},
    {"preemptions", "preemptions", "", ROLE_NONE, false, {"vllm:num_preemptions"}},
    {"server_ttft_p50", "server TTFT p50", "s", ROLE_NONE, true,
     {"p50(vllm:time_to_first_token_seconds)", "p50(sglang:time_to_first_token_seconds)",
      "p50(dynamo_frontend_time_to_first_token_seconds)"}},
    {"server_queue_mean", "server queue mean", "s", ROLE_NONE, false,
     {"vllm:request_queue_time_seconds", "tgi_request_queue_duration"}},
    {"server_prefill_mean", "server prefill mean", "s", ROLE_NONE, false,
     {"vllm:request_prefill_time_seconds"}},
    {"server_itl_mean", "server ITL mean", "s", ROLE_NONE, false,
     {"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds",
      "sglang:inter_token_latency_seconds", "tgi_request_mean_time_per_token_duration",
      "dynamo_frontend_inter_token_latency_seconds"}},
};

static const struct pick aliases[] = {
    {"lmcache_hit_rate", NULL, "ratio", ROLE_NONE, true,
     {"lmcache:retrieve_hit_rate", "lmcache:num_hit_tokens / lmcache:num_requested_tokens",
      "lmcache_mp_lookup_hit_tokens / lmcache_mp_lookup_requested_tokens",
      "vllm:external_prefix_cache_hits / vllm:external_prefix_cache_queries"}},
    {"gpu_utilization", NULL, "ratio", ROLE_NONE, true, {"DCGM_FI_DEV_GPU_UTIL / 100"}},
    {"gpu_memory_usage", NULL, "MiB", ROLE_NONE, true, {"DCGM_FI_DEV_FB_USED"}},
    {"memory_usage_bytes", NULL, "bytes", ROLE_NONE, true, {"process_resident_memory_bytes"}},
    {"request_latency", NULL, "s", ROLE_NONE, true,
     {"vllm:e2e_request_latency_seconds", "sglang:e2e_request_latency_seconds",
      "tgi_request_duration", "dynamo_frontend_request_duration_seconds"}},
};
/* clang-format on */

const size_t picks_count = ARRAY_SIZE(picks);

const struct pick *picks_alias(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
        if (strcmp(aliases[i].key, name) == 0)
            return &aliases[i];
    return NULL;
}

void picks_engine(const struct catalog *catalog, struct buffer *out)
{
    static const struct {
        const char *prefix, *engine;
    } engines[] = {
        {"vllm:", "vllm"},     {"sglang:", "sglang"},   {"llamacpp:", "llama.cpp"}, {"tgi_", "TGI"},
        {"dynamo_", "dynamo"}, {"lmcache:", "lmcache"}, {"lmcache_mp_", "lmcache"},
    };
    const char *last = "";
    for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
        if (strcmp(last, engines[i].engine) != 0 &&
            catalog_has_prefix(catalog, engines[i].prefix)) {
            buffer_printf(out, "%s%s", out->size ? " + " : "", engines[i].engine);
            last = engines[i].engine;
        }
}

const char *picks_unit(const char *name)
{
    static const struct {
        const char *ending, *unit;
    } units[] = {
        {"_seconds", "s"},         {"_seconds_total", "s"}, {"_bytes", "bytes"},
        {"_bytes_total", "bytes"}, {"_tokens", "tokens"},   {"_tokens_total", "tokens"},
        {"_perc", "ratio"},        {"_ratio", "ratio"},     {"_hit_rate", "ratio"},
        {"_usage_perc", "ratio"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text_ends_with(text_of(name), units[i].ending))
            return units[i].unit;
    return "";
}
