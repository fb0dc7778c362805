#include "benchmark/estimate.h"

#include <inttypes.h>
#include <math.h>

/* A middling model on a middling machine, and a reply of middling length. */
#define TTFT_S       0.3
#define TOKENS_PER_S 40.0
#define REPLY_TOKENS 256.0
/* English text, about. */
#define BYTES_PER_TOKEN 4.0

static double reply_tokens(const struct config *config)
{
    if (config->max_output_tokens > 0)
        return (double)config->max_output_tokens;
    return config->mock_server ? (double)config->mock.reply_tokens : REPLY_TOKENS;
}

static double prompt_tokens(const struct plan *plan, const struct level_plan *level,
                            const struct dataset *dataset)
{
    double bytes = 0;
    for (uint32_t i = 0; i < level->count; i++)
        bytes += (double)dataset->samples[plan->order[level->first + i]].prompt.size;
    return level->count ? bytes / level->count / BYTES_PER_TOKEN : 0;
}

static double cold_request_s(const struct plan *plan, const struct level_plan *level,
                             const struct config *config, const struct dataset *dataset)
{
    const struct mock_knobs *mock = &config->mock;
    if (!config->mock_server)
        return TTFT_S + reply_tokens(config) / TOKENS_PER_S;
    return (mock->ttft_ms + reply_tokens(config) * mock->itl_ms) / 1e3 +
           prompt_tokens(plan, level, dataset) / mock->prefill_tokens_per_s;
}

/* As many at once as the level allows, one after the other. */
static double closed_s(double requests, uint32_t concurrency, double request_s)
{
    return concurrency ? ceil(requests / concurrency) * request_s : 0;
}

double estimate_level_s(const struct plan *plan, const struct level_plan *level, uint64_t requests,
                        const struct config *config, const struct dataset *dataset)
{
    double request_s = cold_request_s(plan, level, config, dataset);
    double turns = level->count ? (double)requests / level->count : 1;
    double row_s = turns * request_s + (turns - 1) * config->turn_delay_s;
    double sending_s = closed_s(level->count, level->concurrency, row_s) - row_s;
    if (level->rate > 0)
        sending_s = fmax(sending_s, level->count / level->rate + config->ramp_s / 2);
    if (config->duration_s > 0) /* not when it is NaN */
        sending_s = fmin(sending_s, config->duration_s);
    double round_s = fmax(sending_s, 0) + row_s + config->settle_s;
    return plan->rounds * round_s + closed_s((double)config->warmup, level->concurrency, request_s);
}

void estimate_assumption(const struct config *config, struct buffer *out)
{
    if (config->mock_server)
        buffer_printf(out, "%.0f tokens a reply, at the built-in server's speed",
                      reply_tokens(config));
    else
        buffer_printf(out, "%.0f tokens a reply, %g of them a second after %g s",
                      reply_tokens(config), TOKENS_PER_S, TTFT_S);
}

void estimate_format(double seconds, struct buffer *out)
{
    uint64_t whole = seconds < 1 ? 1 : (uint64_t)(seconds + 0.5);
    if (whole < 120)
        buffer_printf(out, "%" PRIu64 " s", whole);
    else if (whole < 7200)
        buffer_printf(out, "%" PRIu64 " min %" PRIu64 " s", whole / 60, whole % 60);
    else
        buffer_printf(out, "%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole % 3600 / 60);
}
