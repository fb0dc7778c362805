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

void summary_judge_cold(struct summary *summary, const struct round *round)
{
    uint64_t tokens = 0, unexplained = 0;
    for (uint32_t i = 0; i < round_record_count(round); i++) {
        const struct record *record = &round->records[i];
        if (!record_succeeded(record) || record->turn > 1 ||
            record->prompt_tokens == TOKENS_UNKNOWN || record->cached_tokens == TOKENS_UNKNOWN)
            continue;
        tokens += record->prompt_tokens;
        unexplained += unexplained_tokens(record);
    }
    summary->cold = COLD_UNKNOWN;
    summary->unexplained_share = NO_VALUE;
    if (tokens == 0)
        return;
    summary->unexplained_share = (double)unexplained / (double)tokens;
    summary->cold = summary->unexplained_share > UNEXPLAINED_SHARE_MAX ? COLD_NOT : COLD_CHECKED;
}
