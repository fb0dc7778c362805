/* Was the cache cold when the round began? */
#include <math.h>

#include "result/summary.h"

#define UNEXPLAINED_SHARE_MAX 0.05
/* Engines cache whole blocks, and the template around a prompt is shared by all. */
#define EXPLAINED_EXTRA_TOKENS 64

const char *cold_verdict_name(enum cold_verdict verdict)
{
    static const char *const names[] = {
        [COLD_UNKNOWN] = "unknown",
        [COLD_CHECKED] = "cold",
        [COLD_NOT] = "not_cold",
    };
    return names[verdict];
}

static uint64_t unexplained_tokens(const struct record *record)
{
    uint64_t shared = record->prompt_bytes ? (uint64_t)record->shared_bytes *
                                                 record->prompt_tokens / record->prompt_bytes
                                           : 0;
    uint64_t explained = shared + EXPLAINED_EXTRA_TOKENS;
    return record->cached_tokens > explained ? record->cached_tokens - explained : 0;
}

void cold_tokens_add(struct cold_tokens *tokens, const struct record *record)
{
    if (!record_succeeded(record) || record->turn > 1 || record->prompt_tokens == TOKENS_UNKNOWN ||
        record->cached_tokens == TOKENS_UNKNOWN)
        return;
    tokens->sent += record->prompt_tokens;
    tokens->unexplained += unexplained_tokens(record);
}

enum cold_verdict cold_verdict_of(const struct cold_tokens *tokens, double *unexplained_share)
{
    *unexplained_share =
        tokens->sent ? (double)tokens->unexplained / (double)tokens->sent : NO_VALUE;
    if (tokens->sent == 0)
        return COLD_UNKNOWN;
    return *unexplained_share > UNEXPLAINED_SHARE_MAX ? COLD_NOT : COLD_CHECKED;
}
