/* The rows of a comparison. One row is one figure, for text, JSON and the screen. */
#include "report/compare.h"

static double metric_ms(const struct summary *summary, enum metric_id id, size_t offset)
{
    struct statistic statistic = {.offset = offset};
    return statistics_get(&summary->metrics[id], &statistic) / NS_PER_MS;
}

#define METRIC_FIGURE(name, id, statistic)                                       \
    static double name(const struct summary *summary)                            \
    {                                                                            \
        return metric_ms(summary, (id), offsetof(struct statistics, statistic)); \
    }
METRIC_FIGURE(ttft_p50, METRIC_TTFT, p50)
METRIC_FIGURE(itl_p50, METRIC_ITL, p50)
METRIC_FIGURE(latency_p50, METRIC_LATENCY, p50)
METRIC_FIGURE(user_ttft_p50, METRIC_USER_TTFT, p50)
METRIC_FIGURE(user_latency_p50, METRIC_USER_LATENCY, p50)
METRIC_FIGURE(ttft_p99, METRIC_TTFT, p99)
METRIC_FIGURE(itl_p99, METRIC_ITL, p99)
METRIC_FIGURE(latency_p99, METRIC_LATENCY, p99)

static double token_throughput(const struct summary *summary)
{
    return summary->token_throughput;
}

static double request_throughput(const struct summary *summary)
{
    return summary->request_throughput;
}

static double goodput(const struct summary *summary)
{
    return summary->goodput_tokens_per_s;
}

static double slo(const struct summary *summary)
{
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    return summary->has_slo && judged ? (double)summary->slo_met_requests / judged : NO_VALUE;
}

static double cached(const struct summary *summary)
{
    return summary->cached_share;
}

static double output_tokens(const struct summary *summary)
{
    return summary->avg_output_tokens;
}

static double failed(const struct summary *summary)
{
    return summary->counts.failed;
}

/* clang-format off */
const struct compare_figure compare_figures[COMPARE_FIGURE_COUNT] = {
    {"ttft_p50", "TTFT P50", "ms", 2, .metric = METRIC_TTFT, .value = ttft_p50},
    {"itl_p50", "ITL P50", "ms", 2, .metric = METRIC_ITL, .value = itl_p50},
    {"latency_p50", "Latency P50", "ms", 2, .metric = METRIC_LATENCY, .value = latency_p50},
    {"user_ttft_p50", "User TTFT P50", "ms", 2, .open_loop_only = true,
     .metric = METRIC_USER_TTFT, .value = user_ttft_p50},
    {"user_latency_p50", "User latency P50", "ms", 2, .open_loop_only = true,
     .metric = METRIC_USER_LATENCY, .value = user_latency_p50},
    {"ttft_p99", "TTFT P99", "ms", 2, .metric = METRIC_COUNT, .value = ttft_p99},
    {"itl_p99", "ITL P99", "ms", 2, .metric = METRIC_COUNT, .value = itl_p99},
    {"latency_p99", "Latency P99", "ms", 2, .metric = METRIC_COUNT, .value = latency_p99},
    {"token_throughput", "Tokens", "/s", 2, .more_is_better = true, .metric = METRIC_COUNT,
     .value = token_throughput},
    {"request_throughput", "Requests", "/s", 2, .more_is_better = true, .metric = METRIC_COUNT,
     .value = request_throughput},
    {"goodput", "Goodput tokens", "/s", 2, .more_is_better = true, .metric = METRIC_COUNT,
     .value = goodput},
    {"slo", "SLO met", "", 0, .is_share = true, .metric = METRIC_COUNT, .value = slo},
    {"cached", "Cached", "", 0, .is_share = true, .metric = METRIC_COUNT, .value = cached},
    {"output_tokens", "Tokens per reply", "", 1, .is_count = true, .metric = METRIC_COUNT,
     .value = output_tokens},
    {"failed", "Failed", "", 0, .is_count = true, .metric = METRIC_COUNT, .value = failed},
};
/* clang-format on */
