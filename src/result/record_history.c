#include "result/record_history.h"

#include "base/clock.h"

/* A request may be in flight for an hour at most. */
#define WAIT_SECONDS_MAX 3600

void record_add_cached(const struct record *record, struct history *history)
{
    if (record->cached_tokens == TOKENS_UNKNOWN || record->prompt_tokens == TOKENS_UNKNOWN ||
        record->prompt_tokens == 0)
        return;
    double share = (double)record->cached_tokens / record->prompt_tokens;
    history_add(history, HISTORY_CACHED, record->end_ns, share < 1.0 ? share : 1.0,
                record->prompt_tokens);
}

static void add_tokens(struct history *history, uint64_t at_ns, double in_chunk, uint32_t chunks)
{
    if (chunks)
        history_add(history, HISTORY_TOKENS, at_ns, in_chunk, chunks);
}

static void add_chunks(const struct record *record, struct history *history)
{
    bool estimated;
    uint32_t tokens = record_output_tokens(record, &estimated);
    double in_chunk = record->chunk_count ? (double)tokens / record->chunk_count : 0.0;
    uint64_t second_ns = 0; /* whose chunks go in together */
    uint32_t chunks = 0;
    for (uint32_t i = 0; i < record->chunk_count; i++) {
        uint64_t at_ns = record->sent_ns + record->chunk_us[i] * NS_PER_US;
        if (at_ns >= second_ns + NS_PER_S) {
            add_tokens(history, second_ns, in_chunk, chunks);
            second_ns = at_ns - at_ns % NS_PER_S;
            chunks = 0;
        }
        chunks++;
        if (i > 0)
            history_add(history, HISTORY_GAP, at_ns,
                        ((double)record->chunk_us[i] - record->chunk_us[i - 1]) / 1e3, 1);
    }
    add_tokens(history, second_ns, in_chunk, chunks);
}

/* How long it had waited at the end of each second, and at its first token. */
static void add_wait(const struct record *record, struct history *history)
{
    uint64_t until_ns = record->first_token_ns ? record->first_token_ns : record->end_ns;
    uint64_t at_ns = (record->sent_ns / NS_PER_S + 1) * NS_PER_S - 1;
    for (int i = 0; i < WAIT_SECONDS_MAX && at_ns < until_ns; i++, at_ns += NS_PER_S)
        history_add(history, HISTORY_OLDEST_WAIT, at_ns, (double)(at_ns - record->sent_ns) / 1e9,
                    1);
    if (until_ns > record->sent_ns)
        history_add(history, HISTORY_OLDEST_WAIT, until_ns,
                    (double)(until_ns - record->sent_ns) / 1e9, 1);
}

void record_add_to_history(const struct record *record, struct history *history)
{
    if (record->sent_ns) {
        add_chunks(record, history);
        add_wait(record, history);
    }
    if (record->sent_ns && record->first_token_ns >= record->sent_ns)
        history_add(history, HISTORY_TTFT, record->first_token_ns,
                    (double)(record->first_token_ns - record->sent_ns) / 1e6, 1);
    history_add_over(history, HISTORY_IN_FLIGHT, record->dispatched_ns, record->end_ns, 1.0);
    history_add(history, HISTORY_FINISHED, record->end_ns, 1.0, 1);
    if (!record_succeeded(record))
        history_add(history, HISTORY_FAILED, record->end_ns, 1.0, 1);
    record_add_cached(record, history);
}
